"""What the bell shows, and what somebody may choose about being told."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from crm_app.domain.editing import WallTime
from crm_app.domain.notifications.kinds import Kind

FORM: Any = ConfigDict(extra="forbid")
VIEW: Any = ConfigDict(frozen=True)


class NotificationView(BaseModel):
    """One notification as its reader sees it now. ``link`` leads to what it is about; ``contact`` is whose face stands beside it."""

    model_config = VIEW

    id: UUID
    kind: Kind
    headline: str
    caption: str
    icon: str
    link: str
    contact: tuple[UUID, str] | None
    due_at: datetime | None
    created_at: datetime
    read_at: datetime | None


class NotificationFilter(BaseModel):
    """Which notifications, newest first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unread: bool = False
    after: str | None = None
    limit: int = Field(default=30, ge=1, le=200)


class NotificationPage(BaseModel):
    """Some notifications and the cursor of the next page (None: these were the last)."""

    model_config = VIEW

    notifications: tuple[NotificationView, ...]
    next_cursor: str | None


class UnreadCount(BaseModel):
    """How many are unread; counting stops at a hundred."""

    model_config = VIEW

    unread: int


class Calls(BaseModel):
    """What the browser should say now, and when to ask again (None: when something new comes)."""

    model_config = VIEW

    notifications: tuple[NotificationView, ...]
    ask_again_at: datetime | None


class ChannelsView(BaseModel):
    """By which ways one kind is told."""

    model_config = VIEW

    kind: Kind
    label: str
    hint: str
    icon: str
    in_app: bool
    browser: bool
    mail: bool


class SettingsView(BaseModel):
    """Everything that a person may choose about being told. ``mail_available`` says whether this server can send mail at all."""

    model_config = VIEW

    kinds: tuple[ChannelsView, ...]
    quiet: bool
    quiet_from: time
    quiet_until: time
    day_starts: time
    remind_minutes: int
    birthday_days: int
    digest: bool
    digest_at: time
    mail_available: bool


class ChannelsUpdate(BaseModel):
    """The ways that are given change; the others stay."""

    model_config = FORM

    in_app: bool | None = None
    browser: bool | None = None
    mail: bool | None = None


class SettingsUpdate(BaseModel):
    """Only the fields that are given change. Times are of the person's own clock."""

    model_config = FORM

    kinds: dict[Kind, ChannelsUpdate] | None = None
    quiet: bool | None = None
    quiet_from: WallTime | None = None
    quiet_until: WallTime | None = None
    day_starts: WallTime | None = None
    remind_minutes: int | None = Field(default=None, ge=0, le=10_080)
    birthday_days: int | None = Field(default=None, ge=0, le=30)
    digest: bool | None = None
    digest_at: WallTime | None = None
