"""Reading what is linked in a drive, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import Connection, ConnectionKind, SyncProblem
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.scope import visible_to
from crm_app.domain.documents.models import Document
from crm_app.domain.drives.models import DriveFile, DriveFolder, DriveLink


def list_drives(session: Session, actor: Actor) -> Sequence[Connection]:
    """The actor's own connections to a drive by name."""
    found = select(Connection).where(Connection.owner_id == actor.user_id, Connection.kind == ConnectionKind.GOOGLE_DRIVE.value)
    return session.exec(found.order_by(func.lower(Connection.name))).all()


def list_links(session: Session, actor: Actor, contact_id: UUID) -> Sequence[DriveLink]:
    """What the actor has linked to a contact, folders first."""
    found = select(DriveLink).where(DriveLink.owner_id == actor.user_id, DriveLink.contact_id == contact_id)
    return session.exec(found.order_by(col(DriveLink.folder).desc(), func.lower(DriveLink.name), col(DriveLink.id))).all()


def list_followed(session: Session, actor: Actor, connection_id: UUID) -> Sequence[DriveLink]:
    """The links of a connection to contacts that the actor sees, outside the trash."""
    here = (Contact.id == DriveLink.contact_id) & visible_to(actor) & col(Contact.deleted_at).is_(None)
    found = select(DriveLink).join(Contact, here).where(DriveLink.owner_id == actor.user_id, DriveLink.connection_id == connection_id)
    return session.exec(found.order_by(col(DriveLink.id)).execution_options(populate_existing=True)).all()


def list_listed_folders(session: Session, actor: Actor, connection_id: UUID) -> Sequence[DriveLink]:
    """The folders of a connection that have been looked at, also of contacts that the actor does not see just now."""
    mine = (DriveLink.owner_id == actor.user_id, DriveLink.connection_id == connection_id, col(DriveLink.folder), col(DriveLink.listed))
    return session.exec(select(DriveLink).where(*mine).execution_options(populate_existing=True)).all()


def list_linked(session: Session, actor: Actor, connection_id: UUID) -> Sequence[tuple[DriveLink, str, int]]:
    """The links of a connection by whose they are, with the names of their contacts and how many documents follow each."""
    here = (Contact.id == DriveLink.contact_id) & visible_to(actor) & col(Contact.deleted_at).is_(None)
    live = (col(Document.id) == col(DriveFile.document_id)) & col(Document.deleted_at).is_(None)
    counted = select(func.count()).select_from(DriveFile).join(Document, live).where(DriveFile.link_id == DriveLink.id).correlate(DriveLink).scalar_subquery()
    found = select(DriveLink, Contact.display_name, counted).join(Contact, here)
    mine = found.where(DriveLink.owner_id == actor.user_id, DriveLink.connection_id == connection_id)
    return session.exec(mine.order_by(col(Contact.sort_name), col(DriveLink.folder).desc(), func.lower(DriveLink.name), col(DriveLink.id))).all()


def count_links(session: Session, actor: Actor, connection_id: UUID) -> int:
    """How many files and folders of a connection are linked to contacts."""
    return session.exec(select(func.count()).where(DriveLink.owner_id == actor.user_id, DriveLink.connection_id == connection_id)).one()


def find_link(session: Session, actor: Actor, connection_id: UUID, contact_id: UUID, ref: str) -> DriveLink | None:
    """The link of a contact to this file or folder."""
    mine = (DriveLink.owner_id == actor.user_id, DriveLink.connection_id == connection_id, DriveLink.contact_id == contact_id, DriveLink.external_id == ref)
    return session.exec(select(DriveLink).where(*mine)).first()


def list_files(session: Session, actor: Actor, connection_id: UUID) -> Sequence[tuple[DriveFile, bool]]:
    """What came of the files of a connection, and of each whether its document is here still, and the actor's own."""
    here = (col(Document.id) == col(DriveFile.document_id)) & (col(Document.owner_id) == actor.user_id) & col(Document.deleted_at).is_(None)
    found = select(DriveFile, col(Document.id).is_not(None)).outerjoin(Document, here)
    mine = found.where(DriveFile.owner_id == actor.user_id, DriveFile.connection_id == connection_id)
    return [(row, bool(there)) for row, there in session.exec(mine.execution_options(populate_existing=True)).all()]


def list_folders(session: Session, actor: Actor, connection_id: UUID) -> Sequence[DriveFolder]:
    """The folders and shortcuts below the folders that are linked, as far as they are followed."""
    mine = (DriveFolder.owner_id == actor.user_id, DriveFolder.connection_id == connection_id)
    return session.exec(select(DriveFolder).where(*mine).execution_options(populate_existing=True)).all()


def find_file(session: Session, actor: Actor, connection_id: UUID, contact_id: UUID, ref: str) -> DriveFile | None:
    """What came of one file for a contact, held for this transaction."""
    mine = (DriveFile.owner_id == actor.user_id, DriveFile.connection_id == connection_id, DriveFile.contact_id == contact_id, DriveFile.external_id == ref)
    return session.exec(select(DriveFile).where(*mine).with_for_update().execution_options(populate_existing=True)).first()


def list_files_of(session: Session, actor: Actor, connection_id: UUID, contact_id: UUID, refs: Collection[str]) -> Sequence[DriveFile]:
    """What came of these files for a contact, held for this transaction."""
    mine = (DriveFile.owner_id == actor.user_id, DriveFile.connection_id == connection_id, DriveFile.contact_id == contact_id)
    found = select(DriveFile).where(*mine, col(DriveFile.external_id).in_(refs))
    return session.exec(found.with_for_update().execution_options(populate_existing=True)).all() if refs else ()


def find_document(session: Session, actor: Actor, document_id: UUID) -> Document | None:
    """An own document that is here, held for this transaction."""
    found = select(Document).where(Document.id == document_id, Document.owner_id == actor.user_id, col(Document.deleted_at).is_(None))
    return session.exec(found.with_for_update().execution_options(populate_existing=True)).first()


def find_known(session: Session, actor: Actor, contact_id: UUID, ref: str) -> Document | None:
    """An own document of a contact that once came from this file, the trash included; one that is here before one that is not."""
    mine = (Document.owner_id == actor.user_id, Document.contact_id == contact_id, Document.source_ref == ref)
    found = select(Document).where(*mine).order_by(col(Document.deleted_at).is_(None).desc(), col(Document.id).desc())
    return session.exec(found.limit(1).with_for_update().execution_options(populate_existing=True)).first()


def list_problems(session: Session, actor: Actor, connection_id: UUID) -> Sequence[SyncProblem]:
    """What did not come in from a connection."""
    return session.exec(select(SyncProblem).where(SyncProblem.owner_id == actor.user_id, SyncProblem.connection_id == connection_id)).all()


def forget_problems(session: Session, actor: Actor, connection_id: UUID, contact_id: UUID) -> None:
    """Forget what did not come in for a contact; what still does not is told anew by the next look at everything."""
    mine = [col(SyncProblem.owner_id) == actor.user_id, col(SyncProblem.connection_id) == connection_id, col(SyncProblem.calendar_ref) == str(contact_id)]
    session.connection().execute(delete(SyncProblem).where(*mine))
