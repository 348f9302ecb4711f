"""What opens an account: sealed when it comes in, opened by its sync. Of a feed that is its address too: whoever knows it can read the calendar."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from pydantic import SecretStr
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections import queries
from crm_app.domain.connections.models import AT_GOOGLE, Connection, ConnectionKind, ConnectionSecret
from crm_app.domain.i18n import _
from crm_app.domain.rows import Audience
from crm_app.domain.sealing import CONNECTION_PASSWORD, bound_box
from crm_app.domain.secret_box import SealBroken, Sealed


@dataclass(frozen=True, slots=True)
class Access:
    """Where an account is asked for, and with which password; both in memory only."""

    address: str = field(repr=False)
    password: SecretStr = SecretStr("")


class AddressLost(SealBroken):
    """The address of a feed is not there, or no longer opens."""

    def __init__(self) -> None:
        super().__init__(_("The address of this calendar can no longer be opened. Enter it again."))


def is_feed(row: Connection) -> bool:
    """Whether its address is a secret, and ``url`` holds no more of it than its server."""
    return row.kind == ConnectionKind.ICS


def keep(session: Session, actor: Actor, row: Connection, access: Access) -> None:
    """Seal what opens an own connection, in place of what did before. Where there is nothing to seal, what is there stays."""
    password = access.password.get_secret_value()
    plain = f"{access.address}\n{password}" if is_feed(row) else password  # no address holds a line's end
    if plain:
        seal(session, actor, row.id, SecretStr(plain))


def seal(session: Session, actor: Actor, connection_id: UUID, plain: SecretStr) -> None:
    """Seal this for an own connection, in place of what is there."""
    sealed = bound_box().seal(CONNECTION_PASSWORD.of(connection_id), plain)
    kept = queries.find_secret(session, actor, connection_id)
    if kept is None:
        kept = ConnectionSecret(connection_id=connection_id, owner_id=actor.user_id, audience=Audience.PRIVATE.value, sealed=sealed.content, key_id=sealed.key_id)
    kept.sealed, kept.key_id = sealed.content, sealed.key_id
    session.add(kept)
    session.flush()


def read(session: Session, actor: Actor, row: Connection) -> Access:
    """What opens an own connection. Raises ``SealBroken`` when that no longer opens itself. Of an account at Google nothing: see ``google.tokens``."""
    if row.kind in AT_GOOGLE:
        return Access(row.url)
    kept = queries.find_secret(session, actor, row.id)
    try:
        plain = bound_box().open(CONNECTION_PASSWORD.of(row.id), Sealed(kept.sealed, kept.key_id)) if kept else SecretStr("")
    except SealBroken:
        if is_feed(row):
            raise AddressLost from None
        raise
    if not is_feed(row):
        return Access(row.url, plain)
    address, _end, password = plain.get_secret_value().partition("\n")
    if not address:
        raise AddressLost
    return Access(address, SecretStr(password))
