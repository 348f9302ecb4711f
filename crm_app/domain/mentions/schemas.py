"""A mention as its reader sees it."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from crm_app.domain.rows import Audience


class MentionView(BaseModel):
    """Who is mentioned. ``label`` is the name as the text has it, ``name`` what the person is called today."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    label: str
    name: str


class Draft(BaseModel):
    """A text that is being written, as far as it decides who is mentioned and who of them will see it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(default="", max_length=20_400)
    audience: Audience = Audience.TEAM
    contact_ids: tuple[UUID, ...] = Field(default=(), max_length=200)


class Foreseen(BaseModel):
    """Whom a text names, before it is saved; ``sees`` says whether they will be able to read it."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    name: str
    sees: bool
