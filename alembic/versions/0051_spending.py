"""What models may cost and did cost: limits, meters that no limit can be overrun on, and the ledger of every call.

Nobody but the functions of the next revision moves any of it.

Revision ID: 0051
Revises: 0050
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = pg_catalog, public"
ME = "(select app_user())"
PERIOD = "period in ('day', 'month')"
KEPT_BEFORE, KEPT = "'address_card', ", "'address_card', 'ai_call', 'ai_call_contact', 'ai_call_content', "
# What may be read: one's own meters, and those of features and of the whole team; of limits also those that everybody begins with.
READ = {
    "ai_limit": f"{ME} is not null and (scope in ('team', 'feature') or subject = '' or subject = {ME}::text or (scope = 'user' and (select app_role()) in ('owner', 'admin')))",
    "ai_meter": f"{ME} is not null and (scope in ('team', 'feature') or subject = {ME}::text)",
    "ai_call": f"owner_id = {ME}",
    "ai_call_content": f"owner_id = {ME}",
    "ai_call_contact": f"owner_id = {ME}",
}

# Of somebody who is erased, nothing stays of what a model was told of them or said. Taking back their making is no erasing.
FORGOTTEN = f"""
create function contact_leaves_ai_calls() returns trigger language plpgsql {DEFINER} as $$
begin
  if nullif(current_setting('app.change_set', true), '') is not null then return old; end if;
  delete from ai_call_content c using ai_call_contact about where about.contact_id = old.id and c.call_id = about.call_id;
  delete from ai_call_contact where contact_id = old.id;
  return old;
end $$
"""
# Pages that show what was spent hear of it once a call has ended.
NOTICE = f"""
create function ai_call_notice() returns trigger language plpgsql {DEFINER} as $$
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'ai_call', 'owner', new.owner_id, 'audience', 'private',
    'ids', jsonb_build_array(new.id), 'change_set', nullif(current_setting('app.change_set', true), ''))::text);
  return null;
end $$
"""
FUNCTIONS = {"contact_leaves_ai_calls()": FORGOTTEN, "ai_call_notice()": NOTICE}


def upgrade() -> None:
    _limit()
    _meter()
    _call()
    _of_a_call()
    for table, rule in READ.items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
        op.execute(f"create policy {table}_select on {table} for select to {APP} using ({rule})")
        op.execute(f"grant select on {table} to {APP}")
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    op.execute("create trigger contact_leaves_ai_calls before delete on contact for each row execute function contact_leaves_ai_calls()")
    op.execute("create trigger ai_call_notice after update of state on ai_call for each row execute function ai_call_notice()")
    _rewrite("team_owned_tables(boolean)", KEPT_BEFORE, KEPT)


def downgrade() -> None:
    _rewrite("team_owned_tables(boolean)", KEPT, KEPT_BEFORE)
    op.execute("drop trigger contact_leaves_ai_calls on contact")
    for table in ("ai_call_contact", "ai_call_content", "ai_call", "ai_meter", "ai_limit"):
        op.drop_table(table)
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")


def _text(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _whole(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _at(*names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=nullable) for name in names]


def _created() -> list[sa.Column]:
    return [sa.Column("id", sa.Uuid(), nullable=False), sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)]


def _owned() -> list[sa.Column]:
    return [sa.Column("owner_id", sa.Uuid(), nullable=False), sa.Column("audience", sa.Text(), server_default=sa.text("'private'"), nullable=False)]


def _limit() -> None:
    op.create_table(
        "ai_limit",
        *_created(),
        *_text("scope", "subject", "period"),
        *_whole("limit_micros"),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        *_at("set_at"),
        sa.CheckConstraint("scope in ('team', 'feature', 'user', 'own')", name="ai_limit_scope_known"),
        sa.CheckConstraint(PERIOD, name="ai_limit_period_known"),
        sa.CheckConstraint("limit_micros between 0 and 1000000000000", name="ai_limit_sane"),
        sa.ForeignKeyConstraint(["set_by"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ai_limit_of", "ai_limit", ["scope", "subject", "period"], unique=True)


def _meter() -> None:
    op.create_table(
        "ai_meter",
        *_created(),
        *_text("scope", "subject", "period"),
        *_at("starts_at", "ends_at"),
        *_whole("reserved", "settled", "overrun"),
        sa.Column("ceiling", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("scope in ('team', 'feature', 'user')", name="ai_meter_scope_known"),
        sa.CheckConstraint(PERIOD, name="ai_meter_period_known"),
        sa.CheckConstraint("reserved >= 0 and settled >= 0 and overrun >= 0", name="ai_meter_no_less_than_nothing"),
        sa.CheckConstraint("reserved + settled <= ceiling", name="ai_meter_within_its_limit"),
        sa.CheckConstraint("starts_at < ends_at", name="ai_meter_lasts"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ai_meter_of", "ai_meter", ["scope", "subject", "period", "starts_at"], unique=True)
    op.execute("alter table ai_meter set (fillfactor = 50)")  # six rows are moved twice for each call, and stay on their page


def _call() -> None:
    op.create_table(
        "ai_call",
        *_created(),
        *_owned(),
        *_text("feature", "skill"),
        sa.Column("model_id", sa.Uuid(), nullable=True),
        *_text("model_label"),
        sa.Column("local", sa.Boolean(), nullable=False),
        *_text("state", "why", "failure", "via"),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        *_whole("input_price", "output_price", "input_estimate", "output_most", "reserved_micros", "cost_micros", "input_tokens", "output_tokens"),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("meters", postgresql.JSONB(), nullable=False),
        *_at("started_at", "lease_until"),
        *_at("ended_at", nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="ai_call_audience_known"),
        sa.CheckConstraint("state in ('reserved', 'settled', 'released', 'unknown')", name="ai_call_state_known"),
        sa.CheckConstraint("audience = 'private'", name="ai_call_private"),
        sa.CheckConstraint(
            "least(reserved_micros, cost_micros, input_price, output_price, input_estimate, output_most, input_tokens, output_tokens) >= 0", name="ai_call_no_less_than_nothing"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ai_call_by_owner", "ai_call", ["owner_id", sa.literal_column("started_at desc"), sa.literal_column("id desc")])
    op.create_index("ai_call_by_start", "ai_call", ["started_at"])
    op.create_index("ai_call_open", "ai_call", ["lease_until"], postgresql_where=sa.text("state = 'reserved'"))
    op.create_index("ai_call_by_job", "ai_call", ["job_id"], postgresql_where=sa.text("job_id is not null"))


def _of_a_call() -> None:
    op.create_table(
        "ai_call_content",
        *_owned(),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("sent", postgresql.JSONB(), nullable=False),
        *_text("came"),
        *_at("kept_since"),
        sa.CheckConstraint("audience in ('private', 'team')", name="ai_call_content_audience_known"),
        sa.CheckConstraint("audience = 'private'", name="ai_call_content_private"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["call_id"], ["ai_call.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id"),
    )
    op.create_index("ai_call_content_by_age", "ai_call_content", ["kept_since"])
    op.create_table(
        "ai_call_contact",
        *_owned(),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="ai_call_contact_audience_known"),
        sa.CheckConstraint("audience = 'private'", name="ai_call_contact_private"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["call_id"], ["ai_call.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "contact_id"),
    )
    op.create_index("ai_call_contact_by_contact", "ai_call_contact", ["contact_id"])


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
