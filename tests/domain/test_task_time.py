"""The time spent on a task: a timer for each person, what stops it, and corrections."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from crm_app.domain.changes import service as changes
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate, TaskUpdate
from crm_app.domain.team import service as team
from crm_app.domain.unit_of_work import run_service


@pytest.fixture
def task(run, alice):
    return run(alice, tasks.create_task, TaskCreate(title="Plan", estimate_minutes=30))


@pytest.fixture
def ago(database):
    """``ago(59)``: what runs was begun so many seconds ago."""

    def move(seconds: int, person: UUID | None = None) -> None:
        with database.owner.begin() as connection:
            wanted = "update task_time set started_at = clock_timestamp() - make_interval(secs => :seconds) where minutes is null"
            connection.execute(text(wanted + (" and person_id = :person" if person else "")), {"seconds": seconds, "person": person})

    return move


def stands(run, who, key):
    row = run(who, tasks.get_task, key)
    return row.actual_minutes, [timer.name for timer in row.timers]


def lines(run, who, key):
    return [(line.table, line.kind, line.row.get("minutes")) for act in run(who, changes.list_history, "task", key).acts for line in act.lines if line.table == "task_time"]


def test_a_timer_runs_until_it_is_stopped_and_begun_minutes_count(run, alice, bob, task, ago):
    running = run(alice, tasks.start_timer, task.id)
    assert (running.actual_minutes, running.version) == (0, task.version), "it makes nobody's open form stale"
    assert abs(running.timers[0].since - datetime.now(UTC)) < timedelta(seconds=20) and running.timers[0].person_id == alice.user_id
    assert stands(run, bob, task.id) == (0, ["Alice"]), "a colleague sees that somebody is at it, and it is a row that outlives a restart"
    ago(61)
    assert run(alice, tasks.stop_timer, task.id).actual_minutes == 2
    run(alice, tasks.start_timer, task.id)
    assert stands(run, alice, task.id) == (2, ["Alice"])
    assert run(alice, tasks.stop_timer, task.id).actual_minutes == 3, "a moment is a minute"
    assert run(alice, tasks.stop_timer, task.id).actual_minutes == 3, "what does not run cannot be stopped twice"


def test_one_runs_for_each_person(run, alice, bob, task, ago):
    other = run(bob, tasks.create_task, TaskCreate(title="Call"))
    run(alice, tasks.start_timer, task.id)
    run(bob, tasks.start_timer, task.id)
    assert stands(run, bob, task.id) == (0, ["Alice", "Bob"])
    ago(590)
    run(alice, tasks.start_timer, other.id)
    assert stands(run, bob, task.id) == (10, ["Bob"]) and stands(run, bob, other.id) == (0, ["Alice"])
    run(alice, tasks.stop_timer, task.id)
    assert stands(run, bob, task.id) == (10, ["Bob"]), "nobody stops a colleague's"


def test_started_again_it_goes_on(run, alice, task, ago):
    run(alice, tasks.start_timer, task.id)
    ago(120)
    assert run(alice, tasks.start_timer, task.id).actual_minutes == 0
    assert run(alice, tasks.stop_timer, task.id).actual_minutes == 3


def test_two_starts_in_one_moment_make_one_timer(run, alice, task, database):
    others = [task, *(run(alice, tasks.create_task, TaskCreate(title=f"Other {number}")) for number in range(3))]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: run_service(alice, tasks.start_timer, others[number % 4].id), range(16)))
    with database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from task_time where minutes is null")).scalar() == 1


@pytest.mark.parametrize("how", ["complete", "cancel", "delete"])
def test_what_is_over_stops_every_timer_and_undo_keeps_the_time(run, outcome, alice, bob, task, ago, how):
    run(alice, tasks.start_timer, task.id)
    run(bob, tasks.start_timer, task.id)
    ago(300)
    done = {
        "complete": lambda: outcome(alice, tasks.complete_tasks, [task.id]),
        "cancel": lambda: outcome(alice, tasks.update_task, task.id, TaskUpdate(version=task.version, status="cancelled")),
        "delete": lambda: outcome(alice, tasks.delete_tasks, [task.id]),
    }[how]()
    run(alice, changes.undo_change_set, done.change_set_id)
    assert stands(run, alice, task.id) == (12, [])
    run(bob, tasks.start_timer, task.id)
    run(alice, changes.undo_change_set, outcome(alice, tasks.complete_tasks, [task.id]).change_set_id)
    assert stands(run, alice, task.id)[1] == []


def test_a_closed_task_is_not_worked_on(run, alice, task, snapshot):
    run(alice, tasks.complete_tasks, [task.id])
    before = snapshot()
    with pytest.raises(Invalid):
        run(alice, tasks.start_timer, task.id)
    assert snapshot() == before


def test_the_next_one_of_a_task_that_comes_again_begins_at_nothing(run, alice):
    weekly = run(alice, tasks.create_task, TaskCreate(title="Water", due_date="2026-11-24", recurrence="FREQ=DAILY", actual_minutes=7))
    run(alice, tasks.complete_tasks, [weekly.id])
    again = next(row for rows in run(alice, tasks.get_task_board).buckets.values() for row in rows if row.id != weekly.id)
    assert (weekly.actual_minutes, again.actual_minutes) == (7, 0)


def test_what_becomes_private_stops_what_others_run_on_it(run, alice, bob, task, ago):
    run(alice, tasks.start_timer, task.id)
    run(bob, tasks.start_timer, task.id)
    ago(90)
    run(alice, tasks.update_task, task.id, TaskUpdate(version=task.version, audience="private"))
    assert stands(run, alice, task.id) == (2, ["Alice"])
    other = run(bob, tasks.create_task, TaskCreate(title="Call"))
    assert run(bob, tasks.start_timer, other.id).timers[0].name == "Bob"


def test_the_time_goes_where_the_task_goes(run, alice, bob, task, database):
    run(alice, tasks.update_task, task.id, TaskUpdate(version=task.version, actual_minutes=10, audience="private"))
    with database.owner.connect() as connection:
        assert connection.execute(text("select owner_id, audience from task_time")).one() == (alice.user_id, "private")
        assert connection.execute(text("select distinct audience from change where row_id = :task"), {"task": task.id}).scalars().all() == ["private"]


@pytest.mark.parametrize("how", ["disabled", "viewer"])
def test_nothing_runs_for_somebody_who_may_not_work_any_more(run, olivia, alice, bob, task, ago, how):
    run(bob, tasks.start_timer, task.id)
    ago(30)
    if how == "disabled":
        run(olivia, team.disable_member, bob.user_id)
    else:
        run(olivia, team.change_role, bob.user_id, "viewer")
    assert stands(run, alice, task.id) == (1, [])


def test_what_was_counted_can_be_corrected(run, outcome, alice, bob, task, ago):
    run(alice, tasks.start_timer, task.id)
    ago(240)
    run(alice, tasks.stop_timer, task.id)
    typed = outcome(bob, tasks.update_task, task.id, TaskUpdate(version=task.version, actual_minutes=45))
    assert typed.value.actual_minutes == 45
    assert run(bob, tasks.update_task, task.id, TaskUpdate(version=typed.value.version, actual_minutes=45, priority="high")).actual_minutes == 45
    run(bob, changes.undo_change_set, typed.change_set_id)
    assert stands(run, alice, task.id)[0] == 5
    row = run(bob, tasks.get_task, task.id)
    assert run(bob, tasks.update_task, task.id, TaskUpdate(version=row.version, actual_minutes=None)).actual_minutes == 0
    for wrong in (-1, 600_001):
        with pytest.raises(ValidationError):
            TaskUpdate(version=1, actual_minutes=wrong)


def test_a_correction_needs_the_newest_version(run, alice, bob, task, snapshot):
    run(bob, tasks.update_task, task.id, TaskUpdate(version=task.version, title="Plan it"))
    before = snapshot()
    with pytest.raises(Conflict):
        run(alice, tasks.update_task, task.id, TaskUpdate(version=task.version, actual_minutes=45))
    assert snapshot() == before


def test_starting_and_stopping_are_told_and_can_be_undone(run, outcome, alice, task, ago):
    begun = outcome(alice, tasks.start_timer, task.id)
    run(alice, changes.undo_change_set, begun.change_set_id)
    assert stands(run, alice, task.id) == (0, [])
    run(alice, tasks.start_timer, task.id)
    ago(600)
    ended = outcome(alice, tasks.stop_timer, task.id)
    assert lines(run, alice, task.id)[:2] == [("task_time", "changed", 11), ("task_time", "made", None)]
    run(alice, changes.undo_change_set, ended.change_set_id)
    assert stands(run, alice, task.id) == (0, ["Alice"])
    run(alice, changes.undo_change_set, outcome(alice, tasks.stop_timer, task.id).change_set_id)
    other = run(alice, tasks.create_task, TaskCreate(title="Call"))
    stopped = outcome(alice, tasks.stop_timer, task.id)
    run(alice, tasks.start_timer, other.id)
    with pytest.raises(Conflict):  # one runs by now
        run(alice, changes.undo_change_set, stopped.change_set_id)
    assert stands(run, alice, task.id) == (11, []) and stands(run, alice, other.id) == (0, ["Alice"])


@pytest.mark.parametrize("act", [tasks.start_timer, tasks.stop_timer])
def test_an_outsider_finds_nothing_and_changes_nothing(run, alice, bob, snapshot, act):
    hidden = run(alice, tasks.create_task, TaskCreate(title="Quiet", audience="private"))
    run(alice, tasks.start_timer, hidden.id)
    before = snapshot()
    with pytest.raises(NotFound):
        run(bob, act, hidden.id)
    assert snapshot() == before


@pytest.mark.parametrize("act", [tasks.start_timer, tasks.stop_timer])
def test_a_viewer_is_refused_and_changes_nothing(run, alice, vera, task, snapshot, act):
    run(alice, tasks.start_timer, task.id)
    before = snapshot()
    with pytest.raises(Forbidden):
        run(vera, act, task.id)
    assert snapshot() == before and stands(run, vera, task.id) == (0, ["Alice"])


def test_nobody_writes_a_colleagues_time_past_the_services(run, alice, bob, task, database):
    run(alice, tasks.start_timer, task.id)

    def reach(session, actor):
        changed = session.connection().execute(text("update task_time set minutes = 1")).rowcount
        return changed, session.connection().execute(text("delete from task_time")).rowcount

    assert run(bob, reach) == (0, 0) and stands(run, alice, task.id) == (0, ["Alice"])
