"""The insight on a record and the brief before a session: asked for, under way, there with sources and price, refused, not agreed to, switched off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from crm_app.ai.errors import KeyRefused
from crm_app.ai.fake import FakeGateway
from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import FeatureUpdate
from crm_app.domain.contacts.schemas import ContactView
from crm_app.domain.interactions import moods
from crm_app.domain.mail import service as mails
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import SuggestionFilter
from crm_app.domain.unit_of_work import run_service
from tests.ai_desk import agree, model_at_hand
from tests.mailboxes import mail, make_mailbox
from tests.pages.conftest import Entry, Person, Visit
from tests.tabs import RunningHouse

INSIGHT = {
    "summary": [{"text": "Sleep is what matters to her now.", "sources": [2]}], "confidence": 0.8,
    "risks": [{"text": "She has not answered lately.", "level": "medium", "sources": [2]}],
    "next_steps": [{"text": "Answer her question about travel", "timeframe": "this_week", "sources": [2]}],
}  # fmt: skip
PRICE = "at most $0.0"
LINE = {"text": "She slept seven hours.", "sources": [2]}
BRIEF = {"last_time": [LINE], "since_then": [], "goals": [], "open_points": [{"text": "Bring the audio.", "sources": [2]}], "ideas": [], "confidence": 0.7}


@pytest.fixture
def fake(house: RunningHouse, olivia: Actor) -> Iterator[FakeGateway]:
    with model_at_hand(olivia) as gateway:
        yield gateway


@pytest.fixture
def ana(alice: Actor, person: Person, entry: Entry) -> ContactView:
    """She agrees, and one note stands on her timeline."""
    made = person(alice, "Ana Silva", given_name="Ana", points=[{"kind": "email", "value": "ana@mail.example"}])
    agree(alice, made.id)
    entry(alice, made, "Slept seven hours at last.", subject="Session 8")
    return made


def test_an_insight_is_asked_for_and_comes_by_itself_with_its_sources_and_price(visit: Visit, house: RunningHouse, fake: FakeGateway, alice: Actor, ana: ContactView) -> None:
    fake.add(INSIGHT)
    page = visit(alice, f"/contacts/{ana.id}").sees("Insight", "What matters most", PRICE)
    page.press("Read the record").sees("Reading the record")
    house.work()
    page.sees("Sleep is what matters to her now.", "Answer her question about travel", "this week", "notable", "Session 8", "Small", "less than")
    page.sees_not("Read the record")
    fake.add({**INSIGHT, "summary": [{"text": "Now it is travel.", "sources": [2]}]})
    page.press("Read again").sees("Reading again")
    house.work()
    page.sees("Now it is travel.").sees_not("Sleep is what matters")


def test_a_session_is_prepared_from_the_record(visit: Visit, house: RunningHouse, fake: FakeGateway, alice: Actor, ana: ContactView) -> None:
    fake.add(BRIEF)
    page = visit(alice, f"/contacts/{ana.id}").sees("Prep: ", PRICE).press("Prepare session").sees("Preparing the session")
    house.work()
    page.sees("Before the session", "She slept seven hours.", "Bring the audio.")


def test_a_failure_says_why_and_can_be_tried_again(visit: Visit, house: RunningHouse, fake: FakeGateway, alice: Actor, ana: ContactView) -> None:
    fake.add(KeyRefused(), INSIGHT)
    page = visit(alice, f"/contacts/{ana.id}").press("Read the record")
    house.work()
    page.sees("key").sees_not("Reading the record")
    page.press("Try again")
    house.work()
    page.sees("Sleep is what matters to her now.")


def test_llm_09_whoever_does_not_agree_is_not_read_and_what_was_made_goes(visit: Visit, house: RunningHouse, fake: FakeGateway, alice: Actor, ana: ContactView) -> None:
    fake.add(INSIGHT)
    page = visit(alice, f"/contacts/{ana.id}").press("Read the record")
    house.work()
    page.sees("Sleep is what matters to her now.")
    agree(alice, ana.id, action="withdrawn")
    page.sees("Ana has not agreed").sees_not("Sleep is what matters to her now.")
    assert not page.has("Read the record") and not page.has("Prepare session")


def test_each_has_their_own_and_a_viewer_none(visit: Visit, house: RunningHouse, fake: FakeGateway, alice: Actor, bob: Actor, vera: Actor, ana: ContactView) -> None:
    fake.add(INSIGHT)
    visit(alice, f"/contacts/{ana.id}").press("Read the record")
    house.work()
    visit(bob, f"/contacts/{ana.id}").sees("Read the record").sees_not("Sleep is what matters")
    visit(vera, f"/contacts/{ana.id}").sees("Ana Silva").sees_not("Insight", "Sleep is what matters")


def test_what_is_switched_off_is_not_there_but_for_those_who_can_switch_it_on(visit: Visit, fake: FakeGateway, alice: Actor, olivia: Actor, ana: ContactView) -> None:
    run_service(olivia, ai.choose_feature, Feature.INSIGHT, FeatureUpdate(enabled=False))
    visit(alice, f"/contacts/{ana.id}").sees("Ana Silva").sees_not("Insight")
    visit(olivia, f"/contacts/{ana.id}").sees("Insights are switched off", "Settings, AI & budgets")


def test_how_it_went_is_a_figure_a_word_and_a_line(visit: Visit, fake: FakeGateway, alice: Actor, vera: Actor, ana: ContactView, entry: Entry) -> None:
    for number, mood in enumerate((2, 2, 4, 5)):
        made = entry(alice, ana, f"Entry {number}", occurred_at=datetime.now(UTC) - timedelta(days=40 - 10 * number))
        run_service(alice, moods.note_sentiment, made.id, mood, 0.9)
    for reader in (alice, vera):
        visit(reader, f"/contacts/{ana.id}").sees("Sentiment, 6 months", "improving")


def test_a_follow_up_is_drafted_and_waits_to_be_decided_about(visit: Visit, house: RunningHouse, fake: FakeGateway, alice: Actor, ana: ContactView) -> None:
    why = {"text": "It takes up her sleep.", "sources": [2]}
    fake.add({"subject": "Your sleep", "body": "Dear Ana,\nwell done.\nAlice", "why": why, "missing": [], "confidence": 0.8})
    visit(alice, f"/contacts/{ana.id}").press("Draft a follow-up").sees("A draft is being written")
    house.work()
    (suggested,) = run_service(alice, suggestions.list_suggestions, SuggestionFilter()).suggestions
    assert (suggested.kind, suggested.payload["subject"]) == ("write_letter", "Your sleep")


def test_a_thread_is_summed_up_above_its_mails(visit: Visit, house: RunningHouse, fake: FakeGateway, alice: Actor, bob: Actor, ana: ContactView) -> None:
    box = make_mailbox(alice, shown="full")
    box.land_whole(mail("Certificate", "ana@mail.example", text="Could you send it by the 15th?", message_id="a@x"))
    (row,) = run_service(alice, mails.get_threads, contact_id=ana.id).rows
    assert not visit(alice, f"/mail?thread={row.id}").sees("Certificate").has("Sum up"), "a single mail is its own summary"
    box.land_whole(mail("Re: Certificate", "alice@example.org", "ana@mail.example", text="I will.", answers="a@x"), ref="Sent")
    action = {"text": "Send the certificate", "whose": "us", "due": None, "sources": [1]}
    fake.add({"summary": [{"text": "She needs a certificate.", "sources": [1]}], "needs_reply": True, "actions": [action], "confidence": 0.9})
    page = visit(alice, f"/mail?thread={row.id}").sees(PRICE).press("Sum up").sees("Reading the thread")
    house.work()
    page.sees("She needs a certificate.", "They wait for an answer.", "Send the certificate", "yours")
    visit(bob, f"/mail?thread={row.id}").sees("Certificate", "Sum up").sees_not("She needs a certificate.")


def test_a_session_is_prepared_beside_its_event(
    visit: Visit, house: RunningHouse, fake: FakeGateway, alice: Actor, vera: Actor, ana: ContactView, event: Callable[..., UUID]
) -> None:
    key = event(alice, "Session nine", datetime.now(UTC) + timedelta(minutes=30), asked=["ana@mail.example"])
    fake.add({**BRIEF, "last_time": [{"text": "She slept seven hours.", "sources": [3]}]})
    page = visit(alice, f"/calendar?event={key}").sees("Session nine", "Prep: ", PRICE).press("Prep").sees("Preparing the session")
    house.work()
    page.sees("Before the session", "She slept seven hours.").sees_not("Prep")
    assert not visit(vera, f"/calendar?event={key}").has("Prep")
