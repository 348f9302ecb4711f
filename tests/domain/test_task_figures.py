"""The figures of tasks against the same counted in plain Python, from the rows themselves."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
import time_machine
from sqlalchemy import event, text

from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.rules import due_day
from crm_app.domain.tasks.schemas import TaskCreate, TaskFilter

TODAY = date(2026, 11, 25)
ZONES = ("UTC", "Pacific/Kiritimati", "Etc/GMT+12", "America/New_York", "Europe/Berlin")


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel("2026-11-25T12:00:00+00:00", tick=True):
        yield


def make(run, who, title="one", by=-3, **fields):
    return run(who, tasks.create_task, TaskCreate(title=title, due_date=TODAY + timedelta(days=by), **fields))


def counts(found):
    return {name: getattr(found, name) for name in ("open", "overdue", "due_today", "due", "done", "by_assistant")}


def test_nothing_is_nothing_and_no_share_is_invented(run, alice):
    found = run(alice, tasks.get_task_figures)
    assert counts(found) == dict.fromkeys(counts(found), 0)
    assert (found.completion, found.assistants_share, found.projects) == (None, None, ())
    assert (found.today, found.since, found.until) == (TODAY, date(2026, 10, 26), date(2026, 11, 24))


def test_what_each_figure_counts(run, alice, database):
    for by, status in ((-40, "pending"), (-40, "completed"), (-31, "completed"), (-30, "completed"), (-1, "completed"), (-1, "pending"), (-2, "cancelled"), (0, "completed"), (0, "in_progress"), (1, "pending")):
        make(run, alice, by=by, status=status)
    run(alice, tasks.create_task, TaskCreate(title="some day"))
    helped = make(run, alice, status="completed")
    with database.owner.begin() as connection:
        connection.execute(text("update task set done_by = 'ai_assistant' where id = :id"), {"id": helped.id})
    found = run(alice, tasks.get_task_figures)
    assert counts(found) == {"open": 5, "overdue": 2, "due_today": 1, "due": 4, "done": 3, "by_assistant": 1}
    assert (found.completion, found.assistants_share) == (3 / 4, 1 / 3)


def test_they_stand_by_project_as_their_reader_sees_it(run, alice, bob):
    open_one = run(alice, projects.create_project, ProjectCreate(title="care"))
    hidden = run(alice, projects.create_project, ProjectCreate(title="Away", audience="private"))
    run(alice, projects.create_project, ProjectCreate(title="Empty"))
    for project in (open_one, hidden):
        make(run, alice, project_id=project.id, status="completed")
        make(run, alice, project_id=project.id)
    make(run, alice, audience="private")
    hers, his = (run(who, tasks.get_task_figures).projects for who in (alice, bob))
    assert [(part.title, part.open, part.due, part.done) for part in hers] == [("Away", 1, 2, 1), ("care", 1, 2, 1), ("", 1, 1, 0)]
    assert [(part.title, part.project_id, part.open, part.due, part.done) for part in his] == [("care", open_one.id, 1, 2, 1), ("", None, 1, 2, 1)]


def test_the_database_counts_as_plain_python_does(run, alice, bob, database):
    some = random.Random(5)
    made = [run(alice, projects.create_project, ProjectCreate(title=f"Project {number}")) for number in range(3)]
    for number in range(150):
        timed = {"due_time": time(some.choice((0, 1, 12, 23)), some.choice((0, 59))), "due_zone": some.choice(ZONES)} if number % 3 else {}
        due = {"due_date": TODAY + timedelta(days=some.choice((-33, -32, -31, -30, -29, -15, -2, -1, 0, 1, 2))), **timed} if number % 10 else {}
        status = some.choice(("pending", "in_progress", "completed", "completed", "cancelled"))
        run(alice, tasks.create_task, TaskCreate(title=str(number), status=status, project_id=some.choice((None, *(one.id for one in made))), assignee_id=some.choice((alice, bob)).user_id, **due))
    with database.owner.begin() as connection:
        connection.execute(text("update task set done_by = 'ai_assistant' where right(title, 1) in ('1', '4', '7')"))
    for zone in ZONES:
        reader = replace(bob, time_zone=zone)
        today = run(reader, tasks.get_task_figures).today
        rows = run(reader, tasks.list_tasks, TaskFilter(limit=200)).tasks
        for mine in (False, True):
            found = run(reader, tasks.get_task_figures, mine)
            wanted = Counter()
            for row in rows:
                if mine and row.assignee_id != bob.user_id:
                    continue
                day, still = due_day(row.due_date, row.due_time, row.due_zone, reader.zone), row.status in ("pending", "in_progress")
                lately = day is not None and today - timedelta(days=30) <= day < today and row.status != "cancelled"
                done = lately and row.status == "completed"
                said = {
                    "open": still, "overdue": still and day is not None and day < today, "due_today": still and day == today, "due": lately, "done": done,
                    "by_assistant": done and row.title[-1] in "147",
                }  # fmt: skip
                for name, holds in said.items():
                    wanted[None, name] += holds
                    wanted[row.project_title, name] += holds
            assert counts(found) == {name: wanted[None, name] for name in counts(found)}, zone
            for part in found.projects:
                assert counts(part) == {name: wanted[part.title, name] for name in counts(part)}, (zone, part.title)
            assert found.completion == wanted[None, "done"] / wanted[None, "due"]


def test_one_statement_whatever_there_is(run, alice, vera, database):
    for number in range(8):
        make(run, alice, by=-number)
    seen: list[str] = []
    listener = lambda *given: seen.append(given[2])  # noqa: E731
    event.listen(database.app, "before_cursor_execute", listener)
    assert run(vera, tasks.get_task_figures).open == 8
    event.remove(database.app, "before_cursor_execute", listener)
    assert len([statement for statement in seen if "set_config('app." not in statement]) == 1
