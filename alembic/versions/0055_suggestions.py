"""What the assistant would change: it waits for its owner, who alone sees it and decides about it.

It goes with whom it speaks of, and with the task that it was made for. What was decided is remembered for three months.

Revision ID: 0055
Revises: 0054
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
DEFINER = "security definer set search_path = public, pg_temp"
KINDS = "'create_task', 'update_task', 'add_note', 'change_stage', 'set_cadence', 'add_tags', 'write_letter', 'check_in_goal'"
STATES = "'pending', 'executed', 'rejected', 'expired'"

# A foreign key looks past row security, so it would take another person's contact or task for one that is seen.
PART = f"""
create function suggestion_part() returns trigger language plpgsql {DEFINER} as $$
begin
  if app_user() is null then return new; end if;
  if new.contact_id is not null and (tg_op = 'INSERT' or new.contact_id is distinct from old.contact_id) and not exists (select from contact c where c.id = new.contact_id and (c.owner_id = new.owner_id or c.audience = 'team')) then
    raise exception 'no such contact' using errcode = '23503';
  end if;
  if new.task_id is not null and (tg_op = 'INSERT' or new.task_id is distinct from old.task_id) and not exists (select from task t where t.id = new.task_id and (t.owner_id = new.owner_id or t.audience = 'team')) then
    raise exception 'no such task' using errcode = '23503';
  end if;
  return new;
end $$
"""

NOTICE = f"""
create function suggestion_notice() returns trigger language plpgsql {DEFINER} as $$
declare row_now jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'suggestion', 'owner', row_now -> 'owner_id', 'audience', 'private',
    'ids', jsonb_build_array(row_now -> 'id'), 'change_set', nullif(current_setting('app.change_set', true), ''))::text);
  return null;
end $$
"""

# Whatever names a person who is erased goes with them, whether it was decided or not.
FORGOTTEN = f"""
create function contact_leaves_suggestions() returns trigger language plpgsql {DEFINER} as $$
declare named text[];
begin
  if nullif(current_setting('app.change_set', true), '') is not null then return old; end if;  -- taking back its making is no erasing
  named := array(select value_norm from contact_point where contact_id = old.id and kind = 'email');
  delete from suggestion s where s.contact_id = old.id or strpos(s.payload::text || s.sources::text, old.id::text) > 0
    or exists (select from unnest(named) n where n <> '' and strpos(lower(s.payload::text || s.rationale), n) > 0)
    or (s.owner_id = old.owner_id and old.display_name <> '' and strpos(lower(s.payload::text || s.rationale || s.reason), lower(old.display_name)) > 0);
  return old;
end $$
"""

TIDY = f"""
create function tidy_suggestions(moment timestamptz) returns void language plpgsql {DEFINER} as $$
begin
  update suggestion set state = 'expired', decided_at = moment where state = 'pending' and expires_at < moment;
  delete from suggestion where state <> 'pending' and decided_at < moment - interval '90 days';
end $$
"""
FUNCTIONS = {"suggestion_part()": PART, "suggestion_notice()": NOTICE, "contact_leaves_suggestions()": FORGOTTEN, "tidy_suggestions(timestamptz)": TIDY}
TRIGGERS = (
    ("suggestion", "suggestion_part before insert or update of contact_id, task_id on suggestion for each row execute function suggestion_part()"),
    ("suggestion", "suggestion_touch before update on suggestion for each row execute function touch_row('')"),
    ("suggestion", "suggestion_guard before update on suggestion for each row execute function guard_owner('')"),
    ("suggestion", "suggestion_notice after insert or update or delete on suggestion for each row execute function suggestion_notice()"),
    ("contact", "contact_leaves_suggestions before delete on contact for each row execute function contact_leaves_suggestions()"),
)
KEPT_BEFORE, KEPT = "'mail_rule', ", "'mail_rule', 'suggestion', "


def upgrade() -> None:
    _table()
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    op.execute(f"grant execute on function tidy_suggestions(timestamptz) to {APP}")
    for _, trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    _rewrite("team_owned_tables(boolean)", KEPT_BEFORE, KEPT)


def downgrade() -> None:
    _rewrite("team_owned_tables(boolean)", KEPT, KEPT_BEFORE)
    op.execute("drop trigger contact_leaves_suggestions on contact")
    op.drop_table("suggestion")
    for signature in reversed(FUNCTIONS):
        op.execute(f"drop function {signature}")


def _table() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "suggestion",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("sources", postgresql.JSONB(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        *(sa.Column(name, moment, nullable=True) for name in ("snoozed_until", "expires_at", "decided_at")),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("result", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("change_set_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="suggestion_audience_known"),
        sa.CheckConstraint(f"kind in ({KINDS})", name="suggestion_kind_known"),
        sa.CheckConstraint(f"state in ({STATES})", name="suggestion_state_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("suggestion_waiting", "suggestion", ["owner_id", "fingerprint"], unique=True, postgresql_where=sa.text("state = 'pending'"))
    op.create_index("suggestion_of_owner", "suggestion", ["owner_id", "state", sa.literal_column("id desc")])
    for name in ("task_id", "contact_id"):
        op.create_index(f"suggestion_by_{name.removesuffix('_id')}", "suggestion", [name], postgresql_where=sa.text(f"{name} is not null"))
    op.create_index("suggestion_ends", "suggestion", ["expires_at"], postgresql_where=sa.text("state = 'pending' and expires_at is not null"))
    op.execute("alter table suggestion enable row level security")
    op.execute("alter table suggestion force row level security")
    op.execute("create policy suggestion_schema_owner on suggestion to current_user using (true) with check (true)")
    op.execute(f"create policy suggestion_select on suggestion for select to {APP} using (owner_id = {ME})")
    op.execute(f"create policy suggestion_insert on suggestion for insert to {APP} with check ({WRITER} and owner_id = {ME} and audience = 'private')")
    op.execute(f"create policy suggestion_update on suggestion for update to {APP} using ({WRITER} and owner_id = {ME}) with check (owner_id = {ME} and audience = 'private')")
    op.execute(f"create policy suggestion_delete on suggestion for delete to {APP} using ({WRITER} and owner_id = {ME})")
    op.execute(f"grant select, insert, update, delete on suggestion to {APP}")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
