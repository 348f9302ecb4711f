"""The dashboard: what it counts, where its figures lead, and what a viewer is not offered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from crm_app.components import words
from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import SettingsUpdate
from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.schemas import AwayCreate
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import GoalCreate
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.schemas import ProgrammeCreate
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import ProposalCreate
from crm_app.domain.unit_of_work import run_service
from tests.ai_desk import agree, model_at_hand
from tests.cluster import Database
from tests.pages.conftest import Entry, Person, Task, Visit
from tests.tabs import RunningHouse

TODAY = datetime.now(UTC).date()


def test_the_first_day_offers_three_ways_to_begin(visit: Visit, alice: Actor) -> None:
    page = visit(alice).sees("Bring in your people", "Add someone by hand", "Write your first note", "Nothing is due today.")
    assert page.title == "Dashboard · MindfulCRM"
    assert page.press("Bring in your people CSV, vCard or Excel").path == "/contacts/import"
    visit(alice).press("Set how often").sees("Keeping in touch", "How often you want to speak with whom")


def test_while_one_is_away_nobody_is_due_and_the_way_back_is_near(visit: Visit, alice: Actor, person: Person, entry: Entry) -> None:
    entry(alice, person(alice, cadence_days=14), kind="call", occurred_at=datetime.now(UTC) - timedelta(days=31))
    run_service(alice, cadence.create_away, AwayCreate(starts_on=TODAY, ends_on=TODAY + timedelta(days=5)))
    page = visit(alice).sees("You are away until", "nothing due").sees_not("17 d overdue")
    page.press("Change").sees("How often you want to speak with whom")


def test_the_steps_go_once_somebody_and_something_are_there(visit: Visit, alice: Actor, person: Person, entry: Entry) -> None:
    ana = person(alice)
    page = visit(alice).sees("Write your first note", "Done")
    entry(alice, ana, "Slept seven hours")
    page.sees_not("Write your first note").sees("Ana Silva", "Slept seven hours")


def test_figures_count_and_lead_to_what_they_count(visit: Visit, alice: Actor, person: Person, task: Task, entry: Entry) -> None:
    ana = person(alice)
    person(alice, "Jonas")
    entry(alice, ana, kind="call")
    task(alice, "Call Ana", due_date=TODAY - timedelta(days=2))
    task(alice, "Send the journal", due_date=TODAY)
    page = visit(alice)
    assert {"People: 2", "In touch this week: 1", "Open tasks: 2", "To reconnect with: 0"} <= set(page.names("link"))
    page.press("1 overdue")
    assert page.path == "/tasks?bucket=overdue&whose=team"
    page.sees("Call Ana").sees_not("Send the journal")


def test_people_in_touch_this_week_are_the_ones_listed(visit: Visit, alice: Actor, person: Person, entry: Entry) -> None:
    entry(alice, person(alice), kind="call")
    person(alice, "Jonas")
    page = visit(alice).press("In touch this week: 1")
    assert [row[0] for row in page.rows] == ["Ana Silva"]


def test_a_due_task_is_ticked_where_it_stands_and_undo_brings_it_back(visit: Visit, alice: Actor, task: Task) -> None:
    task(alice, "Call Ana", due_date=TODAY)
    page = visit(alice).press("Complete: Call Ana").sees("Task completed")
    assert not page.has("Complete: Call Ana") and "Open tasks: 0" in page.names("link")
    page.press("Undo").sees("Undone")
    assert page.has("Complete: Call Ana")


def test_a_due_task_opens_in_its_editor(visit: Visit, alice: Actor, task: Task) -> None:
    task(alice, "Call Ana", due_date=TODAY)
    page = visit(alice).press("Call Ana")
    assert (page.path, page.dialog, page.value("Title")) == ("/tasks", "Task", "Call Ana")


def test_who_is_due_is_put_off_where_they_stand(visit: Visit, alice: Actor, person: Person, entry: Entry) -> None:
    ana = person(alice, cadence_days=14)
    entry(alice, ana, kind="call", occurred_at=datetime.now(UTC) - timedelta(days=31))
    page = visit(alice).sees("Ana Silva", "Every 14 days", "17 d overdue", "longest 17 days", "1 person to reconnect with")
    page.press("More about Ana Silva").press("Put off for a week").sees("Put off until", "Nobody is waiting for a word.")
    assert "To reconnect with: 0" in page.names("link")
    page.press("Undo").sees("17 d overdue")
    assert page.press("To reconnect with: 1").path == "/contacts?due=1&whose=team&sort=due"
    assert [row[0] for row in page.rows] == ["Ana Silva"]


def test_a_birthday_that_comes_leads_to_the_person(visit: Visit, alice: Actor, person: Person) -> None:
    soon = TODAY + timedelta(days=3)
    person(alice, birth_month=soon.month, birth_day=soon.day, birth_year=soon.year - 40)
    page = visit(alice).sees("Birthdays", "turns 40")
    row = next(name for name in page.names("link") if "turns 40" in name)
    assert words.due(soon, alice, TODAY) in row and page.press(row).path.startswith("/contacts/")


def test_from_a_card_to_everyone_it_is_about(visit: Visit, alice: Actor, person: Person) -> None:
    soon = TODAY + timedelta(days=3)
    person(alice, "Ana Silva", birth_month=soon.month, birth_day=soon.day)
    ben = person(alice, "Ben Oduya")
    person(alice, "Cleo Marsh")
    assert not {"All birthdays of the next two weeks", "All whose programme runs out"} <= set(visit(alice).names("link"))
    run_service(alice, programmes.create_programme, ProgrammeCreate(contact_id=ben.id, name="Breathwork", sessions_total=2, starts_on=TODAY))
    page = visit(alice).press("All birthdays of the next two weeks").sees("Birthday", "within", "14 days")
    assert page.path == "/contacts?birthday=14&whose=team" and [row[0] for row in page.rows] == ["Ana Silva"]
    page = visit(alice).press("All whose programme runs out")
    assert page.path == "/contacts?running_out=1&whose=team" and [row[0] for row in page.rows] == ["Ben Oduya"]
    page.press("Remove the filter: Programme running out").sees("Cleo Marsh")


def test_a_goal_of_the_practice_takes_a_check_in_where_it_stands(visit: Visit, alice: Actor, bob: Actor, person: Person) -> None:
    run_service(alice, goals.create_goal, GoalCreate(title="Reach 60 clients", start_value=0, target_value=60))
    run_service(alice, goals.create_goal, GoalCreate(title="Sleep 7 h", start_value=5, target_value=7, contact_id=person(alice).id))
    page = visit(alice).sees("Reach 60 clients").sees_not("Sleep 7 h")
    colleague = visit(bob)
    page.press("Check in: Reach 60 clients").enter("How far: Reach 60 clients", "42").sees("42 of 60", "70%")
    colleague.sees("42 of 60", "70%")


def test_a_programme_that_runs_out_leads_to_whose_it_is(visit: Visit, alice: Actor, person: Person) -> None:
    ana = person(alice)
    run_service(alice, programmes.create_programme, ProgrammeCreate(contact_id=ana.id, name="Breathwork", sessions_total=2, starts_on=TODAY))
    page = visit(alice).sees("Programmes running out", "0 of 2 sessions")
    row = next(name for name in page.names("link") if "Breathwork" in name)
    assert page.press(row).path == f"/contacts/{ana.id}"


def test_cards_are_hidden_moved_and_brought_back_and_stay_so(visit: Visit, alice: Actor, bob: Actor) -> None:
    page = visit(alice).press("Arrange the dashboard").press("Show Birthdays").press("Done").sees_not("None in the next two weeks.")
    page.reload().sees_not("None in the next two weeks.").sees("Recent activity")
    visit(bob).sees("None in the next two weeks.")
    page.press("Arrange the dashboard").press("Move Recent activity down").press("The usual order").press("Done").sees("None in the next two weeks.")
    page.reload().sees("None in the next two weeks.")


def test_what_a_colleague_does_appears_by_itself(visit: Visit, alice: Actor, bob: Actor, person: Person, entry: Entry, task: Task) -> None:
    page = visit(alice)
    ana = person(bob)
    entry(bob, ana, "Met at the market", kind="meeting")
    page.sees("Met at the market")
    assert "People: 1" in page.names("link")


def test_what_is_private_to_a_colleague_is_neither_shown_nor_counted(visit: Visit, alice: Actor, bob: Actor, person: Person, entry: Entry, task: Task) -> None:
    secret = person(bob, "Hidden Person", audience="private")
    entry(bob, secret, "A secret", kind="call")
    task(bob, "A secret errand", due_date=TODAY, audience="private")
    page = visit(alice).sees_not("Hidden Person", "A secret")
    assert {"People: 0", "Open tasks: 0"} <= set(page.names("link"))


def test_a_viewer_sees_the_day_and_is_offered_nothing_to_change(visit: Visit, alice: Actor, vera: Actor, person: Person, entry: Entry, task: Task) -> None:
    entry(alice, person(alice))
    task(alice, "Call Ana", due_date=TODAY)
    page = visit(vera).sees("Ana Silva", "Call Ana").sees_not("Write your first note", "New contact", "New task")
    assert not page.can_press("Complete: Call Ana")


def test_keys_lead_everywhere(visit: Visit, alice: Actor) -> None:
    page = visit(alice)
    assert page.shortcut("g c").path == "/contacts"
    assert page.shortcut("g t").path == "/tasks"
    assert page.shortcut("g d").path == "/"
    assert page.shortcut("c").dialog == "New contact"
    page.escape().shortcut("t")
    assert page.dialog == "New task"
    assert page.escape().shortcut("?").dialog == "Keyboard shortcuts"


def test_what_a_colleague_makes_private_leaves_the_page(visit: Visit, alice: Actor, bob: Actor, task: Task) -> None:
    task(bob, "A shared errand", due_date=TODAY)
    page = visit(alice).sees("A shared errand")
    visit(bob, "/tasks").press("A shared errand").press("Who can see it: Everyone in the team").press("Only me").sees("Saved just now")
    page.sees_not("A shared errand")


def test_what_is_suggested_is_reviewed_where_it_stands(visit: Visit, alice: Actor, olivia: Actor, person: Person) -> None:
    ana = person(alice)
    with model_at_hand(olivia):
        page = visit(alice).sees_not("Suggestions to review", "to review")
        run_service(alice, suggestions.propose, ProposalCreate(kind="create_task", payload={"title": "Water the plants"}))
        suggested = ProposalCreate(kind="change_stage", payload={"contact_id": str(ana.id), "stage": "new_client"}, rationale="She paid her first invoice.")
        run_service(alice, suggestions.propose, suggested)
        page.sees("2 suggestions to review", "Move Ana Silva to New client", "She paid her first invoice.")
        page.press("Dismiss: Create a task: Water the plants").sees("Suggestion rejected", "1 suggestion to review").sees_not("Water the plants")
        page.press("Review")
        assert page.dialog == "Move Ana Silva to New client"
        page.press("Approve", beside="Save").sees("Stage changed").sees_not("Suggestions to review", "to review")
        page.press("Undo", beside="Stage changed").sees("Undone", "1 suggestion to review")
        assert page.press("1 suggestion to review").path == "/tasks?whose=mine"
        page.sees("Waiting for approval", "Move Ana Silva to New client")


def test_spending_is_shown_to_those_who_may_spend_while_models_are_on(visit: Visit, alice: Actor, vera: Actor, olivia: Actor) -> None:
    visit(alice).sees("Recent activity").sees_not("AI spend")
    with model_at_hand(olivia):
        page = visit(alice).sees("AI spend", "$0.00", "of $10.00")
        way = next(name for name in page.names("link") if name.startswith("AI spend"))
        assert visit(alice).press(way).path == "/settings/ai?view=spend"
        visit(vera).sees("Recent activity").sees_not("AI spend")
        run_service(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=False))
        page.sees_not("AI spend")


def test_cards_of_the_assistant_are_arranged_only_where_it_is(visit: Visit, alice: Actor, olivia: Actor) -> None:
    page = visit(alice).press("Arrange the dashboard")
    assert not page.has("Show AI spend") and not page.has("Show Assistant") and not page.can_press("Move Birthdays down")
    page.press("Move Tasks due up").press("Done")
    with model_at_hand(olivia):
        visit(alice).sees("AI spend").press("Arrange the dashboard").press("Show AI spend").press("Done").sees_not("AI spend")


def test_the_day_is_told_when_it_is_asked_for_and_never_by_opening_the_page(
    visit: Visit, house: RunningHouse, alice: Actor, bob: Actor, vera: Actor, olivia: Actor, person: Person, task: Task
) -> None:
    ana = person(alice)
    agree(alice, ana.id)
    task(alice, "Call Ana", due_date=TODAY, contact_ids=[ana.id])
    line = {"text": "Ana waits for your call.", "sources": [1]}
    with model_at_hand(olivia) as fake:
        page = visit(alice).sees("Briefing", "Brief me")
        house.work()
        assert not fake.requests
        fake.add({"opening": {"text": "A quiet day.", "sources": [1]}, "people": [], "attention": [line], "confidence": 0.8})
        page.press("Brief me").sees("Reading the day")
        house.work()
        page.sees("A quiet day.", "Cannot wait", "Ana waits for your call.", "Small").sees_not("Brief me")
        visit(bob).sees("Brief me").sees_not("A quiet day.")
        visit(vera).sees("Call Ana").sees_not("Briefing", "A quiet day.")
        agree(alice, ana.id, action="withdrawn")
        page.sees_not("A quiet day.", "Ana waits for your call.")


def test_what_was_told_yesterday_is_not_told_as_today(visit: Visit, house: RunningHouse, database: Database, alice: Actor, olivia: Actor, person: Person, task: Task) -> None:
    ana = person(alice)
    agree(alice, ana.id)
    task(alice, "Call Ana", due_date=TODAY, contact_ids=[ana.id])
    with model_at_hand(olivia) as fake:
        fake.add({"opening": {"text": "A quiet day.", "sources": [1]}, "people": [], "attention": [], "confidence": 0.8})
        visit(alice).press("Brief me")
        house.work()
        visit(alice).sees("A quiet day.")
        with database.owner.begin() as connection:
            connection.execute(text("update analysis set made_at = made_at - interval '1 day'"))
        visit(alice).sees("Brief me").sees_not("A quiet day.")
