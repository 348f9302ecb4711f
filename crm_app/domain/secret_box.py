"""The contract of the box that seals what has to be read again: passwords and tokens for accounts elsewhere.

What is sealed belongs to one place, and opens nowhere else. The keys never stand in the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from pydantic import SecretStr

from crm_app.domain.errors import Unavailable
from crm_app.domain.i18n import _


class SealBroken(Unavailable):
    """It does not open: sealed for another place, changed since, or sealed with a key that is not here. Never tells which, nor what was inside."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or _("This stored password can no longer be opened. Enter it again."))


@dataclass(frozen=True, slots=True)
class Place:
    """One column of one row."""

    table: str
    row_id: UUID
    column: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is kept in a row: ``content``, and in a column beside it the name of the key that opens it."""

    content: bytes = field(repr=False)
    key_id: str


class SecretBox(Protocol):
    """Seals and opens. Any thread may call it, inside a transaction or outside: it asks nothing of the database."""

    def seal(self, place: Place, plain: SecretStr) -> Sealed:
        """Seal ``plain`` for ``place`` with the newest key."""
        ...

    def open(self, place: Place, sealed: Sealed) -> SecretStr:
        """What was sealed for ``place``. Raises ``SealBroken``, and never returns anything else than what was put in."""
        ...
