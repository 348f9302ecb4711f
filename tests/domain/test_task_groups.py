"""A list in groups: by project, priority and person, against the same made in plain Python."""

from __future__ import annotations

import random
from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import event

from crm_app.domain.errors import Invalid, NotFound
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.overview_schemas import GroupBy
from crm_app.domain.tasks.rules import urgency
from crm_app.domain.tasks.schemas import TaskCreate, TaskFilter, TaskNarrowing

PRIORITIES = ["urgent", "high", "medium", "low"]


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel("2026-11-25T12:00:00+00:00", tick=True):
        yield


@pytest.fixture
def crowd(run, alice, bob):
    """Forty tasks in three projects or none, of everybody and of every priority; a fourth project is Alice's own."""
    some = random.Random(3)
    known = [None, *(run(alice, projects.create_project, ProjectCreate(title=title)).id for title in ("retreat", "Circle", "care"))]
    known.append(run(alice, projects.create_project, ProjectCreate(title="Away", audience="private")).id)
    for number in range(40):
        due = date(2026, 11, 25) + timedelta(days=some.randrange(-3, 9)) if number % 5 else None
        run(alice, tasks.create_task, TaskCreate(
            title=str(number), due_date=due, priority=some.choice(PRIORITIES), project_id=some.choice(known), assignee_id=some.choice((alice, bob)).user_id,
            status=some.choice(("pending", "in_progress", "completed")),
        ))  # fmt: skip
    return known


def keys_of(row):
    return {GroupBy.PROJECT: str(row.project_id or ""), GroupBy.PRIORITY: row.priority.value, GroupBy.ASSIGNEE: str(row.assignee_id or "")}


@pytest.mark.parametrize("by", list(GroupBy))
def test_each_group_has_its_most_urgent_and_the_count_of_all(run, alice, bob, crowd, by):
    for reader in (alice, bob):
        for mine in (False, True):
            rows = [row for row in run(reader, tasks.list_tasks, TaskFilter(limit=200, mine=mine)).tasks if row.bucket != "done"]
            found = run(reader, tasks.get_task_groups, by, mine, most=3)
            wanted = {}
            for row in sorted(rows, key=urgency):
                wanted.setdefault(keys_of(row)[by], []).append(row)
            assert {group.key: (group.rows, group.total) for group in found.groups} == {key: (tuple(group[:3]), len(group)) for key, group in wanted.items()}


def test_groups_stand_in_an_order_that_people_know(run, alice, bob, crowd):
    by_project = [group.rows[0].project_title for group in run(alice, tasks.get_task_groups, GroupBy.PROJECT).groups]
    assert by_project == ["Away", "care", "Circle", "retreat", ""]
    assert "Away" not in [group.rows[0].project_title for group in run(bob, tasks.get_task_groups, GroupBy.PROJECT).groups]
    assert [group.key for group in run(alice, tasks.get_task_groups, GroupBy.PRIORITY).groups] == PRIORITIES
    assert [group.rows[0].assignee_name for group in run(alice, tasks.get_task_groups, GroupBy.ASSIGNEE).groups] == ["Alice", "Bob"]


def test_they_are_narrowed_and_refused_as_lists_are(run, alice, bob, vera, crowd):
    (only,) = run(vera, tasks.get_task_groups, GroupBy.PROJECT, narrowing=TaskNarrowing(project_id=crowd[1])).groups
    assert only.key == str(crowd[1])
    for key in (crowd[4], uuid4()):
        with pytest.raises(NotFound):
            run(bob, tasks.get_task_groups, GroupBy.PROJECT, narrowing=TaskNarrowing(project_id=key))
    for most in (0, 1_001):
        with pytest.raises(Invalid):
            run(alice, tasks.get_task_groups, GroupBy.PROJECT, most=most)


def test_one_statement_whatever_there_is(run, alice, crowd, database):
    seen: list[str] = []
    listener = lambda *given: seen.append(given[2])  # noqa: E731
    event.listen(database.app, "before_cursor_execute", listener)
    run(alice, tasks.get_task_groups, GroupBy.PROJECT)
    event.remove(database.app, "before_cursor_execute", listener)
    assert len([statement for statement in seen if "set_config('app." not in statement]) == 1
