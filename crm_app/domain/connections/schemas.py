"""Connections as they are made, changed and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from crm_app.domain.addressbooks.schemas import BookRow
from crm_app.domain.connections.models import ConnectionKind, ConnectionState, RunState
from crm_app.domain.rows import Audience


class ConnectionCreate(BaseModel):
    """A new connection. ``password``, and the whole ``url`` of a feed, are taken in and never given out again.

    ``smtp_host`` is by which server a mailbox sends, with the same sign-in; without one it only brings mail in.
    """

    model_config = ConfigDict(extra="forbid")

    kind: ConnectionKind
    name: str = Field(min_length=1, max_length=120)
    url: str = Field(min_length=1, max_length=2000)
    username: str = Field(default="", max_length=320)
    password: SecretStr = SecretStr("")
    smtp_host: str = Field(default="", max_length=253)
    smtp_port: int = Field(default=465, ge=1, le=65_535)
    smtp_security: Literal["tls", "starttls", "none"] = "tls"
    meetings_audience: Audience = Audience.TEAM
    interval_minutes: int = Field(default=10, ge=5, le=1440)
    history_months: int = Field(default=12, ge=1, le=24)


class ConnectionUpdate(BaseModel):
    """What is given is changed; an empty password means the one that is there. A new address or user name needs the password anew.

    ``writes`` is only ever taken back here: to have the calendars of an account at Google changed from here is allowed on Google's own page.
    """

    model_config = ConfigDict(extra="forbid")

    version: int
    name: str | None = Field(default=None, min_length=1, max_length=120)
    url: str | None = Field(default=None, min_length=1, max_length=2000)
    username: str | None = Field(default=None, max_length=320)
    password: SecretStr | None = None
    meetings_audience: Audience | None = None
    writes: Literal[False] | None = None
    interval_minutes: int | None = Field(default=None, ge=5, le=1440)
    history_months: int | None = Field(default=None, ge=1, le=24)


class CalendarRow(BaseModel):
    """One calendar of a connection. ``synced``: its events are brought here; ``shown``: they are drawn on the calendar page."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    version: int
    connection_id: UUID
    name: str
    hue: str
    writable: bool
    synced: bool
    shown: bool


class RunView(BaseModel):
    """One run of a connection."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    state: RunState
    full: bool
    dry: bool
    created_at: datetime
    ended_at: datetime | None
    seen: int
    created: int
    updated: int
    deleted: int
    skipped: int
    failed: int
    reason: str


class ProblemView(BaseModel):
    """One thing that is not here, and why. ``calendar`` is its name for people. ``given_up``: it is not tried again by itself."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    item: str
    title: str
    calendar: str
    kind: str
    reason: str
    tries: int
    given_up: bool
    seen_at: datetime


class ConnectionView(BaseModel):
    """A connection as its owner sees it: never its password, and of a feed's address the server alone.

    ``writes``: its owner has let the calendars of an account at Google be changed from here.
    ``running``: a sync of it waits or runs. ``stale``: no good run for a day, or three turns.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    kind: ConnectionKind
    name: str
    url: str
    username: str
    has_password: bool
    writes: bool
    meetings_audience: Audience
    state: ConnectionState
    interval_minutes: int
    history_months: int
    next_run_at: datetime
    last_run_at: datetime | None
    last_ok_at: datetime | None
    failures: int
    reason: str
    running: bool
    stale: bool
    calendars: tuple[CalendarRow, ...]
    books: tuple[BookRow, ...] = ()
    last_run: RunView | None
    problems: int


class ConnectionsView(BaseModel):
    """Everything on Settings → Connections."""

    model_config = ConfigDict(frozen=True)

    connections: tuple[ConnectionView, ...]


class ConnectionParts(BaseModel):
    """What hangs on a connection: its calendars with their events and its mail go with it; the meetings and mails on timelines (``entries``) stay there,
    and so do the ``people`` of its address books.

    Mail that lies in another of one's mailboxes too is not counted, since it stays.
    """

    model_config = ConfigDict(frozen=True)

    calendars: int
    events: int
    meetings: int
    people: int = 0
    threads: int = 0
    mails: int = 0
    entries: int = 0


class SyncHealth(BaseModel):
    """What the sidebar says of one's connections: how many there are, how many run just now, how many need their owner, and how many of the others
    failed the last time and are tried again by themselves."""

    model_config = ConfigDict(frozen=True)

    total: int
    running: int
    troubled: int
    failing: int
    last_ok_at: datetime | None


class SyncResult(BaseModel):
    """What a run came to, for whoever waits for it at a terminal."""

    model_config = ConfigDict(frozen=True)

    seen: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    skipped: int = 0
    failed: int = 0
    problems: tuple[tuple[str, str], ...] = ()
