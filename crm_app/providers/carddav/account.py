"""One CardDAV account. It is asked as a CalDAV account is, with what address books call things; what it says of calendars is said of address books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pydantic import SecretStr

from crm_app.domain.addressbooks.source import BookSource, NotAnAddressBook, ReadOnly, RemoteBook
from crm_app.domain.calendar.texts import one_line
from crm_app.domain.connections.source import NotACalendar, RemoteChanges, RemoteItem
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound import Gate
from crm_app.providers.caldav.account import CalDavSource
from crm_app.providers.caldav.davxml import CARD, DAV, Entry, name, path_of, propfind
from crm_app.providers.caldav.discovery import Sought, entrance, first, homes, ref_of
from crm_app.providers.caldav.speaking import Voice
from crm_app.providers.caldav.writing import Refusals, find_one, put

BOOKS = Sought((CARD, "addressbook-home-set"), name(CARD, "addressbook"), "/.well-known/carddav")
_TOLD = ((DAV, "resourcetype"), (DAV, "displayname"))


class CardDavSource:
    """See ``BookSource``."""

    def __init__(self, url: str, username: str, password: SecretStr, gate: Gate) -> None:
        with _of_books():
            self._dav = CalDavSource(url, username, password, gate, CARD)

    def list_books(self) -> Sequence[RemoteBook]:
        """The account's address books, however it was named; also the test of whether we may come in."""
        with _of_books():
            return _find(self._dav.voice)

    def list_changes(self, book: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """What has changed since ``token``; everything without one, and when the server no longer knows it."""
        with _of_books():
            for page in self._dav.list_changes(book, token, known):
                unread = tuple((ref, _("The server does not hand this card over, or it is too large to be read.")) for ref, _reason in page.unread)
                yield replace(page, unread=unread)

    def name_new(self, book: str, uid: str) -> str:
        """A name of ours inside the book."""
        return self._dav.name_new(book, uid, "vcf")

    def fetch(self, book: str, ref: str) -> RemoteItem | None:
        """A card as it stands there now; its etag is the one by which changes are told, too."""
        unread = _("The server does not hand this card over, or it is too large to be read.")
        return find_one(self._dav.voice, self._dav.place_of(book), self._dav.place_of(book, ref), CARD, unread)

    def write(self, book: str, ref: str, etag: str, content: bytes) -> None:
        """Put it there, if what it is put over is still what we know."""
        put(self._dav.voice, self._dav.place_of(book, ref), etag, content, _refusals(), "text/vcard")

    def close(self) -> None:
        """Hang up."""
        self._dav.close()


@contextmanager
def _of_books() -> Iterator[None]:
    """What is no calendar account is, here, no account of address books."""
    try:
        yield
    except NotACalendar as answer:
        raise NotAnAddressBook(_("There is no address book at this address.")) from answer


def _refusals() -> Refusals:
    closed = ReadOnly(_("The server does not let you change this address book."))
    return Refusals(_("There is no room for it in your address book."), closed, _("Your address book does not take this change."))


def _find(voice: Voice) -> list[RemoteBook]:
    entry, address = entrance(voice, BOOKS)
    if BOOKS.is_one(entry):
        told = first(voice, address, _TOLD)
        return [_book(voice, told, address)] if told is not None else []
    found: dict[str, RemoteBook] = {}
    for home in homes(voice, BOOKS, entry, address):
        for told in voice.multistatus("PROPFIND", home, propfind(*_TOLD), depth=1).entries:
            if BOOKS.is_one(told):
                book = _book(voice, told, voice.place(told.href, home))
                found.setdefault(book.ref, book)
    return list(found.values())


def _book(voice: Voice, told: Entry, address: str) -> RemoteBook:
    last = path_of(address).rstrip("/").rpartition("/")[2]
    return RemoteBook(ref_of(voice, address), one_line(told.text(DAV, "displayname"))[:240] or last or _("Address book"))


def make_source(url: str, username: str, password: SecretStr, gate: Gate) -> BookSource:
    """A CardDAV account at ``url``. Raises ``NotAnAddressBook`` when that is no address."""
    return CardDavSource(url, username, password, gate)
