"""Projects: who may do what with them, how far they are, and what a colleague sees of a private one."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from crm_app.domain.changes import service as changes
from crm_app.domain.errors import Conflict, Forbidden, NotFound
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate, ProjectUpdate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskChange, TaskCreate, TaskFilter, TaskNarrowing, TaskUpdate

ACTS = ["create_in", "update", "delete", "restore", "file_into"]


@pytest.fixture
def project(run, alice):
    return run(alice, projects.create_project, ProjectCreate(title="Client care"))


def attempt(run, actor, act, project, task_id):
    return {
        "create_in": lambda: run(actor, tasks.create_task, TaskCreate(title="Hm", project_id=project.id)),
        "update": lambda: run(actor, projects.update_project, project.id, ProjectUpdate(version=project.version, title="Changed")),
        "delete": lambda: run(actor, projects.delete_project, project.id),
        "restore": lambda: run(actor, projects.restore_project, project.id),
        "file_into": lambda: run(actor, tasks.change_tasks, [task_id], TaskChange(project_id=project.id)),
    }[act]()


def test_progress_counts_what_is_there(run, alice, bob, project):
    made = [run(alice, tasks.create_task, TaskCreate(title=str(number), project_id=project.id)) for number in range(5)]
    run(alice, tasks.complete_tasks, [made[0].id])
    run(alice, tasks.delete_tasks, [made[1].id])
    run(alice, tasks.change_tasks, [made[2].id], TaskChange(status="cancelled"))
    run(alice, tasks.update_task, made[3].id, TaskUpdate(version=made[3].version, audience="private"))
    hers, his = (run(who, projects.get_project, project.id) for who in (alice, bob))
    assert (hers.open_tasks, hers.done_tasks, hers.progress) == (2, 1, 1 / 3)
    assert (his.open_tasks, his.done_tasks) == (1, 1), "a private task is no part of a colleague's figures"
    assert run(alice, projects.list_projects) == (hers,)
    row = run(alice, tasks.get_task, made[0].id)
    assert (row.project_id, row.project_title, row.project_hue) == (project.id, "Client care", project.hue)


def test_colours_are_given_in_turn(run, alice, project):
    hues = [project.hue, *(run(alice, projects.create_project, ProjectCreate(title=str(number))).hue for number in range(7))]
    assert len(set(hues)) == 8


def test_a_private_project_never_shows_its_name(run, alice, bob, snapshot):
    hidden = run(alice, projects.create_project, ProjectCreate(title="Leaving the studio", audience="private"))
    task = run(alice, tasks.create_task, TaskCreate(title="Call", project_id=hidden.id))
    seen = run(bob, tasks.get_task, task.id)
    assert (seen.project_id, seen.project_title, seen.project_hue) == (None, "", "")
    assert run(bob, projects.list_projects) == ()
    for ask in (lambda: run(bob, tasks.list_tasks, TaskFilter(project_id=hidden.id)), lambda: run(bob, tasks.get_task_board, narrowing=TaskNarrowing(project_id=hidden.id))):
        with pytest.raises(NotFound):
            ask()
    changed = run(bob, tasks.update_task, task.id, TaskUpdate(version=task.version, title="Call her"))
    assert changed.project_id is None
    assert run(alice, tasks.get_task, task.id).project_id == hidden.id, "what he cannot see he does not take away"
    history = run(bob, changes.list_history, "task", task.id)
    assert "Leaving the studio" not in str(history)


@pytest.mark.parametrize("act", ACTS)
def test_an_outsider_finds_nothing_and_changes_nothing(run, alice, bob, snapshot, act):
    secret = run(alice, projects.create_project, ProjectCreate(title="Secret", audience="private"))
    his = run(bob, tasks.create_task, TaskCreate(title="His"))
    before = snapshot()
    with pytest.raises(NotFound):
        attempt(run, bob, act, secret, his.id)
    with pytest.raises(NotFound):
        run(bob, projects.get_project, secret.id)
    assert snapshot() == before


@pytest.mark.parametrize("act", ACTS)
def test_a_viewer_is_refused_and_changes_nothing(run, alice, vera, project, snapshot, act):
    task = run(alice, tasks.create_task, TaskCreate(title="Hm"))
    before = snapshot()
    with pytest.raises(Forbidden):
        attempt(run, vera, act, project, task.id)
    with pytest.raises(Forbidden):
        run(vera, projects.create_project, ProjectCreate(title="Hm"))
    assert snapshot() == before and not run(vera, projects.get_project, project.id).may_edit


def test_a_colleague_edits_but_neither_deletes_nor_hides(run, bob, project, snapshot):
    changed = run(bob, projects.update_project, project.id, ProjectUpdate(version=project.version, title="Care", hue="plum", description="All of it"))
    assert (changed.title, changed.hue, changed.description, changed.may_delete) == ("Care", "plum", "All of it", False)
    before = snapshot()
    with pytest.raises(Forbidden):
        run(bob, projects.delete_project, project.id)
    with pytest.raises(Forbidden):
        run(bob, projects.update_project, project.id, ProjectUpdate(version=changed.version, audience="private"))
    assert snapshot() == before


def test_a_stale_save_shows_what_stands(run, alice, bob, project, snapshot):
    run(bob, projects.update_project, project.id, ProjectUpdate(version=project.version, title="First"))
    before = snapshot()
    with pytest.raises(Conflict) as conflict:
        run(alice, projects.update_project, project.id, ProjectUpdate(version=project.version, title="Second"))
    assert conflict.value.current["title"] == "First" and snapshot() == before


def test_the_archive_keeps_the_tasks(run, alice, project):
    task = run(alice, tasks.create_task, TaskCreate(title="Call", project_id=project.id))
    stored = run(alice, projects.update_project, project.id, ProjectUpdate(version=project.version, archived=True))
    assert stored.archived_at and run(alice, projects.list_projects) == () and run(alice, projects.list_projects, True) == (stored,)
    assert run(alice, tasks.get_task, task.id).project_title == "Client care"
    assert run(alice, projects.update_project, project.id, ProjectUpdate(version=stored.version, archived=False)).archived_at is None


def test_trash_lets_go_of_the_tasks_and_brings_them_back(run, outcome, alice, project, database):
    task = run(alice, tasks.create_task, TaskCreate(title="Call", project_id=project.id))
    gone = outcome(alice, projects.delete_project, project.id)
    assert run(alice, tasks.get_task, task.id).project_id is None and run(alice, projects.list_projects) == ()
    run(alice, changes.undo_change_set, gone.change_set_id)
    assert run(alice, tasks.get_task, task.id).project_title == "Client care"
    run(alice, projects.delete_project, project.id)
    assert run(alice, projects.restore_project, project.id).open_tasks == 1


def test_what_is_purged_is_gone_from_the_history_too(run, alice, project, database):
    task = run(alice, tasks.create_task, TaskCreate(title="Call", project_id=project.id, steps=["one"], tags=["yoga"]))
    run(alice, tasks.delete_tasks, [task.id])
    run(alice, projects.delete_project, project.id)
    with database.owner.begin() as connection:
        assert connection.execute(text("select tasks from purge_trash(interval '0 seconds')")).scalar_one() == 1
        left = connection.execute(text("select count(*) from project")).scalar_one(), connection.execute(text("select count(*) from task_step")).scalar_one()
        told = connection.execute(text("select count(*) from change where row_id in (:task, :project)"), {"task": task.id, "project": project.id}).scalar_one()
    assert (left, told) == ((0, 0), 0)


def test_undoing_into_a_project_that_has_become_private_is_a_conflict(run, outcome, alice, bob, project, snapshot):
    task = run(alice, tasks.create_task, TaskCreate(title="Call", project_id=project.id))
    moved = outcome(bob, tasks.change_tasks, [task.id], TaskChange(project_id=None))
    run(alice, projects.update_project, project.id, ProjectUpdate(version=project.version, audience="private"))
    before = snapshot()
    with pytest.raises(Conflict):
        run(bob, changes.undo_change_set, moved.change_set_id)
    assert snapshot() == before
