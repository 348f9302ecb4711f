"""Reads of documents. Row-level security decides who gets them."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.documents import rules
from crm_app.domain.documents.access import WITHOUT_WORDS, seen_by
from crm_app.domain.documents.models import Document
from crm_app.domain.documents.schemas import DocumentView
from crm_app.domain.files.models import Blob
from crm_app.domain.paging import decode_cursor


def get_view(session: Session, actor: Actor, row: Document) -> DocumentView:
    """One document with its owner's name."""
    return rules.view(actor, row, session.exec(select(UserAccount.name).where(UserAccount.id == row.owner_id)).first() or "")


def list_views(session: Session, actor: Actor, contact_id: UUID, *, after: str | None, limit: int) -> list[DocumentView]:
    """The live documents of a contact that the actor may see, the latest first."""
    found = (
        select(Document, UserAccount.name)
        .options(*WITHOUT_WORDS)
        .join(UserAccount, col(UserAccount.id) == col(Document.owner_id))
        .where(Document.contact_id == contact_id, seen_by(actor), col(Document.deleted_at).is_(None))
        .order_by(col(Document.id).desc())
        .limit(limit)
    )
    if after:
        found = found.where(col(Document.id) < decode_cursor(after, UUID)[0])
    return [rules.view(actor, row, name) for row, name in session.exec(found).all()]


def get_text(session: Session, document_id: UUID) -> str:
    """The words of a document."""
    return session.exec(select(Document.text).where(Document.id == document_id)).one()


def find_bytes(session: Session, document_id: UUID) -> Blob | None:
    """Where the bytes of a document lie."""
    return session.exec(select(Blob).where(Blob.document_id == document_id)).first()
