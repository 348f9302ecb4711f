"""What goes into conversations with the assistant, and what comes out of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from crm_app.domain.conversations.models import TurnState
from crm_app.domain.editing import Prose

LONGEST_QUESTION, LONGEST_ANSWER = 4_000, 40_000
FROZEN = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class TurnCreate(BaseModel):
    """A question. Without ``conversation_id`` it begins a conversation; ``replaces`` is the last question of one, asked otherwise or once more.

    ``about`` are contacts whom the asker named with it: by an at sign, or because it is asked from their record.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    question: Prose = Field(min_length=1, max_length=LONGEST_QUESTION, title="Question")
    conversation_id: UUID | None = None
    replaces: UUID | None = None
    about: tuple[UUID, ...] = Field(default=(), max_length=20)


class Cited(BaseModel):
    """A record that an answer rests on: ``[number]`` in it. ``kind`` and ``ref_id`` say where it opens; ``contact_id`` whose it is, if one contact's.

    ``what`` is an entry's own kind, for its icon.
    """

    model_config = FROZEN

    number: int
    kind: str
    what: str = ""
    ref_id: UUID
    title: str
    when: datetime | None = None
    contact_id: UUID | None = None


class CardRow(BaseModel):
    """A line of a card. ``stage`` is a contact's; ``days`` since they were last spoken to, ``overdue`` how many days too many; ``when`` of anything else."""

    model_config = FROZEN

    kind: str = "contact"
    ref_id: UUID
    name: str
    stage: str = ""
    days: int | None = None
    overdue: int | None = None
    when: datetime | None = None
    contact_id: UUID | None = None


class Card(BaseModel):
    """What a tool found, to be shown as it is: nothing in it comes from a model.

    ``total`` counts also what is not listed; ``kept_back`` are those whom AI may not read, of whom a model was told no more than how many.
    """

    model_config = FROZEN

    kind: Literal["people", "meetings", "tasks", "goals", "numbers"]
    title: str
    rows: tuple[CardRow, ...] = ()
    total: int = 0
    kept_back: int = 0


class TurnDone(BaseModel):
    """How an answer ended."""

    model_config = FROZEN

    state: Literal[TurnState.DONE, TurnState.STOPPED, TurnState.FAILED]
    answer: str = Field(default="", max_length=LONGEST_ANSWER)
    failure: str = ""
    steps: tuple[str, ...] = ()
    sources: tuple[Cited, ...] = ()
    cards: tuple[Card, ...] = ()
    suggestions: tuple[UUID, ...] = ()
    contact_ids: frozenset[UUID] = frozenset()
    handles: dict[str, tuple[str, UUID]] = Field(default_factory=dict)
    model_label: str = ""
    why: str = ""
    cost_micros: int = Field(default=0, ge=0)
    seconds: float = 0.0


class TurnView(BaseModel):
    """A question with its answer. ``hidden``: it speaks of somebody whom the asker does not see any more, and only says so."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    question: str
    state: TurnState
    answer: str = ""
    failure: str = ""
    steps: tuple[str, ...] = ()
    sources: tuple[Cited, ...] = ()
    cards: tuple[Card, ...] = ()
    suggestions: tuple[UUID, ...] = ()
    model_label: str = ""
    why: str = ""
    cost_micros: int = 0
    seconds: float = 0.0
    created_at: datetime
    hidden: bool = False
    contact_ids: frozenset[UUID] = frozenset()


class ConversationRow(BaseModel):
    """A conversation in the list of those there are."""

    model_config = FROZEN

    id: UUID
    version: int
    title: str
    asked_at: datetime


class ConversationView(ConversationRow):
    """A conversation with everything that was said in it. ``about`` is the contact from whose record it was begun, while that is visible."""

    about: tuple[UUID, str] | None = None
    turns: tuple[TurnView, ...] = ()


class TurnBegun(BaseModel):
    """Where a question stands from now on."""

    model_config = FROZEN

    conversation_id: UUID
    turn_id: UUID


class Talk(BaseModel):
    """What whoever answers must know: the turns before, oldest first, the short names given so far, and whom the question is about, with their names."""

    model_config = FROZEN

    conversation_id: UUID
    question: str
    before: tuple[TurnView, ...]
    handles: dict[str, tuple[str, UUID]]
    about: tuple[tuple[UUID, str], ...] = ()
