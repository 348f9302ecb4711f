"""Which documents somebody may see, and the only loader of one by its id."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.documents.models import Document
from crm_app.domain.errors import NotFound
from crm_app.domain.rows import Audience

CONTACT_IN_TRASH: Any = select(Contact.id).where(col(Contact.id) == col(Document.contact_id), col(Contact.deleted_at).is_not(None)).correlate(Document).exists()
"""A document whose contact is in the trash waits there with it."""
# A list shows no words, which are long.
WITHOUT_WORDS = (defer(Document.text), defer(Document.search_text), defer(Document.search_vector))  # type: ignore[arg-type]


def seen_by(actor: Actor) -> Any:
    """Documents that ``actor`` may see."""
    return (col(Document.owner_id) == actor.user_id) | (col(Document.audience) == Audience.TEAM.value)


def get_visible_document(session: Session, actor: Actor, document_id: UUID, *, trashed: bool = False, lock: bool = False) -> Document:
    """The document if the actor may see it, else NotFound. ``trashed`` looks in the trash, ``lock`` holds it for this transaction."""
    found = select(Document).options(*WITHOUT_WORDS).where(
        Document.id == document_id,
        seen_by(actor),
        col(Document.deleted_at).is_not(None) if trashed else col(Document.deleted_at).is_(None),
        ~CONTACT_IN_TRASH,
    )  # fmt: skip
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row
