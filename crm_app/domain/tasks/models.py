"""What someone means to do."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import DateTime, Index, Text, text
from sqlmodel import Field

from crm_app.domain.rows import Owned, Trashable, Versioned, audience_known, one_of


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


class Task(Versioned, Owned, Trashable, table=True):
    """One task. ``due_date`` is a day in the viewer's calendar; ``due_time`` needs ``due_zone``.

    ``remind_minutes`` is how long before its time it calls; None leaves that to the settings of whoever it is assigned to.
    """

    __tablename__ = "task"
    __table_args__ = (
        audience_known("task"),
        one_of("status", Status, "task"),
        one_of("priority", Priority, "task"),
        one_of("done_by", DoneBy, "task"),
        Index(
            "task_open_by_due", text("due_date nulls last"), "id",
            postgresql_where=text("deleted_at is null and status not in ('completed', 'cancelled')"),
        ),
        Index("task_closed", text("completed_at desc"), postgresql_where=text("deleted_at is null and status in ('completed', 'cancelled')")),
        Index("task_by_assignee", "assignee_id"),
    )

    asked_audience: str = Field(default="team", sa_type=Text, sa_column_kwargs={"server_default": text("'team'")})
    title: str = Field(max_length=300, sa_type=Text)
    description: str = Field(default="", max_length=20_000, sa_type=Text)
    status: str = Field(default=Status.PENDING.value, sa_type=Text)
    priority: str = Field(default=Priority.MEDIUM.value, sa_type=Text)
    done_by: str = Field(default=DoneBy.USER.value, sa_type=Text)
    assignee_id: UUID | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
    due_date: date | None = None
    due_time: time | None = None
    due_zone: str | None = Field(default=None, sa_type=Text)
    remind_minutes: int | None = None
    completed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class TaskContact(Owned, table=True):
    """A task is about these contacts."""

    __tablename__ = "task_contact"
    __table_args__ = (audience_known("task_contact"), Index("task_contact_by_contact", "contact_id", "task_id"))

    task_id: UUID = Field(primary_key=True, foreign_key="task.id", ondelete="CASCADE")
    contact_id: UUID = Field(primary_key=True, foreign_key="contact.id", ondelete="CASCADE")
