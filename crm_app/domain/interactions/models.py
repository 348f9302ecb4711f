"""The timeline: what happened with whom."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Computed, DateTime, Index, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field

from crm_app.domain.contacts.models import Source
from crm_app.domain.rows import Owned, Trashable, Versioned, audience_known, now, one_of


class Kind(StrEnum):
    """What an entry on the timeline is."""

    EMAIL = "email"
    MEETING = "meeting"
    CALL = "call"
    NOTE = "note"
    MESSAGE = "message"
    CLASS_ATTENDANCE = "class_attendance"


class Direction(StrEnum):
    """Who began it."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Interaction(Versioned, Owned, Trashable, table=True):
    """One entry. Its owner is its author, unless it was handed over: then ``author_id`` says who wrote it.

    ``audience`` is what the author asked for, narrowed by a trigger to its narrowest contact. ``sentiment_confidence`` stands beside a sentiment that
    a model read out of the words; one without it was given by a person or came with an import, and no model changes it.
    """

    __tablename__ = "interaction"
    __table_args__ = (
        audience_known("interaction"),
        one_of("kind", Kind, "interaction"),
        one_of("direction", Direction, "interaction", optional=True),
        one_of("source", Source, "interaction"),
        Index("interaction_recent", text("occurred_at desc"), text("id desc"), postgresql_where=text("deleted_at is null")),
        Index("interaction_search", "search_vector", postgresql_using="gin"),
        Index(
            "interaction_external_key", "owner_id", "source", "external_id", unique=True, postgresql_where=text("external_id is not null")
        ),
    )

    kind: str = Field(sa_type=Text)
    subject: str = Field(default="", max_length=500, sa_type=Text)
    body: str = Field(default="", max_length=100_000, sa_type=Text)
    occurred_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    duration_minutes: int | None = Field(default=None, ge=0, le=10_080)
    direction: str | None = Field(default=None, sa_type=Text)
    sentiment: int | None = Field(default=None, ge=1, le=5)
    sentiment_confidence: float | None = Field(default=None, ge=0, le=1)
    source: str = Field(default=Source.MANUAL.value, sa_type=Text)
    external_id: str | None = Field(default=None, sa_type=Text)
    ai_allowed: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    author_id: UUID | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
    asked_audience: str = Field(default="team", sa_type=Text, sa_column_kwargs={"server_default": text("'team'")})
    search_text: str = Field(default="", sa_type=Text)
    search_vector: str | None = Field(
        default=None, sa_type=TSVECTOR, sa_column_args=(Computed("to_tsvector('simple', search_text)", persisted=True),)
    )


class InteractionContact(Owned, table=True):
    """An entry on one contact's timeline; kind and time are carried here so that a page needs one index."""

    __tablename__ = "interaction_contact"
    __table_args__ = (
        audience_known("interaction_contact"),
        Index("interaction_contact_timeline", "contact_id", text("occurred_at desc"), text("interaction_id desc")),
    )

    interaction_id: UUID = Field(primary_key=True, foreign_key="interaction.id", ondelete="CASCADE")
    contact_id: UUID = Field(primary_key=True, foreign_key="contact.id", ondelete="CASCADE")
    kind: str = Field(sa_type=Text)
    occurred_at: datetime = Field(sa_type=DateTime(timezone=True))
