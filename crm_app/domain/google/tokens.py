"""What opens an account at Google: a token that lasts, and one for access that ends within the hour. Both are sealed, and in memory only while they are used.

They are renewed by one worker at a time, whatever the number of processes: the row is held while Google is asked, since a token that was
used twice may cost the account its access.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections import secrets
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.models import Connection, ConnectionSecret
from crm_app.domain.connections.source import NotThatKind, SignInNeeded
from crm_app.domain.google import clients, queries
from crm_app.domain.google.authority import Granted, bound_authority
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now
from crm_app.domain.sealing import CONNECTION_PASSWORD, bound_box
from crm_app.domain.secret_box import SealBroken, Sealed

LEEWAY = timedelta(minutes=1)
"""A token for access is not used in its last minute: what is asked with it takes a while."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is sealed of a connection."""

    refresh: SecretStr
    access: SecretStr
    until: datetime


def keep(session: Session, actor: Actor, row: Connection, granted: Granted) -> None:
    """Seal what Google handed out for an own connection, in place of what is there."""
    queries.hold_secret(session, actor, row.id)
    _seal(session, actor, row.id, _kept(granted))


def fresh_access(session: Session, actor: Actor, connection_id: UUID, refused: str = "") -> SecretStr:
    """A token for access that is good now, and is not the one that was ``refused``. Raises a ``SourceError``, and then nothing has changed.

    ``NotThatKind``: the practice's client is not right. Nobody's own sign-in would mend that, and it is tried again until somebody has.
    NotFound for a connection that is not the actor's own, or not there any more.
    """
    actor.require(Permission.CONNECTION_MANAGE)
    held = queries.hold_secret(session, actor, connection_id)
    if held is None:
        get_own_connection(session, actor, connection_id)
        raise SignInNeeded(_("Nothing is kept any more of the sign-in to this account. Sign in with Google again."))
    kept = _opened(held)
    access = kept.access.get_secret_value()
    if access and access != refused and kept.until - LEEWAY > now():
        return kept.access
    client = clients.find(session)
    if client is None:
        raise NotThatKind(_("The practice's Google client is no longer set. Whoever manages the team can enter it again."))
    granted = bound_authority().renew(client, kept.refresh)
    _seal(session, actor, connection_id, _kept(granted, kept.refresh))
    return granted.access


def giving_back(session: Session, actor: Actor, connection_id: UUID) -> Callable[[], bool]:
    """What has Google end the access that it granted, to be called once the connection is gone. False when Google could not be told.

    Where another connection of the practice lives by the same grant, nothing is to be ended.
    """
    if queries.is_shared(session, connection_id):
        return lambda: True
    held = queries.hold_secret(session, actor, connection_id)
    try:
        lasting = _opened(held).refresh if held is not None else None
    except SignInNeeded:
        lasting = None
    return lambda: lasting is not None and bound_authority().revoke(lasting)


def _kept(granted: Granted, before: SecretStr | None = None) -> _Kept:
    lasting = granted.refresh if granted.refresh.get_secret_value() or before is None else before
    return _Kept(lasting, granted.access, now() + timedelta(seconds=granted.lasts))


def _seal(session: Session, actor: Actor, connection_id: UUID, kept: _Kept) -> None:
    plain = {"refresh": kept.refresh.get_secret_value(), "access": kept.access.get_secret_value(), "until": kept.until.timestamp()}
    secrets.seal(session, actor, connection_id, SecretStr(json.dumps(plain)))


def _opened(row: ConnectionSecret) -> _Kept:
    try:
        plain = json.loads(bound_box().open(CONNECTION_PASSWORD.of(row.connection_id), Sealed(row.sealed, row.key_id)).get_secret_value())
    except SealBroken:
        raise SignInNeeded(_("What was kept for this account can no longer be opened. Sign in with Google again.")) from None
    return _Kept(SecretStr(plain["refresh"]), SecretStr(plain["access"]), datetime.fromtimestamp(plain["until"], UTC))
