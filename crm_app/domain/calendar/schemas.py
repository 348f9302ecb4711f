"""Events as pages show them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from crm_app.domain.calendar.models import EventStatus, LinkHow, MeetingType, Response
from crm_app.domain.connections.schemas import CalendarRow
from crm_app.domain.interactions.schemas import EntryView


class EventContactView(BaseModel):
    """A contact at an event, as its reader sees it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    photo_id: UUID | None
    how: LinkHow


class EventRow(BaseModel):
    """An event on the calendar page, the agenda and a record.

    ``starts_at`` and ``ends_at`` are UTC; an all-day event has its days too, ``end_date`` being the day after its last.
    ``calendar_name`` and ``hue`` are empty and neutral for a colleague's event, whose calendar the reader does not see.
    ``noted``: somebody wrote a note about it or about its contact since it began. ``mine``: it is the reader's own event.
    ``movable``: the reader may change it where it stands: a calendar of theirs that takes changes, and nobody else invited them to it.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    calendar_id: UUID
    calendar_name: str
    hue: str
    title: str
    location: str
    meeting_type: MeetingType | None
    status: EventStatus
    my_response: Response | None
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    start_date: date | None
    end_date: date | None
    recurring: bool
    contacts: tuple[EventContactView, ...]
    others: int
    noted: bool
    mine: bool
    movable: bool = False


class AttendeeView(BaseModel):
    """Somebody at an event: a contact when the address is one's."""

    model_config = ConfigDict(frozen=True)

    email: str
    name: str
    response: Response | None
    contact_id: UUID | None


class EventView(EventRow):
    """One event, opened. ``last_entries`` are the latest notes and meetings of its contacts before it began, newest first: the brief."""

    description: str
    url: str
    time_zone: str
    organiser: str
    attendees: tuple[AttendeeView, ...]
    interaction_id: UUID | None
    last_entries: tuple[EntryView, ...]
    next_steps: tuple[str, ...]


class FollowUp(BaseModel):
    """Somebody whom the reader owes a meeting, while none is planned with them.

    Because of the reader's own open ``task`` about them, which is due on ``due_on``; without one, because they are due to be in touch with since then.
    """

    model_config = ConfigDict(frozen=True)

    contact_id: UUID
    name: str
    photo_sha: str | None
    task: str
    due_on: date


class CalendarRange(BaseModel):
    """Everything on the calendar page from ``first`` on, for ``days`` days of the reader's zone; ``capped``: there are more events than are shown.

    ``follow_ups`` are people to find a time for, whichever days are shown; there are none for whoever writes in no calendar of theirs.
    """

    model_config = ConfigDict(frozen=True)

    first: date
    days: int
    today: date
    events: tuple[EventRow, ...]
    capped: bool
    calendars: tuple[CalendarRow, ...]
    unnoted: tuple[EventRow, ...]
    follow_ups: tuple[FollowUp, ...] = ()


class ContactMeetings(BaseModel):
    """The meetings of one contact: those to come, soonest first, and how many there were."""

    model_config = ConfigDict(frozen=True)

    coming: tuple[EventRow, ...]
    past: tuple[EventRow, ...]
    more_past: bool


class CalendarChoice(BaseModel):
    """What is changed of a calendar; what is None stays."""

    model_config = ConfigDict(extra="forbid")

    version: int
    synced: bool | None = None
    shown: bool | None = None
    hue: str | None = Field(default=None, max_length=20)
