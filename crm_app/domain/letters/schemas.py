"""Letters as they are written and shown: to their owner alone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from crm_app.domain.documents.schemas import DocumentView
from crm_app.domain.editing import Line, Prose
from crm_app.domain.rows import Audience

MOST_ADDRESSES, MOST_WORDS = 5_000, 100_000
MOST_FILES, MOST_BYTES = 20, 20_000_000
"""Of what is attached, all of it together: packed for its way it still passes where 30 MB do."""


class LetterState(StrEnum):
    """``draft`` is being written, ``waiting`` leaves by itself, ``sending`` is with the mail server, ``sent`` was taken and is being put away;
    ``failed`` was surely not taken, of ``unknown`` nobody knows.
    """

    DRAFT = "draft"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class LetterInput(BaseModel):
    """A letter as it is begun. People are typed as in a mail program: ``Ana <ana@example.org>, ben@example.org``; ``blind`` get it unseen by the others.

    ``files`` are ids of files of one's own that have come up, or that were attached before.
    """

    model_config = ConfigDict(extra="forbid")

    connection_id: UUID | None = None
    answers_id: UUID | None = None
    contact_id: UUID | None = None
    recipients: Line = Field(default="", max_length=MOST_ADDRESSES)
    copies: Line = Field(default="", max_length=MOST_ADDRESSES)
    blind: Line = Field(default="", max_length=MOST_ADDRESSES)
    subject: Line = Field(default="", max_length=500)
    body: Prose = Field(default="", max_length=MOST_WORDS)
    quoted: Prose = Field(default="", max_length=MOST_WORDS)
    files: tuple[UUID, ...] = Field(default=(), max_length=MOST_FILES)


class LetterUpdate(BaseModel):
    """What is given is changed. What a letter answers stays as it began."""

    model_config = ConfigDict(extra="forbid")

    version: int
    connection_id: UUID | None = None
    recipients: Line | None = Field(default=None, max_length=MOST_ADDRESSES)
    copies: Line | None = Field(default=None, max_length=MOST_ADDRESSES)
    blind: Line | None = Field(default=None, max_length=MOST_ADDRESSES)
    subject: Line | None = Field(default=None, max_length=500)
    body: Prose | None = Field(default=None, max_length=MOST_WORDS)
    quoted: Prose | None = Field(default=None, max_length=MOST_WORDS)


class LetterFile(BaseModel):
    """Something that is attached to a letter; ``size`` is in bytes."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    kind: str
    size: int


class FilesAtHand(BaseModel):
    """Files of a contact to whom a letter goes, the latest first."""

    model_config = ConfigDict(frozen=True)

    contact_id: UUID
    name: str
    documents: tuple[DocumentView, ...]


class LetterView(BaseModel):
    """A letter as it stands. ``leaves_at`` is when it leaves by itself, ``reason`` why it did not; ``thread_id`` where what it answers is read,
    ``signature`` what last stood under it of its mailbox's."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    connection_id: UUID | None
    answers_id: UUID | None
    thread_id: UUID | None
    contact_id: UUID | None
    recipients: str
    copies: str
    blind: str
    subject: str
    body: str
    signature: str
    quoted: str
    files: tuple[LetterFile, ...]
    state: LetterState
    leaves_at: datetime | None
    reason: str
    updated_at: datetime

    def as_input(self) -> LetterInput:
        """With what it can be begun again once it has been thrown away."""
        return LetterInput(**self.model_dump(include=set(LetterInput.model_fields) - {"files"}), files=tuple(one.id for one in self.files))


class LetterStart(BaseModel):
    """How a letter begins: ``kept`` is one that was begun already and not sent, else ``fresh`` is what to begin with."""

    model_config = ConfigDict(frozen=True)

    kept: LetterView | None
    fresh: LetterInput


class SenderView(BaseModel):
    """A mailbox of the actor's that sends. ``resting`` says why it does not just now, else it is empty. ``signature`` stands under what is begun with it."""

    model_config = ConfigDict(frozen=True)

    connection_id: UUID
    mailbox: str
    address: str
    name: str
    resting: str
    signature: str


class TemplateInput(BaseModel):
    """A new template. What stands in braces is filled in when a letter is written."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(min_length=1, max_length=120)
    subject: Line = Field(default="", max_length=500)
    body: Prose = Field(default="", max_length=MOST_WORDS)
    audience: Audience = Audience.PRIVATE


class TemplateUpdate(BaseModel):
    """What is given is changed."""

    model_config = ConfigDict(extra="forbid")

    version: int
    name: Line | None = Field(default=None, min_length=1, max_length=120)
    subject: Line | None = Field(default=None, max_length=500)
    body: Prose | None = Field(default=None, max_length=MOST_WORDS)
    audience: Audience | None = None


class TemplateView(BaseModel):
    """A template that its reader may use. ``own``: they may change it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    name: str
    subject: str
    body: str
    audience: Audience
    own: bool


class TemplateFilled(BaseModel):
    """A template's words for one person. What could not be filled in stands as it did, and is named in ``missing``."""

    model_config = ConfigDict(frozen=True)

    subject: str
    body: str
    missing: tuple[str, ...]
