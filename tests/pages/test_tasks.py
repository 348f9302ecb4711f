"""The task list: buckets, quick add, editor, menu, undo, alone and together."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest

from crm_app.components.people_picker import Found
from crm_app.components.task_parts import TaskList
from crm_app.domain.actor import Actor
from crm_app.domain.errors import Forbidden
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskFilter, TaskUpdate
from crm_app.domain.unit_of_work import run_service
from crm_app.pages.acts import find_people
from crm_app.pages.task_dialog.grid import TaskGrid
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


def test_a_line_says_what_it_understood_and_a_press_takes_a_guess_back(visit: Visit, alice: Actor, person: Person) -> None:
    ana = person(alice)
    run_service(alice, projects.create_project, ProjectCreate(title="Client care"))
    page = visit(alice, "/tasks").fill(QUICK, "call her tomorrow 10:00 !high #retreat @Ana +Client care every day ~30m @Nobody")
    page.sees("Tomorrow", "10:00", "High", "#retreat", "Ana Silva", "Client care", "Every day", "30 min").press("Remove 30 min").sees_not("30 min").enter(QUICK)
    page.sees("Task added", "call her ~30m @Nobody")
    (made,) = run_service(alice, tasks.list_tasks, TaskFilter()).tasks
    assert (made.title, made.due_date, made.due_time, made.priority, made.estimate_minutes) == ("call her ~30m @Nobody", TODAY + timedelta(days=1), time(10), "high", None)
    assert (made.tags, made.contacts, made.project_title, made.recurrence) == (("retreat",), ((ana.id, "Ana Silva"),), "Client care", "FREQ=DAILY")
    assert page.value(QUICK) == ""


def test_an_empty_line_makes_none(visit: Visit, alice: Actor) -> None:
    visit(alice, "/tasks").enter(QUICK, "  ").sees("All clear")


@pytest.mark.parametrize("line", ["!", "#", "@", "+ ~", "!! ~30m", "#yoga tomorrow", " ,;"])
def test_signs_alone_make_none_and_are_left_to_be_gone_on_with(visit: Visit, alice: Actor, line: str) -> None:
    page = visit(alice, "/tasks").enter(QUICK, line).sees("Say also what is to be done.")
    assert page.value(QUICK) == line and run_service(alice, tasks.list_tasks, TaskFilter()).tasks == ()


def test_more_than_fits_is_said_and_left_to_be_gone_on_with(visit: Visit, alice: Actor) -> None:
    line = "Call " + " ".join(f"#t{number}" for number in range(31))
    page = visit(alice, "/tasks").enter(QUICK, line)
    assert page.value(QUICK) == line and not page.has("Task added") and run_service(alice, tasks.list_tasks, TaskFilter()).tasks == ()


def test_enter_takes_the_line_as_it_stands_however_quickly_it_comes(visit: Visit, alice: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_app.pages.quick_line.PAUSE", 30)
    visit(alice, "/tasks").enter(QUICK, "Call Ana tomorrow !high").sees("Task added")
    (made,) = run_service(alice, tasks.list_tasks, TaskFilter()).tasks
    assert (made.title, made.due_date, made.priority) == ("Call Ana", TODAY + timedelta(days=1), "high")


def test_the_dialog_takes_everything(visit: Visit, alice: Actor, person: Person, task: Task) -> None:
    ana = person(alice)
    run_service(alice, projects.create_project, ProjectCreate(title="Client care"))
    page = visit(alice, "/tasks").shortcut("t").fill("Title", "Send the journal").fill("Description", "The long one")
    page.press("Due: Today").press("Tomorrow").press("Due: Tomorrow").fill("Time", "09:30").press("Priority: Medium").press("High").fill("About", "ana")
    page.press("Ana Silva").press("Project: No project").press("Client care").press("Estimate: Not said").press("30 min")
    page.press("Repeats: Never").press("Every day").enter("Add a step", "Find it").enter("Add a step", "Wrap it")
    page.press("Add task").sees("Task added", "Tomorrow\n1", "Send the journal", "Ana Silva", "Client care")
    (made,) = run_service(alice, tasks.list_tasks, TaskFilter()).tasks
    assert (made.due_date, made.due_time, made.priority, made.estimate_minutes, made.recurrence) == (TODAY + timedelta(days=1), time(9, 30), "high", 30, "FREQ=DAILY")
    assert [step.title for step in run_service(alice, tasks.list_steps, made.id)] == ["Find it", "Wrap it"] and made.description == "The long one"
    page.press("Ana Silva")
    assert page.path == f"/contacts/{ana.id}"
    page.sees("Send the journal")


def test_a_title_is_needed(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/tasks").shortcut("t").press("Add task").sees("A task needs a title.")
    assert page.dialog == "New task" and run_service(alice, tasks.list_tasks, TaskFilter()).tasks == ()


def test_an_open_task_is_saved_as_it_is_changed(visit: Visit, alice: Actor, task: Task) -> None:
    made = task(alice, "Call", steps=["Look", "Speak"])
    page = visit(alice, "/tasks").press("Call").fill("Title", "Call Ana").sees("Saved just now").press("Status: To do").press("In progress")
    page.press("Due: No day").press("Today").press("Tick off: Look").sees("1 of 2").press("Remove the step Look").sees("0 of 1")
    row = run_service(alice, tasks.get_task, made.id)
    assert (row.title, row.status, row.due_date, row.steps_done, row.steps_all) == ("Call Ana", "in_progress", TODAY, 0, 1)
    assert page.press("Close", beside="Mark done").sees("Call Ana", "Today\n1").dialog == ""


WAYS_OUT = {
    "Enter": lambda page: page.enter("Title"), "Ctrl+Enter": lambda page: page.ctrl_enter("Title"), "Escape": lambda page: page.escape(),
    "Close": lambda page: page.press("Close", beside="Mark done"), "Mark done": lambda page: page.press("Mark done"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_way_out_loses_what_was_typed_a_moment_ago(visit: Visit, alice: Actor, task: Task, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setattr("crm_app.pages.task_dialog.wording.PAUSE", 30)
    made = task(alice, "Call", steps=["Look"])
    page = visit(alice, "/tasks").press("Call").fill("Title", "Call Ana").fill("Description", "At noon").fill("Step 1", "Look it up").fill("Add a step", "Ring")
    WAYS_OUT[way](page).waits(0.2)
    row = run_service(alice, tasks.get_task, made.id)
    assert (row.title, row.description) == ("Call Ana", "At noon") and page.dialog == ("Task" if way == "Enter" else "")
    assert [step.title for step in run_service(alice, tasks.list_steps, made.id)] == (["Look"] if way == "Enter" else ["Look it up", "Ring"])
    assert (row.status == "completed") == (way in ("Ctrl+Enter", "Mark done"))


def test_a_new_task_takes_what_was_typed_a_moment_ago(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/tasks").shortcut("t").fill("Title", "Call Ana").fill("Add a step", "Look").ctrl_enter("Title").sees("Task added", "Call Ana")
    (made,) = run_service(alice, tasks.list_tasks, TaskFilter()).tasks
    assert page.dialog == "" and (made.title, made.steps_all) == ("Call Ana", 1)


def test_what_cannot_be_saved_stays_to_be_seen_and_then_lets_go(visit: Visit, alice: Actor, bob: Actor, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_app.pages.task_dialog.wording.PAUSE", 30)
    made = task(bob, "His errand")
    monkeypatch.setattr("crm_app.pages.task_dialog.dialog.TaskDialog._changed_elsewhere", _deaf)
    page = visit(alice, "/tasks?whose=team").press("His errand").fill("Title", "Our errand").fill("Add a step", "Look")
    run_service(bob, tasks.update_task, made.id, TaskUpdate(version=made.version, audience="private"))
    assert page.press("Close", beside="Mark done").sees("Not saved").dialog == "Task" and page.value("Title") == "Our errand"
    assert page.press("Close", beside="Mark done").sees("Not saved").value("Add a step") == "Look"
    assert page.press("Close", beside="Mark done").dialog == ""
    assert run_service(bob, tasks.get_task, made.id).title == "His errand"


def test_a_refused_step_says_so_and_its_tick_goes_back(visit: Visit, alice: Actor, bob: Actor, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    made = task(bob, "His errand", steps=["Look"])
    monkeypatch.setattr("crm_app.pages.task_dialog.dialog.TaskDialog._changed_elsewhere", _deaf)
    page = visit(alice, "/tasks?whose=team").press("His errand")
    run_service(bob, tasks.update_task, made.id, TaskUpdate(version=made.version, audience="private"))
    page.press("Tick off: Look").sees("Not saved", "0 of 1").sees_not("Saved just now")
    assert page.has("Tick off: Look")


def test_a_refused_tick_draws_the_row_anew_which_the_browser_struck_through_at_once(
    visit: Visit, alice: Actor, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    task(alice, "Call Ana")
    page, sent, send = visit(alice, "/tasks").sees("Call Ana"), [], TaskList._send
    monkeypatch.setattr("crm_app.domain.tasks.service.complete_tasks", _refuse)
    monkeypatch.setattr(TaskList, "_send", lambda rows: (sent.append(rows), send(rows)))
    page.press("Complete: Call Ana").sees("You can't do that.", "Call Ana")
    assert sent


def _refuse(session: object, actor: Actor, task_ids: object) -> None:
    raise Forbidden("You can't do that.")


def test_keeping_what_a_colleague_wrote_puts_it_into_the_box(
    visit: Visit, alice: Actor, bob: Actor, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = task(alice, "First")
    monkeypatch.setattr("crm_app.pages.task_dialog.dialog.TaskDialog._changed_elsewhere", _deaf)
    page = visit(alice, "/tasks").press("First")
    now = run_service(bob, tasks.update_task, old.id, TaskUpdate(version=old.version, title="Theirs"))
    page.fill("Title", "Mine").sees("Someone else saved this first").press("Keep theirs")
    assert page.waits(0.1).value("Title") == "Theirs" and page.dialog == "Task"
    run_service(bob, tasks.update_task, old.id, TaskUpdate(version=now.version, title="Theirs again"))
    page.fill("Title", "Mine").sees("Someone else saved this first").press("Go on writing")
    assert page.waits(0.1).value("Title") == "Mine"
    page.press("Close", beside="Mark done").waits(0.1)
    assert page.dialog == "" and run_service(alice, tasks.get_task, old.id).title == "Mine"


def test_a_half_typed_name_stays_while_the_rest_follows_a_colleague(visit: Visit, alice: Actor, bob: Actor, person: Person, task: Task) -> None:
    ana, ben = person(alice, "Ana Silva"), person(alice, "Ben Ito")
    old = task(alice, "First", contact_ids=[ana.id])
    page = visit(alice, "/tasks").press("First").fill("About", "be").sees("Ben Ito")
    now = run_service(bob, tasks.update_task, old.id, TaskUpdate(version=old.version, priority="high"))
    assert page.sees("High").value("About") == "be"
    run_service(bob, tasks.update_task, old.id, TaskUpdate(version=now.version, contact_ids=[], priority="urgent"))
    assert not page.sees("Urgent").has("Remove Ana Silva")
    assert page.press("Ben Ito").sees("Saved just now").has("Remove Ben Ito")
    assert run_service(alice, tasks.get_task, old.id).contacts == ((ben.id, "Ben Ito"),)


def test_enter_takes_whom_the_text_means_and_not_whom_it_meant_a_moment_ago(
    visit: Visit, alice: Actor, person: Person, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(alice, "Ana Silva")
    ben, asked = person(alice, "Ben Ito"), []

    async def slowly(typed: str) -> list[Found]:
        asked.append(typed)
        await asyncio.sleep(0.2)
        return await find_people(typed)

    monkeypatch.setattr("crm_app.pages.task_dialog.grid.find_people", slowly)
    made = task(alice, "Call")
    page = visit(alice, "/tasks").press("Call")
    for typed in ("a", "an", "", "b", "be"):
        page.fill("About", typed)
    page.enter("About", "ben").sees("Saved just now")
    assert run_service(alice, tasks.get_task, made.id).contacts == ((ben.id, "Ben Ito"),)
    assert page.value("About") == "" and "ben" in asked and len(asked) <= 3, "while one search is under way no other begins"


def test_one_change_draws_the_properties_once(visit: Visit, alice: Actor, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    task(alice, "Call")
    drawn, draw = [], TaskGrid.follow
    monkeypatch.setattr(TaskGrid, "follow", lambda grid: (drawn.append(grid), draw(grid)))
    page = visit(alice, "/tasks").press("Call").waits(0.5)  # what is still on its way of how the task was made arrives
    drawn.clear()
    page.press("Priority: Medium").press("High").sees("Saved just now")
    assert page.can_press("Priority: High") and len(drawn) == 1


def test_a_person_can_be_taken_off_again(visit: Visit, alice: Actor, person: Person, task: Task) -> None:
    ana = person(alice)
    made = task(alice, "Call", contact_ids=[ana.id])
    visit(alice, "/tasks").press("Call").press("Remove Ana Silva").sees("Saved just now").press("Close", beside="Mark done").sees_not("Ana Silva")
    assert run_service(alice, tasks.get_task, made.id).contacts == ()


def test_a_new_task_may_say_how_long_it_took(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/tasks?new=1").fill("Title", "Done before").press("Actual: Nothing yet").fill("Minutes", "1.5").press("Set")
    page.sees("Whole minutes, up to 600,000").fill("Minutes", "50").press("Set").sees("50 min", "Everyone in the team").press("Add task").sees("Task added")
    (made,) = run_service(alice, tasks.list_tasks, TaskFilter()).tasks
    assert made.actual_minutes == 50


def test_a_timer_runs_in_the_dialog_and_in_the_row_and_outlives_a_reload(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    made, other = task(alice, "Write the plan", estimate_minutes=30), task(alice, "Ring the hall")
    page, his = visit(alice, "/tasks"), visit(bob, "/tasks?whose=team")
    page.press("Write the plan").press("Start timer").sees("Stop timer", "Saved just now").press("Close", beside="Mark done").reload()
    page.sees("Write the plan Your timer is running")
    his.sees("Write the plan Alice is working on this")
    page.press("Ring the hall").press("Start timer").sees("Stop timer").press("Close", beside="Mark done").sees("Ring the hall Your timer is running")
    page.sees_not("Write the plan Your timer is running")
    assert [run_service(alice, tasks.get_task, key).actual_minutes for key in (made.id, other.id)] == [1, 0]
    page.press("Write the plan").sees("1 min").press("Actual: 1 min").press("45 min").sees("Saved just now").press("Actual: 45 min").fill("Minutes", "50").press("Set")
    assert page.sees("50 min").press("Close", beside="Mark done") and run_service(alice, tasks.get_task, made.id).actual_minutes == 50
    page.press("Ring the hall").press("Mark done").sees("Task completed").press("Completed").sees("Ring the hall").sees_not("Your timer is running")
    assert run_service(alice, tasks.get_task, other.id).timers == ()
    assert page.press("Ring the hall").sees("1 min") and not page.has("Start timer") and not page.has("Stop timer")


def test_a_colleagues_timer_appears_in_an_open_dialog(visit: Visit, alice: Actor, bob: Actor, vera: Actor, task: Task) -> None:
    made = task(alice, "Write the plan")
    page = visit(alice, "/tasks").press("Write the plan").fill("Description", "Half a sent")
    run_service(bob, tasks.start_timer, made.id)
    assert page.sees("Bob is working on this").value("Description") == "Half a sent" and page.has("Start timer")
    run_service(bob, tasks.stop_timer, made.id)
    page.sees("1 min").sees_not("Bob is working on this")
    looked = visit(vera, "/tasks?whose=all").press("Write the plan").sees("1 min")
    assert not looked.has("Start timer") and not looked.can_press("Actual: 1 min")


def test_the_activity_of_a_task_is_told_at_its_end_and_can_be_taken_back_there(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    made = task(alice, "Write the plan", steps=["Look"])
    run_service(bob, tasks.update_task, made.id, TaskUpdate(version=made.version, priority="high", actual_minutes=90))
    page = visit(alice, "/tasks").press("Write the plan")
    assert not page.has("Undo")
    page.press("Activity").sees("Bob", "Priority:", "Medium", "High", "Added 1 h 30 min to the time spent", "Made this task")
    page.press("Status: To do").press("In progress").sees("Status:", "To do").press("Start timer").sees("Started the timer").press("Stop timer")
    page.sees("Stopped the timer after 1 min").press("Tick off: Look").sees("Ticked off Look")
    run_service(bob, tasks.start_timer, made.id)
    page.sees("Bob is working on this").press("Undo", beside="In progress").sees("Undone")
    assert page.can_press("Status: To do") and run_service(alice, tasks.get_task, made.id).status == "pending"
    page.press("Activity").sees_not("Ticked off Look")


def test_a_new_task_can_say_how_long_it_took(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/tasks").shortcut("t").fill("Title", "Tidy up").press("Actual: Nothing yet").press("15 min")
    assert not page.has("Start timer")
    page.press("Add task").sees("Task added")
    assert run_service(alice, tasks.list_tasks, TaskFilter()).tasks[0].actual_minutes == 15


def test_tags_are_found_and_added(visit: Visit, alice: Actor, task: Task) -> None:
    made = task(alice, "Call", tags=["yoga"])
    page = visit(alice, "/tasks").press("Call").press("Tags: yoga").enter("Find or add a tag", "Retreat").sees("Saved just now")
    page.press("Tags: Retreat, yoga").press("yoga")
    assert run_service(alice, tasks.get_task, made.id).tags == ("Retreat",)


def test_marked_as_done_it_comes_again_and_undo_takes_that_back(visit: Visit, alice: Actor, task: Task) -> None:
    task(alice, "Water the plants", due_date=TODAY, recurrence="FREQ=DAILY")
    page = visit(alice, "/tasks").press("Water the plants").press("Mark done").sees("Task completed", "Tomorrow\n1", "Water the plants").sees_not("Today\n1")
    page.press("Undo").sees("Undone", "Today\n1").sees_not("Tomorrow\n1")


def test_ticked_it_moves_to_done_and_can_be_taken_back_there(visit: Visit, alice: Actor, task: Task) -> None:
    task(alice, "Call Ana")
    page = visit(alice, "/tasks").press("Complete: Call Ana").sees("Task completed", "All clear").press("Completed").sees("Done lately\n1", "Call Ana")
    assert page.path == "/tasks?show=done"
    page.press("Reopen: Call Ana").sees("Task reopened", "Nothing finished yet").press("My tasks").sees("Call Ana")


def test_the_menu_postpones_and_deletes_each_with_its_undo(visit: Visit, alice: Actor, task: Task) -> None:
    task(alice, "Call Ana", due_date=TODAY)
    page = visit(alice, "/tasks").press("More about this task").press("Due: Tomorrow").sees("Moved to Tomorrow", "Tomorrow\n1")
    page.press("More about this task").press("A week later").sees("Moved by a week").sees_not("Tomorrow\n1")
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
    assert page.press("All tasks").sees("Hers", "His").path == "/tasks?whose=team"
    page.reload().sees("Hers", "His")


def test_what_a_colleague_changes_stands_beside_what_is_being_typed(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    old = task(alice, "First")
    page = visit(alice, "/tasks").press("First")
    run_service(bob, tasks.update_task, old.id, TaskUpdate(version=old.version, priority="high"))
    page.sees("High").fill("Title", "Mine").sees("Saved just now")
    row = run_service(alice, tasks.get_task, old.id)
    assert (row.title, row.priority) == ("Mine", "high")
    run_service(bob, tasks.update_task, old.id, TaskUpdate(version=row.version, title="Theirs"))
    assert page.waits(1).value("Title") == "Theirs"


def test_the_same_field_of_both_is_asked_about(visit: Visit, alice: Actor, bob: Actor, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    old = task(alice, "First")
    monkeypatch.setattr("crm_app.pages.task_dialog.dialog.TaskDialog._changed_elsewhere", _deaf)
    page = visit(alice, "/tasks").press("First")
    run_service(bob, tasks.update_task, old.id, TaskUpdate(version=old.version, title="Theirs"))
    page.fill("Title", "Mine").sees("Someone else saved this first", "Mine", "Theirs")
    assert page.dialog == "Someone else saved this first"
    page.press("Save mine").sees("Saved just now")
    assert run_service(alice, tasks.get_task, old.id).title == "Mine"


def test_what_a_colleague_wrote_comes_along_with_an_own_change_and_is_not_written_over(
    visit: Visit, alice: Actor, bob: Actor, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = task(alice, "First")
    monkeypatch.setattr("crm_app.pages.task_dialog.dialog.TaskDialog._changed_elsewhere", _deaf)
    page = visit(alice, "/tasks").press("First")
    run_service(bob, tasks.update_task, old.id, TaskUpdate(version=old.version, description="Bring the mats"))
    page.press("Priority: Medium").press("High").sees("Saved just now")
    assert page.value("Description") == "Bring the mats"
    page.fill("Title", "Second ").sees("Saved just now").waits(1)
    page.press("Priority: High").press("Low").waits(0.2)
    assert page.value("Title") == "Second ", "the blank before the next word stays"
    page.press("Close", beside="Mark done").waits(0.2)
    row = run_service(alice, tasks.get_task, old.id)
    assert (row.title, row.description, row.priority) == ("Second", "Bring the mats", "low")


def test_what_both_chose_is_asked_about_in_words(visit: Visit, alice: Actor, bob: Actor, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    old = task(alice, "First", due_date=TODAY)
    monkeypatch.setattr("crm_app.pages.task_dialog.dialog.TaskDialog._changed_elsewhere", _deaf)
    page = visit(alice, "/tasks").press("First")
    now = run_service(bob, tasks.update_task, old.id, TaskUpdate(version=old.version, assignee_id=bob.user_id))
    page.press("Assigned to: Me").press("Olivia").sees("Someone else saved this first", "Olivia", "Bob").sees_not(str(bob.user_id)).press("Keep theirs")
    run_service(bob, tasks.update_task, old.id, TaskUpdate(version=now.version, priority="high"))
    page.press("Priority: Medium").press("Urgent").sees("Someone else saved this first", "Urgent", "High").press("Save mine").sees("Saved just now")
    row = run_service(alice, tasks.get_task, old.id)
    assert (row.assignee_id, row.priority) == (bob.user_id, "urgent")


async def _deaf(self: object, changes: object) -> None:
    """Stands for a notice that has not arrived yet."""


def test_a_task_that_goes_meanwhile_closes_its_dialog(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    made = task(bob, "His errand")
    page = visit(alice, "/tasks?whose=all").press("His errand")
    run_service(bob, tasks.delete_tasks, [made.id])
    assert page.sees("This task is not here any more.").dialog == ""


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
    assert page.has("Open") and not page.has("Delete") and not page.has("Due: Tomorrow")
    assert page.press("Open").dialog == "Task"
    assert not page.can_press("Mark done") and not page.has("Add a step") and not page.can_press("Status: To do")
    assert visit(vera, "/tasks?new=1").dialog == ""


def test_the_board_shows_a_column_for_each_status(visit: Visit, alice: Actor, task: Task) -> None:
    task(alice, "First", due_date=TODAY)
    task(alice, "Second", status="in_progress")
    task(alice, "Third", status="completed")
    page = visit(alice, "/tasks").press("Board")
    assert page.path == "/tasks?whose=mine&view=board"
    page.sees("To do", "First", "In progress", "Second", "Done", "Third")
    assert page.press("List").sees("Today\n1", "First").path == "/tasks?whose=mine"


def test_filters_narrow_and_are_taken_off(visit: Visit, alice: Actor, task: Task) -> None:
    task(alice, "Urgent one", priority="urgent", tags=["care"])
    task(alice, "Other one")
    page = visit(alice, "/tasks").press("Filter").press("Urgent").sees("Priority: Urgent", "Urgent one").sees_not("Other one")
    assert page.path == "/tasks?whose=mine&priority=urgent"
    page.press("Remove Priority: Urgent").sees("Other one")
    page.press("Filter").enter("Words in the title", "nothing").sees("Nothing fits").press("Clear filters").sees("Urgent one", "Other one")
    visit(alice, "/tasks?tag=CARE").sees("Urgent one").sees_not("Other one")


def test_a_project_is_made_filled_put_away_and_brought_back(visit: Visit, alice: Actor, task: Task) -> None:
    page = visit(alice, "/tasks").press("New project").fill("Name", "Retreat").fill("Description", "Four days").press("Add project")
    page.sees("Project added", "Retreat", "Four days", "Nothing in this project yet").enter(QUICK, "Book the hall").sees("Book the hall", "0 of 1 tasks done")
    page.press("Complete: Book the hall").sees("1 of 1 tasks done")
    (project,) = run_service(alice, projects.list_projects)
    assert page.path == f"/tasks/projects/{project.id}" and project.progress == 1
    page.press("More about this project").press("Put into the archive").sees("This project is in the archive.").press("Bring back", beside="This project is in the archive.")
    page.sees_not("This project is in the archive.").press("More about this project").press("Edit").fill("Name", "June retreat").press("Save").sees("June retreat")
    page.press("More about this project").press("Delete").sees("Project deleted. Its tasks are still there.")
    assert page.path.startswith("/tasks?")
    page.press("Undo", beside="Project deleted. Its tasks are still there.").sees("June retreat")


def test_a_project_that_is_not_there_says_so(visit: Visit, alice: Actor, bob: Actor) -> None:
    hidden = run_service(bob, projects.create_project, ProjectCreate(title="Secret", audience="private"))
    for key in (hidden.id, uuid4()):
        visit(alice, f"/tasks/projects/{key}").sees_not("Secret", "Add a task")
    visit(alice, "/tasks?whose=all").sees_not("Secret")


def test_a_list_is_grouped_by_project_priority_and_person(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    care = run_service(alice, projects.create_project, ProjectCreate(title="Client care"))
    task(alice, "Filed", project_id=care.id, priority="high")
    task(alice, "Loose", priority="low", assignee_id=bob.user_id)
    task(alice, "Finished", project_id=care.id, status="completed")
    page = visit(alice, "/tasks?whose=team").press("Group").press("Project").sees("Client care\n1\nFiled", "No project\n1\nLoose").sees_not("Finished")
    assert page.path == "/tasks?whose=team&group=project"
    page.reload().press("By project").press("Priority").sees("High\n1\nFiled", "Low\n1\nLoose").press("By priority").press("Person").sees("Alice\n1\nFiled", "Bob\n1\nLoose")
    page.press("Complete: Filed").sees("Task completed").sees_not("Alice\n1").press("Undo").sees("Alice\n1\nFiled", "Bob\n1\nLoose")
    assert page.press("By person").press("Due day").sees("Later\n2").path == "/tasks?whose=team"
    visit(alice, "/tasks?whose=team&group=nonsense").sees("Later\n2")


def test_a_group_leads_to_all_of_it(visit: Visit, alice: Actor, task: Task) -> None:
    care = run_service(alice, projects.create_project, ProjectCreate(title="Client care"))
    for number in range(31):
        task(alice, f"Errand {number}", project_id=care.id, priority="high")
    page = visit(alice, "/tasks?whose=mine&group=project").press("Show all of “Client care”")
    assert page.path == f"/tasks/projects/{care.id}?whose=mine"
    page.sees("Only mine")
    assert visit(alice, "/tasks?whose=mine&group=priority").press("Show all of “High”").path == "/tasks?whose=mine&priority=high"


def test_who_goes_on_while_they_type_leaves_nothing_behind(visit: Visit, alice: Actor, task: Task) -> None:
    task(alice, "Call Ana")
    page = visit(alice, "/tasks").fill("Add a task and press Enter", "Ring @Ana tomorr")
    page.press("Contacts").waits(0.5).sees("Your people will live here")
