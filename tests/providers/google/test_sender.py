"""Sending by Gmail: what arrives there and in which thread, who may, and what is known after whatever goes wrong. In memory, and through the gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from pydantic import SecretStr

from crm_app.domain.errors import NotFound
from crm_app.domain.google.authority import MAIL, SENDS
from crm_app.domain.outbox.sending import LetterHead, MailPutOff, MailRefused, MailUncertain, OutgoingMail, Recipient
from crm_app.infrastructure.outbound_http import Caller
from crm_app.providers.google import GOOGLE, Endpoints, GmailSender
from crm_app.providers.google.fake import _Grant
from crm_app.providers.google.fake_mail import FakeGmail
from tests.infrastructure.outbound.conftest import authority, site, world
from tests.providers.google.conftest import PUBLIC, SERVED, Unhurried, serve
from tests.providers.google.test_google import fault

__all__ = ["authority", "site", "world"]
ME = "ana@gmail.com"


def letter(subject: str = "Saturday", *, references: tuple[str, ...] = (), number: int = 1, to: str = "tom@mail.example", **values: Any) -> OutgoingMail:
    others = (Recipient("ben@mail.example", "Ben Òdes", "cc"),)
    head = LetterHead(None, Recipient(ME, "Ana"), others, references, datetime(2026, 11, 27, 9, tzinfo=UTC))
    return OutgoingMail(to, "Tom", subject, "See you at four.\n", "", f"<{number}@gmail.com>", head=head, **values)


def sender_of(google: FakeGmail, endpoints: Endpoints = GOOGLE, caller: Callable[[], Any] | None = None) -> GmailSender:
    return GmailSender(ME, lambda refused: SecretStr("ya29.x"), caller or (lambda _seconds: google), endpoints, Unhurried())


@dataclass
class Post:
    """A mailbox at Gmail and what sends by it; ``handed`` counts the hand-overs."""

    google: FakeGmail
    sender: GmailSender
    handed: list[str] = field(default_factory=list)

    def send(self, mail: OutgoingMail) -> str:
        return self.sender.send(mail, lambda: self.handed.append(mail.message_id))

    @property
    def sent(self) -> list[Any]:
        return [message_from_bytes(one.content, policy=policy.default) for one in self.google.letters.values() if "SENT" in one.labels]


@pytest.fixture(params=["fake", "served"])
def post(request: pytest.FixtureRequest) -> Iterator[Post]:
    if request.param == "fake":
        google = FakeGmail()
        made = Post(google, sender_of(google))
    else:
        world, site = request.getfixturevalue("world"), request.getfixturevalue("site")
        served = Endpoints(**{**{name: getattr(SERVED, name) for name in ("sign_in", "token", "revoke", "person", "calendars")}, "mail": "http://public.example/gmail/v1/users/me"})
        google, gate = FakeGmail(endpoints=served), world.gate()
        serve(google, site)
        world.routes[PUBLIC, 80] = site.port
        made = Post(google, sender_of(google, served, lambda _seconds: Caller(gate)))
    google._access["ya29.x"] = _Grant("client", google.email, [MAIL, SENDS], "", "")
    yield made


def test_a_letter_arrives_as_it_was_written_and_is_known_by_the_id_that_gmail_gave_it(post: Post):
    ref = post.send(letter())
    (mail,) = post.sent
    assert ref in post.google.letters and post.handed == ["<1@gmail.com>"]
    assert (str(mail["from"]), str(mail["to"]), str(mail["cc"])) == ("Ana <ana@gmail.com>", "Tom <tom@mail.example>", "Ben Òdes <ben@mail.example>")
    assert (mail["subject"], mail["message-id"], mail.get_content().replace("\r\n", "\n")) == ("Saturday", "<1@gmail.com>", "See you at four.\n")
    assert post.google.told == [{}], "in a thread of its own"


def test_an_answer_stands_in_the_thread_of_what_it_answers(post: Post):
    one = post.google.letter(b"Message-ID: <one@mail.example>\r\nSubject: Retreat\r\nFrom: tom@mail.example\r\n\r\nJune?\r\n")
    post.send(letter("Re: Retreat", references=("nought@mail.example", "one@mail.example")))
    assert post.google.told == [{"threadId": one}] and post.google.letters[list(post.google.letters)[-1]].thread == one
    (mail,) = post.sent
    assert (mail["in-reply-to"], mail["references"].split()) == ("<one@mail.example>", ["<nought@mail.example>", "<one@mail.example>"])
    post.send(letter("Something else", references=("one@mail.example",), number=2))
    post.send(letter("Re: Retreat", references=("unknown@mail.example",), number=3))
    post.send(letter("Re: Retreat", references=('"-in:sent {x}"@mail.example',), number=4))
    assert post.google.told[1:] == [{}, {}, {}], "Gmail joins none by another subject, and is asked for no id that its search would read as words of its own"


def test_what_lies_in_the_mailbox_already_is_not_sent_again(post: Post):
    first = post.send(letter())
    assert post.send(letter()) == first and len(post.sent) == 1 and len(post.handed) == 2


def test_an_access_that_ends_meanwhile_is_renewed_and_the_letter_sent_once():
    google = FakeGmail()
    handed: list[str] = []
    google._access["ya29.new"] = _Grant("client", ME, [MAIL, SENDS], "", "")
    sender = GmailSender(ME, lambda refused: SecretStr("ya29.new" if refused else "ya29.old"), lambda _seconds: google, GOOGLE, Unhurried())
    sender.send(letter(), lambda: handed.append("x"))
    assert len(google.letters) == 1 and handed == ["x"]


REFUSED: list[tuple[Any, type[Exception], str]] = [
    (fault(400, "invalidArgument"), MailRefused, "Check the addresses"), (fault(401, "authError"), MailPutOff, "Sign in with Google again"),
    (fault(403, "insufficientPermissions"), MailRefused, "tick the box"), (fault(403, "accessNotConfigured"), MailPutOff, "not switched on"),
    (fault(403, "rateLimitExceeded"), MailPutOff, "for now"), (fault(403, "domainPolicy"), MailRefused, "does not let this account send"),
    (fault(404, "notFound"), MailPutOff, "did not answer as it should"), (fault(413), MailRefused, "larger than Gmail takes"), (fault(429), MailPutOff, "for now"),
    (fault(500), MailUncertain, "Nobody knows"), (fault(503), MailUncertain, "Nobody knows"), (fault(200, body=b"<html>"), MailUncertain, "Nobody knows"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "problem", "said"), REFUSED)
def test_whatever_google_answers_to_the_letter_it_is_known_whether_it_may_have_arrived(post: Post, answer: Any, problem: type[Exception], said: str):
    post.google.fault = lambda path: answer if path.startswith("/upload/") else None
    with pytest.raises(problem, match=said) as failure:
        post.send(letter())
    assert post.sent == [] and post.handed == ["<1@gmail.com>"] and "ya29" not in str(failure.value)


@pytest.mark.parametrize("answer", [one for one, _problem, _said in REFUSED if one[0] not in (400, 404, 413)])
def test_before_it_is_handed_over_everything_can_be_tried_again(post: Post, answer: Any):
    post.google.fault = lambda path: answer
    with pytest.raises(MailPutOff):
        post.send(letter())
    assert post.handed == [] and post.sent == []
    post.google.fault = lambda path: None
    assert post.send(letter()) and len(post.sent) == 1


@pytest.mark.parametrize("renames", [False, True])
def test_an_answer_that_was_lost_is_looked_for_in_the_mailbox(post: Post, renames: bool):
    """Found there it was sent. Not found proves nothing: Gmail may have given it an id of its own."""
    post.google.renames = renames
    real = post.google._write
    post.google._write = lambda *asked: (real(*asked), fault(503))[1]  # type: ignore[method-assign]
    if renames:
        with pytest.raises(MailUncertain):
            post.send(letter())
    else:
        assert post.send(letter()) in post.google.letters
    assert len(post.sent) == 1


def test_without_being_allowed_to_send_nothing_is_sent(post: Post):
    post.google._access["ya29.x"].scopes.remove(SENDS)
    with pytest.raises(MailRefused, match="Allow it in Settings, Connections"):
        post.send(letter())
    assert post.sent == []


def test_a_mailbox_that_is_gone_sends_nothing_more():
    def gone(refused: str) -> SecretStr:
        raise NotFound

    with pytest.raises(MailRefused, match="not connected any more"):
        GmailSender(ME, gone, lambda _seconds: FakeGmail(), GOOGLE, Unhurried()).send(letter(), lambda: pytest.fail("nothing is handed over"))


def test_a_check_sends_nothing(post: Post):
    post.sender.check()
    assert post.sent == [] and [path for _method, path, _asked in post.google.asked] == ["/gmail/v1/users/me/profile"]
    post.google.fault = lambda path: fault(403, "accessNotConfigured")
    with pytest.raises(MailPutOff, match="not switched on"):
        post.sender.check()
