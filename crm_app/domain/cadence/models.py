"""How often the team wants to be in touch, when a person is away, and the calendar address that says who is due."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from crm_app.domain.contacts.models import Stage
from crm_app.domain.rows import Keyed, now, one_of


class StageCadence(SQLModel, table=True):
    """The team's default for a stage; no row, or no days, means that nobody of this stage becomes due by it."""

    __tablename__ = "stage_cadence"
    __table_args__ = (one_of("stage", Stage, "stage_cadence"), CheckConstraint("days between 1 and 3650", name="stage_cadence_days_sane"))

    stage: str = Field(primary_key=True, sa_type=Text)
    days: int | None = None
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class AwayPeriod(Keyed, table=True):
    """Days, the first and the last included, on which nobody is due for this person."""

    __tablename__ = "away_period"
    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="away_period_forward"), Index("away_period_by_user", "user_id", "ends_on"))

    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    starts_on: date
    ends_on: date
    note: str = Field(default="", max_length=200, sa_type=Text)


class CalendarFeed(Keyed, table=True):
    """A secret address that a calendar program reads. Only the SHA-256 of its token is kept."""

    __tablename__ = "calendar_feed"

    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    last_read_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
