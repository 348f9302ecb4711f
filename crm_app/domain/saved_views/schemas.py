"""What goes into saved views, and what comes out of them."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, SQLModel

from crm_app.domain.editing import Line

FORM: Any = ConfigDict(extra="forbid")
Hue = Literal["coral", "teal", "sky", "amber", "plum", "green", "indigo", "slate"]


class SavedViewCreate(SQLModel):
    """A new view. Without a ``hue`` it takes the next one in turn."""

    model_config = FORM

    name: Line = Field(min_length=1, max_length=60, title="Name")
    query: Line = Field(default="", max_length=2_000, title="List")
    hue: Hue | None = Field(default=None, title="Colour")


class SavedViewUpdate(SQLModel):
    """Only the fields that are given change. ``version`` is the one that was read."""

    model_config = FORM

    version: int
    name: Line | None = Field(default=None, min_length=1, max_length=60, title="Name")
    query: Line | None = Field(default=None, max_length=2_000, title="List")
    hue: Hue | None = Field(default=None, title="Colour")


class SavedViewRow(BaseModel):
    """A view as its owner sees it, in their order."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    version: int
    name: str
    query: str
    hue: str
