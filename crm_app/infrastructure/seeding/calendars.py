"""Calendars of invented people, as lines for COPY: a hundred weeks around today, as a sync would have left them, each of whose past was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from crm_app.infrastructure.seeding.people import Person, id_at

CONNECTION_COLUMNS = (
    "id, owner_id, audience, kind, name, url, username, inner_allowed, meetings_audience, state, interval_minutes, history_months, next_run_at, failures, reason"
)
CALENDAR_COLUMNS = "id, owner_id, audience, connection_id, external_id, name, hue, time_zone, writable, synced, shown, token"
ITEM_COLUMNS = "id, owner_id, audience, calendar_id, external_id, etag, content"
EVENT_COLUMNS = (
    "id, owner_id, audience, calendar_id, item_id, uid, recurrence_id, recurring, title, description, location, url, status, starts_at, ends_at, all_day, "
    "time_zone, organiser, content_hash, settled"
)
ATTENDEE_COLUMNS = "owner_id, audience, event_id, email, name"
LINK_COLUMNS = "owner_id, audience, event_id, contact_id, how, starts_at"
WEEKS_BACK, WEEKS_AHEAD = 52, 48
CLIENT_SHARE = 0.6
KINDS = ("Session", "Breathwork", "Intake", "Follow-up", "Coaching", "Call")
OWN = ("Admin", "Lunch", "Supervision", "Team meeting", "Yoga class", "Newsletter", "Dentist", "Accounts")
FAR = "2999-01-01 00:00+00"
"""When an invented connection is due: there is nothing behind it."""
NEXT_STEPS = (
    "with soonest as (select distinct on (l.contact_id) l.contact_id, e.title, day_in_zone(e.starts_at, u.time_zone) as day from event_contact l "
    "join event e on e.id = l.event_id join contact c on c.id = l.contact_id join user_account u on u.id = c.owner_id "
    "where e.ends_at > clock_timestamp() and l.starts_at > clock_timestamp() - interval '1 day' and (l.audience = 'team' or c.audience = 'private') "
    "order by l.contact_id, l.starts_at, e.id) update contact c set next_step = s.title, next_step_on = s.day from soonest s "
    "where s.contact_id = c.id and (c.next_step is null or c.next_step_on is null or s.day < c.next_step_on)"
)
"""A meeting that comes before the task that was a person's next step is their next step."""


def calendar_lines(owners: list[UUID], random: Random, until: datetime) -> tuple[list[tuple[UUID, UUID]], str, str]:
    """``(owner, calendar)`` of everybody, and the lines of their connections and calendars."""
    made: list[tuple[UUID, UUID]] = []
    connections, calendars = "", ""
    for owner in owners:
        connection, calendar = id_at(until, random), id_at(until, random)
        made.append((owner, calendar))
        connections += f"{connection}\t{owner}\tprivate\tics\tInvented {connection}\thttps://calendar.example/\t\tf\tteam\tpaused\t1440\t12\t{FAR}\t0\t\n"
        calendars += f"{calendar}\t{owner}\tprivate\t{connection}\tinvented\tSessions\tteal\tUTC\tf\tt\tt\t\n"
    return made, connections, calendars


def event_batches(
    people: list[Person], calendars: list[tuple[UUID, UUID]], a_week: int, random: Random, until: datetime
) -> Iterator[tuple[str, str, str, str]]:
    """Person by person of the team: lines of their items, events, attendees and links."""
    for owner, calendar in calendars:
        clients = [person for person in people if person.owner == owner and person.emails and not person.archived]
        lines: tuple[list[str], ...] = ([], [], [], [])
        for week in range(-WEEKS_BACK, WEEKS_AHEAD):
            for _ in range(a_week):
                begins = until + timedelta(days=week * 7 + random.randrange(6), hours=random.randrange(7, 19), minutes=random.choice((0, 0, 15, 30)))
                client = random.choice(clients) if clients and random.random() < CLIENT_SHARE else None
                _add(lines, owner, calendar, client, begins, random, until)
        yield ("".join(lines[0]), "".join(lines[1]), "".join(lines[2]), "".join(lines[3]))


def _add(lines: tuple[list[str], ...], owner: UUID, calendar: UUID, client: Person | None, begins: datetime, random: Random, until: datetime) -> None:
    item, event = id_at(until, random), id_at(until, random)
    starts, ends = _time(begins), _time(begins + timedelta(minutes=random.choice((30, 45, 60, 60, 90))))
    audience = client.audience if client else "private"
    title = f"{random.choice(KINDS)} with {client.name}" if client else random.choice(OWN)
    place, past = random.choice(("", "Studio", "Online")), "t" if begins < until else "f"
    lines[0].append(f"{item}\t{owner}\tprivate\t{calendar}\t{event}\t1\t\\\\x\n")
    lines[1].append(
        f"{event}\t{owner}\t{audience}\t{calendar}\t{item}\t{event}\t\tf\t{title}\t\t{place}\t\tconfirmed\t{starts}\t{ends}\tf\tUTC\t\t{event}\t{past}\n"
    )
    if client:
        lines[2].append(f"{owner}\t{audience}\t{event}\t{client.emails[0]}\t{client.name}\n")
        lines[3].append(f"{owner}\t{audience}\t{event}\t{client.id}\taddress\t{starts}\n")


def _time(moment: datetime) -> str:
    return moment.isoformat(sep=" ")
