"""The assistant's page: asking, following the answer, what it rests on, stopping, asking again, and what happens when it cannot be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from crm_app.ai.bound import bind_gateway
from crm_app.ai.errors import ModelDown
from crm_app.ai.fake import FakeGateway, Slow, calls
from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import ModelCreate, ProviderCreate, SettingsUpdate
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactUpdate
from crm_app.domain.conversations import service as talks
from crm_app.domain.unit_of_work import run_service
from tests.ai_desk import until_answered
from tests.cluster import Database
from tests.pages.conftest import Entry, Person, Visit

ASK, BOX = "Ask", "Your question"
MODEL = ModelCreate(name="small", label="Small model", context_tokens=100_000, max_output=4_000, tools=True, input_price=1_000_000, output_price=2_000_000)
Say = Callable[..., FakeGateway]


@pytest.fixture
def model(olivia: Actor, house: Any, database: Database) -> Iterator[Say]:
    """``model(*script)``: AI is switched on, and its one model says that. A test is over when all that it asked has been answered and paid for."""
    run_service(olivia, ai.change_settings, SettingsUpdate(version=run_service(olivia, ai.get_settings).version, enabled=True))
    made = run_service(olivia, ai.create_provider, ProviderCreate(provider="anthropic", name="Far", key=SecretStr("sk-test"), trains=False))
    run_service(olivia, ai.create_models, made.id, [MODEL])

    def say(*script: Any, **more: Any) -> FakeGateway:
        fake = FakeGateway(*script, **more)
        bind_gateway(fake)
        return fake

    yield say
    until_answered(database)
    bind_gateway(None)


@pytest.fixture
def jane(alice: Actor, person: Person) -> Any:
    made = person(alice, "Jane Doe")
    run_service(alice, consents.record_consents, ConsentCreate(contact_ids=[made.id], purposes=["ai"]))
    return made


def reads_jane(request: Any) -> Any:
    return calls("read_person", person="p1")


def test_an_answer_comes_with_its_steps_its_sources_and_its_cost(alice: Actor, jane: Any, entry: Entry, visit: Visit, model: Say) -> None:
    entry(alice, jane, "Slept well", kind="call", subject="First call")
    model(calls("find_people", words="jane"), reads_jane, lambda request: "She **slept well**. [2]")
    tab = visit(alice, "/assistant")
    tab.sees("What would you like to know?")
    tab.fill(BOX, "How is Jane?").ctrl_enter(BOX)
    tab.sees("slept well").sees("Searched contacts").sees("Read Jane Doe").sees("First call").sees("Small model")
    assert tab.path.startswith("/assistant?c=")
    again = visit(alice, tab.path)
    again.sees("How is Jane?", "slept well", "First call").press("Source 1: First call")
    assert again.path.startswith(f"/contacts/{jane.id}")
    visit(alice, "/assistant").sees_not("slept well")


def test_people_who_were_found_stand_in_a_card_and_open_their_record(alice: Actor, jane: Any, person: Person, visit: Visit, model: Say) -> None:
    person(alice, "Una Silent")
    model(calls("find_people"), "Here they are.")
    tab = visit(alice, "/assistant")
    tab.fill(BOX, "Who is there?").press(ASK)
    tab.sees("Here they are.").sees("1 person").sees("1 more has not agreed to AI")
    tab.sees_not("Una Silent").press("Jane Doe Discovery never")
    assert tab.path == f"/contacts/{jane.id}"


def test_it_can_be_stopped_asked_again_and_asked_otherwise(alice: Actor, visit: Visit, model: Say) -> None:
    fake = model(Slow(0.4, calls("count_things")), always="Well said.")
    tab = visit(alice, "/assistant")
    tab.fill(BOX, "Count them").press(ASK)
    tab.sees("Count them").press("Stop")
    tab.sees("Stopped before it was finished.")
    tab.press("Ask again").sees("Well said.")
    assert len(fake.requests) == 2
    tab.sees_not("Stopped before it was finished.")
    tab.press("Change the question")
    tab.fill(BOX, "Count them twice").press(ASK).sees("Count them twice").sees("Well said.")
    (row,) = run_service(alice, talks.list_conversations)
    assert [turn.question for turn in run_service(alice, talks.get_conversation, row.id).turns] == ["Count them twice"]


def test_what_is_asked_in_one_tab_stands_in_the_other(alice: Actor, bob: Actor, visit: Visit, model: Say) -> None:
    model(Slow(0.6, "Seventeen."), "Of both.", always="More.")
    here = visit(alice, "/assistant")
    here.fill(BOX, "How many are there?").press(ASK).sees("Thinking")
    there, elsewhere = visit(alice, here.path), visit(bob, "/assistant")
    there.sees("How many are there?")
    here.sees("Seventeen.")
    there.sees("Seventeen.").fill(BOX, "And then?").press(ASK).sees("Of both.")
    here.sees("And then?").sees("Of both.")
    there.press("More about How many are there?").press("Delete").press("Delete")
    here.sees("What would you like to know?").sees_not("Seventeen.")
    assert here.path == "/assistant" and not elsewhere.has("How many are there?")


def test_an_open_menu_stays_while_an_answer_arrives_in_another_tab(alice: Actor, visit: Visit, model: Say) -> None:
    model("Seventeen.", "Of both.")
    here = visit(alice, "/assistant")
    here.fill(BOX, "How many are there?").press(ASK).sees("Seventeen.")
    there = visit(alice, here.path)
    there.press("More about How many are there?")
    here.fill(BOX, "And then?").press(ASK).sees("Of both.")
    there.sees("Of both.").press("Delete").press("Delete").sees("What would you like to know?")


def test_a_question_that_is_asked_otherwise_can_be_left_as_it_is(alice: Actor, visit: Visit, model: Say) -> None:
    model(always="Well said.")
    tab = visit(alice, "/assistant")
    tab.fill(BOX, "First").press(ASK).sees("Well said.").press("Change the question").sees("Changes the last question")
    tab.press("Leave the last question as it is")
    assert tab.value(BOX) == "" and not tab.has("Changes the last question")
    tab.fill(BOX, "Second").press(ASK).sees("Second")
    (row,) = run_service(alice, talks.list_conversations)
    assert [turn.question for turn in run_service(alice, talks.get_conversation, row.id).turns] == ["First", "Second"]


def test_what_is_written_meanwhile_stays_when_the_last_question_is_asked_again(alice: Actor, visit: Visit, model: Say) -> None:
    model(ModelDown(), always="Well said.")
    tab = visit(alice, "/assistant")
    tab.fill(BOX, "First").press(ASK).sees("Not answered").fill(BOX, "A thought").press("Ask again").sees("Well said.")
    assert tab.value(BOX) == "A thought"


def test_one_asks_from_a_record_and_whoever_has_not_agreed_is_not_read(alice: Actor, jane: Any, person: Person, visit: Visit, model: Say) -> None:
    una = person(alice, "Una Silent")
    fake = model("She is well.")
    tab = visit(alice, f"/assistant?about={jane.id}")
    tab.sees("Ask about Jane Doe").fill(BOX, "How is she?").press(ASK).sees("She is well.")
    assert "(This is about: p1 Jane Doe)" in fake.prompts
    silent = visit(alice, f"/assistant?about={una.id}")
    silent.fill(BOX, "How is she?").press(ASK).sees("has not agreed")
    assert len(fake.requests) == 1 and "Una" not in fake.prompts


def test_it_is_off_until_somebody_switches_it_on_and_says_who_can(alice: Actor, olivia: Actor, vera: Actor, visit: Visit) -> None:
    hers = visit(alice, "/assistant")
    hers.sees("The assistant is off").sees("An owner or admin of this team can do that in the settings.")
    assert not hers.has("Open the settings") and not hers.has(BOX)
    assert visit(olivia, "/assistant").has("Open the settings")
    looking = visit(vera, "/assistant").sees_not("The assistant is off")
    assert not looking.has("New conversation")
    assert not visit(vera, "/").has("Assistant")


def test_what_goes_wrong_is_a_sentence(alice: Actor, visit: Visit, model: Say) -> None:
    fake = model(ModelDown(), "There again.")
    tab = visit(alice, "/assistant")
    tab.fill(BOX, "Hello?").press(ASK).sees("Not answered")
    fake.add("There again.")
    tab.press("Ask again").sees("There again.")


def test_conversations_are_listed_renamed_and_removed(alice: Actor, bob: Actor, visit: Visit, model: Say) -> None:
    model(always="Yes.")
    tab = visit(alice, "/assistant")
    tab.fill(BOX, "Is it Monday?").press(ASK).sees("Yes.")
    tab.press("More about Is it Monday?").press("Rename").fill("Title", "Mondays").press("Save").sees("Mondays")
    visit(bob, tab.path).sees("That is not here")
    visit(bob, "/assistant").sees_not("Mondays")
    tab.press("More about Mondays").press("Delete").sees("Delete this conversation?").press("Delete", beside="Its questions and answers")
    tab.sees("What would you like to know?")
    assert run_service(alice, talks.list_conversations) == () and tab.path == "/assistant"


def test_what_speaks_of_somebody_who_is_hidden_since_is_not_shown(alice: Actor, bob: Actor, jane: Any, entry: Entry, visit: Visit, model: Say) -> None:
    entry(alice, jane, "Slept well")
    model(calls("find_people", words="jane"), reads_jane, "She slept well. [2]")
    tab = visit(bob, "/assistant")
    tab.fill(BOX, "How is Jane?").press(ASK).sees("She slept well.")
    run_service(alice, contacts.update_contact, jane.id, ContactUpdate(version=run_service(alice, contacts.get_contact, jane.id).version, audience="private"))
    later = visit(bob, tab.path)
    later.sees("somebody whom you can't see any more").sees_not("She slept well.")


def test_a_page_that_is_left_meanwhile_finds_its_answer(alice: Actor, visit: Visit, model: Say) -> None:
    model(Slow(0.5, "Here it is."))
    tab = visit(alice, "/assistant")
    tab.fill(BOX, "Take your time").press(ASK).sees("Take your time")
    path = tab.path
    tab.close()
    visit(alice, path, elsewhere=True).sees("Here it is.")


def test_what_it_proposes_stands_under_its_answer_and_is_decided_there(alice: Actor, jane: Any, visit: Visit, model: Say) -> None:
    model(calls("find_people", words="jane"), calls("propose_stage", person="p1", stage="core_client", why="She comes every week."), "It is for you to decide.")
    tab = visit(alice, "/assistant")
    tab.fill(BOX, "Make Jane a core client").press(ASK)
    tab.sees("It is for you to decide.", "Needs approval", "She comes every week.")
    assert run_service(alice, contacts.get_contact, jane.id).stage == "discovery"
    tab.press("Approve").sees_not("Needs approval")
    assert run_service(alice, contacts.get_contact, jane.id).stage == "core_client"
    visit(alice, tab.path).sees("Make Jane a core client").sees_not("Needs approval")
