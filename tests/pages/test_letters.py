"""Writing at pages: a letter loses nothing, is taken back in time, answers in its thread, waits for its time, and says when nobody knows."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.schemas import ContactView
from crm_app.domain.letters import service as letters
from crm_app.domain.mail import service as mail
from crm_app.domain.unit_of_work import run_service
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


def test_a_letter_is_sent_taken_back_and_loses_nothing(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    page = visit(alice, "/mail").press("Write").press("Send").sees("Say to whom it goes.")
    page.fill("To", "ana").sees(ANA).enter("To")
    page.fill("Subject", "Saturday").fill("Text", "See you at four.").press("Send").sees("Sending…", "Not sent yet: 1")
    assert kept(alice) == [(f"Ana Silva <{ANA}>", "Saturday", "See you at four.", "waiting")]
    assert page.press("Undo").sees("New mail").value("Text") == "See you at four."
    page.fill("Text", "See you at five.").escape()
    assert kept(alice) == [(f"Ana Silva <{ANA}>", "Saturday", "See you at five.", "draft")]
    assert page.reload().press("Not sent yet: 1").press("Go on writing").sees("New mail").value("Text") == "See you at five."
    page.press("Discard").sees("Discarded")
    assert kept(alice) == []
    page.press("Undo")
    assert len(kept(alice)) == 1


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


def test_it_waits_for_its_time_from_a_record_on(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    page = visit(alice, f"/contacts/{ana.id}").press("Write a mail").sees(f"Ana Silva <{ANA}>")
    page.fill("Subject", "Next week").fill("Text", "Shall we?").press("Send later").press("Monday morning").sees("It leaves")
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


def test_a_template_is_made_and_filled_in(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    page = visit(alice, "/settings/templates").sees("No template yet").press("New template").fill("Name", "Reminder").fill("Subject", "Until soon")
    page.fill("Text", "Dear {first_name}, see you {next_meeting}.").press("Save").sees("Reminder").press("Delete Reminder").sees("Deleted").press("Undo").sees("Reminder")
    page = visit(alice, f"/contacts/{ana.id}").press("Write a mail").press("Template").press("Reminder").sees("Fill this in first")
    assert (page.value("Subject"), page.value("Text")) == ("Until soon", "Dear Ana, see you {next_meeting}.")
    page.press("Send").sees("Fill this in first")
    page.fill("Text", "Dear Ana, see you soon.").press("Send").sees("Sending…")
    assert kept(alice) == [(f"Ana Silva <{ANA}>", "Until soon", "Dear Ana, see you soon.", "waiting")]
