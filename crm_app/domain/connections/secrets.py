"""The password of a connection: sealed when it comes in, opened by its sync alone."""

from __future__ import annotations

from uuid import UUID

from pydantic import SecretStr
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections import queries
from crm_app.domain.connections.models import ConnectionSecret
from crm_app.domain.rows import Audience
from crm_app.domain.sealing import CONNECTION_PASSWORD, bound_box
from crm_app.domain.secret_box import Sealed


def keep(session: Session, actor: Actor, connection_id: UUID, password: SecretStr) -> None:
    """Seal the password of an own connection, in place of an earlier one. An empty one is none."""
    if not password.get_secret_value():
        return
    sealed = bound_box().seal(CONNECTION_PASSWORD.of(connection_id), password)
    row = queries.find_secret(session, actor, connection_id)
    if row is None:
        row = ConnectionSecret(
            connection_id=connection_id, owner_id=actor.user_id, audience=Audience.PRIVATE.value, sealed=sealed.content, key_id=sealed.key_id
        )
    row.sealed, row.key_id = sealed.content, sealed.key_id
    session.add(row)
    session.flush()


def read(session: Session, actor: Actor, connection_id: UUID) -> SecretStr:
    """The password of an own connection, in memory only; empty when it has none. Raises ``SealBroken`` when it no longer opens."""
    row = queries.find_secret(session, actor, connection_id)
    return bound_box().open(CONNECTION_PASSWORD.of(connection_id), Sealed(row.sealed, row.key_id)) if row else SecretStr("")
