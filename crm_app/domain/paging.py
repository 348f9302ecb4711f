"""Keyset cursors: where a page of a growing list ended, as one opaque word for a URL.

A cursor holds the sort values and the key of one row that its reader has seen, so it needs no secret: a
made-up one only moves the place where reading goes on, and row security still decides what is read. The
checksum catches one that was cut or edited, which would otherwise show a wrong page without a word.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _

_SUM = 6
_LONGEST = 2_000
_READERS: dict[type, Callable[[str], Any]] = {datetime: datetime.fromisoformat, date: date.fromisoformat, UUID: UUID}


def encode_cursor(*values: Any) -> str:
    """One word that ``decode_cursor`` turns back into these values: text, numbers, booleans, None, dates, times and keys."""
    body = json.dumps(values, separators=(",", ":"), ensure_ascii=False, default=_written).encode()
    return base64.urlsafe_b64encode(_sum(body) + body).rstrip(b"=").decode()


def decode_cursor(cursor: str, *types: type) -> tuple[Any, ...]:
    """The values of a cursor, one for each of ``types``. Raises Invalid for anything that ``encode_cursor`` did not make so."""
    try:
        if len(cursor) > _LONGEST:
            raise ValueError("too long")
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        if _sum(raw[_SUM:]) != raw[:_SUM]:
            raise ValueError("changed")
        values = json.loads(raw[_SUM:])
        return tuple(_read(value, wanted) for value, wanted in zip(values, types, strict=True))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Invalid(_("This page of the list can't be found. Start again from its first page."), {"after": _("Not a cursor of this list.")}) from error


def _sum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_SUM).digest()


def _written(value: Any) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"a cursor can't hold {type(value).__name__}")


def _read(value: Any, wanted: type) -> Any:
    if value is None:
        return None
    if wanted in _READERS:
        return _READERS[wanted](value)
    if type(value) is not wanted:
        raise ValueError("another kind of value")
    if isinstance(value, str) and b"\x00" in value.encode():  # encoding refuses half letters
        raise ValueError("a character that no text holds")
    return value
