"""What goes into documents and what comes out of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, SQLModel

from crm_app.domain.documents.kinds import DocumentKind, Reason, Source, TextState
from crm_app.domain.editing import Line
from crm_app.domain.rows import Audience

FORM: Any = ConfigDict(extra="forbid")


class DocumentUpdate(SQLModel):
    """Only the fields that are given change. ``version`` is the one that was read."""

    model_config = FORM

    version: int
    name: Line | None = Field(default=None, min_length=1, max_length=200, title="Name")
    audience: Audience | None = Field(default=None, title="Who can see it")
    ai_allowed: bool | None = Field(default=None, title="The assistant may read it")


class DocumentView(BaseModel):
    """A file of a contact as its reader sees it. ``size`` is in bytes; ``created_at`` is when it was added, by its owner.

    ``text_state`` says what became of its words and ``reason`` why, where something did: ``cut`` with words that were read means their beginning.
    ``source`` is where it comes from by itself, if it does, and ``source_url`` where it is opened there; ``source_gone``: it is not there any more.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    contact_id: UUID
    name: str
    kind: DocumentKind
    size: int
    created_at: datetime
    text_state: TextState
    reason: Reason
    audience: Audience
    ai_allowed: bool
    source: Source
    source_url: str
    source_gone: bool
    owner_id: UUID
    owner_name: str
    may_edit: bool
    may_delete: bool


class DocumentPage(BaseModel):
    """Some documents and the cursor of the next page (None: these were the last)."""

    model_config = ConfigDict(frozen=True)

    documents: tuple[DocumentView, ...]
    next_cursor: str | None


class DocumentText(BaseModel):
    """The words of a document, as far as they were read."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    text: str
    text_state: TextState
    reason: Reason


class DocumentFile(BaseModel):
    """A document's bytes. ``sha256`` (hex) is their ETag; ``name`` ends as files of its kind do."""

    model_config = ConfigDict(frozen=True)

    name: str
    content_type: str
    sha256: str
    data: bytes
