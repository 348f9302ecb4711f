"""Where somebody put a task by hand among those of its day: next to another one, before or after it.

``place_beside`` is the task that it was put next to, ``place_rank`` where that one stood in its day by time and urgency, ``place_turn``
the turn among all that were put next to the same one. They go with the day: a task that is given another day or time stands
where these put it. What is put in order makes nobody's open form stale.

The indexes of open tasks carry the three, so that a list is put in order from its index alone.

Revision ID: 0035
Revises: 0034
"""

from __future__ import annotations

import re

import sqlalchemy as sa

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

COLUMNS = {"place_rank": sa.Integer(), "place_beside": sa.Uuid(), "place_turn": sa.Float()}
PLACE = ", ".join(COLUMNS)
DAY = "least(due_date, 'infinity'::date)"
LIVE = "deleted_at is null"
OPEN = f"{LIVE} and status not in ('completed', 'cancelled')"
TASK = "due_date, due_time, due_at, priority, owner_id, audience"
# name → (columns, what it carries besides, which rows)
INDEXES = {
    "task_open_by_due": (f"({DAY}, id)", TASK, OPEN),
    "task_open_by_doer": (f"(doer_id, {DAY}, id)", TASK, OPEN),
    "task_open_by_status": (f"(status, {DAY}, id)", f"doer_id, {TASK}", OPEN),
    "task_by_due": ("(due_date, id)", "doer_id, status, due_at, priority, project_id, done_by, owner_id, audience", f"{LIVE} and due_date is not null"),
}
FORGET = """
create or replace function task_place() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  new.place_rank := null;
  new.place_beside := null;
  new.place_turn := null;
  return new;
end $$
"""
MOVED = (
    "(old.due_date, old.due_time) is distinct from (new.due_date, new.due_time) and "
    "(old.place_rank, old.place_beside, old.place_turn) is not distinct from (new.place_rank, new.place_beside, new.place_turn)"
)


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("task", sa.Column(name, kind), if_not_exists=True)
    op.execute("alter table task drop constraint if exists task_place_whole")
    op.execute(f"alter table task add constraint task_place_whole check (num_nulls({PLACE}) in (0, 3)) not valid")
    op.execute(FORGET)
    op.execute(f"create or replace trigger task_place before update of due_date, due_time on task for each row when ({MOVED}) execute function task_place()")
    _look_past(add=COLUMNS)
    with op.get_context().autocommit_block():  # whatever is above may run again if this is interrupted
        op.execute("alter table task validate constraint task_place_whole")
        for name, (keys, carried, where) in INDEXES.items():
            _make_index(name, f"{keys} include ({carried}, {PLACE}) where {where}")
        op.execute("create index concurrently if not exists task_placed on task (place_beside) where place_beside is not null")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists task_placed")
        for name, (keys, carried, where) in INDEXES.items():
            _make_index(name, f"{keys} include ({carried}) where {where}")
    op.execute("drop trigger if exists task_place on task")
    op.execute("drop function if exists task_place()")
    _look_past(drop=COLUMNS)
    op.execute("alter table task drop constraint if exists task_place_whole")
    for name in COLUMNS:
        op.drop_column("task", name, if_exists=True)


def _make_index(name: str, definition: str) -> None:
    """Put the index in place of the one that has its name, which goes on serving meanwhile."""
    op.execute(f"create index concurrently if not exists {name}_new on task {definition}")
    op.execute(f"drop index concurrently if exists {name}")
    op.execute(f"alter index if exists {name}_new rename to {name}")


def _look_past(*, add: dict[str, object] | None = None, drop: dict[str, object] | None = None) -> None:
    """Have the version of a task look past these columns, or no longer; what other revisions named stays. Their changes are recorded."""
    found = op.get_bind().execute(
        sa.text("select pg_get_triggerdef(t.oid) from pg_trigger t join pg_proc p on p.oid = t.tgfoid where t.tgrelid = 'task'::regclass and p.proname = 'touch_row'")
    )
    for definition in found.scalars().all():
        begin, derived, end = re.fullmatch(r"CREATE TRIGGER (.*)\('(.*)'\)()", definition, re.DOTALL).groups()
        names = [name for name in dict.fromkeys([*derived.split(","), *(add or ())]) if name and name not in (drop or ())]
        op.execute(f"create or replace trigger {begin}('{','.join(names)}')")
