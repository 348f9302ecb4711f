"""Moving tasks between the parts of a list: what a drag says to the server, and the lines of the menu that do the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from crm_app.components.task_parts import TaskList
from crm_app.domain.actor import Actor
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.rules import day_for
from crm_app.domain.tasks.schemas import Bucket, TaskRow
from crm_app.domain.unit_of_work import run_service
from tests.pages.conftest import Task, Visit
from tests.tabs import Tab

TODAY = datetime.now(UTC).date()
LATE = TODAY - timedelta(days=3)


def now(actor: Actor, row: TaskRow) -> TaskRow:
    return run_service(actor, tasks.get_task, row.id)


def targets(page: Tab) -> dict[str, str]:
    """What a row can be let go over, and the words of those that show only then."""
    parts = page._look(lambda client: [part.props for part in client.elements.values() if "mc-task-part" in part.classes])
    return {str(part["data-drop"]): str(part.get("data-bare", "")) for part in parts if "data-drop" in part}


@pytest.mark.parametrize("bucket", [Bucket.TODAY, Bucket.TOMORROW, Bucket.THIS_WEEK, Bucket.LATER])
def test_dragged_to_another_part_of_the_calendar_it_is_due_there_and_undo_takes_that_back(visit: Visit, alice: Actor, task: Task, bucket: Bucket) -> None:
    made, day = task(alice, "Call Ana", due_date=LATE), day_for(bucket, TODAY, alice.week_start)
    page = visit(alice, "/tasks").sees("Overdue\n1\nCall Ana").drag(str(made.id), bucket.value)
    if day is None:  # on the last two days of a week nothing is left of it
        assert now(alice, page.waits(0.2) and made).due_date == LATE
        return
    page.sees("Moved to").sees_not("Overdue\n1")
    assert (now(alice, made).due_date, now(alice, made).bucket) == (day, bucket)
    page.press("Undo").sees("Undone", "Overdue\n1\nCall Ana")
    assert now(alice, made).due_date == LATE


def test_what_holds_nothing_is_there_for_what_is_dragged(visit: Visit, alice: Actor, vera: Actor, task: Task) -> None:
    task(alice, "Call Ana", due_date=LATE)
    task(alice, "Write", due_date=TODAY)
    page, looked = visit(alice, "/tasks"), visit(vera, "/tasks?whose=team")
    found = targets(page)
    week = {"this_week": "This week"} if day_for(Bucket.THIS_WEEK, TODAY, alice.week_start) else {}
    assert found == {"today": "", "tomorrow": "Tomorrow", **week, "later": "Later"} and targets(looked.sees("Call Ana")) == {}
    page.drag(str(run_service(alice, tasks.get_task_board, None, True).buckets[Bucket.TODAY][0].id), "tomorrow").sees("Tomorrow\n1\nWrite").sees_not("Today\n1")
    assert targets(page) == {"today": "Today", "tomorrow": "", **week, "later": "Later"}


def test_dragged_to_another_group_it_is_one_of_them(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    care, retreat = (run_service(alice, projects.create_project, ProjectCreate(title=title)) for title in ("Client care", "Retreat"))
    made = task(alice, "Call Ana", project_id=care.id, priority="high")
    task(alice, "Book", project_id=retreat.id, priority="low", assignee_id=bob.user_id)
    task(alice, "Loose")
    page = visit(alice, "/tasks?whose=team&group=project").drag(str(made.id), str(retreat.id)).sees("Moved to Retreat", "Retreat\n2").sees_not("Client care\n1")
    assert now(alice, made).project_id == retreat.id
    page.press("Undo").sees("Undone", "Client care\n1\nCall Ana").drag(str(made.id), "none").sees("Moved to No project")
    assert now(alice, made).project_id is None
    page = visit(alice, "/tasks?whose=team&group=priority").drag(str(made.id), "low").sees("Moved to Low", "Low\n2")
    assert now(alice, made).priority == "low"
    page = visit(alice, "/tasks?whose=team&group=assignee").drag(str(made.id), str(bob.user_id)).sees("Moved to Bob", "Bob\n2")
    assert now(alice, made).assignee_id == bob.user_id
    page.press("Undo").sees("Undone", "Bob\n1")
    assert now(alice, made).assignee_id == alice.user_id


def test_the_menu_moves_to_wherever_it_could_be_dragged(visit: Visit, alice: Actor, task: Task) -> None:
    care = run_service(alice, projects.create_project, ProjectCreate(title="Client care"))
    made = task(alice, "Call Ana", due_date=LATE)
    task(alice, "Book", project_id=care.id)
    page = visit(alice, "/tasks?group=project").press("More about this task", beside="Call Ana")
    assert not page.has("Move to: No project")
    page.press("Move to: Client care").sees("Moved to Client care", "Client care\n2")
    assert now(alice, made).project_id == care.id
    page = visit(alice, "/tasks").press("More about this task", beside="Call Ana")
    assert page.has("Due: Today") and not page.has("Due: Overdue") and page.has("Due: This week") == bool(day_for(Bucket.THIS_WEEK, TODAY, alice.week_start))


@pytest.mark.parametrize("address", ["/tasks", "/tasks?whose=team&group=priority", "/tasks?bucket=overdue", "/tasks?whose=team&view=board"])
@pytest.mark.parametrize("to", ["overdue", "done", "high", "nonsense", "", "0189aaaa-0000-7000-8000-000000000009"])
def test_a_place_that_takes_nothing_changes_nothing(visit: Visit, alice: Actor, task: Task, address: str, to: str) -> None:
    made = task(alice, "Call Ana", due_date=LATE, priority="high")
    task(alice, "Other", due_date=TODAY, priority="low")
    visit(alice, address).drag(str(made.id), to).waits(0.1)
    assert now(alice, made) == made


def test_a_task_that_is_not_shown_or_is_done_is_not_moved(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    care = run_service(alice, projects.create_project, ProjectCreate(title="Client care"))
    his, done = task(bob, "His", due_date=LATE), task(alice, "Done", due_date=LATE, project_id=care.id, status="completed")
    task(alice, "Open", due_date=TODAY, project_id=care.id)
    visit(alice, "/tasks?whose=mine").sees("Open").drag(str(his.id), "tomorrow").drag(str(uuid4()), "tomorrow").drag("nonsense", "tomorrow").waits(0.1)
    visit(alice, f"/tasks/projects/{care.id}").sees("Done lately\n1").drag(str(done.id), "tomorrow").waits(0.1)
    assert now(bob, his) == his and now(alice, done) == done


def test_who_may_only_look_has_nothing_to_drag_with_and_moves_nothing(visit: Visit, alice: Actor, vera: Actor, task: Task) -> None:
    made = task(alice, "Call Ana", due_date=LATE)
    page = visit(vera, "/tasks?whose=team").sees("Call Ana")
    shown = page._look(lambda client: [element for element in client.elements.values() if isinstance(element, TaskList)])
    assert shown and not any(element.values.get("movable") for element in shown)
    page.drag(str(made.id), "today").waits(0.1)
    assert now(alice, made) == made


def test_what_the_rules_refuse_is_said_and_stays(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    made = task(alice, "Call Ana", audience="private")
    task(alice, "Book", assignee_id=bob.user_id)
    page = visit(alice, "/tasks?whose=team&group=assignee").drag(str(made.id), str(bob.user_id)).sees("They couldn't see this task", "Alice\n1\nCall Ana")
    assert now(alice, made).assignee_id == alice.user_id and not page.has("Undo")


def stands(page: Tab, *wanted: str) -> Tab:
    """Wait until the lists of the page hold these, one below the other."""

    def titles() -> list[str]:
        return page._look(lambda client: [task.title for element in client.elements.values() if isinstance(element, TaskList) for task in element.tasks])

    page._until(lambda: titles() == list(wanted), f"{wanted} do not stand")
    return page


def test_within_a_day_rows_are_put_in_order_and_undo_takes_that_back(visit: Visit, alice: Actor, bob: Actor, vera: Actor, task: Task) -> None:
    made = {title: task(alice, title, due_date=TODAY) for title in ("Call Ana", "Write", "Book", "Pay")}
    page, his, looked = visit(alice, "/tasks"), visit(bob, "/tasks?whose=team"), visit(vera, "/tasks?whose=team")
    stands(page, "Call Ana", "Write", "Book", "Pay").put(str(made["Pay"].id), str(made["Call Ana"].id)).sees("Moved")
    for each in (page, his, looked):
        stands(each, "Call Ana", "Pay", "Write", "Book")
    stands(looked.put(str(made["Book"].id), str(made["Pay"].id)).waits(0.3), "Call Ana", "Pay", "Write", "Book")
    stands(page.press("Undo").sees("Undone"), "Call Ana", "Write", "Book", "Pay")
    stands(page.press("More about this task", beside="Book").press("Move up"), "Call Ana", "Book", "Write", "Pay")
    page.press("More about this task", beside="Call Ana").sees_not("Move up").press("Move down")
    stands(page, "Book", "Call Ana", "Write", "Pay")
    stands(his, "Book", "Call Ana", "Write", "Pay")


def test_order_by_hand_ends_where_the_day_does(visit: Visit, alice: Actor, task: Task) -> None:
    first, second = TODAY - timedelta(days=9), TODAY - timedelta(days=5)
    made = {title: task(alice, title, due_date=day) for title, day in (("a", first), ("b", first), ("c", first), ("x", second), ("y", second), ("alone", LATE))}
    key = {title: str(row.id) for title, row in made.items()}
    page = stands(visit(alice, "/tasks"), "a", "b", "c", "x", "y", "alone")
    stands(page.put(key["a"], key["y"]), "b", "c", "a", "x", "y", "alone")  # the nearer end of its own day
    page.put(key["a"], key["x"]).sees("Tasks are put in order within a day")
    stands(page.put(key["y"], key["b"], after=False), "b", "c", "a", "y", "x", "alone")
    page.put(key["alone"], key["b"], after=False).put(key["b"], str(uuid4())).put("x", "y").waits(0.3)
    stands(page, "b", "c", "a", "y", "x", "alone")
    assert {title: now(alice, row).due_date for title, row in made.items()} == {title: row.due_date for title, row in made.items()}
    page.press("More about this task", beside="alone").sees("A week later").sees_not("Move up", "Move down")
