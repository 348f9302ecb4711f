"""Keys of every row: UUIDv7, so that a key sorts by the time it was made and paging by key works."""

from __future__ import annotations

from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562 section 5.7)."""
    return UUID(int=compat.uuid7().int)
