"""Reading and taking what is kept of Google."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, text
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import Connection, ConnectionKind, ConnectionSecret
from crm_app.domain.google.models import OAuthClient, OAuthState

GOOGLE: Final = "google"
_SHARED = text("select google_account_is_shared(:connection)")
_PATIENCE = text("set local statement_timeout = '25s'")


def find_client(session: Session, *, lock: bool = False) -> OAuthClient | None:
    """The practice's client at Google."""
    found = select(OAuthClient).where(OAuthClient.provider == GOOGLE).execution_options(populate_existing=True)
    return session.exec(found.with_for_update() if lock else found).first()


def take_state(session: Session, actor: Actor, state_hash: bytes, moment: datetime) -> OAuthState | None:
    """A sign-in that the actor began in this very session, and not too long ago. It is gone with this: whoever asks twice finds nothing."""
    mine = [col(OAuthState.state_hash) == state_hash, col(OAuthState.user_id) == actor.user_id]
    row = session.exec(delete(OAuthState).where(*mine).returning(OAuthState)).scalars().first()
    return row if row is not None and row.session_id == actor.session_id and row.expires_at > moment else None


def forget_states(session: Session, actor: Actor, moment: datetime, keep: int) -> None:
    """Remove the actor's sign-ins that nobody came back from in time, and all but the latest ``keep``."""
    latest = select(OAuthState.state_hash).where(OAuthState.user_id == actor.user_id, OAuthState.expires_at > moment)
    kept = latest.order_by(col(OAuthState.expires_at).desc()).limit(keep)
    session.connection().execute(delete(OAuthState).where(col(OAuthState.user_id) == actor.user_id, col(OAuthState.state_hash).not_in(kept)))


def find_account(session: Session, actor: Actor, kind: ConnectionKind, email: str) -> Connection | None:
    """The actor's own connection to the calendars, the mail, the contacts or the files of an account at Google, locked."""
    mine = (Connection.owner_id == actor.user_id, Connection.kind == kind.value, func.lower(Connection.username) == email.lower())
    return session.exec(select(Connection).where(*mine).with_for_update().execution_options(populate_existing=True)).first()


def is_shared(session: Session, connection_id: UUID) -> bool:
    """Whether another connection, whoever's, is of the same account as this own one: its calendars, its mail, its contacts or its files."""
    return bool(session.connection().execute(_SHARED, {"connection": connection_id}).scalar())


def hold_secret(session: Session, actor: Actor, connection_id: UUID) -> ConnectionSecret | None:
    """What is sealed of an own connection, for the asker alone until their transaction ends: whoever else wants it waits, for as long as Google may take."""
    session.connection().execute(_PATIENCE)
    found = select(ConnectionSecret).where(ConnectionSecret.owner_id == actor.user_id, ConnectionSecret.connection_id == connection_id)
    return session.exec(found.with_for_update().execution_options(populate_existing=True)).first()
