"""A connection is one account at a provider; what it brought and how that went stands beside it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime, Index, LargeBinary, Text, text
from sqlmodel import Field

from crm_app.domain.rows import Keyed, Owned, Versioned, audience_known, now, one_of


class ConnectionKind(StrEnum):
    """Which provider's words are spoken."""

    ICS = "ics"
    CALDAV = "caldav"
    IMAP = "imap"
    GOOGLE = "google"
    GMAIL = "gmail"
    CARDDAV = "carddav"
    GOOGLE_PEOPLE = "google_people"
    GOOGLE_DRIVE = "google_drive"


MAILBOXES: Final = frozenset({ConnectionKind.IMAP, ConnectionKind.GMAIL})
"""These bring mail."""
ADDRESS_BOOKS: Final = frozenset({ConnectionKind.CARDDAV, ConnectionKind.GOOGLE_PEOPLE})
"""These bring people."""
DRIVES: Final = frozenset({ConnectionKind.GOOGLE_DRIVE})
"""These bring files of contacts."""
AT_GOOGLE: Final = frozenset({ConnectionKind.GOOGLE, ConnectionKind.GMAIL, ConnectionKind.GOOGLE_PEOPLE, ConnectionKind.GOOGLE_DRIVE})
"""These are connected by signing in on Google's own page."""


class ConnectionState(StrEnum):
    """Whether it syncs. ``sign_in_needed``: the provider sends us away, and only its owner can mend that."""

    ACTIVE = "active"
    PAUSED = "paused"
    SIGN_IN_NEEDED = "sign_in_needed"


class Connection(Versioned, Owned, table=True):
    """One account, always private to its owner. ``name`` is unique for each owner, whatever its case.

    ``meetings_audience`` is who sees what lands on a contact through it; an event that concerns no contact stays private.
    ``url`` of a feed is its server alone: the whole address can be all that it takes to read the calendar, so it is sealed like a password.
    ``writes``: of an account at Google, whether its owner has let its calendars be changed from here, and Google knows.
    ``place`` is, of a drive, how far its list of changes has been read.
    ``inner_allowed``: its host may be one of this machine or the host's own network; only the host can say so.
    ``failures`` counts runs that failed one after the other; ``reason`` says in one sentence why the last one did, else it is empty.
    """

    __tablename__ = "connection"
    __table_args__ = (
        audience_known("connection"),
        one_of("kind", ConnectionKind, "connection"),
        one_of("state", ConnectionState, "connection"),
        one_of("meetings_audience", ("private", "team"), "connection"),
        Index("connection_name", "owner_id", text("lower(name)"), unique=True),
        Index("connection_due", "next_run_at", postgresql_where=text("state = 'active'")),
    )

    kind: str = Field(sa_type=Text)
    name: str = Field(max_length=120, sa_type=Text)
    url: str = Field(max_length=2000, sa_type=Text)
    username: str = Field(default="", max_length=320, sa_type=Text)
    inner_allowed: bool = False
    writes: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    meetings_audience: str = Field(default="team", sa_type=Text)
    state: str = Field(default=ConnectionState.ACTIVE.value, sa_type=Text)
    interval_minutes: int = Field(default=10, ge=5, le=1440)
    history_months: int = Field(default=12, ge=1, le=24)
    next_run_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    last_run_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    last_ok_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    last_full_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    failures: int = 0
    reason: str = Field(default="", sa_type=Text)
    place: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})


class ConnectionSecret(Owned, table=True):
    """The sealed password of a connection; of a feed its address and, if it asks for one, its password; of an account at Google its tokens. Shown to nobody."""

    __tablename__ = "connection_secret"
    __table_args__ = (audience_known("connection_secret"), Index("connection_secret_by_key", "key_id"))

    connection_id: UUID = Field(primary_key=True, foreign_key="connection.id", ondelete="CASCADE")
    sealed: bytes = Field(sa_type=LargeBinary)
    key_id: str = Field(sa_type=Text)


class RunState(StrEnum):
    """How a run of a connection ended, if it has."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class SyncRun(Keyed, Owned, table=True):
    """One run of a connection: what it saw and what that changed here. A ``dry`` run changes nothing and counts what it would have."""

    __tablename__ = "sync_run"
    __table_args__ = (
        audience_known("sync_run"),
        one_of("state", RunState, "sync_run"),
        Index("sync_run_by_connection", "connection_id", text("id desc")),
    )

    connection_id: UUID = Field(foreign_key="connection.id", ondelete="CASCADE")
    state: str = Field(default=RunState.RUNNING.value, sa_type=Text)
    full: bool = False
    dry: bool = False
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    seen: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    skipped: int = 0
    failed: int = 0
    reason: str = Field(default="", sa_type=Text)


class SyncProblem(Keyed, Owned, table=True):
    """One thing at the provider that is not here, and why: skipped (we do not take such things) or failed (tried again, up to eight times).

    There is one row for each thing while it stands; it goes when the thing comes in or is gone over there. While it has ``etag`` over there, it
    is not asked for again before ``retry_at``, and never by itself when that is None. Of the events from before the months that are read one row
    tells for all of a calendar's; its ``item`` is empty.
    """

    __tablename__ = "sync_problem"
    __table_args__ = (
        audience_known("sync_problem"),
        one_of("kind", ("skipped", "failed"), "sync_problem"),
        Index("sync_problem_item", "connection_id", "calendar_ref", "item", unique=True),
    )

    connection_id: UUID = Field(foreign_key="connection.id", ondelete="CASCADE")
    calendar_ref: str = Field(default="", sa_type=Text)
    item: str = Field(sa_type=Text)
    etag: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    title: str = Field(default="", sa_type=Text)
    kind: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    tries: int = 1
    seen_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    retry_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
