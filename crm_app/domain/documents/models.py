"""Files of contacts, with the words that stand in them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Computed, Index, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field

from crm_app.domain.documents.kinds import DocumentKind, Reason, Source, TextState
from crm_app.domain.rows import Owned, Trashable, Versioned, audience_known, one_of


class Document(Versioned, Owned, Trashable, table=True):
    """A file of one contact. Its owner is who added it; its bytes are a row of ``blob`` that has its owner and audience, by trigger.

    ``source`` is where it comes from by itself (empty: somebody added it), ``source_ref`` its id there, and ``source_gone`` says that it is not there any more.
    ``audience`` is what was asked for, narrowed by a trigger where the contact is private. ``text`` is what was read, at most ``MOST_TEXT`` letters.
    """

    __tablename__ = "document"
    __table_args__ = (
        audience_known("document"),
        one_of("kind", DocumentKind, "document"),
        one_of("text_state", TextState, "document"),
        one_of("reason", Reason, "document"),
        one_of("source", Source, "document"),
        Index("document_by_contact", "contact_id", "id"),
        Index("document_search", "search_vector", postgresql_using="gin"),
        Index("document_in_trash", "deleted_at", postgresql_where=sql("deleted_at is not null")),
    )

    contact_id: UUID = Field(foreign_key="contact.id", ondelete="CASCADE")
    name: str = Field(max_length=200, sa_type=Text)
    kind: str = Field(sa_type=Text)
    size: int
    text_state: str = Field(sa_type=Text)
    reason: str = Field(default=Reason.NONE.value, sa_type=Text, sa_column_kwargs={"server_default": sql("''")})
    asked_audience: str = Field(default="team", sa_type=Text, sa_column_kwargs={"server_default": sql("'team'")})
    ai_allowed: bool = Field(default=True, sa_column_kwargs={"server_default": sql("true")})
    source: str = Field(default=Source.NONE.value, sa_type=Text, sa_column_kwargs={"server_default": sql("''")})
    source_ref: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": sql("''")})
    source_gone: bool = Field(default=False, sa_column_kwargs={"server_default": sql("false")})
    text: str = Field(default="", sa_type=Text)
    search_text: str = Field(default="", sa_type=Text)
    search_vector: str | None = Field(
        default=None, sa_type=TSVECTOR, sa_column_args=(Computed("to_tsvector('simple', search_text)", persisted=True),)
    )
