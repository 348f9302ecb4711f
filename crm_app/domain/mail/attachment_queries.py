"""Where mails lie over there, and what is kept here of what came along."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.files.models import LETTER, Blob
from crm_app.domain.mail.models import EmailPlace, MailFolder

MOST = 5


def list_places(session: Session, owner: Actor, email_id: UUID) -> list[tuple[UUID, str, int]]:
    """``(connection, folder as it is called over there, number in it)`` of an own mail, a few at most."""
    asked = columns(col(MailFolder.connection_id), col(MailFolder.ref), col(EmailPlace.uid)).join(MailFolder, col(MailFolder.id) == col(EmailPlace.folder_id))
    asked = asked.where(col(EmailPlace.email_id) == email_id, col(EmailPlace.owner_id) == owner.user_id).order_by(col(MailFolder.ref), col(EmailPlace.uid))
    return [(connection_id, ref, uid) for connection_id, ref, uid in session.execute(asked.limit(MOST)).tuples()]


def list_kept(session: Session, owner: Actor, email_id: UUID) -> Sequence[Blob]:
    """What was attached to an own mail that left from here, in the order in which it stands in it."""
    mine = select(Blob).where(Blob.owner_id == owner.user_id, Blob.purpose == LETTER, Blob.email_id == email_id)
    return session.exec(mine.order_by(col(Blob.id))).all()
