"""Address books as they are shown and chosen."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict


class BookRow(BaseModel):
    """One address book of a connection. ``synced``: its people come in and stay in step; ``people`` are those who stand here because of it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    connection_id: UUID
    name: str
    synced: bool
    people: int


class BookChoice(BaseModel):
    """Whether a book is synced."""

    model_config = ConfigDict(extra="forbid")

    version: int
    synced: bool
