"""What goes into the task list and what comes out of it."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, SQLModel

from crm_app.domain.editing import Line, Prose
from crm_app.domain.mentions.schemas import MentionView
from crm_app.domain.rows import Audience
from crm_app.domain.tasks.models import Priority, Status

FORM: Any = ConfigDict(extra="forbid")


class Bucket(StrEnum):
    """Where a task stands in its reader's calendar; ``this_week`` is what is left of the week after tomorrow."""

    OVERDUE = "overdue"
    TODAY = "today"
    TOMORROW = "tomorrow"
    THIS_WEEK = "this_week"
    LATER = "later"
    DONE = "done"


class TaskCreate(SQLModel):
    """A new task. A ``due_time`` needs a ``due_date``; ``due_zone`` is the writer's own zone unless given. No assignee means the writer.

    ``remind_minutes`` is how long before its time it calls; None leaves that to the settings of whoever it is assigned to.
    """

    model_config = FORM

    title: Line = Field(min_length=1, max_length=300, title="Title")
    description: Prose = Field(default="", max_length=20_000, title="Description")
    status: Status = Field(default=Status.PENDING, title="Status")
    priority: Priority = Field(default=Priority.MEDIUM, title="Priority")
    due_date: date | None = Field(default=None, title="Due")
    due_time: time | None = Field(default=None, title="Time")
    due_zone: str | None = Field(default=None, max_length=64, title="Time zone")
    remind_minutes: int | None = Field(default=None, ge=0, le=10_080, title="Remind me before")
    assignee_id: UUID | None = Field(default=None, title="Assigned to")
    contact_ids: list[UUID] = Field(default_factory=list, max_length=200, title="About")
    audience: Audience = Field(default=Audience.TEAM, title="Who can see it")


class TaskUpdate(SQLModel):
    """Only the fields that are given change. ``version`` is the one that was read."""

    model_config = FORM

    version: int
    title: Line | None = Field(default=None, min_length=1, max_length=300, title="Title")
    description: Prose | None = Field(default=None, max_length=20_000, title="Description")
    status: Status | None = Field(default=None, title="Status")
    priority: Priority | None = Field(default=None, title="Priority")
    due_date: date | None = Field(default=None, title="Due")
    due_time: time | None = Field(default=None, title="Time")
    due_zone: str | None = Field(default=None, max_length=64, title="Time zone")
    remind_minutes: int | None = Field(default=None, ge=0, le=10_080, title="Remind me before")
    assignee_id: UUID | None = Field(default=None, title="Assigned to")
    contact_ids: list[UUID] | None = Field(default=None, max_length=200, title="About")
    audience: Audience | None = Field(default=None, title="Who can see it")


class TaskFilter(BaseModel):
    """Which tasks a list shows, newest first. ``due_until`` is inclusive; ``mine`` are those assigned to the asker."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    statuses: tuple[Status, ...] = ()
    contact_id: UUID | None = None
    mine: bool = False
    due_from: date | None = None
    due_until: date | None = None
    after: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class TaskRow(BaseModel):
    """One task as its reader sees it. ``bucket`` follows the reader's zone and week; ``mentions`` are colleagues whom its description names."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    title: str
    description: str
    status: Status
    priority: Priority
    due_date: date | None
    due_time: time | None
    due_zone: str | None
    remind_minutes: int | None
    owner_id: UUID
    assignee_id: UUID | None
    assignee_name: str
    audience: Audience
    contacts: tuple[tuple[UUID, str], ...]
    mentions: tuple[MentionView, ...]
    bucket: Bucket
    completed_at: datetime | None
    may_edit: bool
    may_delete: bool
    created_at: datetime
    updated_at: datetime


class TaskPage(BaseModel):
    """Some tasks and the cursor of the next page (None: these were the last)."""

    model_config = ConfigDict(frozen=True)

    tasks: tuple[TaskRow, ...]
    next_cursor: str | None


class TaskBoard(BaseModel):
    """Open tasks by bucket, the most urgent first, and those that were closed last; of each bucket as many as were asked for.

    ``counts`` says how many there are, also beyond those that are shown. Where it stops counting, at 10,000 open ones and at the
    closed ones that are shown, the bucket is in ``capped``: there are more.
    """

    model_config = ConfigDict(frozen=True)

    today: date
    buckets: dict[Bucket, tuple[TaskRow, ...]]
    counts: dict[Bucket, int]
    capped: frozenset[Bucket] = frozenset()
