"""The order by hand within a day: where a task stands, for whom, how long, and who may put it there."""

from __future__ import annotations

import random
from datetime import date, time
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import text

from crm_app.domain.changes import service as changes
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.models import Priority
from crm_app.domain.tasks.overview_schemas import GroupBy, TaskPlace
from crm_app.domain.tasks.schemas import TaskChange, TaskCreate, TaskUpdate

DAY = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel("2026-11-25T12:00:00+00:00", tick=True):
        yield


@pytest.fixture
def make(run, alice):
    def make(title, actor=alice, day=DAY, **values):
        return run(actor, tasks.create_task, TaskCreate(title=title, due_date=day, **values))

    return make


def put(run, actor, task, beside, after=True):
    return run(actor, tasks.place_task, task.id, TaskPlace(beside=beside.id, after=after))


def today(run, actor, **wanted):
    """The titles of today's tasks as each of the looks has them, which is one order."""
    board = [row.title for row in run(actor, tasks.get_task_board, **wanted).buckets["today"]]
    (day,) = run(actor, tasks.get_task_calendar, DAY, most=200).days
    (pending, *_others) = run(actor, tasks.get_status_board).columns
    (loose,) = run(actor, tasks.get_task_groups, GroupBy.PROJECT, most=200).groups
    assert [row.title for row in day.rows if row.bucket != "done"] == board
    assert [row.title for row in pending.rows if row.due_date == DAY] == board
    assert [row.title for row in loose.rows if row.due_date == DAY] == board
    return board


def test_what_is_put_somewhere_stands_there_and_everything_else_where_it_stood(run, alice, make):
    a, b, c, d = (make(title) for title in "abcd")
    assert today(run, alice) == ["a", "b", "c", "d"]
    put(run, alice, d, a)
    assert today(run, alice) == ["a", "d", "b", "c"]
    put(run, alice, a, c)
    assert today(run, alice) == ["d", "b", "c", "a"]
    put(run, alice, b, d, after=False)
    assert today(run, alice) == ["b", "d", "c", "a"]
    put(run, alice, c, b, after=False)
    assert today(run, alice) == ["c", "b", "d", "a"]


def test_it_wins_over_time_and_urgency_and_what_is_new_comes_where_these_put_it(run, alice, make):
    call, plan = make("ten o'clock", due_time=time(10), due_zone="UTC"), make("plan", priority="low")
    assert today(run, alice) == ["ten o'clock", "plan"]
    put(run, alice, plan, call, after=False)
    assert today(run, alice) == ["plan", "ten o'clock"]
    make("urgent", priority="urgent")
    make("nine o'clock", due_time=time(9), due_zone="UTC")
    assert today(run, alice) == ["nine o'clock", "plan", "ten o'clock", "urgent"]
    run(alice, tasks.update_task, plan.id, TaskUpdate(version=plan.version, priority="urgent", title="plan"))
    assert today(run, alice) == ["nine o'clock", "plan", "ten o'clock", "urgent"]


@pytest.mark.parametrize(
    "move",
    [
        lambda task: (tasks.postpone_tasks, [task.id], 1), lambda task: (tasks.change_tasks, [task.id], TaskChange(due_date=date(2026, 11, 26))),
        lambda task: (tasks.update_task, task.id, TaskUpdate(version=task.version, due_date=date(2026, 11, 26))),
        lambda task: (tasks.update_task, task.id, TaskUpdate(version=task.version, due_time=time(23), due_zone="UTC")),
    ],
)
def test_another_day_or_time_ends_it_and_undoing_that_brings_it_back(run, outcome, alice, make, database, move):
    a, b = make("a"), make("b")
    put(run, alice, b, a, after=False)
    moved = outcome(alice, *move(b))
    assert placed(database, b) == (None, None, None)
    run(alice, changes.undo_change_set, moved.change_set_id)
    assert today(run, alice) == ["b", "a"] and placed(database, b) == (4 * 86_400 + 2, a.id, -1.0)


def placed(database, task):
    with database.owner.connect() as connection:
        return tuple(connection.execute(text("select place_rank, place_beside, place_turn from task where id = :id"), {"id": task.id}).one())


def test_undo_takes_a_place_back_unless_it_was_put_elsewhere_since(run, outcome, alice, bob, make):
    a, b, c = (make(title) for title in "abc")
    first = outcome(alice, tasks.place_task, c.id, TaskPlace(beside=a.id, after=False))
    assert today(run, alice) == ["c", "a", "b"]
    run(alice, changes.undo_change_set, first.change_set_id)
    assert today(run, alice) == ["a", "b", "c"]
    second = outcome(alice, tasks.place_task, c.id, TaskPlace(beside=a.id, after=False))
    put(run, bob, c, a)
    with pytest.raises(Conflict, match="place"):
        run(alice, changes.undo_change_set, second.change_set_id)
    assert today(run, alice) == today(run, bob) == ["a", "c", "b"]
    assert b.title == "b"


def test_nobodys_open_form_is_stale_and_no_history_is_told(run, alice, bob, make):
    a, b = make("a"), make("b")
    assert put(run, bob, b, a, after=False).version == b.version
    assert run(alice, tasks.update_task, b.id, TaskUpdate(version=b.version, title="b!")).title == "b!"
    acts = run(alice, changes.list_history, "task", b.id).acts
    assert [[line.kind for line in act.lines] for act in acts if act.lines] == [["changed"], ["made"]]


def test_the_litany(run, alice, bob, vera, charlie, make, snapshot):
    a, b = make("a", audience="private"), make("b", audience="private")
    shared = make("shared")
    before = snapshot()
    for actor, task, beside, refusal in (
        (bob, b, shared, NotFound), (bob, shared, b, NotFound), (charlie, shared, b, (NotFound, Forbidden)), (vera, shared, shared, Forbidden), (vera, b, a, Forbidden),
    ):  # fmt: skip
        with pytest.raises(refusal):
            put(run, actor, task, beside)
    with pytest.raises(NotFound):
        run(alice, tasks.place_task, shared.id, TaskPlace(beside=uuid4()))
    put(run, alice, a, a)
    assert snapshot() == before
    put(run, bob, shared, make("his", bob))
    put(run, alice, b, a, after=False)
    assert today(run, alice) == ["b", "a", "his", "shared"] and today(run, bob) == ["his", "shared"]


def test_only_what_is_open_and_due_on_the_same_day_is_put_in_order(run, alice, make, snapshot):
    a, other, loose, done = make("a"), make("other", day=date(2026, 11, 26)), make("loose", day=None), make("done", status="completed")
    before = snapshot()
    for task, beside in ((a, other), (a, loose), (loose, a), (a, done), (done, a)):
        with pytest.raises(Invalid):
            put(run, alice, task, beside)
    assert snapshot() == before
    again = make("again", day=None)
    put(run, alice, again, loose, after=False)
    assert [row.title for row in run(alice, tasks.get_task_board).buckets["later"]] == ["again", "loose"]


def test_the_next_one_of_a_series_stands_where_its_time_puts_it(run, alice, make, database):
    a, b = make("a"), make("b", recurrence="FREQ=DAILY")
    put(run, alice, b, a, after=False)
    run(alice, tasks.complete_tasks, [b.id])
    (again,) = run(alice, tasks.get_task_board).buckets["tomorrow"]
    assert placed(database, again) == (None, None, None)
    run(alice, tasks.reopen_tasks, [b.id])
    assert today(run, alice) == ["b", "a"]


def test_a_hundred_tasks_put_about_by_chance_stand_as_a_list_would(run, alice, make):
    some = random.Random(5)
    made = [make(f"{number:02}", priority=some.choice(list(Priority)), **({"due_time": time(9 + number % 3), "due_zone": "UTC"} if number % 4 == 0 else {})) for number in range(30)]
    by_title = {task.title: task for task in made}
    order = today(run, alice, most=200)
    for turn in range(70):
        title, beside = some.sample(order, 2)
        after = bool(turn % 2)
        order.remove(title)
        order.insert(order.index(beside) + after, title)
        put(run, alice, by_title[title], by_title[beside], after)
    assert today(run, alice, most=200) == order


def test_in_one_and_the_same_gap_there_is_room_for_fifty(run, alice, make):
    a, b = make("a"), make("z")
    put(run, alice, b, a)
    before = b
    for number in range(50):
        fresh = make(f"{number:02}")
        put(run, alice, fresh, before, after=False)
        before = fresh
    assert [row.title for row in run(alice, tasks.get_task_board, most=200).buckets["today"]] == ["a", *(f"{number:02}" for number in reversed(range(50))), "z"]
