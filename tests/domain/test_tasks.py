"""Tasks: who may do what with them, and where they stand in a person's calendar."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from pydantic import ValidationError
from sqlalchemy import text

from crm_app.domain.changes import service as changes
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.tasks import board_queries
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.models import Priority, Status
from crm_app.domain.tasks.rules import urgency
from crm_app.domain.tasks.schemas import Bucket, TaskCreate, TaskFilter, TaskUpdate
from tests.domain.people import contact, fields

NOON = "2026-11-25T12:00:00+00:00"  # a Wednesday


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel(NOON, tick=True):
        yield


@pytest.fixture
def ann(alice):
    return contact(alice)


@pytest.fixture
def task(run, alice, ann):
    return run(alice, tasks.create_task, TaskCreate(title="Send the plan", due_date=date(2026, 11, 26), contact_ids=[ann]))


def test_a_task_is_made_and_becomes_the_next_step(run, alice, bob, ann, task, database):
    assert (task.bucket, task.assignee_name, task.contacts, task.may_edit, task.may_delete) == ("tomorrow", "Alice", ((ann, "Ann Lee"),), True, True)
    assert fields(database, "contact", ann, "next_step", "next_step_on") == ("Send the plan", date(2026, 11, 26))
    seen = run(bob, tasks.get_task, task.id)
    assert seen.may_edit and not seen.may_delete


def test_the_nearest_open_task_is_the_next_step(run, alice, ann, task, database):
    sooner = run(alice, tasks.create_task, TaskCreate(title="Call", due_date=date(2026, 11, 25), contact_ids=[ann]))
    assert fields(database, "contact", ann, "next_step") == ("Call",)
    done = run(alice, tasks.complete_tasks, [sooner.id])[0]
    assert (done.status, done.bucket, done.completed_at is not None) == ("completed", "done", True)
    assert fields(database, "contact", ann, "next_step") == ("Send the plan",)
    assert run(alice, tasks.reopen_tasks, [sooner.id])[0].completed_at is None
    assert fields(database, "contact", ann, "next_step") == ("Call",)


def test_reopening_leaves_open_ones_as_they_are(run, alice, task):
    started = run(alice, tasks.update_task, task.id, TaskUpdate(version=task.version, status="in_progress"))
    assert run(alice, tasks.reopen_tasks, [task.id])[0] == started


def attempt(run, actor, act, contact_id, task):
    return {
        "create": lambda: run(actor, tasks.create_task, TaskCreate(title="Hm", contact_ids=[contact_id])),
        "update": lambda: run(actor, tasks.update_task, task.id, TaskUpdate(version=task.version, title="Changed")),
        "complete": lambda: run(actor, tasks.complete_tasks, [task.id]),
        "reopen": lambda: run(actor, tasks.reopen_tasks, [task.id]),
        "postpone": lambda: run(actor, tasks.postpone_tasks, [task.id], 1),
        "delete": lambda: run(actor, tasks.delete_tasks, [task.id]),
        "restore": lambda: run(actor, tasks.restore_tasks, [task.id]),
    }[act]()


ACTS = ["create", "update", "complete", "reopen", "postpone", "delete", "restore"]


@pytest.mark.parametrize("act", ACTS)
def test_an_outsider_finds_nothing_and_changes_nothing(run, alice, bob, snapshot, act):
    secret = contact(alice, "Secret", "private")
    task = run(alice, tasks.create_task, TaskCreate(title="Quiet", contact_ids=[secret]))
    assert task.audience == "private"
    before = snapshot()
    with pytest.raises(NotFound):
        attempt(run, bob, act, secret, task)
    assert snapshot() == before and run(bob, tasks.list_tasks, TaskFilter()).tasks == ()


@pytest.mark.parametrize("act", ACTS)
def test_a_viewer_is_refused_and_changes_nothing(run, vera, ann, task, snapshot, act):
    before = snapshot()
    with pytest.raises(Forbidden):
        attempt(run, vera, act, ann, task)
    assert snapshot() == before and not run(vera, tasks.get_task, task.id).may_edit


def test_a_colleague_edits_but_neither_deletes_nor_hides(run, bob, task, snapshot):
    changed = run(bob, tasks.update_task, task.id, TaskUpdate(version=task.version, title="Better", assignee_id=bob.user_id))
    assert (changed.title, changed.assignee_name) == ("Better", "Bob")
    before = snapshot()
    with pytest.raises(Forbidden):
        run(bob, tasks.delete_tasks, [task.id])
    with pytest.raises(Forbidden):
        run(bob, tasks.update_task, task.id, TaskUpdate(version=changed.version, audience="private"))
    assert snapshot() == before


def test_a_stale_save_shows_what_stands(run, alice, bob, task, snapshot):
    run(bob, tasks.update_task, task.id, TaskUpdate(version=task.version, title="First"))
    before = snapshot()
    with pytest.raises(Conflict) as conflict:
        run(alice, tasks.update_task, task.id, TaskUpdate(version=task.version, title="Second"))
    assert conflict.value.current["title"] == "First" and snapshot() == before


def test_one_that_is_missing_leaves_all_as_they_were(run, alice, bob, task, snapshot):
    hidden = run(bob, tasks.create_task, TaskCreate(title="Bob's", audience="private"))
    before = snapshot()
    with pytest.raises(NotFound):
        run(alice, tasks.complete_tasks, [task.id, hidden.id])
    assert snapshot() == before


def test_trash_and_back(run, alice, ann, task, database):
    run(alice, tasks.delete_tasks, [task.id])
    assert fields(database, "contact", ann, "next_step") == (None,)
    assert run(alice, tasks.restore_tasks, [task.id])[0].id == task.id
    assert fields(database, "contact", ann, "next_step") == ("Send the plan",)


def test_a_task_is_given_to_someone_who_may_work_on_it(run, alice, bob, vera, ann, task, snapshot):
    assert [person.name for person in run(vera, tasks.list_assignees)] == ["Alice", "Bob", "Olivia"]
    before = snapshot()
    for attempt in (
        lambda: run(alice, tasks.create_task, TaskCreate(title="Hm", assignee_id=vera.user_id)),
        lambda: run(alice, tasks.update_task, task.id, TaskUpdate(version=task.version, assignee_id=vera.user_id)),
    ):
        with pytest.raises(Invalid) as refused:
            attempt()
        assert "only look" in refused.value.fields["assignee_id"] and snapshot() == before
    given = run(alice, tasks.update_task, task.id, TaskUpdate(version=task.version, assignee_id=bob.user_id))
    assert given.assignee_name == "Bob"
    assert [row.id for rows in run(bob, tasks.get_task_board, mine=True).buckets.values() for row in rows] == [task.id]


def test_nobody_of_that_id_is_refused_in_words(run, alice, ann, snapshot):
    task = run(alice, tasks.create_task, TaskCreate(title="Send the plan", contact_ids=[ann]))
    before = snapshot()
    for attempt in (
        lambda: run(alice, tasks.create_task, TaskCreate(title="Hm", assignee_id=uuid4())),
        lambda: run(alice, tasks.update_task, task.id, TaskUpdate(version=task.version, assignee_id=uuid4())),
    ):
        with pytest.raises(Invalid) as refused:
            attempt()
        assert refused.value.fields == {"assignee_id": "This person is not in the team."} and snapshot() == before


@pytest.mark.parametrize("assignee", ["charlie", "bob"])
def test_an_assignee_must_be_here_and_able_to_see_it(run, alice, ann, snapshot, assignee, request):
    person = request.getfixturevalue(assignee)
    before = snapshot()
    with pytest.raises(Invalid) as invalid:
        run(alice, tasks.create_task, TaskCreate(title="Hm", assignee_id=person.user_id, audience="private"))
    assert "assignee_id" in invalid.value.fields and snapshot() == before


@pytest.mark.parametrize(
    ("given", "field"),
    [({"due_time": time(9)}, "due_time"), ({"due_date": date(2026, 12, 1), "due_time": time(9), "due_zone": "Mars/Base"}, "due_zone")],
)
def test_a_time_needs_a_day_and_a_zone(run, alice, given, field):
    with pytest.raises(Invalid) as invalid:
        run(alice, tasks.create_task, TaskCreate(title="Hm", **given))
    assert field in invalid.value.fields


def test_a_title_is_needed():
    with pytest.raises(ValidationError):
        TaskCreate.model_validate({"title": "  \x00 "})


def test_the_board_follows_the_readers_zone_and_week(run, alice):
    for title, day in [("gone", 24), ("now", 25), ("next", 26), ("friday", 27), ("sunday", 29), ("far", 30)]:
        run(alice, tasks.create_task, TaskCreate(title=title, due_date=date(2026, 11, day)))
    run(alice, tasks.create_task, TaskCreate(title="someday"))
    late = run(alice, tasks.create_task, TaskCreate(title="late", due_date=date(2026, 11, 25), due_time=time(23, 30), due_zone="America/New_York"))
    run(alice, tasks.create_task, TaskCreate(title="no", status="cancelled"))
    assert titles(run(alice, tasks.get_task_board)) == {
        "overdue": ["gone"], "today": ["now"], "tomorrow": ["late", "next"], "this_week": ["friday", "sunday"], "later": ["far", "someday"], "done": ["no"],
    }  # fmt: skip
    in_auckland = replace(alice, time_zone="Pacific/Auckland", week_start=6)
    board = titles(run(in_auckland, tasks.get_task_board))
    assert (board["overdue"], board["today"], board["this_week"]) == (["gone", "now"], ["late", "next"], [])
    assert run(alice, tasks.list_tasks, TaskFilter(due_until=date(2026, 11, 24))).tasks[0].title == "gone"
    assert late.due_zone == "America/New_York"


def test_counts_know_of_more_than_is_shown(run, alice, monkeypatch):
    for day in (24, 24, 25, 26):
        run(alice, tasks.create_task, TaskCreate(title=str(day), due_date=date(2026, 11, day)))
    run(alice, tasks.create_task, TaskCreate(title="done", status="completed"))
    board = run(alice, tasks.get_task_board, most=1)
    assert [board.counts[bucket] for bucket in ("overdue", "today", "tomorrow", "done")] == [2, 1, 1, 1] and not board.capped
    assert [len(board.buckets[bucket]) for bucket in ("overdue", "today", "done")] == [1, 1, 1]
    monkeypatch.setattr(board_queries, "MOST_COUNTED", 1)
    board = run(alice, tasks.get_task_board, buckets=("overdue",))
    assert (board.counts["overdue"], board.capped) == (1, {"overdue"})
    assert [len(board.buckets[bucket]) for bucket in ("overdue", "today", "done")] == [2, 0, 0]
    run(alice, tasks.create_task, TaskCreate(title="also done", status="completed"))
    board = run(alice, tasks.get_task_board, most=1)
    assert (board.counts["done"], "done" in board.capped, [row.title for row in board.buckets["done"]]) == (1, True, ["also done"])
    with pytest.raises(Invalid):
        run(alice, tasks.get_task_board, most=1_001)


ZONES = ("UTC", "Pacific/Kiritimati", "Etc/GMT+12", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")


def test_the_database_sorts_into_the_same_buckets_as_the_rules(run, alice, bob):
    """Days and moments of six zones, as readers in six zones with six weeks see them."""
    some = random.Random(7)
    for number in range(90):
        due = date(2026, 11, 25) + timedelta(days=some.randrange(-3, 9)) if number % 9 else None
        timed = {"due_time": time(some.choice((0, 1, 11, 12, 23)), some.choice((0, 59))), "due_zone": some.choice(ZONES)} if due and number % 3 else {}
        whose = {"assignee_id": bob.user_id} if number % 2 else {}
        run(alice, tasks.create_task, TaskCreate(title=str(number), due_date=due, priority=some.choice(list(Priority)), **timed, **whose))
    for week_start, zone in enumerate(ZONES):
        reader = replace(bob, time_zone=zone, week_start=week_start)
        rows = run(reader, tasks.list_tasks, TaskFilter(limit=200)).tasks
        assert len(rows) == 90
        for mine in (False, True):
            wanted = sorted((row for row in rows if not mine or row.assignee_id == bob.user_id), key=urgency)
            board = run(reader, tasks.get_task_board, mine=mine, most=200)
            assert board.buckets == {bucket: tuple(row for row in wanted if row.bucket is bucket) for bucket in Bucket}, (zone, mine)
            few = run(reader, tasks.get_task_board, mine=mine, most=2)
            assert few.counts == board.counts and all(found == board.buckets[bucket][:2] for bucket, found in few.buckets.items())


def test_the_first_and_last_day_of_the_calendar_are_days(run, alice):
    for day in (date.min, date.max):
        run(alice, tasks.create_task, TaskCreate(title=str(day), due_date=day, due_time=time(23), due_zone="America/New_York"))
    board = titles(run(replace(alice, time_zone="Asia/Tokyo"), tasks.get_task_board))
    assert (board["overdue"], board["later"]) == (["0001-01-01"], ["9999-12-31"])


def test_the_figure_in_the_sidebar_is_ones_own(run, alice, bob):
    for day, whose in ((24, alice), (25, alice), (26, alice), (25, bob)):
        run(alice, tasks.create_task, TaskCreate(title=str(day), due_date=date(2026, 11, day), assignee_id=whose.user_id))
    unassigned = run(bob, tasks.create_task, TaskCreate(title="Nobody's", due_date=date(2026, 11, 25)))
    run(bob, tasks.update_task, unassigned.id, TaskUpdate(version=unassigned.version, assignee_id=None))
    assert (run(alice, tasks.get_side_facts).due, run(bob, tasks.get_side_facts).due) == (2, 2)
    board = run(alice, tasks.get_task_board, mine=True)
    assert board.counts["overdue"] + board.counts["today"] == 2


def test_open_tasks_are_counted_whatever_day_they_have_or_lack(run, alice, bob):
    for day, whose in ((date(2020, 1, 1), alice), (None, alice), (date(9999, 12, 31), bob)):
        run(alice, tasks.create_task, TaskCreate(title=str(day), due_date=day, assignee_id=whose.user_id))
    done = run(alice, tasks.create_task, TaskCreate(title="Done"))
    run(alice, tasks.complete_tasks, [done.id])
    run(bob, tasks.create_task, TaskCreate(title="Bob's alone", audience="private"))
    assert (run(alice, tasks.count_open_tasks), run(bob, tasks.count_open_tasks)) == ((2, 3), (2, 4))


def test_a_task_whose_contacts_are_all_in_the_trash_waits_there_with_them(run, alice, ann):
    ben = run(alice, contacts.create_contact, ContactCreate(display_name="Ben")).id
    run(alice, tasks.create_task, TaskCreate(title="with Ann", contact_ids=[ann]))
    run(alice, tasks.create_task, TaskCreate(title="with both", contact_ids=[ann, ben]))
    run(alice, tasks.create_task, TaskCreate(title="with nobody"))
    run(alice, contacts.delete_contacts, [ann])
    assert titles(run(alice, tasks.get_task_board))["later"] == ["with both", "with nobody"]
    assert {row.title for row in run(alice, tasks.list_tasks, TaskFilter()).tasks} == {"with both", "with nobody"}
    run(alice, contacts.restore_contacts, [ann])
    assert titles(run(alice, tasks.get_task_board))["later"] == ["with Ann", "with both", "with nobody"]


def test_what_the_database_derives_is_nobodys_change(run, outcome, alice, task, database):
    timed = TaskUpdate(version=task.version, due_date=date(2026, 11, 30), due_time=time(9), due_zone="Europe/Berlin", assignee_id=None)
    changed = outcome(alice, tasks.update_task, task.id, timed)
    with database.owner.connect() as connection:
        recorded = connection.execute(text("select before, after from change where table_name = 'task' order by id")).all()
    assert [(before is None, "due_time" in after, {"due_at", "doer_id"} & after.keys()) for before, after in recorded] == [(True, True, set()), (False, True, set())]
    run(alice, changes.undo_change_set, changed.change_set_id)
    row = run(alice, tasks.get_task, task.id)
    assert (row.due_date, row.due_time, row.assignee_id) == (task.due_date, None, task.assignee_id)
    assert titles(run(alice, tasks.get_task_board, mine=True))["tomorrow"] == ["Send the plan"]


def titles(board):
    assert {bucket: len(rows) for bucket, rows in board.buckets.items()} == board.counts
    return {bucket.value: [row.title for row in rows] for bucket, rows in board.buckets.items()}


def test_within_a_bucket_the_urgent_come_first(run, alice):
    for title, priority in [("low", "low"), ("urgent", "urgent"), ("high", "high")]:
        run(alice, tasks.create_task, TaskCreate(title=title, priority=priority, due_date=date(2026, 11, 25)))
    assert titles(run(alice, tasks.get_task_board))["today"] == ["urgent", "high", "low"]


def test_mine_and_one_contacts(run, alice, bob, ann, task):
    run(bob, tasks.create_task, TaskCreate(title="Bob's"))
    assert [row.title for row in run(bob, tasks.list_tasks, TaskFilter(mine=True)).tasks] == ["Bob's"]
    assert titles(run(bob, tasks.get_task_board, ann, False))["tomorrow"] == ["Send the plan"]
    assert [row.id for row in run(bob, tasks.list_tasks, TaskFilter(contact_id=ann)).tasks] == [task.id]


def test_pages_meet(run, alice):
    ids = [run(alice, tasks.create_task, TaskCreate(title=str(number))).id for number in range(7)]
    found, after = [], None
    while True:
        page = run(alice, tasks.list_tasks, TaskFilter(limit=3, after=after, statuses=(Status.PENDING,)))
        found += [row.id for row in page.tasks]
        after = page.next_cursor
        if not after:
            break
    assert found == ids[::-1]


def test_postponing(run, alice, task):
    assert run(alice, tasks.postpone_tasks, [task.id], 7)[0].due_date == date(2026, 12, 3)
    with pytest.raises(Invalid):
        run(alice, tasks.postpone_tasks, [task.id], 0)
