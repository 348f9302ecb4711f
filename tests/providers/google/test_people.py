"""Contacts at Google, against the stand-in alone, in memory and served through the gate: what has changed, who is gone, and what each card says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pydantic import SecretStr

from crm_app.domain.addressbooks.reading import NoCard, TakenCard, read_cards
from crm_app.domain.addressbooks.source import NotAnAddressBook
from crm_app.domain.connections.source import NotThatKind, SignInNeeded, SourceDown, SourceError
from crm_app.domain.google.authority import CONTACTS, MAIL
from crm_app.domain.imports.cards import ContactCard
from crm_app.infrastructure.outbound_http import Caller
from crm_app.providers.google import GOOGLE, PeopleSource
from crm_app.providers.google.fake import _Grant
from crm_app.providers.google.fake_people import FakePeople
from crm_app.providers.google.people import BOOK
from tests.providers.google.conftest import PUBLIC, SERVED, Unhurried, serve
from tests.providers.google.test_google import fault
from tests.providers.keeping import Kept

ME = "ana@gmail.com"
PICTURE = "https://lh3.googleusercontent.com/contacts/abc"
PIXEL = b"\x89PNG\r\n\x1a\n-not-really"
FULL: dict[str, Any] = {
    "names": [{
        "displayName": "Dr. Bea Maria Costa", "givenName": "Bea", "middleName": "Maria", "familyName": "Costa", "honorificPrefix": "Dr.", "phoneticGivenName": "Bea-a",
        "metadata": {"primary": True},
    }],
    "nicknames": [{"value": "Bee"}, {"value": "Silva", "type": "MAIDEN_NAME"}],
    "emailAddresses": [{"value": "second@x.example", "type": "Praxis; alt"}, {"value": "bea@x.example", "type": "work", "metadata": {"primary": True}}],
    "phoneNumbers": [{"value": "+49 30 1234567", "type": "workFax"}, {"value": "0171 2345678", "type": "mobile"}],
    "addresses": [{"streetAddress": "Weg 1", "extendedAddress": "2nd floor", "city": "Berlin", "region": "BE", "postalCode": "10115", "country": "Germany", "type": "home"}],
    "organizations": [{"name": "Old", "current": False}, {"name": "Mill, Inc.", "department": "Flour", "title": "Miller", "current": True}],
    "birthdays": [{"date": {"month": 2, "day": 29}, "text": "29 February"}],
    "urls": [{"value": "https://bea.example/a?b=1,2", "type": "blog"}],
    "biographies": [{"value": "likes tea;\nand, coffee \\ cake", "contentType": "TEXT_PLAIN"}],
    "relations": [{"person": "Tom", "type": "spouse"}],
    "events": [{"date": {"year": 2010, "month": 5, "day": 1}, "type": "anniversary"}],
    "imClients": [{"username": "bea.c", "protocol": "skype"}],
    "genders": [{"value": "unspecified", "addressMeAs": "she/her"}],
    "locales": [{"value": "de"}],
    "userDefined": [{"key": "Shoe size", "value": "38"}],
    "occupations": [{"value": "Baker"}],
    "memberships": [{"contactGroupMembership": {"contactGroupResourceName": f"contactGroups/{name}"}} for name in ("a1", "myContacts", "b2")],
}  # fmt: skip


@dataclass
class Account:
    google: FakePeople
    source: PeopleSource


def made(scopes: tuple[str, ...] = (CONTACTS,)) -> Account:
    google = allowed(FakePeople(), scopes)
    return Account(google, PeopleSource(ME, lambda refused: SecretStr("ya29.x"), google, GOOGLE, Unhurried()))


def allowed(google: FakePeople, scopes: tuple[str, ...] = (CONTACTS,)) -> FakePeople:
    google._access["ya29.x"] = _Grant("client", google.email, list(scopes), "", "")
    google.groups = {"a1": "Clients", "b2": "Yoga, Monday"}
    return google


@pytest.fixture(params=["fake", "served"])
def account(request: pytest.FixtureRequest, sandbox: object) -> Iterator[Account]:
    if request.param == "fake":
        there = made()
    else:
        world, site = request.getfixturevalue("world"), request.getfixturevalue("site")
        served = replace(SERVED, people="http://public.example/v1")
        google = allowed(FakePeople(endpoints=served))
        serve(google, site)
        world.routes[PUBLIC, 80] = site.port
        there = Account(google, PeopleSource(ME, lambda refused: SecretStr("ya29.x"), Caller(world.gate()), served, Unhurried()))
    yield there
    there.source.close()


def names(kept: Kept) -> list[str]:
    return sorted(next(line[3:] for line in content.decode().splitlines() if line.startswith("FN:")) for _etag, content in kept.items.values())


def read(kept: Kept, ref: str) -> ContactCard:
    (taken,) = read_cards([(ref, *kept.items[ref])], "DE")
    assert isinstance(taken, TakenCard) and taken.problems == (), taken
    return taken.card


def test_everything_comes_once_then_only_what_changed(account: Account):
    google, source = account.google, account.source
    for number in range(1, 6):
        google.person(number, f"Person {number}")
    assert [(book.ref, book.name) for book in source.list_books()] == [(BOOK, "Contacts")]
    kept = Kept().look(source, BOOK)
    assert kept.sent == 5 and names(kept) == [f"Person {number}" for number in range(1, 6)]
    place = kept.token
    assert kept.look(source, BOOK).sent == 0 and len(kept.items) == 5 and kept.token == place, "nothing new: the place in the list stays, too"
    google.person(3, "Renamed")
    google.person(9, "New")
    google.forget("people/c5")
    google.touch("people/c1")
    kept.look(source, BOOK)
    assert (kept.sent, kept.gone) == (2, 1) and names(kept) == ["New", "Person 1", "Person 2", "Person 4", "Renamed"], "an etag of theirs alone is no change"
    google.forget("people/c1")
    kept.look(source, BOOK, whole=True)
    assert (kept.sent, kept.gone) == (0, 1), "a whole look sends only what is not known, and finds who is gone"


def test_who_was_merged_and_then_deleted_between_two_looks_goes_by_the_name_that_is_known_here(account: Account):
    google = account.google
    google.person(1, "Ana")
    kept = Kept().look(account.source, BOOK)
    google.forget(google.person(3, "Ana", before="people/c1"))
    assert kept.look(account.source, BOOK).gone == 1 and kept.items == {}


def test_rel_04_a_token_that_is_not_known_means_a_whole_look_once(account: Account):
    google, source = account.google, account.source
    google.person(1, "A")
    google.person(2, "B")
    kept = Kept().look(source, BOOK)
    google.forget("people/c1")
    google.forget_tokens()
    kept.look(source, BOOK)
    assert names(kept) == ["B"] and (kept.gone, kept.sent) == (1, 0)
    google.person(3, "C")
    google.asked.clear()
    assert kept.look(source, BOOK).sent == 1 and all("syncToken" in asked for _method, _path, asked in google.asked), "the next look goes on from there"
    kept.token = "0a0a0a0a:" + kept.token.partition(":")[2]
    google.asked.clear()
    assert kept.look(source, BOOK).sent == 0 and not any("syncToken" in asked for _method, _path, asked in google.asked), "it was given for another question"


def test_two_thousand_come_in_pages_of_a_hundred_and_the_last_alone_has_the_token(sandbox: object):
    there = made()
    for number in range(2000):
        there.google.person(number, f"P{number}")
    pages = list(there.source.list_changes(BOOK, "", {}))
    assert [len(page.items) for page in pages] == [100] * 20 + [0] and [bool(page.token) for page in pages] == [False] * 20 + [True]
    assert pages[0].coming == 2000 and not any(page.coming for page in pages[1:]) and len(pages[-1].present or ()) == 2000
    assert len({item.ref for page in pages for item in page.items}) == 2000
    assert len(there.google.asked) == 3, "the labels once, and a thousand people at a time"


def test_a_card_says_all_that_google_tells(account: Account):
    ref = account.google.person(10, **FULL)
    card = read(Kept().look(account.source, BOOK), ref)
    assert (card.display_name, card.given_name, card.middle_name, card.family_name, card.name_prefix) == ("Dr. Bea Maria Costa", "Bea", "Maria", "Costa", "Dr.")
    assert (card.nickname, card.pronouns, card.company, card.job_title, card.language) == ("Bee", "she/her", "Mill, Inc.", "Miller", "de")
    assert [(point.kind, point.label, point.value, point.is_primary) for point in card.points] == [
        ("email", "work", "bea@x.example", True), ("email", "Praxis; alt", "second@x.example", False),
        ("phone", "work fax", "+49 30 1234567", True), ("phone", "mobile", "0171 2345678", False),
        ("website", "blog", "https://bea.example/a?b=1,2", True), ("social", "skype", "bea.c", True),
    ]  # fmt: skip
    assert (card.street, card.city, card.region, card.postal_code, card.country) == ("2nd floor\nWeg 1", "Berlin", "BE", "10115", "Germany")
    assert card.birthday is not None and card.birthday.iso() == "--02-29" and card.notes == "likes tea;\nand, coffee \\ cake"
    assert card.tags == ("Clients", "Yoga, Monday"), "the account's own labels, and none of Google's"
    assert card.extra == {
        "Maiden name": "Silva", "Phonetic first name": "Bea-a", "Department": "Flour", "Company": "Old", "Spouse": "Tom", "Anniversary": "2010-05-01", "Occupation": "Baker",
        "Shoe size": "38",
    }  # fmt: skip
    assert card.external_id == f"google/{ME}/a", "Google's number of the contact, in this account"


def test_a_label_that_is_renamed_is_a_change_of_those_who_have_it_and_found_by_the_next_look(sandbox: object):
    there = made()
    there.google.person(1, "A", memberships=FULL["memberships"])
    there.google.person(2, "B")
    kept = Kept().look(there.source, BOOK)
    there.google.groups["a1"] = "Old clients"
    there.source.list_books()
    assert kept.look(there.source, BOOK).sent == 1 and read(kept, "people/c1").tags == ("Old clients", "Yoga, Monday")
    there.google.asked.clear()
    assert kept.look(there.source, BOOK).sent == 0 and all("syncToken" in asked for _method, path, asked in there.google.asked if "connections" in path), "once"


def test_who_gets_another_name_at_google_stays_the_same_person(sandbox: object):
    there = made()
    there.google.person(1, "A")
    kept = Kept().look(there.source, BOOK)
    before = read(kept, "people/c1").external_id
    again = there.google.person(2, "A", before="people/c1")
    there.google.people[again]["metadata"]["sources"][0]["id"] = "1"
    kept.look(there.source, BOOK)
    assert set(kept.items) == {again} and kept.gone == 1 and read(kept, again).external_id == before


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"emailAddresses": [{"value": "who@x.example"}]}, "who@x.example"), ({"phoneNumbers": [{"value": "+49 30 1234567"}]}, "+49 30 1234567"),
        ({"organizations": [{"name": "Mill"}]}, "Mill"), ({"names": [{"givenName": "Only"}]}, "Only"),
    ],
)  # fmt: skip
def test_a_person_without_a_name_is_known_by_what_there_is(sandbox: object, fields: dict[str, Any], said: str):
    there = made()
    ref = there.google.person(1, **fields)
    assert read(Kept().look(there.source, BOOK), ref).display_name == said


def test_who_is_nobody_and_what_is_no_answer_of_googles_costs_itself_alone(sandbox: object):
    there = made()
    there.google.person(1, biographies=[{"value": "a note"}])
    there.google.person(2)
    odd = there.google.person(3, "Odd\r\nEND:VCARD\x00", birthdays=[{"text": "in May"}], emailAddresses=[{"value": "no address"}, {"type": "x"}], addresses=[{"formattedValue": "Weg 1\nUlm"}], urls="x")
    kept = Kept().look(there.source, BOOK)
    first, second, third = read_cards([(ref, *kept.items[ref]) for ref in kept.items], "DE")
    assert isinstance(first, NoCard) and isinstance(second, NoCard) and first.reason and second.reason
    assert isinstance(third, TakenCard) and third.ref == odd and third.card.display_name == "Odd END:VCARD" and len(third.problems) == 2
    assert third.card.street == "Weg 1\nUlm" and third.card.extra == {"Birthday": "in May", "E-mail": "no address"}


def picture(kept: Kept, ref: str) -> bool:
    return b"\nPHOTO;" in kept.items[ref][1]


def test_a_picture_comes_along_once_and_one_that_was_not_to_be_had_is_asked_for_again(sandbox: object):
    there, wanted = made(), f"{PICTURE}=s512"
    drawn = there.google.person(1, "Drawn", photos=[{"url": f"{PICTURE}=s100", "default": True}])
    ref = there.google.person(2, "Ana", photos=[{"url": f"{PICTURE}=s100"}])
    for place in ("http://lh3.googleusercontent.com/x", "https://elsewhere.example/x", "https://googleusercontent.com.example/x"):
        assert there.source._fetched(place) == b"" and there.google.asked == [], "nobody but Google's own servers is asked"
    there.google.pictures[wanted] = (503, {}, b"")
    kept = Kept().look(there.source, BOOK)
    assert not picture(kept, ref) and not picture(kept, drawn) and kept.sent == 2
    there.google.pictures[wanted] = (200, {"content-type": "image/png"}, PIXEL)
    assert kept.look(there.source, BOOK, whole=True).sent == 1 and picture(kept, ref)
    there.google.asked.clear()
    assert kept.look(there.source, BOOK, whole=True).sent == 0 and not any(path == wanted for _method, path, _asked in there.google.asked)
    there.google.pictures[wanted] = (404, {}, b"")
    there.google.person(2, "Ana Silva", photos=[{"url": f"{PICTURE}=s100"}])
    assert kept.look(there.source, BOOK).sent == 1 and not picture(kept, ref)
    assert kept.look(there.source, BOOK, whole=True).sent == 0, "one that is not there is not asked for for ever"


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (fault(429), SourceDown, "try again later"), (fault(403, "rateLimitExceeded"), SourceDown, "try again later"), (fault(500), SourceDown, "problem of its own"),
        (fault(403, "accessNotConfigured"), NotThatKind, "Google People API is not switched on"), (fault(403, "insufficientPermissions"), SignInNeeded, "tick the box"),
        (fault(401), SignInNeeded, "no longer accepts"), (fault(400), SourceDown, "did not answer as it should"), ((200, {}, b"[]"), SourceDown, "makes no sense"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_said_in_a_sentence_and_takes_nobody_away(sandbox: object, answer: Any, kind: type[SourceError], said: str):
    there = made()
    there.google.person(1, "A")
    kept = Kept().look(there.source, BOOK)
    place = kept.token
    there.google.fault = lambda path: answer
    for whole in (False, True):
        with pytest.raises(kind) as raised:
            kept.look(there.source, BOOK, whole=whole)
        assert said in raised.value.reason and len(kept.items) == 1 and kept.token == place


def test_a_list_that_ends_without_a_place_to_go_on_from_takes_nobody_away(sandbox: object):
    there = made()
    there.google.person(1, "A")
    kept = Kept().look(there.source, BOOK)
    for said in (b"{}", b'{"nextPageToken": "1"}'):
        there.google.fault = lambda path, said=said: (200, {}, said) if path.endswith("connections") else None  # type: ignore[misc]
        with pytest.raises(SourceDown):
            kept.look(there.source, BOOK, whole=True)
        assert len(kept.items) == 1


def test_an_account_that_allowed_something_else_is_asked_to_allow_this_and_there_is_no_other_book(sandbox: object):
    with pytest.raises(SignInNeeded):
        made((MAIL,)).source.list_books()
    with pytest.raises(NotAnAddressBook):
        list(made().source.list_changes("people/other", "", {}))
