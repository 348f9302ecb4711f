"""Goals and programmes on the record and on their own page: set, check in within a line, look, correct, undo, and see no more than one may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.schemas import ContactView
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import CheckInCreate, GoalCreate, GoalFilter, GoalRow, GoalUpdate
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.schemas import ProgrammeCreate, ProgrammeFilter
from crm_app.domain.unit_of_work import run_service
from tests.pages.conftest import Entry, Person, Visit


def today():
    return datetime.now(UTC).date()


@pytest.fixture
def ana(alice: Actor, person: Person) -> ContactView:
    return person(alice, "Ana Silva")


@pytest.fixture
def sleep(alice: Actor, ana: ContactView) -> GoalRow:
    return run_service(alice, goals.create_goal, GoalCreate(title="Sleep 7 h", unit="h", start_value=5, target_value=7, contact_id=ana.id, rhythm="weekly"))


def record(of: ContactView) -> str:
    return f"/contacts/{of.id}"


def current(actor: Actor, goal: GoalRow) -> float:
    return run_service(actor, goals.get_goal, goal.id).current_value


# --- on the record --------------------------------------------------------------------------------------------------


def test_a_check_in_takes_one_field_and_enter_and_can_be_undone(visit: Visit, alice: Actor, ana: ContactView, sleep: GoalRow) -> None:
    page = visit(alice, record(ana)).sees("Goals", "Sleep 7 h", "0%")
    page.press("Check in: Sleep 7 h").enter("How far: Sleep 7 h", "6.5").sees("Sleep 7 h: 6.5 h", "75%")
    assert current(alice, sleep) == 6.5
    page.press("Undo").sees("Undone", "0%")
    assert current(alice, sleep) == 5


def test_a_plus_adds_to_what_stood_there_and_nonsense_stays_in_the_field(visit: Visit, alice: Actor, ana: ContactView, sleep: GoalRow) -> None:
    page = visit(alice, record(ana)).press("Check in: Sleep 7 h").enter("How far: Sleep 7 h", "+0,5").sees("25%")
    assert current(alice, sleep) == 5.5
    page.press("Check in: Sleep 7 h").enter("How far: Sleep 7 h", "a lot").sees("Type a number")
    assert page.value("How far: Sleep 7 h") == "a lot" and current(alice, sleep) == 5.5


@pytest.mark.parametrize("path", ["record", "/goals?whose=team", "/"])
def test_a_half_typed_figure_stays_when_somebody_else_changes_something(
    visit: Visit, alice: Actor, bob: Actor, ana: ContactView, sleep: GoalRow, path: str
) -> None:
    mine = run_service(alice, goals.create_goal, GoalCreate(title="Retreat places", unit="sold", start_value=0, target_value=60))
    goal = sleep if path == "record" else mine
    page = visit(alice, record(ana) if path == "record" else path).press(f"Check in: {goal.title}").fill(f"How far: {goal.title}", "6.")
    run_service(bob, goals.check_in, goal.id, CheckInCreate(value=6))
    assert page.sees("50%" if path == "record" else "10%").value(f"How far: {goal.title}") == "6."
    page.enter(f"How far: {goal.title}", "6.5").sees(f"{goal.title}: 6.5 {goal.unit}")
    assert not page.has(f"How far: {goal.title}") and current(alice, goal) == 6.5
    page.press(f"Check in: {goal.title}")
    assert page.value(f"How far: {goal.title}") == ""


def test_a_goal_is_set_for_the_person_whose_record_it_is(visit: Visit, alice: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).sees("Nothing is set yet.").press("Set a goal")
    page.fill("Goal", "Slow mornings").fill("To", "4").press("Set goal").sees("Goal set", "Slow mornings", "0 / 4")
    (made,) = run_service(alice, goals.list_goals, GoalFilter(contact_id=ana.id)).goals
    assert (made.title, made.target_value, made.contact_name) == ("Slow mornings", 4, "Ana Silva")


def test_what_does_not_fit_is_said_in_the_dialog(visit: Visit, alice: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).press("Set a goal").fill("Goal", "Hm").fill("From", "4").fill("To", "4").press("Set goal")
    assert page.error("To") == "Choose a target other than the start." and page.dialog == "New goal"


def test_a_goal_opens_with_its_chart_and_each_check_in_can_be_changed(visit: Visit, alice: Actor, ana: ContactView, sleep: GoalRow) -> None:
    for days, value in ((9, 5.5), (2, 6.0)):
        run_service(alice, goals.check_in, sleep.id, CheckInCreate(value=value, day=today() - timedelta(days=days), note=f"Note {days}"))
    page = visit(alice, record(ana)).press("Sleep 7 h").sees("6 of 7 h", "under way", "2 weeks in a row", "Note 9", "Note 2")
    assert page.dialog == "Sleep 7 h" and any("2 check-ins, from 5.5 h" in name for name in page.names("img"))
    page.fill("Value, h", "6.5").fill("Note", "A quiet week").press("Check in").sees("Checked in", "A quiet week")
    assert current(alice, sleep) == 6.5


def test_two_who_change_one_goal_are_asked_which(visit: Visit, alice: Actor, bob: Actor, ana: ContactView, sleep: GoalRow) -> None:
    page = visit(alice, record(ana)).press("Sleep 7 h").press("Edit", beside="Close").fill("Goal", "Mine")
    run_service(bob, goals.update_goal, sleep.id, GoalUpdate(version=sleep.version, title="Theirs"))
    page.press("Save").sees("Theirs")
    assert run_service(alice, goals.get_goal, sleep.id).title == "Theirs"


def test_whoever_may_only_look_is_offered_nothing_to_change(visit: Visit, vera: Actor, ana: ContactView, sleep: GoalRow) -> None:
    page = visit(vera, record(ana)).sees("Sleep 7 h").sees_not("Nothing is set yet.")
    assert not page.has("Check in: Sleep 7 h") and not page.has("Set a goal") and not page.has("Add a programme")


def test_a_colleagues_check_in_arrives_by_itself(visit: Visit, alice: Actor, bob: Actor, ana: ContactView, sleep: GoalRow) -> None:
    page = visit(alice, record(ana)).sees("0%")
    run_service(bob, goals.check_in, sleep.id, CheckInCreate(value=6))
    page.waits(1).sees("50%")


def test_a_programme_is_sold_counted_and_corrected(visit: Visit, alice: Actor, ana: ContactView, entry: Entry) -> None:
    entry(alice, ana, kind="meeting")
    page = visit(alice, record(ana)).press("Add a programme").fill("Programme", "Twelve sessions").fill("Sessions", "12").fill("Price", "960").choose("Currency", "EUR")
    page.press("Add programme").sees("Programme added", "Twelve sessions", "1 / 12", "Package", "1 of 12 sessions", "€960.00")
    page.press("Twelve sessions").press("Correct").fill("Sessions used", "8").fill("Why", "Before we kept this").press("Save", beside="Cancel")
    page.sees("Corrected", "8 / 12", "8 of 12 sessions")
    page.press("Undo", beside="Corrected").sees("1 / 12")
    (row,) = run_service(alice, programmes.list_programmes, ProgrammeFilter(contact_id=ana.id)).programmes
    assert (row.price_micros, row.currency, row.used) == (960_000_000, "EUR", 1)


def test_a_price_needs_a_currency_and_says_so_on_the_field(visit: Visit, alice: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).press("Add a programme").fill("Programme", "Hm").fill("Sessions", "3").fill("Price", "5").press("Add programme")
    assert page.error("Currency") == "Choose a currency as well."


def test_finished_programmes_are_folded_away(visit: Visit, alice: Actor, ana: ContactView) -> None:
    past = ProgrammeCreate(contact_id=ana.id, name="Last year", sessions_total=3, starts_on=today() - timedelta(days=90), ends_on=today() - timedelta(days=30))
    run_service(alice, programmes.create_programme, past)
    page = visit(alice, record(ana)).sees("1 finished").sees_not("Last year", "Package")
    page.press("1 finished").sees("Last year")


# --- their own page -------------------------------------------------------------------------------------------------


def test_all_goals_the_practices_first_narrowed_and_remembered_in_the_address(visit: Visit, alice: Actor, bob: Actor, sleep: GoalRow) -> None:
    run_service(bob, goals.create_goal, GoalCreate(title="Reach 60 clients", target_value=60, starts_on=today() - timedelta(days=50), deadline=today() + timedelta(days=10)))
    page = visit(alice, "/goals").sees("The practice", "Reach 60 clients", "0 of 60 · off track", "Clients", "5 of 7 h · under way · Ana Silva")
    page.press("Behind").sees("Reach 60 clients").sees_not("Sleep 7 h")
    assert page.path == "/goals?show=behind"
    page.press("Check in: Reach 60 clients").enter("How far: Reach 60 clients", "60").sees("Nothing is behind")
    page.press("Reached").sees("Reach 60 clients", "100%")


def test_an_empty_page_says_how_to_begin(visit: Visit, alice: Actor) -> None:
    assert visit(alice, "/goals").sees("No goals yet", "Set one for the practice here").has("New goal")
    assert visit(alice, "/goals?new=1").dialog == "New goal"


def test_an_address_opens_a_goal(visit: Visit, alice: Actor, sleep: GoalRow) -> None:
    page = visit(alice, f"/goals?open={sleep.id}")
    assert page.dialog == "Sleep 7 h" and page.path == "/goals"


def test_archive_and_bring_back(visit: Visit, alice: Actor, sleep: GoalRow) -> None:
    page = visit(alice, "/goals").press("Sleep 7 h").press("Archive").sees("Archived", "No goals yet")
    page.press("Archived", beside="Reached").sees("Sleep 7 h").press("Sleep 7 h").press("Bring back").sees("The archive is empty")


def test_nobody_sees_a_colleagues_private_goal(visit: Visit, alice: Actor, bob: Actor, olivia: Actor) -> None:
    secret = run_service(bob, goals.create_goal, GoalCreate(title="Hidden income", target_value=60, audience="private"))
    for reader in (alice, olivia):
        visit(reader, "/goals").sees_not("Hidden income")
        assert "Hidden" not in visit(reader, f"/goals?open={secret.id}").text


# --- on the timeline ------------------------------------------------------------------------------------------------


def test_what_was_reached_is_a_line_of_the_timeline_and_no_contact(visit: Visit, alice: Actor, ana: ContactView, sleep: GoalRow, entry: Entry) -> None:
    run_service(alice, goals.check_in, sleep.id, CheckInCreate(value=6.4, day=today() - timedelta(days=3)))
    entry(alice, ana, "Talked about Sunday")
    page = visit(alice, record(ana)).sees("Talked about Sunday", "reached 70%", "None yet")
    assert page.text.index("Talked about Sunday") < page.text.index("reached 70%")
    page.press("Check in: Sleep 7 h").enter("How far: Sleep 7 h", "7").sees("100%")
    visit(alice, record(ana)).sees("reached 100%", "reached 70%")
    page.press("Notes").sees("Talked about Sunday").sees_not("reached 70%")


def test_the_goals_tab_shows_each_with_its_chart(visit: Visit, alice: Actor, ana: ContactView, sleep: GoalRow) -> None:
    run_service(alice, goals.check_in, sleep.id, CheckInCreate(value=6, note="A quiet week"))
    page = visit(alice, record(ana)).press("Goals").sees("6 of 7 h", "A quiet week", "All check-ins")
    assert page.path.endswith("?kind=goals") and any("1 check-in" in name for name in page.names("img"))
    page.press("All check-ins")
    assert page.dialog == "Sleep 7 h"


def test_a_programme_has_an_address_that_opens_it_for_whoever_may_see_it(visit: Visit, alice: Actor, bob: Actor, vera: Actor, ana: ContactView, person: Person) -> None:
    row = run_service(alice, programmes.create_programme, ProgrammeCreate(contact_id=ana.id, name="Twelve sessions", sessions_total=12))
    for actor in (alice, bob, vera):
        page = visit(actor, f"{record(ana)}?programme={row.id}").sees("0 of 12 sessions", "0 from the timeline")
        assert (page.dialog, page.path) == ("Programme", record(ana))
    other, hidden = person(alice, "Ben Adler"), person(alice, "Hidden", audience="private")
    secret = run_service(alice, programmes.create_programme, ProgrammeCreate(contact_id=hidden.id, name="Kept apart", sessions_total=3))
    for path in (f"{record(other)}?programme={row.id}", f"{record(ana)}?programme={secret.id}", f"{record(ana)}?programme=x"):
        page = visit(bob, path).waits(0.3)
        assert page.dialog == "" and "Kept apart" not in page.html
    assert visit(bob, f"{record(hidden)}?programme={secret.id}").sees_not("Kept apart").dialog == ""
    assert visit(alice, f"{record(hidden)}?programme={secret.id}").sees("0 of 3 sessions").dialog == "Programme"
