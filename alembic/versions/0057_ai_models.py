"""What people decide about language models: whether they are used, where they are asked, which ones, and for what.

Revision ID: 0057
Revises: 0056
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = pg_catalog, public"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
ADMIN = "(select app_role()) in ('owner', 'admin')"
FEATURES = "'assistant', 'briefing', 'insight', 'drafts', 'summaries', 'sentiment', 'events', 'planning', 'attendance', 'photos', 'search'"
TIERS = "'fast', 'balanced', 'best'"
KEPT_BEFORE, KEPT = "'mail_rule', ", "'mail_rule', 'ai_provider', 'ai_provider_key', 'ai_model', "

# What hangs on a provider is whose that is; a foreign key looks past row security, so it would take another person's for one's own.
PART = f"""
create function ai_provider_part() returns trigger language plpgsql {DEFINER} as $$
begin
  if app_user() is not null and not exists (select from ai_provider p where p.id = new.provider_id and p.owner_id = new.owner_id and p.audience = new.audience) then
    raise exception 'no such provider' using errcode = '23503';
  end if;
  return new;
end $$
"""

NOTICE = f"""
create function ai_notice() returns trigger language plpgsql {DEFINER} as $$
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'ai', 'owner', null, 'audience', 'team', 'ids', null,
    'change_set', nullif(current_setting('app.change_set', true), ''))::text);
  return null;
end $$
"""
FUNCTIONS = {"ai_provider_part()": PART, "ai_notice()": NOTICE}
OWNED = ("ai_provider", "ai_provider_key", "ai_model")
TABLES = ("ai_preference", "ai_feature", "ai_settings", "ai_model", "ai_provider_key", "ai_provider")


def upgrade() -> None:
    _provider()
    _model()
    _choices()
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    for table in OWNED:
        _secure_owned(table)
    admins = {"select": (f"{ME} is not null", None), "insert": (None, ADMIN), "update": (ADMIN, ADMIN)}
    _secure("ai_settings", **admins)
    _secure("ai_feature", **admins)
    mine = f"user_id = {ME}"
    _secure("ai_preference", select=(mine, None), insert=(None, f"{WRITER} and {mine}"), update=(f"{WRITER} and {mine}", mine))
    for table in ("ai_provider_key", "ai_model"):
        op.execute(f"create trigger {table}_part before insert or update on {table} for each row execute function ai_provider_part()")
    for table in ("ai_provider", "ai_model"):
        op.execute(f"create trigger {table}_guard before update on {table} for each row execute function guard_owner('')")
    for table in ("ai_provider", "ai_model", "ai_settings"):
        op.execute(f"create trigger {table}_touch before update on {table} for each row execute function touch_row('')")
    for table in ("ai_provider", "ai_model", "ai_settings", "ai_feature"):
        op.execute(f"create trigger {table}_notice after insert or update or delete on {table} for each statement execute function ai_notice()")
    _rewrite("team_owned_tables(boolean)", KEPT_BEFORE, KEPT)


def downgrade() -> None:
    _rewrite("team_owned_tables(boolean)", KEPT, KEPT_BEFORE)
    for table in TABLES:
        op.drop_table(table)
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")


def _keyed(versioned: bool = True) -> list[sa.Column]:
    moment = sa.text("now()")
    later = [
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=moment, nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
    ]
    return [sa.Column("id", sa.Uuid(), nullable=False), sa.Column("created_at", sa.DateTime(timezone=True), server_default=moment, nullable=False), *(later if versioned else [])]


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name=f"{table}_audience_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
    ]


def _provider() -> None:
    op.create_table(
        "ai_provider",
        *_owned("ai_provider"),
        *_keyed(),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("inner_allowed", sa.Boolean(), nullable=False),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("trains", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.CheckConstraint("region in ('', 'eu', 'us', 'other')", name="ai_provider_region_known"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ai_provider_owner", "ai_provider", ["owner_id"])
    op.create_table(
        "ai_provider_key",
        *_owned("ai_provider_key"),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["ai_provider.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("provider_id"),
    )


def _model() -> None:
    op.create_table(
        "ai_model",
        *_owned("ai_model"),
        *_keyed(),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("input_price", sa.BigInteger(), nullable=True),
        sa.Column("output_price", sa.BigInteger(), nullable=True),
        sa.Column("price_source", sa.Text(), nullable=False),
        sa.Column("context_tokens", sa.Integer(), nullable=False),
        sa.Column("max_output", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("tools", "structured", "vision", "embedding", "enabled")),
        sa.CheckConstraint(f"tier in ({TIERS})", name="ai_model_tier_known"),
        sa.CheckConstraint("price_source in ('map', 'entered')", name="ai_model_price_source_known"),
        sa.CheckConstraint("input_price >= 0 and output_price >= 0", name="ai_model_price_possible"),
        sa.CheckConstraint("context_tokens > 0 and max_output >= 0", name="ai_model_size_possible"),
        sa.ForeignKeyConstraint(["provider_id"], ["ai_provider.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ai_model_name", "ai_model", ["provider_id", "name"], unique=True)


def _choices() -> None:
    op.create_table(
        "ai_settings",
        *(sa.Column("id", sa.Integer(), nullable=False), *_keyed()[2:]),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("pseudonymise", sa.Boolean(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("local_only", sa.Boolean(), nullable=False),
        sa.Column("may_train", sa.Boolean(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("own_keys", sa.Boolean(), nullable=False),
        sa.CheckConstraint("id = 1", name="ai_settings_one_row"),
        sa.CheckConstraint("rate > 0", name="ai_settings_rate_possible"),
        sa.CheckConstraint("keep_days between 1 and 365", name="ai_settings_keep_days_possible"),
        sa.CheckConstraint("region in ('', 'eu', 'us')", name="ai_settings_region_known"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "ai_feature",
        sa.Column("feature", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.CheckConstraint(f"feature in ({FEATURES})", name="ai_feature_feature_known"),
        sa.CheckConstraint(f"tier in ({TIERS}, 'local')", name="ai_feature_tier_known"),
        sa.PrimaryKeyConstraint("feature"),
    )
    op.create_table(
        "ai_preference",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("local_only", sa.Boolean(), nullable=False),
        sa.Column("tiers", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id"),
    )


def _secure(table: str, **rules: tuple[str | None, str | None]) -> None:
    """What the application may do with a table: for each verb which rows it reaches, and how they may be left."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
    for verb, (using, check) in rules.items():
        parts = [f"using ({using})"] if using else []
        parts += [f"with check ({check})"] if check else []
        op.execute(f"create policy {table}_{verb} on {table} for {verb} to {APP} {' '.join(parts)}")
    op.execute(f"grant {', '.join(rules)} on {table} to {APP}")


def _secure_owned(table: str) -> None:
    """The team's are read by everybody and written by admins; one's own by oneself alone. What is sealed in a key opens nowhere but here."""
    theirs = f"(audience = 'team' and {ADMIN}) or (audience = 'private' and owner_id = {ME} and {WRITER})"
    seen = f"owner_id = {ME} or (audience = 'team' and {ME} is not null)"
    _secure(table, select=(seen, None), insert=(None, f"owner_id = {ME} and ({theirs})" if table == "ai_provider" else theirs), update=(theirs, theirs), delete=(theirs, None))


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
