"""Writing at pages: a letter loses nothing, is taken back in time, answers in its thread, waits for its time, and says when nobody knows."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.schemas import ContactView
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import LetterInput, LetterUpdate, TemplateInput
from crm_app.domain.mail import service as mail
from crm_app.domain.mail.schemas import MailboxUpdate
from crm_app.domain.unit_of_work import Outcome, run_service
from crm_app.pages import letter_choices, letter_dialog, letter_keeping
from tests.documents import write_document
from tests.mailboxes import make_mailbox
from tests.pages.conftest import Person, Visit
from tests.post import Post, make_post
from tests.tabs import RunningHouse

ANA = "ana@mail.example"


@pytest.fixture
def ana(person: Person, alice: Actor) -> ContactView:
    return person(alice, "Ana Silva", points=[{"kind": "email", "value": ANA}])


@pytest.fixture
def post(house: RunningHouse, alice: Actor) -> Post:
    return make_post(alice, sends=True)


def kept(actor: Actor) -> list[tuple[str, str, str, str]]:
    return [(one.recipients, one.subject, one.body, one.state.value) for one in run_service(actor, letters.list_letters)]


def test_without_a_mailbox_that_sends_nothing_offers_to_write(house: RunningHouse, visit: Visit, alice: Actor, vera: Actor, ana: ContactView) -> None:
    make_post(alice).letter("Retreat", ANA)
    for who in (alice, vera):
        page = visit(who, "/mail")
        assert not page.has("Write") and not page.has("Reply")
    page = visit(alice, f"/contacts/{ana.id}")
    assert page.has("Email") and not page.has("Write a mail")


def test_the_palette_begins_a_letter_where_a_mailbox_sends(visit: Visit, alice: Actor, bob: Actor, post: Post, ana: ContactView) -> None:
    page = visit(alice).press("Search or jump to")
    assert "Email Ana Silva" in page.asks("ana")["Actions"]
    page.takes("Email Ana Silva").sees("New mail")
    assert page.path == f"/contacts/{ana.id}"
    page.fill("Subject", "Saturday").escape()
    assert kept(alice) == [(f"Ana Silva <{ANA}>", "Saturday", "", "draft")]
    theirs = visit(bob).press("Search or jump to")
    theirs.asks("ana")
    assert theirs.takes("Email Ana Silva").left == [f"mailto:{ANA}"], "who has no mailbox here writes where they always do"


def test_a_letter_is_sent_taken_back_and_loses_nothing(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    page = visit(alice, "/mail").press_twice("Write").press("Send").sees("Say to whom it goes.")
    assert {name: page._field(name).props["maxlength"] for name in ("Subject", "Text")} == {"Subject": "500", "Text": "100000"}, "what stands there is what is sent"
    page.fill("To", "ana").sees(ANA).enter("To")
    page.fill("Text", "See **you**.").press("What they will see").sees("See you .")
    page.press("Write on").fill("Subject", "Saturday").fill("Text", "See you at four.").press("Send").sees("Sending…", "Not sent yet: 1")
    assert kept(alice) == [(f"Ana Silva <{ANA}>", "Saturday", "See you at four.", "waiting")]
    assert page.press("Undo").sees("New mail").value("Text") == "See you at four."
    page.fill("Text", "See you at five.").escape()
    assert kept(alice) == [(f"Ana Silva <{ANA}>", "Saturday", "See you at five.", "draft")]
    assert page.reload().press("Not sent yet: 1").press("Go on writing").sees("New mail").value("Text") == "See you at five."
    page.press("Discard").sees("Discarded")
    assert kept(alice) == []
    page.press("Undo")
    assert len(kept(alice)) == 1


def test_files_are_attached_kept_taken_off_and_survive_whatever_closes_the_dialog(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    page = visit(alice, "/mail").press("Write").press("Cc, Bcc").fill("To", ANA).fill("Bcc (the others do not see them)", "secret@mail.example")
    page.drop("Files to attach", "plan.pdf", b"%PDF-1.7 plan").sees("plan.pdf", "13 bytes", "13 bytes of at most 20 MB")
    page.drop("Files to attach", "notes.txt", b"Hello").sees("notes.txt", "18 bytes of at most 20 MB").press("Remove notes.txt").sees("13 bytes of at most 20 MB")
    (draft,) = run_service(alice, letters.list_letters)
    assert ([one.name for one in draft.files], draft.recipients, draft.blind) == (["plan.pdf"], ANA, "secret@mail.example")
    page = visit(alice, "/mail").press("Not sent yet: 1").sees("plan.pdf").press("Go on writing").sees("13 bytes of at most 20 MB")
    page.press("Discard").press("Undo").sees("plan.pdf").press("Send").sees("Sending…")
    (waiting,) = run_service(alice, letters.list_letters)
    assert ([one.name for one in waiting.files], waiting.blind, waiting.state) == (["plan.pdf"], "secret@mail.example", "waiting")


def test_a_contacts_file_is_attached_without_being_uploaded_again(visit: Visit, alice: Actor, bob: Actor, post: Post, ana: ContactView) -> None:
    write_document(alice, ana.id, "The plan", name="plan.txt"), write_document(bob, ana.id, "x", name="bobs.txt", audience="private")
    page = visit(alice, f"/contacts/{ana.id}").press("Write a mail").press("Attach a file of a contact").sees("From Ana Silva's files", "plan.txt")
    assert not page.has("bobs.txt")
    page.press("Attach plan.txt").sees("8 bytes of at most 20 MB")
    (draft,) = run_service(alice, letters.list_letters)
    assert [one.name for one in draft.files] == ["plan.txt"] and draft.contact_id == ana.id
    visit(alice, "/mail").press("Write").press("Attach a file of a contact").sees("None of those to whom this goes has files here")


def test_an_answer_stands_in_its_thread_until_it_is_there_and_doubt_is_settled_by_its_writer(house: RunningHouse, visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    post.letter("Retreat", ANA, "June works.", name="Ana Silva")
    page = visit(alice, "/mail").press("Retreat").press("Reply").sees("Quoted text", "Ana Silva wrote:")
    page.fill("Text", "Lovely.").ctrl_enter("Text").sees("Sending…").sees("Leaves")
    assert kept(alice) == [(f"Ana Silva <{ANA}>", "Re: Retreat", "Lovely.", "waiting")]
    with house.database.owner.begin() as connection:
        connection.execute(text("update outbox set state = 'unknown', reason = 'The connection broke off.' where kind = 'letter'"))
    page.reload().sees("Nobody knows whether this arrived", "The connection broke off.").press("Send again")
    assert kept(alice)[0][3] == "waiting"
    with house.database.owner.begin() as connection:
        connection.execute(text("update outbox set state = 'failed', reason = 'This address does not exist there. (550)' where kind = 'letter'"))
    page.reload().sees("Not sent", "This address does not exist there. (550)").press("Back to draft").sees("Quoted text")
    assert kept(alice)[0][3] == "draft"
    page.ctrl_enter("Text").sees("Sending…", "Not sent yet: 1")
    with house.database.owner.begin() as connection:
        connection.execute(text("update outbox set state = 'sent' where kind = 'letter'"))
    page.reload().sees("Just sent: 1").sees_not("Not sent yet")


def test_send_later_offers_each_time_once_and_says_the_hour(alice: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_choices, "today_of", lambda _actor: date(2026, 11, 28))
    assert [said for said, _at in letter_choices.times_to_send(alice)] == ["Tomorrow morning, 08:00", "Monday morning, 08:00"]
    monkeypatch.setattr(letter_choices, "today_of", lambda _actor: date(2026, 11, 29))
    assert [(said, at.date()) for said, at in letter_choices.times_to_send(alice)] == [("Monday morning, 08:00", date(2026, 11, 30))]


def test_it_waits_for_its_time_from_a_record_on(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    page = visit(alice, f"/contacts/{ana.id}").press("Write a mail").sees(f"Ana Silva <{ANA}>")
    page.fill("Subject", "Next week").fill("Text", "Shall we?").press("Send later").press("Monday morning, 08:00").sees("It leaves")
    (waiting,) = run_service(alice, letters.list_letters)
    assert waiting.contact_id == ana.id and waiting.leaves_at is not None and (waiting.leaves_at.astimezone(alice.zone).weekday(), waiting.leaves_at.astimezone(alice.zone).hour) == (0, 8)
    page = visit(alice, "/mail?outgoing=1").sees("Leaves").press("Send now").sees("Sending…")
    assert run_service(alice, letters.get_letter, waiting.id).leaves_at < waiting.leaves_at
    assert page.press("Change").sees("New mail").value("Text") == "Shall we?" and kept(alice)[0][3] == "draft"


def test_a_mailbox_is_told_by_which_server_it_sends(visit: Visit, alice: Actor) -> None:
    post = make_post(alice)
    page = visit(alice, f"/settings/connections/{post.connection_id}").sees("Nothing is sent from it: mail is only read.").press("Set up")
    page.fill("Server that sends (SMTP)", "smtp.mail.example").fill("Its port", "8025").press("Save and test").sees("Mail is sent by one of the ports")
    page.fill("Its port", "465").fill("Your name", "Studio").press("Save and test")
    sending = run_service(alice, mail.get_mailbox, post.connection_id).sending
    assert sending is not None and (sending.host, sending.port, sending.security, sending.name) == ("smtp.mail.example", 465, "tls", "Studio")
    page.reload().sees(", by smtp.mail.example")


def test_a_signature_is_written_once_stands_under_letters_and_goes_with_the_mailbox(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    page = visit(alice, f"/settings/connections/{post.connection_id}").sees("Nothing stands under letters from it.").press("Write one")
    page.fill("Signature", "Alice {name}").press("Save").sees("Nothing is filled in here").fill("Signature", "Alice\n*Studio*").press("Save").sees("Alice · Studio")
    other = make_mailbox(alice, "Other", username="studio@mail.example", sends=True)
    run_service(alice, mail.update_mailbox, other.connection_id, MailboxUpdate(version=1, signature="A."))
    run_service(alice, letters.create_template, TemplateInput(name="Reminder", body="Dear {first_name}."))
    page = visit(alice, f"/contacts/{ana.id}").press("Write a mail")
    assert page.value("Text") == "\n\n-- \nAlice\n*Studio*"
    page.escape()
    assert kept(alice) == [], "it is nothing that somebody wrote"
    page.press("Write a mail").press("Template").press("Reminder")
    assert page.value("Text") == "Dear Ana.\n\n-- \nAlice\n*Studio*"
    page.choose("From", f"{alice.name} <studio@mail.example>").press("What they will see").press("Write on")
    assert page.value("Text") == "Dear Ana.\n\n-- \nA."
    page.press("Template").press("Reminder").escape()
    assert kept(alice)[0][2] == "Dear Ana.\n\nDear Ana.\n\n-- \nA."
    run_service(alice, mail.update_mailbox, other.connection_id, MailboxUpdate(version=2, signature="A. Studio"))
    page.reload().press("Write a mail").press("Template").press("Reminder")
    assert page.value("Text").endswith("Dear Ana.\n\n-- \nA."), "what stood under it when it was kept is known, though its mailbox has another by now"
    page.choose("From", f"{alice.name} <alice@example.org>")
    assert page.value("Text").endswith("Dear Ana.\n\n-- \nAlice\n*Studio*")


def test_a_template_is_made_and_filled_in(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    page = visit(alice, "/settings/templates").sees("No template yet").press("New template").fill("Name", "Reminder").fill("Subject", "Until soon")
    page.fill("Text", "Dear {first_name}, see you {next_meeting}.").press("Save").sees("Reminder").press("Delete Reminder").sees("Deleted").press("Undo").sees("Reminder")
    page = visit(alice, f"/contacts/{ana.id}").press("Write a mail").press("Template").press("Reminder").sees("Fill this in first")
    assert (page.value("Subject"), page.value("Text")) == ("Until soon", "Dear Ana, see you {next_meeting}.")
    page.press("Send").sees("Fill this in first")
    page.fill("Text", "Dear Ana, see you soon.").press("Send").sees("Sending…")
    assert kept(alice) == [(f"Ana Silva <{ANA}>", "Until soon", "Dear Ana, see you soon.", "waiting")]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed is kept without waiting."""
    monkeypatch.setattr(letter_dialog, "EVERY", 0.05)


def discarded(actor: Actor, letter: Any) -> None:
    run_service(actor, letters.discard_letter, letter.id, version=letter.version)


def changed(actor: Actor, letter: Any) -> None:
    run_service(actor, letters.update_letter, letter.id, LetterUpdate(version=letter.version, body="Written elsewhere."))


def sent(actor: Actor, letter: Any) -> None:
    run_service(actor, letters.send_letter, letter.id, version=letter.version)


@pytest.mark.parametrize(("elsewhere", "stays"), [(discarded, []), (changed, [("Written elsewhere.", "draft")]), (sent, [("See you at four.", "waiting")])])
def test_what_becomes_of_a_letter_elsewhere_loses_nothing_of_what_is_typed_here(visit: Visit, alice: Actor, post: Post, ana: ContactView, at_once: None, elsewhere: Any, stays: list[Any]) -> None:
    page = visit(alice, f"/contacts/{ana.id}").press("Write a mail").fill("Text", "See you at four.").sees("Kept as a draft")
    elsewhere(alice, run_service(alice, letters.list_letters)[0])
    page.fill("Text", "See you at five.").sees("What stands here is a draft of its own now.")
    assert sorted((body, state) for _to, _subject, body, state in kept(alice)) == sorted([*stays, ("See you at five.", "draft")])
    page.fill("Text", "See you at six.").escape()
    assert ("See you at six.", "draft") in [(body, state) for _to, _subject, body, state in kept(alice)] and len(kept(alice)) == len(stays) + 1


def test_what_left_elsewhere_leaves_no_second_time_unseen(visit: Visit, alice: Actor, post: Post, ana: ContactView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_dialog, "EVERY", 60)
    page = visit(alice, f"/contacts/{ana.id}").press("Write a mail").fill("Text", "See you at four.").escape().press("Write a mail").sees("New mail")
    sent(alice, run_service(alice, letters.list_letters)[0])
    page.fill("Text", "See you at five.").press("Send").sees("What stands here is a draft of its own now.")
    assert sorted((body, state) for _to, _subject, body, state in kept(alice)) == [("See you at five.", "draft"), ("See you at four.", "waiting")]


def test_while_nothing_can_be_kept_that_is_said_once_and_closing_loses_nothing(visit: Visit, alice: Actor, post: Post, at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    page = visit(alice, "/mail").press("Write")
    with monkeypatch.context() as away:

        def create_letter(*_arguments: Any) -> None:
            raise OperationalError("insert", {}, Exception("server closed the connection"))

        away.setattr(letters, "create_letter", create_letter)
        page.fill("Text", "See you at four.").sees("The database does not answer at the moment.", "What you write is not kept yet.").waits(0.3)
        assert str(page.text).count("does not answer") == 1, "it does not nag"
        page.escape().sees("Go on writing")
    assert kept(alice) == []
    assert page.press("Go on writing").sees("New mail").value("Text") == "See you at four."
    page.sees("Kept as a draft").escape()
    assert [body for _to, _subject, body, _state in kept(alice)] == ["See you at four."]


def test_discarding_waits_for_what_is_being_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the draft would be made a moment after it was thrown away."""
    done: list[str] = []

    async def change(service: Any, *arguments: Any, **_named: Any) -> Outcome[Any]:
        await asyncio.sleep(0.01)
        done.append(service.__name__)
        return Outcome(arguments[0], None)

    async def race() -> tuple[Any, ...]:
        letter = letter_keeping.LetterKeeping(LetterInput(), None, ())
        letter.type(body="See you.")
        return await asyncio.gather(letter.keep(), letter.discard(), letter.keep())

    class Made(LetterInput):
        id: int = 1
        version: int = 1

    monkeypatch.setattr(letter_keeping.live, "change", change)
    monkeypatch.setattr(letter_keeping.LetterInput, "model_validate", Made.model_validate)
    first, again, last = asyncio.run(race())
    assert (first, last, done) == (letter_keeping.Kept.HERE, letter_keeping.Kept.NOTHING, ["create_letter", "discard_letter"]) and again.body == "See you."
