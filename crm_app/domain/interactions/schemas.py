"""What goes into the timeline and what comes out of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlmodel import Field, SQLModel

from crm_app.domain.editing import Line, Prose
from crm_app.domain.interactions.models import Direction, Kind
from crm_app.domain.mail.schemas import EntryMail
from crm_app.domain.mentions.schemas import MentionView
from crm_app.domain.rows import Audience

FORM: Any = ConfigDict(extra="forbid")


class InteractionCreate(SQLModel):
    """A new entry. ``occurred_at`` None means now. It is never wider than its narrowest contact."""

    model_config = FORM

    kind: Kind = Field(title="Kind")
    subject: Line = Field(default="", max_length=500, title="Subject")
    body: Prose = Field(default="", max_length=100_000, title="What happened")
    occurred_at: AwareDatetime | None = Field(default=None, title="When")
    duration_minutes: int | None = Field(default=None, ge=0, le=10_080, title="Minutes")
    direction: Direction | None = Field(default=None, title="Direction")
    contact_ids: list[UUID] = Field(min_length=1, max_length=200, title="With")
    audience: Audience = Field(default=Audience.TEAM, title="Who can see it")
    ai_allowed: bool = Field(default=True, title="The assistant may read it")


class InteractionUpdate(SQLModel):
    """Only the fields that are given change. ``version`` is the one that was read."""

    model_config = FORM

    version: int
    kind: Kind | None = Field(default=None, title="Kind")
    subject: Line | None = Field(default=None, max_length=500, title="Subject")
    body: Prose | None = Field(default=None, max_length=100_000, title="What happened")
    occurred_at: AwareDatetime | None = Field(default=None, title="When")
    duration_minutes: int | None = Field(default=None, ge=0, le=10_080, title="Minutes")
    direction: Direction | None = Field(default=None, title="Direction")
    contact_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=200, title="With")
    audience: Audience | None = Field(default=None, title="Who can see it")
    ai_allowed: bool | None = Field(default=None, title="The assistant may read it")


class InteractionFilter(BaseModel):
    """Which entries a list shows, newest first. ``since`` is inclusive, ``until`` is not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contact_id: UUID | None = None
    kinds: tuple[Kind, ...] = ()
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    mine: bool = False
    after: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class EntryView(BaseModel):
    """One entry as its reader sees it: ``contacts`` are ``(id, name)`` of those whom the reader may see, ``mentions`` colleagues whom it names.

    ``mail`` is the mail behind it that came by itself, where the reader may see that there is one.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    kind: Kind
    subject: str
    body: str
    occurred_at: datetime
    duration_minutes: int | None
    direction: Direction | None
    author_id: UUID
    author_name: str
    audience: Audience
    ai_allowed: bool
    contacts: tuple[tuple[UUID, str], ...]
    mentions: tuple[MentionView, ...]
    mail: EntryMail | None
    may_edit: bool
    may_delete: bool
    created_at: datetime
    updated_at: datetime


class TimelinePage(BaseModel):
    """Some entries, newest first, and the cursor of the next page (None: these were the last)."""

    model_config = ConfigDict(frozen=True)

    entries: tuple[EntryView, ...]
    next_cursor: str | None
