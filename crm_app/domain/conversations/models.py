"""What somebody asked the assistant, and what it answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from crm_app.domain.rows import Keyed, Versioned, now, one_of


class TurnState(StrEnum):
    """What became of a question. ``stopping``: the asker has had enough, and whoever answers has not heard of it yet."""

    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Conversation(Versioned, table=True):
    """One person's questions that belong together: nobody else's, whatever their role, and gone with the account.

    ``handles`` are the short names by which a model knows what it was shown here, ``{"p1": ["contact", "<id>"]}``: it never sees a key of ours.
    ``about_id`` is the contact from whose record it was begun.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("id", "user_id", name="conversation_of_user"),
        Index("conversation_by_user", "user_id", text("asked_at desc"), text("id desc")),
    )

    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    title: str = Field(default="", max_length=120, sa_type=Text)
    about_id: UUID | None = None
    handles: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    asked_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class ConversationTurn(Keyed, table=True):
    """One question with its answer. ``steps`` is what was done for it in words, ``sources`` what ``[n]`` in the answer means, ``cards`` what it found.

    ``heard_at`` is when whoever answers it last said that they are at it.
    ``failure`` is a sentence of ours. ``seconds`` is how long it took, ``cost_micros`` what it cost in millionths of a US dollar.
    """

    __tablename__ = "conversation_turn"
    __table_args__ = (
        one_of("state", TurnState, "conversation_turn"),
        ForeignKeyConstraint(["conversation_id", "user_id"], ["conversation.id", "conversation.user_id"], name="conversation_turn_whose", ondelete="CASCADE"),
        UniqueConstraint("id", "user_id", name="conversation_turn_of_user"),
        Index("conversation_turn_in_order", "conversation_id", "id"),
    )

    user_id: UUID
    conversation_id: UUID
    question: str = Field(sa_type=Text)
    state: str = Field(default=TurnState.RUNNING.value, sa_type=Text)
    answer: str = Field(default="", sa_type=Text)
    failure: str = Field(default="", sa_type=Text)
    steps: list[Any] = Field(default_factory=list, sa_type=JSONB)
    sources: list[Any] = Field(default_factory=list, sa_type=JSONB)
    cards: list[Any] = Field(default_factory=list, sa_type=JSONB)
    suggestions: list[Any] = Field(default_factory=list, sa_type=JSONB)
    model_label: str = Field(default="", sa_type=Text)
    why: str = Field(default="", sa_type=Text)
    cost_micros: int = Field(default=0, sa_type=BigInteger)
    seconds: float = 0.0
    heard_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class TurnContact(Keyed, table=True):
    """A contact of whom a question or its answer speaks. Where one is erased, what was said of them goes as well (trigger ``contact_leaves_talks``)."""

    __tablename__ = "conversation_contact"
    __table_args__ = (
        ForeignKeyConstraint(["turn_id", "user_id"], ["conversation_turn.id", "conversation_turn.user_id"], name="conversation_contact_whose", ondelete="CASCADE"),
        UniqueConstraint("turn_id", "contact_id", name="conversation_contact_once"),
        Index("conversation_contact_by_contact", "contact_id"),
    )

    user_id: UUID
    turn_id: UUID
    contact_id: UUID
