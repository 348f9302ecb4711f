"""What is typed of a new task or a contact and not saved: it is offered the next time, and gone once it is saved or thrown away."""

from __future__ import annotations

from crm_app.domain.actor import Actor
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskFilter
from crm_app.domain.unit_of_work import run_service
from tests.pages.conftest import Person, Visit

OFFER = "What was typed here before is not saved."


def test_a_new_task_is_gone_on_with_after_the_dialog_was_left(visit: Visit, alice: Actor, person: Person) -> None:
    person(alice, "Ana Silva")
    page = visit(alice, "/tasks").press("New task", beside="Nothing is waiting.").fill("Title", "Send the journal").fill("Description", "With the tables")
    page.enter("Add a step", "Print it").fill("About", "ana").press("Ana Silva").escape()
    page.reload()
    page.press("New task", beside="Nothing is waiting.").sees(OFFER).press("Go on with it").sees("0 of 1", "Ana Silva").sees_not(OFFER)
    assert (page.value("Title"), page.value("Description")) == ("Send the journal", "With the tables")
    page.press("Add task").sees("Task added")
    (made,) = run_service(alice, tasks.list_tasks, TaskFilter()).tasks
    assert (made.title, [name for _id, name in made.contacts], made.steps_all) == ("Send the journal", ["Ana Silva"], 1)
    page.shortcut("t")
    assert page.dialog == "New task" and OFFER not in page.text


def test_a_contact_is_gone_on_with_and_what_nobody_wants_goes(visit: Visit, alice: Actor, bob: Actor, person: Person) -> None:
    ana = person(alice, "Ana Silva", points=[{"kind": "email", "value": "ana@mail.example"}])
    page = visit(alice, "/contacts").press("Add contact").fill("Name", "Jonas Lind").fill("Email", "jonas@mail.example").escape()
    assert OFFER not in visit(bob, "/contacts").press("Add contact").text, "what somebody types is theirs"
    page.press("Add contact").sees(OFFER).press("Go on with it")
    assert (page.value("Name"), page.value("Email")) == ("Jonas Lind", "jonas@mail.example")
    page.press("Add contact").sees("Jonas Lind added", "jonas@mail.example")
    page = visit(alice, f"/contacts/{ana.id}").press("Edit").fill("Company", "Studio").escape()
    page.press("Edit").sees(OFFER).press("Discard").escape()
    page.press("Edit")
    assert page.dialog == "Edit contact" and OFFER not in page.text
