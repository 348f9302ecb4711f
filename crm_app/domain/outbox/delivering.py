"""The steps of one mail on its way out. The job calls them as the mail's owner, each in a transaction of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.ids import new_id
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.notify import notify_self
from crm_app.domain.outbox import queries
from crm_app.domain.outbox.models import MailState
from crm_app.domain.outbox.queries import Claim
from crm_app.domain.outbox.sending import OutgoingMail

LEASE = timedelta(minutes=5)
"""Longer than a sender waits for its server in all."""
_FORGET = {"text": "", "html": "", "subject": ""}


class MailLost(Exception):
    """The mail is no longer this attempt's; nothing of it may be handed over."""


def load_mail(session: Session, actor: Actor, claim: Claim, domain: str) -> OutgoingMail:
    """The mail as it goes out. Its Message-ID follows from its key alone, so that a server can tell it from every other."""
    row = queries.get_mail(session, actor, claim.mail_id)
    if row is None or row.attempts != claim.attempt:
        raise MailLost
    return OutgoingMail(row.to_address, row.to_name, row.subject, row.text, row.html, f"<{row.id}@{domain}>", row.unsubscribe)


def begin_sending(session: Session, actor: Actor, claim: Claim) -> None:
    """From here on it may have been sent. Raises ``MailLost`` when another attempt has it."""
    if not queries.move(session, actor, claim, (MailState.QUEUED,), state=MailState.SENDING.value):
        raise MailLost


def mark_sent(session: Session, actor: Actor, claim: Claim, moment: datetime) -> None:
    """The server took it. Its words are forgotten: they have been delivered."""
    known = (MailState.SENDING, MailState.UNKNOWN)
    queries.move(session, actor, claim, known, state=MailState.SENT.value, sent_at=moment, lease_until=None, reason="", **_FORGET)


def put_off(session: Session, actor: Actor, claim: Claim, reason: str, until: datetime) -> None:
    """It was surely not taken: try again then."""
    held = (MailState.QUEUED, MailState.SENDING)
    queries.move(session, actor, claim, held, state=MailState.QUEUED.value, run_after=until, lease_until=None, reason=reason, tries=claim.tries + 1)


def mark_failed(session: Session, actor: Actor, claim: Claim, reason: str) -> None:
    """It was refused, or has been tried often enough. Its owner is told, and an admin can send it again."""
    if queries.move(session, actor, claim, (MailState.QUEUED, MailState.SENDING), state=MailState.FAILED.value, lease_until=None, reason=reason):
        _tell(session, actor, claim, reason)


def mark_unknown(session: Session, actor: Actor, claim: Claim, reason: str) -> None:
    """Nobody knows whether it was taken. It is never sent again by itself."""
    if queries.move(session, actor, claim, (MailState.SENDING,), state=MailState.UNKNOWN.value, lease_until=None, reason=reason):
        _tell(session, actor, claim, reason)


def mark_failed_or_unknown(session: Session, actor: Actor, claim: Claim, reason: str) -> None:
    """What a defect of ours leaves: failed if it had not been handed over yet, else unknown."""
    if queries.move(session, actor, claim, (MailState.QUEUED,), state=MailState.FAILED.value, lease_until=None, reason=reason):
        _tell(session, actor, claim, reason)
    else:
        mark_unknown(session, actor, claim, reason)


def tell_given_up(session: Session, actor: Actor, mail_id: UUID, reason: str) -> None:
    """Tell the owner of a mail that was given up."""
    notify_self(session, actor, Kind.MAIL_FAILED, key=f"{mail_id}:{new_id()}", detail=reason)


def _tell(session: Session, actor: Actor, claim: Claim, reason: str) -> None:
    notify_self(session, actor, Kind.MAIL_FAILED, key=f"{claim.mail_id}:{new_id()}", detail=reason)
