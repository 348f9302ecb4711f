"""The figures of tasks: what they say, and that each leads to exactly what it counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.unit_of_work import run_service
from tests.cluster import Database
from tests.pages.conftest import Task, Visit

TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)


def test_without_tasks_there_are_no_shares(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/tasks").press("Figures").sees("Open\n0", "Nothing is open, and nothing was due lately.", "so there is no share").sees_not("%", "The assistant did")
    assert page.path == "/tasks/figures"


def test_whoever_is_alone_may_press_figures_again(visit: Visit, database: Database, alice: Actor) -> None:
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set disabled_at = now() where id <> :who"), {"who": alice.user_id})
    page = visit(alice, "/tasks/figures").sees("Open")
    assert not page.has("Mine")
    page.press("Figures").sees("Open").sees_not("our fault")


def test_each_figure_leads_to_what_it_counts(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    care = run_service(alice, projects.create_project, ProjectCreate(title="Client care"))
    for title, by, more in (("Late", -2, {}), ("Was done", -3, {"status": "completed"}), ("Now", 0, {}), ("Far", 40, {}), ("Given away", -1, {"assignee_id": bob.user_id})):
        task(alice, title, due_date=TODAY + by * DAY, project_id=care.id, **more)
    task(alice, "Loose", due_date=TODAY - DAY)
    page = visit(alice, "/tasks/figures?whose=mine").sees("Open\n4", "Overdue\n2", "Due today\n1", "33% 1 of 3", "No project")
    assert page.press("Overdue: 2").sees("Late", "Loose").sees_not("Now", "Given away").path == "/tasks?whose=mine&bucket=overdue"
    page = visit(alice, "/tasks/figures?whose=mine").press("Due today: 1").sees("Now").sees_not("Late")
    page = visit(alice, "/tasks/figures?whose=mine").press("3 open").sees("Late", "Now", "Far", "Only mine").sees_not("Given away")
    assert page.path == f"/tasks/projects/{care.id}?whose=mine"
    assert page.press("Remove Only mine").sees("Given away").path == f"/tasks/projects/{care.id}"
    page = visit(alice, "/tasks/figures?whose=mine").press("Team").sees("Open\n5", "Overdue\n3", "25% 1 of 4")
    assert page.press("2 overdue").sees("Late", "Given away").sees_not("Now").path == f"/tasks/projects/{care.id}?bucket=overdue"
    visit(alice, "/tasks/figures").sees("Open\n5")


def test_the_assistants_share_is_there_when_it_did_something(visit: Visit, alice: Actor, task: Task, database: Database) -> None:
    made = [task(alice, f"Errand {number}", due_date=TODAY - DAY, status="completed") for number in range(4)]
    page = visit(alice, "/tasks/figures?whose=mine").sees("100%").sees_not("The assistant did")
    with database.owner.begin() as connection:
        connection.execute(text("update task set done_by = 'ai_assistant' where id = :id"), {"id": made[0].id})
    page.reload().sees("The assistant did 1 of the 4 completed ones (25%).")


def test_they_follow_what_a_colleague_does(visit: Visit, alice: Actor, bob: Actor, vera: Actor, task: Task) -> None:
    pages = [visit(who, "/tasks/figures?whose=team").sees("Open\n0") for who in (alice, vera)]
    made = task(bob, "His errand", due_date=TODAY)
    secret = task(bob, "Secret", due_date=TODAY, audience="private")
    for page in pages:
        page.sees("Open\n1", "Due today\n1")
    run_service(bob, tasks.complete_tasks, [made.id, secret.id])
    for page in pages:
        page.sees("Open\n0")
