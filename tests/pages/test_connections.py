"""Settings → Connections: how each one stands, live; what can be done with it; what is not here and why; and whose it is."""

from __future__ import annotations

import pytest

from crm_app.domain.actor import Actor
from tests.connection_rows import change, connected, missed, moment, ran, settle, stored
from tests.pages.conftest import Visit
from tests.tabs import RunningHouse

PLACE = "/settings/connections"
SYNC = "connections.sync"


def test_nothing_is_connected_yet(visit: Visit, alice: Actor) -> None:
    page = visit(alice, PLACE).sees("Nothing yet. Connect a calendar")
    assert page.title == "Connections · Settings · MindfulCRM"
    for way in ("Google Calendar", "Nextcloud", "iCloud", "Fastmail", "Another calendar server", "A calendar address"):
        assert any(name.startswith(way) for name in page.names("link"))
    assert not page.has("Everything in step")


def test_each_one_says_how_it_stands_and_what_it_waits_for(visit: Visit, alice: Actor) -> None:
    ran(alice, connected(alice, "Good"), seen=1204, created=3, updated=1, skipped=2, failed=1)
    connected(alice, "Refused", state="sign_in_needed", reason="The server refused the sign-in.", failures=1)
    connected(alice, "Down", failures=2, reason="The server did not answer.", next_run_at=moment(minutes=5.5))
    connected(alice, "Old", last_ok_at=moment(days=-3))
    connected(alice, "Resting", state="paused")
    connected(alice, "Begun", state="paused", last_ok_at=None, last_run_at=None)
    page = visit(alice, PLACE).sees("“Refused” needs you to sign in again.", "Synced just now", "1,204", "Sign-in refused", "Failing", "Out of date", "Paused")
    page.sees("The server did not answer. It is tried again in 5 min.", "Not set up yet", "2 connections need you")
    assert page.has("Sync now: Good") and not page.has("Sync now: Resting") and page.has("Go on: Begun") and page.has("Sign in again: Refused")
    assert page.press("Sign in again: Refused").sees("How to get a password for it").path.endswith("?edit=1")


def test_a_sync_is_asked_for_followed_and_stopped(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    connected(alice)
    page, beside = visit(alice, PLACE), visit(alice, PLACE, elsewhere=True)
    page.press("Sync now: Practice").sees("Waiting to sync")
    page.press("Cancel: Practice")  # the second half of a double press
    assert stored(house, "state from job") == "queued"
    change(house, "job", state="running", progress_done=64, progress_total=100, lease_until=moment(minutes=9))
    for tab in (page, beside):
        tab.sees("Syncing, 64 of 100", "Cancel", "Syncing…")
    beside.press("Cancel: Practice").sees("Stopping…")
    assert stored(house, "cancel_requested from job") is True
    assert not beside.can_press("Cancel: Practice")
    settle(house, SYNC, "cancelled")
    for tab in (page, beside):
        tab.sees("Synced just now", "Sync now", "Everything in step")


def test_what_a_run_brought_is_shown_when_it_ends(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    key = connected(alice)
    page = visit(alice, f"{PLACE}/{key}").sees("It has not been synced yet.").press("Sync now: Practice")
    ran(alice, key, full=True, seen=7, created=5)
    settle(house, SYNC)
    page.sees("Whole check", "5 new").sees_not("Waiting to sync")
    ran(alice, key, dry=True, seen=4321)
    page.sees("Would change nothing")
    assert "4,321" not in page.text, "a dry run takes no place of a real one's figures"


def test_pausing_and_going_on(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    connected(alice)
    page = visit(alice, PLACE).press("More about Practice").press("Pause").sees("Paused", "“Practice” is paused")
    assert stored(house, "state from connection") == "paused"
    page.press("Undo").sees("“Practice” goes on", "Synced just now")
    page.press("More about Practice").press("Pause").sees("Paused").press("More about Practice").press("Resume").sees("Synced just now")
    assert stored(house, "state from connection") == "active"


def test_calendars_are_chosen_where_they_are_unfolded(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    key = connected(alice, calendars=("Sessions",))
    page = visit(alice, PLACE)
    assert not page.has("Sync Sessions")
    page.press("1 calendar")
    assert page.path == f"{PLACE}?open={key}" and page.reload().is_on("Sync Sessions")
    page.press("Show Sessions")
    assert stored(house, "shown from calendar") is False
    page.press("Sync Sessions").sees("1 calendar, 0 synced")
    assert stored(house, "synced from calendar") is False and not page.can_press("Show Sessions")
    page.press("Colour of Sessions: Teal").press("Plum")
    assert stored(house, "hue from calendar") == "plum" and page.has("Colour of Sessions: Plum")
    page.press("Sync Sessions").sees("1 calendar")
    assert page.can_press("Show Sessions")


def test_a_choice_that_came_too_late_says_so_and_shows_what_stands(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    connected(alice, calendars=("Sessions",))
    page, beside = visit(alice, PLACE).press("1 calendar"), visit(alice, PLACE, elsewhere=True).press("1 calendar")
    beside.press("Show Sessions")
    page.waits(0.5)
    assert not page.is_on("Show Sessions"), "another window hears of it"


def test_removing_lists_what_goes_and_what_stays(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    connected(alice, calendars=("Sessions", "Private"))
    page = visit(alice, PLACE).press("More about Practice").press("Remove…")
    page.sees("2 calendars", "Nothing changes over there").press("Cancel", beside="Remove “Practice”?")
    assert stored(house, "count(*) from connection") == 1
    page.press("More about Practice").press("Remove…").press("Remove").sees("“Practice” is removed", "Nothing yet.")
    assert stored(house, "count(*) from connection") == 0


def test_one_that_is_removed_while_it_is_looked_at(visit: Visit, alice: Actor) -> None:
    key = connected(alice)
    page, beside = visit(alice, f"{PLACE}/{key}"), visit(alice, PLACE, elsewhere=True)
    beside.press("More about Practice").press("Remove…").press("Remove")
    page.sees("There is nothing here")


def test_every_problem_has_its_reason_and_can_be_tried_again(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    key = connected(alice, calendars=("Sessions",))
    missed(alice, key, "Breathwork", tries=3)
    missed(alice, key, "", tries=8, reason="Line 14 is cut off.")
    missed(alice, key, "Buy tea", kind="skipped", reason="It is a to-do, and not an event.")
    page = visit(alice, PLACE).press("3 things are not here").sees("Its time zone is unknown.", "Failed, tried 3 times", "Given up", "Skipped", "Sessions")
    assert page.path == f"{PLACE}/{key}" and not page.has("Try again: Buy tea")
    page.press("Try again: Without a title").sees("Waiting to sync")
    assert stored(house, "payload ->> 'full' from job") == "true"
    settle(house, SYNC)
    page.sees("Sync now").press("Try all again").sees("Waiting to sync")
    with_none = visit(alice, f"{PLACE}/{connected(alice, 'Other')}")
    assert "Everything that is over there is here." in with_none.text


def test_a_dry_run_shows_its_counts_and_is_done_for_real_after_that(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    key = connected(alice)
    page = visit(alice, PLACE).press("More about Practice").press("Dry run").sees("Seeing what a sync would do.")
    assert page.path.startswith(f"{PLACE}/{key}?job=")
    settle(house, SYNC, result={"seen": 12, "created": 3, "updated": 0, "deleted": 1, "skipped": 0, "failed": 0})
    page.sees("Dry run: a sync would do this now.", "Nothing was changed.", "12")
    page.reload().sees("Dry run: a sync would do this now.")
    page.press("Sync now", beside="Nothing was changed.").sees("Waiting to sync").sees_not("Dry run: a sync")
    assert page.path == f"{PLACE}/{key}"


def test_a_dry_run_that_fails_says_why(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    connected(alice)
    page = visit(alice, PLACE).press("More about Practice").press("Dry run").sees("Seeing what a sync would do.")
    settle(house, SYNC, "failed", reason="The server did not answer.")
    page.sees("The dry run did not come to an end.", "The server did not answer.")


@pytest.mark.parametrize(("day", "said"), [("", "A whole date, with day, month and year"), ("2999-01-01", "Choose a day that has been."), ("1999-01-01", "24 months at most")])
def test_reading_again_from_a_day_that_cannot_be(visit: Visit, alice: Actor, house: RunningHouse, day: str, said: str) -> None:
    connected(alice)
    page = visit(alice, PLACE).press("More about Practice").press("Read again from…").fill("From", day).press("Read again")
    assert said in page.error("From") and stored(house, "count(*) from job") == 0
    page.fill("From", moment(days=-40).date().isoformat()).press("Read again").sees("It is read again", "Waiting to sync")
    assert stored(house, "payload ->> 'full' from job") == "true"


def test_checking_everything_again(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    connected(alice)
    visit(alice, PLACE).press("More about Practice").press("Check everything again").sees("Everything is compared, thing by thing")
    assert stored(house, "payload ->> 'full' from job") == "true"


# --- whose it is ----------------------------------------------------------------------------------------------------


def test_whoever_may_only_look_is_told_why_and_sees_no_way_there(visit: Visit, vera: Actor) -> None:
    page = visit(vera, PLACE).sees("This is not open to you", "You can't connect calendars.")
    assert "Connections" not in visit(vera, "/settings").names("link")
    assert not page.has("Everything in step")


def test_a_connection_is_its_owners_alone(visit: Visit, alice: Actor, bob: Actor, olivia: Actor) -> None:
    key = connected(alice, "Her calendar")
    for other in (bob, olivia):
        page = visit(other, f"{PLACE}/{key}").sees("There is nothing here")
        assert "Her calendar" not in page.html and "Her calendar" not in visit(other, PLACE).text
        assert not page.has("Everything in step")
    assert visit(alice, f"{PLACE}/not-a-key").sees("There is nothing here")


def test_the_sidebar_follows_and_leads_there(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = visit(alice, "/contacts")
    assert not page.has("Everything in step")
    connected(alice, last_ok_at=None)
    page.sees("Nothing synced yet")
    change(house, "connection", last_ok_at=moment())
    page.sees("Everything in step")
    change(house, "connection", state="sign_in_needed")
    page.sees("1 connection needs you").press("1 connection needs you")
    assert page.path == PLACE


def test_twenty_with_long_names_stand_on_one_page(visit: Visit, alice: Actor) -> None:
    for number in range(20):
        connected(alice, f"{number:02} " + "A name that does not want to end " * 3, calendars=("One", "Two", "Three"))
    page = visit(alice, PLACE)
    assert sum(name.startswith("Sync now: ") for name in page.names("button")) == 20
