"""The time that is spent on a task: stretches that a timer counted, one that runs, and corrections.

A stretch is a part of its task: owner and audience come from there by trigger, and what changes in it is recorded under the task. Only the
person whose it is writes it, and one of theirs runs at a time. A task that is closed or goes to the trash stops what runs on it; one that
becomes private, or somebody else's private one, stops what others run on it, for they do not see it any more; and nothing runs for somebody who may not work on tasks any more.

Revision ID: 0030
Revises: 0029
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
MINE = f"owner_id = {ME} or audience = 'team'"
THEIRS = f"{WRITER} and person_id = {ME} and ({MINE})"

# Begun minutes count. What nobody stopped for weeks stays a number that somebody can read and correct.
WORKED = """
create function worked_minutes(since timestamptz) returns int language sql set search_path = public, pg_temp as $$
  select least(60000, greatest(1, ceil(extract(epoch from clock_timestamp() - since) / 60)))::int
$$
"""
# Nothing of this is an act of its own: undoing what closed the task leaves the time as it was counted.
STOPPED = f"""
create function task_stops_time() returns trigger language plpgsql {DEFINER} as $$
begin
  update task_time set minutes = worked_minutes(started_at) where task_id = new.id and minutes is null
    and (new.deleted_at is not null or new.status in ('completed', 'cancelled') or person_id <> new.owner_id);
  return null;
end $$
"""
LEFT = f"""
create function person_stops_time() returns trigger language plpgsql {DEFINER} as $$
begin
  update task_time set minutes = worked_minutes(started_at) where person_id = new.id and minutes is null;
  return null;
end $$
"""
TRIGGERS = (
    ("task_time", "task_time_part before insert on task_time for each row execute function part_of_task()"),
    # What a trigger stops is told by what made it stop.
    ("task_time", "task_time_record after update on task_time for each row when (pg_trigger_depth() = 0) execute function record_change('')"),
    ("task_time", "task_time_record_gone after delete on task_time for each row execute function record_change('')"),
    (
        "task_time",
        "task_time_record_made after insert on task_time referencing new table as made for each statement execute function record_inserts('')",
    ),
    (
        "task",
        "task_stops_time after update of status, deleted_at, audience, owner_id on task for each row when ((new.deleted_at is not null and old.deleted_at is null) "
        "or (new.status in ('completed', 'cancelled') and old.status not in ('completed', 'cancelled')) "
        "or (new.audience = 'private' and (old.audience <> 'private' or old.owner_id <> new.owner_id))) execute function task_stops_time()",
    ),
    (
        "user_account",
        "user_account_stops_time after update of disabled_at, role on user_account for each row "
        "when (new.disabled_at is not null or new.role = 'viewer') execute function person_stops_time()",
    ),
)
# function → (what stood in it, what stands in it now)
REWRITTEN = (
    ("record_change()", "tg_table_name in ('task_step', 'task_tag')", "tg_table_name in ('task_step', 'task_tag', 'task_time')"),
    ("record_inserts()", "tg_table_name in ('task_step', 'task_tag')", "tg_table_name in ('task_step', 'task_tag', 'task_time')"),
    ("purge_trash(interval)", "table_name in ('task', 'task_step', 'task_tag')", "table_name in ('task', 'task_step', 'task_tag', 'task_time')"),
    (
        "task_shared()",
        "update task_tag set audience = new.audience where task_id = new.id;",
        "update task_tag set audience = new.audience where task_id = new.id;\n  update task_time set audience = new.audience where task_id = new.id;",
    ),
)


def upgrade() -> None:
    op.create_table(
        "task_time",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("user_account.id", ondelete="RESTRICT"), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("task_id", sa.Uuid(), sa.ForeignKey("task.id", ondelete="CASCADE"), nullable=False),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("user_account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("minutes", sa.Integer()),
        sa.CheckConstraint("audience in ('private', 'team')", name="task_time_audience_known"),
        sa.CheckConstraint("num_nonnulls(started_at, minutes) > 0", name="task_time_counts"),
    )
    op.create_index("task_time_by_task", "task_time", ["task_id"])
    op.create_index("task_time_running", "task_time", ["person_id"], unique=True, postgresql_where=sa.text("minutes is null"))
    for function in (WORKED, STOPPED, LEFT):
        op.execute(function)
    for signature, before, now in REWRITTEN:
        _rewrite(signature, before, now)
    op.execute("revoke execute on function worked_minutes(timestamptz) from public")
    op.execute(f"grant execute on function worked_minutes(timestamptz) to {APP}")
    _rights()
    for _, trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")


def downgrade() -> None:
    for table, trigger in TRIGGERS:
        op.execute(f"drop trigger {trigger.partition(' ')[0]} on {table}")
    for signature, before, now in REWRITTEN:
        _rewrite(signature, now, before)
    op.execute("delete from change where table_name = 'task_time'")
    op.drop_table("task_time")
    for signature in ("task_stops_time()", "person_stops_time()", "worked_minutes(timestamptz)"):
        op.execute(f"drop function {signature}")


def _rights() -> None:
    op.execute("alter table task_time enable row level security")
    op.execute("alter table task_time force row level security")
    op.execute("create policy task_time_schema_owner on task_time to current_user using (true) with check (true)")
    op.execute(f"create policy task_time_select on task_time for select to {APP} using ({ME} is not null and ({MINE}))")
    op.execute(f"create policy task_time_insert on task_time for insert to {APP} with check ({THEIRS})")
    op.execute(f"create policy task_time_update on task_time for update to {APP} using ({THEIRS}) with check ({THEIRS})")
    op.execute(f"create policy task_time_delete on task_time for delete to {APP} using ({THEIRS})")
    op.execute(f"grant select, insert, update, delete on task_time to {APP}")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
