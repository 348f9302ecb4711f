"""Letters on their way: by their writer's own mailbox, to a real server, into their thread and among what was sent, once each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.connections.queries import TEST
from crm_app.domain.connections.source import SourceDown
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.errors import NotFound
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.jobs import service as jobs
from crm_app.domain.letters import filing
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import LetterInput, LetterView
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.models import Verdict
from crm_app.domain.mail.reading import read_mail
from crm_app.domain.outbox.delivering import FILE
from crm_app.domain.outbox.sending import MailRefused
from crm_app.domain.rows import now
from crm_app.domain.unit_of_work import run_service
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.mail_files import open_attachment
from crm_app.jobs.outbox import Postman, tidy
from crm_app.jobs.runner import JobRunner
from crm_app.jobs.sources import bind_senders, bind_sources
from crm_app.providers.imap import FakeImap
from crm_app.providers.smtp import FakeSender, SmtpSender
from tests.domain.test_mail_landing import rows, threads, timeline
from tests.jobs.fake_account import InlineSandbox
from tests.mailboxes import Post, mail, make_mailbox
from tests.providers.smtp.conftest import authority, read, serve, world

__all__ = ["authority", "serve", "world"]

ADDRESS = "ana@mail.example"


def write_letter(actor: Actor, box: Post, recipients: str = f"Ana Silva <{ADDRESS}>", **values) -> LetterView:
    """A letter of ``actor``'s that is due."""
    data = LetterInput(**{"connection_id": box.connection_id, "recipients": recipients, "subject": "Saturday", "body": "See you at four.", **values})
    made = run_service(actor, letters.create_letter, data)
    run_service(actor, letters.send_letter, made.id, version=made.version)
    return run_service(actor, letters.send_now, made.id)


@pytest.fixture
def account() -> Iterator[FakeImap]:
    """The mailbox over there."""
    bind_sandbox(InlineSandbox())
    made = FakeImap()
    made.add("Sent", role="sent")
    bind_sources({ConnectionKind.IMAP: lambda url, username, password, gate: made})
    yield made
    bind_sources({})
    bind_senders()


@pytest.fixture
def sender(account) -> FakeSender:
    """Takes what leaves by any mailbox."""
    made = FakeSender()
    bind_senders(lambda _account, _gate: made)
    return made


@pytest.fixture
def ana(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", points=[PointInput(kind="email", value=ADDRESS)]))


@pytest.fixture
def box(database, alice, ana) -> Post:
    return make_mailbox(alice, sends=True)


def deliver(moment=None) -> int:
    return Postman(None, "").deliver(moment or now())


def put_away() -> int:
    return JobRunner({FILE: HANDLERS[FILE]}).run_pending()


def test_an_answer_leaves_by_its_mailbox_and_stands_in_its_thread_at_once(run, alice, ana, box, account, serve, database):
    real, boxes = serve("tls", user="crm", password="gehe1m")
    opened = []

    def factory(own, gate):
        opened.append((own.host, own.port, own.security, own.user, own.sender.addr_spec, own.own))
        return SmtpSender(real._account, real._gate)

    bind_senders(factory)
    box.land(mail("Retreat", ADDRESS, name="Ana Silva", text="June works.", message_id="one@mail.example"))
    (thread,) = threads(run, alice)
    fresh = run(alice, letters.get_new_letter, answers_id=run(alice, mails.get_thread, thread.id).messages[0].id).fresh
    made = run(alice, letters.create_letter, fresh.model_copy(update={"body": "Lovely.", "copies": "Ben Òdes <ben@mail.example>"}))
    run(alice, letters.send_letter, made.id, version=made.version)
    assert deliver() == 0 and deliver(now() + timedelta(seconds=11)) == 1
    (envelope,) = boxes.arrived
    arrived = read(envelope.original_content)
    assert opened == [("smtp.mail.example", 465, "tls", "alice@example.org", "alice@example.org", True)]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("alice@example.org", [ADDRESS, "ben@mail.example"])
    assert (arrived["in-reply-to"], arrived["references"], arrived["subject"]) == ("<one@mail.example>", "<one@mail.example>", "Re: Retreat")
    assert str(arrived["from"]) == "Alice <alice@example.org>" and str(arrived["cc"]) == "Ben Òdes <ben@mail.example>"
    assert arrived["auto-submitted"] is None and arrived["bcc"] is None and "> June works." in arrived.get_body(("plain",)).get_content()
    assert "<p>Lovely.</p>" in arrived.get_body(("html",)).get_content() and "June works.</p></blockquote>" in arrived.get_body(("html",)).get_content()
    assert put_away() == 1 and run(alice, letters.list_letters) == ()
    first, second = run(alice, mails.get_thread, thread.id).messages
    assert (second.direction, second.text.split("\n")[0], second.interaction_id is not None) == ("out", "Lovely.", True)
    assert "<p>Lovely.</p>" in second.html, "it is shown as everybody's mail is"
    assert [one.direction for one in timeline(run, alice, ana.id)][:1] == ["outgoing"]
    copy = account._folders["Sent"].messages[1]
    assert copy.content.split() == envelope.original_content.split() and copy.flags == {"\\Seen"}, "byte for byte what left"
    before = rows(database, "select count(*) from email"), rows(database, "select count(*) from interaction")
    box.land(read_mail(copy.content), ref="Sent", flags=("\\Seen",))
    assert (rows(database, "select count(*) from email"), rows(database, "select count(*) from interaction")) == before, "the sync finds the very same mail"
    assert rows(database, "select state, text, subject, letter from outbox") == [("sent", "", "", None)]


@pytest.mark.parametrize(("name", "state"), [("bounce", "failed"), ("busy", "waiting"), ("silent", "unknown")])
def test_a_refusal_of_one_keeps_it_from_all_and_doubt_is_said(run, alice, box, sender, name, state):
    made = write_letter(alice, box, f"{ADDRESS}, {name}@mail.example")
    assert deliver() == 0 and sender.sent == []
    assert run(alice, letters.get_letter, made.id).state == state
    if state == "unknown":
        deliver(now() + timedelta(days=2))
        assert run(alice, letters.get_letter, made.id).state == state, "never again by itself"
        run(alice, letters.decide_letter, made.id, arrived=True)
        assert put_away() == 1 and run(alice, letters.list_letters) == () and len(threads(run, alice)) == 1


@pytest.mark.parametrize(("slow", "asked"), [(0.0, 1), (5.0, 2)])
def test_a_server_that_was_waited_for_in_vain_is_waited_for_once_a_turn(run, alice, box, sender, monkeypatch, slow, asked):
    """Else everybody's mail would wait for it as often as somebody has written by it."""
    monkeypatch.setattr("crm_app.jobs.outbox.SLOW", slow)
    tries: list[str] = []
    real = sender.send
    monkeypatch.setattr(sender, "send", lambda mail, hand_over: (tries.append(mail.to_address), real(mail, hand_over)))
    write_letter(alice, box, "busy@mail.example"), write_letter(alice, box, "busy@mail.example"), write_letter(alice, make_mailbox(alice, "Other", sends=True))
    assert Postman(None, "", random.Random(1)).deliver(now()) == 1 and sorted(tries) == [ADDRESS] + ["busy@mail.example"] * asked
    assert sorted(one.state for one in run(alice, letters.list_letters)) == ["sent", "waiting", "waiting"]
    assert len({one.reason for one in run(alice, letters.list_letters) if one.state == "waiting"}) == 1


@pytest.mark.parametrize(("state", "said"), [("paused", "paused"), ("sign_in_needed", "sign in again")])
def test_without_the_mailbox_nothing_leaves(run, alice, box, sender, database, state, said):
    paused, gone = write_letter(alice, box), write_letter(alice, make_mailbox(alice, "Other", sends=True))
    with database.owner.begin() as connection:
        connection.execute(text("update connection set state = :state where id = :box"), {"box": box.connection_id, "state": state})
        connection.execute(text("delete from connection where id <> :box"), {"box": box.connection_id})
    assert deliver() == 0 and sender.sent == []
    assert (run(alice, letters.get_letter, paused.id).state, run(alice, letters.get_letter, gone.id).state) == ("waiting", "failed")
    assert said in run(alice, letters.get_letter, paused.id).reason


@pytest.mark.parametrize("dies", ["before it lies in its thread", "before its copy is put away", "before that is written down"])
def test_rel_06_whatever_dies_meanwhile_a_copy_is_put_away_once_and_nothing_is_sent_again(run, alice, box, account, sender, database, monkeypatch, dies):
    """The job is taken up again, as after a kill: what was done before its end stands, what was not is done."""
    write_letter(alice, box)
    deliver()

    class Killed(BaseException):
        pass

    def die(*_arguments, **_named):
        raise Killed

    place, name = {"before it lies in its thread": (filing.landing, "land_sent"), "before its copy is put away": (account, "put_sent"), "before that is written down": (filing.jobs, "finish_job")}[dies]
    with monkeypatch.context() as patch:
        patch.setattr(place, name, die)
        with pytest.raises(Killed):
            put_away()
    with database.owner.begin() as connection:
        connection.execute(text("update job set lease_until = now() - interval '1 minute' where kind = 'letters.file'"))
    assert put_away() == 1 and put_away() == 0 and deliver(now() + timedelta(days=1)) == 0
    assert len(account._folders["Sent"].messages) == len(sender.sent) == len(threads(run, alice)) == 1
    assert run(alice, letters.list_letters) == ()


def test_a_mailbox_that_takes_no_copy_is_asked_again_and_then_it_is_said(run, alice, box, account, sender, database):
    write_letter(alice, box)
    deliver()
    account.fault = SourceDown("The server did not answer.")
    for _time in range(3):
        assert put_away() == 1
        with database.owner.begin() as connection:
            connection.execute(text("update job set run_after = now() where state = 'queued'"))
    (job,) = run(alice, jobs.list_jobs, (FILE,))
    assert job.state == "failed" and job.reason.startswith("Your mail was sent, but no copy") and len(sender.sent) == 1
    assert run(alice, letters.list_letters) == () and len(threads(run, alice)) == 1, "it stands in its thread all the same"


def test_a_letter_whose_filing_came_to_nothing_is_filed_anew_once_a_day_and_never_a_draft_again(run, alice, box, account, sender, database, monkeypatch):
    """A defect ends the job; the letter has been sent all the same, and must not come back as one that has not."""
    write_letter(alice, box)
    deliver()
    with monkeypatch.context() as patch:
        patch.setattr(filing.landing, "land_sent", lambda *_arguments: 1 / 0)
        put_away()
    for later, tries in ((timedelta(hours=1), 1), (timedelta(days=1, minutes=1), 2)):
        tidy(now() + later)
        assert len(rows(database, "select id from job where kind = 'letters.file'")) == tries
    assert put_away() == 1 and run(alice, letters.list_letters) == () and len(threads(run, alice)) == len(account._folders["Sent"].messages) == 1
    tidy(now() + timedelta(days=3))
    assert len(rows(database, "select id from job where kind = 'letters.file'")) == 2, "it lies where it belongs"


def test_what_is_attached_is_shown_in_its_thread_and_opened_from_here(run, alice, bob, box, account, sender, database):
    """Whether or not it has been found among what was sent; and it goes with its words."""
    plan = run(alice, letters.keep_file, "Übersicht.pdf", b"%PDF-1.7 plan")
    notes = run(alice, letters.keep_file, "notes.txt", b"Hello")
    write_letter(alice, box, blind="Secret <secret@mail.example>", files=(plan, notes))
    deliver()
    assert put_away() == 1 and run(alice, letters.list_letters) == ()
    (kept,) = account._folders["Sent"].messages.values()
    assert read(kept.content)["bcc"].addresses[0].addr_spec == "secret@mail.example" and read(sender.sent[0])["bcc"] is None
    assert read_mail(kept.content).attachments == read_mail(sender.sent[0]).attachments
    (thread,) = threads(run, alice)
    (message,) = run(alice, mails.get_thread, thread.id).messages
    assert message.attachments == read_mail(kept.content).attachments and [one.address for one in message.bcc] == ["secret@mail.example"]
    opened = [open_attachment(alice, message.id, one.part) for one in message.attachments]
    assert [(one.name, one.kind, one.content) for one in opened] == [("Übersicht.pdf", "application/pdf", b"%PDF-1.7 plan"), ("notes.txt", "application/octet-stream", b"Hello")]
    with pytest.raises(NotFound):
        open_attachment(bob, message.id, "2")
    with database.owner.begin() as connection:
        connection.execute(text("delete from email_body"))
    assert rows(database, "select name from blob") == []


def test_with_what_is_known_of_a_sent_letter_goes_its_draft(run, alice, box, account, sender, database):
    write_letter(alice, box), write_letter(alice, box, "bounce@mail.example")
    deliver()
    tidy(now() + timedelta(days=31))
    assert [one.state for one in run(alice, letters.list_letters)] == ["failed"]


@pytest.mark.parametrize(("never", "words"), [(False, ["See you at four."]), (True, [])])
def test_what_was_written_to_a_stranger_keeps_its_words(run, alice, box, account, sender, database, never, words):
    """They may stand nowhere else: the draft goes, and so do the words of the outbox."""
    if never:
        run(alice, mails.set_rule, "stranger@mail.example", Verdict.NEVER)
    write_letter(alice, box, "stranger@mail.example")
    deliver()
    assert put_away() == 1 and run(alice, letters.list_letters) == ()
    assert [body for (body,) in rows(database, "select text from email_body")] == words
    box.land(read_mail(account._folders["Sent"].messages[1].content), ref="Sent", flags=("\\Seen",))
    assert [body for (body,) in rows(database, "select text from email_body")] == words, "and a sync does not take them away again"


@pytest.mark.parametrize("reason", ["", "The mail server refused the sign-in of this mailbox."])
def test_a_test_of_a_mailbox_tries_how_it_sends_without_sending(run, alice, box, account, sender, reason, monkeypatch):
    def check() -> None:
        if reason:
            raise MailRefused(reason)

    monkeypatch.setattr(sender, "check", check)
    job = run(alice, connections.test_connection, box.connection_id)
    JobRunner({TEST: HANDLERS[TEST]}).run_pending()
    result = run(alice, jobs.get_job, job.id).result
    assert (result["answer"], result["sending"], sender.sent) == ("works", reason, [])
