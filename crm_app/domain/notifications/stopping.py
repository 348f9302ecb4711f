"""The link by which somebody stops their daily mail without signing in, as mail programs do for them (RFC 8058).

It is signed with a key that the database never sees, is good for that one thing, and ends when its owner wants the mail again.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.notifications import queries
from crm_app.domain.permissions import Permission

PATH = "/unsubscribe/"
_PURPOSE = b"mindfulcrm: stop the daily mail"
_ID, _MAC = 16, 32
LONGEST = 4 * (_ID + _MAC) // 3


class _Binding:
    key: bytes | None = None


def bind_stop_key(secret: bytes) -> None:
    """Sign this process's links with a key derived from the deployment's secret."""
    _Binding.key = hmac.digest(secret, _PURPOSE, sha256)


def stop_path(user_id: UUID, nonce: UUID) -> str:
    """The path that stops somebody's mail: whose, and the signature over that and their ``nonce``."""
    return PATH + urlsafe_b64encode(user_id.bytes + _signature(user_id, nonce)).decode()


def whose(token: str) -> UUID | None:
    """Whose mail a link says that it stops, before that is believed; None for what was never such a link."""
    if len(token) != LONGEST or not token.isascii():
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(token)[:_ID])
    except ValueError:
        return None


def fits(token: str, user_id: UUID, nonce: UUID) -> bool:
    """Whether we signed this link, and it has not ended since."""
    return hmac.compare_digest(token, stop_path(user_id, nonce).removeprefix(PATH))


def stop_digest(session: Session, actor: Actor) -> None:
    """No daily mail any more. Twice is no fault: mail programs ask again."""
    actor.require(Permission.NOTIFICATION_WRITE)
    queries.get_profile(session, actor, lock=True).digest = False
    session.flush()


def _signature(user_id: UUID, nonce: UUID) -> bytes:
    if _Binding.key is None:
        raise RuntimeError("stopping.bind_stop_key(secret) has not been called")
    return hmac.digest(_Binding.key, user_id.bytes + nonce.bytes, sha256)
