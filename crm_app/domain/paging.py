"""Keyset paging: a cursor is the sort key of the last row that was shown, so a page costs the same however deep it is."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from crm_app.domain.errors import Invalid


def encode_cursor(*key: Any) -> str:
    """The sort key of a row (text, number, UUID, date, datetime or None) as one opaque word that is safe in a URL."""
    raw = json.dumps([value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, UUID) else value for value in key])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *types: type) -> tuple[Any, ...]:
    """The sort key that ``encode_cursor`` was given, one value for each of ``types``. Raises Invalid for anything else."""
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        if not isinstance(raw, list) or len(raw) != len(types):
            raise ValueError("another list's cursor")
        return tuple(_read(value, kind) for value, kind in zip(raw, types, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise Invalid("This page of the list can't be found. Start again from its first page.", {"after": "Not a cursor of this list."}) from error


def _read(value: Any, kind: type) -> Any:
    if value is None:
        return None
    if kind in (datetime, date):
        return kind.fromisoformat(value)  # type: ignore[attr-defined]
    if kind is str and "\x00" in value:
        raise ValueError("a character that no text holds")
    if not isinstance(value, kind) and kind is not UUID:
        raise TypeError("not of the expected type")
    return kind(value)
