"""The audit log's one table."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from crm_app.domain.rows import one_of


class AuditEntry(SQLModel, table=True):
    """One deed. It names people and things by id alone, and outlives them, so no foreign key leads out of it.

    ``mac`` is an HMAC over this entry and the ``mac`` of the one before it, made with a key that is not in the database.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        one_of("outcome", ("done", "refused"), "audit_entry"),
        Index("audit_entry_by_actor", "actor_id", text("seq desc")),
        Index("audit_entry_exports", "actor_id", "at", postgresql_where=text("action = 'contacts.exported'")),
    )

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=DateTime(timezone=True))
    actor_id: UUID | None = None
    via: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    outcome: str = Field(default="done", sa_type=Text)
    subject: str = Field(default="", sa_type=Text)
    subject_id: UUID | None = None
    address: str = Field(default="", sa_type=Text)
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")})
    key_id: str = Field(sa_type=Text)
    mac: bytes = Field(sa_type=LargeBinary)
