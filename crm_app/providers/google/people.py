"""The contacts of one account at Google as one address book: what has changed is asked for by sync token, and handed over as vCards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from crm_app.domain.addressbooks.source import BookSource, NotAnAddressBook, RemoteBook
from crm_app.domain.connections.source import RemoteChanges, RemoteItem
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound import Gate, OutboundError
from crm_app.infrastructure.outbound_http import Caller, TooLarge
from crm_app.providers.google.cards import FIELDS, Person, card_of, picture_of, with_picture
from crm_app.providers.google.endpoints import GOOGLE, Endpoints
from crm_app.providers.google.speaking import Access, Asks, Gone, NotAllowed, Pace, Voice, fewer, no_sense, pace_of

SECONDS = 60.0
MOST: Final = 60_000_000
LARGEST_PICTURE: Final = 5_000_000
A_MINUTE: Final = 60
BOOK: Final = "people/me"
ASKED_AT_ONCE, PAGE = 1000, 100
"""How many people Google tells of in one answer, and how many are handed over in one page."""
API: Final = "Google People API"
_ASKED: Final = {"personFields": ",".join(FIELDS), "sources": "READ_SOURCE_TYPE_CONTACT", "requestSyncToken": "true", "pageSize": ASKED_AT_ONCE}
_GROUPS: Final = {"groupFields": "groupType,name", "pageSize": ASKED_AT_ONCE}
_PICTURES: Final = (".googleusercontent.com", ".ggpht.com")


class PeopleSource:
    """See ``BookSource``. A ref is Google's name of a person, which may get another one; the UID of the card stays. ``account`` is the account's address."""

    def __init__(self, account: str, access: Access, caller: Asks, endpoints: Endpoints = GOOGLE, pace: Pace | None = None) -> None:
        self._account, self._caller = account.lower(), caller
        self._voice = Voice(endpoints.people, access, caller, pace, of=API)
        self._groups: dict[str, str] | None = None

    def list_books(self) -> Sequence[RemoteBook]:
        """The one book that an account has; also the test of whether we may read it."""
        self._groups = self._named()
        return [RemoteBook(BOOK, _("Contacts"))]

    def list_changes(self, book: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """What has changed since ``token``; everything without one, and when Google no longer knows it."""
        if book != BOOK:
            raise NotAnAddressBook(_("There is no address book at this address."))
        groups = self._groups = self._named() if self._groups is None else self._groups
        mark, _colon, place = token.partition(":")
        if place and mark == _mark(groups):
            try:
                pages = list(self._pages(syncToken=place))
            except Gone:
                pass
            else:
                yield from self._since(pages, token, known, groups)
                return
        yield from self._whole(known, groups)

    def close(self) -> None:
        """Hang up."""
        self._voice.close()

    def _whole(self, known: Mapping[str, str], groups: Mapping[str, str]) -> Iterator[RemoteChanges]:
        present: set[str] = set()
        token, coming = "", 0
        for number, page in enumerate(self._pages()):
            token = str(page.get("nextSyncToken") or "")
            people = {ref: person for ref, person in _listed(page, "connections") if not _is_gone(person)}
            present.update(people)
            if not number and isinstance(total := page.get("totalItems"), int):
                coming = total
            for items in self._items(people, known, groups):
                yield RemoteChanges(items=items, coming=coming)
                coming = 0
        yield RemoteChanges(present=frozenset(present), token=f"{_mark(groups)}:{token}")

    def _since(self, pages: Sequence[Mapping[str, Any]], token: str, known: Mapping[str, str], groups: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """Where nothing has changed, the place in the list stays as it is. Who got another name over there has lost the one before."""
        told = {ref: person for page in pages for ref, person in _listed(page, "connections")}
        if not told:
            yield RemoteChanges(token=token)
            return
        people = {ref: person for ref, person in told.items() if not _is_gone(person)}
        for items in self._items(people, known, groups):
            yield RemoteChanges(items=items)
        away = [ref for ref in told if ref not in people] + [ref for person in told.values() for ref in _before(person) if ref not in people]
        yield RemoteChanges(gone=tuple(ref for ref in dict.fromkeys(away) if ref in known), token=f"{_mark(groups)}:{pages[-1]['nextSyncToken']}")

    def _items(self, people: Mapping[str, Person], known: Mapping[str, str], groups: Mapping[str, str]) -> Iterator[tuple[RemoteItem, ...]]:
        """Those whose card is another one than is known. Google's own etag also changes with things that no card tells."""
        cards = {ref: (card_of(person, self._uid(ref, person), groups), picture_of(person)) for ref, person in people.items()}
        wanted = [(ref, card, picture) for ref, (card, picture) in cards.items() if known.get(ref) != _etag(card, picture)]
        for start in range(0, len(wanted), PAGE):
            yield tuple(self._item(*one) for one in wanted[start : start + PAGE])

    def _item(self, ref: str, card: str, place: str) -> RemoteItem:
        """With its picture. One that could not be fetched just now is left out, and the etag says so: a look at everything asks again."""
        picture = self._fetched(place) if place else b""
        return RemoteItem(ref, _etag(card, place if picture is not None else ""), with_picture(card, picture or b""))

    def _fetched(self, place: str) -> bytes | None:
        """A picture, which Google hands to anybody who knows where it lies; empty when there is none to be had, None when there may be another time."""
        parts = urlsplit(place)
        if parts.scheme != "https" or not (parts.hostname or "").endswith(_PICTURES):
            return b""
        try:
            answer = self._caller.ask(re.sub(r"=s\d+[^/]*$", "=s512", place), headers={"user-agent": "MindfulCRM"}, hops=0)
        except TooLarge:
            return b""
        except OutboundError:
            return None
        if answer.status == 429 or answer.status >= 500:
            return None
        return answer.body if answer.status == 200 and len(answer.body) <= LARGEST_PICTURE else b""

    def _uid(self, ref: str, person: Person) -> str:
        """Google counts its contacts anew in each account, and keeps the number of one for good."""
        sources = (person.get("metadata") or {}).get("sources") or []
        return f"google/{self._account}/{next((str(one['id']) for one in sources if one.get('type') == 'CONTACT' and one.get('id')), ref)}"

    def _named(self) -> dict[str, str]:
        """What the account's own labels are called; Google's own (such as "myContacts") are none."""
        found: dict[str, str] = {}
        try:
            for page in self._all("contactGroups", **_GROUPS):
                found |= {ref: str(one.get("name") or "") for ref, one in _listed(page, "contactGroups") if one.get("groupType") == "USER_CONTACT_GROUP"}
        except NotAllowed:
            raise fewer() from None
        return {ref: name for ref, name in found.items() if name.strip()}

    def _pages(self, **asked: Any) -> Iterator[Mapping[str, Any]]:
        """A list to its end. SourceDown where it does not end with a place to go on from: who is not on it may be there all the same."""
        for page in self._all(f"{BOOK}/connections", **_ASKED, **asked):
            if not (page.get("nextPageToken") or page.get("nextSyncToken")):
                raise no_sense()
            yield page

    def _all(self, path: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
        more, known = "", set[str]()
        while True:
            page = self._voice.get(path, pageToken=more, **asked)
            if page is None:
                raise NotAnAddressBook(_("There are no contacts at Google any more."))
            yield page
            more = str(page.get("nextPageToken") or "")
            if more in known:
                raise no_sense()
            if not more:
                return
            known.add(more)


def _listed(page: Mapping[str, Any], name: str) -> list[tuple[str, Person]]:
    found = page.get(name)
    return [(str(one["resourceName"]), one) for one in found if isinstance(one, dict) and one.get("resourceName")] if isinstance(found, list) else []


def _is_gone(person: Person) -> bool:
    return bool((person.get("metadata") or {}).get("deleted"))


def _before(person: Person) -> list[str]:
    return [str(ref) for ref in (person.get("metadata") or {}).get("previousResourceNames") or []]


def _mark(groups: Mapping[str, str]) -> str:
    """Stands before the tokens that are kept. One that was given for another question is good for nothing, and one from when labels were called otherwise
    does not tell who has them: Google names nobody because of that, so everybody is looked at once."""
    return sha256(repr((_ASKED, sorted(groups.items()))).encode()).hexdigest()[:8]


def _etag(card: str, picture: str) -> str:
    return sha256(f"{picture}\n{card}".encode("utf-8", "replace")).hexdigest()[:32]


def make_people(access: Access, account: str, gate: Gate, endpoints: Endpoints = GOOGLE) -> BookSource:
    """The contacts of an account, which is known by its address; ``access`` hands out tokens for it."""
    return PeopleSource(account, access, Caller(gate, seconds=SECONDS, most=MOST, most_decoded=MOST), endpoints, pace_of(account, A_MINUTE))
