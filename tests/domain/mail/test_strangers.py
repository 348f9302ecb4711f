"""What mails of strangers showed that no mail of our own had: their charsets, parts and heads are other than they say."""

from __future__ import annotations

import pytest

from crm_app.domain.charsets import decode_text
from tests.domain.mail.test_heads import mail

MIXED = ("From: a@example.org", "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"')


def part(kind: str, text: str, *more: str) -> bytes:
    return "\r\n".join(["--b", f"Content-Type: {kind}", *more, "", text, ""]).encode()


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("dürfen – „ja“".encode("cp1252"), "iso-8859-1", "dürfen – „ja“"), ("œuf".encode("cp1252"), "us-ascii", "œuf"), ("鎔基".encode("gb18030"), "GB2312", "鎔基"),
        ("똠방".encode("cp949"), "ks_c_5601-1987", "똠방"), ("①髙".encode("cp932"), "shift_jis", "①髙"), (b"\x1b$B-!$3\x1b(B", "iso-2022-jp", "①こ"),
        ("שלום".encode("iso-8859-8"), "iso-8859-8-i", "שלום"), ("ğ".encode("cp1254"), "iso-8859-9", "ğ"), ("привет".encode("cp1251"), "x-cp1251", "привет"),
        ("Привет, мир".encode() + b"\xd0", "utf-8", "Привет, мир\ufffd"), ("Grüße".encode("cp1252"), "utf-8", "Grüße"), ("Grüße".encode(), "undefined", "Grüße"),
        (b"xn--bcher-kva", "idna", "xn--bcher-kva"), (b"abc", "no such thing", "abc"), ("你好，世界".encode("gb18030") + b"\xff", "gb2312", "你好，世界\ufffd"),
    ],
)  # fmt: skip
def test_text_is_read_in_the_charset_that_was_meant(data, charset, text):
    assert decode_text(data, charset) == text


@pytest.mark.parametrize("charset", ["undefined", "idna", '"unicode_escape"'])
def test_a_charset_that_is_none_costs_no_mail(read, charset):
    found = read(mail("From: a@example.org", f"Content-Type: text/plain; charset={charset}", "Content-Transfer-Encoding: 8bit", body=b"Tea \xc3\xbc at four"))
    assert found.text == "Tea ü at four"


def test_parameters_with_a_charset_of_their_own(read):
    found = read(mail("From: a@example.org", "Content-Type: text/plain; charset*=utf-8''utf-8", "Content-Transfer-Encoding: 8bit", body="Grüße".encode()))
    assert found.text == "Grüße"
    names = ("filename*=undefined''a%C3%BC.pdf", "filename*=gb2312''%E6%8E.pdf", "filename*0*=utf-8''Gr%C3%BC; filename*1*=%C3%9Fe.pdf")
    body = b"".join(part("application/pdf", "x", f"Content-Disposition: attachment; {name}") for name in names)
    assert [one.name for one in read(mail(*MIXED, body=body + b"--b--\r\n")).attachments] == ["aü.pdf", "鎺.pdf", "Grüße.pdf"]


def test_a_head_in_plain_bytes_is_in_the_charset_of_the_words(read):
    raw = "Привет".encode("cp1251")
    found = read(mail(b"From: " + raw + b" <a@example.org>", b"Subject: " + raw, "Content-Type: text/plain; charset=windows-1251", body=raw))
    assert (found.subject, found.senders[0].name, found.text) == ("Привет",) * 3


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("boss@bank.example <thief@evil.example>", [("thief@evil.example", "boss@bank.example")]),
        ("Boss boss@bank.example via List <list@lists.example>, Ann <ann@example.org>", [("list@lists.example", "Boss boss@bank.example via List"), ("ann@example.org", "Ann")]),
        ("a@example.org, b@example.org <c@example.org>", [("a@example.org", ""), ("c@example.org", "b@example.org")]), ("m@server_mail.example", [("m@server_mail.example", "")]),
    ],
)  # fmt: skip
def test_an_address_in_the_place_of_a_name_is_a_name(read, written, found):
    assert [(one.address, one.name) for one in read(mail(f"From: {written}")).senders] == found


def test_an_id_whose_bracket_is_never_closed(read):
    assert read(mail("From: a@example.org", "Message-ID: <1.2@example.org")).message_id == "1.2@example.org"


def test_words_and_pages_that_follow_each_other_are_all_there_in_both(read):
    found = read(mail(*MIXED, body=part("text/plain", "The <words>") + part("text/html", "<p>A page</p>") + part("text/plain", "The footer") + b"--b--\r\n"))
    assert found.text.split() == "The <words> A page The footer".split()
    assert [found.html.index(words) for words in ("The &lt;words&gt;", "<p>A page</p>", "The footer")] == sorted(found.html.index(words) for words in ("The &lt;", "<p>A", "The f"))
    both = 'Content-Type: multipart/alternative; boundary="c"\r\n\r\n--c\r\n\r\nWords\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>Page</p>\r\n--c--\r\n'
    found = read(mail(*MIXED, body=b"--b\r\n" + both.encode() + part("text/plain", "Footer") + b"--b--\r\n"))
    assert found.text.split() == ["Words", "Footer"] and found.html.count("Page") == 1 and "Words" not in found.html and "Footer" in found.html


def test_a_message_within_that_has_the_same_boundary_hides_nothing(read):
    """As Outlook Express for the Mac wrote them: the end of what is inside is no end of the whole."""
    inside = b'--b\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n' + part("text/plain", "Words") + part("text/html", "<p>Page</p>") + b"--b--\r\n\r\n"
    found = read(mail(*MIXED, body=inside + part("image/gif", "GIF89a", 'Content-Disposition: attachment; filename="x.gif"') + b"--b--\r\n"))
    assert (found.text, [one.name for one in found.attachments]) == ("Words", ["x.gif"]) and "Words" not in found.html
