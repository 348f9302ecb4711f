"""Which mails no folder holds any more, and how sure it is that none does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import exists, func, or_, text
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import Connection, ConnectionState, RunState, SyncProblem, SyncRun
from crm_app.domain.mail.models import Email, Mailbox, MailFolder

FOLDER = "folder"
"""The item of a problem that is about a folder as a whole, and names no message."""
_LET_GO = text("select let_go_of_mails(:ids)")


def list_other_looks(session: Session, actor: Actor, connection_id: UUID) -> Sequence[datetime | None]:
    """When the last run of each of the actor's other mailboxes began that looked into every folder, but for those that rest; None where none has yet."""
    refused = exists().where(
        col(SyncProblem.connection_id) == col(SyncRun.connection_id), col(SyncProblem.item) == FOLDER, col(SyncProblem.created_at) < col(SyncRun.ended_at),
        col(MailFolder.connection_id) == col(SyncProblem.connection_id), col(MailFolder.ref) == col(SyncProblem.calendar_ref), col(MailFolder.synced),
    )  # fmt: skip
    good = (col(SyncRun.connection_id) == col(Connection.id)) & (col(SyncRun.state) == RunState.DONE.value) & ~col(SyncRun.dry) & ~refused
    asked = columns(func.max(col(SyncRun.created_at))).select_from(Connection).join(Mailbox, col(Mailbox.connection_id) == col(Connection.id))
    asked = asked.outerjoin(SyncRun, good).where(
        col(Connection.owner_id) == actor.user_id, col(Connection.id) != connection_id, col(Connection.state) == ConnectionState.ACTIVE.value
    )
    return session.execute(asked.group_by(col(Connection.id))).scalars().all()


def list_gone(session: Session, actor: Actor, since: datetime, first: date, limit: int) -> Sequence[Email]:
    """The actor's mails that no folder has held since before this moment, but for fingerprints of erased ones and those from before ``first``.

    That day itself does not count: a server has a clock of its own.
    """
    found = select(Email).where(
        Email.owner_id == actor.user_id, col(Email.gone_at) < since, or_(~col(Email.forgotten), col(Email.has_body)),
        col(Email.sent_at) >= datetime.combine(first, time.min, UTC) + timedelta(days=1),
    )  # fmt: skip
    return session.exec(found.order_by(col(Email.gone_at)).limit(limit)).all()


def let_go(session: Session, email_ids: Collection[UUID]) -> None:
    """Remove these mails. Of those that were erased their fingerprint stays, by which they are not read again."""
    session.connection().execute(_LET_GO, {"ids": list(email_ids)})
