"""What goes into projects and what comes out of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, SQLModel

from crm_app.domain.editing import Line, Prose
from crm_app.domain.rows import Audience

FORM: Any = ConfigDict(extra="forbid")
Hue = Literal["teal", "amber", "plum", "slate", "coral", "sky", "green", "indigo"]


class ProjectCreate(SQLModel):
    """A new project. Without a ``hue`` it gets one that is used least."""

    model_config = FORM

    title: Line = Field(min_length=1, max_length=120, title="Name")
    description: Prose = Field(default="", max_length=20_000, title="Description")
    hue: Hue | None = Field(default=None, title="Colour")
    audience: Audience = Field(default=Audience.TEAM, title="Who can see it")


class ProjectUpdate(SQLModel):
    """Only the fields that are given change. ``version`` is the one that was read."""

    model_config = FORM

    version: int
    title: Line | None = Field(default=None, min_length=1, max_length=120, title="Name")
    description: Prose | None = Field(default=None, max_length=20_000, title="Description")
    hue: Hue | None = Field(default=None, title="Colour")
    archived: bool | None = Field(default=None, title="In the archive")
    audience: Audience | None = Field(default=None, title="Who can see it")


class ProjectRow(BaseModel):
    """One project as its reader sees it.

    ``open_tasks`` and ``done_tasks`` count what the reader sees of it, without what is in the trash and what was cancelled. Progress is
    done ÷ (open + done).
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    title: str
    description: str
    hue: str
    archived_at: datetime | None
    owner_id: UUID
    audience: Audience
    open_tasks: int
    done_tasks: int
    may_edit: bool
    may_delete: bool
    created_at: datetime
    updated_at: datetime

    @property
    def progress(self) -> float:
        """The part of its tasks that is done, 0 to 1; 0 where it has none."""
        return self.done_tasks / ((self.open_tasks + self.done_tasks) or 1)
