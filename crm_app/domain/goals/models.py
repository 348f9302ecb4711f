"""What somebody works toward, and how far they are."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Float, Index, Text, text
from sqlmodel import Field

from crm_app.domain.rows import Owned, Trashable, Versioned, audience_known, one_of


class Rhythm(StrEnum):
    """How often somebody means to check in."""

    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Goal(Versioned, Owned, Trashable, table=True):
    """Something measurable: a contact's, or the practice's own when it has no contact.

    A target below the start is a falling one (weight). A contact's goal has its owner and audience from the contact, by trigger.
    ``current_value`` and ``checked_on`` are those of the latest check-in (by day, then by when it was written), kept by a trigger.
    """

    __tablename__ = "goal"
    __table_args__ = (
        audience_known("goal"),
        one_of("rhythm", Rhythm, "goal"),
        CheckConstraint("target_value <> start_value", name="goal_leads_somewhere"),
        Index("goal_by_contact", "contact_id", "id", postgresql_where=text("deleted_at is null")),
        # The dashboard: the practice's own goals, of which there are few among many.
        Index("goal_of_practice", "id", postgresql_where=text("contact_id is null and deleted_at is null and archived_at is null")),
        Index("goal_open", text("id desc"), postgresql_where=text("deleted_at is null and archived_at is null")),
        Index("goal_title_trgm", "title", postgresql_using="gin", postgresql_ops={"title": "gin_trgm_ops"}, postgresql_where=text("deleted_at is null")),
    )

    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", ondelete="CASCADE")
    title: str = Field(max_length=200, sa_type=Text)
    note: str = Field(default="", max_length=5_000, sa_type=Text)
    unit: str = Field(default="", max_length=20, sa_type=Text)
    start_value: float = Field(sa_type=Float)
    target_value: float = Field(sa_type=Float)
    starts_on: date
    deadline: date | None = None
    rhythm: str = Field(default=Rhythm.NONE.value, sa_type=Text)
    current_value: float | None = Field(default=None, sa_type=Float)
    checked_on: date | None = None
    archived_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class GoalCheckIn(Versioned, Owned, table=True):
    """How far it was on one day. Contact, owner and audience are the goal's, by trigger."""

    __tablename__ = "goal_check_in"
    __table_args__ = (
        audience_known("goal_check_in"),
        Index("goal_check_in_by_goal", "goal_id", text("day desc"), text("id desc")),
        Index("goal_check_in_by_contact", "contact_id", text("day desc"), postgresql_where=text("contact_id is not null")),
    )

    goal_id: UUID = Field(foreign_key="goal.id", ondelete="CASCADE")
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", ondelete="CASCADE")
    value: float = Field(sa_type=Float)
    day: date
    note: str = Field(default="", max_length=2_000, sa_type=Text)
    author_id: UUID | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
