"""The steps of one mail on its way out. The job calls them as the mail's owner, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import cast, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, col

from crm_app.domain.actor import Actor
from crm_app.domain.files.models import Blob
from crm_app.domain.i18n import _
from crm_app.domain.ids import new_id
from crm_app.domain.jobs import service as jobs
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.notify import notify_self
from crm_app.domain.outbox import queries
from crm_app.domain.outbox.models import LETTER, MailState, Outbox
from crm_app.domain.outbox.queries import Claim
from crm_app.domain.outbox.sending import LetterHead, MailRefused, OutgoingFile, OutgoingMail, Recipient
from crm_app.domain.permissions import Permission

LEASE = timedelta(minutes=10)
"""Longer than a sender waits for its server in all."""
FILE = "letters.file"
"""The kind of the job that puts a letter where it belongs once it has been sent."""
_FORGET = {"text": "", "html": "", "subject": ""}


class MailLost(Exception):
    """The mail is no longer this attempt's; nothing of it may be handed over."""


def load_mail(session: Session, actor: Actor, claim: Claim, domain: str, moment: datetime) -> OutgoingMail:
    """The mail as it goes out. Its Message-ID follows from its key alone, so that a server can tell it from every other.

    Raises ``MailRefused`` for a letter of somebody who may write none any more, and for one that is not whole.
    """
    row = queries.get_mail(session, actor, claim.mail_id)
    if row is None or row.attempts != claim.attempt:
        raise MailLost
    if row.kind == LETTER and not actor.can(Permission.MAIL_WRITE):
        raise MailRefused(_("You may no longer send mail here."))
    mail = as_it_leaves(row, domain, moment, queries.list_files(session, actor, row))
    if len(mail.files) != len((row.letter or {}).get("files", ())):
        raise MailRefused(_("A file that was attached to it is no longer here."))
    return mail


def as_it_leaves(row: Outbox, domain: str, moment: datetime, files: Sequence[Blob] = ()) -> OutgoingMail:
    """A row as the mail that it is, with what is attached; a letter bears the domain of whoever writes it, and not this server's."""
    head = _head_of(row, row.letter, row.sent_at or moment) if row.letter else None
    attached = tuple(OutgoingFile(one.name, one.content_type, one.data) for one in files)
    domain = head.sender.address.rpartition("@")[2] if head else domain
    return OutgoingMail(row.to_address, row.to_name, row.subject, row.text, row.html, f"<{row.id}@{domain}>", row.unsubscribe, head, attached)


def _head_of(row: Outbox, letter: Mapping[str, Any], sent_at: datetime) -> LetterHead:
    others = tuple(Recipient(**one) for one in letter["others"])
    return LetterHead(row.connection_id, Recipient(**letter["sender"]), others, tuple(letter["references"]), sent_at)


def begin_sending(session: Session, actor: Actor, claim: Claim, moment: datetime) -> None:
    """From here on it may have been sent, and keeps this date however often it is. Raises ``MailLost`` when another attempt has it."""
    sent_at = func.coalesce(col(Outbox.sent_at), moment)
    if not queries.move(session, actor, claim, (MailState.QUEUED,), state=MailState.SENDING.value, sent_at=sent_at):
        raise MailLost


def mark_sent(session: Session, actor: Actor, claim: Claim, moment: datetime) -> None:
    """The server took it. Its words are forgotten: they have been delivered."""
    known = (MailState.SENDING, MailState.UNKNOWN)
    queries.move(session, actor, claim, known, state=MailState.SENT.value, sent_at=moment, lease_until=None, reason="", **_FORGET)


def mark_letter_sent(session: Session, actor: Actor, claim: Claim, kept: str = "") -> None:
    """The server took a letter. Its words stay until it lies in its thread and among what its mailbox has sent: a job sees to both.

    ``kept`` is by what its account knows it, if that keeps what it sent by itself.
    """
    letter = col(Outbox.letter).op("||")(cast({"kept": kept}, JSONB)) if kept else col(Outbox.letter)
    if queries.move(session, actor, claim, (MailState.SENDING,), state=MailState.SENT.value, lease_until=None, reason="", letter=letter):
        file_letter(session, actor, claim.mail_id)


def file_letter(session: Session, actor: Actor, mail_id: UUID) -> None:
    """Have a letter that was sent put where it belongs."""
    jobs.enqueue_job(session, actor, FILE, {"mail_id": str(mail_id)})


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
    row = queries.get_mail(session, actor, mail_id)
    kind = Kind.LETTER_FAILED if row is not None and row.kind == LETTER else Kind.MAIL_FAILED
    notify_self(session, actor, kind, key=f"{mail_id}:{new_id()}", detail=reason)


def _tell(session: Session, actor: Actor, claim: Claim, reason: str) -> None:
    tell_given_up(session, actor, claim.mail_id, reason)
