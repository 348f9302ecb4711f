"""A team at one record: mine or everybody's, what happened and taking it back, and naming a colleague."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactUpdate
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import CheckInCreate, GoalCreate
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate, ProjectUpdate
from crm_app.domain.unit_of_work import run_service
from tests.pages.conftest import Entry, Person, Task, Visit
from tests.tabs import RunningHouse

TODAY = datetime.now(UTC).date()
BOX = "What happened"


# --- mine or the team's ---------------------------------------------------------------------------------------------


def test_the_switch_is_one_for_every_list_and_is_remembered(visit: Visit, alice: Actor, bob: Actor, person: Person, task: Task) -> None:
    person(alice, "Ana Silva")
    person(bob, "Jonas")
    task(alice, "Call Ana", due_date=TODAY)
    task(bob, "Call Jonas", due_date=TODAY)
    page = visit(alice).sees("Call Ana", "Call Jonas")
    assert "People: 2" in page.names("link") and page.is_on("Team")
    page.press("Mine").sees_not("Call Jonas").sees("Call Ana")
    assert page.path == "/?whose=mine" and "People: 1" in page.names("link")
    assert [row[0] for row in page.press("People: 1").rows] == ["Ana Silva"] and page.is_on("Mine")
    page.open("/contacts")
    assert page.is_on("Mine") and [row[0] for row in page.rows] == ["Ana Silva"] and "whose=mine" in page.path
    page.press("Team").open("/contacts")
    assert page.is_on("Team") and len(page.rows) == 2
    page.open("/tasks").sees("Call Jonas")
    page.press(next(name for name in page.names("link") if name.startswith("My tasks"))).sees_not("Call Jonas")
    assert visit(alice, "/", elsewhere=True).is_on("Mine")  # on another device as well
    assert visit(bob, "/").is_on("Team")


def test_an_address_says_whose_whatever_was_chosen(visit: Visit, alice: Actor, bob: Actor, person: Person) -> None:
    person(bob, "Jonas")
    page = visit(alice, "/contacts?whose=mine").sees("Nobody is yours yet")
    page.press("Show the team's people")
    assert [row[0] for row in page.rows] == ["Jonas"] and visit(alice, "/contacts").is_on("Team")
    assert visit(alice, "/contacts?whose=nonsense").is_on("Team")


def test_whoever_is_alone_is_not_asked(visit: Visit, house: RunningHouse, alice: Actor, person: Person) -> None:
    with house.database.owner.begin() as connection:
        connection.execute(text("update user_account set disabled_at = now() where id <> :who"), {"who": alice.user_id})
    person(alice, "Ana Silva")
    page = visit(alice)
    assert not page.has("Mine") and not page.open("/contacts").has("Mine") and not page.open("/goals").has("Mine")


# --- what happened --------------------------------------------------------------------------------------------------


def test_the_history_tells_in_words_and_takes_back_ones_own(visit: Visit, alice: Actor, bob: Actor, person: Person) -> None:
    ana = person(bob, "Ana Silva", stage="curious")
    ana = run_service(bob, contacts.update_contact, ana.id, ContactUpdate(version=ana.version, city="Porto", birth_day=3, birth_month=6))
    run_service(alice, contacts.update_contact, ana.id, ContactUpdate(version=ana.version, stage="core_client"))
    page = visit(alice, f"/contacts/{ana.id}").press("More").press("History")
    assert page.dialog == "History"
    page.sees("Stage:", "Curious", "Core client", "City:", "Porto", "Birthday:", "3 June")
    assert page.names("button").count("Undo") == 1  # what Bob did is Bob's to take back
    page.press("Undo").sees("Undone")
    assert run_service(alice, contacts.get_contact, ana.id).stage == "curious"
    page.escape().sees("Curious")


def test_a_viewer_reads_the_history_and_changes_nothing(visit: Visit, alice: Actor, vera: Actor, person: Person) -> None:
    ana = person(alice, "Ana Silva")
    run_service(alice, contacts.set_favourite, [ana.id], True)
    page = visit(vera, f"/contacts/{ana.id}").press("More").press("History").sees("Favourite:")
    assert not page.has("Undo")


def test_an_open_history_grows_as_others_act(visit: Visit, alice: Actor, bob: Actor, person: Person) -> None:
    ana = person(alice, "Ana Silva")
    page = visit(alice, f"/contacts/{ana.id}").press("More").press("History").sees_not("City:")
    run_service(bob, contacts.update_contact, ana.id, ContactUpdate(version=ana.version, city="Porto"))
    page.sees("City:", "Porto")


def test_a_project_and_a_goal_have_a_history_too_which_a_viewer_may_read(visit: Visit, alice: Actor, bob: Actor, vera: Actor) -> None:
    made = run_service(alice, projects.create_project, ProjectCreate(title="Retreat", hue="teal"))
    run_service(bob, projects.update_project, made.id, ProjectUpdate(version=made.version, hue="plum"))
    page = visit(vera, f"/tasks/projects/{made.id}").press("More about this project")
    assert not page.has("Delete") and not page.has("Edit")
    page.press("History").sees("Made this project", "Colour:", "Teal", "Plum")
    goal = run_service(alice, goals.create_goal, GoalCreate(title="Supervision", target_value=7))
    run_service(bob, goals.check_in, goal.id, CheckInCreate(value=5))
    page = visit(alice, "/goals").press("Supervision").press("History", beside="Close").sees("Set the goal Supervision", "Checked in on the goal Supervision")


# --- naming a colleague ---------------------------------------------------------------------------------------------


def test_whoever_is_named_is_told_and_comes_to_the_note(visit: Visit, alice: Actor, bob: Actor, person: Person) -> None:
    ana = person(alice, "Ana Silva")
    page = visit(alice, f"/contacts/{ana.id}").fill(BOX, "Could @Bob call her?").press("Save").sees("Note saved", "@Bob")
    assert page.value(BOX) == ""
    theirs = visit(bob, "/notifications").sees("Alice mentioned you", "Ana Silva")
    theirs.open(f"/contacts/{ana.id}").sees("@Bob")


def test_it_is_said_first_when_whoever_is_named_would_not_see_it(visit: Visit, alice: Actor, bob: Actor, person: Person) -> None:
    ana = person(alice, "Ana Silva")
    page = visit(alice, f"/contacts/{ana.id}").press("Who can see it: Everyone in the team").press("Only me").fill(BOX, "Not for @Bob")
    page.press("Save").sees("Only you will see this, so Bob will not be told.").sees_not("Note saved")
    page.press("Save").sees("Note saved")
    visit(bob, "/notifications").sees_not("Alice mentioned you", "Ana Silva")


@pytest.mark.parametrize("name", ["Charlie", "bob@example.org"])
def test_an_address_or_somebody_who_has_gone_is_only_text(visit: Visit, alice: Actor, bob: Actor, person: Person, entry: Entry, name: str) -> None:
    ana = person(alice, "Ana Silva")
    page = visit(alice, f"/contacts/{ana.id}").fill(BOX, f"Ask {name}" if "@" in name else f"Ask @{name}").press("Save").sees("Note saved", name)
    page.sees_not("Mentions")
    visit(bob, "/notifications").sees_not("mentioned you")
