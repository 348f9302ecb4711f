"""What long lists and large imports need: indexes that answer alone, letters beyond ASCII, a task's moment, inserts recorded at once.

The indexes of this revision carry owner and audience, so that row security is answered from them as well.
Adding the derived columns writes both tables anew: a few seconds for a hundred thousand contacts.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SEEN = "owner_id, audience"
LIVE = "deleted_at is null"
OPEN = f"{LIVE} and status not in ('completed', 'cancelled')"
DERIVED = (("contact", "search_grams"), ("task", "doer_id"), ("task", "due_at"))
DAY = "least(due_date, 'infinity'::date)"
TASK = f"due_date, due_time, due_at, priority, {SEEN}"
# name → (table, definition now, definition before; empty: there was none)
INDEXES = {
    "contact_by_name": ("contact", f"(sort_name, id) include ({SEEN}, archived_at) where {LIVE}", f"(sort_name, id) where {LIVE}"),
    "contact_by_stage_name": ("contact", f"(stage, sort_name, id) include ({SEEN}, archived_at) where {LIVE}", f"(stage, sort_name, id) where {LIVE}"),
    "contact_favourites": ("contact", f"(sort_name, id) include ({SEEN}, archived_at) where favourite is true and {LIVE}", ""),
    "contact_archive": ("contact", f"(sort_name, id) include ({SEEN}) where archived_at is not null and {LIVE}", ""),
    "contact_in_trash": ("contact", f"(id) include ({SEEN}) where deleted_at is not null", ""),
    "contact_search_grams": ("contact", "using gin (search_grams) where search_grams is not null", ""),
    "contact_tag_by_tag": ("contact_tag", f"(tag_id, contact_id) include ({SEEN})", "(tag_id, contact_id)"),
    "task_open_by_due": ("task", f"({DAY}, id) include ({TASK}) where {OPEN}", f"(due_date nulls last, id) where {OPEN}"),
    "task_open_by_doer": ("task", f"(doer_id, {DAY}, id) include ({TASK}) where {OPEN}", ""),
}

# Trigrams end at the letters that the server's locale knows, which may be those of ASCII alone; in Chinese and Japanese two letters
# are a name. So a word with other letters is found by its pairs of letters and by the one that it begins with.
GRAMS = """
create or replace function search_grams(value text) returns tsvector language plpgsql immutable strict parallel safe as $$
begin
  if octet_length(value) = char_length(value) then return null; end if;
  return (
    select array_to_tsvector(array_agg(distinct gram)) from (
      select substr(word, place, 2) as gram from string_to_table(value, ' ') as word, generate_series(1, char_length(word) - 1) as place
        where octet_length(word) > char_length(word)
      union all select '^' || left(word, 1) from string_to_table(value, ' ') as word
    ) as grams where octet_length(gram) > char_length(gram));
end $$
"""

# The moment of a task with a time, so that the database can tell days apart for a reader in another zone. A zone that this server
# does not know leaves the day as it was written, and so does the calendar's first and last year, which no zone may push out of it.
MOMENT = """
create or replace function task_moment() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  begin
    new.due_at := case when extract(year from new.due_date) not in (1, 9999) then (new.due_date + new.due_time) at time zone new.due_zone end;
  exception when invalid_parameter_value or datetime_field_overflow then
    new.due_at := null;
  end;
  return new;
end $$
"""

# The same records as record_change makes, for all rows of a statement at once: an import makes ten thousand.
RECORD = """
create or replace function record_inserts() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  set_id uuid := nullif(current_setting('app.change_set', true), '')::uuid;
  skipped text[] := string_to_array(coalesce(tg_argv[0], ''), ',');
begin
  if set_id is null or not exists (select from made) then return null; end if;
  insert into change_set (id, actor_id, via, action, created_at)
    values (set_id, app_user(), coalesce(current_setting('app.via', true), ''), coalesce(current_setting('app.action', true), ''), now())
    on conflict (id) do nothing;
  insert into change (change_set_id, actor_id, table_name, row_id, owner_id, audience, before, after)
    with fresh as materialized (select to_jsonb(made) - skipped as became from made)
    select set_id, app_user(), tg_table_name, coalesce(became ->> 'contact_id', became ->> 'id')::uuid,
      (became ->> 'owner_id')::uuid, coalesce(became ->> 'audience', 'team'), null, became from fresh;
  return null;
end $$
"""


def upgrade() -> None:
    for function in (GRAMS, MOMENT, RECORD):
        op.execute(function)
    op.add_column("contact", sa.Column("search_grams", postgresql.TSVECTOR(), sa.Computed("search_grams(search_text)", persisted=True)), if_not_exists=True)
    op.add_column("task", sa.Column("doer_id", sa.Uuid(), sa.Computed("coalesce(assignee_id, owner_id)", persisted=True)), if_not_exists=True)
    op.add_column("task", sa.Column("due_at", sa.DateTime(timezone=True)), if_not_exists=True)
    for table, column in DERIVED:
        _look_past(table, add=column)
    op.execute(
        "create or replace trigger task_moment before insert or update on task for each row "
        "when (new.due_time is not null or new.due_at is not null) execute function task_moment()"
    )
    op.execute("alter table task disable trigger user")  # what is derived is nobody's change
    op.execute("alter table task enable trigger task_moment")
    op.execute("update task set due_at = null where due_time is not null")
    op.execute("alter table task enable trigger user")
    for table, name, derived in _recorders("record_change"):
        op.execute(f"create or replace trigger {name} after update or delete on {table} for each row execute function record_change('{derived}')")
        op.execute(
            f"create or replace trigger {name}_made after insert on {table} referencing new table as made for each statement "
            f"execute function record_inserts('{derived}')"
        )
    with op.get_context().autocommit_block():  # whatever is above may run again if this is interrupted
        for name, (table, now, _) in INDEXES.items():
            _make_index(name, table, now)


def downgrade() -> None:
    for table, name, derived in _recorders("record_inserts"):
        op.execute(f"drop trigger {name} on {table}")
        op.execute(
            f"create or replace trigger {name.removesuffix('_made')} after insert or update or delete on {table} for each row "
            f"execute function record_change('{derived}')"
        )
    op.execute("drop trigger if exists task_moment on task")
    with op.get_context().autocommit_block():
        for name, (table, _, before) in INDEXES.items():
            _make_index(name, table, before)
    for table, column in DERIVED:
        _look_past(table, drop=column)
        op.drop_column(table, column)
    for function in ("record_inserts()", "task_moment()", "search_grams(text)"):
        op.execute(f"drop function {function}")


def _make_index(name: str, table: str, definition: str) -> None:
    """Put the index in place of the one that has its name, which goes on serving meanwhile."""
    if definition:
        op.execute(f"create index concurrently if not exists {name}_new on {table} {definition}")
    op.execute(f"drop index concurrently if exists {name}")
    op.execute(f"alter index if exists {name}_new rename to {name}")


def _recorders(function: str) -> list[tuple[str, str, str]]:
    """``(table, trigger, derived columns)`` of every trigger that records inserts by this function."""
    found = op.get_bind().execute(
        sa.text(
            "select tgrelid::regclass::text, tgname, rtrim(encode(tgargs, 'escape'), '\\000') from pg_trigger join pg_proc p on p.oid = tgfoid "
            "where p.proname = :function and tgtype & 4 <> 0 order by 1"
        ),
        {"function": function},
    )
    return [tuple(row) for row in found]


def _look_past(table: str, *, add: str = "", drop: str = "") -> None:
    """Name one more derived column, or one less, in the triggers that look past them; what other revisions named stays."""
    definitions = op.get_bind().execute(
        sa.text(
            "select pg_get_triggerdef(t.oid) from pg_trigger t join pg_proc p on p.oid = t.tgfoid "
            "where t.tgrelid = cast(:table as regclass) and p.proname in ('touch_row', 'guard_owner', 'record_change')"
        ),
        {"table": table},
    )
    for definition in definitions.scalars().all():
        begin, derived, end = re.fullmatch(r"CREATE TRIGGER (.*)\('(.*)'\)()", definition, re.DOTALL).groups()
        names = [name for name in dict.fromkeys([*derived.split(","), add]) if name not in ("", drop)]
        op.execute(f"create or replace trigger {begin}('{','.join(names)}')")
