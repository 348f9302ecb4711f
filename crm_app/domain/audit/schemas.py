"""What the audit log shows, and how it is asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class AuditFilter(BaseModel):
    """Which entries, newest first. ``actions`` empty means all; ``about`` is a person: what they did, and what was done to them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actions: tuple[str, ...] = Field(default=(), max_length=20)
    refused: bool = False
    about: UUID | None = None
    after: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class AuditRow(BaseModel):
    """One entry. ``actor_name`` and ``subject_name`` are of people who are still known; everything else is an id."""

    model_config = ConfigDict(frozen=True)

    seq: int
    at: datetime
    actor_id: UUID | None
    actor_name: str
    via: str
    action: str
    outcome: str
    subject: str
    subject_id: UUID | None
    subject_name: str
    address: str
    details: dict[str, Any]


class AuditPage(BaseModel):
    """Some entries, and the cursor of the next page (None: these were the last)."""

    model_config = ConfigDict(frozen=True)

    entries: tuple[AuditRow, ...]
    next_cursor: str | None


class AuditCheck(BaseModel):
    """What a walk along the whole chain found. ``broken_at`` is the first entry that is not what was sealed, ``reason`` why.

    ``other_keys`` counts entries that another key sealed, which this deployment cannot vouch for.
    """

    model_config = ConfigDict(frozen=True)

    entries: int
    broken_at: int | None = None
    reason: str = ""
    other_keys: int = 0

    @property
    def whole(self) -> bool:
        """True when nothing was changed, removed, moved or put in."""
        return self.broken_at is None
