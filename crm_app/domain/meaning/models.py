"""Which entries, mails and documents are known by their meaning, and their passages: signs, which a search looks through, and the vectors behind these."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import BIT
from sqlmodel import Field, SQLModel

from crm_app.domain.ids import new_id
from crm_app.domain.meaning.vectors import WIDTH
from crm_app.domain.rows import Owned, audience_known


class MeaningState(SQLModel, table=True):
    """The one row that says which model's vectors are kept; without one, or with an empty ``model``, search by meaning is off.

    ``local``: the model runs in this very process, so that nothing is sent. ``common`` is what all its vectors have in common, packed: signs are taken around it.
    ``entries_to``, ``mails_to`` and ``documents_to``: up to which keys, in their order, what was written before it was switched on has been taken up.
    ``paused``: in a word, why nothing is read at the moment, and until when it is not tried again.
    """

    __tablename__ = "meaning_state"
    __table_args__ = (CheckConstraint("id = 1", name="meaning_state_is_one"),)

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    model: str = Field(sa_type=Text)
    local: bool
    common: bytes = Field(sa_type=LargeBinary)
    entries_to: UUID | None = None
    mails_to: UUID | None = None
    documents_to: UUID | None = None
    paused: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    paused_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class MeaningSource(Owned, table=True):
    """An entry, a mail or a document that is known by its meaning, or will be: ``due`` until its text as it stands now has been read.

    The database makes these rows, and carries owner and audience to them and to their parts. Whatever changes in the text, or in who may be
    read of, takes the passages away at once and makes it due again.
    """

    __tablename__ = "meaning_source"
    __table_args__ = (
        audience_known("meaning_source"),
        CheckConstraint("num_nonnulls(interaction_id, email_id, document_id) = 1", name="meaning_source_of_one"),
        Index("meaning_source_entry", "interaction_id", unique=True, postgresql_where=text("interaction_id is not null")),
        Index("meaning_source_mail", "email_id", unique=True, postgresql_where=text("email_id is not null")),
        Index("meaning_source_document", "document_id", unique=True, postgresql_where=text("document_id is not null")),
        Index("meaning_source_due", "owner_id", postgresql_where=text("due")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    interaction_id: UUID | None = Field(default=None, foreign_key="interaction.id", ondelete="CASCADE")
    email_id: UUID | None = Field(default=None, foreign_key="email_body.email_id", ondelete="CASCADE")
    document_id: UUID | None = Field(default=None, foreign_key="document.id", ondelete="CASCADE")
    due: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})


class MeaningChunk(Owned, table=True):
    """A passage by its signs. A search reads all of these rows, so they hold nothing else: a hundred thousand are 19 MB."""

    __tablename__ = "meaning_chunk"
    __table_args__ = (audience_known("meaning_chunk"), Index("meaning_chunk_by_source", "source_id"))

    id: UUID = Field(default_factory=new_id, primary_key=True)
    source_id: UUID = Field(foreign_key="meaning_source.id", ondelete="CASCADE")
    signs: str = Field(sa_type=BIT(WIDTH))  # type: ignore[call-overload]


class MeaningVector(Owned, table=True):
    """The vector of a passage, packed (see ``vectors``), and where in its source's text the passage stands."""

    __tablename__ = "meaning_vector"
    __table_args__ = (audience_known("meaning_vector"),)

    chunk_id: UUID = Field(primary_key=True, foreign_key="meaning_chunk.id", ondelete="CASCADE")
    begins: int
    ends: int
    vector: bytes = Field(sa_type=LargeBinary)
