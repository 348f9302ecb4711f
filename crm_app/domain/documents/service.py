"""Documents of contacts: adding, reading, renaming, deleting them."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.access import require_edit, require_hideable, require_own
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.documents import queries, reading, rules
from crm_app.domain.documents.access import get_visible_document
from crm_app.domain.documents.kinds import DocumentKind, Reason, TextState
from crm_app.domain.documents.models import Document
from crm_app.domain.documents.schemas import DocumentFile, DocumentPage, DocumentText, DocumentUpdate, DocumentView
from crm_app.domain.editing import clean_line, given_fields, require_version
from crm_app.domain.errors import Invalid, NotFound
from crm_app.domain.files.models import DOCUMENT, UPLOAD, Blob
from crm_app.domain.files.queries import find_upload
from crm_app.domain.i18n import _
from crm_app.domain.paging import encode_cursor
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience, now


def keep_upload(session: Session, actor: Actor, name: str, content: bytes) -> UUID:
    """Keep a file that somebody brings, private to them, until it is added to a contact. Invalid for a wrong kind, an empty or a too large one."""
    actor.require(Permission.DOCUMENT_WRITE)
    return _keep(session, actor, name, content).id


def add_document(session: Session, actor: Actor, contact_id: UUID, upload_id: UUID) -> DocumentView:
    """Make what the actor uploaded a document of a contact that they see. NotFound for what they did not upload within a day.

    A file whose words cannot be read is kept, and says so.
    """
    actor.require(Permission.DOCUMENT_WRITE)
    contact = get_visible_contact(session, actor, contact_id)
    upload = find_upload(session, actor, upload_id, picture=False)
    if upload is None:
        raise NotFound(_("This file is not here any more. Choose it again."))
    return _add(session, actor, contact.id, upload)


def create_document(session: Session, actor: Actor, contact_id: UUID, name: str, content: bytes) -> DocumentView:
    """Both at once, for programs."""
    actor.require(Permission.DOCUMENT_WRITE)
    contact = get_visible_contact(session, actor, contact_id)
    return _add(session, actor, contact.id, _keep(session, actor, name, content))


def update_document(session: Session, actor: Actor, document_id: UUID, data: DocumentUpdate) -> DocumentView:
    """Rename it, or say who may see it and whether the assistant may. Conflict with the current document when it is no longer at ``data.version``."""
    actor.require(Permission.DOCUMENT_WRITE)
    row = get_visible_document(session, actor, document_id, lock=True)
    require_edit(actor, row, Permission.DOCUMENT_WRITE)
    require_version(row, data.version, queries.get_view(session, actor, row))
    given = given_fields(data)
    audience: Audience | None = given.pop("audience", None)
    if audience is not None and audience.value not in (row.audience, row.asked_audience):
        require_own(actor, row, Permission.DOCUMENT_WRITE)
        require_hideable(actor, row, audience.value)
        row.asked_audience = audience.value
    row.sqlmodel_update(given)
    if "name" in given:
        row.search_text = rules.search_text(row.name, queries.get_text(session, row.id))
    return _written(session, actor, row)


def delete_document(session: Session, actor: Actor, document_id: UUID) -> None:
    """Put a document in the trash. Only its owner may, or an admin where it is the team's."""
    actor.require(Permission.DOCUMENT_WRITE)
    row = get_visible_document(session, actor, document_id, lock=True)
    require_own(actor, row, Permission.DOCUMENT_WRITE)
    row.deleted_at = now()
    session.flush()


def restore_document(session: Session, actor: Actor, document_id: UUID) -> DocumentView:
    """Take a document back from the trash."""
    actor.require(Permission.DOCUMENT_WRITE)
    row = get_visible_document(session, actor, document_id, trashed=True, lock=True)
    require_own(actor, row, Permission.DOCUMENT_WRITE)
    row.deleted_at = None
    return _written(session, actor, row)


def get_document(session: Session, actor: Actor, document_id: UUID) -> DocumentView:
    """One document, without its words."""
    actor.require(Permission.DOCUMENT_READ)
    return queries.get_view(session, actor, get_visible_document(session, actor, document_id))


def get_document_text(session: Session, actor: Actor, document_id: UUID) -> DocumentText:
    """The words of a document, as far as they were read."""
    actor.require(Permission.DOCUMENT_READ)
    row = get_visible_document(session, actor, document_id)
    return DocumentText(id=row.id, text=queries.get_text(session, row.id), text_state=TextState(row.text_state), reason=Reason(row.reason))


def get_document_file(session: Session, actor: Actor, document_id: UUID) -> DocumentFile:
    """A document to be saved."""
    actor.require(Permission.DOCUMENT_READ)
    row = get_visible_document(session, actor, document_id)
    found = queries.find_bytes(session, row.id)
    if found is None:
        raise NotFound
    kind = DocumentKind(row.kind)
    return DocumentFile(name=rules.file_name(row.name, kind), content_type=rules.CONTENT_TYPES[kind], sha256=found.sha256, data=found.data)


def list_documents(session: Session, actor: Actor, contact_id: UUID, after: str | None = None, limit: int = 100) -> DocumentPage:
    """A page of a contact's documents, the latest first; NotFound when the actor does not see the contact."""
    actor.require(Permission.DOCUMENT_READ)
    get_visible_contact(session, actor, contact_id)
    found = queries.list_views(session, actor, contact_id, after=after, limit=limit + 1)
    return DocumentPage(documents=tuple(found[:limit]), next_cursor=encode_cursor(found[limit - 1].id) if len(found) > limit else None)


def _keep(session: Session, actor: Actor, name: str, content: bytes) -> Blob:
    kind = reading.kind_of(name)
    reading.require_size(content)
    blob = Blob(
        owner_id=actor.user_id, audience=Audience.PRIVATE.value, purpose=UPLOAD, name=clean_line(name)[:200], content_type=rules.CONTENT_TYPES[kind],
        size=len(content), sha256=sha256(content).hexdigest(), data=content,
    )  # fmt: skip
    session.add(blob)
    session.flush()
    return blob


def _add(session: Session, actor: Actor, contact_id: UUID, upload: Blob) -> DocumentView:
    """The upload becomes the document's bytes as it lies there: nothing is copied, and undoing this leaves it an upload."""
    if not upload.name:
        raise Invalid(_("A file needs a name."))
    kind = reading.kind_of(upload.name)
    read = rules.as_read(upload.name, reading.read(kind, upload.data))
    row = Document(owner_id=actor.user_id, contact_id=contact_id, name=upload.name, kind=kind.value, size=upload.size, **read)
    session.add(row)
    session.flush()
    upload.sqlmodel_update({"purpose": DOCUMENT, "document_id": row.id, "name": ""})
    return _written(session, actor, row)


def _written(session: Session, actor: Actor, row: Document) -> DocumentView:
    session.flush()
    session.refresh(row, ["audience", "version", "updated_at"])
    return queries.get_view(session, actor, row)
