"""What waits for approval is read, edited and decided about on the pages, and nothing happens before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import SettingsUpdate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import ProposalCreate, SuggestionFilter
from crm_app.domain.tasks import service as tasks
from crm_app.domain.unit_of_work import run_service
from tests.pages.conftest import Person, Task, Visit
from tests.tabs import RunningHouse

TODAY = datetime.now(UTC).date()


@pytest.fixture
def suggested():
    """``suggested(actor, kind, payload)``: a suggestion to somebody."""

    def suggest(actor, kind, payload, **values):
        return run_service(actor, suggestions.propose, ProposalCreate(kind=kind, payload=payload, **values))

    return suggest


def stage_of(actor, contact):
    return run_service(actor, contacts.get_contact, contact.id).stage


def test_what_waits_stands_above_the_tasks_and_is_approved_there(visit: Visit, alice: Actor, person: Person, suggested) -> None:
    ana = person(alice)
    page = visit(alice, "/tasks").sees_not("Waiting for approval")
    suggested(alice, "change_stage", {"contact_id": str(ana.id), "stage": "new_client"}, rationale="She paid her first invoice.")
    page.sees("Waiting for approval\n1", "Move Ana Silva to New client", "She paid her first invoice.")
    assert stage_of(alice, ana) == "discovery"
    page.press("Approve").sees("Stage changed").sees_not("Waiting for approval")
    assert stage_of(alice, ana) == "new_client"
    page.press("Undo").sees("Undone", "Waiting for approval\n1")
    assert stage_of(alice, ana) == "discovery"
    page.press("Dismiss").sees("Suggestion rejected").sees_not("Waiting for approval")
    assert stage_of(alice, ana) == "discovery"


def test_it_is_read_whole_and_edited_before_it_is_approved(visit: Visit, alice: Actor, person: Person, suggested) -> None:
    ana = person(alice)
    suggested(alice, "create_task", {"title": "Call Ana", "contact_ids": [str(ana.id)], "steps": ["Find her number"]}, sources=[{"kind": "contact", "id": ana.id}])
    page = visit(alice, "/tasks").press("Preview")
    assert page.dialog == "Create a task: Call Ana"
    assert page.value("Steps") == "Find her number"
    page.sees("Ana Silva").fill("Title", "").press("Approve", beside="Save").sees("This can't be")
    page.fill("Title", "Write to Ana").fill("Steps", "One\nTwo").press("Approve", beside="Save").sees("Task created", "Write to Ana")
    (made,) = run_service(alice, tasks.get_task_board).buckets["later"]
    assert (made.title, made.steps_all) == ("Write to Ana", 2)


def test_an_edit_can_be_kept_undecided(visit: Visit, alice: Actor, suggested) -> None:
    suggested(alice, "create_task", {"title": "Call Ana"})
    visit(alice, "/tasks").press("Preview").fill("Title", "Write to Ana").press("Save").sees("Saved. It still waits", "Create a task: Write to Ana")


def test_what_changed_meanwhile_is_shown_and_not_overwritten(visit: Visit, alice: Actor, bob: Actor, person: Person, suggested) -> None:
    ana = person(alice)
    suggested(alice, "change_stage", {"contact_id": str(ana.id), "stage": "new_client"})
    page = visit(alice, "/tasks").press("Preview").sees("Discovery", "New client")
    run_service(bob, contacts.set_stage, [ana.id], "ambassador")
    page.press("Approve", beside="Save").sees("This has changed since you looked")
    assert stage_of(alice, ana) == "ambassador"


def test_two_tabs_do_it_once(visit: Visit, alice: Actor, suggested) -> None:
    suggested(alice, "create_task", {"title": "Call Ana"})
    here, there = visit(alice, "/tasks"), visit(alice, "/tasks", elsewhere=True)
    here.press("Approve").sees("Task created")
    there.sees_not("Waiting for approval").sees("Call Ana")
    assert len(run_service(alice, suggestions.list_suggestions, SuggestionFilter(state="executed")).suggestions) == 1


def test_a_colleague_and_a_viewer_see_nothing_of_it(visit: Visit, alice: Actor, bob: Actor, vera: Actor, task: Task, suggested) -> None:
    task(alice, "Something to do")
    suggested(alice, "create_task", {"title": "Call Ana"})
    for other in (bob, vera):
        visit(other, "/tasks").sees_not("Waiting for approval", "Call Ana")
    assert not visit(vera, "/tasks").has("With the assistant")


def test_a_task_is_given_to_the_assistant_and_its_draft_is_reviewed(visit: Visit, house: RunningHouse, alice: Actor, olivia: Actor, task: Task) -> None:
    task(alice, "Plan session 9")
    page = visit(alice, "/tasks").press("Plan session 9").sees_not("Let the assistant draft this").press("Close", beside="Mark done")
    run_service(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=True))
    page.press("Plan session 9").sees("Nothing is shared by itself").press("Let the assistant draft this").sees("The assistant is drafting this")
    house.work()
    page.sees("The assistant could not draft this").press("Try again").sees("The assistant is drafting this").press("Stop").sees("Nothing is shared by itself")
