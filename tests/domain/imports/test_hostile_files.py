"""Files that somebody broke, by accident or on purpose: no crash, no hang, and every record ends in a card or a problem."""

from __future__ import annotations

import base64
import os
import random
import re
import time

import pytest

from crm_app.domain.imports.reader import read_file
from crm_app.domain.imports.recognise import NotContacts
from tests.domain.imports.conftest import CORPUS, InlineSandbox

ROUNDS = int(os.environ.get("MINDFULCRM_FUZZ_ROUNDS", "300"))
_BITS = [
    b'"', b",", b";", b"\n", b"\r\n", b"\0", b"=", b":", b"\\", b"\xff", b"\xc3", b" ", b"\t", b"BEGIN:VCARD\r\n", b"END:VCARD\r\n", b"'", b"::: ", b"\xef\xbb\xbf",
    b";ENCODING=QUOTED-PRINTABLE:", b";ENCODING=b:", b";CHARSET=utf-7:", b"=\r\n", b"\r\n ", b"@", b"+" * 40, b"9" * 60, b"item1.", b"VERSION:2.1\r\n", b"\xf0\x9f\x98\x80",
]  # fmt: skip


def _mutate(data: bytes, rng: random.Random) -> bytes:
    """A few cuts, repetitions, flips and insertions."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            del out[at : at + rng.randint(1, 30)]
        elif kind == 1:
            out[at:at] = rng.choice(_BITS)
        elif kind == 2 and at < len(out):
            out[at] = rng.randrange(256)
        elif kind == 3:
            out[at:at] = out[max(0, at - rng.randint(1, 80)) : at]
        else:
            out[at:at] = rng.choice(_BITS) * rng.randint(1, 5)
    return bytes(out)


def _settle(data: bytes) -> tuple[str, bool] | None:
    """Read it whole: everything that came out as one text, and whether something was reported as left out. None when refused."""
    begun = time.thread_time()
    try:
        parsed = read_file(InlineSandbox(), "x", data, region="US", photos=False)
        batches = list(parsed.batches())
    except NotContacts as refused:
        assert refused.message.endswith((".", "”."))
        return None
    for batch in batches:
        assert batch.records == len(batch.cards) + sum(problem.lost for problem in batch.problems if "outside" not in problem.reason)
        assert all(card.display_name for card in batch.cards)
    assert time.thread_time() - begun < 5, "of the processor, whoever else is busy on this machine"
    text = "\n".join([batch.model_dump_json() for batch in batches] + [problem.reason for problem in parsed.problems])
    text += parsed.mapping.model_dump_json() if parsed.mapping else ""  # a row that became the header stands on the mapping page
    left_out = any(problem.lost or "outside any card" in problem.reason or "inside the card was left out" in problem.reason or "more problems" in problem.reason for problem in parsed.problems)
    return text, left_out


CSV = b"Name,E-mail,Phone,Company,Notes,Shoe size\r\n" + b"".join(
    b'TOKa%d,tokb%d@example.org,+44 7700 9%05d,"TOKc%d, Inc.","TOKd%d\nsecond TOKe%d",TOKf%d\r\n' % (n, n, n, n, n, n, n) for n in range(12)
)
VCF = b"".join(
    b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:TOKa%d;TOKb%d;;;\r\nFN:TOKc%d\r\nORG:TOKd%d;TOKe%d\r\nNOTE:TOKf%d\\nTOKg%d\r\n TOKh%d\r\nitem1.TEL:+44 7700 9%05d\r\n"
    b"item1.X-ABLabel:TOKi%d\r\nX-SOMETHING:TOKj%d\r\nCATEGORIES:TOKk%d,TOKl%d\r\nEND:VCARD\r\n" % ((n,) * 8 + (n,) + (n,) * 4)
    for n in range(6)
)


def _tokens(data: bytes) -> set[str]:
    return set(re.findall(r"TOK[a-z]\d+", data.decode("latin-1")))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("original", [CSV, VCF], ids=["csv", "vcard"])
def test_no_word_of_a_broken_file_vanishes_in_silence(original, seed):
    rng = random.Random(seed)
    for _ in range(ROUNDS // 4):
        data = _mutate(original, rng)
        settled = _settle(data)
        if settled is None or settled[1]:
            continue
        missing = [token for token in _tokens(data) if token not in settled[0]]
        assert not missing, (missing, data)


@pytest.mark.parametrize("path", sorted([*(CORPUS / "csv").iterdir(), *(CORPUS / "vcard").iterdir()]), ids=lambda path: path.name)
def test_broken_files_of_the_corpus_never_crash(path):
    rng = random.Random(path.name)
    original = path.read_bytes()[:8_000]
    for _ in range(ROUNDS // 15):
        _settle(_mutate(original, rng))


def test_noise_is_refused_or_reported():
    rng = random.Random(7)
    for length in (1, 2, 3, 10, 100, 5_000):
        for _ in range(20):
            _settle(rng.randbytes(length))
            _settle(bytes(rng.choice(b'a,;"\n\r\t =:@') for _ in range(length)))


def _card(body: bytes) -> bytes:
    return b"BEGIN:VCARD\nVERSION:3.0\nFN:Amira\n" + body + b"\nEND:VCARD\nBEGIN:VCARD\nFN:Zoe\nEND:VCARD\n"


BOMBS = {
    "backslashes": _card(b"NOTE:" + b"\\" * 2_000_000),
    "semicolons": _card(b"N:" + b";" * 1_000_000),
    "commas": _card(b"CATEGORIES:" + b"a," * 300_000),
    "tags": _card(b"CATEGORIES:" + b",".join(b"t%d" % number for number in range(100_000))),
    "parameters": _card(b"NOTE" + b";X=y" * 300_000 + b":x"),
    "quotes in parameters": _card(b'NOTE;X="' + b'",X="' * 200_000 + b":x"),
    "folds": _card(b"NOTE:x" + b"\n y" * 500_000),
    "properties": _card(b"\n".join(b"X-A%d:v" % number for number in range(100_000))),
    "repeated property": _card(b"X-A:v1\nX-A:v2\n" * 30_000),
    "telephones": _card(b"\n".join(b"TEL:+1415676%04d" % (number % 10_000) for number in range(30_000))),
    "long telephone": _card(b"TEL:" + b"1" * 1_000_000),
    "long address": _card(b"EMAIL:" + b"a." * 500_000 + b"@example.org"),
    "quoted-printable": _card(b"NOTE;ENCODING=QUOTED-PRINTABLE:" + b"=C3=91=\n" * 300_000),
    "equals signs": _card(b"NOTE;ENCODING=QUOTED-PRINTABLE:" + b"=" * 2_000_000),
    "base64 that is none": _card(b"PHOTO;ENCODING=b:" + b"A" * 5_000_001),
    "nested cards": _card(b"AGENT:\nBEGIN:VCARD\n" * 50_000),
    "begins": b"BEGIN:VCARD\n" * 9_000,
    "blank lines": b"\n" * 3_000_000 + _card(b""),
    "carriage returns": _card(b"NOTE:x" + b"\r" * 2_000_000),
    "combining marks": _card(b"NOTE:a" + "\u0301".encode() * 500_000),
    "labels": _card(b"\n".join(b"item%d.X-ABLabel:x" % number for number in range(100_000))),
    "dates": _card(b"BDAY:" + b"1-" * 300_000),
    "web address": _card(b"URL:http://" + b"[" * 400 + b"\nURL:" + b"a." * 240),
    "quotes in a table": b"Name,E-mail\n" + b'"' * 2_000_000 + b"\nAmira,a@example.org\n",
    "one endless line": b"Name,E-mail\n" + b"x" * 5_000_000,
    "one endless cell": b'Name,Notes\nAmira,"' + b"x\n" * 40_000,
    "commas in a table": b"Name,E-mail\nAmira" + b"," * 3_000_000 + b"\n",
    "open quotes": b"Name,E-mail\n" + b'Amira,"a\n' * 30_000,
    "dates in a table": b"Name,Birthday\n" + b"Amira," + b"1/" * 100_000 + b"\n",
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
def test_a_file_made_to_waste_time_or_memory_ends(sandbox, data):
    """Every single item has two seconds; a file of two cards or rows is through long before twenty."""
    begun = time.monotonic()
    try:
        parsed = read_file(sandbox, "x", data, region="US")
        cards = list(parsed.cards)
    except NotContacts:
        cards, parsed = [], None
    assert time.monotonic() - begun < 20
    if parsed is not None:
        assert cards or parsed.problems
        if data.endswith(b"FN:Zoe\nEND:VCARD\n") and b"AGENT" not in data:
            assert cards[-1].display_name == "Zoe"
            assert cards[0].display_name == "Amira" or any(problem.lost for problem in parsed.problems)


def test_the_sandbox_names_the_one_card_that_takes_too_long(sandbox):
    """A piece that fails is halved until the bad record stands alone; the others come in."""
    slow = b"NOTE:" + base64.b64encode(os.urandom(9_000_000))
    cards = [b"BEGIN:VCARD\nFN:P%d\n%sEND:VCARD\n" % (number, slow + b"\n" if number == 2 else b"") for number in range(5)]

    class Impatient:
        def run(self, task, data, options=None, *, seconds=2.0):
            return sandbox.run(task, data, options, seconds=0.05 if len(data) > 1_000_000 else 5)

    parsed = read_file(Impatient(), "x.vcf", b"".join(cards))
    assert [card.display_name for card in parsed.cards] == ["P0", "P1", "P3", "P4"]
    (problem,) = parsed.problems
    assert problem.lost and "too long" in problem.reason and problem.line == 7
