"""What goes into programmes and what comes out of them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Limits
from sqlmodel import Field, SQLModel

from crm_app.domain.editing import Line, Prose
from crm_app.domain.rows import Audience

FORM: Any = ConfigDict(extra="forbid")
MOST_MICROS = 10**15
"""A thousand million in any currency."""
Currency = Annotated[str, Limits(pattern="^([A-Z]{3})?$")]


class Standing(StrEnum):
    """How a programme stands on a day (``rules.standing_of``)."""

    UPCOMING = "upcoming"
    OPEN = "open"
    RUNNING_OUT = "running_out"
    FINISHED = "finished"


class ProgrammeCreate(SQLModel):
    """A package that a contact has bought. It starts today unless ``starts_on`` is given; ``price_micros`` is in millionths of the currency."""

    model_config = FORM

    contact_id: UUID = Field(title="Client")
    name: Line = Field(min_length=1, max_length=200, title="Programme")
    sessions_total: int = Field(ge=1, le=10_000, title="Sessions")
    starts_on: date | None = Field(default=None, title="Starts")
    ends_on: date | None = Field(default=None, title="Ends")
    price_micros: int | None = Field(default=None, ge=0, le=MOST_MICROS, title="Price")
    currency: Currency = Field(default="", title="Currency")
    note: Prose = Field(default="", max_length=5_000, title="Note")


class ProgrammeUpdate(SQLModel):
    """Only the fields that are given change. ``version`` is the one that was read."""

    model_config = FORM

    version: int
    name: Line | None = Field(default=None, min_length=1, max_length=200, title="Programme")
    sessions_total: int | None = Field(default=None, ge=1, le=10_000, title="Sessions")
    starts_on: date | None = Field(default=None, title="Starts")
    ends_on: date | None = Field(default=None, title="Ends")
    price_micros: int | None = Field(default=None, ge=0, le=MOST_MICROS, title="Price")
    currency: Currency | None = Field(default=None, title="Currency")
    note: Prose | None = Field(default=None, max_length=5_000, title="Note")


class CorrectionCreate(SQLModel):
    """How many sessions are used in truth, and why the figure was another."""

    model_config = FORM

    used: int = Field(ge=0, le=10_000, title="Sessions used")
    reason: Line = Field(min_length=1, max_length=500, title="Why")


class ProgrammeFilter(BaseModel):
    """Which programmes a list shows, newest first. ``mine`` are those of contacts that the asker owns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contact_id: UUID | None = None
    mine: bool = False
    running_out: bool = False
    after: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ProgrammeRow(BaseModel):
    """One programme as its reader sees it today. ``used`` is counted from the timeline and corrected; ``next_at`` is the contact's next session."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    contact_id: UUID
    contact_name: str
    name: str
    sessions_total: int
    sessions_counted: int
    sessions_corrected: int
    used: int
    sessions_left: int
    starts_on: date
    ends_on: date | None
    price_micros: int | None
    currency: str
    note: str
    next_at: datetime | None
    standing: Standing
    owner_id: UUID
    audience: Audience
    may_edit: bool
    may_delete: bool
    created_at: datetime
    updated_at: datetime


class ProgrammePage(BaseModel):
    """Some programmes and the cursor of the next page (None: these were the last)."""

    model_config = ConfigDict(frozen=True)

    programmes: tuple[ProgrammeRow, ...]
    next_cursor: str | None


class CorrectionRow(BaseModel):
    """One correction with who made it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    programme_id: UUID
    delta: int
    reason: str
    author_id: UUID | None
    author_name: str
    created_at: datetime


class CorrectionList(BaseModel):
    """All corrections of one programme, the latest first."""

    model_config = ConfigDict(frozen=True)

    corrections: tuple[CorrectionRow, ...]
    next_cursor: None = None
