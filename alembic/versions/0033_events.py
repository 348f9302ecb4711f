"""What the database keeps true of events: whose they are, who sees them, when their contacts meet, and what is told to open pages.

An event is its owner's until all whom it concerns are the team's and its connection shares meetings. Contacts that were put to an event
by hand, or taken from it, are recorded as a person's changes; what a sync does is not. Of an erased person no word is left in an event.

Revision ID: 0033
Revises: 0032
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"
DERIVED = "audience,settled,matched,entry_hash,interaction_id"

# A foreign key looks past row security, so it would take another person's calendar for one's own.
PART = f"""
create function event_part() returns trigger language plpgsql {DEFINER} as $$
declare whose uuid; seen text := 'private';
begin
  if tg_table_name = 'event_attendee' then
    select owner_id, audience into whose, seen from event where id = new.event_id;
  else
    select owner_id into whose from calendar where id = new.calendar_id;
  end if;
  if whose is null or (app_user() is not null and whose <> app_user()) then raise exception 'no such calendar' using errcode = '23503'; end if;
  new.owner_id := whose;
  new.audience := seen;
  return new;
end $$
"""

LINK = f"""
create function event_link() returns trigger language plpgsql {DEFINER} as $$
declare target record; person record;
begin
  select owner_id, audience, starts_at into target from event where id = new.event_id;
  new.owner_id := target.owner_id;
  new.starts_at := target.starts_at;
  if tg_op = 'UPDATE' then return new; end if;
  if target is null or (app_user() is not null and target.owner_id <> app_user()) then raise exception 'no such event' using errcode = '23503'; end if;
  select owner_id, audience into person from contact where id = new.contact_id;
  if person is null or (app_user() is not null and person.owner_id <> app_user() and person.audience <> 'team') then
    raise exception 'no such contact' using errcode = '23503';
  end if;
  new.audience := case when person.audience = 'private' then 'private' else target.audience end;
  return new;
end $$
"""

# Who sees an event follows from whom it concerns. What becomes private takes along what was recorded of its hand-made links.
NARROW = f"""
create function narrow_events(ids uuid[]) returns void language plpgsql {DEFINER} as $$
begin
  update event e set audience = fresh.audience
    from (select e.id, case when n.meetings_audience = 'team' and not e.private and coalesce(bool_and(c.audience = 'team'), false) then 'team' else 'private' end as audience
      from event e join calendar k on k.id = e.calendar_id join connection n on n.id = k.connection_id
        left join event_contact l on l.event_id = e.id and l.how <> 'removed' left join contact c on c.id = l.contact_id
      where e.id = any(ids) group by e.id, n.meetings_audience) fresh
    where fresh.id = e.id and e.audience <> fresh.audience;
  update event_attendee a set audience = e.audience from event e where e.id = any(ids) and a.event_id = e.id and a.audience <> e.audience;
  update event_contact l set audience = e.audience from event e where e.id = any(ids) and l.event_id = e.id and l.audience <> e.audience;
  update change h set audience = 'private' from event_contact l
    where l.event_id = any(ids) and l.how <> 'address' and l.audience = 'private' and h.row_id = l.contact_id and h.table_name = 'event_contact'
      and h.audience <> 'private' and coalesce(h.after, h.before) ->> 'event_id' = l.event_id::text;
end $$
"""

LINKED = f"""
create function events_linked() returns trigger language plpgsql {DEFINER} as $$
begin
  perform narrow_events(array(select distinct event_id from touched));
  return null;
end $$
"""

RELINKED = f"""
create function event_relinked() returns trigger language plpgsql {DEFINER} as $$
begin
  perform narrow_events(array[new.event_id]);
  return null;
end $$
"""

MOVED = f"""
create function event_moved() returns trigger language plpgsql {DEFINER} as $$
begin
  update event_contact set starts_at = new.starts_at where event_id = new.id and starts_at <> new.starts_at;
  return null;
end $$
"""

# What its owner marks as private over there is nobody else's from then on.
HIDDEN = f"""
create function event_hidden() returns trigger language plpgsql {DEFINER} as $$
begin
  perform narrow_events(array[new.id]);
  return null;
end $$
"""

SHARED = f"""
create function contact_shared_events() returns trigger language plpgsql {DEFINER} as $$
begin
  perform narrow_events(array(select event_id from event_contact where contact_id = new.id and how <> 'removed'));
  return null;
end $$
"""

# Meetings follow what their connection shares, unless somebody has said otherwise of one, or another connection of theirs brings it too and does not.
CONNECTION_SHARED = f"""
create function connection_shared_events() returns trigger language plpgsql {DEFINER} as $$
declare ids uuid[] := array(select e.id from event e join calendar k on k.id = e.calendar_id where k.connection_id = new.id);
begin
  perform narrow_events(ids);
  update interaction i set asked_audience = new.meetings_audience from event e
    where e.id = any(ids) and i.id = e.interaction_id and i.owner_id = new.owner_id and i.source = 'sync' and i.asked_audience = old.meetings_audience
      and (new.meetings_audience = 'private' or not exists (select from event o join calendar k on k.id = o.calendar_id join connection n on n.id = k.connection_id
        where o.interaction_id = i.id and (n.meetings_audience = 'private' or o.private)));
  return null;
end $$
"""

# A contact that gains an address may be among those whom somebody's events ask, whoever sees the contact: its owner looks again within a minute.
GAINED = f"""
create function contact_gained_address() returns trigger language plpgsql {DEFINER} as $$
begin
  update event e set matched = false from contact c
    where c.id = new.contact_id and e.matched and (c.owner_id = e.owner_id or c.audience = 'team')
      and e.id in (select a.event_id from event_attendee a where a.email = new.value_norm);
  return null;
end $$
"""

# Erasing leaves the time and takes the words: the calendar over there still holds the slot, and it is not read again until it changes there.
# An event with others stays theirs, without the one who is erased.
FORGOTTEN = f"""
create function contact_leaves_events() returns trigger language plpgsql {DEFINER} as $$
declare alone uuid[]; addresses text[]; named text := lower(old.display_name);
begin
  if nullif(current_setting('app.change_set', true), '') is not null then return old; end if;  -- taking back its making is no erasing
  addresses := array(select value_norm from contact_point where contact_id = old.id and kind = 'email');
  alone := array(select l.event_id from event_contact l where l.contact_id = old.id and l.how <> 'removed'
    and not exists (select from event_contact o where o.event_id = l.event_id and o.contact_id <> old.id and o.how <> 'removed'));
  delete from event_attendee a where a.event_id = any(alone)
    or (a.email = any(addresses) and a.event_id in (select l.event_id from event_contact l where l.contact_id = old.id));
  update calendar_item set content = '', read_until = null where id in (
    select e.item_id from event e where e.id = any(alone) or e.id in (select l.event_id from event_contact l where l.contact_id = old.id));
  update event e set title = '', description = '', location = '', url = '', organiser = '', uid = case when strpos(lower(e.uid), named) > 0 then e.id::text else e.uid end
    where e.id = any(alone);
  update event e set title = case when strpos(lower(e.title), named) > 0 then '' else e.title end, description = '',
      organiser = case when e.organiser = any(addresses) then '' else e.organiser end
    where e.id in (select l.event_id from event_contact l where l.contact_id = old.id) and e.id <> all(alone);
  return old;
end $$
"""

NOTICE = f"""
create function event_notice() returns trigger language plpgsql {DEFINER} as $$
declare told record;
begin
  for told in select owner_id, audience, count(*) as rows, (array_agg(id))[1:20] as ids from (select * from touched limit 1000) t group by owner_id, audience loop
    perform pg_notify('crm_changes', jsonb_build_object('topic', 'event', 'owner', told.owner_id, 'audience', told.audience,
      'ids', case when told.rows <= 20 then to_jsonb(told.ids) else null end, 'change_set', nullif(current_setting('app.change_set', true), ''))::text);
  end loop;
  return null;
end $$
"""

DAY = """
create function day_in_zone(moment timestamptz, zone text) returns date language plpgsql stable parallel safe set search_path = public, pg_temp as $$
begin
  return (moment at time zone zone)::date;
exception when invalid_parameter_value then return (moment at time zone 'UTC')::date;  -- a zone that this server does not know
end $$
"""

# Whose events have ended, or are to be matched again: their owners look after them, as themselves.
DUE = f"""
create function people_with_due_events(moment timestamptz) returns setof uuid language sql stable {DEFINER} as $$
  select u.id from user_account u where u.disabled_at is null and u.role in ('owner', 'admin', 'member')
    and (exists (select from event e where e.owner_id = u.id and not e.settled and e.ends_at <= moment)
      or exists (select from event e where e.owner_id = u.id and not e.matched))
$$
"""

FUNCTIONS = {
    "event_part()": PART, "event_link()": LINK, "narrow_events(uuid[])": NARROW, "events_linked()": LINKED, "event_relinked()": RELINKED, "event_moved()": MOVED, "event_hidden()": HIDDEN,
    "contact_shared_events()": SHARED, "connection_shared_events()": CONNECTION_SHARED, "contact_gained_address()": GAINED,
    "contact_leaves_events()": FORGOTTEN, "event_notice()": NOTICE, "day_in_zone(timestamptz, text)": DAY, "people_with_due_events(timestamptz)": DUE,
}  # fmt: skip
CALLED = ("day_in_zone(timestamptz, text)", "people_with_due_events(timestamptz)")
TRIGGERS = (
    ("event", "event_part before insert on event for each row execute function event_part()"),
    ("calendar_item", "calendar_item_part before insert on calendar_item for each row execute function event_part()"),
    ("event_attendee", "event_attendee_part before insert on event_attendee for each row execute function event_part()"),
    ("event_contact", "event_contact_link before insert or update on event_contact for each row execute function event_link()"),
    ("event_contact", "event_contact_linked after insert on event_contact referencing new table as touched for each statement execute function events_linked()"),
    ("event_contact", "event_contact_unlinked after delete on event_contact referencing old table as touched for each statement execute function events_linked()"),
    (
        "event_contact",
        "event_contact_relinked after update on event_contact for each row when (old.how is distinct from new.how) execute function event_relinked()",
    ),
    ("event", "event_moved after update of starts_at on event for each row when (old.starts_at is distinct from new.starts_at) execute function event_moved()"),
    ("event", "event_hidden after update of private on event for each row when (old.private is distinct from new.private) execute function event_hidden()"),
    (
        "contact",
        "contact_shared_events after update of audience on contact for each row when (old.audience is distinct from new.audience) "
        "execute function contact_shared_events()",
    ),
    (
        "connection",
        "connection_shared_events after update of meetings_audience on connection for each row "
        "when (old.meetings_audience is distinct from new.meetings_audience) execute function connection_shared_events()",
    ),
    (
        "contact_point",
        "contact_point_gained after insert or update of value_norm on contact_point for each row when (new.kind = 'email') "
        "execute function contact_gained_address()",
    ),
    ("contact", "contact_leaves_events before delete on contact for each row execute function contact_leaves_events()"),
    ("event", "event_notice_made after insert on event referencing new table as touched for each statement execute function event_notice()"),
    ("event", "event_notice_changed after update on event referencing new table as touched for each statement execute function event_notice()"),
    ("event", "event_notice_before after update on event referencing old table as touched for each statement execute function event_notice()"),
    ("event", "event_notice_gone after delete on event referencing old table as touched for each statement execute function event_notice()"),
    # What a person did to a link is recorded; what a sync did, and what goes with an event that is gone over there, is not.
    ("event_contact", "event_contact_record_made after insert on event_contact for each row when (new.how <> 'address') execute function record_change('')"),
    (
        "event_contact",
        "event_contact_record after update on event_contact for each row when (old.how is distinct from new.how) execute function record_change('')",
    ),
    (
        "event_contact",
        "event_contact_record_gone after delete on event_contact for each row when (old.how <> 'address' and pg_trigger_depth() = 0) "
        "execute function record_change('')",
    ),
)
# A person's own accounts are nobody else's to run: they stay theirs when the rest is handed over. The meetings that came from them go along.
OWN_ALONE = (
    "connection", "connection_secret", "sync_run", "sync_problem", "calendar", "calendar_item", "event", "event_attendee", "event_contact",
)  # fmt: skip
KEPT = f"c.relname <> all(array['change', {', '.join(repr(name) for name in OWN_ALONE)}])"


def upgrade() -> None:
    op.add_column("event", sa.Column("private", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("event", sa.Column("settled", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("event", sa.Column("matched", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.add_column("event", sa.Column("entry_hash", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("event", sa.Column("lasts_days", sa.Boolean(), sa.Computed("ends_at - starts_at > interval '2 days'", persisted=True), nullable=True))
    op.create_index("event_team_by_start", "event", ["starts_at", "id"], postgresql_where=sa.text("audience = 'team'"))
    op.create_index("event_of_days", "event", ["starts_at"], postgresql_where=sa.text("lasts_days"))
    op.create_index("event_unsettled", "event", ["owner_id", "ends_at"], postgresql_where=sa.text("not settled"))
    op.create_index("event_unmatched", "event", ["owner_id"], postgresql_where=sa.text("not matched"))
    op.create_index("event_by_uid", "event", ["uid", "recurrence_id"])
    op.create_index("event_attendee_of_address", "event_attendee", ["email", "owner_id"])
    op.drop_index("event_attendee_by_address", "event_attendee")
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    for signature in CALLED:
        op.execute(f"grant execute on function {signature} to {APP}")
    for _, trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    _touch("event", DERIVED)
    _touch("calendar", "token")
    _rewrite("team_owned_tables(boolean)", "c.relname <> 'change'", KEPT)


def downgrade() -> None:
    _rewrite("team_owned_tables(boolean)", KEPT, "c.relname <> 'change'")
    _touch("calendar", "")
    _touch("event", "")
    for table, trigger in TRIGGERS:
        op.execute(f"drop trigger {trigger.partition(' ')[0]} on {table}")
    for signature in reversed(FUNCTIONS):
        op.execute(f"drop function {signature}")
    op.execute("delete from change where table_name = 'event_contact'")
    op.create_index("event_attendee_by_address", "event_attendee", ["owner_id", "email"])
    op.drop_index("event_attendee_of_address", "event_attendee")
    for name in ("event_by_uid", "event_unmatched", "event_unsettled", "event_of_days", "event_team_by_start"):
        op.drop_index(name, "event")
    for name in ("lasts_days", "entry_hash", "matched", "settled", "private"):
        op.drop_column("event", name)


def _touch(table: str, derived: str) -> None:
    """What we note for ourselves does not make an open page's version stale."""
    op.execute(f"create or replace trigger {table}_touch before update on {table} for each row execute function touch_row('{derived}')")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
