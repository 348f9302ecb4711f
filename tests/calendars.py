"""Calendars and events for tests, put in as a sync puts them in: through ``landing``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.landing import Landed, TakenItem, land_items
from crm_app.domain.calendar.models import Calendar
from crm_app.domain.calendar.reading_schemas import ReadAttendee, ReadEvent, ReadItem
from crm_app.domain.connections.models import Connection
from crm_app.domain.ids import new_id
from crm_app.domain.unit_of_work import unit_of_work


@dataclass(frozen=True)
class Feed:
    """Somebody's calendar, as a sync knows it."""

    actor: Actor
    calendar_id: UUID
    connection_id: UUID

    def land(self, items: Iterable[TakenItem] = (), *, moment: datetime | None = None, **how: Any) -> Landed:
        """One page of a sync, in a transaction of its own."""
        with unit_of_work(self.actor.on_behalf("job"), "connections.sync") as session:
            return land_items(session, self.actor.on_behalf("job"), self.row(session), list(items), moment=moment, **how)

    def row(self, session: Session) -> Calendar:
        """The calendar's row."""
        found = session.get(Calendar, self.calendar_id)
        assert found is not None
        return found


def make_feed(
    actor: Actor, name: str = "Work", *, kind: str = "caldav", audience: str = "team", username: str = "", shown: bool = True, hue: str = "teal", writable: bool = False
) -> Feed:  # fmt: skip
    """A connection of ``actor``'s with one calendar. ``audience`` is who sees its meetings."""
    with unit_of_work(actor, "tests.make_calendar") as session:
        connection = Connection(owner_id=actor.user_id, audience="private", kind=kind, name=f"{name} {new_id()}", url="https://calendar.example/", username=username, meetings_audience=audience)
        session.add(connection)
        session.flush()
        calendar = Calendar(owner_id=actor.user_id, audience="private", connection_id=connection.id, external_id=f"ref-{connection.id}", name=name, hue=hue, shown=shown, writable=writable)
        session.add(calendar)
        session.flush()
        return Feed(actor, calendar.id, connection.id)


def read_event(title: str = "Session", starts: datetime | None = None, minutes: int = 60, *, uid: str = "", asked: Sequence[str | ReadAttendee] = (), **more: Any) -> ReadEvent:
    """An event as the sandbox reads it, an hour from now unless it says otherwise; ``asked`` are addresses, or attendees."""
    starts = starts or (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    attendees = tuple(one if isinstance(one, ReadAttendee) else ReadAttendee(email=one) for one in asked)
    return ReadEvent(uid=uid or f"{new_id()}@calendar.example", title=title, starts_at=starts, ends_at=starts + timedelta(minutes=minutes), attendees=attendees, **more)


def item_of(*events: ReadEvent, ref: str = "", etag: str = "", recurs: bool = False, content: bytes = b"BEGIN:VCALENDAR") -> TakenItem:
    """A thing of a calendar that holds these events."""
    return TakenItem(ref or f"{events[0].uid}.ics", etag or str(new_id()), content, ReadItem(events=events, recurs=recurs))


def land_one(feed: Feed, title: str = "Session", starts: datetime | None = None, minutes: int = 60, *, asked: Collection[str] = (), moment: datetime | None = None, **more: Any) -> ReadEvent:
    """Put one event into a calendar and say what was read."""
    read = read_event(title, starts, minutes, asked=list(asked), **more)
    feed.land([item_of(read)], moment=moment)
    return read
