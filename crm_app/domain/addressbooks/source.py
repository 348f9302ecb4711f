"""What a provider of address books must be able to do; see ``connections.source`` for what it may raise and how changes are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from crm_app.domain.connections.source import NotThatKind, RemoteChanges, RemoteItem, WriteRefused


class NotAnAddressBook(NotThatKind):
    """Somebody answers, and there is no address book."""


class ReadOnly(WriteRefused):
    """The whole book takes no changes from us."""


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


@runtime_checkable
class BookWriter(Protocol):
    """An account that takes changes. Every call may raise ``SourceError``; one whose answer never came may have been carried out all the same."""

    def name_new(self, book: str, uid: str) -> str:
        """The ref under which a new card will stand in a book."""
        ...

    def fetch(self, book: str, ref: str) -> RemoteItem | None:
        """A card as it stands there now, the whole of it; None when it is not there."""
        ...

    def write(self, book: str, ref: str, etag: str, content: bytes) -> None:
        """Have this stand in place of what has ``etag``, or, without one, where there is nothing. ``Changed`` when that is no longer so.

        ``ReadOnly`` when the book takes nothing.
        """
        ...
