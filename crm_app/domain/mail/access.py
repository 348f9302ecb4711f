"""The only loaders of threads, mailboxes, folders and rules by their ids. What the asker may not see is not found."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.mail.models import Email, EmailBody, Mailbox, MailFolder, MailRule, MailThread
from crm_app.domain.rows import Audience


def get_visible_thread(session: Session, actor: Actor, thread_id: UUID) -> MailThread:
    """The thread if the actor may see it, else NotFound."""
    seen = (col(MailThread.owner_id) == actor.user_id) | (col(MailThread.audience) == Audience.TEAM.value)
    found = select(MailThread).where(MailThread.id == thread_id, seen).execution_options(populate_existing=True)
    row = session.exec(found).first()
    if row is None:
        raise NotFound
    return row


def get_own_thread(session: Session, actor: Actor, thread_id: UUID) -> MailThread:
    """The thread, held for this transaction. NotFound unless the actor may see it; Forbidden unless it stands in their own mailbox: what becomes of a
    mail is for its owner to say.
    """
    found = select(MailThread).where(MailThread.id == thread_id, MailThread.owner_id == actor.user_id)
    row = session.exec(found.with_for_update().execution_options(populate_existing=True)).first()
    if row is None:
        get_visible_thread(session, actor, thread_id)
        raise Forbidden(_("Only the person whose mail this is can change whom it concerns and who sees it."))
    return row


def get_own_mail(session: Session, actor: Actor, email_id: UUID) -> Email:
    """One mail of the actor's own, else NotFound: nobody answers from another's mailbox."""
    row = session.exec(select(Email).where(Email.id == email_id, Email.owner_id == actor.user_id)).first()
    if row is None:
        raise NotFound
    return row


def get_readable_mail(session: Session, actor: Actor, email_id: UUID) -> tuple[Email, EmailBody]:
    """A mail with its words if the actor may read these, else NotFound."""
    read = (col(EmailBody.owner_id) == actor.user_id) | (col(EmailBody.audience) == Audience.TEAM.value)
    found = select(Email, EmailBody).join(EmailBody, col(EmailBody.email_id) == col(Email.id)).where(Email.id == email_id, read)
    row = session.exec(found).first()
    if row is None:
        raise NotFound
    return row


def get_own_mailbox(session: Session, actor: Actor, connection_id: UUID, *, lock: bool = False) -> Mailbox:
    """What was decided about one of the actor's own mail connections, else NotFound."""
    found = select(Mailbox).where(Mailbox.connection_id == connection_id, col(Mailbox.owner_id) == actor.user_id).execution_options(populate_existing=True)
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row


def get_own_folder(session: Session, actor: Actor, folder_id: UUID, *, lock: bool = False) -> MailFolder:
    """A folder of one of the actor's own mailboxes, else NotFound."""
    found = select(MailFolder).where(MailFolder.id == folder_id, col(MailFolder.owner_id) == actor.user_id).execution_options(populate_existing=True)
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row


def get_own_rule(session: Session, actor: Actor, rule_id: UUID) -> MailRule:
    """A rule of the actor's own, else NotFound."""
    row = session.exec(select(MailRule).where(MailRule.id == rule_id, col(MailRule.owner_id) == actor.user_id, MailRule.verdict != "met")).first()
    if row is None:
        raise NotFound
    return row
