"""The contract of a sender, held by the Fake and by the real one against a real server; then what only the real one can get wrong."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crm_app.domain.outbox.sending import (
    LetterHead,
    MailProblem,
    MailPutOff,
    MailRefused,
    MailSender,
    MailUncertain,
    OutgoingFile,
    OutgoingMail,
    Recipient,
)
from crm_app.domain.rows import now
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_addresses import Allowance
from crm_app.providers.smtp import FakeSender, SmtpAccount, SmtpSender, sender
from crm_app.providers.smtp.message import compose
from tests.providers.smtp.conftest import INNER, NAME, US, mail, read


@pytest.fixture(params=["fake", "real"])
def post(request) -> tuple[MailSender, Callable[[], list[bytes]]]:
    """A sender, and what has arrived through it."""
    if request.param == "fake":
        fake = FakeSender(US)
        return fake, lambda: fake.sent
    real, boxes = request.getfixturevalue("serve")()
    return real, lambda: [envelope.original_content for envelope in boxes.arrived]


# --- the contract


def test_a_mail_arrives_as_it_was_written(post):
    sending, arrived = post
    handed = []
    sending.send(mail(subject="Grüße aus dem Büro", text="Zeile\n.\n..zwei\n", unsubscribe="https://crm.example.org/settings"), lambda: handed.append(len(arrived())))
    (content,) = arrived()
    assert handed == [0], "told once, before anything arrived"
    message = read(content)
    assert message["subject"] == "Grüße aus dem Büro" and message["message-id"] == "<7@stillwater.example>"
    assert str(message["to"].addresses[0].display_name) == "Ana Lučić" and message["to"].addresses[0].addr_spec == "ana@example.org"
    assert message["from"].addresses[0].addr_spec == "crm@stillwater.example" and message["list-unsubscribe"] == "<https://crm.example.org/settings>" and message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert message["auto-submitted"] == "auto-generated"
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == "Zeile\n.\n..zwei\n"
    assert message.get_body(("html",)).get_content().strip() == "<p>Hello Ana.</p>"
    assert content.isascii(), "every server takes it"


def letter(*others: str, references: tuple[str, ...] = ()) -> OutgoingMail:
    """What a person wrote, to Ana and, by copy, to others."""
    head = LetterHead(None, Recipient("bea@studio.example", "Bea, Studio"), tuple(Recipient(one, role="cc") for one in others), references, now())
    return replace(mail(message_id="<7@studio.example>"), head=head, html="")


def test_a_letter_comes_from_its_writer_and_names_only_ids_that_can_stand_in_a_head(post):
    sending, arrived = post
    long = f"{'x' * 300}@y.example"
    sending.send(letter("ben@example.org", references=("one@x.example", "bad id\r\nBcc: evil@x.example", long)), lambda: None)
    message = read(arrived()[0])
    assert str(message["from"]) == '"Bea, Studio" <bea@studio.example>' and str(message["cc"]) == "ben@example.org" and message["bcc"] is None
    assert message["in-reply-to"] == f"<{long}>" and message["references"].split() == ["<one@x.example>", f"<{long}>"]
    assert message["auto-submitted"] is None and message.get_content_type() == "text/plain"


def test_what_is_attached_arrives_under_its_name_and_nobody_learns_who_gets_it_unseen(post):
    """RFC 2231: other letters and long names too. What the writer keeps of it names everybody, and is the same mail."""
    sending, arrived = post
    files = tuple(OutgoingFile(name, kind, name.encode() * 9) for name, kind in (("Übersicht für Ana.pdf", "application/pdf"), ("日本語" * 40 + ".txt", "text/plain"), ('a "b"; c.bin', "application/octet-stream")))
    whole = replace(letter("ben@example.org"), html="<p>Hello Ana.</p>")
    whole = replace(whole, files=files, head=replace(whole.head, others=(*whole.head.others, Recipient("secret@example.org", "Secret", "bcc"))))
    sending.send(whole, lambda: None)
    (content,) = arrived()
    message = read(content)
    found = list(message.iter_attachments())
    assert [(one.get_filename(), one.get_content_type(), one.get_payload(decode=True)) for one in found] == [(one.name, one.kind, one.content) for one in files]
    assert message["bcc"] is None and b"secret" not in content.lower() and content.isascii()
    assert message.get_body(("html",)).get_content().strip() == "<p>Hello Ana.</p>"
    own = [compose(whole, US, now(), own=True) for _ in range(2)]
    assert own[0] == own[1] and read(own[0])["bcc"].addresses[0].addr_spec == "secret@example.org"
    assert own[0].replace(b"Bcc: Secret <secret@example.org>\r\n", b"") == content + b"\r\n" * (not content.endswith(b"\r\n"))


def test_everybody_gets_it_also_who_is_not_named(serve):
    sending, boxes = serve()
    whole = letter("ben@example.org")
    sending.send(replace(whole, head=replace(whole.head, others=(Recipient("secret@example.org", "", "bcc"),))), lambda: None)
    assert boxes.arrived[0].rcpt_tos == ["ana@example.org", "secret@example.org"]


def test_a_server_that_takes_none_so_large_is_not_asked(serve):
    sending, boxes = serve(most=10_000)
    large = replace(letter(), files=(OutgoingFile("a.bin", "application/octet-stream", b"x" * 20_000),))
    with pytest.raises(MailRefused, match="larger than its mail server takes"):
        sending.send(large, lambda: pytest.fail("nothing is handed over"))
    assert boxes.arrived == [] and b"mail from" not in b"".join(boxes.said).lower()


def test_a_letter_goes_to_all_or_to_nobody_and_it_is_said_who_was_refused(post):
    sending, arrived = post
    handed: list[int] = []
    with pytest.raises(MailRefused, match="does not exist"):
        sending.send(letter("ben@example.org", "bounce@example.org"), lambda: handed.append(1))
    assert arrived() == [] and handed == []


@pytest.mark.parametrize(("to", "problem", "words"), [("bounce@example.org", MailRefused, "does not exist"), ("full@example.org", MailRefused, "full"), ("busy@example.org", MailPutOff, "later")])
def test_a_refusal_says_whether_to_try_again_and_nothing_of_the_servers_words(post, to, problem, words):
    sending, arrived = post
    handed = []
    with pytest.raises(problem, match=words) as raised:
        sending.send(mail(to), lambda: handed.append(1))
    assert arrived() == [] and handed == [], "nothing was handed over"
    assert not any(said in raised.value.reason for said in ("no such user", "quota", "grey"))


def test_a_server_that_hangs_up_after_the_mail_leaves_nobody_knowing(post):
    sending, arrived = post
    handed = []
    with pytest.raises(MailUncertain):
        sending.send(mail("silent@example.org"), lambda: handed.append(1))
    assert handed == [1] and arrived() == []


def test_whoever_is_told_can_still_stop_it(post):
    sending, arrived = post

    class Lost(Exception): ...

    def lose() -> None:
        raise Lost

    with pytest.raises(Lost):
        sending.send(mail(), lose)
    assert arrived() == []


def test_a_check_sends_nothing(post):
    sending, arrived = post
    sending.check()
    assert arrived() == []


def test_text_alone_is_a_mail_too(post):
    sending, arrived = post
    sending.send(mail(html=""), lambda: None)
    assert read(arrived()[0]).get_content_type() == "text/plain"


@pytest.mark.parametrize("field", ["subject", "to_name", "text", "html"])
def test_half_a_character_is_refused_before_anything_is_said(post, field):
    sending, arrived = post
    with pytest.raises(MailRefused):
        sending.send(mail(**{field: "half \ud83d"}), lambda: pytest.fail("handed over"))
    assert arrived() == []


INJECTIONS = ["Hello\r\nBcc: eve@example.org", "Hello\nBcc: eve@example.org", "=?UTF-8?Q?Hi=0ABcc:=20eve@example.org?=", "=?UTF-8?B?SGkKQmNjOiBldmVAZXhhbXBsZS5vcmc=?=", "a\x00b", "a\x0bb", "a\u2028b", "a\x85b"]


@pytest.mark.parametrize("field", ["subject", "to_name", "unsubscribe", "message_id"])
@pytest.mark.parametrize("words", INJECTIONS)
def test_inj_08_nothing_becomes_a_header_of_its_own(post, field, words):
    sending, arrived = post
    with pytest.raises(MailRefused):
        sending.send(mail(**{field: words}), lambda: pytest.fail("handed over"))
    assert arrived() == []


@pytest.mark.parametrize("to", ["", "ana", "ana@", "@example.org", "ana@example.org\r\nRCPT TO:<eve@example.org>", "ana@example.org>\r\nDATA", "a b@example.org", "ana@example.org,eve@example.org", "<ana@example.org>", "ana@[127.0.0.1]"])
def test_inj_08_an_address_is_one_address(post, to):
    sending, arrived = post
    with pytest.raises(MailRefused):
        sending.send(mail(to), lambda: pytest.fail("handed over"))
    assert arrived() == []


@given(subject=st.text(max_size=120), name=st.text(max_size=80))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_inj_08_whatever_is_written_the_headers_are_ours(subject, name):
    try:
        content = compose(mail(subject=subject, to_name=name), US, now())
    except MailRefused:
        assume(False)
    head = content.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n") if not line[:1].isspace()]
    assert sorted(names) == sorted([b"subject", b"from", b"to", b"date", b"message-id", b"auto-submitted", b"x-auto-response-suppress", b"mime-version", b"content-type"])
    assert [address.addr_spec for address in read(content)["to"].addresses] == ["ana@example.org"]


# --- what is said on the wire


def test_inj_08_exactly_the_expected_commands_are_said(serve):
    sending, boxes = serve()
    sending.send(mail(text="..\n.\nRSET\n"), lambda: None)
    said = b"".join(boxes.said)
    before, _, rest = said.partition(b"DATA\r\n")
    assert re.fullmatch(rb"ehlo stillwater\.example\r\nmail from:<crm@stillwater\.example> size=\d+\r\nrcpt to:<ana@example\.org>\r\n", before.lower())
    assert rest.lower().endswith(b"\r\n.\r\nquit\r\n") and rest.count(b"\r\n.\r\n") == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_under_tls_it_signs_in_and_sends(serve, security):
    sending, boxes = serve(security, user="crm", password="gehe1m")
    sending.check()
    sending.send(mail(), lambda: None)
    assert len(boxes.arrived) == 1
    if security == "starttls":
        clear = b"".join(boxes.said).partition(b"STARTTLS")[0]
        assert b"AUTH" not in clear


def test_a_wrong_password_says_where_to_look(serve):
    sending, boxes = serve("tls", user="crm", password="wrong")
    for act in (sending.check, lambda: sending.send(mail(), lambda: pytest.fail("handed over"))):
        with pytest.raises(MailPutOff, match="SMTP_PASSWORD"):
            act()
    assert boxes.arrived == []


@pytest.mark.parametrize(("security", "offers", "certificate"), [("starttls", "none", NAME), ("tls", "tls", "other.example"), ("starttls", "starttls", "other.example")])
def test_without_proof_of_who_it_is_nothing_is_said(serve, security, offers, certificate):
    sending, boxes = serve(security, offers=offers, certificate=certificate)
    with pytest.raises(MailPutOff, match="prove"):
        sending.send(mail(), lambda: pytest.fail("handed over"))
    assert boxes.arrived == [] and not any(b"MAIL FROM" in line.upper() for line in boxes.said)


def test_an_account_that_the_server_does_not_ask_for_is_a_setting_to_look_at(serve):
    sending, _boxes = serve("none")
    named = SmtpSender(SmtpAccount(NAME, 25, "none", US, "crm"), sending._gate)
    with pytest.raises(MailPutOff, match="SMTP_USER"):
        named.check()


@pytest.mark.parametrize("answer", ["550 5.1.0 sender unknown", "553 5.7.1 not owned by user", "501 5.1.7 bad sender", "530 5.7.0 authentication required"])
def test_a_refusal_of_our_own_address_is_no_fault_of_whom_it_is_for(serve, answer):
    sending, boxes = serve()
    boxes.words["MAIL"] = answer
    with pytest.raises(MailPutOff, match="SMTP_FROM") as caught:
        sending.send(mail(), lambda: pytest.fail("handed over"))
    assert "address does not exist" not in caught.value.reason and boxes.arrived == []


@pytest.mark.parametrize(("verb", "answer", "problem"), [("DATA", "421 4.3.0 closing", MailPutOff), ("DATA", "554 5.7.26 dmarc", MailRefused), ("DATA", "554 no", MailRefused), ("DATA", "354 what", MailUncertain), ("RCPT", "200 what", MailPutOff), ("MAIL", "451 4.3.0 later", MailPutOff), ("MAIL", "200 what", MailPutOff)])
def test_a_late_answer_is_an_answer(serve, verb, answer, problem):
    sending, boxes = serve()
    boxes.words[verb] = answer
    with pytest.raises(problem):
        sending.send(mail(), lambda: None)


def test_an_inner_server_is_spoken_to_only_if_it_is_allowed(serve):
    account = SmtpAccount(INNER, 25, "none", US)
    with pytest.raises(MailPutOff, match="SMTP_HOST"):
        SmtpSender(account, Gate()).check()


def test_nobody_there_means_later():
    with socket.create_server((INNER, 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(MailPutOff, match="did not answer"):
        SmtpSender(SmtpAccount(INNER, port, "none", US), Gate(lambda: [Allowance(INNER, port)])).send(mail(), lambda: pytest.fail("handed over"))


def test_the_fake_can_be_away_too():
    with pytest.raises(MailPutOff, match="did not answer"):
        FakeSender().send(mail("away@example.org"), lambda: pytest.fail("handed over"))


def scripted(*answers: bytes | None) -> int:
    """The port of a server that gives these answers to what it is told, one each, and then says no more; None hangs up."""
    ear = socket.create_server((INNER, 0))

    def talk() -> None:
        near, _ = ear.accept()
        with near, ear:
            for answer in answers:
                if answer is None:
                    return
                near.sendall(answer)
                if not near.recv(65_536):
                    return
            near.settimeout(30)
            while near.recv(65_536):
                pass

    threading.Thread(target=talk, daemon=True).start()
    return ear.getsockname()[1]


HELLO = (b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n")


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), MailPutOff), ((b"220 hi\r\n", None), MailPutOff), ((*HELLO, None), MailPutOff), ((b"x" * 9_000,), MailPutOff),
        ((b"554 go away\r\n",), MailPutOff), ((b"220 hi\r\n",), MailPutOff), ((*HELLO, b"354 go on\r\n", None), MailUncertain), ((*HELLO, b"354 go on\r\n", b"zzz\r\n"), MailUncertain),
        ((*HELLO, b"354 go on\r\n"), MailUncertain),
    ],
)  # fmt: skip
def test_whatever_breaks_it_is_known_whether_it_may_have_arrived(monkeypatch, answers, problem):
    monkeypatch.setattr(sender, "SECONDS", 3.0)
    monkeypatch.setattr(sender, "PATIENCE", 1.0)
    port = scripted(*answers)
    handed = []
    with pytest.raises(problem) as raised:
        SmtpSender(SmtpAccount(INNER, port, "none", US), Gate(lambda: [Allowance(INNER, port)])).send(mail(), lambda: handed.append(1))
    assert isinstance(raised.value, MailProblem) and (problem is not MailUncertain or handed == [1])
