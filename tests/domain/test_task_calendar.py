"""The calendar of tasks: what is due on each day where its reader is, how many that are, and whose."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import event

from crm_app.domain.contacts import service as contacts
from crm_app.domain.days import in_month, month_weeks, next_month
from crm_app.domain.errors import Invalid, NotFound
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.models import Priority
from crm_app.domain.tasks.rules import due_day, written_day
from crm_app.domain.tasks.schemas import TaskCreate, TaskFilter, TaskNarrowing
from tests.domain.people import contact

NOVEMBER = month_weeks(date(2026, 11, 1), 0)
ZONES = ("UTC", "Pacific/Kiritimati", "Etc/GMT+12", "America/New_York", "Europe/Berlin", "Pacific/Auckland")


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel("2026-11-25T12:00:00+00:00", tick=True):
        yield


def make(run, who, title, day=25, **fields):
    return run(who, tasks.create_task, TaskCreate(title=title, due_date=date(2026, 11, day), **fields))


def month(run, who, weeks=NOVEMBER, **asked):
    return run(who, tasks.get_task_calendar, weeks[0], len(weeks), **asked)


def titles(calendar):
    return {day.day.day: [row.title for row in day.rows] for day in calendar.days if day.rows}


@pytest.mark.parametrize(
    ("day", "week_start", "first", "last"),
    [
        (date(2026, 11, 30), 0, date(2026, 10, 26), date(2026, 12, 6)), (date(2026, 11, 2), 6, date(2026, 11, 1), date(2026, 12, 5)),
        (date(2027, 2, 14), 0, date(2027, 2, 1), date(2027, 2, 28)), (date(2024, 2, 29), 5, date(2024, 1, 27), date(2024, 3, 1)),
        (date(2026, 12, 31), 0, date(2026, 11, 30), date(2027, 1, 3)),
    ],
)  # fmt: skip
def test_a_month_is_shown_in_whole_weeks(day, week_start, first, last):
    days = month_weeks(day, week_start)
    assert (days[0], days[-1], len(days) % 7) == (first, last, 0)
    assert [later - earlier for earlier, later in zip(days, days[1:], strict=False)] == [timedelta(days=1)] * (len(days) - 1)


def test_months_follow_each_other():
    assert [next_month(date(2026, 12, 31)), next_month(date(2026, 1, 31), -1), next_month(date(2026, 5, 9), 14)] == [date(2027, 1, 1), date(2025, 12, 1), date(2027, 7, 1)]


def test_the_same_day_of_another_month_or_its_last_one():
    assert [in_month(date(2026, 1, 31), 1), in_month(date(2026, 3, 15), -1), in_month(date(2024, 3, 31), -1)] == [date(2026, 2, 28), date(2026, 2, 15), date(2024, 2, 29)]


def test_a_day_has_the_open_ones_by_time_and_urgency_and_then_the_done(run, alice):
    for title, fields in {
        "done": {"status": "completed", "priority": "urgent"}, "low": {"priority": "low"}, "evening": {"due_time": time(19), "priority": "low"}, "urgent": {"priority": "urgent"},
        "morning": {"due_time": time(8)}, "cancelled": {"status": "cancelled"},
    }.items():  # fmt: skip
        make(run, alice, title, **fields)
    make(run, alice, "before", day=1)
    run(alice, tasks.create_task, TaskCreate(title="some day"))
    found = month(run, alice)
    assert titles(found) == {1: ["before"], 25: ["morning", "evening", "urgent", "low", "done", "cancelled"]}
    (day,) = (one for one in found.days if one.day == date(2026, 11, 25))
    assert (found.today, day.open, day.closed, [row.bucket for row in day.rows[-3:]]) == (date(2026, 11, 25), 4, 2, ["today", "done", "done"])
    assert [one.day for one in found.days] == NOVEMBER


def test_more_than_is_shown_is_counted(run, alice):
    for number in range(12):
        make(run, alice, str(number), status="completed" if number < 5 else "pending")
    (day,) = run(alice, tasks.get_task_calendar, date(2026, 11, 25), most=3).days
    assert (len(day.rows), day.open, day.closed) == (3, 7, 5)
    (whole,) = run(alice, tasks.get_task_calendar, date(2026, 11, 25), most=200).days
    assert len(whole.rows) == 12 and whole.rows[:3] == day.rows
    assert run(alice, tasks.get_task_calendar, date(2026, 11, 24)).days[0].rows == ()


def test_days_are_the_readers_own(run, alice, bob):
    """Days and moments of six zones on both sides of two changes of the clock, as readers in six zones with six weeks see them."""
    some = random.Random(11)
    for number in range(150):
        due = date(2026, 10, 20) + timedelta(days=some.randrange(48))
        timed = {"due_time": time(some.choice((0, 1, 2, 12, 23)), some.choice((0, 30, 59))), "due_zone": some.choice(ZONES)} if number % 3 else {}
        whose = {"assignee_id": bob.user_id} if number % 2 else {}
        run(alice, tasks.create_task, TaskCreate(title=str(number), due_date=due, priority=some.choice(list(Priority)), status=some.choice(("pending", "completed")), **timed, **whose))
    for week_start, zone in enumerate(ZONES):
        reader = replace(bob, time_zone=zone, week_start=week_start)
        rows = run(reader, tasks.list_tasks, TaskFilter(limit=200)).tasks
        assert len(rows) == 150
        weeks = month_weeks(date(2026, 11, 1), week_start)
        for mine in (False, True):
            for day in month(run, reader, weeks, mine=mine, most=200).days:
                wanted = {row for row in rows if due_day(row.due_date, row.due_time, row.due_zone, reader.zone) == day.day and (not mine or row.assignee_id == bob.user_id)}
                assert {row.id for row in day.rows} == {row.id for row in wanted}, (zone, day.day)
                assert (day.open, day.closed) == (sum(row.bucket != "done" for row in wanted), sum(row.bucket == "done" for row in wanted))


def test_it_is_narrowed_as_the_list_is(run, alice, bob):
    project = run(alice, projects.create_project, ProjectCreate(title="Retreat"))
    make(run, alice, "mine", project_id=project.id, tags=["care"], priority="high")
    make(run, alice, "his", assignee_id=bob.user_id)
    for wanted, found in (
        ({"project_id": project.id}, ["mine"]), ({"tag": "CARE"}, ["mine"]), ({"priority": "high"}, ["mine"]), ({"assignee_id": bob.user_id}, ["his"]), ({"search": "mi"}, ["mine"]),
    ):  # fmt: skip
        assert titles(month(run, alice, narrowing=TaskNarrowing(**wanted))) == {25: found}
    assert titles(month(run, bob, mine=True)) == {25: ["his"]}


def test_nobody_sees_what_is_private_or_in_the_trash(run, alice, bob, vera, charlie):
    secret = run(bob, projects.create_project, ProjectCreate(title="Secret", audience="private"))
    make(run, bob, "his own", audience="private")
    gone = contact(alice)
    make(run, alice, "about somebody", contact_ids=[gone])
    make(run, alice, "shared")
    assert titles(month(run, alice)) == titles(month(run, vera)) == {25: ["about somebody", "shared"]}
    run(alice, contacts.delete_contacts, [gone])
    assert titles(month(run, alice)) == {25: ["shared"]} and titles(month(run, bob)) == {25: ["his own", "shared"]}
    for key in (secret.id, uuid4()):
        with pytest.raises(NotFound):
            month(run, alice, narrowing=TaskNarrowing(project_id=key))


@pytest.mark.parametrize("asked", [{"days": 0}, {"days": 43}, {"most": 0}, {"most": 1_001}, {"first": date.min}, {"first": date.max}])
def test_what_no_calendar_shows_is_refused(run, alice, asked):
    with pytest.raises(Invalid):
        run(alice, tasks.get_task_calendar, **{"first": date(2026, 11, 1), **asked})


def test_one_statement_whatever_there_is(run, alice, database):
    for number in range(20):
        make(run, alice, str(number), day=number + 1)
    seen: list[str] = []
    listener = lambda *given: seen.append(given[2])  # noqa: E731
    event.listen(database.app, "before_cursor_execute", listener)
    month(run, alice, mine=True)
    event.remove(database.app, "before_cursor_execute", listener)
    assert len([statement for statement in seen if "set_config('app." not in statement]) == 1


def test_a_task_with_a_time_is_written_so_that_it_falls_on_the_day_that_is_meant(run, alice):
    row = make(run, alice, "late", due_time=time(23, 30), due_zone="America/New_York")
    for zone in map(ZoneInfo, ZONES):
        written = written_day(row, date(2026, 12, 1), zone)
        assert due_day(written, row.due_time, row.due_zone, zone) == date(2026, 12, 1)
    assert written_day(row, date(2026, 12, 1), ZoneInfo("Europe/Berlin")) == date(2026, 11, 30)
    assert written_day(make(run, alice, "all day"), date(2026, 12, 1), ZoneInfo("Asia/Tokyo")) == date(2026, 12, 1)
