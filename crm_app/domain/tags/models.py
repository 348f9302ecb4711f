"""The team's tags: one shared vocabulary."""

from __future__ import annotations

from sqlalchemy import Index, Text
from sqlmodel import Field

from crm_app.domain.rows import Versioned


class Tag(Versioned, table=True):
    """A word that the team puts on contacts; unique without regard to case and accents."""

    __tablename__ = "tag"
    __table_args__ = (Index("tag_name_key", "folded", unique=True),)

    name: str = Field(max_length=60, sa_type=Text)
    folded: str = Field(sa_type=Text)
    cadence_days: int | None = Field(default=None, ge=1, le=3650)
