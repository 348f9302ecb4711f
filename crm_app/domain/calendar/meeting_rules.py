"""When an event is a meeting that took place, and what stands on the timeline then. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from crm_app.domain.calendar.fresh import AnyEvent
from crm_app.domain.calendar.models import Event, EventStatus, LinkHow, Response
from crm_app.domain.interactions.models import Interaction, Kind

LONGEST_MEETING = 10_080
_WRITTEN = ("kind", "subject", "body", "duration_minutes", "direction", "sentiment")


@dataclass(frozen=True)
class Meeting:
    """What the timeline says of one meeting, however many of its owner's calendars hold it."""

    subject: str
    occurred_at: datetime
    duration_minutes: int | None
    asked_audience: str

    @property
    def fields(self) -> dict[str, Any]:
        """The columns of the entry that follow the event."""
        return {"subject": self.subject, "occurred_at": self.occurred_at, "duration_minutes": self.duration_minutes}


def took_place(row: AnyEvent, moment: datetime) -> bool:
    """It is over, was not called off, was not declined by its owner, and is no note for a whole day."""
    called_off = row.status == EventStatus.CANCELLED or row.my_response == Response.DECLINED
    return row.ends_at <= moment and not row.all_day and not called_off


def meeting_of(events: Sequence[Event], audiences: Mapping[UUID, str]) -> Meeting:
    """One event as its owner's calendars hold it, told by the one that came first. It is shared if all the connections that bring it share meetings."""
    first = min(events, key=lambda row: row.id)
    minutes = int((first.ends_at - first.starts_at).total_seconds() // 60)
    private = any(audiences.get(row.id) == "private" for row in events)
    return Meeting(first.title, first.starts_at, min(minutes, LONGEST_MEETING) or None, "private" if private else "team")


def people_of(events: Sequence[Event], past: Sequence[Event], links: Mapping[UUID, Mapping[UUID, str]]) -> set[UUID]:
    """Whom a meeting was with: everybody who was asked where it took place (``past``), not who was asked where it was called off, unless somebody took
    them off any of its ``events``; what was put by hand stands."""
    said = [(contact_id, how) for row in events for contact_id, how in links.get(row.id, {}).items()]
    by_hand = {contact_id for contact_id, how in said if how == LinkHow.HAND}
    removed = {contact_id for contact_id, how in said if how == LinkHow.REMOVED}
    return by_hand | ({contact_id for row in past for contact_id, how in links.get(row.id, {}).items() if how == LinkHow.ADDRESS} - removed)


def entry_hash(entry: Interaction | Mapping[str, Any], people: Collection[UUID]) -> str:
    """A fingerprint of an entry as a person can change it: equal to the one that was kept means that nobody has."""
    values = entry if isinstance(entry, Mapping) else {name: getattr(entry, name) for name in (*_WRITTEN, "occurred_at")}
    said = [str(values.get(name) or "") for name in _WRITTEN]
    when = values["occurred_at"].astimezone(UTC).isoformat()
    return sha256(json.dumps([*said, when, sorted(map(str, people))]).encode()).hexdigest()


def hash_of(meeting: Meeting, people: Collection[UUID]) -> str:
    """What ``entry_hash`` says of an entry that was written from this meeting and touched by nobody."""
    return entry_hash({"kind": Kind.MEETING.value, **meeting.fields}, people)


def reference(uid: str, recurrence_id: str) -> str:
    """By which the timeline knows the meeting again."""
    return f"{uid}/{recurrence_id}"
