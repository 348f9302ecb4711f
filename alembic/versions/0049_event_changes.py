"""What people want to be different in their calendars: a wish is a row of its own until the provider has taken it.

It is its owner's alone, goes with its calendar, and, of a person who is erased, with them.

Revision ID: 0049
Revises: 0048
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
DEFINER = "security definer set search_path = public, pg_temp"

# A foreign key looks past row security, so it would take another person's calendar or event for one's own.
PART = f"""
create function event_change_part() returns trigger language plpgsql {DEFINER} as $$
begin
  if app_user() is null then return new; end if;
  if not exists (select from calendar k where k.id = new.calendar_id and k.owner_id = new.owner_id) then
    raise exception 'no such calendar' using errcode = '23503';
  end if;
  if new.event_id is not null and not exists (select from event e where e.id = new.event_id and e.owner_id = new.owner_id) then
    raise exception 'no such event' using errcode = '23503';
  end if;
  return new;
end $$
"""

# Open pages hear of it as of the event itself.
NOTICE = f"""
create function event_change_notice() returns trigger language plpgsql {DEFINER} as $$
declare row_now jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'event', 'owner', row_now -> 'owner_id', 'audience', 'private',
    'ids', jsonb_build_array(coalesce(nullif(row_now -> 'event_id', 'null'::jsonb), row_now -> 'id')), 'change_set', nullif(current_setting('app.change_set', true), ''))::text);
  return null;
end $$
"""

# A wish that names a person who is erased, or is about an event of theirs, goes with them.
FORGOTTEN = f"""
create function contact_leaves_event_changes() returns trigger language plpgsql {DEFINER} as $$
declare named text[];
begin
  if nullif(current_setting('app.change_set', true), '') is not null then return old; end if;  -- taking back its making is no erasing
  named := array(select value_norm from contact_point where contact_id = old.id and kind = 'email');
  delete from event_change x where x.event_id in (select l.event_id from event_contact l where l.contact_id = old.id)
    or exists (select from unnest(named) n where strpos(lower(x.wish::text), n) > 0)
    or (x.owner_id = old.owner_id and old.display_name <> '' and strpos(lower(x.wish::text), lower(old.display_name)) > 0);
  return old;
end $$
"""
# Whose change waits although nothing is under way for it: its job was given up, or its owner could not write for a while. Ids alone, for a clock that is nobody.
LOST = f"""
create function lost_event_changes(moment timestamptz) returns table (change_id uuid, owner uuid) language sql stable {DEFINER} as $$
  select x.id, x.owner_id from event_change x
    join user_account u on u.id = x.owner_id and u.disabled_at is null and u.role in ('owner', 'admin', 'member')
    where x.state = 'waiting' and x.created_at < moment - interval '1 minute'
      and not exists (select from job j where j.kind = 'calendar.write' and j.state in ('queued', 'running') and j.payload ->> 'change_id' = x.id::text)
    order by x.created_at limit 500
$$
"""
FUNCTIONS = {"lost_event_changes(timestamptz)": LOST, "event_change_part()": PART, "event_change_notice()": NOTICE, "contact_leaves_event_changes()": FORGOTTEN}
TRIGGERS = (
    ("event_change", "event_change_part before insert or update of calendar_id, event_id on event_change for each row execute function event_change_part()"),
    ("event_change", "event_change_touch before update on event_change for each row execute function touch_row('')"),
    ("event_change", "event_change_guard before update on event_change for each row execute function guard_owner('')"),
    ("event_change", "event_change_notice after insert or update or delete on event_change for each row execute function event_change_notice()"),
    ("contact", "contact_leaves_event_changes before delete on contact for each row execute function contact_leaves_event_changes()"),
)
# What has ended is remembered for a week, and its job as long as those of connections.
TIDY = "tidy_syncs(timestamp with time zone)"
TIDIED = (
    ("delete from job where kind in ('connections.sync', 'connections.test')", "delete from event_change where ended_at < moment - interval '7 days';\n  delete from job where kind in ('connections.sync', 'connections.test', 'calendar.write')"),
)  # fmt: skip
KEPT_BEFORE, KEPT = "'calendar_item', 'event', ", "'calendar_item', 'event_change', 'event', "


def upgrade() -> None:
    _table()
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    op.execute(f"grant execute on function lost_event_changes(timestamptz) to {APP}")
    for _, trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    for before, now in TIDIED:
        _rewrite(TIDY, before, now)
    _rewrite("team_owned_tables(boolean)", KEPT_BEFORE, KEPT)


def downgrade() -> None:
    _rewrite("team_owned_tables(boolean)", KEPT, KEPT_BEFORE)
    for before, now in TIDIED:
        _rewrite(TIDY, now, before)
    op.execute("drop trigger contact_leaves_event_changes on contact")
    op.drop_table("event_change")
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")


def _table() -> None:
    op.create_table(
        "event_change",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("what", "item_ref", "uid", "recurrence_id", "etag", "meant_for")),
        sa.Column("wish", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="event_change_audience_known"),
        sa.CheckConstraint("what in ('create', 'change', 'delete')", name="event_change_what_known"),
        sa.CheckConstraint("state in ('waiting', 'done', 'refused', 'conflict')", name="event_change_state_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("event_change_one_waiting", "event_change", ["calendar_id", "item_ref"], unique=True, postgresql_where=sa.text("state = 'waiting' and item_ref <> ''"))
    op.create_index("event_change_of_owner", "event_change", ["owner_id", sa.literal_column("created_at desc")])
    op.create_index("event_change_by_event", "event_change", ["event_id"], postgresql_where=sa.text("event_id is not null"))
    op.create_index("event_change_by_calendar", "event_change", ["calendar_id", "ended_at"])
    op.execute("alter table event_change enable row level security")
    op.execute("alter table event_change force row level security")
    op.execute("create policy event_change_schema_owner on event_change to current_user using (true) with check (true)")
    op.execute(f"create policy event_change_select on event_change for select to {APP} using (owner_id = {ME})")
    op.execute(f"create policy event_change_insert on event_change for insert to {APP} with check ({WRITER} and owner_id = {ME} and audience = 'private')")
    op.execute(f"create policy event_change_update on event_change for update to {APP} using ({WRITER} and owner_id = {ME}) with check (owner_id = {ME} and audience = 'private')")
    op.execute(f"create policy event_change_delete on event_change for delete to {APP} using ({WRITER} and owner_id = {ME})")
    op.execute(f"grant select, insert, update, delete on event_change to {APP}")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
