"""The calendar of due dates: what stands on which day, how one goes about in it, and what is changed there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crm_app.domain.actor import Actor
from crm_app.domain.days import next_month
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.overview_schemas import TaskCalendar
from crm_app.domain.tasks.schemas import TaskFilter
from crm_app.domain.times import long_date, month_words
from crm_app.domain.unit_of_work import run_service
from crm_app.pages.tasks.day import DaySheet
from tests.pages.conftest import Task, Visit

TODAY = datetime.now(UTC).date()
CALENDAR = "/tasks?whose=mine&view=calendar"


def on(day: date, who: Actor) -> str:
    return long_date(day, who)


def test_each_stands_on_its_day_and_the_address_says_which_month(visit: Visit, alice: Actor, task: Task) -> None:
    task(alice, "Now", due_date=TODAY)
    task(alice, "Done", due_date=TODAY, status="completed")
    task(alice, "Some day")
    page = visit(alice, "/tasks").press("Calendar")
    assert page.path == CALENDAR
    page.sees(month_words(TODAY, alice), f"{on(TODAY, alice)} Now Done").sees_not("Some day")
    far = next_month(TODAY.replace(day=1))
    task(alice, "Far", due_date=far.replace(day=20))
    page.press("The month after").sees(month_words(far, alice), f"{on(far.replace(day=20), alice)} Far")
    assert page.path == f"{CALENDAR}&month={far.isoformat()[:7]}"
    page.reload().sees(month_words(far, alice)).press("The month before").press("Today").sees("Now")
    assert page.press("List").path == "/tasks?whose=mine"


def test_a_task_is_begun_on_a_day(visit: Visit, alice: Actor) -> None:
    day = TODAY.replace(day=15)
    page = visit(alice, CALENDAR).press(f"New task: {on(day, alice)}")
    assert page.dialog == "New task"
    page.fill("Title", "Call Ana").press("Add task").sees(f"{on(day, alice)} Call Ana")
    (made,) = run_service(alice, tasks.list_tasks, TaskFilter()).tasks
    assert made.due_date == day


def test_the_menu_moves_ticks_and_deletes_each_with_its_undo(visit: Visit, alice: Actor, task: Task) -> None:
    tomorrow = TODAY + timedelta(days=1)
    made = task(alice, "Call Ana", due_date=TODAY)
    page = visit(alice, CALENDAR).press("More about Call Ana").press("Tomorrow").sees("Moved to Tomorrow")
    assert run_service(alice, tasks.get_task, made.id).due_date == tomorrow
    page.press("Undo", beside="Moved to Tomorrow").sees("Undone", f"{on(TODAY, alice)} Call Ana")
    page.press("More about Call Ana").press("Mark done").sees("Task completed").press("More about Call Ana").press("Reopen").sees("Task reopened")
    page.press("More about Call Ana").press("Delete").sees("Task deleted").sees_not(f"{on(TODAY, alice)} Call Ana")


def test_a_day_opens_with_all_that_is_due(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    for number in range(11):
        task(alice, f"Errand {number}", due_date=TODAY)
    page = visit(alice, CALENDAR).sees("Errand 5").sees_not("Errand 6").press(f"{on(TODAY, alice)}, today, 11 tasks")
    assert page.dialog == on(TODAY, alice)
    page.sees("Errand 10").press("Complete: Errand 10").sees("Task completed")
    his = task(bob, "From Bob", due_date=TODAY, assignee_id=alice.user_id)
    page.sees("From Bob")
    run_service(bob, tasks.delete_tasks, [his.id])
    page.sees_not("From Bob").press("New task", beside="Close").fill("Title", "One more").press("Add task").sees("One more")
    page.press("Close", beside="New task")
    assert page.dialog == ""


def test_a_change_that_comes_while_a_day_is_asked_for_breaks_nothing(visit: Visit, alice: Actor, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    task(alice, "Call Ana", due_date=TODAY)
    ask, asked = DaySheet._ask, []

    async def meanwhile(self: DaySheet, day: date) -> TaskCalendar:
        found = await ask(self, day)
        asked.append(day)
        if len(asked) == 1:
            await self.refresh()
        return found

    monkeypatch.setattr(DaySheet, "_ask", meanwhile)
    page = visit(alice, CALENDAR).press(f"{on(TODAY, alice)}, today, 1 task")
    assert page.dialog == on(TODAY, alice) and asked == [TODAY]
    page.sees("Call Ana")


def test_an_empty_day_says_so(visit: Visit, alice: Actor) -> None:
    visit(alice, CALENDAR).press(f"{on(TODAY.replace(day=1), alice)}, nothing due" if TODAY.day > 1 else f"{on(TODAY, alice)}, today, nothing due").sees("Nothing is due on this day.")


def test_filters_projects_and_whose_hold_in_the_calendar(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    project = run_service(alice, projects.create_project, ProjectCreate(title="Retreat"))
    task(alice, "Hers", due_date=TODAY, priority="urgent", project_id=project.id)
    task(bob, "His", due_date=TODAY)
    page = visit(alice, CALENDAR).sees("Hers").sees_not("His")
    page.press("All tasks").sees("His", "Hers")
    assert page.path == "/tasks?whose=team&view=calendar"
    page.press("Filter").press("Urgent").sees("Priority: Urgent").sees_not("His")
    visit(alice, f"/tasks/projects/{project.id}?view=calendar").sees("Hers").sees_not("His")


def test_what_a_colleague_moves_moves_by_itself(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    page = visit(alice, "/tasks?whose=team&view=calendar")
    made = task(bob, "His errand", due_date=TODAY)
    page.sees(f"{on(TODAY, alice)} His errand")
    run_service(bob, tasks.postpone_tasks, [made.id], 1)
    page.sees_not(f"{on(TODAY, alice)} His errand")


def test_a_viewer_sees_and_is_offered_nothing_to_change(visit: Visit, alice: Actor, vera: Actor, task: Task) -> None:
    task(alice, "Call Ana", due_date=TODAY)
    page = visit(vera, "/tasks?whose=team&view=calendar").sees("Call Ana")
    assert not page.has(f"New task: {on(TODAY, vera)}") and not page.can_press("Complete: Call Ana")
    page.press("More about Call Ana")
    assert page.has("Open") and not page.has("Mark done") and not page.has("Tomorrow") and not page.has("Delete")


@pytest.mark.parametrize("month", ["nonsense", "2026-13", "0001-01", "9999-12", "2026-11-31", ""])
def test_a_broken_month_shows_this_one(visit: Visit, alice: Actor, task: Task, month: str) -> None:
    task(alice, "Now", due_date=TODAY)
    visit(alice, f"{CALENDAR}&month={month}").sees("Now", month_words(TODAY, alice))
