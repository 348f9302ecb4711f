"""Lists that somebody comes back to, kept by name."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field

from crm_app.domain.rows import Versioned, one_of

HUES = ("coral", "teal", "sky", "amber", "plum", "green", "indigo", "slate")


class SavedView(Versioned, table=True):
    """One person's list of contacts: ``query`` is the list's address without its path (``stage=core_client&sort=-last_contact``)."""

    __tablename__ = "saved_view"
    __table_args__ = (one_of("hue", HUES, "saved_view"), Index("saved_view_by_user", "user_id", "position"))

    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    name: str = Field(max_length=60, sa_type=Text)
    query: str = Field(default="", max_length=2_000, sa_type=Text)
    hue: str = Field(default="teal", sa_type=Text)
    position: int = 0
