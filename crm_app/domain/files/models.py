"""Bytes that belong to a record: photos and documents. One backup holds them all."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Index, LargeBinary, Text, text
from sqlmodel import Field

from crm_app.domain.rows import Keyed, Owned, audience_known

PHOTO, FORMER_PHOTO, UPLOAD, DOCUMENT, LETTER = "photo", "former photo", "upload", "document", "letter"
"""What bytes are for: a contact's photo, one that was replaced or taken off, a file that waits to be taken up, a document's, what is attached to a letter."""


class Blob(Keyed, Owned, table=True):
    """At most 25 MB, never changed after it is written; ``sha256`` (hex) is its ETag. A document's are its own in everything, by trigger.

    What is attached to a letter hangs on its draft by ``letter_id``, on the mail that it became by ``email_id``, and for a day on neither.
    """

    __tablename__ = "blob"
    __table_args__ = (
        audience_known("blob"),
        Index("blob_of_document", "document_id", unique=True, postgresql_where=text("document_id is not null")),
        Index("blob_by_letter", "letter_id", postgresql_where=text("letter_id is not null")),
        Index("blob_by_email", "email_id", postgresql_where=text("email_id is not null")),
    )

    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", ondelete="CASCADE", index=True)
    document_id: UUID | None = Field(default=None, foreign_key="document.id", ondelete="CASCADE")
    letter_id: UUID | None = Field(default=None, foreign_key="mail_draft.id", ondelete="SET NULL")
    email_id: UUID | None = Field(default=None, foreign_key="email.id", ondelete="CASCADE")
    purpose: str = Field(default=PHOTO, sa_type=Text)
    name: str = Field(default="", sa_type=Text)
    content_type: str = Field(default="application/octet-stream", sa_type=Text)
    size: int = 0
    sha256: str = Field(default="", sa_type=Text)
    data: bytes = Field(default=b"", sa_type=LargeBinary)
