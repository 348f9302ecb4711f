"""A CardDAV account without a network, for tests. It behaves like the real one: sync-tokens that grow old, deletions, refusals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from crm_app.domain.addressbooks.source import NotAnAddressBook, ReadOnly, RemoteBook
from crm_app.domain.connections.source import NotACalendar, RemoteCalendar, RemoteChanges, RemoteItem
from crm_app.providers.caldav.fake import FakeCalDav


class FakeCardDav:
    """Address books are kept as a calendar account keeps its calendars; see ``FakeCalDav`` for ``fault`` and old tokens."""

    def __init__(self, *books: RemoteBook) -> None:
        self.read_only = False
        self.dav = FakeCalDav(*(RemoteCalendar(book.ref, book.name, writable=True) for book in books or (RemoteBook("/book/", "Contacts"),)))

    def put(self, book: str, ref: str, content: bytes) -> None:
        """Write a card into a book."""
        self.dav.put(book, ref, content)

    def remove(self, book: str, ref: str) -> None:
        """Take a card out of a book."""
        self.dav.remove(book, ref)

    def list_books(self) -> Sequence[RemoteBook]:
        """The account's books."""
        return [RemoteBook(held.ref, held.name) for held in self.dav.list_calendars()]

    def list_changes(self, book: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """What has changed since ``token``; everything without one, and when it is not known any more."""
        try:
            yield from self.dav.list_changes(book, token, known)
        except NotACalendar as missing:
            raise NotAnAddressBook("There is no address book at this address.") from missing

    def name_new(self, book: str, uid: str) -> str:
        """A name inside the book."""
        return f"{book}{uid}.vcf"

    def fetch(self, book: str, ref: str) -> RemoteItem | None:
        """A card as it stands there now."""
        return self.dav.fetch(book, ref)

    def write(self, book: str, ref: str, etag: str, content: bytes) -> None:
        """Write over what has ``etag``; ``lost`` and ``read_only`` as they are set."""
        if self.read_only:
            raise ReadOnly("The server does not let you change this address book.")
        self.dav.write(book, ref, etag, content)

    def close(self) -> None:
        """Nothing to hang up."""
