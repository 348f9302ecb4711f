"""What comes out of looking at many tasks beyond lists and boards, and how they are put in order."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, SQLModel

from crm_app.domain.tasks.schemas import FORM, TaskRow


class TaskPlace(SQLModel):
    """A place by hand in the order of a day: right before the task ``beside``, or right ``after`` it."""

    model_config = FORM

    beside: UUID = Field(title="Beside")
    after: bool = Field(default=True, title="After it")


class OwnTimer(BaseModel):
    """The task that the reader works on right now, and since when."""

    model_config = ConfigDict(frozen=True)

    task_id: UUID
    title: str
    since: datetime


class SideFacts(BaseModel):
    """What is shown beside every page: how many of one's own tasks are overdue or due today (1,000 for any more), and one's timer, if one runs."""

    model_config = ConfigDict(frozen=True)

    due: int
    timer: OwnTimer | None = None


class CalendarDay(BaseModel):
    """A day with the first of the tasks that are due on it: those that are open in their order, then the closed ones.

    ``open`` and ``closed`` count all of them, also beyond those that are shown.
    """

    model_config = ConfigDict(frozen=True)

    day: date
    rows: tuple[TaskRow, ...] = ()
    open: int = 0
    closed: int = 0


class TaskCalendar(BaseModel):
    """Days in their order, each with what is due on it where its reader is."""

    model_config = ConfigDict(frozen=True)

    today: date
    days: tuple[CalendarDay, ...]


class Counts(BaseModel):
    """How many tasks are ``open``, of those ``overdue`` and ``due_today``; how many were ``due`` within the period, and of those ``done`` by now,
    and done ``by_assistant``. What was cancelled is none of them.
    """

    model_config = ConfigDict(frozen=True)

    open: int
    overdue: int
    due_today: int
    due: int
    done: int
    by_assistant: int

    @property
    def completion(self) -> float | None:
        """The part that was completed, on time or later, of the tasks that were due within the period: done ÷ due. None where none was due."""
        return self.done / self.due if self.due else None

    @property
    def assistants_share(self) -> float | None:
        """The part of the completed ones that the assistant did: by_assistant ÷ done. None where it did none."""
        return self.by_assistant / self.done if self.by_assistant else None


class ProjectFigures(Counts):
    """The figures of one project that its reader sees; without an id those of tasks that are in none."""

    project_id: UUID | None
    title: str
    hue: str

    @property
    def says_something(self) -> bool:
        """Whether any of its tasks is open or was due."""
        return bool(self.open or self.due)


class TaskFigures(Counts):
    """The figures of all tasks together, and by project, those in no project last.

    The period is the thirty days before today, from ``since`` to ``until``: what is due today may still be done. Days are the reader's own.
    """

    today: date
    since: date
    until: date
    projects: tuple[ProjectFigures, ...]


class GroupBy(StrEnum):
    """By what a list is put into groups, beside the days."""

    PROJECT = "project"
    PRIORITY = "priority"
    ASSIGNEE = "assignee"


class TaskGroup(BaseModel):
    """The open tasks of one project, priority or person, the most urgent first. ``key`` names it, empty for those in none.

    ``total`` counts all of them, also beyond those that are shown.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    rows: tuple[TaskRow, ...]
    total: int


class TaskGroups(BaseModel):
    """Open tasks in groups, those in none last."""

    model_config = ConfigDict(frozen=True)

    today: date
    by: GroupBy
    groups: tuple[TaskGroup, ...]
