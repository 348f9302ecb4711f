"""Writing mail: a letter is kept while it is typed, given to the outbox, and taken back as long as it has not been handed over."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.editing import given_fields
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.letters import files, queries, sending, signatures, views
from crm_app.domain.letters.beginning import get_new_letter
from crm_app.domain.letters.files import attach_document, attach_file, detach_file, keep_file, list_files_at_hand
from crm_app.domain.letters.models import MailDraft
from crm_app.domain.letters.schemas import LetterInput, LetterUpdate, LetterView, SenderView
from crm_app.domain.letters.sending import decide_letter, send_letter, send_now, take_back
from crm_app.domain.letters.templates import create_template, delete_template, get_filled_template, list_templates, update_template
from crm_app.domain.mail.access import get_own_mail
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience

__all__ = [
    "attach_document", "attach_file", "create_letter", "create_template", "decide_letter", "delete_template", "detach_file", "discard_letter",
    "get_filled_template", "get_letter", "get_new_letter", "keep_file", "list_files_at_hand", "list_letters", "list_senders", "list_templates", "send_letter",
    "send_now", "take_back", "update_letter", "update_template",
]  # fmt: skip
MOST = 500


def list_senders(session: Session, actor: Actor) -> tuple[SenderView, ...]:
    """The actor's mailboxes by which a letter can leave, by name. Without one there is nothing to write with."""
    actor.require(Permission.MAIL_WRITE)
    return tuple(views.sender(actor, connection, mailbox) for connection, mailbox in queries.list_senders(session, actor))


def list_letters(session: Session, actor: Actor) -> tuple[LetterView, ...]:
    """The actor's letters that have not been sent and put away; the latest first."""
    actor.require(Permission.MAIL_WRITE)
    return tuple(views.letter(*standing) for standing in queries.list_letters(session, actor))


def get_letter(session: Session, actor: Actor, letter_id: UUID) -> LetterView:
    """One letter of the actor's own, else NotFound."""
    actor.require(Permission.MAIL_WRITE)
    return views.load(session, actor, letter_id)


def create_letter(session: Session, actor: Actor, data: LetterInput) -> LetterView:
    """Keep a letter that has been begun. NotFound for a mail that is not the actor's own, or a contact whom they do not see."""
    actor.require(Permission.MAIL_WRITE)
    if queries.count_letters(session, actor) >= MOST:
        raise Invalid(_("There are %d letters that have not been sent. Discard some first.") % MOST)
    if data.answers_id is not None:
        get_own_mail(session, actor, data.answers_id)
    if data.contact_id is not None:
        get_visible_contact(session, actor, data.contact_id)
    if data.connection_id is not None:
        sending.find_sender(session, actor, data.connection_id)
    row = MailDraft(owner_id=actor.user_id, audience=Audience.PRIVATE.value, **data.model_dump(exclude={"files"}))
    _remember_signature(session, actor, row)
    files.put(session, actor, row, data.files)
    return views.load(session, actor, row.id)


def update_letter(session: Session, actor: Actor, letter_id: UUID, data: LetterUpdate) -> LetterView:
    """Change what is given. Conflict while it is to be sent: it must be taken back first."""
    actor.require(Permission.MAIL_WRITE)
    row = views.open_draft(session, actor, letter_id, data.version)
    given = given_fields(data)
    if given.get("connection_id", row.connection_id) != row.connection_id:
        sending.find_sender(session, actor, given["connection_id"])
    row.sqlmodel_update({name: value for name, value in given.items() if getattr(row, name) != value})
    _remember_signature(session, actor, row)
    session.flush()
    return views.load(session, actor, letter_id)


def discard_letter(session: Session, actor: Actor, letter_id: UUID, *, version: int) -> None:
    """Throw a letter away that is being written. Conflict while it is to be sent. For a day its files are still there for one that is begun again."""
    actor.require(Permission.MAIL_WRITE)
    session.delete(views.open_draft(session, actor, letter_id, version))
    session.flush()


def _remember_signature(session: Session, actor: Actor, row: MailDraft) -> None:
    """What stands under it is known as a signature from now on, whatever its mailbox's is later."""
    sender = queries.find_sender(session, actor, row.connection_id) if signatures.LINE in row.body else None
    if sender is not None:
        row.signature = signatures.parted(row.body, sender[1].signature)[1] or row.signature
