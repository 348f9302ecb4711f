"""A letter on its way: given to the outbox, taken back, hurried, and decided about by whoever wrote it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.editing import require_version
from crm_app.domain.errors import Conflict, Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.letters import looks, queries, rules, signatures, views
from crm_app.domain.letters.access import get_own_draft
from crm_app.domain.letters.models import MailDraft
from crm_app.domain.letters.queries import Sender
from crm_app.domain.letters.schemas import LetterView
from crm_app.domain.mail.access import get_own_mail
from crm_app.domain.outbox import queries as outbox
from crm_app.domain.outbox.delivering import file_letter
from crm_app.domain.outbox.models import MailState, Outbox
from crm_app.domain.outbox.posting import OwnLetter, post_letter
from crm_app.domain.outbox.sending import Recipient
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now


def find_sender(session: Session, actor: Actor, connection_id: UUID | None) -> Sender:
    """A mailbox of the actor's that sends. Invalid for any other."""
    found = queries.find_sender(session, actor, connection_id)
    if found is None:
        raise Invalid(fields={"connection_id": _("Choose the mailbox by which it leaves.")})
    return found


def send_letter(session: Session, actor: Actor, letter_id: UUID, *, version: int, at: datetime | None = None) -> LetterView:
    """Have a letter sent: in ten seconds, or ``at`` a time. Until it is handed over it can be taken back.

    Invalid with a sentence for each field that keeps it here; Conflict when it is to be sent already.
    """
    actor.require(Permission.MAIL_WRITE)
    row = get_own_draft(session, actor, letter_id)
    require_version(row, version, views.load(session, actor, letter_id))
    connection, mailbox = find_sender(session, actor, row.connection_id)
    if connection.state != ConnectionState.ACTIVE:
        raise Invalid(fields={"connection_id": views.sender(actor, connection, mailbox).resting})
    leaves_at = _time_of(at)
    sender = Recipient(mailbox.sender_address, mailbox.sender_name or actor.name)
    people = rules.all_people(row.recipients, row.copies, row.blind)
    text, references = rules.whole_text(_words(row, mailbox.signature), row.quoted), _references(session, actor, row)
    letter = OwnLetter(connection.id, sender, people, row.subject, text, looks.as_html(text), references, tuple(UUID(one["id"]) for one in row.files))
    if post_letter(session, actor, letter, key=queries.key_of(row.id), leaves_at=leaves_at, expires_at=leaves_at + rules.LIFE) is None:
        raise Conflict(_("This letter is to be sent already."))
    return views.load(session, actor, letter_id)


def take_back(session: Session, actor: Actor, letter_id: UUID) -> LetterView:
    """Make a letter one that is being written again: while it waits, or when it surely was not taken. Conflict once it has been handed over."""
    _row, mail = _posted(session, actor, letter_id)
    if not outbox.withdraw_letter(session, actor, mail.id, (MailState.QUEUED, MailState.FAILED)):
        raise Conflict(_("It is too late for that: the letter has been handed to the mail server."))
    session.expunge(mail)
    return views.load(session, actor, letter_id)


def send_now(session: Session, actor: Actor, letter_id: UUID) -> LetterView:
    """Have a letter that waits for its time leave now. Conflict when it waits no more."""
    _row, mail = _posted(session, actor, letter_id)
    moment = now()
    if not outbox.turn_letter(session, actor, mail.id, (MailState.QUEUED,), run_after=moment, expires_at=moment + rules.LIFE):
        raise Conflict(_("This letter does not wait any more."))
    return views.load(session, actor, letter_id)


def decide_letter(session: Session, actor: Actor, letter_id: UUID, *, arrived: bool) -> LetterView:
    """Say of a letter of which nobody knows that it arrived; or have it sent once more, as the very same mail. Conflict when that is known by now."""
    _row, mail = _posted(session, actor, letter_id)
    moment = now()
    values = {"state": MailState.SENT.value, "sent_at": mail.sent_at or moment} if arrived else {"state": MailState.QUEUED.value, "run_after": moment, "tries": 0}
    done = outbox.turn_letter(session, actor, mail.id, (MailState.UNKNOWN,), lease_until=None, reason="", expires_at=moment + rules.LIFE, **values)
    if not done:
        raise Conflict(_("What became of this letter is known by now."))
    if arrived:
        file_letter(session, actor, mail.id)
    return views.load(session, actor, letter_id)


def _posted(session: Session, actor: Actor, letter_id: UUID) -> tuple[MailDraft, Outbox]:
    """A letter of the actor's, and the mail that stands for it. NotFound for another's; Conflict for one that is not to be sent."""
    actor.require(Permission.MAIL_WRITE)
    found = queries.list_letters(session, actor, draft_id=letter_id)
    if not found:
        raise NotFound
    row, mail, _thread = found[0]
    if mail is None:
        raise Conflict(_("This letter is being written: it is not to be sent yet."))
    return row, mail


def _time_of(at: datetime | None) -> datetime:
    moment = now()
    if at is not None and at > moment + rules.FURTHEST:
        raise Invalid(fields={"at": _("A letter can wait for a year at most.")})
    if at is not None and at < moment - timedelta(minutes=1):
        raise Invalid(fields={"at": _("This time is past.")})
    return max(at, moment + rules.UNDO) if at is not None else moment + rules.UNDO


def _words(row: MailDraft, signature: str) -> str:
    for field, words in (("subject", row.subject), ("body", row.body)):
        if left := rules.fields_in(words):
            raise Invalid(fields={field: _("Fill this in first, or take it out: %s") % ", ".join(left)})
    if not signatures.parted(row.body, signature, row.signature)[0].strip() and not row.quoted.strip() and not row.files:
        raise Invalid(fields={"body": _("There is nothing in it yet.")})
    return row.body


def _references(session: Session, actor: Actor, row: MailDraft) -> tuple[str, ...]:
    return queries.list_ids_of_thread(session, get_own_mail(session, actor, row.answers_id)) if row.answers_id else ()
