"""The frame around the pages: who is in it, where it leads, what happens when a session or a role ends, and that no page shows what is not its reader's."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.notifications import service as notifications
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.unit_of_work import run_service
from crm_app.pages.routes import ROUTES
from tests.connection_rows import connected
from tests.pages.conftest import Entry, Person, Task, Visit
from tests.tabs import RunningHouse

PLACES = ["/", "/contacts", "/tasks", "/settings", "/settings/security", "/settings/data"]


def set_role(house: RunningHouse, actor: Actor, role: str) -> None:
    with house.database.owner.begin() as connection:
        connection.execute(text("update user_account set role = :role where id = :who"), {"role": role, "who": actor.user_id})


def test_team_person_and_places(visit: Visit, alice: Actor) -> None:
    page = visit(alice).sees("Stillwater", "Alice")
    for name, path in (("Contacts", "/contacts"), ("Tasks", "/tasks"), ("Settings", "/settings"), ("Dashboard", "/")):
        assert page.press(name).path == path
    assert page.press("Search or jump to").dialog == "Search or jump to"
    assert page.escape().shortcut("mod+k").dialog == "Search or jump to"


def test_what_stands_around_the_notifications_stays_while_the_list_comes_anew(visit: Visit, alice: Actor) -> None:
    run_service(alice, notifications.send_test)
    page = visit(alice).press("Notifications, 1 unread").sees("This is a test")
    before = page.place_of("Mark all as read")
    run_service(alice, notifications.send_test)
    assert page.place_of("Notifications, 2 unread") and page.place_of("Mark all as read") == before, "a press on it in that moment would be lost"
    page.press("Mark all as read").sees("2 notifications marked as read")


@pytest.mark.parametrize("path", ["/contacts", "/tasks", "/"])
def test_the_answer_carries_the_page_and_what_the_frame_counts(visit: Visit, alice: Actor, person: Person, task: Task, path: str) -> None:
    """Nothing of it waits for the socket: what asks to be told of one lets an unfinished page go."""
    ana = person(alice, "Ana Answered")
    task(alice, "Ring the bell", contact_ids=[ana.id], due_date=date(2020, 1, 1))
    html = visit(alice, path).html
    assert ("Ana Answered" if path == "/contacts" else "Ring the bell") in html
    assert '"mc-nav-count"' in html and "Reconnect" in html


@pytest.mark.parametrize("path", ["/nonsense", "/contacts/x/y", "/settings/profile/x", "/tasks/1", "/%3Cscript%3E"])
def test_an_address_that_nobody_answers_is_our_own_page_inside_the_frame(visit: Visit, alice: Actor, path: str) -> None:
    page = visit(alice, path).sees("There is nothing here", "Stillwater")
    assert page.press("Go to your contacts").path == "/contacts"


def test_the_page_that_nobody_answers_is_left_like_any_other(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/nonsense").press("Tasks").sees("All clear")
    page.press("Contacts").sees("Your people will live here").sees_not("There is nothing here")


def test_signing_out_closes_every_tab_of_this_browser_and_no_other(visit: Visit, alice: Actor, bob: Actor) -> None:
    first, second, colleague, elsewhere = visit(alice), visit(alice, "/tasks"), visit(bob), None
    elsewhere = visit(alice, "/contacts", elsewhere=True)
    first.press("Your account").sees("alice@example.org").press("Sign out")
    assert first.is_signed_out
    second.sees("Sign in")
    assert second.is_signed_out and not elsewhere.reload().is_signed_out and not colleague.reload().is_signed_out


def test_a_tab_whose_session_has_ended_can_do_nothing_more(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = visit(alice, "/contacts")
    with house.database.owner.begin() as connection:  # without a notice, as when the notice was lost
        connection.execute(text("update user_session set revoked_at = now() where user_id = :who"), {"who": alice.user_id})
    page.enter("Add a person: a name, perhaps an email or a phone, then Enter", "Ana Silva")
    assert page.is_signed_out
    with house.database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from contact")).scalar() == 0


def test_somebody_who_was_disabled_is_out(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = visit(alice, "/contacts")
    with house.database.owner.begin() as connection:
        connection.execute(text("update user_account set disabled_at = now() where id = :who"), {"who": alice.user_id})
    page.press("Tasks")
    assert page.is_signed_out


def test_with_another_role_the_pages_are_built_anew(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = visit(alice, "/contacts")
    assert page.has("Add contact")
    set_role(house, alice, "viewer")
    house.loop.do(house.house.app.live_pages.shut_ended())
    page.waits(0.5).open("/contacts")
    assert not page.has("Add contact")


@pytest.mark.parametrize("path", PLACES)
def test_a_visitor_is_sent_to_the_sign_in_and_no_page_is_built(house: RunningHouse, alice: Actor, path: str) -> None:
    async def ask() -> tuple[int, str]:
        async with house.http() as http:
            answer = await http.get(path)
            return answer.status_code, answer.headers.get("location", "")

    status, where = house.loop.do(ask())
    assert status == 303 and where.startswith("/signin")


def test_a_page_that_breaks_says_so_with_a_reference_and_tries_again(
    visit: Visit, alice: Actor, house: RunningHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    import crm_app.domain.tasks.service as tasks

    house.expected.append("canary of a defect")

    def broken(session: object, actor: Actor, *asked: object, **more: object) -> None:
        raise RuntimeError("canary of a defect")

    page = visit(alice)
    whole = tasks.get_task_board
    monkeypatch.setattr(tasks, "get_task_board", broken)
    page.press("Tasks").sees("We could not load this page", "Reference for support:").sees_not("canary")
    monkeypatch.setattr(tasks, "get_task_board", whole)
    page.press("Try again").sees("All clear")


def test_a_handler_that_breaks_is_one_sentence_with_a_reference(visit: Visit, alice: Actor, house: RunningHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    import crm_app.domain.tasks.service as tasks

    house.expected.append("canary of a defect")

    def broken(session: object, actor: Actor, data: object) -> None:
        raise RuntimeError("canary of a defect")

    monkeypatch.setattr(tasks, "create_task", broken)
    page = visit(alice, "/tasks").enter("Add a task and press Enter", "Call Ana").sees("That did not work, and it is our fault.").sees_not("canary")
    assert page.value("Add a task and press Enter") == "Call Ana"


def test_nothing_that_is_private_reaches_anybody_else_on_any_page(
    visit: Visit, alice: Actor, bob: Actor, vera: Actor, olivia: Actor, person: Person, entry: Entry, task: Task, house: RunningHouse
) -> None:
    """AZ-04: a canary in every field of a private person, note and task; every page, by everybody else, as the bytes that leave the server."""
    secret = person(
        alice, "Canary-7f3a", audience="private", company="Canary-7f3a", notes="Canary-7f3a", extra={"Canary-7f3a": "Canary-7f3a"},
        points=[{"kind": "email", "value": "canary-7f3a@example.org"}],
    )  # fmt: skip
    shared = person(alice, "Ana Silva")
    entry(alice, secret, "Canary-7f3a", subject="Canary-7f3a", audience="private")
    entry(alice, shared, "Canary-7f3a", audience="private")
    task(alice, "Canary-7f3a", description="Canary-7f3a", audience="private", contact_ids=[shared.id])
    paths = [*PLACES, "/contacts?q=canary", "/contacts?sort=-last_contact", "/tasks?whose=all", f"/contacts/{secret.id}", f"/contacts/{shared.id}", "/settings/tags"]
    for actor in (bob, vera, olivia):
        for path in paths:
            page = visit(actor, path)
            assert "canary-7f3a" not in page.text.lower() and "canary-7f3a" not in page.html.lower(), f"{actor.name} at {path}"
        house.forget()


def test_every_route_has_a_builder_that_can_be_shown(visit: Visit, alice: Actor, person: Person) -> None:
    ana, project, calendar = person(alice), run_service(alice, projects.create_project, ProjectCreate(title="Client care")), connected(alice)
    for route in ROUTES:
        filled = route.replace("{contact_id}", str(ana.id)).replace("{project_id}", str(project.id)).replace("{connection_id}", str(calendar))
        page = visit(alice, filled.replace("{part}", "tags"))
        assert page.names("heading") and "There is nothing here" not in page.text


def test_a_running_timer_stands_beside_every_page_leads_to_its_task_and_stops_there(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    made, other = task(alice, "Write the plan"), task(bob, "Book the hall")
    page, colleague = visit(alice, "/contacts"), visit(bob)
    assert not page.has("Stop the timer") and not colleague.has("Stop the timer")
    run_service(alice, tasks.start_timer, made.id)
    page.sees("Write the plan")
    assert visit(alice, "/settings").has("Your timer is running: Write the plan") and not colleague.waits(0.2).has("Stop the timer")
    run_service(alice, tasks.start_timer, other.id)
    assert page.sees("Book the hall").sees_not("Write the plan").press("Your timer is running: Book the hall").dialog == "Task"
    page.press("Close", beside="Mark done").press("Stop the timer").sees("Timer stopped at 1 min").sees_not("Book the hall")
    assert not page.has("Stop the timer") and run_service(alice, tasks.get_task, other.id).timers == ()
    page.press("Undo").sees("Book the hall")
    run_service(bob, tasks.complete_tasks, [other.id])
    page.sees_not("Book the hall")
