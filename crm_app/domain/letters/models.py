"""What somebody is writing by mail, kept while they type."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from crm_app.domain.rows import Owned, Versioned, audience_known


class MailDraft(Versioned, Owned, table=True):
    """A letter that is being written, or that waits to be sent: its owner's alone. It goes once it has been sent.

    ``recipients``, ``copies`` and ``blind`` (whom the others do not see) are as they were typed,
    ``Ana <ana@example.org>, ben@example.org``; nothing of them need be right before it is sent.
    ``answers_id`` is the mail that it answers, ``quoted`` what is quoted of it beneath, ``contact_id`` the contact from whose record it was begun.
    ``signature`` is what last stood under it of its mailbox's: that may be another by now, and is nobody's words either.
    ``files`` says what is attached, in the order in which it stands in the mail: ``id`` (of a ``blob``), ``name``, ``kind`` and ``size``.
    While it is to be sent a row of the outbox stands for it, by the key ``letter:<id>``, and nobody changes it.
    """

    __tablename__ = "mail_draft"
    __table_args__ = (
        audience_known("mail_draft"),
        Index("mail_draft_of_owner", "owner_id", text("updated_at desc")),
        Index("mail_draft_by_connection", "connection_id", postgresql_where=text("connection_id is not null")),
        Index("mail_draft_by_answers", "answers_id", postgresql_where=text("answers_id is not null")),
        Index("mail_draft_by_contact", "contact_id", postgresql_where=text("contact_id is not null")),
    )

    connection_id: UUID | None = Field(default=None, foreign_key="connection.id", ondelete="SET NULL")
    answers_id: UUID | None = Field(default=None, foreign_key="email.id", ondelete="SET NULL")
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", ondelete="SET NULL")
    recipients: str = Field(default="", sa_type=Text)
    copies: str = Field(default="", sa_type=Text)
    blind: str = Field(default="", sa_type=Text)
    subject: str = Field(default="", max_length=500, sa_type=Text)
    body: str = Field(default="", sa_type=Text)
    signature: str = Field(default="", sa_type=Text)
    files: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    quoted: str = Field(default="", sa_type=Text)


class TemplateRow(Versioned, Owned, table=True):
    """What somebody writes again and again, theirs or the team's to use, and theirs alone to change. ``{first_name}`` and the like are filled in
    when a letter is written.
    """

    __tablename__ = "mail_template"
    __table_args__ = (audience_known("mail_template"), Index("mail_template_of_owner", "owner_id"))

    name: str = Field(max_length=120, sa_type=Text)
    subject: str = Field(default="", max_length=500, sa_type=Text)
    body: str = Field(default="", sa_type=Text)
