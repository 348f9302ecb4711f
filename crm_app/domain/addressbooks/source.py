"""What a provider of address books must be able to do; see ``connections.source`` for what it may raise and how changes are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from crm_app.domain.connections.source import NotThatKind, RemoteChanges


class NotAnAddressBook(NotThatKind):
    """Somebody answers, and there is no address book."""


@dataclass(frozen=True, slots=True)
class RemoteBook:
    """An address book over there. ``ref`` names it at the provider and never changes."""

    ref: str
    name: str


class BookSource(Protocol):
    """One account. Every call may raise ``SourceError``; any thread may use it, one at a time."""

    def list_books(self) -> Sequence[RemoteBook]:
        """All address books of this account; also the test of whether the connection works."""
        ...

    def list_changes(self, book: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """What has changed in a book since ``token`` was given, as vCards: like ``CalendarSource.list_changes``."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...
