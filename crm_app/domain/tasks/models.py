"""What someone means to do."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, DateTime, Index, Text, Uuid, text
from sqlmodel import Field

from crm_app.domain.rows import Keyed, Owned, Trashable, Versioned, audience_known, one_of


class Status(StrEnum):
    """How far a task is."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    WAITING_APPROVAL = "waiting_approval"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """How much it matters."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class DoneBy(StrEnum):
    """Who does it."""

    USER = "user"
    AI_ASSISTANT = "ai_assistant"


class RepeatFrom(StrEnum):
    """From which day the next one of a task that comes again is counted: the day it was due, or the day it was done."""

    DUE = "due"
    DONE = "done"


PLACE = ("place_rank", "place_beside", "place_turn")
"""Where somebody put a task by hand among those of its day."""


class Task(Versioned, Owned, Trashable, table=True):
    """One task. ``due_date`` is a day in the viewer's calendar; ``due_time`` needs ``due_zone``.

    ``remind_minutes`` is how long before its time it calls; None leaves that to the settings of whoever it is assigned to.
    ``recurrence`` is the rule by which it comes again, empty for none; it goes on to the next one when the task is completed.
    The database derives ``doer_id``, whose it is to do (the assignee, else the owner), and ``due_at``, the moment of a task with a
    time, by which days are told apart for readers in other zones.

    One that was put in order by hand stands next to ``place_beside``: there by its ``place_turn`` among all that were put next to the
    same one, and where that one stood in its day, ``place_rank`` (as ``rules.place_of`` counts). Another day or time ends that, by trigger.
    """

    __tablename__ = "task"
    __table_args__ = (
        audience_known("task"),
        one_of("status", Status, "task"),
        one_of("priority", Priority, "task"),
        one_of("done_by", DoneBy, "task"),
        one_of("repeat_from", RepeatFrom, "task"),
        # The board is counted and put in order from these alone; a task without a day comes last.
        Index(
            "task_open_by_due", text("least(due_date, 'infinity'::date)"), "id",
            postgresql_include=["due_date", "due_time", "due_at", "priority", "owner_id", "audience", *PLACE],
            postgresql_where=text("deleted_at is null and status not in ('completed', 'cancelled')"),
        ),
        Index(
            "task_open_by_doer", "doer_id", text("least(due_date, 'infinity'::date)"), "id",
            postgresql_include=["due_date", "due_time", "due_at", "priority", "owner_id", "audience", *PLACE],
            postgresql_where=text("deleted_at is null and status not in ('completed', 'cancelled')"),
        ),
        # Everyone's tasks are counted from these two: of a large team's tasks, most are somebody else's own.
        Index(
            "task_open_own", "owner_id", text("least(due_date, 'infinity'::date)"), "id", postgresql_include=["due_date", "due_at", "audience"],
            postgresql_where=text("deleted_at is null and status not in ('completed', 'cancelled')"),
        ),
        Index(
            "task_open_team", text("least(due_date, 'infinity'::date)"), "id", postgresql_include=["due_date", "due_at", "owner_id", "audience"],
            postgresql_where=text("deleted_at is null and status not in ('completed', 'cancelled') and audience = 'team'"),
        ),
        Index(
            "task_open_by_status", "status", text("least(due_date, 'infinity'::date)"), "id",
            postgresql_include=["doer_id", "due_date", "due_time", "due_at", "priority", "owner_id", "audience", *PLACE],
            postgresql_where=text("deleted_at is null and status not in ('completed', 'cancelled')"),
        ),
        Index(
            "task_by_project", "project_id", "status", "id", postgresql_include=["owner_id", "audience"],
            postgresql_where=text("deleted_at is null and project_id is not null"),
        ),
        # The calendar and the figures look at what is due in some days, open or not.
        Index(
            "task_by_due", "due_date", "id",
            postgresql_include=["doer_id", "status", "due_at", "priority", "project_id", "done_by", "owner_id", "audience", *PLACE],
            postgresql_where=text("deleted_at is null and due_date is not null"),
        ),
        Index("task_closed", text("completed_at desc"), postgresql_where=text("deleted_at is null and status in ('completed', 'cancelled')")),
        Index("task_by_assignee", "assignee_id"),
        Index("task_placed", "place_beside", postgresql_where=text("place_beside is not null")),
        CheckConstraint("num_nulls(place_rank, place_beside, place_turn) in (0, 3)", name="task_place_whole"),
        Index("task_title_trgm", "title", postgresql_using="gin", postgresql_ops={"title": "gin_trgm_ops"}, postgresql_where=text("deleted_at is null")),
    )

    asked_audience: str = Field(default="team", sa_type=Text, sa_column_kwargs={"server_default": text("'team'")})
    title: str = Field(max_length=300, sa_type=Text)
    description: str = Field(default="", max_length=20_000, sa_type=Text)
    status: str = Field(default=Status.PENDING.value, sa_type=Text)
    priority: str = Field(default=Priority.MEDIUM.value, sa_type=Text)
    done_by: str = Field(default=DoneBy.USER.value, sa_type=Text)
    assignee_id: UUID | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
    doer_id: UUID | None = Field(default=None, sa_type=Uuid, sa_column_args=(Computed("coalesce(assignee_id, owner_id)", persisted=True),))
    due_date: date | None = None
    due_time: time | None = None
    due_zone: str | None = Field(default=None, sa_type=Text)
    remind_minutes: int | None = None
    due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    completed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    project_id: UUID | None = Field(default=None, foreign_key="project.id", ondelete="SET NULL")
    estimate_minutes: int | None = None
    recurrence: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    repeat_from: str = Field(default=RepeatFrom.DUE.value, sa_type=Text, sa_column_kwargs={"server_default": text("'due'")})
    place_rank: int | None = None
    place_beside: UUID | None = Field(default=None, sa_type=Uuid)
    place_turn: float | None = None


class TaskContact(Owned, table=True):
    """A task is about these contacts."""

    __tablename__ = "task_contact"
    __table_args__ = (audience_known("task_contact"), Index("task_contact_by_contact", "contact_id", "task_id"))

    task_id: UUID = Field(primary_key=True, foreign_key="task.id", ondelete="CASCADE")
    contact_id: UUID = Field(primary_key=True, foreign_key="contact.id", ondelete="CASCADE")


class TaskStep(Keyed, Owned, table=True):
    """A part of a task that is done by itself; ``position`` is its place among the others."""

    __tablename__ = "task_step"
    __table_args__ = (audience_known("task_step"), Index("task_step_by_task", "task_id", "position"))

    task_id: UUID = Field(foreign_key="task.id", ondelete="CASCADE")
    title: str = Field(max_length=300, sa_type=Text)
    done: bool = False
    position: int = 0


class TaskTime(Keyed, Owned, table=True):
    """Time that somebody spent on a task: counted by a timer, or a correction, which has no ``started_at`` and may be less than nothing.

    Without ``minutes`` the timer still runs; one runs for each person. A task that is closed or goes to the trash stops it, by trigger.
    """

    __tablename__ = "task_time"
    __table_args__ = (
        audience_known("task_time"),
        CheckConstraint("num_nonnulls(started_at, minutes) > 0", name="task_time_counts"),
        Index("task_time_by_task", "task_id"),
        Index("task_time_running", "person_id", unique=True, postgresql_where=text("minutes is null")),
    )

    task_id: UUID = Field(foreign_key="task.id", ondelete="CASCADE")
    person_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    started_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    minutes: int | None = None


class TaskTag(Owned, table=True):
    """A word of the team's vocabulary on a task."""

    __tablename__ = "task_tag"
    __table_args__ = (audience_known("task_tag"), Index("task_tag_by_tag", "tag_id", "task_id"))

    task_id: UUID = Field(primary_key=True, foreign_key="task.id", ondelete="CASCADE")
    tag_id: UUID = Field(primary_key=True, foreign_key="tag.id", ondelete="CASCADE")
