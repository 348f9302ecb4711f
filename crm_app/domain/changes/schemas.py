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


class HistoryLine(BaseModel):
    """What one act did to one row. ``kind`` is made, changed or removed; ``row`` is the row as it stood afterwards, or before it went."""

    model_config = ConfigDict(frozen=True)

    table: str
    kind: str
    row: dict[str, Any]
    fields: tuple[FieldChange, ...]


class HistoryAct(BaseModel):
    """What somebody did to a record in one go. ``records`` counts what the act touched in all, for those who may take it back."""

    model_config = ConfigDict(frozen=True)

    change_set_id: UUID
    at: datetime
    actor_id: UUID | None
    actor_name: str
    lines: tuple[HistoryLine, ...]
    records: int
    may_undo: bool


class HistoryPage(BaseModel):
    """Some acts, the newest first, and the cursor of the next page (None: these were the first ones).

    ``names`` says what the ids in the lines are called, as far as the reader may know; those in ``gone`` are there no more.
    """

    model_config = ConfigDict(frozen=True)

    acts: tuple[HistoryAct, ...]
    names: dict[str, str]
    gone: frozenset[str]
    next_cursor: str | None
