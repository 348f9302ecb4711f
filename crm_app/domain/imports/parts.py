"""What hangs on one contact of our own export, or on none: goals with their check-ins, programmes with their corrections, the timeline, tasks.

Each carries the id that it had where it was written. That is how the same file taken twice makes nothing twice: see ``own_id``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from crm_app.domain.editing import Line, Prose

MOST = 1_000_000_000
Amount = Annotated[float, Field(ge=-MOST, le=MOST, allow_inf_nan=False)]


def _in_calendar(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as failure:
        raise ValueError("there is no such day") from failure


Moment = Annotated[AwareDatetime, AfterValidator(_in_calendar)]


def own_id(original: UUID, *of: UUID) -> UUID:
    """The id that a part of a file gets here, always the same for the same part ``of`` the same contact or person.

    It begins like the original, which says when that was written: what is put in order by its id stays in order.
    """
    made = sha256(original.bytes + b"".join(one.bytes for one in of)).digest()
    return UUID(bytes=original.bytes[:8] + bytes([0x80 | made[0] & 0x3F]) + made[1:8])


class Part(BaseModel):
    """Whatever has an id of its own in a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID


class ApartPart(BaseModel):
    """What stands apart of a contact: seen by its owner alone unless they share it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    health_goals: Prose = Field(default="", max_length=20_000)
    emergency_contact: Prose = Field(default="", max_length=1_000)
    private_notes: Prose = Field(default="", max_length=20_000)
    audience: Literal["private", "team"] = "private"


class CheckInPart(Part):
    """How far a goal was on one day. ``author_id`` is who wrote it, where that is a person of the same team."""

    value: Amount
    day: date
    note: Prose = Field(default="", max_length=2_000)
    author_id: UUID | None = None

    @model_validator(mode="after")
    def _has_come(self) -> CheckInPart:
        if self.day > (datetime.now(UTC) + timedelta(days=1)).date():  # tomorrow has begun where days begin first
            raise ValueError("this day is still to come")
        return self


class GoalPart(Part):
    """A contact's goal, with all its check-ins, the earliest first."""

    title: Line = Field(min_length=1, max_length=200)
    note: Prose = Field(default="", max_length=5_000)
    unit: Line = Field(default="", max_length=20)
    start_value: Amount
    target_value: Amount
    starts_on: date
    deadline: date | None = None
    rhythm: Literal["none", "daily", "weekly", "monthly"] = "none"
    archived_at: Moment | None = None
    check_ins: tuple[CheckInPart, ...] = ()

    @model_validator(mode="after")
    def _leads_somewhere(self) -> GoalPart:
        if self.target_value == self.start_value:
            raise ValueError("the target is the start")
        if self.deadline is not None and self.deadline < self.starts_on:
            raise ValueError("the deadline is before the start")
        return self


class OwnGoalPart(GoalPart):
    """A goal in the list of all of them: the practice's own says by itself who sees it."""

    audience: Literal["private", "team"] = "team"


class CorrectionPart(Part):
    """By how much somebody moved the figure of sessions used, and why."""

    delta: int = Field(ge=-1_000_000, le=1_000_000)
    reason: Line = Field(min_length=1, max_length=500)
    author_id: UUID | None = None


class ProgrammePart(Part):
    """A package of sessions. What is used of it follows from the timeline and its corrections, so it is not told."""

    name: Line = Field(min_length=1, max_length=200)
    sessions_total: int = Field(ge=1, le=10_000)
    starts_on: date
    ends_on: date | None = None
    price_micros: int | None = Field(default=None, ge=0, le=10**15)
    currency: str = Field(default="", pattern="^([A-Z]{3})?$")
    note: Prose = Field(default="", max_length=5_000)
    corrections: tuple[CorrectionPart, ...] = ()

    @model_validator(mode="after")
    def _adds_up(self) -> ProgrammePart:
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError("the end is before the start")
        if (self.price_micros is None) != (not self.currency):
            raise ValueError("a price needs a currency, and a currency a price")
        return self


class EntryPart(Part):
    """An entry of the timeline, which may stand with several contacts. Who wrote it is not told; what was kept from AI stays kept from it."""

    kind: Literal["email", "meeting", "call", "note", "message", "class_attendance"]
    subject: Line = Field(default="", max_length=500)
    body: Prose = Field(default="", max_length=100_000)
    occurred_at: Moment
    duration_minutes: int | None = Field(default=None, ge=0, le=10_080)
    direction: Literal["incoming", "outgoing"] | None = None
    sentiment: int | None = Field(default=None, ge=1, le=5)
    ai_allowed: bool = True
    audience: Literal["private", "team"] = "team"


class AskedPart(BaseModel):
    """Somebody who is asked to an event."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: str = Field(max_length=320)
    name: str = Field(default="", max_length=240)
    response: Literal["accepted", "declined", "tentative", "waiting"] | None = None


class EventPart(Part):
    """An event that concerns the contact, as a calendar says it. It is told and not taken: a calendar that is connected brings it by itself."""

    title: str = ""
    description: str = ""
    location: str = ""
    url: str = ""
    organiser: str = ""
    meeting_type: Literal["in_person", "video", "phone"] | None = None
    status: Literal["confirmed", "tentative", "cancelled"] = "confirmed"
    starts_at: Moment
    ends_at: Moment
    all_day: bool = False
    start_date: date | None = None
    end_date: date | None = None
    recurring: bool = False
    uid: str = ""
    recurrence_id: str = ""
    time_zone: str = ""
    my_response: Literal["accepted", "declined", "tentative", "waiting"] | None = None
    private: bool = False
    attendees: tuple[AskedPart, ...] = ()


class ListedEvent(EventPart):
    """An event in the list of all of them, with the name of the calendar that it stands in, where that is one's own."""

    calendar: str = ""


class WrittenPart(BaseModel):
    """Somebody in the head of a mail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["from", "reply_to", "to", "cc", "bcc"]
    address: str = Field(max_length=320)
    name: str = Field(default="", max_length=240)


class EmailPart(Part):
    """A mail that concerns the contact, as far as it is the exporter's to see. It is told and not taken: a mailbox that is connected brings it by itself."""

    direction: Literal["in", "out"]
    sent_at: Moment
    message_id: str = ""
    subject: str | None = None
    text: str | None = None
    people: tuple[WrittenPart, ...] = ()


class DocumentPart(Part):
    """A file of the contact, with its words. It is told and not taken: its bytes are in a backup, and are saved one by one."""

    name: str
    kind: Literal["pdf", "docx", "text", "markdown"]
    size: int
    created_at: Moment
    text: str = ""
    audience: Literal["private", "team"] = "team"
    ai_allowed: bool = True


class StepPart(BaseModel):
    """A part of a task that is done by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Line = Field(min_length=1, max_length=300)
    done: bool = False


class TaskPart(Part):
    """A task, which may be about several contacts. ``project_id`` is kept where there is such a project, ``actual_minutes`` as one figure."""

    title: Line = Field(min_length=1, max_length=300)
    description: Prose = Field(default="", max_length=20_000)
    status: Literal["pending", "in_progress", "waiting_approval", "completed", "cancelled"] = "pending"
    priority: Literal["low", "medium", "high", "urgent"] = "medium"
    done_by: Literal["user", "ai_assistant"] = "user"
    due_date: date | None = None
    due_time: time | None = None
    due_zone: str | None = Field(default=None, max_length=64)
    remind_minutes: int | None = Field(default=None, ge=0, le=10_080)
    completed_at: Moment | None = None
    project_id: UUID | None = None
    estimate_minutes: int | None = Field(default=None, ge=1, le=60_000)
    actual_minutes: int = Field(default=0, ge=0, le=10_000_000)
    recurrence: str = Field(default="", max_length=300)
    repeat_from: Literal["due", "done"] = "due"
    audience: Literal["private", "team"] = "team"
    tags: tuple[Line, ...] = ()
    steps: tuple[StepPart, ...] = ()
