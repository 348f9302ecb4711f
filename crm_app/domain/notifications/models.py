"""What somebody is told, by which ways they want to be told, and how far the clock has looked for them."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID, uuid4

from sqlalchemy import DateTime, Index, Text, Uuid, text
from sqlmodel import Field, SQLModel

from crm_app.domain.rows import Keyed, now


class Notification(Keyed, table=True):
    """One thing that one person is told. Written by the database's ``notify_people`` alone, so that nobody is told of what they may not see.

    It holds no title of a record: names are looked up when it is read, as its reader may see them then. ``detail`` holds
    the reader's own words only (the name of a file they brought). ``key`` is unique for each person: the same thing is said once.
    """

    __tablename__ = "notification"
    __table_args__ = (
        Index("notification_key", "owner_id", "key", unique=True),
        Index("notification_by_owner", "owner_id", text("id desc")),
        Index("notification_unread", "owner_id", text("id desc"), postgresql_where=text("read_at is null")),
        Index("notification_unread_by_subject", "subject_id", postgresql_where=text("read_at is null")),
    )

    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    kind: str = Field(max_length=60, sa_type=Text)
    actor_id: UUID | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
    subject_type: str = Field(default="", max_length=60, sa_type=Text)
    subject_id: UUID | None = None
    detail: str = Field(default="", max_length=500, sa_type=Text)
    key: str = Field(max_length=200, sa_type=Text)
    due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    read_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class NotificationSetting(SQLModel, table=True):
    """By which ways one person wants to hear of one kind, where that differs from the kind's own defaults."""

    __tablename__ = "notification_setting"

    user_id: UUID = Field(primary_key=True, foreign_key="user_account.id", ondelete="CASCADE")
    kind: str = Field(primary_key=True, max_length=60, sa_type=Text)
    in_app: bool
    browser: bool
    mail: bool


class NotificationProfile(SQLModel, table=True):
    """When one person wants to be told. Times are of their own clock.

    ``reminded_until`` is a moment up to which their reminders have been given (moved when one is given, and about every hour),
    ``digested_on`` the last day of theirs for which the digest was considered. Links that stop the digest are
    signed over ``stop_nonce``.
    """

    __tablename__ = "notification_profile"

    user_id: UUID = Field(primary_key=True, foreign_key="user_account.id", ondelete="CASCADE")
    quiet: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    quiet_from: time = Field(default=time(21), sa_column_kwargs={"server_default": text("'21:00'")})
    quiet_until: time = Field(default=time(7), sa_column_kwargs={"server_default": text("'07:00'")})
    day_starts: time = Field(default=time(8), sa_column_kwargs={"server_default": text("'08:00'")})
    remind_minutes: int = Field(default=15, sa_column_kwargs={"server_default": text("15")})
    birthday_days: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    digest: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    digest_at: time = Field(default=time(7, 30), sa_column_kwargs={"server_default": text("'07:30'")})
    reminded_until: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": text("now()")})
    digested_on: date | None = None
    stop_nonce: UUID = Field(default_factory=uuid4, sa_type=Uuid, sa_column_kwargs={"server_default": text("gen_random_uuid()")})
