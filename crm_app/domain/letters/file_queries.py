"""The bytes of what is attached to letters, their writer's alone; and what of contacts' files can be attached besides."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.scope import among
from crm_app.domain.documents import rules as document_rules
from crm_app.domain.documents.access import WITHOUT_WORDS, seen_by
from crm_app.domain.documents.models import Document
from crm_app.domain.documents.schemas import DocumentView
from crm_app.domain.files.models import LETTER, Blob


def list_files(session: Session, actor: Actor, ids: Collection[UUID]) -> Sequence[Blob]:
    """Those of the actor's files, held for this transaction, in the order in which they stand in a mail."""
    found = select(Blob).where(Blob.owner_id == actor.user_id, Blob.purpose == LETTER, col(Blob.id).in_(ids))
    return session.exec(found.order_by(col(Blob.id)).with_for_update().execution_options(populate_existing=True)).all()


def count_loose(session: Session, actor: Actor) -> int:
    """How many bytes of the actor's hang on no letter and on no mail."""
    loose = columns(func.coalesce(func.sum(Blob.size), 0)).where(col(Blob.owner_id) == actor.user_id, col(Blob.purpose) == LETTER)
    return int(session.execute(loose.where(col(Blob.letter_id).is_(None), col(Blob.email_id).is_(None))).scalar_one())


def remove(session: Session, actor: Actor, letter_id: UUID, file_id: UUID) -> None:
    """Let go of a file of a letter."""
    session.execute(delete(Blob).where(col(Blob.owner_id) == actor.user_id, col(Blob.letter_id) == letter_id, col(Blob.id) == file_id))


def hang_on_mail(session: Session, actor: Actor, ids: Collection[UUID], email_id: UUID) -> None:
    """What was attached to a letter belongs to the mail that it has become."""
    mine = [col(Blob.owner_id) == actor.user_id, col(Blob.purpose) == LETTER, col(Blob.id).in_(ids)]
    session.execute(update(Blob).where(*mine).values(email_id=email_id, letter_id=None))


def list_documents(session: Session, actor: Actor, contact_ids: Collection[UUID], limit: int) -> list[tuple[str, DocumentView]]:
    """Live files of these contacts that the actor may see, each with its contact's name: by name, the latest of each first, so many in all."""
    found = (
        select(Document, UserAccount.name, Contact.display_name)
        .options(*WITHOUT_WORDS)
        .join(UserAccount, col(UserAccount.id) == col(Document.owner_id))
        .join(Contact, col(Contact.id) == col(Document.contact_id))
        .where(among(col(Document.contact_id), contact_ids), seen_by(actor), col(Document.deleted_at).is_(None), col(Contact.deleted_at).is_(None))
        .order_by(col(Contact.sort_name), col(Contact.id), col(Document.id).desc())
        .limit(limit)
    )
    return [(name, document_rules.view(actor, row, owner)) for row, owner, name in session.exec(found).all()] if contact_ids else []
