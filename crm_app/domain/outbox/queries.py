"""The rows of the outbox: their owner's, but for what an admin may know of those that went wrong."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.files.models import LETTER as ATTACHED
from crm_app.domain.files.models import Blob
from crm_app.domain.ids import new_id
from crm_app.domain.outbox.models import LETTER, MailState, Outbox
from crm_app.domain.outbox.rules import checked_address

_CLAIM = text("select mail_id, owner, attempt, failed, mailbox from claim_mail(:moment, :lease, cast(:busy as uuid[]))")
NO_MAILBOX = UUID(int=0)
"""By which mail of the house itself leaves."""
_GIVE_UP = text("select mail_id, owner, why from give_up_mail(:moment, :unknown, :late)")
_TROUBLES = text("select * from mail_troubles(:moment, :limit)")
_WAITING = text("select count_waiting_mail()")
_COUNT = text("select count_mail(:kind, :address, :since)")
_DECIDE = text("select decide_mail(:which, :again, :moment)")
_TIDY = text("select tidy_mail(:moment)")
_LEFT = text("select mail_id, owner from letters_to_file(:moment)")
_FIGURES = text("select oldest, lost from outbox_figures(:moment)")


class Claim(NamedTuple):
    """A mail that this process may send until its lease ends; it has failed ``tries`` times so far, and leaves by ``mailbox``."""

    mail_id: UUID
    owner_id: UUID
    attempt: int
    tries: int
    mailbox: UUID = NO_MAILBOX


class Figures(NamedTuple):
    """For how many seconds the mail that waits longest has waited, and how many of this server's own did not arrive for certain."""

    oldest: float
    lost: int


def read_figures(session: Session, moment: datetime) -> Figures:
    """What the metrics say of the outbox."""
    return Figures(*session.connection().execute(_FIGURES, {"moment": moment}).one())


def put(session: Session, actor: Actor, kind: str, key: str, values: dict[str, Any]) -> UUID | None:
    """Write a mail of the actor's; None when there is one of this key."""
    row = insert(Outbox).values(Outbox(id=new_id(), owner_id=actor.user_id, kind=kind, key=key, **values).model_dump())
    return session.connection().execute(row.on_conflict_do_nothing().returning(col(Outbox.id))).scalar()


def get_mail(session: Session, actor: Actor, mail_id: UUID) -> Outbox | None:
    """One of the actor's own."""
    return session.exec(select(Outbox).where(Outbox.id == mail_id, Outbox.owner_id == actor.user_id)).first()


def list_files(session: Session, actor: Actor, mail: Outbox) -> Sequence[Blob]:
    """What is attached to a letter of the actor's, with its bytes, in the order in which it stands in the mail."""
    ids = [UUID(one) for one in (mail.letter or {}).get("files", ())]
    if not ids:
        return ()
    mine = select(Blob).where(Blob.owner_id == actor.user_id, Blob.purpose == ATTACHED, col(Blob.id).in_(ids))
    return session.exec(mine.order_by(col(Blob.id))).all()


def find_latest(session: Session, actor: Actor, kind: str) -> Outbox | None:
    """The actor's own latest mail of a kind."""
    found = select(Outbox).where(Outbox.owner_id == actor.user_id, Outbox.kind == kind).order_by(col(Outbox.id).desc()).limit(1)
    return session.exec(found.execution_options(populate_existing=True)).first()


def count_since(session: Session, kind: str, address: str, since: datetime) -> int:
    """How many mails of a kind went to an address since then, whoever had them sent, for an admin; 0 for anybody else."""
    return int(session.connection().execute(_COUNT, {"kind": kind, "address": checked_address(address), "since": since}).scalar_one())


def count_waiting(session: Session) -> int:
    """How many mails of the whole team are still to be sent, for an admin; 0 for anybody else."""
    return int(session.connection().execute(_WAITING).scalar_one())


def move(session: Session, actor: Actor, claim: Claim, states: tuple[MailState, ...], **values: Any) -> bool:
    """Change a mail if it still belongs to this attempt and stands in one of ``states``; whether it did."""
    held = [col(Outbox.id) == claim.mail_id, col(Outbox.owner_id) == actor.user_id, col(Outbox.attempts) == claim.attempt]
    moved = update(Outbox).where(*held, col(Outbox.state).in_([state.value for state in states])).values(**values)
    return session.connection().execute(moved.returning(col(Outbox.id))).scalar() is not None


def turn_letter(session: Session, actor: Actor, mail_id: UUID, states: tuple[MailState, ...], **values: Any) -> bool:
    """Change a letter of the actor's by their own word if it stands in one of ``states``, whoever is about to send it; whether it did."""
    moved = update(Outbox).where(*_own_letter(actor, mail_id, states)).values(**values)
    return session.connection().execute(moved.returning(col(Outbox.id))).scalar() is not None


def withdraw_letter(session: Session, actor: Actor, mail_id: UUID, states: tuple[MailState, ...]) -> bool:
    """Take a letter of the actor's out again if it stands in one of ``states``; whether it did. Whoever holds it already finds it gone before handing it over."""
    gone = delete(Outbox).where(*_own_letter(actor, mail_id, states))
    return session.connection().execute(gone.returning(col(Outbox.id))).scalar() is not None


def _own_letter(actor: Actor, mail_id: UUID, states: tuple[MailState, ...]) -> tuple[Any, ...]:
    known = col(Outbox.state).in_([state.value for state in states])
    return col(Outbox.id) == mail_id, col(Outbox.owner_id) == actor.user_id, col(Outbox.kind) == LETTER, known


def claim_next(session: Session, moment: datetime, lease: timedelta, busy: Collection[UUID] = ()) -> Claim | None:
    """Take the next mail that is due and leaves by none of the mailboxes that are ``busy``.

    One whose holder let its lease run out before handing it over is due again.
    """
    row = session.connection().execute(_CLAIM, {"moment": moment, "lease": lease, "busy": list(busy)}).first()
    return Claim(row.mail_id, row.owner, row.attempt, row.failed, row.mailbox) if row else None


def give_up_on(session: Session, moment: datetime, unknown: str, late: str) -> list[tuple[UUID, UUID, str]]:
    """Settle what nobody will send any more, with one of two reasons; (mail, owner, reason) of each.

    ``unknown``: handed over by a process that did not live to hear the answer. ``late``: still waiting when nobody had any use for it.
    """
    rows = session.connection().execute(_GIVE_UP, {"moment": moment, "unknown": unknown, "late": late})
    return [(row.mail_id, row.owner, row.why) for row in rows]


def list_troubles(session: Session, moment: datetime, limit: int) -> list[Any]:
    """What went wrong lately, for an admin; nothing for anybody else."""
    return list(session.connection().execute(_TROUBLES, {"moment": moment, "limit": limit}).all())


def decide(session: Session, mail_id: UUID, again: bool, moment: datetime) -> bool:
    """An admin's word on a mail that went wrong: send it again, or forget it. False when there is no such mail, or no words to send."""
    return bool(session.connection().execute(_DECIDE, {"which": mail_id, "again": again, "moment": moment}).scalar())


def tidy(session: Session, moment: datetime) -> None:
    """Remove what was sent or settled a month ago."""
    session.connection().execute(_TIDY, {"moment": moment})


def list_left(session: Session, moment: datetime) -> list[tuple[UUID, UUID]]:
    """Letters that were sent and that nothing is about to put where they belong; (mail, owner) of each."""
    return [(row.mail_id, row.owner) for row in session.connection().execute(_LEFT, {"moment": moment})]
