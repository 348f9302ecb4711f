"""A card with some of it changed: what was meant is there, everything else byte for byte as it was; and what cannot be put into it is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_app.domain.addressbooks.facts import facts_of_card, ours
from crm_app.domain.addressbooks.reading import CardRefused, TakenCard, read_cards, rewrite_card
from crm_app.domain.imports.content_lines import RawCard, split_cards
from crm_app.domain.imports.sandbox import bind_sandbox
from tests.jobs.fake_account import InlineSandbox

CORPUS = Path(__file__).parents[1] / "corpus" / "vcard"
APPLE = b"""BEGIN:VCARD\r
VERSION:3.0\r
PRODID:-//Apple Inc.//iPhone OS 17.1//EN\r
N:Silva;Ana;Maria;Dr.;\r
FN:Dr. Ana Maria Silva\r
ORG:Bakery;Ovens\r
TITLE:Baker\r
item1.EMAIL;type=INTERNET;type=pref:ana@example.org\r
item1.X-ABLabel:_$!<Studio>!$_\r
item2.TEL;type=CELL:+49 30 1234567\r
TEL;type=HOME;type=VOICE:+49 30 7654321\r
item3.ADR;type=HOME:;;Am Markt 1;Berlin;;10115;Germany\r
item3.X-ABADR:de\r
NOTE:likes tea\\nand a very long line that a program folded long ago because it had\r
  more than seventy-five bytes\r
X-SOMETHING-ODD;X-KEEP="a;b:c":kept \\; as it is\r
BDAY:1985-03-15\r
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQE\r
 BAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/\r
UID:ana\r
END:VCARD\r
"""


@pytest.fixture(autouse=True)
def sandbox() -> Iterator[None]:
    bind_sandbox(InlineSandbox())
    yield


def said(content: bytes) -> dict[str, object]:
    (card,) = read_cards([("", "", content)], "DE")
    assert isinstance(card, TakenCard), card
    return facts_of_card(card.card)


def changed(content: bytes, **edits: object) -> tuple[list[bytes], list[bytes], tuple[str, ...]]:
    """The lines that went and those that came."""
    named = {name.replace("__", ":").replace("_at_", "@") if "__" in name else name: value for name, value in edits.items()}
    made = rewrite_card(content, named, said(content), "DE")
    before, after = content.splitlines(), made.content.splitlines()
    return [line for line in before if line not in after], [line for line in after if line not in before], made.left


@pytest.mark.parametrize(
    ("edits", "went", "came"),
    [
        ({"company": "Mill, & Co"}, b"ORG:Bakery;Ovens", b"ORG:Mill\\, & Co;Ovens"),
        ({"job_title": None}, b"TITLE:Baker", None),
        ({"nickname": "Ani"}, None, b"NICKNAME:Ani"),
        ({"family_name": "Costa", "name_prefix": None}, b"N:Silva;Ana;Maria;Dr.;", b"N:Costa;Ana;Maria;;"),
        ({"city": "Potsdam"}, b"item3.ADR;type=HOME:;;Am Markt 1;Berlin;;10115;Germany", b"item3.ADR;type=HOME:;;Am Markt 1;Potsdam;;10115;Germany"),
        ({"birthday": [None, 3, 16]}, b"BDAY:1985-03-15", b"BDAY;X-APPLE-OMIT-YEAR=1604:1604-03-16"),
    ],
)
def test_one_edit_touches_one_line(edits: dict[str, object], went: bytes | None, came: bytes | None) -> None:
    assert changed(APPLE, **edits) == ([went] if went else [], [came] if came else [], ())


def test_a_new_address_takes_the_place_of_the_old_one_with_its_label() -> None:
    edits = {"point:email:ana@example.org": None, "point:email:new@example.org": ["Studio", "new@example.org"]}
    made = rewrite_card(APPLE, edits, said(APPLE), "DE")
    assert made.content == APPLE.replace(b"ana@example.org", b"new@example.org") and made.left == ()
    gone = rewrite_card(APPLE, {"point:email:ana@example.org": None}, said(APPLE), "DE")
    assert b"item1." not in gone.content and b"item2.TEL" in gone.content, "its label goes with it, and no other"
    number = {"point:phone:+49301112223": ["work", "+49 30 1112223"], "point:website:mill.example": ["shop", "https://mill.example"]}
    more = rewrite_card(APPLE, number, said(APPLE), "DE").content
    assert b"TEL;type=HOME;type=VOICE:+49 30 7654321\r\nTEL;TYPE=work:+49 30 1112223\r\n" in more
    assert b"item4.URL:https://mill.example\r\nitem4.X-ABLabel:shop\r\nPHOTO" in more


def test_what_stands_there_otherwise_by_now_or_cannot_be_put_into_it_is_left() -> None:
    before = said(APPLE)
    made = rewrite_card(APPLE, {"company": "Mill", "city": "Rome"}, {**before, "company": "Another"}, "DE")
    assert made.left == ("company",) and b"Rome" in made.content and b"ORG:Bakery;Ovens" in made.content
    two = APPLE.replace(b"TITLE:Baker\r\n", b"TITLE:Baker\r\nTITLE:Miller\r\n")
    assert rewrite_card(two, {"job_title": None}, said(two), "DE") == rewrite_card(two, {"job_title": None}, {}, "DE"), "the second would take its place"
    with pytest.raises(CardRefused, match="old kind"):
        rewrite_card(APPLE.replace(b"VERSION:3.0", b"VERSION:2.1"), {"company": "Mill"}, said(APPLE), "DE")
    with pytest.raises(CardRefused, match="not whole"):
        rewrite_card(APPLE.replace(b"END:VCARD\r\n", b""), {"company": "Mill"}, said(APPLE), "DE")


def test_of_a_corpus_nothing_is_lost() -> None:
    """Whatever programs of the world have written: an edit is there and everything else says what it said, or nothing was written."""
    written = refused = 0
    for file in sorted(CORPUS.glob("*.vcf")):
        for raw in [one for one in split_cards(file.read_bytes()) if isinstance(one, RawCard)][:5]:
            content = b"\r\n".join((b"BEGIN:VCARD", *raw.lines, b"END:VCARD", b""))
            (card,) = read_cards([("", "", content)], "DE")
            if not isinstance(card, TakenCard):
                continue
            before = facts_of_card(card.card)
            try:
                made = rewrite_card(content, {"job_title": "Keeper of bees", "point:email:new@example.org": ["work", "new@example.org"]}, before, "DE")
            except CardRefused:
                refused += 1
                continue
            after = said(made.content)
            kept = {name: value for name, value in before.items() if name not in ours(before)}
            assert {name: value for name, value in after.items() if name not in ours(after)} == kept, file.name
            if not made.left:
                assert after["job_title"] == "Keeper of bees" and "point:email:new@example.org" in after, file.name
                written += 1
    assert written >= 8 and refused, "of the corpus all are written but those of vCard 2.1"
