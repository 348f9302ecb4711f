"""What goes into keeping in touch, and what comes out of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, SQLModel

from crm_app.domain.cadence.rules import Standing
from crm_app.domain.editing import Line

SHOWN = ConfigDict(frozen=True)
FORM: Any = ConfigDict(extra="forbid")


class DueFilter(BaseModel):
    """Who is due today or earlier, or within so many days; ``mine`` are the asker's own contacts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mine: bool = True
    within_days: int = Field(default=0, ge=0, le=366)
    after: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class DueRow(BaseModel):
    """Somebody to be in touch with. ``due_on`` and ``days_late`` are counted in the reader's calendar; ``heat`` 1 means due, 2 twice as long."""

    model_config = SHOWN

    contact_id: UUID
    display_name: str
    stage: str
    photo_sha: str | None
    owner_id: UUID
    owner_name: str
    every_days: int
    last_contact_at: datetime | None
    due_on: date
    days_late: int
    heat: float
    standing: Standing


class AwayView(BaseModel):
    """Days on which nobody is due for this person."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    starts_on: date
    ends_on: date
    note: str


class DuePage(BaseModel):
    """The longest due first. ``total`` is counted up to 1,000; ``away`` is set while the reader is away, and then ``total`` is what waits."""

    model_config = SHOWN

    rows: tuple[DueRow, ...]
    next_cursor: str | None
    total: int
    total_is_capped: bool
    away: AwayView | None


class BirthdayRow(BaseModel):
    """Whose birthday comes, on which day, and how old they become where the year is known."""

    model_config = SHOWN

    contact_id: UUID
    display_name: str
    photo_sha: str | None
    on: date
    turns: int | None


class TagCadence(BaseModel):
    """A tag that has a cadence."""

    model_config = SHOWN

    tag_id: UUID
    name: str
    days: int | None


class CadenceRules(BaseModel):
    """The team's defaults: by stage, by tag (the shortest wins over the stage's), and the kinds of entry that count as being in touch."""

    model_config = SHOWN

    stages: dict[str, int | None]
    tags: tuple[TagCadence, ...]
    counted_kinds: tuple[str, ...]


class Recount(BaseModel):
    """How far the team's contacts follow a changed default: ``job_id`` names the job that does the rest, None when all of them do already."""

    model_config = SHOWN

    done: int
    job_id: UUID | None


class AwayCreate(SQLModel):
    """From the first day to the last, both included."""

    model_config = FORM

    starts_on: date = Field(title="First day")
    ends_on: date = Field(title="Last day")
    note: Line = Field(default="", max_length=200, title="What for")


class FeedView(BaseModel):
    """The calendar address of this person, without its secret."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    created_at: datetime
    last_read_at: datetime | None


class FeedItem(BaseModel):
    """One entry of the calendar: a day on which somebody is due, or a birthday, which comes back every year."""

    model_config = SHOWN

    uid: str
    on: date
    title: str
    path: str
    yearly: bool
    changed_at: datetime
