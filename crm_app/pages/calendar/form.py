"""What somebody types of an event, and what of it is to be different in their calendar. Pure; ``editing`` shows it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.schemas import EventView
from crm_app.domain.calendar.texts import DESCRIPTION, LOCATION, TITLE
from crm_app.domain.editing import Line, Prose

HOUR = timedelta(hours=1)
WORDS = ("title", "location", "description")
WHEN = ("all_day", "first_day", "begins", "last_day", "ends")


class EventForm(BaseModel):
    """An event in local days and times. Without ``all_day`` it has both times; ``last_day`` is the day on which it ends."""

    title: Line = Field(max_length=TITLE)
    calendar_id: UUID
    all_day: bool
    first_day: date
    begins: time
    last_day: date
    ends: time
    location: Line = Field(max_length=LOCATION)
    description: Prose = Field(max_length=DESCRIPTION)

    @classmethod
    def fresh(cls, calendar_id: UUID, begins: datetime, ends: datetime, actor: Actor, title: str = "") -> Self:
        """A new one from one moment to another."""
        return cls(title=title[:TITLE], calendar_id=calendar_id, all_day=False, location="", description="", **_local(begins, ends, actor))

    @classmethod
    def of(cls, event: EventView, actor: Actor) -> Self:
        """One that is there."""
        known: dict[str, Any] = {
            "title": event.title,
            "calendar_id": event.calendar_id,
            "location": event.location,
            "description": event.description,
        }
        if event.all_day and event.start_date and event.end_date:
            last = max(event.start_date, event.end_date - timedelta(days=1))
            return cls(**known, all_day=True, first_day=event.start_date, last_day=last, begins=time(9), ends=time(10))
        return cls(**known, all_day=False, **_local(event.starts_at, event.ends_at, actor))

    def moments(self, actor: Actor) -> tuple[datetime, datetime]:
        """When it begins and ends, where its writer is."""
        return datetime.combine(self.first_day, self.begins, actor.zone), datetime.combine(self.last_day, self.ends, actor.zone)

    def wish(self, was: EventForm | None, actor: Actor) -> dict[str, Any]:
        """What is different from ``was``; all of it of a new one."""
        changed = {name for name in type(self).model_fields if was is None or getattr(self, name) != getattr(was, name)}
        given: dict[str, Any] = {name: getattr(self, name) for name in WORDS if name in changed}
        if not changed.intersection(WHEN):
            return given
        if self.all_day:
            return {**given, "start_date": self.first_day, "end_date": self.last_day + timedelta(days=1)}
        begins, ends = self.moments(actor)
        zone = {"time_zone": actor.time_zone} if was is None or was.all_day else {}
        return {**given, "starts_at": begins, "ends_at": ends, **zone}


def next_hour(day: date, today: date, moment: datetime, actor: Actor) -> tuple[datetime, datetime]:
    """What is offered where no time was chosen: the next full hour of today, or nine o'clock of another day, for an hour."""
    local = moment.astimezone(actor.zone)
    begins = datetime.combine(day, time(9), actor.zone)
    if day == today:
        begins = (local + HOUR).replace(minute=0, second=0, microsecond=0)
    return begins, begins + HOUR


def _local(begins: datetime, ends: datetime, actor: Actor) -> dict[str, Any]:
    first, last = (moment.astimezone(actor.zone).replace(second=0, microsecond=0, tzinfo=None) for moment in (begins, ends))
    return {"first_day": first.date(), "begins": first.time(), "last_day": last.date(), "ends": last.time()}
