"""The same process as ``sync_process``, for an address book that is read, and for one that is kept in a file (``book_process DSN FILE``) and written into, too."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from crm_app.domain.addressbooks.source import RemoteBook
from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.connections.source import RemoteChanges, RemoteItem
from crm_app.jobs.sources import bind_sources
from crm_app.providers.caldav import fake
from crm_app.providers.carddav import FakeCardDav
from tests.jobs.sync_process import main

BOOK, CARDS, PAGE = "/book/", 9, 3
POISON = b"BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n"


class Book(FakeCardDav):
    """``before(step)`` is called before each answer, and once a card was written, and may die. With a ``file`` it stands as it was left there."""

    before: Callable[[str], None] = staticmethod(lambda step: None)

    def __init__(self, file: Path | None = None) -> None:
        super().__init__()
        self.file = file
        if file is not None and file.exists():
            self.held.items, self.held.changes = pickle.loads(file.read_bytes())

    @property
    def held(self) -> fake._Held:
        """What stands there."""
        return self.dav._held[BOOK]

    def bind(self) -> Book:
        """Have address books read and written here."""
        bind_sources({ConnectionKind.CARDDAV: lambda _url, _name, _password, _gate: self})
        return self

    def list_books(self) -> Sequence[RemoteBook]:
        self.before("books")
        return super().list_books()

    def list_changes(self, book: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        for page in super().list_changes(book, token, known):
            self.before("page")
            yield page

    def fetch(self, book: str, ref: str) -> RemoteItem | None:
        self.before("fetch")
        return super().fetch(book, ref)

    def write(self, book: str, ref: str, etag: str, content: bytes) -> None:
        self.before("write")
        super().write(book, ref, etag, content)
        self.save()
        self.before("written")

    def save(self) -> None:
        """Keep it as it stands, all of it or nothing."""
        if self.file is not None:
            fresh = self.file.with_suffix(".new")
            fresh.write_bytes(pickle.dumps((self.held.items, self.held.changes)))
            fresh.replace(self.file)


def card(number: int, company: str) -> bytes:
    """Somebody of a name and an address of their own."""
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"UID:uid-of-somebody-{number:04}", f"FN:Person {number}", f"EMAIL:p{number}@mail.example", f"ORG:{company}", "END:VCARD", ""]
    return "\r\n".join(lines).encode()


def account(changes: int) -> Book:
    """A book with one card that cannot be read; then, one by one, cards that change, go and come."""
    made = Book()
    for number in range(CARDS):
        made.put(BOOK, f"{BOOK}{number}.vcf", card(number, "Bakery") if number else POISON)
    for number in range(changes):
        ref = f"{BOOK}{1 + number % 7}.vcf"
        if number % 3 == 0 and ref in made.held.items:
            made.remove(BOOK, ref)
        elif number % 3 == 1:
            made.put(BOOK, f"{BOOK}{CARDS + number}.vcf", card(CARDS + number, "New"))
        else:
            made.put(BOOK, ref, card(1 + number % 7, f"Change {number}"))
    return made


if __name__ == "__main__":
    fake.BATCH = PAGE  # not where a book is made: the tests make some too, and theirs stay as they are
    main(sys.argv[1], account if len(sys.argv) == 2 else lambda _changes: Book(Path(sys.argv[2])))
