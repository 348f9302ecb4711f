"""Items of a calendar become events here, events find their contacts, and what is past becomes meetings: all in the transaction that moves the cursor.

What is the same as before is not written again. What somebody said by hand of an event is never touched.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col

from crm_app.domain.actor import Actor
from crm_app.domain.calendar import landing_queries as queries
from crm_app.domain.calendar import linking, meetings
from crm_app.domain.calendar.fresh import FIELDS, NewEvent, write_attendees, write_events, write_items
from crm_app.domain.calendar.matching import Clues, clues_of, comparable
from crm_app.domain.calendar.meetings import Key, Traces
from crm_app.domain.calendar.models import Calendar, CalendarItem, Event, EventAttendee
from crm_app.domain.calendar.reading_schemas import ReadEvent, ReadItem
from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.contacts.scope import among
from crm_app.domain.days import in_month
from crm_app.domain.errors import NotFound
from crm_app.domain.ids import new_id
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

AHEAD_MONTHS = 12
LONGEST_UID = 400
Wanted = Mapping[Key, tuple[UUID, ReadEvent]]
"""The events of a page as they were read, each with the key of its item."""


@dataclass(frozen=True, slots=True)
class TakenItem:
    """One thing of a calendar as it came, and what the sandbox read out of it."""

    ref: str
    etag: str
    content: bytes
    read: ReadItem


@dataclass(frozen=True, slots=True)
class Landed:
    """How many events came, changed and went here; ``skipped`` are things that lay wholly before the months that are read."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    skipped: int = 0


@dataclass
class _Page:
    """What one call of landing has to do with, and what it found to be done. ``clues`` is by what a changed event was known before."""

    home: queries.Home
    since: datetime
    moment: datetime
    fresh: list[NewEvent] = field(default_factory=list)
    changed: list[Event] = field(default_factory=list)
    reads: dict[UUID, ReadEvent] = field(default_factory=dict)
    clues: dict[UUID, Clues] = field(default_factory=dict)
    traces: Traces = field(default_factory=Traces)


def reading_window(moment: datetime, history_months: int) -> tuple[date, date]:
    """From which day on and up to which day (not included) the occurrences of what comes again are read."""
    today = moment.date()
    return in_month(today, -history_months), in_month(today, AHEAD_MONTHS)


def land_items(
    session: Session, actor: Actor, calendar: Calendar, items: Sequence[TakenItem], *, gone: Collection[str] = (), present: Collection[str] | None = None,
    unread: Collection[str] = (), token: str = "", moment: datetime | None = None,
) -> Landed:  # fmt: skip
    """Take a page of a calendar in, and with it the cursor with which to ask next.

    ``present`` is everything that exists over there, at the end of a whole look: whatever else is kept is gone. ``unread`` are things that could
    not be read: what is kept of them stays. NotFound for a calendar that is not the actor's.
    """
    actor.require(Permission.CALENDAR_WRITE)
    if calendar.owner_id != actor.user_id:
        raise NotFound
    moment = moment or now()
    home = queries.get_home(session, actor, calendar)
    begins, ends = reading_window(moment, home.history_months)
    page = _Page(home, datetime(begins.year, begins.month, begins.day, tzinfo=UTC), moment)
    kept = _keep_items(session, calendar, items, ends)
    lost = _lost_items(session, calendar, kept, gone=gone, present=present, unread=unread)
    wanted = {key_of(event): (kept[item.ref], event) for item in items for event in item.read.events}
    before = queries.list_events(session, calendar, kept.values(), {uid for uid, _ in wanted}) if items else ()
    asked = _write_events(session, calendar, page, wanted, before)
    found = linking.find_landed(session, actor, page.traces, linking.Landing(page.fresh, page.changed, page.reads, page.clues, home.own))
    session.flush()
    write_events(session, page.fresh)
    _write_attendees(session, page, asked)
    deleted = _remove(session, calendar, page, _outdated(page, kept, wanted, before, lost), lost)
    linking.link_landed(session, found)
    if token and token != calendar.token:
        calendar.token = token
        session.add(calendar)
    session.flush()
    meetings.follow(session, actor, page.traces, moment)
    return Landed(len(page.fresh), len(page.changed), deleted, sum(map(_is_earlier, items)))


def _keep_items(session: Session, calendar: Calendar, items: Sequence[TakenItem], ends: date) -> dict[str, UUID]:
    """Have these items stand here as they are over there now; the keys that they have."""
    kept = queries.list_items(session, calendar, [item.ref for item in items]) if items else {}
    fresh: dict[str, dict[str, Any]] = {}
    for item in items:
        values = {"etag": item.etag, "content": item.content, "read_until": ends if item.read.recurs else None, "left_out": _is_earlier(item)}
        row = kept.get(item.ref)
        if row is None:
            fresh[item.ref] = {"id": new_id(), "external_id": item.ref, **values}
        else:
            row.sqlmodel_update({name: value for name, value in values.items() if getattr(row, name) != value})
    session.flush()
    write_items(session, calendar, fresh.values())
    return {ref: row.id for ref, row in kept.items()} | {ref: row["id"] for ref, row in fresh.items()}


def _is_earlier(item: TakenItem) -> bool:
    """Whether nothing of it is here because all of it lay before the months that are read. What is wrong with it, or still to come, is another matter."""
    return not (item.read.events or item.read.recurs or item.read.problems)


def _write_events(
    session: Session, calendar: Calendar, page: _Page, wanted: Wanted, before: Sequence[Event]
) -> Mapping[UUID, Sequence[EventAttendee]]:  # fmt: skip
    """Make new events, and change those that say something else now; who was asked to these before. What only stands in another item than before is no news.

    Nothing is written yet: what linking has to say of them goes along.
    """
    known, digests = {key_of(row): row for row in before}, {key: digest_of(read) for key, (_, read) in wanted.items()}
    page.changed = [row for key, row in known.items() if key in digests and row.content_hash != digests[key]]
    asked = queries.list_attendees(session, [row.id for row in page.changed])
    for was in page.changed:
        page.traces.note(was, page.moment)
        page.clues[was.id] = clues_of(linking.read_of(was, asked.get(was.id, ())), page.home.own)
    for key, (item_id, read) in wanted.items():
        row: Event | None = known.get(key)
        response = _response(read, page.home.own)
        if row is None:
            over = read.ends_at <= page.moment
            fresh = NewEvent(calendar.id, item_id, calendar.owner_id, *key, read, digests[key], response, settled=over)
            page.fresh.append(fresh)
            page.traces.note(fresh, page.moment)
            page.reads[fresh.id] = read
            continue
        if row.item_id != item_id:
            row.item_id = item_id
        if row.content_hash != digests[key]:
            row.sqlmodel_update({**read.model_dump(include=set(FIELDS)), "content_hash": digests[key], "my_response": response})
            page.reads[row.id] = read
    return asked


def _write_attendees(session: Session, page: _Page, before: Mapping[UUID, Sequence[EventAttendee]]) -> None:
    """Who else is asked, where that has changed."""
    fresh: list[dict[str, Any]] = []
    for event_id, read in page.reads.items():
        asked = {comparable(one.email): one for one in read.attendees if comparable(one.email) and comparable(one.email) not in page.home.own}
        kept = {row.email: row for row in before.get(event_id, ())}
        for email, row in kept.items():
            if email not in asked:
                session.delete(row)
        for email, one in asked.items():
            values = {"name": one.name, "response": one.response.value if one.response else None}
            if email not in kept:
                fresh.append({"event_id": event_id, "email": email, **values})
            elif (kept[email].name, kept[email].response) != (values["name"], values["response"]):
                kept[email].sqlmodel_update(values)
    session.flush()
    write_attendees(session, fresh)


def _lost_items(
    session: Session, calendar: Calendar, kept: Collection[str], *, gone: Collection[str], present: Collection[str] | None, unread: Collection[str]
) -> list[UUID]:
    """The items that are no longer over there."""
    if present is not None:
        there = {*present, *unread, *kept}
        return [key for ref, key in queries.list_refs(session, calendar).items() if ref not in there]
    away = set(gone) - set(kept)
    return [row.id for row in queries.list_items(session, calendar, away).values()] if away else []


def _outdated(page: _Page, kept: Mapping[str, UUID], wanted: Wanted, before: Sequence[Event], lost: Collection[UUID]) -> list[Event]:
    """The events that their item holds no longer. What lies before the window is history: it is not read any more, and stays, also when its item is renamed."""
    here, homes = set(kept.values()), {uid: item_id for (uid, _), (item_id, _) in wanted.items()}
    rows = [row for row in before if key_of(row) not in wanted]
    for row in rows:
        if row.item_id in lost and row.uid in homes and row.starts_at < page.since:
            row.item_id = homes[row.uid]
    return [row for row in rows if row.item_id in here and row.starts_at >= page.since]


def _remove(session: Session, calendar: Calendar, page: _Page, rows: Sequence[Event], lost: Collection[UUID]) -> int:
    """Delete these events, and lost items with all of theirs; how many events that were."""
    session.flush()
    inside = queries.list_events_of_items(session, lost) if lost else ()
    gone = {row.id: row for row in (*rows, *inside)}
    for row in (*rows, *_taken_back(session, calendar, page, inside)):
        page.traces.note(row, page.moment)
    if gone:
        page.traces.people.update(*(people.keys() for people in queries.list_links(session, list(gone)).values()))
        queries.carry_words(session, gone)
        session.execute(delete(Event).where(among(col(Event.id), list(gone))))
    if lost:
        session.execute(delete(CalendarItem).where(among(col(CalendarItem.id), lost)))
    return len(gone)


def _taken_back(session: Session, calendar: Calendar, page: _Page, inside: Sequence[Event]) -> Sequence[Event]:
    """Those of the lost events whose meetings go with them. Many a feed names only what is still to come: what it has left behind took place."""
    if not inside or page.home.kind != ConnectionKind.ICS:
        return inside
    first = queries.find_first_start(session, calendar, [row.id for row in inside])
    return [row for row in inside if row.ends_at > page.moment or (first is not None and row.starts_at >= first)]


def key_of(event: ReadEvent | Event) -> Key:
    """A uid that no index can hold is kept as its fingerprint."""
    uid = event.uid if len(event.uid) <= LONGEST_UID else f"sha256:{sha256(event.uid.encode()).hexdigest()}"
    return uid, event.recurrence_id


def digest_of(read: ReadEvent) -> str:
    """A fingerprint of all that is read of an event, whatever order its attendees stand in."""
    ordered = read.model_copy(update={"attendees": tuple(sorted(read.attendees, key=lambda one: (one.email, one.name)))})
    return sha256(ordered.model_dump_json().encode()).hexdigest()


def _response(read: ReadEvent, own: Collection[str]) -> str | None:
    """What the calendar's owner has answered."""
    return next((one.response.value for one in read.attendees if one.response and comparable(one.email) in own), None)
