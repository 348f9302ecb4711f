"""The task list: buckets, quick add, editor, menu, undo, alone and together."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from crm_app.domain.actor import Actor
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskUpdate
from crm_app.domain.unit_of_work import run_service
from tests.pages.conftest import Person, Task, Visit

TODAY = datetime.now(UTC).date()
QUICK = "Add a task and press Enter"


def test_nothing_to_do_says_so_and_offers_to_begin(visit: Visit, alice: Actor) -> None:
    assert visit(alice, "/tasks").sees("All clear").press("New task", beside="Nothing is waiting.").dialog == "New task"


def test_tasks_stand_in_the_part_of_the_calendar_they_fall_into(visit: Visit, alice: Actor, task: Task) -> None:
    for title, days in (("Late", -3), ("Now", 0), ("Next", 1), ("Far", 40)):
        task(alice, title, due_date=TODAY + timedelta(days=days))
    task(alice, "Some day")
    page = visit(alice, "/tasks")
    found = [line.split()[0] for line in page.lines if re.match("Overdue|Today|Tomorrow|Later|Late|Now|Next|Far|Some", line)]
    assert found == ["Overdue", "Late", "Today", "Now", "Tomorrow", "Next", "Later", "Far", "Some"], page.text


def test_the_sidebar_counts_what_is_due(visit: Visit, alice: Actor, task: Task) -> None:
    task(alice, "Late", due_date=TODAY - timedelta(days=1))
    task(alice, "Now", due_date=TODAY)
    page = visit(alice, "/contacts").sees("Tasks 2")
    page.press("Tasks").press("Complete: Now")
    page.sees("Tasks 1")


def test_a_line_and_enter_make_a_task_for_today(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/tasks").enter(QUICK, "Call Ana").sees("Task added", "Call Ana", "Today\n1")
    assert page.value(QUICK) == ""
    page.press("Undo").sees("Undone", "All clear")


def test_an_empty_line_makes_none(visit: Visit, alice: Actor) -> None:
    visit(alice, "/tasks").enter(QUICK, "  ").sees("All clear")


def test_the_editor_takes_everything(visit: Visit, alice: Actor, person: Person) -> None:
    ana = person(alice)
    page = visit(alice, "/tasks").shortcut("t").fill("Title", "Send the journal").fill("Description", "The long one")
    page.fill("Due", (TODAY + timedelta(days=1)).isoformat()).fill("Time", "09:30").choose("Priority", "High").fill("About", "ana")
    page.press("Ana Silva").press("Add task").sees("Task added", "Tomorrow\n1", "Send the journal", "Ana Silva")
    page.press("Ana Silva")
    assert page.path == f"/contacts/{ana.id}"
    page.sees("Send the journal")


def test_mistakes_stand_under_their_fields(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/tasks").shortcut("t").press("Add task")
    assert page.error("Title") == "This is needed" and page.dialog == "New task"
    page.fill("Title", "Call").fill("Due", "").fill("Time", "09:30").press("Add task")
    assert page.dialog == "New task" and page.error("Time") == "Choose a day as well."


def test_a_person_can_be_taken_off_again(visit: Visit, alice: Actor, person: Person, task: Task) -> None:
    ana = person(alice)
    task(alice, "Call", contact_ids=[ana.id])
    visit(alice, "/tasks").press("Call").press("Remove Ana Silva").press("Save").sees("Task saved").sees_not("Ana Silva")


def test_ticked_it_moves_to_done_and_can_be_taken_back_there(visit: Visit, alice: Actor, task: Task) -> None:
    task(alice, "Call Ana")
    page = visit(alice, "/tasks").press("Complete: Call Ana").sees("Task completed", "All clear").press("Done").sees("Done lately\n1", "Call Ana")
    assert page.path == "/tasks?show=done" and page.is_on("Done")
    page.press("Reopen: Call Ana").sees("Task reopened", "Nothing finished yet").press("Mine").sees("Call Ana")


def test_the_menu_postpones_and_deletes_each_with_its_undo(visit: Visit, alice: Actor, task: Task) -> None:
    task(alice, "Call Ana", due_date=TODAY)
    page = visit(alice, "/tasks").press("More about this task").press("Tomorrow").sees("Moved to tomorrow", "Tomorrow\n1")
    page.press("More about this task").press("In a week").sees("Moved by a week").sees_not("Tomorrow\n1")
    page.press("More about this task").press("Delete").sees("Task deleted", "All clear")
    page.press("Undo", beside="Task deleted").sees("Undone", "Call Ana")


def test_deleting_from_the_editor_closes_it(visit: Visit, alice: Actor, task: Task) -> None:
    task(alice, "Call Ana")
    page = visit(alice, "/tasks").press("Call Ana").press("Delete").sees("Task deleted", "All clear")
    assert page.dialog == ""


def test_mine_and_everyones(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    task(alice, "Hers")
    task(bob, "His")
    page = visit(alice, "/tasks").sees("Hers").sees_not("His")
    assert page.press("Everyone's").sees("Hers", "His").path == "/tasks?whose=team"
    assert page.reload().sees("Hers", "His").is_on("Everyone's")


def test_a_task_that_changed_meanwhile_is_shown_beside_mine(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    old = task(alice, "First")
    page = visit(alice, "/tasks").press("First").fill("Title", "Mine")
    run_service(bob, tasks.update_task, old.id, TaskUpdate(version=old.version, title="Theirs"))
    page.press("Save")
    assert page.dialog == "Someone else saved this first"
    page.sees("Mine", "Theirs").press("Keep theirs").sees("Kept what was saved before", "Theirs")
    assert page.dialog == ""


@pytest.mark.parametrize("query", ["bucket=nonsense", "open=nonsense", "whose=", "show=nonsense&new=2"])
def test_a_broken_address_shows_the_list_all_the_same(visit: Visit, alice: Actor, task: Task, query: str) -> None:
    task(alice, "Call Ana")
    visit(alice, f"/tasks?{query}").sees("Call Ana")


def test_an_address_of_a_task_that_is_not_there_says_so_and_shows_the_list(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    task(alice, "Call Ana")
    secret = task(bob, "A secret errand", audience="private")
    for key in (uuid4(), secret.id):
        page = visit(alice, f"/tasks?open={key}").sees("Call Ana", "It may have been deleted, or it belongs to someone else.").sees_not("A secret errand")
        assert page.dialog == ""


def test_a_colleagues_tasks_appear_and_go_by_themselves(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    page = visit(alice, "/tasks?whose=all")
    made = task(bob, "His errand")
    page.sees("His errand")
    run_service(bob, tasks.complete_tasks, [made.id])
    page.sees("All clear")


def test_nobody_sees_a_colleagues_private_tasks(visit: Visit, alice: Actor, bob: Actor, olivia: Actor, task: Task) -> None:
    task(bob, "A secret errand", audience="private")
    for reader in (alice, olivia):
        visit(reader, "/tasks?whose=all").sees("All clear").sees_not("A secret errand")


def test_a_viewer_reads_and_is_offered_nothing_to_change(visit: Visit, alice: Actor, vera: Actor, task: Task) -> None:
    task(alice, "Call Ana", due_date=TODAY)
    page = visit(vera, "/tasks?whose=all").sees("Call Ana")
    assert not page.has(QUICK) and not page.has("New task") and not page.can_press("Complete: Call Ana")
    page.press("More about this task")
    assert page.has("Open") and not page.has("Delete") and not page.has("Tomorrow")
    assert page.press("Open").dialog == "Task"
    assert not page.can_press("Save")
    assert visit(vera, "/tasks?new=1").dialog == ""
