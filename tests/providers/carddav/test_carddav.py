"""The contract of a CardDAV account, held by the Fake and by the real one against two servers that differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_app.domain.addressbooks.facts import facts_of_card
from crm_app.domain.addressbooks.reading import CardRefused, TakenCard, new_card, read_cards
from crm_app.domain.addressbooks.source import BookWriter, NotAnAddressBook
from crm_app.domain.connections.source import Changed, SignInNeeded
from crm_app.domain.imports.content_lines import RawCard, split_cards
from tests.providers.caldav.conftest import Server
from tests.providers.carddav.conftest import Account, fresh_account, source_of
from tests.providers.keeping import Kept

CORPUS = Path(__file__).parents[2] / "corpus" / "vcard"


def card(uid: str, name: str, *more: str) -> bytes:
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", f"FN:{name}", f"N:{name};;;;", *more, "END:VCARD", ""]
    return "\r\n".join(lines).encode()


def names(kept: Kept) -> list[str]:
    return sorted(next(line[3:] for line in content.decode().splitlines() if line.startswith("FN:")) for _etag, content in kept.items.values())


def test_everything_comes_once_then_only_what_changed(account: Account):
    for number in range(1, 6):
        account.put(f"p{number}", card(f"p{number}@example.org", f"Person {number}"))
    kept = Kept().look(account.source, account.book)
    assert kept.sent == 5 and names(kept) == [f"Person {number}" for number in range(1, 6)]
    assert kept.look(account.source, account.book).sent == 0 and len(kept.items) == 5, "nothing new: nothing comes, nothing goes"
    account.put("p3", card("p3@example.org", "Renamed"))
    account.put("p9", card("p9@example.org", "New"))
    account.remove("p5")
    kept.look(account.source, account.book)
    assert (kept.sent, kept.gone) == (2, 1) and names(kept) == ["New", "Person 1", "Person 2", "Person 4", "Renamed"]
    account.remove("p1")
    kept.look(account.source, account.book, whole=True)
    assert (kept.sent, kept.gone) == (0, 1), "a whole look sends only what is not known, and finds what is gone"


def test_rel_04_a_token_that_is_not_known_means_a_whole_look_once(account: Account):
    account.put("a", card("a", "A"))
    account.put("b", card("b", "B"))
    kept = Kept().look(account.source, account.book)
    account.remove("a")
    kept.token = '{"sync": "http://radicale.org/ns/sync/0123456789abcdef"}' if account.server else "999999"
    kept.look(account.source, account.book)
    assert names(kept) == ["B"] and kept.gone == 1
    account.put("c", card("c", "C"))
    assert kept.look(account.source, account.book).sent == 1, "the next look goes on from there"


def test_many_come_in_pages_and_only_the_last_has_the_token(account: Account):
    for number in range(105):
        account.put(f"p{number}", card(f"p{number}", f"P{number}"))
    pages = list(account.source.list_changes(account.book, "", {}))
    assert [len(page.items) for page in pages] == [100, 5] and [bool(page.token) for page in pages] == [False, True]
    assert pages[0].present is None and pages[1].present is not None and len(pages[1].present) == 105 and [page.coming for page in pages] == [105, 0]


def test_every_card_of_the_corpus_that_a_server_takes_is_read_once_and_as_well_as_it_was_written(account: Account):
    written: dict[str, bytes] = {}
    for path in sorted(CORPUS.glob("*.vcf")):
        for number, raw in enumerate(one for one in split_cards(path.read_bytes()) if isinstance(one, RawCard)):
            content = b"\r\n".join([b"BEGIN:VCARD", *raw.lines, *([] if b"UID:" in b"".join(raw.lines) else [b"UID:%d" % number]), b"END:VCARD", b""])
            if account.put(f"{path.stem}-{number}", content):
                written[account.path(f"{path.stem}-{number}")] = content
    kept = Kept().look(account.source, account.book)
    assert set(kept.items) == set(written) and not kept.unread and len(written) >= (14 if account.fake else 3), "0 lost, 0 doubled"
    came = read_cards([(ref, "", kept.items[ref][1]) for ref in written], "DE")
    meant = read_cards([(ref, "", content) for ref, content in written.items()], "DE")
    for one, other in zip(came, meant, strict=True):
        assert isinstance(one, TakenCard) == isinstance(other, TakenCard) and getattr(one, "reason", "said") and (
            not isinstance(one, TakenCard) or not isinstance(other, TakenCard) or one.card.display_name == other.card.display_name
        ), one.ref  # fmt: skip


def test_a_book_that_is_not_there_is_no_empty_book(account: Account):
    with pytest.raises(NotAnAddressBook):
        list(account.source.list_changes(f"{account.book.rstrip('/')}x/", "", {}))


@pytest.fixture(params=["radicale", "xandikos"])
def server(request: pytest.FixtureRequest, sandbox: object) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


def test_the_books_of_an_account_are_found_from_wherever_it_was_named_and_calendars_are_none(server: Server):
    made = fresh_account(server)
    calendar = f"{server.home}not-a-book/"
    assert server.ask("MKCALENDAR", calendar)[0] == 201
    for way in ("/", "/alice/", *(["/.well-known/carddav"] if server.name == "radicale" else []), made.book):
        source = source_of(server, way)
        found = {book.ref: book.name for book in source.list_books()}
        assert found[made.book] == "Clients" and calendar not in found, way
        source.close()
    server.ask("DELETE", calendar)


def test_a_wrong_password_asks_for_a_new_one(radicale: Server, sandbox: object):
    with pytest.raises(SignInNeeded):
        source_of(radicale, password="wrong").list_books()


def test_a_card_is_written_over_what_is_known_and_never_over_another(account: Account):
    account.put("a", card("a", "Ana", "X-KEEP:as it is"))
    kept = Kept().look(account.source, account.book)
    writer = account.source
    assert isinstance(writer, BookWriter)
    ref = account.path("a")
    standing = writer.fetch(account.book, ref)
    assert standing is not None and standing.etag == kept.items[ref][0], "the etag is the one by which changes are told"
    writer.write(account.book, ref, standing.etag, standing.content.replace(b"Ana", b"Dora"))
    with pytest.raises(Changed):
        writer.write(account.book, ref, standing.etag, standing.content)
    now = writer.fetch(account.book, ref)
    assert now is not None and b"FN:Dora" in now.content and b"X-KEEP:as it is" in now.content and now.etag != standing.etag
    assert kept.look(account.source, account.book).sent == 1 and names(kept) == ["Dora"]
    assert writer.fetch(account.book, account.path("nobody")) is None


def test_a_new_card_is_made_once_where_there_is_none(account: Account):
    writer = account.source
    assert isinstance(writer, BookWriter)
    holds = {"display_name": "Émile; Zola, jr.", "company": "Mill, Inc.", "birthday": [None, 2, 29], "city": "Ulm", "point:email:e@x.example": ["studio", "e@x.example"]}
    ref = writer.name_new(account.book, "0197-uid")
    writer.write(account.book, ref, "", new_card("0197-uid", holds, "DE"))
    with pytest.raises(Changed):
        writer.write(account.book, ref, "", new_card("0197-uid", {"display_name": "Other"}, "DE"))
    kept = Kept().look(account.source, account.book)
    assert list(kept.items) == [ref] and writer.fetch(account.book, ref) is not None
    (read,) = read_cards([(ref, *kept.items[ref])], "DE")
    assert isinstance(read, TakenCard) and read.card.external_id == "0197-uid" and facts_of_card(read.card) == holds


@pytest.mark.parametrize("name", ["", "-", "BEGIN:VCARD\r\nX-BAD:1", "a" * 9000])
def test_a_new_card_has_a_name_or_is_none(sandbox: object, name: str):
    try:
        (read,) = read_cards([("", "", new_card("u", {"display_name": name} if name else {}, "DE"))], "DE")
    except CardRefused as refusal:
        assert refusal.reason.endswith(".")
    else:
        assert isinstance(read, TakenCard) and read.card.display_name == (name or "-") and not read.card.extra
