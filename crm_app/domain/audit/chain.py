"""The arithmetic of the chain: what one entry's seal is made of, and what a broken one tells. Pure functions."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

BEGINNING: Final = bytes(32)
"""What the first entry follows."""
KEY_CHANGED: Final = "audit.key_changed"
"""The first entry under a new key says how many there were under others: without it, a foreign entry is a forged one."""
SEALED: Final = ("seq", "at", "actor_id", "via", "action", "outcome", "subject", "subject_id", "address", "details")
_PURPOSE: Final = b"mindfulcrm audit log, version 1"


def derive_key(secret: bytes) -> bytes:
    """The audit log's own key, made from the deployment's secret, so that no other use of that secret can forge a seal."""
    return hmac.new(secret, _PURPOSE, hashlib.sha256).digest()


def name_of_key(key: bytes) -> str:
    """Eight characters by which an entry says which key sealed it, and which tell nothing of the key."""
    return hashlib.sha256(b"name of " + key).hexdigest()[:8]


def seal(key: bytes, before: bytes, entry: Mapping[str, Any]) -> bytes:
    """The HMAC-SHA-256 of an entry that follows the one whose seal is ``before``."""
    return hmac.new(key, before + canonical(entry), hashlib.sha256).digest()


def canonical(entry: Mapping[str, Any]) -> bytes:
    """One spelling of an entry, whatever it was read from: a row, or what is about to become one."""
    return json.dumps([_plain(entry[name]) for name in SEALED], sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, (int, str, dict)) else str(value)
