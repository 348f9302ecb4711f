"""Projects, and what a task gains: its project, steps, tags, an estimate, and a rule by which it comes again.

A step and a tag of a task are parts of it: owner and audience come from the task by trigger, and what changes in them is recorded
under the task. A project's name is seen by whoever sees the project, and by nobody else who sees one of its tasks.
What was changed in the very act that hid an entry or a task is hidden with it.

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
ADMIN = "(select app_role()) in ('owner', 'admin')"
MINE = f"owner_id = {ME} or audience = 'team'"
DEFINER = "security definer set search_path = public, pg_temp"
COLUMNS = (
    ("project_id", sa.Uuid(), None), ("estimate_minutes", sa.Integer(), None), ("recurrence", sa.Text(), "''"), ("repeat_from", sa.Text(), "'due'"),
)  # fmt: skip
OPEN = "deleted_at is null and status not in ('completed', 'cancelled')"
DAY = "least(due_date, 'infinity'::date)"

PART = f"""
create function part_of_task() returns trigger language plpgsql {DEFINER} as $$
declare whole record;
begin
  select owner_id, audience into whole from task where id = new.task_id;
  if whole is null or (app_user() is not null and whole.owner_id <> app_user() and whole.audience <> 'team') then
    raise exception 'no such task' using errcode = '23503';
  end if;
  new.owner_id := whole.owner_id;
  new.audience := whole.audience;
  return new;
end $$
"""
SHARED = f"""
create function task_shared() returns trigger language plpgsql {DEFINER} as $$
begin
  update task_step set audience = new.audience where task_id = new.id;
  update task_tag set audience = new.audience where task_id = new.id;
  return null;
end $$
"""
# What becomes private takes its history along.
HIDDEN = f"""
create function project_hidden() returns trigger language plpgsql {DEFINER} as $$
begin
  update change set audience = 'private' where row_id = new.id and audience <> 'private';
  return null;
end $$
"""
# Looks with the eyes of whoever writes: nobody puts a task into a project that they do not see.
IN_PROJECT = """
create function task_in_project() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' and new.project_id is not distinct from old.project_id then return new; end if;
  if not exists (select from project where id = new.project_id) then raise exception 'no such project' using errcode = '23503'; end if;
  return new;
end $$
"""
# The next one of a task that comes again is its owner's, whoever completed it. The rule goes on to it.
REPEAT = f"""
create function repeat_task(done_id uuid, again_id uuid, day date, rule text) returns void language plpgsql {DEFINER} as $$
declare done task%rowtype;
begin
  select * into done from task where id = done_id and deleted_at is null and status = 'completed' and recurrence <> ''
    and (owner_id = app_user() or audience = 'team') for update;
  if not found or app_role() not in ('owner', 'admin', 'member') then raise exception 'no such task' using errcode = '42501'; end if;
  insert into task (id, owner_id, audience, asked_audience, title, description, status, priority, done_by, assignee_id, due_date, due_time, due_zone,
      remind_minutes, project_id, estimate_minutes, recurrence, repeat_from)
    values (again_id, done.owner_id, done.audience, done.asked_audience, done.title, done.description, 'pending', done.priority, done.done_by,
      done.assignee_id, day, done.due_time, done.due_zone, done.remind_minutes, done.project_id, done.estimate_minutes, rule, done.repeat_from);
  insert into task_contact (task_id, contact_id, owner_id, audience) select again_id, contact_id, owner_id, audience from task_contact where task_id = done_id;
  insert into task_tag (task_id, tag_id, owner_id, audience) select again_id, tag_id, owner_id, audience from task_tag where task_id = done_id;
  insert into task_step (id, task_id, owner_id, audience, title, done, position)
    select gen_random_uuid(), again_id, owner_id, audience, title, false, position from task_step where task_id = done_id;
  insert into mention (id, task_id, user_id, label, owner_id, audience)
    select gen_random_uuid(), again_id, user_id, label, owner_id, audience from mention where task_id = done_id;
  update task set recurrence = '' where id = done_id;
end $$
"""
# Whoever made a task may unmake it in an undo, although it may be a colleague's: completing theirs made the next one.
TAKE_OUT = f"""
create function take_out_tasks(change_ids bigint[]) returns bigint language plpgsql {DEFINER} as $$
declare gone bigint;
begin
  delete from task t using change c, change_set s
    where c.id = any(change_ids) and c.table_name = 'task' and c.before is null and s.id = c.change_set_id and s.actor_id = app_user()
      and app_role() in ('owner', 'admin', 'member') and t.id = c.row_id and (t.owner_id = app_user() or t.audience = 'team');
  get diagnostics gone = row_count;
  return gone;
end $$
"""
FUNCTIONS = (PART, SHARED, HIDDEN, IN_PROJECT, REPEAT, TAKE_OUT)
CALLED = ("repeat_task(uuid, uuid, date, text)", "take_out_tasks(bigint[])")
TRIGGERS = (
    ("project", "project_touch before update on project for each row execute function touch_row('')"),
    ("project", "project_guard before update on project for each row execute function guard_owner('')"),
    (
        "project",
        "project_hidden after update of audience on project for each row when (new.audience = 'private' and old.audience <> 'private') "
        "execute function project_hidden()",
    ),
    ("task_step", "task_step_part before insert on task_step for each row execute function part_of_task()"),
    ("task_tag", "task_tag_part before insert on task_tag for each row execute function part_of_task()"),
    ("task", "task_shared after update of audience on task for each row when (old.audience is distinct from new.audience) execute function task_shared()"),
    ("task", "task_in_project before insert or update of project_id on task for each row when (new.project_id is not null) execute function task_in_project()"),
)
UNDER = "case when tg_table_name in ('task_step', 'task_tag') then %s ->> 'task_id' end"
# function → (what stood in it, what stands in it now)
REWRITTEN = {
    "record_change()": ("row_now ->> 'contact_id', row_now", f"row_now ->> 'contact_id', {UNDER % 'row_now'}, row_now"),
    "record_inserts()": ("became ->> 'contact_id', became", f"became ->> 'contact_id', {UNDER % 'became'}, became"),
    "purge_trash(interval)": (
        "delete from change where table_name = 'task' and row_id = any(gone);",
        "delete from change where table_name in ('task', 'task_step', 'task_tag') and row_id = any(gone);\n"
        "  with removed as (delete from project where deleted_at < now() - keep returning id) delete from change where row_id in (select id from removed);",
    ),
}
# Triggers fire by name: who sees an entry now is carried on after its own change was recorded, which is then hidden along with the rest.
LATER = {"interaction_changed": "interaction_spread", "task_changed": "task_spread"}


def upgrade() -> None:
    _tables()
    for function in FUNCTIONS:
        op.execute(function)
    for _, trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    for table in ("project", "task_step", "task_tag"):
        op.execute(f"create trigger {table}_record after update or delete on {table} for each row execute function record_change('')")
        op.execute(
            f"create trigger {table}_record_made after insert on {table} referencing new table as made for each statement execute function record_inserts('')"
        )
    for signature, (before, now) in REWRITTEN.items():
        _rewrite(signature, before, now)
    for early, late in LATER.items():
        op.execute(f"alter trigger {early} on {early.partition('_')[0]} rename to {late}")
    for signature in CALLED:
        op.execute(f"revoke execute on function {signature} from public")
        op.execute(f"grant execute on function {signature} to {APP}")


def downgrade() -> None:
    for early, late in LATER.items():
        op.execute(f"alter trigger {late} on {early.partition('_')[0]} rename to {early}")
    for signature, (before, now) in REWRITTEN.items():
        _rewrite(signature, now, before)
    for table, trigger in TRIGGERS:
        op.execute(f"drop trigger {trigger.partition(' ')[0]} on {table}")
    for name in ("task_by_project", "task_open_by_status"):
        op.drop_index(name, "task")
    op.execute("delete from change where table_name in ('project', 'task_step', 'task_tag')")
    op.drop_constraint("task_repeat_from_known", "task", type_="check")
    for name, _, _ in COLUMNS:
        op.drop_column("task", name)
    for table in ("task_tag", "task_step", "project"):
        op.drop_table(table)
    for signature in (*CALLED, "part_of_task()", "task_shared()", "project_hidden()", "task_in_project()"):
        op.execute(f"drop function {signature}")


def _tables() -> None:
    op.create_table(
        "project", *_keyed(), sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False), *_owned("project"),
        sa.Column("title", sa.Text(), nullable=False), sa.Column("description", sa.Text(), nullable=False), sa.Column("hue", sa.Text(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True)), sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("hue in ('coral', 'teal', 'sky', 'amber', 'plum', 'green', 'indigo', 'slate')", name="project_hue_known"),
    )  # fmt: skip
    op.create_table(
        "task_step", *_keyed(), *_owned("task_step"), sa.Column("task_id", sa.Uuid(), sa.ForeignKey("task.id", ondelete="CASCADE"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False), sa.Column("done", sa.Boolean(), nullable=False), sa.Column("position", sa.Integer(), nullable=False),
    )  # fmt: skip
    op.create_table(
        "task_tag", *_owned("task_tag"), sa.Column("task_id", sa.Uuid(), sa.ForeignKey("task.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tag_id", sa.Uuid(), sa.ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
    )  # fmt: skip
    op.create_index("task_step_by_task", "task_step", ["task_id", "position"])
    op.create_index("task_tag_by_tag", "task_tag", ["tag_id", "task_id"])
    for name, kind, default in COLUMNS:
        op.add_column("task", sa.Column(name, kind, server_default=sa.text(default) if default else None, nullable=default is None))
    op.create_foreign_key("task_project_fk", "task", "project", ["project_id"], ["id"], ondelete="SET NULL")
    op.create_check_constraint("task_repeat_from_known", "task", "repeat_from in ('due', 'done')")
    op.execute("create index task_by_project on task (project_id, status, id) include (owner_id, audience) where deleted_at is null and project_id is not null")
    op.execute(
        f"create index task_open_by_status on task (status, {DAY}, id) "
        f"include (doer_id, due_date, due_time, due_at, priority, owner_id, audience) where {OPEN}"
    )
    _rights()


def _rights() -> None:
    for table in ("project", "task_step", "task_tag"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
        op.execute(f"create policy {table}_select on {table} for select to {APP} using ({ME} is not null and ({MINE}))")
        op.execute(f"create policy {table}_update on {table} for update to {APP} using ({WRITER} and ({MINE})) with check ({MINE})")
        op.execute(f"grant select, insert, update, delete on {table} to {APP}")
    op.execute(f"create policy project_insert on project for insert to {APP} with check ({WRITER} and owner_id = {ME})")
    op.execute(f"create policy project_delete on project for delete to {APP} using ({WRITER} and (owner_id = {ME} or (audience = 'team' and {ADMIN})))")
    for table in ("task_step", "task_tag"):
        op.execute(f"create policy {table}_insert on {table} for insert to {APP} with check ({WRITER} and ({MINE}))")
        op.execute(f"create policy {table}_delete on {table} for delete to {APP} using ({WRITER} and ({MINE}))")


def _keyed() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )


def _owned(table: str) -> tuple[object, ...]:
    return (
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("user_account.id", ondelete="RESTRICT"), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name=f"{table}_audience_known"),
    )


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
