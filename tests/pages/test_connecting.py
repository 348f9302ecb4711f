"""Connecting a calendar, step by step: the fields, the test and its answers, the calendars, the first sync; and changing it later."""

from __future__ import annotations

from uuid import UUID

import pytest

from crm_app.domain.actor import Actor
from tests.connection_rows import change, connected, settle, stored
from tests.pages.conftest import Visit
from tests.tabs import RunningHouse, Tab

PLACE = "/settings/connections"
SYNC, TEST = "connections.sync", "connections.test"
PASSWORD = "violet-kettle-4711"


def asked(visit: Visit, actor: Actor) -> Tab:
    page = visit(actor, PLACE).press("Nextcloud Your own, your team's, or a provider's").sees("Create new app password")
    page.fill("Address of your Nextcloud", "cloud.example.org/apps/calendar").fill("User name", "ana").fill("App password", PASSWORD)
    return page.press("Test and connect").sees("Asking cloud.example.org…")


def key_of(page: Tab) -> UUID:
    return UUID(page.path.removeprefix(PLACE + "/").partition("?")[0])


def test_from_the_first_field_to_the_first_sync(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = asked(visit, alice)
    assert stored(house, "url from connection") == "https://cloud.example.org/remote.php/dav/" and stored(house, "state from connection") == "paused"
    assert stored(house, "count(*) from job where kind = 'connections.sync'") == 0
    settle(house, TEST, result={"answer": "sign_in_refused", "sentence": "", "calendars": []})
    page.sees("The server does not accept the sign-in.", "Type the user name and the app password again.")
    assert page.value("Password or app password" if page.has("Password or app password") else "App password") == ""
    page.fill("App password", PASSWORD + "x").press("Test again").sees("Asking cloud.example.org…")
    add_calendar(house, alice)
    settle(house, TEST, result={"answer": "works", "sentence": "", "calendars": ["Sessions"]})
    page.sees("It works.", "Sessions").press("Sync Sessions").press("Sync Sessions").press("Start the first sync").sees("Waiting to sync")
    assert stored(house, "state from connection") == "active" and stored(house, "count(*) from job where kind = 'connections.sync'") == 1
    assert page.path == f"{PLACE}/{key_of(page)}"


def test_a_typed_password_is_forgotten_by_the_page_and_in_no_address(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = asked(visit, alice)
    assert PASSWORD not in page.path and PASSWORD not in page.text and PASSWORD not in page.html
    assert PASSWORD not in str(page._look(lambda client: [(element.props, getattr(element, "value", "")) for element in client.elements.values()]))
    assert PASSWORD not in page.reload().html and PASSWORD.encode() not in bytes(stored(house, "sealed from connection_secret"))
    assert PASSWORD not in str(stored(house, "json_agg(j) from job j")) + str(stored(house, "json_agg(c) from connection c"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("no_answer", "Nobody answers at this address."), ("not_trusted", "could not prove that it is the one you named"),
        ("not_a_calendar", "it is not a calendar"), ("sign_in_refused", "does not accept the sign-in"),
    ],
)
def test_every_answer_is_explained(visit: Visit, alice: Actor, house: RunningHouse, answer: str, said: str) -> None:
    page = asked(visit, alice)
    settle(house, TEST, result={"answer": answer, "sentence": "", "calendars": []})
    page.sees(said)
    assert page.has("Test again") and not page.has("Start the first sync")


def test_a_web_server_is_no_mailbox_and_that_is_said(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = visit(alice, PLACE).press("Another mailbox Your own host, or a web hoster (IMAP)")
    page.fill("IMAP server", "www.example.org").fill("User name", "ana@example.org").fill("Password or app password", PASSWORD)
    page.press("Test and connect").sees("Asking www.example.org…")
    settle(house, TEST, result={"answer": "not_a_mailbox", "sentence": "", "folders": []})
    page.sees("Something answers there, but it is no mailbox.", "for reading mail it is often another one than for sending")
    assert page.has("Test again") and not page.has("Start the first sync")


def test_a_test_can_be_cancelled_and_gone_on_with_later(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = asked(visit, alice).press("Cancel").sees("It has not been tried to the end.")
    assert stored(house, "state from job") == "cancelled"
    page.open(PLACE).sees("Not set up yet").press("Go on: Nextcloud").sees("It has not been tried to the end.")
    page.press("Remove this connection").press("Remove").sees("Nothing yet.")


@pytest.mark.parametrize(
    ("address", "user", "field", "said"),
    [
        ("", "ana", "Address of your Nextcloud", "This is needed"),
        ("http://cloud.example.org", "ana", "Address of your Nextcloud", "must begin with https://"),
        ("https://ana:secret@cloud.example.org", "ana", "Address of your Nextcloud", "Leave the name and the password out"),
    ],
)
def test_what_is_typed_wrong_is_said_under_its_field(visit: Visit, alice: Actor, house: RunningHouse, address: str, user: str, field: str, said: str) -> None:
    page = visit(alice, f"{PLACE}?add=nextcloud").fill("Address of your Nextcloud", address).fill("User name", user).fill("App password", PASSWORD)
    page.press("Test and connect")
    assert said in page.error(field) and stored(house, "count(*) from connection") == 0
    assert page.value("App password") == PASSWORD, "what is typed stays until it is right"


def test_a_name_that_is_taken(visit: Visit, alice: Actor) -> None:
    connected(alice, "Nextcloud")
    page = visit(alice, f"{PLACE}?add=nextcloud")
    assert page.value("What you call it here") == "Nextcloud 2"
    page.sees("an event is added, moved or taken out when you do so here")  # it once said that nothing ever is
    visit(alice, f"{PLACE}?add=ics").sees("Such an address is only read.")
    page.fill("What you call it here", "nextcloud").fill("Address of your Nextcloud", "cloud.example.org").fill("User name", "ana").fill("App password", PASSWORD)
    assert "already" in page.press("Test and connect").error("What you call it here")


def test_an_address_alone_asks_for_no_sign_in(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = visit(alice, f"{PLACE}?add=ics").fill("Calendar address", "webcal://feeds.example.org/secret-4711.ics")
    assert not page.has("User name")
    page.press("Test and connect").sees("Asking feeds.example.org…")
    assert stored(house, "url from connection") == "https://feeds.example.org/" and "secret-4711" not in page.path  # the rest of it is sealed
    assert "secret-4711" not in visit(alice, PLACE).html
    settle(house, TEST, result={"answer": "sign_in_refused", "sentence": "", "calendars": []})
    page.sees("Get the address anew where you found it")


def test_what_is_half_typed_stays_while_things_change_around_it(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    connected(alice, "Other")
    page = visit(alice, f"{PLACE}?add=ics").fill("Calendar address", "https://feeds.example.org/half")
    change(house, "connection", state="sign_in_needed")
    page.sees("1 connection needs you")
    assert page.value("Calendar address") == "https://feeds.example.org/half"


def test_changing_one(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    key = connected(alice, calendars=("Sessions",))
    page = visit(alice, f"{PLACE}/{key}").press("Edit", beside="Looked at every 10 min").choose("How often", "every hour").choose("How far back", "24 months back")
    page.fill("What you call it here", "Studio")
    change(house, "connection", last_run_at=None)
    page.press("Save").sees("Saved", "Looked at every hour, from 24 months back on.")
    assert page.path == f"{PLACE}/{key}" and stored(house, "name from connection") == "Studio" and stored(house, "count(*) from job") == 0


def test_signing_in_again_is_tried_right_away(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    connected(alice, state="sign_in_needed", reason="The server refused the sign-in.", failures=1)
    page = visit(alice, PLACE).press("Sign in again: Practice").sees("It needs you to sign in again.", "The server refused the sign-in.")
    page.fill("App password", PASSWORD).press("Save").sees("Asking cloud.example.org…")
    settle(house, TEST, result={"answer": "works", "sentence": "", "calendars": ["Sessions"]})
    page.sees("It works.").sees_not("Sign-in refused")
    assert PASSWORD not in page.text and stored(house, "state from connection") == "active"


def test_two_windows_changing_the_same_one(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    key = connected(alice)
    page, beside = visit(alice, f"{PLACE}/{key}?edit=1"), visit(alice, f"{PLACE}/{key}?edit=1", elsewhere=True)
    page.fill("What you call it here", "Studio").press("Save").sees("Saved")
    beside.fill("What you call it here", "Home").press("Save").sees("changed in another window")
    assert stored(house, "name from connection") == "Studio" and beside.value("What you call it here") == "Home"


def add_calendar(house: RunningHouse, actor: Actor) -> None:
    """What the test of an account found there."""
    from crm_app.domain.calendar.models import Calendar
    from crm_app.domain.unit_of_work import unit_of_work

    with unit_of_work(actor, "tests.found") as session:
        session.add(Calendar(owner_id=actor.user_id, audience="private", connection_id=stored(house, "id from connection"), external_id="ref0", name="Sessions", hue="teal"))
