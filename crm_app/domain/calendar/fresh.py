"""Events that are new here, before they are rows: a first sync brings thousands, and making an object of the mapper for each would take longer than all else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import Session

from crm_app.domain.calendar.models import Calendar, CalendarItem, Event, EventStatus
from crm_app.domain.calendar.reading_schemas import ReadEvent
from crm_app.domain.ids import new_id
from crm_app.domain.inserting import insert_rows
from crm_app.domain.rows import Audience

FIELDS = tuple(name for name in ReadEvent.model_fields if name in Event.model_fields and name not in ("uid", "recurrence_id"))
"""What is kept of an event as it was read."""
_OWN = ("id", "calendar_id", "item_id", "owner_id", "audience", "uid", "recurrence_id", "content_hash", "my_response", "settled")
_ATTENDEE = ("event_id", "email", "owner_id", "audience", "name", "response")


@dataclass(slots=True)
class NewEvent:
    """An event as it will be written, by the names that its row has. What is over counts as looked at, until somebody is found whom it concerns."""

    calendar_id: UUID
    item_id: UUID
    owner_id: UUID
    uid: str
    recurrence_id: str
    read: ReadEvent
    content_hash: str
    my_response: str | None
    settled: bool
    id: UUID = field(default_factory=new_id)
    audience: str = Audience.PRIVATE.value
    interaction_id: UUID | None = None
    entry_hash: str = ""

    @property
    def status(self) -> EventStatus:
        """Whether it takes place."""
        return self.read.status

    @property
    def all_day(self) -> bool:
        """Whether it has days instead of hours."""
        return self.read.all_day

    @property
    def starts_at(self) -> datetime:
        """When it begins."""
        return self.read.starts_at

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.read.ends_at


AnyEvent = Event | NewEvent


def write_items(session: Session, calendar: Calendar, rows: Collection[Mapping[str, Any]]) -> None:
    """New things of a calendar, as they came."""
    if rows:
        owned = {"calendar_id": calendar.id, "owner_id": calendar.owner_id, "audience": Audience.PRIVATE.value}
        session.connection().execute(insert(CalendarItem), [{**row, **owned} for row in rows])


def write_events(session: Session, events: Sequence[NewEvent]) -> None:
    """All of them in one statement."""
    rows = [{**event.read.model_dump(mode="json", include=set(FIELDS)), **{name: getattr(event, name) for name in _OWN}} for event in events]
    insert_rows(session, "event", (*_OWN, *FIELDS), rows)


def write_attendees(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Who else is asked: their events, addresses, names and answers. Owner and audience are the trigger's, and stand here to satisfy NOT NULL."""
    insert_rows(session, "event_attendee", _ATTENDEE, [{"owner_id": row["event_id"], "audience": Audience.PRIVATE.value, **row} for row in rows])
