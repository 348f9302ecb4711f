"""Help on one thing, each with its price before it is asked for: steps for a task, strangers of an event, where a picture may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from crm_app.ai.errors import KeyRefused
from crm_app.ai.fake import FakeGateway
from crm_app.domain.actor import Actor
from crm_app.domain.calendar import service as calendar
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactView
from crm_app.domain.tasks import service as tasks
from crm_app.domain.unit_of_work import run_service
from tests.ai_desk import agree, model_at_hand
from tests.pages.conftest import Entry, Person, Task, Visit
from tests.tabs import RunningHouse

PLAN = {
    "steps": [{"title": "Choose the hall", "minutes": 20}, {"title": "Write to everybody", "minutes": 30}], "begin_on": None, "confidence": 0.8,
    "why": {"text": "The task says what is wanted.", "sources": [1]},
}  # fmt: skip
PRICE = "less than $0.01"


@pytest.fixture
def fake(house: RunningHouse, olivia: Actor) -> Iterator[FakeGateway]:
    with model_at_hand(olivia) as gateway:
        yield gateway


@pytest.fixture
def ana(alice: Actor, person: Person) -> ContactView:
    made = person(alice, "Ana Silva", given_name="Ana")
    agree(alice, made.id)
    return made


def test_a_task_is_planned_and_its_steps_are_approved_and_taken_back(visit: Visit, house: RunningHouse, fake: FakeGateway, alice: Actor, task: Task) -> None:
    row = task(alice, "Prepare the retreat")
    fake.add(KeyRefused(), PLAN)
    page = visit(alice, f"/tasks?open={row.id}").sees("Plan in steps", "at most $0.01")
    page.press("Plan in steps").sees("Planning the task")
    house.work()
    page.sees("key").press("Try again")
    house.work()
    page.sees("Choose the hall", "Write to everybody", "The task says what is wanted.", "Small", PRICE)
    assert run_service(alice, tasks.list_steps, row.id) == (), "nothing is changed before somebody says so"
    page.press("Approve").sees("Plan again")
    assert [step.title for step in run_service(alice, tasks.list_steps, row.id)] == ["Choose the hall", "Write to everybody"]
    page.press("Undo", beside="Plan again")
    assert run_service(alice, tasks.list_steps, row.id) == ()


def test_a_task_of_somebody_who_does_not_agree_is_not_planned(visit: Visit, fake: FakeGateway, alice: Actor, vera: Actor, person: Person, task: Task) -> None:
    silent = person(alice, "Ben")
    about, alone = task(alice, "Write to Ben", contact_ids=[silent.id]), task(alice, "Tidy up")
    assert not visit(alice, f"/tasks?open={about.id}").sees("Steps", "Ben").has("Plan in steps")
    assert not visit(vera, f"/tasks?open={alone.id}").sees("Steps").has("Plan in steps")


def test_a_stranger_at_an_event_is_guessed_with_a_reason_and_linked_by_hand(
    visit: Visit, house: RunningHouse, fake: FakeGateway, alice: Actor, vera: Actor, ana: ContactView, event: Callable[..., UUID]
) -> None:
    key = event(alice, "Class", asked=["anna.silva@elsewhere.example"])
    fake.add({"matches": [{"row": 1, "person": 1, "confidence": 0.9, "why": "Same surname, one letter more"}]})
    page = visit(alice, f"/calendar?event={key}").sees("1 person nobody here knows", "Who could they be?", PRICE)
    page.press("Who could they be?").sees("Looking at the names")
    house.work()
    page.sees("anna silva is perhaps Ana Silva", "almost certain · Same surname, one letter more").sees_not("Who could they be?")
    assert run_service(alice, calendar.get_event, key).contacts == ()
    page.press("Link").sees("linked by hand").sees_not("is perhaps")
    assert [contact.id for contact in run_service(alice, calendar.get_event, key).contacts] == [ana.id]
    assert not visit(vera, f"/calendar?event={key}").sees("Class").has("Who could they be?")


def test_where_a_picture_may_be_is_asked_only_of_who_agreed_and_kept_as_a_link(
    visit: Visit, house: RunningHouse, fake: FakeGateway, alice: Actor, ana: ContactView, entry: Entry
) -> None:
    entry(alice, ana, "Find me as @ana.moves on Instagram.")
    assert not visit(alice, f"/contacts/{ana.id}").sees("Read the record").has("Where to look")
    run_service(alice, consents.record_consents, ConsentCreate(contact_ids=[ana.id], purposes=["photo"]))
    fake.add({"guesses": [{"text": "She says so herself.", "service": "instagram", "handle": "ana.moves", "confidence": 0.95, "sources": [2]}]})
    page = visit(alice, f"/contacts/{ana.id}").sees("Nothing is fetched", PRICE).press("Where to look").sees("Reading the record")
    house.work()
    page.sees("Instagram · ana.moves", "She says so herself.").press("Keep").sees("Kept among their links")
    assert [(point.label, point.value) for point in run_service(alice, contacts.get_contact, ana.id).points] == [("Instagram", "https://www.instagram.com/ana.moves/")]
    run_service(alice, consents.record_consents, ConsentCreate(contact_ids=[ana.id], purposes=["photo"], action="withdrawn"))
    page.sees_not("Where to look", "She says so herself.")
