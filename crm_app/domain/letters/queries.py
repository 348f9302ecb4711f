"""Letters with what the outbox says of them, and what they answer: their owner's alone."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, and_, cast, delete, func, literal
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import Connection
from crm_app.domain.letters.models import MailDraft, TemplateRow
from crm_app.domain.mail.models import Email, EmailBody, EmailPlace, EmailSubject, Mailbox, MailFolder
from crm_app.domain.outbox.models import LETTER, MailState, Outbox

MOST_IDS = 20
Sender = tuple[Connection, Mailbox]
Standing = tuple[MailDraft, Outbox | None, UUID | None]
_PREFIX = f"{LETTER}:"
_KEY = literal(_PREFIX) + cast(col(MailDraft.id), Text)


def key_of(draft_id: UUID) -> str:
    """By which the outbox knows a letter."""
    return f"{_PREFIX}{draft_id}"


def list_letters(session: Session, actor: Actor, *, draft_id: UUID | None = None, most: int = 200) -> list[Standing]:
    """The actor's letters that have not been sent and put away, the one that was touched last first."""
    stands = and_(col(Outbox.owner_id) == col(MailDraft.owner_id), col(Outbox.key) == _KEY)
    asked = columns(MailDraft, Outbox, col(Email.thread_id)).outerjoin(Outbox, stands).outerjoin(Email, col(Email.id) == col(MailDraft.answers_id))
    asked = asked.where(col(MailDraft.owner_id) == actor.user_id)
    if draft_id is not None:
        asked = asked.where(col(MailDraft.id) == draft_id)
    asked = asked.order_by(col(MailDraft.updated_at).desc(), col(MailDraft.id)).limit(most).execution_options(populate_existing=True)
    return [(draft, mail, thread) for draft, mail, thread in session.execute(asked).tuples()]


def count_letters(session: Session, actor: Actor) -> int:
    """How many letters of the actor's have not been sent."""
    return int(session.execute(columns(func.count()).select_from(MailDraft).where(col(MailDraft.owner_id) == actor.user_id)).scalar_one())


def find_begun(session: Session, actor: Actor, answers_id: UUID | None, contact_id: UUID | None) -> UUID | None:
    """The latest letter of the actor's that was begun at the same place and is not to be sent yet."""
    stands = columns(col(Outbox.id)).where(col(Outbox.owner_id) == actor.user_id, col(Outbox.key) == _KEY)
    same = [col(MailDraft.answers_id) == answers_id] if answers_id else [col(MailDraft.answers_id).is_(None), col(MailDraft.contact_id) == contact_id]
    found = columns(col(MailDraft.id)).where(col(MailDraft.owner_id) == actor.user_id, *same, ~stands.exists())
    return session.execute(found.order_by(col(MailDraft.updated_at).desc()).limit(1)).scalar()


def list_senders(session: Session, actor: Actor) -> list[Sender]:
    """The actor's mailboxes that send, by name."""
    found = columns(Connection, Mailbox).join(Mailbox, col(Mailbox.connection_id) == col(Connection.id))
    found = found.where(col(Connection.owner_id) == actor.user_id, col(Mailbox.owner_id) == actor.user_id, col(Mailbox.smtp_host) != "")
    return [(connection, mailbox) for connection, mailbox in session.execute(found.order_by(func.lower(col(Connection.name)), col(Connection.id))).tuples()]


def find_sender(session: Session, actor: Actor, connection_id: UUID | None) -> Sender | None:
    """One of the actor's mailboxes, if it sends."""
    return next((sender for sender in list_senders(session, actor) if sender[0].id == connection_id), None)


def read_words(session: Session, email_id: UUID) -> tuple[str, str]:
    """Its subject and its text, as far as they are kept."""
    subject = session.exec(select(EmailSubject.subject).where(EmailSubject.email_id == email_id)).first()
    body = session.exec(select(EmailBody.text).where(EmailBody.email_id == email_id)).first()
    return subject or "", body or ""


def find_connection_of(session: Session, actor: Actor, email_id: UUID) -> UUID | None:
    """In which of the actor's mailboxes a mail lies."""
    found = columns(col(MailFolder.connection_id)).join(EmailPlace, col(EmailPlace.folder_id) == col(MailFolder.id))
    return session.execute(found.where(col(EmailPlace.email_id) == email_id, col(MailFolder.owner_id) == actor.user_id).limit(1)).scalar()


def list_ids_of_thread(session: Session, mail: Email) -> tuple[str, ...]:
    """The message ids of a thread up to this mail, which is the last of them."""
    found = columns(col(Email.message_id)).where(col(Email.thread_id) == mail.thread_id, col(Email.owner_id) == mail.owner_id, col(Email.sent_at) <= mail.sent_at)
    found = found.where(col(Email.message_id) != "", col(Email.id) != mail.id).order_by(col(Email.sent_at).desc(), col(Email.id).desc()).limit(MOST_IDS)
    return (*reversed(session.execute(found).scalars().all()), *([mail.message_id] if mail.message_id else []))


def find_sent_folder(session: Session, actor: Actor, connection_id: UUID) -> str:
    """Where a mailbox keeps what it has sent, by its provider's word; empty where no folder is known for that."""
    found = columns(col(MailFolder.ref)).where(col(MailFolder.connection_id) == connection_id, col(MailFolder.owner_id) == actor.user_id)
    return session.execute(found.where(col(MailFolder.role) == "sent").order_by(col(MailFolder.name)).limit(1)).scalar() or ""


def find_sent(session: Session, actor: Actor, mail_id: UUID) -> Outbox | None:
    """A letter of the actor's that was taken and is still to be put away, held for this transaction."""
    found = select(Outbox).where(Outbox.id == mail_id, Outbox.owner_id == actor.user_id, Outbox.kind == LETTER, Outbox.state == MailState.SENT.value)
    return session.exec(found.where(col(Outbox.letter).is_not(None)).with_for_update().execution_options(populate_existing=True)).first()


def remove_draft(session: Session, actor: Actor, mail: Outbox) -> None:
    """Let go of the draft that a letter of the actor's was."""
    mine = [col(MailDraft.owner_id) == actor.user_id, cast(col(MailDraft.id), Text) == mail.key.removeprefix(_PREFIX)]
    session.execute(delete(MailDraft).where(*mine))


def list_templates(session: Session, actor: Actor) -> Sequence[TemplateRow]:
    """The actor's own templates and the team's, by name."""
    seen = (col(TemplateRow.owner_id) == actor.user_id) | (col(TemplateRow.audience) == "team")
    return session.exec(select(TemplateRow).where(seen).order_by(func.lower(col(TemplateRow.name)), col(TemplateRow.id))).all()
