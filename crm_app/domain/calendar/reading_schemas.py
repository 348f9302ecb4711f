"""Events as the sandbox reads them. It starts in half the time without the tables of the database, so nothing here may need those."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from crm_app.domain.calendar.kinds import EventStatus, MeetingType, Response


class ReadAttendee(BaseModel):
    """Somebody asked to an event."""

    model_config = ConfigDict(frozen=True)

    email: str
    name: str = ""
    response: Response | None = None


class ReadEvent(BaseModel):
    """One occurrence, as the sandbox reads it out of iCalendar bytes. Times are UTC; texts are cut to what the tables take.

    ``recurrence_id`` is the original start of one of a series: ``20261027T080000Z``, or ``20261027`` for whole days.
    ``private``: whoever keeps the calendar marked it as nobody else's business (CLASS).
    """

    model_config = ConfigDict(frozen=True)

    uid: str
    recurrence_id: str = ""
    recurring: bool = False
    title: str = ""
    description: str = ""
    location: str = ""
    url: str = ""
    meeting_type: MeetingType | None = None
    status: EventStatus = EventStatus.CONFIRMED
    starts_at: datetime
    ends_at: datetime
    all_day: bool = False
    start_date: date | None = None
    end_date: date | None = None
    private: bool = False
    time_zone: str = ""
    organiser: str = ""
    attendees: tuple[ReadAttendee, ...] = ()


class ReadItem(BaseModel):
    """What one item of a calendar holds. ``recurs``: there may be more beyond the window. ``problems`` are sentences about what could not be read.

    Nothing was looked for before ``first`` or from ``last`` on: what is kept here of such days is neither there nor gone. An event that
    does not come again is told however far ahead it lies.
    """

    model_config = ConfigDict(frozen=True)

    events: tuple[ReadEvent, ...] = ()
    recurs: bool = False
    first: date | None = None
    last: date | None = None
    problems: tuple[str, ...] = ()
