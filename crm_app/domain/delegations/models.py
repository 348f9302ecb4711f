"""A task that was given to the assistant."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from crm_app.domain.rows import Owned, Versioned, audience_known, one_of


class DelegationState(StrEnum):
    """``waiting``: its draft waits for approval; ``done``: that was given; ``cancelled``: somebody stopped it, or rejected the draft."""

    WORKING = "working"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Delegation(Versioned, Owned, table=True):
    """One time that somebody had the assistant draft a task: theirs alone. ``steps`` say what was done, each ``{"what", "count"}`` in order."""

    __tablename__ = "delegation"
    __table_args__ = (
        audience_known("delegation"),
        one_of("state", DelegationState, "delegation"),
        Index("delegation_at_work", "task_id", unique=True, postgresql_where=text("state in ('working', 'waiting')")),
        Index("delegation_by_task", "task_id", text("id desc")),
    )

    task_id: UUID = Field(foreign_key="task.id", ondelete="CASCADE")
    state: str = Field(default=DelegationState.WORKING.value, sa_type=Text)
    steps: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    reason: str = Field(default="", max_length=500, sa_type=Text)
    model_label: str = Field(default="", max_length=200, sa_type=Text)
    cost_micros: int = Field(default=0, sa_type=BigInteger)
    job_id: UUID | None = Field(default=None, sa_type=Uuid)
    suggestion_id: UUID | None = Field(default=None, sa_type=Uuid)
