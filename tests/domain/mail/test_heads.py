"""Heads as people and programs write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm_app.domain.mail.automatic import automatic


def mail(*lines: str | bytes, body: bytes = b"Hello") -> bytes:
    return b"\r\n".join([*(line if isinstance(line, bytes) else line.encode() for line in lines), b"", body])


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("Plain words", "Plain words"), ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"), ("=?UTF-8?B?w5xiZXI=?= =?utf-8?b?IE1pdHRlcm5hY2h0?=", "Über Mitternacht"),
        ("Re: =?iso-8859-1?Q?caf=E9?= at four", "Re: café at four"), ("=?utf-8?q?broken=C3?=", "brokenÃ"), ("=?nonsense?q?a=E9?=", "aé"), ("=?utf-8?b?!!!?=", ""),
        ("Grüße", "Grüße"), ("Gr\udcfc\udcdfe", "Grüße"), ("folded\r\n words", "folded words"), ("a\x00b\x07c", "abc"), ("safe \u202etxt.exe", "safe txt.exe"),
        ("=?utf-8?q?line=0D=0ABcc:_x@example.org?=", "line Bcc: x@example.org"), ("=?utf-7?q?+2AA-?=", "\ufffd"), ("", ""),
    ],
)  # fmt: skip
def test_a_subject_is_read_as_it_was_meant(read, written, read_as):
    assert read(mail("From: a@example.org", b"Subject: " + written.encode("utf-8", "surrogateescape"))).subject == read_as


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("ann@example.org", [("ann@example.org", "")]), ('"Lee, Ann" <Ann@Example.ORG>', [("ann@example.org", "Lee, Ann")]),
        ("=?utf-8?q?J=C3=B6rg?= <j@example.org>", [("j@example.org", "Jörg")]), ("ann@example.org (Ann Lee)", [("ann@example.org", "Ann Lee")]),
        ("Team: a@example.org, b@example.org;", [("a@example.org", ""), ("b@example.org", "")]), ("undisclosed-recipients:;", []),
        ("=?utf-8?q?boss@bank.example=2C?= <thief@evil.example>", [("thief@evil.example", "boss@bank.example,")]),
        ('"boss@bank.example" <thief@evil.example>', [("thief@evil.example", "boss@bank.example")]),
        ("Big Bug bb@bug.com", [("bb@bug.com", "")]), ("a@example.org b@example.org", [("a@example.org", ""), ("b@example.org", "")]),
        ("jdöe@mächine.example", [("jdöe@mächine.example", "")]), ("nobody", []), ("a@b@c.example", []), ("=?utf-8?q?Lee,_Ann_(home)?= <ann@example.org>", [("ann@example.org", "Lee, Ann (home)")]), ("<>", []), ("\x00a\x01@example.org", []),
    ],
)  # fmt: skip
def test_senders_are_read_as_they_were_meant(read, written, found):
    assert [(one.address, one.name) for one in read(mail(f"From: {written}")).senders] == found


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Thu, 26 Nov 2026 10:00:00 +0100", datetime(2026, 11, 26, 9, tzinfo=UTC)), ("26 Nov 2026 10:00 -0000", datetime(2026, 11, 26, 10, tzinfo=UTC)),
        ("Thu, 26 Nov 26 10:00:00 GMT", datetime(2026, 11, 26, 10, tzinfo=UTC)), ("Thu, 26 Nov 2026 10:00:00 +0100 (CET)", datetime(2026, 11, 26, 9, tzinfo=UTC)),
        ("yesterday", None), ("", None), ("Thu, 26 Nov 1926 10:00:00 +0100", None), ("Thu, 26 Nov 9999 23:00:00 -2359", None), ("Thu, 99 Nov 2026 99:00:00", None),
    ],
)  # fmt: skip
def test_a_date_is_a_moment_or_none(read, written, moment):
    assert read(mail("From: a@example.org", f"Date: {written}")).sent_at == moment


def test_ids_of_a_conversation(read):
    found = read(mail("From: a@example.org", "Message-ID: <3@x>", "In-Reply-To: Ann's of today <2@x>", "References: <1@x>\r\n\t<2@x> <1@x> rubbish"))
    assert (found.message_id, found.in_reply_to, found.references) == ("3@x", ("2@x",), ("1@x", "2@x"))
    assert read(mail("Message-ID: bare.one@x")).message_id == "bare.one@x" and read(mail("Message-ID: two words@x")).message_id == ""
    many = " ".join(f"<{number}@x>" for number in range(300))
    assert read(mail(f"References: {many}")).references == tuple(f"{number}@x" for number in range(200, 300))


def test_what_the_receiving_server_found_out_stands_first(read):
    said = read(mail("Authentication-Results: mx.example; spf=pass a; dkim=fail b; dkim=pass c", "Authentication-Results: evil.example; dmarc=pass"))
    assert said.verified == "spf=pass dkim=fail"


def test_old_programs_wrote_spaces_before_colons_and_lines_that_are_none(read):
    found = read(mail("From  : a@example.org", "quite Delivered-To: x", "Subject\t: Tea", "Date: Thu, 26 Nov 2026 10:00:00 +0100"))
    assert (found.senders[0].address, found.subject, found.text) == ("a@example.org", "Tea", "Hello")
    assert read(mail("From: a@example.org", "no header at all")).text == "no header at all\n\nHello"


def test_names_of_attachments_are_names(read):
    lines = ("MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"')
    names = (b'filename="..\\..\\evil.exe"', b'filename="/etc/passwd"', b"filename*=utf-8''Gr%C3%BC%C3%9Fe.pdf", 'filename="Grüße.pdf"'.encode(), b'filename="=?utf-8?q?Gr=C3=BC=C3=9Fe=2Epdf?="', b'filename="a\x00b.txt"', b"")
    body = b"".join(b"--b\r\nContent-Type: application/x-thing\r\nContent-Disposition: attachment; " + name + b"\r\n\r\nxyz\r\n" for name in names)
    found = read(mail("From: a@example.org", *lines, body=body + b"--b--\r\n")).attachments
    assert [one.name for one in found] == ["evil.exe", "passwd", "Grüße.pdf", "Grüße.pdf", "Grüße.pdf", "ab.txt", ""]
    assert [(one.part, one.size, one.kind) for one in found][:2] == [("1", 3, "application/x-thing"), ("2", 3, "application/x-thing")]


@pytest.mark.parametrize(
    ("sender", "lines", "kind"),
    [
        ("ann@example.org", (), None), ("ann@gmail.com", ("Precedence: first-class",), None), ("ann@example.org", ("List-Id: <choir.example.org>", "List-Post: <mailto:choir@example.org>"), "list"),
        ("news@shop.example", ("List-Unsubscribe: <https://shop.example/u>",), "newsletter"), ("news@shop.example", ("List-Id: <x>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "newsletter"),
        ("ann@example.org", ("Auto-Submitted: auto-replied; owner-email=x",), "automatic_reply"),
        ("ann@example.org", ("X-Autoreply: yes",), "automatic_reply"), ("ann@example.org", ("Content-Type: multipart/report; report-type=disposition-notification",), "automatic_reply"),
        ("mailer-daemon@example.org", (), "bounce"), ("x@example.org", ("Content-Type: multipart/report; report-type=delivery-status",), "bounce"), ("no-reply@bank.example", (), "no_reply"),
        ("do_not_reply@bank.example", (), "no_reply"), ("noreplay-x@bank.example", (), "no_reply"), ("notifications@forge.example", (), "notice"), ("ann@example.org", ("Auto-Submitted: auto-generated",), "notice"),
        ("norepla@example.org", (), None), ("ann@example.org", ("Auto-Submitted: no",), None), ("shop@shop.example", ("Precedence: bulk",), "newsletter"),
    ],
)  # fmt: skip
def test_what_no_person_wrote_to_one_person_is_known_by_its_head(read, sender, lines, kind):
    found = read(mail(f"From: {sender}", *lines))
    said = automatic(found.senders[0].address, found.marks)
    assert (said.value if said else None) == kind
