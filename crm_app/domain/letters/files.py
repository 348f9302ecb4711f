"""What is attached to a letter: kept as soon as it has come up, with the draft while that is written, and with the mail once it was sent."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from mimetypes import MimeTypes
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.matching import comparable
from crm_app.domain.documents import service as documents
from crm_app.domain.documents.schemas import DocumentView
from crm_app.domain.errors import Invalid, NotFound
from crm_app.domain.files.models import LETTER, Blob
from crm_app.domain.files.names import file_name
from crm_app.domain.i18n import _
from crm_app.domain.ids import new_id
from crm_app.domain.letters import file_queries as queries
from crm_app.domain.letters import rules, views
from crm_app.domain.letters.models import MailDraft
from crm_app.domain.letters.schemas import MOST_BYTES, MOST_FILES, FilesAtHand, LetterView
from crm_app.domain.mail.landing_queries import find_contacts
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience

MOST_LOOSE, MOST_AT_HAND = 500_000_000, 200
"""Bytes of somebody's files that hang on no letter, which go after a day; and contacts' files that are offered."""
_TYPES = MimeTypes()  # what this machine knows besides must not matter
_PLAIN = "application/octet-stream"


def keep_file(session: Session, actor: Actor, name: str, content: bytes) -> UUID:
    """Keep a file that has come up, the actor's alone, until it is attached to a letter; for a day at most. Its name is cleaned. Invalid when it is too large."""
    actor.require(Permission.MAIL_WRITE)
    if len(content) > MOST_BYTES:
        raise Invalid(too_large())
    if queries.count_loose(session, actor) + len(content) > MOST_LOOSE:
        raise Invalid(_("Many of your files hang on no letter. They are cleared within a day: try again then."))
    return _kept(session, actor, name, content).id


def attach_file(session: Session, actor: Actor, letter_id: UUID, upload_id: UUID, *, version: int) -> LetterView:
    """Attach a file that has come up. NotFound for a file or a letter of another's, Conflict while the letter is to be sent, Invalid for too much."""
    actor.require(Permission.MAIL_WRITE)
    row = views.open_draft(session, actor, letter_id, version)
    put(session, actor, row, [upload_id])
    return views.load(session, actor, letter_id)


def attach_document(session: Session, actor: Actor, letter_id: UUID, document_id: UUID, *, version: int) -> LetterView:
    """Attach a copy of a contact's file, as it is now. NotFound for a file that the actor does not see or a letter of another's, else as ``attach_file``."""
    actor.require(Permission.MAIL_WRITE)
    row = views.open_draft(session, actor, letter_id, version)
    wanted = documents.get_document(session, actor, document_id)
    if sum(one["size"] for one in row.files) + wanted.size > MOST_BYTES:
        raise Invalid(too_large())
    found = documents.get_document_file(session, actor, document_id)
    put(session, actor, row, [_kept(session, actor, found.name, found.data).id])
    return views.load(session, actor, letter_id)


def list_files_at_hand(session: Session, actor: Actor, *, contact_id: UUID | None = None, recipients: str = "") -> tuple[FilesAtHand, ...]:
    """The files of the contacts to whom a letter goes, as far as the actor sees them: of those who have any, by name. While it goes to nobody yet,
    those of the contact where it was begun.
    """
    actor.require(Permission.MAIL_WRITE)
    actor.require(Permission.DOCUMENT_READ)
    addresses = {comparable(one) for one in rules.addresses_of(recipients)}
    people = {key for known in find_contacts(session, actor, addresses).values() for key in known} if addresses else {contact_id} if contact_id else set()
    found: dict[UUID, tuple[str, list[DocumentView]]] = {}
    for name, document in queries.list_documents(session, actor, people, MOST_AT_HAND):
        found.setdefault(document.contact_id, (name, []))[1].append(document)
    return tuple(FilesAtHand(contact_id=key, name=name, documents=tuple(listed)) for key, (name, listed) in found.items())


def detach_file(session: Session, actor: Actor, letter_id: UUID, file_id: UUID, *, version: int) -> LetterView:
    """Take a file off again, and let go of it. NotFound for one that is not attached, Conflict while the letter is to be sent."""
    actor.require(Permission.MAIL_WRITE)
    row = views.open_draft(session, actor, letter_id, version)
    kept = [one for one in row.files if one["id"] != str(file_id)]
    if len(kept) == len(row.files):
        raise NotFound
    row.files = kept
    queries.remove(session, actor, row.id, file_id)
    session.flush()
    return views.load(session, actor, letter_id)


def put(session: Session, actor: Actor, row: MailDraft, ids: Sequence[UUID]) -> None:
    """Keep a letter with these of the actor's files attached besides. What hangs on another letter, or on a mail that
    was sent, stays there, and a copy is attached here.
    """
    found = {one.id: one for one in queries.list_files(session, actor, ids)}
    attached, hanging = list(row.files), []
    for wanted in dict.fromkeys(ids):
        blob = found.get(wanted)
        if blob is None:
            raise NotFound(_("This file is no longer here. Attach it once more."))
        if blob.letter_id == row.id:
            continue
        if blob.letter_id is not None or blob.email_id is not None:
            blob = Blob(**{**blob.model_dump(exclude={"created_at"}), "id": new_id(), "email_id": None})
        hanging.append(blob)
        attached.append({"id": str(blob.id), "name": blob.name, "kind": blob.content_type, "size": blob.size})
    if len(attached) > MOST_FILES:
        raise Invalid(_("At most %d files can be attached to a mail.") % MOST_FILES)
    if sum(one["size"] for one in attached) > MOST_BYTES:
        raise Invalid(too_large())
    row.files = sorted(attached, key=lambda one: str(one["id"]))  # in this order they stand in the mail, and are found in it
    session.add(row)
    session.flush()
    for blob in hanging:
        blob.letter_id = row.id
    session.add_all(hanging)
    session.flush()


def _kept(session: Session, actor: Actor, name: str, content: bytes) -> Blob:
    named = file_name(name)
    blob = Blob(
        owner_id=actor.user_id, audience=Audience.PRIVATE.value, purpose=LETTER, name=named, content_type=kind_of(named), size=len(content),
        sha256=sha256(content).hexdigest(), data=content,
    )  # fmt: skip
    session.add(blob)
    session.flush()
    return blob


def too_large() -> str:
    """Said where more is attached than a letter takes."""
    return _("At most %d MB can be attached to a mail, all files together.") % (MOST_BYTES // 1_000_000)


def kind_of(name: str) -> str:
    """What a file is by its name, as its reader's mail program is told. Never a message or a part of one, which would be taken apart."""
    kind = _TYPES.guess_type(name)[0] or _PLAIN
    return _PLAIN if kind.startswith(("message/", "multipart/")) else kind
