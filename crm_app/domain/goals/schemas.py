"""What goes into goals and what comes out of them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Limits
from sqlmodel import Field, SQLModel

from crm_app.domain.editing import Line, Prose
from crm_app.domain.goals.models import Rhythm
from crm_app.domain.rows import Audience

FORM: Any = ConfigDict(extra="forbid")
MOST = 1_000_000_000
Amount = Annotated[float, Limits(ge=-MOST, le=MOST, allow_inf_nan=False)]


class State(StrEnum):
    """How a goal stands on a day (``rules.state_of``). ``under_way`` has no deadline to be compared with."""

    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    UNDER_WAY = "under_way"
    REACHED = "reached"


class GoalCreate(SQLModel):
    """A new goal. Without ``contact_id`` it is the practice's own; a contact's goal is seen by whoever sees the contact.

    A ``target_value`` below ``start_value`` is a falling target. It starts today unless ``starts_on`` is given.
    """

    model_config = FORM

    contact_id: UUID | None = Field(default=None, title="Whose goal")
    title: Line = Field(min_length=1, max_length=200, title="Goal")
    note: Prose = Field(default="", max_length=5_000, title="Note")
    unit: Line = Field(default="", max_length=20, title="Unit")
    start_value: Amount = Field(default=0, title="From")
    target_value: Amount = Field(title="To")
    starts_on: date | None = Field(default=None, title="Starts")
    deadline: date | None = Field(default=None, title="Deadline")
    rhythm: Rhythm = Field(default=Rhythm.NONE, title="Check in")
    audience: Audience = Field(default=Audience.TEAM, title="Who can see it")


class GoalUpdate(SQLModel):
    """Only the fields that are given change. ``version`` is the one that was read. The audience of a contact's goal is the contact's."""

    model_config = FORM

    version: int
    title: Line | None = Field(default=None, min_length=1, max_length=200, title="Goal")
    note: Prose | None = Field(default=None, max_length=5_000, title="Note")
    unit: Line | None = Field(default=None, max_length=20, title="Unit")
    start_value: Amount | None = Field(default=None, title="From")
    target_value: Amount | None = Field(default=None, title="To")
    starts_on: date | None = Field(default=None, title="Starts")
    deadline: date | None = Field(default=None, title="Deadline")
    rhythm: Rhythm | None = Field(default=None, title="Check in")
    audience: Audience | None = Field(default=None, title="Who can see it")


class CheckInCreate(SQLModel):
    """How far it is. ``day`` is today unless given, and never one to come."""

    model_config = FORM

    value: Amount = Field(title="Value")
    day: date | None = Field(default=None, title="Day")
    note: Prose = Field(default="", max_length=2_000, title="Note")


class CheckInUpdate(SQLModel):
    """Only the fields that are given change. ``version`` is the one that was read."""

    model_config = FORM

    version: int
    value: Amount | None = Field(default=None, title="Value")
    day: date | None = Field(default=None, title="Day")
    note: Prose | None = Field(default=None, max_length=2_000, title="Note")


class GoalFilter(BaseModel):
    """Which goals a list shows, newest first. ``practice`` are those without a contact; ``mine`` are those that the asker owns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contact_id: UUID | None = None
    practice: bool | None = None
    mine: bool = False
    states: tuple[State, ...] = ()
    archived: bool = False
    after: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class GoalRow(BaseModel):
    """One goal as its reader sees it today.

    ``current_value`` is the latest check-in's, and the start before there is one. ``progress`` is from 0 to 1; ``expected`` is how much of
    the time has gone, None without a deadline. ``streak`` counts days, weeks or months in a row; ``due`` says that this one still waits.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    contact_id: UUID | None
    contact_name: str
    title: str
    note: str
    unit: str
    start_value: float
    target_value: float
    current_value: float
    checked_on: date | None
    check_ins: int
    starts_on: date
    deadline: date | None
    rhythm: Rhythm
    streak: int
    due: bool
    progress: float
    expected: float | None
    state: State
    owner_id: UUID
    audience: Audience
    archived_at: datetime | None
    may_edit: bool
    may_delete: bool
    created_at: datetime
    updated_at: datetime


class GoalPage(BaseModel):
    """Some goals and the cursor of the next page (None: these were the last)."""

    model_config = ConfigDict(frozen=True)

    goals: tuple[GoalRow, ...]
    next_cursor: str | None


class CheckInRow(BaseModel):
    """One check-in with who wrote it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    goal_id: UUID
    value: float
    day: date
    note: str
    author_id: UUID | None
    author_name: str
    created_at: datetime
    updated_at: datetime


class CheckInPage(BaseModel):
    """Some check-ins, the latest day first, and the cursor of the next page."""

    model_config = ConfigDict(frozen=True)

    check_ins: tuple[CheckInRow, ...]
    next_cursor: str | None


class Milestone(BaseModel):
    """A check-in brought a goal to another tenth of its way, for the first time. ``at`` is when it was written, or noon of its day if that is another."""

    model_config = ConfigDict(frozen=True)

    goal_id: UUID
    title: str
    percent: int
    at: datetime


class GoalRecord(BaseModel):
    """A goal with its check-ins, the latest day first, up to as many as a chart can show."""

    model_config = ConfigDict(frozen=True)

    goal: GoalRow
    check_ins: tuple[CheckInRow, ...]
