"""What comes out of the team's tags."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict


class TagView(BaseModel):
    """A tag and the number of live contacts under it that the reader sees."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    name: str
    count: int
