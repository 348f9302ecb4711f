"""MAIL-02 and MAIL-03: whatever a message is made of, reading it ends soon, and costs no other message anything."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_app.domain.i18n import in_locale
from crm_app.domain.mail import reading
from crm_app.domain.mail.limits import head_of, refusal
from crm_app.domain.mail.reading import MailRefused, read_mail, read_mails
from crm_app.domain.mail.reading_schemas import ReadMail
from tests.domain.mail.test_corpus import CORPUS
from tests.security.counts import counted

GOOD = b"From: Ann <ann@example.org>\r\nTo: me@example.org\r\nSubject: Tea\r\nMessage-ID: <1@example.org>\r\n\r\nSee you at four.\r\n"
LONGEST = 2 * 2 * 10 + 5
"""Twice (with and without its page) the two seconds of its own time, each ten times as long where the machine is busy."""


@pytest.fixture
def impatient(monkeypatch):
    """Half a second instead of two for what is made to go on for ever: it is given up as it is after two, and its words have to be read sooner."""
    monkeypatch.setattr(reading, "SECONDS", 0.5)


def head(*lines: bytes, body: bytes = b"x") -> bytes:
    return b"\r\n".join([b"From: ann@example.org", *lines, b"", body])


def parts(count: int) -> bytes:
    inside = b"".join(b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" for _ in range(count))
    return head(b'Content-Type: multipart/mixed; boundary="b"', body=inside + b"--b--\r\n")


def nested(depth: int) -> bytes:
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (number, number) for number in range(depth))
    return b"From: ann@example.org\r\n" + opened + b"Content-Type: text/plain\r\n\r\ndeep\r\n"


def page(html: str) -> bytes:
    return head(b"Subject: Bomb", b"Content-Type: text/html; charset=utf-8", body=html.encode())


CAPS: dict[str, tuple[Callable[[int], bytes], int, str]] = {
    "size": (lambda size: GOOD + b"y" * (size - len(GOOD)), 25_000_000, "larger than 25 MB"),
    "head": (lambda size: head(*[b"X-%04d: %s" % (number, b"v" * 1000) for number in range(size // 1010)]), 262_144, "head is larger than 256 kB"),
    "headers": (lambda count: head(*[b"X-N: %d" % number for number in range(count - 1)]), 1_000, "more than 1,000 header lines"),
    "header": (lambda size: head(b"X-Long: " + b"v" * (size - 10)), 16_384, "longer than 16 kB"),
    "parts": (parts, 500, "more than 500 parts"),
    "depth": (nested, 30, "more than thirty deep"),
    "addresses": (lambda count: head(b"To: " + b",\r\n ".join(b"p%d@example.org" % number for number in range(count - 1))), 2_000, "more than 2,000 people"),
}


@pytest.mark.parametrize("cap", CAPS)
def test_mail_03_a_message_within_a_cap_is_read_and_one_beyond_is_refused_in_time(reader, cap):
    make, most, sentence = CAPS[cap]
    assert isinstance(read_mail(make(most), sandbox=reader), ReadMail)
    began = time.monotonic()
    with pytest.raises(MailRefused, match=sentence):
        read_mail(make(most * 11 // 10), sandbox=reader)
    assert time.monotonic() - began < 2 + 3


def test_mail_03_addresses_count_in_all_lines_together():
    some = b", ".join(b"p%d@example.org" % number for number in range(150))
    assert "more than 2,000 people" in refusal(head(*[b"Cc: " + some] * 15)) and refusal(head(*[b"Cc: " + some] * 10)) == ""


BUSY: dict[str, bytes] = {
    "comments in an address": head(b"To: " + b"(" * 200_000),
    "quotes in an address": head(b"To: " + b'"\\' * 100_000),
    "brackets in an address": head(b"To: " + b"<" * 100_000 + b"@" * 100_000),
    "groups": head(b"To: " + b"g:;" * 80_000),
    "parameters": head(b"Content-Type: multipart/mixed; " + b';"' * 8_000),
    "parameters of a part": head(b'Content-Type: multipart/mixed; boundary="b"', body=b"--b\r\nContent-Disposition: attachment; " + b';"' * 3_000_000),
    "continued parameters": head(b"Content-Type: text/plain; " + b"".join(b"name*%d=x; " % number for number in range(1_200))),
    "encoded words": head(b"Subject: " + b"=?utf-8?q?a?= " * 1_100),
    "almost encoded words": head(b"Subject: " + b"=?" * 8_000),
    "dates": head(b"Date: " + b"9" * 16_000),
    "lone returns": b"From: a@example.org\r" + b"X: y\r" * 50_000 + b"\r\n\r\nx",
    "marks": head(b'Content-Type: multipart/mixed; boundary="b"', body=(b"--" + b" " * 208 + b"\r\n") * 100_000),
    "boundaries": head(*[b'Content-Type: multipart/mixed; boundary="%d"' % number for number in range(400)]),
    "boundary in pieces": head(b'Content-Type: multipart/mixed; boundary*0="b"; boundary*1="c"', body=b"--bc\r\n\r\nx\r\n" * 200_000),
    "nested messages": head(b"Content-Type: message/rfc822", body=b"Content-Type: message/rfc822\r\n\r\n" * 100_000),
    "a line without end": head(b"Content-Type: text/plain", body=b"x" * 20_000_000),
    "flowing": head(b"Content-Type: text/plain; format=flowed", body=b"word \r\n" * 2_000_000),
    "stray lines": b"From: a@example.org\r\n" + b"stray\r\n" * 30_000 + b"Date: x\r\n\r\n",
    "nothing": b"", "an empty line": b"\r\n", "zeros": b"\0" * 1_000_000, "a head alone": b"From: a@example.org",
}  # fmt: skip


@pytest.mark.parametrize("what", BUSY)
def test_mail_03_what_keeps_a_parser_busy_ends_and_the_next_message_is_read(reader, impatient, what):
    began = time.monotonic()
    answers = read_mails([GOOD, BUSY[what], GOOD], sandbox=reader)
    assert time.monotonic() - began < LONGEST
    assert [answer.subject for answer in (answers[0], answers[2])] == ["Tea", "Tea"]
    assert isinstance(answers[1], ReadMail) or answers[1].reason.endswith(".")


BOMBS = {
    "div": "<div>" * 60_000, "blockquote": "<blockquote>" * 60_000, "list": "<ul><li>" * 40_000, "b": "<b>" * 3_000 + "<p>" * 60_000,
    "table": "<table><tr><td>" * 60_000, "foster": "<table>" + "<b>x" * 100_000, "attributes": "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">",
    "style": f'<p style="{"color:red;" * 150_000}">', "script": "<script>" * 200_000, "comment": "<!--" * 400_000, "entity": "&lt" * 600_000,
    "svg": "<svg><math>" * 100_000, "font": "<p><font size=1>" * 80_000, "quote": "<p title='" * 150_000,
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_mail_02_a_page_that_keeps_the_cleaner_busy_is_read_as_text(reader, impatient, bomb):
    began = time.monotonic()
    answers = read_mails([GOOD, page("Dear Ann,<p>" + BOMBS[bomb] + "<p>yours"), GOOD], sandbox=reader)
    assert time.monotonic() - began < LONGEST
    assert all(isinstance(answer, ReadMail) for answer in answers), answers
    assert answers[1].text.startswith("Dear Ann,") and answers[1].subject == "Bomb" and [answers[0].subject, answers[2].subject] == ["Tea", "Tea"]
    if not answers[1].html:
        assert answers[1].problems == ("Its page could not be made harmless, so only its words are shown.",)


def test_mail_02_a_page_nested_too_deep_is_really_given_up(reader, impatient):
    mail = read_mail(page("Dear Ann" + BOMBS["div"] + "<p>yours"), sandbox=reader)
    assert (mail.html, mail.text.split()) == ("", ["Dear", "Ann", "yours"]) and len(mail.problems) == 1


TAGS = st.sampled_from(["div", "b", "i", "a href=x", "p", "table", "tr", "td", "ul", "li", "font", "form", "svg", "math", "mtext", "style", "script", "select", "template", "/div", "/b", "/p", "/table", "/a"])


@counted(30, 1_000, "pages nested at random")
def test_mail_02_any_nesting_ends_in_words(reader, impatient, count):
    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(TAGS, min_size=1, max_size=30), st.integers(1, 400))
    def check(tags: list[str], times: int) -> None:
        began = time.monotonic()
        mail = read_mail(page("Dear Ann " + "".join(f"<{tag}>" for tag in tags) * times), sandbox=reader)
        assert mail.text.startswith("Dear Ann") and time.monotonic() - began < LONGEST

    check()


@counted(150, 20_000, "damaged messages")
def test_mail_03_a_damaged_message_is_read_or_refused(reader, count):
    files = [file.read_bytes() for file in sorted(CORPUS.iterdir())]
    damage = st.tuples(st.sampled_from(files), st.lists(st.tuples(st.integers(0, 6_000), st.integers(0, 40), st.binary(max_size=30)), max_size=6))

    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damage | st.binary(max_size=400).map(lambda data: (data, [])))
    def check(given_: tuple[bytes, list[tuple[int, int, bytes]]]) -> None:
        content, cuts = given_
        for at, length, instead in cuts:
            content = content[:at] + instead + content[at + length :]
        answer = read_mails([content], sandbox=reader)[0]
        assert isinstance(answer, ReadMail), f"not even its words: {answer.reason}"
        kept = answer.model_dump_json()
        kept.encode()
        assert "\\u0000" not in kept

    check()


def test_a_refusal_is_said_in_the_readers_language(monkeypatch, reader):
    seen = []
    monkeypatch.setattr(reader, "run", lambda task, data, options, seconds: seen.append((task, options["locale"], seconds)) or b'[{"failed": "So."}]')
    with in_locale("pt_PT"), pytest.raises(MailRefused, match=r"So\."):
        read_mail(b"x", sandbox=reader)
    assert seen == [("crm_app.domain.mail.work:read", "pt_PT", reading.SECONDS)]


def test_many_are_read_together_and_large_ones_alone():
    lengths = [len(piece) for piece in reading._pieces([b"x" * 1_000] * 120 + [b"x" * 600_000] + [b"x"])]
    assert lengths == [50, 50, 20, 1, 1]


def test_the_head_ends_at_the_first_empty_line():
    assert head_of(b"A: b\r\n\r\nC: d\r\n\r\n") == b"A: b" and head_of(b"A: b\n\nx") == b"A: b" and head_of(b"A: b") == b"A: b"
