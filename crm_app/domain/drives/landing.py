"""Files become documents of a contact, and documents follow their files. What is gone over there stays here and says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import Connection
from crm_app.domain.connections.plans import Bad
from crm_app.domain.documents import arriving
from crm_app.domain.documents.arriving import Arrival
from crm_app.domain.documents.kinds import Source
from crm_app.domain.documents.models import Document
from crm_app.domain.documents.reading import Reading
from crm_app.domain.drives import queries, rules
from crm_app.domain.drives.following import Claim
from crm_app.domain.drives.models import DriveFile
from crm_app.domain.drives.source import RemoteFile
from crm_app.domain.editing import clean_line
from crm_app.domain.i18n import _
from crm_app.domain.rows import Audience


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file as it was fetched, and what stands in it; without ``content`` only its name, its folder or its link is new."""

    claim: Claim
    content: bytes | None = field(default=None, repr=False)
    reading: Reading | None = field(default=None, repr=False)


@dataclass(slots=True)
class Landed:
    """How many documents came, changed, and are gone over there, and what stayed out."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    notes: list[Bad] = field(default_factory=list)


def land_file(session: Session, actor: Actor, connection: Connection, one: Fetched, landed: Landed) -> None:
    """Take one file in for the contact of its link."""
    contact_id, file, link = one.claim.link.contact_id, one.claim.file, one.claim.link
    row = queries.find_file(session, actor, connection.id, contact_id, file.ref)
    document = queries.find_document(session, actor, row.document_id) if row else None
    if row is None and (known := queries.find_known(session, actor, contact_id, file.ref)):
        if known.deleted_at is None:  # it came by a connection that was removed meanwhile
            document = known
        elif link.folder:
            session.add(_file(actor, connection.id, one, known.id))
            return _stays_out(one, landed)
    if document is None:
        if row is not None and (link.folder or link.listed):
            return _stays_out(one, landed)
        _come(session, actor, connection, row, one, landed)
        return None
    _changed(session, actor, document, row.name if row else document.name, one, landed)
    if row is None:
        session.add(_file(actor, connection.id, one, document.id))
    else:
        row.sqlmodel_update(_kept(one, document.id))
    session.flush()
    return None


def lose_files(session: Session, actor: Actor, connection_id: UUID, contact_id: UUID, refs: set[str], landed: Landed) -> None:
    """These are not there any more, or not in a folder that is linked: their documents stay, and say so."""
    for row in queries.list_files_of(session, actor, connection_id, contact_id, refs):
        if not row.mark:
            continue
        row.mark = ""
        if (document := queries.find_document(session, actor, row.document_id)) is not None:
            document.source_gone = True
            landed.deleted += 1
    session.flush()


def _come(session: Session, actor: Actor, connection: Connection, row: DriveFile | None, one: Fetched, landed: Landed) -> None:
    came = _arrival(one)
    if came is None:  # it was here a moment ago, and is fetched with the next look
        return
    document = arriving.keep_arrival(session, actor, one.claim.link.contact_id, came, connection.meetings_audience)
    if row is None:
        session.add(_file(actor, connection.id, one, document.id))
    else:
        row.sqlmodel_update(_kept(one, document.id))
    session.flush()
    landed.created += 1


def _changed(session: Session, actor: Actor, document: Document, called: str, one: Fetched, landed: Landed) -> None:
    """The name follows as long as nobody gave it another one here."""
    before = (document.name, document.version, document.source_gone)
    name = _name(one.claim.file)
    renewed = (came := _arrival(one)) is not None and arriving.renew_arrival(session, actor, document, came)
    if document.name != name and document.name == clean_line(called)[:200]:
        arriving.rename_arrival(session, document, name)
    document.source_gone = False
    session.flush()
    session.refresh(document, ["version"])
    landed.updated += renewed or before != (document.name, document.version, document.source_gone)


def _arrival(one: Fetched) -> Arrival | None:
    kind = rules.kind_of(one.claim.file)
    if one.content is None or one.reading is None or kind is None:
        return None
    return Arrival(_name(one.claim.file), kind, one.content, one.reading, Source.GOOGLE_DRIVE.value, one.claim.file.ref)


def _name(file: RemoteFile) -> str:
    return clean_line(file.name)[:200] or _("Without a name")


def _file(actor: Actor, connection_id: UUID, one: Fetched, document_id: UUID) -> DriveFile:
    owned: dict[str, Any] = {"owner_id": actor.user_id, "audience": Audience.PRIVATE.value, "connection_id": connection_id}
    return DriveFile(**owned, contact_id=one.claim.link.contact_id, external_id=one.claim.file.ref, **_kept(one, document_id))


def _kept(one: Fetched, document_id: UUID) -> dict[str, Any]:
    """What is known of a file after it came."""
    file = one.claim.file
    return {"name": file.name, "mark": file.mark, "link_id": one.claim.link.id, "folder": one.claim.folder, "document_id": document_id}


def _stays_out(one: Fetched, landed: Landed) -> None:
    reason = _("It was deleted here, or is no longer yours here: it stays out.")
    landed.notes.append(Bad(one.claim.file.ref, reason, one.claim.file.mark, failed=False, title=one.claim.file.name))
