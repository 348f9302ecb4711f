"""Projects: the archive and the way back, writing at the same time as somebody else, and pages of what is gone."""

from __future__ import annotations

from crm_app.domain.actor import Actor
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate, ProjectRow, ProjectUpdate
from crm_app.domain.unit_of_work import run_service
from tests.pages.conftest import Task, Visit


def made(who: Actor, title: str = "Retreat", **fields: object) -> ProjectRow:
    return run_service(who, projects.create_project, ProjectCreate(title=title, **fields))


def test_what_was_put_away_is_found_and_brought_back(visit: Visit, alice: Actor, vera: Actor, task: Task) -> None:
    row = made(alice)
    task(alice, "Book the hall", project_id=row.id)
    page = visit(alice, "/tasks").sees_not("Archived projects").press("Retreat").press("More about this project").press("Put into the archive")
    page.sees("In the archive now", "Archived projects").press("Archived projects").sees("0 of 1 tasks done", "Retreat")
    assert page.path == "/tasks/archive"
    looking = visit(vera, "/tasks/archive").sees("Retreat")
    assert not looking.has("Bring back")
    assert looking.press("Retreat").sees("This project is in the archive.", "Book the hall").path == f"/tasks/projects/{row.id}"
    page.press("Bring back").sees("Brought back", "Nothing in the archive").press("Undo", beside="Brought back").sees("Undone", "Bring back")


def test_a_colleagues_private_project_is_in_nobody_elses_archive(visit: Visit, alice: Actor, bob: Actor) -> None:
    row = made(bob, "Secret", audience="private")
    run_service(bob, projects.update_project, row.id, ProjectUpdate(version=row.version, archived=True))
    visit(alice, "/tasks/archive").sees("Nothing in the archive").sees_not("Secret", "Archived projects 1")


def test_undo_of_a_new_project_leaves_its_page(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/tasks").press("New project").fill("Name", "Retreat").press("Add project").sees("Project added", "Nothing in this project yet")
    page.press("Undo", beside="Project added").sees("Undone", "All clear").sees_not("Retreat")
    assert page.path == "/tasks?whose=mine" and run_service(alice, projects.list_projects) == ()


def test_undo_of_a_new_project_from_elsewhere_stays_there(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/tasks").press("New project").fill("Name", "Retreat").press("Add project").sees("Nothing in this project yet")
    page.press("Contacts").press("Undo", beside="Project added").sees("Undone")
    assert page.path.startswith("/contacts")


def test_whoever_goes_on_writing_keeps_what_they_wrote(visit: Visit, alice: Actor, bob: Actor) -> None:
    row = made(alice)
    page = visit(alice, f"/tasks/projects/{row.id}").press("More about this project").press("Edit").fill("Name", "June retreat")
    run_service(bob, projects.update_project, row.id, ProjectUpdate(version=row.version, title="July retreat"))
    page.press("Save").sees("June retreat", "July retreat").press("Go on writing")
    assert (page.dialog, page.value("Name")) == ("Project", "June retreat")
    page.fill("Name", "A retreat in June").press("Save").press("Save mine").sees("Project saved", "A retreat in June")
    assert run_service(alice, projects.get_project, row.id).title == "A retreat in June" and page.dialog == ""


def test_a_new_project_is_written_on_while_others_are_made(visit: Visit, alice: Actor, bob: Actor) -> None:
    page = visit(alice, "/tasks").press("New project").fill("Name", "Retreat")
    made(bob, "Another")
    page.waits(1).press("Add project").sees("Project added")


def test_theirs_can_be_kept(visit: Visit, alice: Actor, bob: Actor) -> None:
    row = made(alice)
    page = visit(alice, f"/tasks/projects/{row.id}").press("More about this project").press("Edit").fill("Name", "June retreat")
    run_service(bob, projects.update_project, row.id, ProjectUpdate(version=row.version, title="July retreat"))
    page.press("Save").press("Keep theirs").sees("Kept what was saved before", "July retreat").sees_not("June retreat")
    assert page.dialog == ""


def test_the_page_of_a_project_that_goes_says_so(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    row = made(bob)
    task(alice, "Book the hall", project_id=row.id)
    pages = [visit(alice, f"/tasks/projects/{row.id}{look}").sees("Book the hall") for look in ("", "?view=board")]
    run_service(bob, projects.delete_project, row.id)
    for page in pages:
        page.sees("That project is not here. Someone may have deleted it.").sees_not("Book the hall")
