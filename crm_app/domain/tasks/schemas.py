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
from crm_app.domain.tasks.models import DoneBy, Priority, RepeatFrom, Status

FORM: Any = ConfigDict(extra="forbid")
MOST_MINUTES = 600_000


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
    ``recurrence`` is a rule as in iCalendar (``FREQ=WEEKLY;INTERVAL=2;BYDAY=TU``) and needs a ``due_date``: when the task is completed, the
    next one is made. ``repeat_from`` counts from the due day or from the day it is done.
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
    project_id: UUID | None = Field(default=None, title="Project")
    tags: list[str] = Field(default_factory=list, max_length=30, title="Tags")
    steps: list[Line] = Field(default_factory=list, max_length=100, title="Steps")
    estimate_minutes: int | None = Field(default=None, ge=1, le=60_000, title="Estimate")
    actual_minutes: int | None = Field(default=None, ge=0, le=MOST_MINUTES, title="Actual")
    recurrence: str = Field(default="", max_length=200, title="Repeats")
    repeat_from: RepeatFrom = Field(default=RepeatFrom.DUE, title="Counted from")
    audience: Audience = Field(default=Audience.TEAM, title="Who can see it")


class TaskUpdate(SQLModel):
    """Only the fields that are given change. ``version`` is the one that was read. ``actual_minutes`` corrects what was counted so far."""

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
    project_id: UUID | None = Field(default=None, title="Project")
    tags: list[str] | None = Field(default=None, max_length=30, title="Tags")
    estimate_minutes: int | None = Field(default=None, ge=1, le=60_000, title="Estimate")
    actual_minutes: int | None = Field(default=None, ge=0, le=MOST_MINUTES, title="Actual")
    recurrence: str | None = Field(default=None, max_length=200, title="Repeats")
    repeat_from: RepeatFrom | None = Field(default=None, title="Counted from")
    audience: Audience | None = Field(default=None, title="Who can see it")


class TaskChange(SQLModel):
    """What many tasks are given at once, and no more. ``due_date`` is a day of the asker's own calendar; it and ``project_id`` may be None."""

    model_config = FORM

    status: Status | None = Field(default=None, title="Status")
    priority: Priority | None = Field(default=None, title="Priority")
    due_date: date | None = Field(default=None, title="Due")
    assignee_id: UUID | None = Field(default=None, title="Assigned to")
    project_id: UUID | None = Field(default=None, title="Project")
    add_tags: list[str] = Field(default_factory=list, max_length=30, title="Tags")


class TaskNarrowing(BaseModel):
    """Which tasks of a list or a board: in one project, for one person, under one tag, of one priority, done by the assistant, with these words in the title."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project_id: UUID | None = None
    assignee_id: UUID | None = None
    tag: str | None = Field(default=None, max_length=60)
    priority: Priority | None = None
    done_by: DoneBy | None = None
    search: str = Field(default="", max_length=200)


class TaskFilter(TaskNarrowing):
    """Which tasks a list shows, newest first. ``due_until`` is inclusive; ``mine`` are those assigned to the asker."""

    statuses: tuple[Status, ...] = ()
    contact_id: UUID | None = None
    mine: bool = False
    due_from: date | None = None
    due_until: date | None = None
    after: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class Timer(BaseModel):
    """Somebody works on a task since then."""

    model_config = ConfigDict(frozen=True)

    person_id: UUID
    name: str
    since: datetime


class TaskRow(BaseModel):
    """One task as its reader sees it. ``bucket`` follows the reader's zone and week; ``mentions`` are colleagues whom its description names.

    A project that they do not see is none. ``actual_minutes`` is what was counted and corrected so far; ``timers`` are those that run.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    title: str
    description: str
    status: Status
    priority: Priority
    done_by: DoneBy = DoneBy.USER
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
    project_id: UUID | None = None
    project_title: str = ""
    project_hue: str = ""
    tags: tuple[str, ...] = ()
    steps_done: int = 0
    steps_all: int = 0
    estimate_minutes: int | None = None
    actual_minutes: int = 0
    timers: tuple[Timer, ...] = ()
    recurrence: str = ""
    repeat_from: RepeatFrom = RepeatFrom.DUE
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
    """Open tasks by bucket, the most urgent first, and those that were closed last; of each bucket as many as were asked for. ``counts`` says how many there
    are. Where it stops counting, at 1,000 open ones and at the closed ones that are shown, the bucket is in ``capped``: there are more.
    """

    model_config = ConfigDict(frozen=True)

    today: date
    buckets: dict[Bucket, tuple[TaskRow, ...]]
    counts: dict[Bucket, int]
    capped: frozenset[Bucket] = frozenset()


class StatusColumn(BaseModel):
    """The tasks of one status: the most urgent first, or of what is closed the latest.

    ``total`` stops at 1,000, and for what is closed at what is shown; ``total_is_capped`` says that there are more.
    """

    model_config = ConfigDict(frozen=True)

    status: Status
    rows: tuple[TaskRow, ...]
    total: int
    total_is_capped: bool = False


class StatusBoard(BaseModel):
    """Tasks in columns by status. Cancelled ones stand with what is done; what waits for approval is there when there is some."""

    model_config = ConfigDict(frozen=True)

    today: date
    columns: tuple[StatusColumn, ...]


class StepCreate(SQLModel):
    """A new step, after the others."""

    model_config = FORM

    title: Line = Field(min_length=1, max_length=300, title="Step")


class StepUpdate(SQLModel):
    """Only the fields that are given change. A ``position`` is the place among the steps, from 0."""

    model_config = FORM

    title: Line | None = Field(default=None, min_length=1, max_length=300, title="Step")
    done: bool | None = Field(default=None, title="Done")
    position: int | None = Field(default=None, ge=0, le=1_000, title="Place")


class StepRow(BaseModel):
    """One step of a task."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    title: str
    done: bool
