"""Work that outlives a click: imports, exports, and later syncs and AI. One table is the memory of all of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from crm_app.domain.rows import Versioned, now, one_of


class JobState(StrEnum):
    """Where a job stands. ``draft`` waits for its person (an import that is being mapped)."""

    DRAFT = "draft"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Versioned, table=True):
    """One piece of background work for one person; private to them."""

    __tablename__ = "job"
    __table_args__ = (
        one_of("state", JobState, "job"),
        Index("job_waiting", "run_after", "id", postgresql_where=text("state in ('queued', 'running')")),
        Index("job_by_owner", "owner_id", text("created_at desc")),
        Index(
            "job_one_sync", text("(payload ->> 'connection_id')"), unique=True,
            postgresql_where=text("kind = 'connections.sync' and state in ('queued', 'running')"),
        ),
    )  # fmt: skip

    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    kind: str = Field(max_length=60, sa_type=Text)
    state: str = Field(default=JobState.QUEUED.value, sa_type=Text)
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")})
    result: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")})
    progress_done: int = 0
    progress_total: int = 0
    cancel_requested: bool = False
    attempts: int = 0
    run_after: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    lease_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    reason: str = Field(default="", sa_type=Text)
    change_set_id: UUID | None = None
