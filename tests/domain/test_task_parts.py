"""Steps, tags, estimates, coming again, and many tasks at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, time, timedelta
from time import sleep

import pytest
import time_machine
from pydantic import ValidationError
from sqlalchemy import text

from crm_app.domain.changes import service as changes
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionUpdate
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.rules import due_day
from crm_app.domain.tasks.schemas import StepCreate, StepUpdate, TaskChange, TaskCreate, TaskFilter, TaskNarrowing, TaskUpdate
from crm_app.domain.unit_of_work import unit_of_work
from tests.domain.people import contact

TUESDAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def _tuesday():
    with time_machine.travel("2026-11-24T12:00:00+00:00", tick=True):
        yield


@pytest.fixture
def task(run, alice):
    return run(alice, tasks.create_task, TaskCreate(title="Plan", steps=["read", "write", "send"], tags=["Retreat"], estimate_minutes=30))


@pytest.fixture
def weekly(run, alice):
    ann = contact(alice)
    data = TaskCreate(
        title="Call Ann", due_date=TUESDAY, due_time=time(10), due_zone="Europe/Berlin", recurrence="FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", contact_ids=[ann],
        tags=["care"], steps=["dial"], estimate_minutes=20, remind_minutes=5, priority="high",
    )  # fmt: skip
    return run(alice, tasks.create_task, data)


def titles(steps):
    return [(step.title, step.done) for step in steps]


def open_rows(run, who):
    return [row for rows in run(who, tasks.get_task_board).buckets.values() for row in rows if row.bucket != "done"]


def test_steps_are_counted_ticked_renamed_moved_and_removed(run, alice, bob, task):
    assert (task.steps_done, task.steps_all, task.tags, task.estimate_minutes) == (0, 3, ("Retreat",), 30)
    one, two, three = run(bob, tasks.list_steps, task.id)
    run(bob, tasks.update_step, one.id, StepUpdate(done=True))
    assert titles(run(alice, tasks.update_step, three.id, StepUpdate(position=0, title="post"))) == [("post", False), ("read", True), ("write", False)]
    assert titles(run(alice, tasks.update_step, three.id, StepUpdate(position=99)))[-1] == ("post", False)
    assert titles(run(bob, tasks.add_step, task.id, StepCreate(title="rest")))[-1] == ("rest", False)
    assert titles(run(alice, tasks.delete_step, two.id)) == [("read", True), ("post", False), ("rest", False)]
    row = run(alice, tasks.get_task, task.id)
    assert (row.steps_done, row.steps_all, row.version) == (1, 3, task.version), "a step that is ticked makes nobody's open form stale"


def test_steps_can_be_undone_and_are_told_in_the_history(run, outcome, alice, task):
    step = run(alice, tasks.list_steps, task.id)[0]
    gone = outcome(alice, tasks.delete_step, step.id)
    run(alice, changes.undo_change_set, gone.change_set_id)
    assert titles(run(alice, tasks.list_steps, task.id))[0] == ("read", False)
    run(alice, tasks.update_step, step.id, StepUpdate(done=True))
    lines = [(line.table, line.kind) for act in run(alice, changes.list_history, "task", task.id).acts for line in act.lines]
    assert lines[0] == ("task_step", "changed") and ("task_tag", "made") in lines


STEP_ACTS = ["list", "add", "update", "delete", "change"]


def test_a_step_that_another_page_removes_this_moment_is_gone_and_no_fault(run, alice, bob, task):
    step = run(alice, tasks.list_steps, task.id)[0]
    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(alice) as session:
            tasks.delete_step(session, alice, step.id)
            meanwhile = pool.submit(run, bob, tasks.update_step, step.id, StepUpdate(title="read it", position=1))
            sleep(0.3)  # he has seen it by then, and waits
        with pytest.raises(NotFound):
            meanwhile.result(10)
    assert titles(run(alice, tasks.list_steps, task.id)) == [("write", False), ("send", False)]


def attempt(run, actor, act, task_id, step_id):
    return {
        "list": lambda: run(actor, tasks.list_steps, task_id),
        "add": lambda: run(actor, tasks.add_step, task_id, StepCreate(title="x")),
        "update": lambda: run(actor, tasks.update_step, step_id, StepUpdate(done=True)),
        "delete": lambda: run(actor, tasks.delete_step, step_id),
        "change": lambda: run(actor, tasks.change_tasks, [task_id], TaskChange(priority="urgent", add_tags=["new"])),
    }[act]()


@pytest.mark.parametrize("act", STEP_ACTS)
def test_an_outsider_finds_nothing_and_changes_nothing(run, alice, bob, snapshot, act):
    hidden = run(alice, tasks.create_task, TaskCreate(title="Quiet", audience="private", steps=["x"]))
    step = run(alice, tasks.list_steps, hidden.id)[0]
    before = snapshot()
    with pytest.raises(NotFound):
        attempt(run, bob, act, hidden.id, step.id)
    assert snapshot() == before


@pytest.mark.parametrize("act", STEP_ACTS[1:])
def test_a_viewer_is_refused_and_changes_nothing(run, alice, vera, task, snapshot, act):
    step = run(alice, tasks.list_steps, task.id)[0]
    before = snapshot()
    with pytest.raises(Forbidden):
        attempt(run, vera, act, task.id, step.id)
    assert snapshot() == before and len(run(vera, tasks.list_steps, task.id)) == 3


def test_a_step_of_a_task_in_the_trash_is_not_there(run, alice, task, snapshot):
    step = run(alice, tasks.list_steps, task.id)[0]
    run(alice, tasks.delete_tasks, [task.id])
    before = snapshot()
    for act in STEP_ACTS:
        with pytest.raises(NotFound):
            attempt(run, alice, act, task.id, step.id)
    assert snapshot() == before


def test_what_hangs_on_a_task_is_hidden_with_it(run, alice, bob, task, database):
    run(alice, tasks.update_task, task.id, TaskUpdate(version=task.version, audience="private", title="What nobody else may know"))
    entry = run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="x", contact_ids=[contact(alice)]))
    run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, audience="private", body="What nobody else may know"))
    with database.owner.connect() as connection:
        found = [connection.execute(text(f"select distinct audience from {table}")).scalars().all() for table in ("task_step", "task_tag")]
        told = connection.execute(text("select distinct audience from change where row_id in (:task, :entry)"), {"task": task.id, "entry": entry.id}).scalars().all()
    assert found == [["private"], ["private"]] and told == ["private"]


def test_tags_are_the_teams_words(run, alice, bob, task):
    changed = run(bob, tasks.update_task, task.id, TaskUpdate(version=task.version, tags=["retreat", "São Paulo"]))
    assert changed.tags == ("Retreat", "São Paulo")
    assert run(bob, tasks.update_task, task.id, TaskUpdate(version=changed.version, tags=[])).tags == ()
    with pytest.raises(Invalid):
        run(bob, tasks.update_task, task.id, TaskUpdate(version=changed.version, tags=["!"]))


def test_completing_makes_the_next_one_and_undo_takes_it_back(run, outcome, alice, bob, weekly, snapshot):
    done = outcome(bob, tasks.complete_tasks, [weekly.id])
    (again,) = open_rows(run, alice)
    same = ("title", "due_time", "due_zone", "contacts", "tags", "estimate_minutes", "remind_minutes", "priority", "owner_id", "assignee_id", "recurrence")
    assert again.due_date == date(2026, 12, 8) and all(getattr(again, name) == getattr(weekly, name) for name in same)
    assert (again.steps_done, again.steps_all, done.value[0].recurrence) == (0, 1, "")
    run(bob, changes.undo_change_set, done.change_set_id)
    (back,) = open_rows(run, alice)
    assert (back.id, back.recurrence, back.status, back.due_date) == (weekly.id, weekly.recurrence, "pending", TUESDAY)
    assert titles(run(alice, tasks.list_steps, weekly.id)) == [("dial", False)]


def test_the_undo_waits_for_nobody_who_has_worked_on_the_next_one(run, outcome, alice, weekly, snapshot):
    done = outcome(alice, tasks.complete_tasks, [weekly.id])
    (again,) = open_rows(run, alice)
    run(alice, tasks.update_task, again.id, TaskUpdate(version=again.version, title="Call Ann early"))
    before = snapshot()
    with pytest.raises(Conflict, match="Call Ann"):
        run(alice, changes.undo_change_set, done.change_set_id)
    assert snapshot() == before


def test_a_task_that_is_reopened_and_closed_again_makes_no_second(run, alice, weekly):
    for act in (tasks.complete_tasks, tasks.complete_tasks, tasks.reopen_tasks, tasks.complete_tasks):
        run(alice, act, [weekly.id])
    assert len(open_rows(run, alice)) == 1


def test_the_dialog_and_the_board_complete_alike(run, alice, weekly):
    run(alice, tasks.update_task, weekly.id, TaskUpdate(version=weekly.version, status="completed"))
    (again,) = open_rows(run, alice)
    run(alice, tasks.change_tasks, [again.id], TaskChange(status="completed"))
    assert [row.due_date for row in open_rows(run, alice)] == [date(2026, 12, 22)]


def test_cancelling_ends_the_series(run, alice, weekly):
    run(alice, tasks.change_tasks, [weekly.id], TaskChange(status="cancelled"))
    assert open_rows(run, alice) == []


def test_counted_from_the_day_it_was_done(run, alice):
    made = run(alice, tasks.create_task, TaskCreate(title="Water", due_date=date(2026, 11, 20), recurrence="FREQ=DAILY;INTERVAL=3", repeat_from="done"))
    run(alice, tasks.complete_tasks, [made.id])
    assert [row.due_date for row in open_rows(run, alice)] == [date(2026, 11, 27)]


def test_the_next_one_of_a_private_projects_task_stays_in_it(run, alice, bob):
    hidden = run(alice, projects.create_project, ProjectCreate(title="Secret", audience="private"))
    made = run(alice, tasks.create_task, TaskCreate(title="Water", due_date=TUESDAY, recurrence="FREQ=DAILY", project_id=hidden.id))
    run(bob, tasks.complete_tasks, [made.id])
    assert [(row.project_title, row.owner_id) for row in open_rows(run, alice)] == [("Secret", alice.user_id)]


def test_a_rule_needs_a_day_and_sense(run, alice, weekly, snapshot):
    before = snapshot()
    for given in ({"due_date": None, "due_time": None}, {"recurrence": "FREQ=HOURLY"}):
        with pytest.raises(Invalid):
            run(alice, tasks.update_task, weekly.id, TaskUpdate(version=weekly.version, **given))
    with pytest.raises(Invalid):
        run(alice, tasks.create_task, TaskCreate(title="x", recurrence="FREQ=DAILY"))
    with pytest.raises(Invalid):
        run(alice, tasks.change_tasks, [weekly.id], TaskChange(due_date=None))
    assert snapshot() == before
    never = run(alice, tasks.update_task, weekly.id, TaskUpdate(version=weekly.version, recurrence=""))
    assert never.recurrence == ""


def test_a_day_for_many_is_a_day_of_the_askers_calendar(run, alice):
    """Half past eleven at night in New York is the next day in Lisbon."""
    late = run(alice, tasks.create_task, TaskCreate(title="Late", due_date=TUESDAY, due_time=time(23, 30), due_zone="America/New_York"))
    plain = run(alice, tasks.create_task, TaskCreate(title="Plain", due_date=TUESDAY))
    lisbon, day = replace(alice, time_zone="Europe/Lisbon"), TUESDAY + timedelta(days=7)
    moved = run(lisbon, tasks.change_tasks, [late.id, plain.id], TaskChange(due_date=day))
    assert {due_day(row.due_date, row.due_time, row.due_zone, lisbon.zone) for row in moved} == {day}
    later = run(lisbon, tasks.postpone_tasks, [late.id, plain.id], 1)
    assert len({due_day(row.due_date, row.due_time, row.due_zone, lisbon.zone) for row in later}) == 1


def test_many_tasks_are_changed_at_once_or_none(run, outcome, alice, bob, vera, task, snapshot):
    project = run(alice, projects.create_project, ProjectCreate(title="Client care"))
    other = run(bob, tasks.create_task, TaskCreate(title="Other"))
    data = TaskChange(priority="urgent", due_date=TUESDAY, project_id=project.id, assignee_id=bob.user_id, add_tags=["care"])
    done = outcome(alice, tasks.change_tasks, [task.id, other.id], data)
    assert {(row.priority, row.due_date, row.project_title, row.assignee_name) for row in done.value} == {("urgent", TUESDAY, "Client care", "Bob")}
    assert [row.tags for row in sorted(done.value, key=lambda row: row.id)] == [("care", "Retreat"), ("care",)]
    before = snapshot()
    for bad in ({"assignee_id": vera.user_id}, {"project_id": task.id}):
        with pytest.raises((Invalid, NotFound)):
            run(alice, tasks.change_tasks, [task.id, other.id], TaskChange(**bad))
    assert snapshot() == before
    run(alice, changes.undo_change_set, done.change_set_id)
    assert run(alice, tasks.get_task, task.id).tags == ("Retreat",)
    with pytest.raises(ValidationError):
        TaskChange(title="x")


def test_lists_and_boards_narrow_alike(run, alice, bob, task):
    project = run(alice, projects.create_project, ProjectCreate(title="Client care"))
    data = TaskCreate(title="100% sure_thing", project_id=project.id, tags=["Später"], priority="high", assignee_id=bob.user_id, due_date=TUESDAY)
    wanted = run(alice, tasks.create_task, data)
    for narrowing in ({"project_id": project.id}, {"tag": "spater"}, {"priority": "high"}, {"assignee_id": bob.user_id}, {"search": "0% SURE_"}, {"search": "sure", "tag": "Später", "priority": "high"}):
        assert [row.id for row in run(alice, tasks.list_tasks, TaskFilter(**narrowing)).tasks] == [wanted.id], narrowing
        board = run(alice, tasks.get_task_board, narrowing=TaskNarrowing(**narrowing))
        assert ([row.id for row in board.buckets["today"]], sum(board.counts.values())) == ([wanted.id], 1), narrowing
    assert run(alice, tasks.list_tasks, TaskFilter(search="sure%thing")).tasks == ()


def test_the_board_by_status_shows_what_is_first_and_says_how_many(run, alice, bob, database):
    for number in range(4):
        run(alice, tasks.create_task, TaskCreate(title=f"open {number}", due_date=date(2026, 11, 20 + number)))
        run(alice, tasks.create_task, TaskCreate(title=f"done {number}", status="completed" if number else "cancelled"))
    run(bob, tasks.create_task, TaskCreate(title="his", status="in_progress"))
    board = run(alice, tasks.get_status_board, sizes=(("pending", 2), ("completed", 2)))
    found = {column.status: ([row.title for row in column.rows], column.total, column.total_is_capped) for column in board.columns}
    assert found == {"pending": (["open 0", "open 1"], 4, False), "in_progress": (["his"], 1, False), "completed": (["done 3", "done 2"], 2, True)}
    mine = run(alice, tasks.get_status_board, True)
    assert [(column.status, column.total, column.total_is_capped) for column in mine.columns] == [("pending", 4, False), ("in_progress", 0, False), ("completed", 4, False)]
    run(bob, tasks.create_task, TaskCreate(title="asked", status="waiting_approval"))
    assert [column.status for column in run(bob, tasks.get_status_board).columns] == ["pending", "in_progress", "waiting_approval", "completed"]
