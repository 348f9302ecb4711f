"""What changed, by whom, from what to what: history, undo and live pages read the same rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from crm_app.domain.rows import now


class ChangeSet(SQLModel, table=True):
    """All that one service call changed. ``action`` is the call's name."""

    __tablename__ = "change_set"

    id: UUID = Field(primary_key=True)
    actor_id: UUID | None = Field(default=None, index=True)
    via: str = Field(default="", sa_type=Text)
    action: str = Field(default="", sa_type=Text)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    undone_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class Change(SQLModel, table=True):
    """One row before and after. Written by the trigger ``record_change`` alone, seen by whom the row is seen."""

    __tablename__ = "change"
    __table_args__ = (
        Index("change_by_set", "change_set_id", "id"),
        Index("change_by_row", "row_id", "id"),
        Index("change_of_check_in", text("(coalesce(after, before) ->> 'goal_id')"), postgresql_where=text("table_name = 'goal_check_in'")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(always=True),))
    change_set_id: UUID = Field(foreign_key="change_set.id", ondelete="CASCADE")
    actor_id: UUID | None = None
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": text("now()")})
    table_name: str = Field(sa_type=Text)
    row_id: UUID | None = None
    owner_id: UUID | None = None
    audience: str = Field(default="private", sa_type=Text)
    before: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    after: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
