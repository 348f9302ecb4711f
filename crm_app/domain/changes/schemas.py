"""History and undo as their readers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class UndoSummary(BaseModel):
    """What an undo took back: how many rows, of which tables, and the contacts among them."""

    model_config = ConfigDict(frozen=True)

    change_set_id: UUID
    action: str
    rows: int
    tables: dict[str, int]
    contact_ids: tuple[UUID, ...]


class FieldChange(BaseModel):
    """One field before and after; None where the row did not exist."""

    model_config = ConfigDict(frozen=True)

    name: str
    before: Any
    after: Any


class HistoryEntry(BaseModel):
    """One change of one row. ``kind`` is made, changed or removed; ``may_undo`` is true for the actor's own last word on it."""

    model_config = ConfigDict(frozen=True)

    change_set_id: UUID
    at: datetime
    actor_id: UUID | None
    actor_name: str
    table: str
    kind: str
    fields: tuple[FieldChange, ...]
    may_undo: bool
