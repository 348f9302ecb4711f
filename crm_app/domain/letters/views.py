"""Letters and mailboxes as their owner sees them."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import Connection, ConnectionState
from crm_app.domain.editing import require_version
from crm_app.domain.errors import Conflict, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.letters import queries
from crm_app.domain.letters.access import get_own_draft
from crm_app.domain.letters.models import MailDraft
from crm_app.domain.letters.schemas import LetterState, LetterView, SenderView
from crm_app.domain.mail.models import Mailbox
from crm_app.domain.outbox.models import MailState, Outbox

STATES = {MailState.QUEUED: LetterState.WAITING}
_SHOWN = {
    "id", "version", "connection_id", "answers_id", "contact_id", "recipients", "copies", "blind", "subject", "body", "signature", "quoted", "files", "updated_at",
}  # fmt: skip


def letter(row: MailDraft, mail: Outbox | None, thread_id: UUID | None) -> LetterView:
    """A letter with what the outbox says of it."""
    state = LetterState(STATES.get(MailState(mail.state), mail.state)) if mail else LetterState.DRAFT
    waits = mail.run_after if mail and state is LetterState.WAITING else None
    return LetterView(**row.model_dump(include=_SHOWN), thread_id=thread_id, state=state, leaves_at=waits, reason=mail.reason if mail else "")


def load(session: Session, actor: Actor, letter_id: UUID) -> LetterView:
    """One of the actor's own, as it stands now; else NotFound."""
    found = queries.list_letters(session, actor, draft_id=letter_id)
    if not found:
        raise NotFound
    return letter(*found[0])


def open_draft(session: Session, actor: Actor, letter_id: UUID, version: int) -> MailDraft:
    """One of the actor's own that may be written in, at this version. Conflict while it is to be sent, or when it was changed meanwhile."""
    row = get_own_draft(session, actor, letter_id)
    view = load(session, actor, letter_id)
    if view.state != LetterState.DRAFT:
        raise Conflict(_("This letter is to be sent already. Take it back first."))
    require_version(row, version, view)
    return row


def sender(actor: Actor, connection: Connection, mailbox: Mailbox) -> SenderView:
    """A mailbox that sends."""
    resting = {
        ConnectionState.PAUSED: _("This mailbox is paused. Resume it to send from it."),
        ConnectionState.SIGN_IN_NEEDED: _("This mailbox needs you to sign in again."),
    }.get(ConnectionState(connection.state), "")
    return SenderView(
        connection_id=connection.id, mailbox=connection.name, address=mailbox.sender_address, name=mailbox.sender_name or actor.name, resting=resting,
        signature=mailbox.signature,
    )  # fmt: skip
