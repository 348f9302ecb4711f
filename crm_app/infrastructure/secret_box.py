"""The secret box: AES-256-GCM in two layers.

What is put in is sealed with a key of its own, drawn for it alone, and that key with the newest of the key ring. A sealed thing is

    1 byte    the form, 1
    12 + 48   the head: a nonce, and its own key sealed with the ring's. Bound to form, table, row, column and the name of the ring's key
    12 + …    the body: a nonce, and what was put in. Bound to form, table, row and column

So a change of keys remakes the head alone, and whoever does that never sees a body. A nonce is drawn at random for each sealing: a key
of the ring may seal four thousand million heads before two of them could be expected to share one, and a body's key seals once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from crm_app.domain.secret_box import Place, SealBroken, Sealed
from crm_app.infrastructure.key_ring import KEY_BYTES, KeyRing, RingKey

_FORM = b"\x01"
_NONCE, _TAG = 12, 16
HEAD = len(_FORM) + _NONCE + KEY_BYTES + _TAG
"""How many of the first bytes a change of keys needs to see."""


class AesSecretBox:
    """The domain's secret box. ``ring`` is asked for the keys at every use, so that a ring that changes is taken up at once."""

    def __init__(self, ring: Callable[[], KeyRing]) -> None:
        self._ring = ring

    def seal(self, place: Place, plain: SecretStr) -> Sealed:
        """Seal ``plain`` for ``place`` with the newest key."""
        key, own, nonce = self._ring().newest, secrets.token_bytes(KEY_BYTES), secrets.token_bytes(_NONCE)
        body = AESGCM(own).encrypt(nonce, plain.get_secret_value().encode(), _bound(place))
        return Sealed(_head(own, place, key) + nonce + body, key.id)

    def open(self, place: Place, sealed: Sealed) -> SecretStr:
        """What was sealed for ``place``; ``SealBroken`` otherwise."""
        own, rest = _own_key(sealed.content[:HEAD], place, self._ring().find(sealed.key_id)), sealed.content[HEAD:]
        return SecretStr(_opened(own, rest, _bound(place)).decode())


def with_new_head(head: bytes, place: Place, old: RingKey | None, new: RingKey) -> bytes:
    """The head of the same sealed thing under another key of the ring. Raises ``SealBroken``."""
    return _head(_own_key(head, place, old), place, new)


def opens(head: bytes, place: Place, key: RingKey | None) -> bool:
    """Whether a head is whole and of this place and key, and there is such a key."""
    try:
        _own_key(head, place, key)
    except SealBroken:
        return False
    return True


def _head(own: bytes, place: Place, key: RingKey) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return _FORM + nonce + AESGCM(key.secret).encrypt(nonce, own, _bound(place, key))


def _own_key(head: bytes, place: Place, key: RingKey | None) -> bytes:
    if key is None or head[:1] != _FORM:
        raise SealBroken
    return _opened(key.secret, head[1:], _bound(place, key))


def _opened(key: bytes, nonce_and_sealed: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(nonce_and_sealed[:_NONCE], nonce_and_sealed[_NONCE:], bound)
    except (InvalidTag, ValueError):  # ValueError: too short to be one at all
        raise SealBroken from None


def _bound(place: Place, key: RingKey | None = None) -> bytes:
    """What a layer is bound to. Names hold no zero byte, so no two places are written alike."""
    parts = (b"mindfulcrm sealed", _FORM, place.table.encode(), str(place.row_id).encode(), place.column.encode(), key.id.encode() if key else b"")
    return b"\0".join(parts)
