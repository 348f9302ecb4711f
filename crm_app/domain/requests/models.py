"""Answers kept for a day, so that a repeated REST request is answered again and not carried out again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from crm_app.domain.rows import now


class IdempotencyKey(SQLModel, table=True):
    """One answered request: ``fingerprint`` is the SHA-256 of method, path and body."""

    __tablename__ = "idempotency_key"

    user_id: UUID = Field(primary_key=True, foreign_key="user_account.id", ondelete="CASCADE")
    key: str = Field(primary_key=True, max_length=200, sa_type=Text)
    fingerprint: str = Field(sa_type=Text)
    status: int
    body: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
