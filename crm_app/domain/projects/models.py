"""A group of tasks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, Text
from sqlmodel import Field

from crm_app.domain.rows import Owned, Trashable, Versioned, audience_known, one_of

HUES = ("teal", "amber", "plum", "slate", "coral", "sky", "green", "indigo")


class Project(Versioned, Owned, Trashable, table=True):
    """A group of tasks. One that is archived keeps its tasks and is offered no more; one in the trash lets go of them while it is there."""

    __tablename__ = "project"
    __table_args__ = (audience_known("project"), one_of("hue", HUES, "project"))

    title: str = Field(max_length=120, sa_type=Text)
    description: str = Field(default="", max_length=20_000, sa_type=Text)
    hue: str = Field(default=HUES[0], sa_type=Text)
    archived_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
