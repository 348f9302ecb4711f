"""What is written comes back the same, and no cell of a CSV is a formula."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import unicodedata

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crm_app.domain.exports.csv_writer import write_csv
from crm_app.domain.exports.json_writer import write_json
from crm_app.domain.exports.vcard_writer import write_vcard
from crm_app.domain.imports.builder import LIMITS, CardBuilder
from crm_app.domain.imports.cards import ContactCard, Photo
from crm_app.domain.imports.cells import guard, join_many, join_named, split_many, split_named, unguard
from crm_app.domain.imports.headers import OWN_HEADER
from crm_app.domain.imports.reader import read_file
from tests.domain.imports.conftest import InlineSandbox

REGION = "DE"
NASTY = ("=1+1", "+cmd|' /C calc'!A0", "'=x", "''=x", "-2+3", "@SUM(A1)", "\t=x", "＝1", "a:::b", "::: ", "\\", "\\n", "a\\:b", "END:VCARD\nBEGIN:VCARD",
         'say "x"', "a;b,c", "x\r\ny", " =x", "\ufeff=x", '"=x"', "=", "'", "^n", "^'", "sep=;", "0/0/00", "佐藤", "=C3=91=", "데이터", "a\u2028b")  # fmt: skip
texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=40), st.from_regex(r"[=+\-@'\"\\:; ]{1,6}\w{0,3}", fullmatch=True))
labels = st.one_of(st.just(""), st.sampled_from(["mobile", "home", "work", "home fax", "work fax", "fax", "pager", "Mobile", "Büro", "a ::: b"]), texts)
emails = st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,5})?@[a-z]{2,8}\.(org|com)", fullmatch=True)
phones = st.one_of(st.from_regex(r"\+49 30 [1-9][0-9]{6}", fullmatch=True), st.from_regex(r"\(?0[1-9]{2,3}\)?[ /-][0-9]{4,7}", fullmatch=True), st.just("+1-418-656-9254"))
sites = st.sampled_from(["https://example.org/a,b;c", "www.example.com", "http://exämple.net/?q=1"])
handles = st.one_of(st.sampled_from(["skype:foo", "@amira", "https://linkedin.com/in/x", "xmpp:a@b.org"]), texts)


@st.composite
def cards(draw) -> ContactCard:
    """Any card that a reader could have made."""
    builder = CardBuilder(0, region=REGION)
    for field in LIMITS:
        if draw(st.booleans()):
            builder.set(field, draw(texts))
    for kind, values in (("email", emails), ("phone", phones), ("website", sites), ("social", handles)):
        for _ in range(draw(st.integers(0, 3))):
            builder.add_point(kind, draw(values), draw(labels), primary=draw(st.booleans()))
    builder.add_tags(draw(st.lists(texts, max_size=3)))
    builder.add_address("", {"street": draw(texts), "city": draw(texts)})
    builder.set_birthday(draw(st.sampled_from(["", "1985-03-15", "--02-29", "2024-02-29"])))
    if draw(st.booleans()):
        builder.set_favourite()
    for key, value in draw(st.dictionaries(texts, texts, max_size=4)).items():
        builder.add_extra(key, value)
    builder.set("family_name", "Doe")
    card = builder.build()
    assert card is not None
    return card


def _again(data: bytes) -> tuple[list[ContactCard], list]:
    parsed = read_file(InlineSandbox(), "export", data, region=REGION)
    assert parsed.source == "mindfulcrm"
    found = [card.model_copy(update={"line": 0}) for card in parsed.cards]
    return found, parsed.problems


ROUND_TRIP = settings(max_examples=int(os.environ.get("MINDFULCRM_FUZZ_ROUNDS", "80")), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("write", [write_csv, write_vcard, write_json], ids=["csv", "vcard", "json"])
@ROUND_TRIP
@given(people=st.lists(cards(), min_size=1, max_size=3))
def test_an_export_reads_back_the_same(write, people):
    found, problems = _again(b"".join(write(people)))
    assert found == people
    assert problems == []


def test_a_file_that_another_program_wrote_in_our_form_need_not_know_what_matching_compares():
    points = [{"kind": "email", "value": "Ana@Example.org"}, {"kind": "email", "value": "ana@work.example", "value_norm": "bob@example.org"},
              {"kind": "email", "value": "no address"}, {"kind": "phone", "value": "+49 30 1234567"}, {"kind": "phone", "value": "030 123"}]  # fmt: skip
    told = {"format": "mindfulcrm.contacts", "version": 1, "contacts": [{"display_name": "Ana", "points": points}]}
    (card,), problems = _again(json.dumps(told).encode())
    assert problems == [] and [point.value_norm for point in card.points] == ["ana@example.org", "ana@work.example", "no address", "+49301234567", ""]


@ROUND_TRIP
@given(people=st.lists(cards(), min_size=1, max_size=3))
def test_no_cell_of_an_export_is_a_formula(people):
    rows = list(csv.reader(io.StringIO(b"".join(write_csv(people)).decode("utf-8-sig"), newline="")))
    assert rows[0] == list(OWN_HEADER)
    assert len(rows) == len(people) + 1
    for row in rows[1:]:
        assert len(row) == len(OWN_HEADER)
        for cell in row:
            assert _is_text(cell)


def _is_text(cell: str) -> bool:
    """An oracle of its own: past blanks, marks and double quotes, a spreadsheet sees no sign that begins a formula."""
    if re.fullmatch(r"[+-]?[0-9][0-9 .]*", cell):
        return True
    seen = unicodedata.normalize("NFKC", cell.lstrip(" \ufeff\u200b\u2060\u3000\xa0\"\t\r\n")[:1])
    return cell[:1] not in ("\t", "\r", "\n") and seen not in ("=", "+", "-", "@")


@ROUND_TRIP
@given(texts)
@example("'=1")
@example("''+1-2")
@example("'")
def test_guard_has_an_inverse(cell):
    assert unguard(guard(cell)) == cell
    assert _is_text(guard(cell))


@ROUND_TRIP
@given(st.lists(texts, min_size=1, max_size=4), st.dictionaries(texts.filter(bool), texts, max_size=4))
def test_many_values_in_one_cell_come_apart_again(values, named):
    assert split_many(join_many(values)) == (values if values != [""] else [])
    assert split_named(join_named(named)) == named


@pytest.mark.parametrize("cell", ["=1", "+1-2", "-2+3", "@x", "\t=x", "\r=x", "\n=x", "＝1", "＋1", "－1", "＠x", " =1", "\ufeff=1", '"=1', "\u3000=1", "'=1+1"])
def test_what_a_spreadsheet_would_compute_is_made_text(cell):
    assert guard(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["+44 7700 900001", "-5", "12", "+4930901820", "a=b", "3.5", "", "Amira"])
def test_numbers_and_phones_stay_as_they_are(cell):
    assert guard(cell) == cell


def test_csv_is_utf8_with_a_mark_and_crlf():
    data = b"".join(write_csv([ContactCard(display_name="Žofia")]))
    assert data.startswith(b"\xef\xbb\xbf") and data.endswith(b"\r\n") and b'"\xc5\xbdofia"' in data


def test_an_export_of_nobody_is_still_a_file():
    assert b"".join(write_csv([])).count(b"\r\n") == 1
    assert b"".join(write_vcard([])) == b""
    assert read_file(InlineSandbox(), "x", b"".join(write_json([]))).total == 0


def test_vcard_lines_are_folded_between_letters_and_cannot_be_ended_by_a_value():
    card = ContactCard(display_name="佐藤" * 100, notes="x\nEND:VCARD\nBEGIN:VCARD")
    data = b"".join(write_vcard([card]))
    assert max(map(len, data.split(b"\r\n"))) <= 75
    assert data.count(b"\r\nEND:VCARD") == 1
    for line in data.split(b"\r\n"):
        line.decode("utf-8")


def test_a_picture_travels_in_vcard_and_json(picture):
    card = ContactCard(display_name="Amira", photo=Photo(content_type="image/png", data=picture(600, 300)))
    for write in (write_vcard, write_json):
        (found,) = read_file(InlineSandbox(), "x", b"".join(write([card]))).cards
        assert found.photo is not None and found.photo.content_type == "image/webp"
        (untouched,) = read_file(InlineSandbox(), "x", b"".join(write([card])), photos=False).cards
        assert untouched.photo is None


def test_json_that_was_laid_out_anew_is_still_read():
    import json

    card = ContactCard(display_name="Amira", tags=("a", "b"))
    pretty = json.dumps(json.loads(b"".join(write_json([card, card]))), indent=2).encode()
    assert [found.tags for found in read_file(InlineSandbox(), "x", pretty).cards] == [("a", "b")] * 2
