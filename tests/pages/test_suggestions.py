"""What waits for approval is read, edited and decided about on the pages, and nothing happens before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import SettingsUpdate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import PointInput
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.schemas import MailboxUpdate
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import ProposalCreate, SuggestionFilter
from crm_app.domain.tasks import service as tasks
from crm_app.domain.unit_of_work import run_service
from tests.mailboxes import make_mailbox
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


def test_a_letter_shows_what_will_stand_under_its_words(visit: Visit, alice: Actor, person: Person, suggested) -> None:
    box, ana = make_mailbox(alice, sends=True), person(alice, points=[PointInput(kind="email", value="ana@mail.example")])
    run_service(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=1, signature="Ann Lee"))
    suggested(alice, "write_letter", {"contact_id": str(ana.id), "subject": "Sunday", "body": "Hi Ana"})
    page = visit(alice, "/tasks").press("Preview")
    assert page.value("Text") == "Hi Ana"
    page.sees("-- Ann Lee")


def test_an_edit_can_be_kept_undecided(visit: Visit, alice: Actor, suggested) -> None:
    suggested(alice, "create_task", {"title": "Call Ana"})
    visit(alice, "/tasks").press("Preview").fill("Title", "Write to Ana").press("Save").sees("Saved. It still waits", "Create a task: Write to Ana")


def test_when_a_task_comes_again_and_at_what_time_is_written_like_the_rest(visit: Visit, alice: Actor, suggested) -> None:
    payload = {"title": "Call Ana", "due_date": "2031-03-04", "due_time": "09:30", "recurrence": "FREQ=WEEKLY;INTERVAL=6;BYDAY=TU"}
    suggested(alice, "create_task", payload)
    page = visit(alice, "/tasks").press("Preview")
    assert (page.value("Time"), page.value("Repeats")) == ("09:30", "Every 6 weeks on Tuesday")
    page.fill("Due", "").press("Approve", beside="Save").sees("Choose a day as well.")
    assert page.error("Time") == "Choose a day as well."
    page.fill("Due", "2031-03-06").fill("Time", "18:15").choose("Repeats", "Every week on Thursday").press("Approve", beside="Save").sees("Task created")
    (made,) = run_service(alice, tasks.get_task_board).buckets["later"]
    assert (str(made.due_date), str(made.due_time), made.recurrence) == ("2031-03-06", "18:15:00", "FREQ=WEEKLY;BYDAY=TH")


def test_what_was_put_off_can_be_seen_brought_back_and_rejected(visit: Visit, alice: Actor, bob: Actor, suggested) -> None:
    for title in ("Call Ana", "Write to Ben"):
        suggested(alice, "create_task", {"title": title})
    page = visit(alice, "/tasks").press("Preview", beside="Call Ana").press("Later").press("In a week").sees("Put off for a week", "1 put off")
    page.press("Undo").sees("It waits for you again").sees_not("1 put off")
    page.press("Preview", beside="Call Ana").press("Later").press("Tomorrow").press("Preview", beside="Write to Ben").press("Later").press("Tomorrow")
    page.sees_not("Waiting for approval").sees("2 put off").press("2 put off")
    assert page.dialog == "Put off"
    page.sees("Create a task: Call Ana", "Back: Tomorrow").press("Reject: Create a task: Write to Ben").sees("Suggestion rejected").sees_not("Write to Ben")
    page.press("Bring back").sees("Waiting for approval\n1", "Create a task: Call Ana").sees_not("put off")
    visit(bob, "/tasks").sees_not("Call Ana", "put off")


def test_what_changed_meanwhile_is_shown_and_not_overwritten(visit: Visit, alice: Actor, bob: Actor, person: Person, suggested) -> None:
    ana = person(alice)
    suggested(alice, "change_stage", {"contact_id": str(ana.id), "stage": "new_client"})
    page = visit(alice, "/tasks").press("Preview").sees("Discovery", "New client")
    run_service(bob, contacts.set_stage, [ana.id], "ambassador")
    page.press("Approve", beside="Save").sees("This has changed since you looked")
    assert stage_of(alice, ana) == "ambassador"


@pytest.mark.parametrize("path", ["/tasks", "/"])
def test_several_are_approved_or_rejected_at_once_and_come_back_together(visit: Visit, alice: Actor, olivia: Actor, person: Person, suggested, path: str) -> None:
    run_service(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=True))
    ana = person(alice)
    suggested(alice, "change_stage", {"contact_id": str(ana.id), "stage": "new_client"})
    suggested(alice, "create_task", {"title": "Call Ana"})
    suggested(alice, "create_task", {"title": "Write to Ben"})
    page = visit(alice, path).sees("Move Ana Silva to New client").sees_not("selected")
    page.press("Select: Create a task: Call Ana").sees("1 selected").press("Select: Move Ana Silva to New client").sees("2 selected")
    page.press("Approve", beside="2 selected").sees("2 approved").sees_not("Move Ana Silva to New client", "selected")
    assert stage_of(alice, ana) == "new_client" and len(run_service(alice, tasks.get_task_board).buckets["later"]) == 1
    page.press("Undo").sees("Undone", "Move Ana Silva to New client")
    assert stage_of(alice, ana) == "discovery" and not run_service(alice, tasks.get_task_board).buckets["later"]
    page.press("Select: Create a task: Call Ana").press("Select: Create a task: Write to Ben").shortcut("r").sees("2 rejected").sees_not("Call Ana", "Write to Ben")
    assert stage_of(alice, ana) == "discovery"
    page.press("Undo").sees("Call Ana", "Write to Ben")


def test_one_of_several_that_has_changed_waits_on_and_says_why(visit: Visit, alice: Actor, bob: Actor, person: Person, suggested) -> None:
    ana = person(alice)
    suggested(alice, "change_stage", {"contact_id": str(ana.id), "stage": "new_client"})
    suggested(alice, "create_task", {"title": "Call Ana"})
    page = visit(alice, "/tasks").press("Select all").sees("2 selected")
    run_service(bob, contacts.set_stage, [ana.id], "ambassador")
    page.press("Approve", beside="2 selected").sees("1 approved", "1 still waits: This has changed since you looked").sees("Move Ana Silva")
    assert stage_of(alice, ana) == "ambassador"


def test_a_selection_is_let_go_of(visit: Visit, alice: Actor, suggested) -> None:
    for title in ("Call Ana", "Call Ben"):
        suggested(alice, "create_task", {"title": title})
    page = visit(alice, "/tasks").press("Select all").sees("2 selected").press("Select: Create a task: Call Ana").sees("1 selected")
    page.press("Select all").sees("2 selected").shortcut("escape").sees_not("selected").sees("Call Ana", "Call Ben")
    page.press("Select all").press("Clear the selection").sees_not("selected")


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
