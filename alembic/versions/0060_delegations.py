"""Tasks that people have the assistant draft: how far each is, and why it failed; theirs alone, and gone with the task.

Revision ID: 0060
Revises: 0059
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
DEFINER = "security definer set search_path = public, pg_temp"

# A foreign key looks past row security, so it would take another person's task for one that is seen.
PART = f"""
create function delegation_part() returns trigger language plpgsql {DEFINER} as $$
begin
  if app_user() is null then return new; end if;
  if not exists (select from task t where t.id = new.task_id and (t.owner_id = new.owner_id or t.audience = 'team')) then
    raise exception 'no such task' using errcode = '23503';
  end if;
  return new;
end $$
"""
# Whoever has the task open sees how far it is: the notice speaks of the task.
NOTICE = f"""
create function delegation_notice() returns trigger language plpgsql {DEFINER} as $$
declare row_now jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'delegation', 'owner', row_now -> 'owner_id', 'audience', 'private',
    'ids', jsonb_build_array(row_now -> 'task_id'), 'change_set', nullif(current_setting('app.change_set', true), ''))::text);
  return null;
end $$
"""
# Nothing is under way any more for work whose job was given up or got lost, so its task is its person's again.
LOST = f"""
create function lost_delegations(moment timestamptz) returns table (job uuid, owner uuid) language sql stable {DEFINER} as $$
  select d.job_id, d.owner_id from delegation d
    join user_account u on u.id = d.owner_id and u.disabled_at is null and u.role in ('owner', 'admin', 'member')
    where d.state = 'working' and d.created_at < moment - interval '1 minute'
      and not exists (select from job j where j.id = d.job_id and j.state in ('queued', 'running'))
    order by d.created_at limit 500
$$
"""
FUNCTIONS = {"delegation_part()": PART, "delegation_notice()": NOTICE, "lost_delegations(timestamptz)": LOST}
TRIGGERS = (
    "delegation_part before insert or update of task_id on delegation for each row execute function delegation_part()",
    "delegation_touch before update on delegation for each row execute function touch_row('')",
    "delegation_guard before update on delegation for each row execute function guard_owner('')",
    "delegation_notice after insert or update or delete on delegation for each row execute function delegation_notice()",
)
KEPT_BEFORE, KEPT = "'mail_rule', ", "'mail_rule', 'delegation', "


def upgrade() -> None:
    _table()
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    op.execute(f"grant execute on function lost_delegations(timestamptz) to {APP}")
    for trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    _rewrite("team_owned_tables(boolean)", KEPT_BEFORE, KEPT)


def downgrade() -> None:
    _rewrite("team_owned_tables(boolean)", KEPT, KEPT_BEFORE)
    op.drop_table("delegation")
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")


def _table() -> None:
    op.create_table(
        "delegation",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("steps", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("model_label", sa.Text(), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("suggestion_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="delegation_audience_known"),
        sa.CheckConstraint("state in ('working', 'waiting', 'done', 'failed', 'cancelled')", name="delegation_state_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("delegation_at_work", "delegation", ["task_id"], unique=True, postgresql_where=sa.text("state in ('working', 'waiting')"))
    op.create_index("delegation_by_task", "delegation", ["task_id", sa.literal_column("id desc")])
    op.execute("alter table delegation enable row level security")
    op.execute("alter table delegation force row level security")
    op.execute("create policy delegation_schema_owner on delegation to current_user using (true) with check (true)")
    op.execute(f"create policy delegation_select on delegation for select to {APP} using (owner_id = {ME})")
    op.execute(f"create policy delegation_insert on delegation for insert to {APP} with check ({WRITER} and owner_id = {ME} and audience = 'private')")
    op.execute(f"create policy delegation_update on delegation for update to {APP} using ({WRITER} and owner_id = {ME}) with check (owner_id = {ME} and audience = 'private')")
    op.execute(f"create policy delegation_delete on delegation for delete to {APP} using ({WRITER} and owner_id = {ME})")
    op.execute(f"grant select, insert, update, delete on delegation to {APP}")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
