"""Connecting Google: what is missing is explained to each as far as they can mend it, and whoever signs in is sent to Google's own page."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.mail.sending import start_at_gmail
from crm_app.domain.unit_of_work import run_service
from tests.connection_rows import connected, settle, stored
from tests.pages.conftest import Visit
from tests.pages.test_address_books import add_book
from tests.tabs import RunningHouse

PLACE = "/settings/connections"
CLIENT = "1234-abcd.apps.googleusercontent.com"
SECRET = "GOCSPX-violet-kettle"


def test_without_a_client_a_member_is_told_who_can_help_and_what_works_meanwhile(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = visit(alice, PLACE).press("Google Calendar By signing in to a Google account").sees("Google accounts cannot be connected yet.", "Somebody who manages the team")
    assert not page.has("Sign in to read") and not page.has("Client ID")
    page.press("Use a calendar address").sees("Calendar address")


def test_whoever_manages_the_team_enters_the_client_once_and_people_leave_for_google(visit: Visit, olivia: Actor, alice: Actor, house: RunningHouse) -> None:
    page = visit(olivia, f"{PLACE}?add=google").sees("Google Calendar API", "Publish app", "Authorised redirect URIs")
    assert "/oauth/google/callback" in page.html and not page.has("Sign in to read")
    page.fill("Client ID", "me@gmail.com").fill("Client secret", SECRET).press("Save")
    assert "ends in .apps.googleusercontent.com" in page.error("Client ID")
    page.fill("Client ID", CLIENT).press("Save").sees("Saved", "Press the button, and choose your account")
    assert SECRET not in page.html + page.text and SECRET.encode() not in bytes(stored(house, "sealed from oauth_client"))
    assert SECRET not in page.reload().html
    assert page.press("The practice's client at Google").value("Client secret") == "" and page.value("Client ID") == CLIENT
    theirs = visit(alice, f"{PLACE}?add=google").sees("Nothing is changed over there unless you allow it")
    assert not theirs.has("Client ID")
    both = visit(alice, f"{PLACE}?add=google").press("Sign in to read and change")
    assert "calendar.readonly" in both.path and "calendar.events" in both.path
    theirs.press("Sign in to read")
    assert "calendar.readonly" in theirs.path and "calendar.events" not in theirs.path
    assert theirs.path.startswith("/o/oauth2/v2/auth?") and CLIENT in theirs.path and "code_challenge=" in theirs.path
    assert stored(house, "count(*) from oauth_state") == 2
    page.press("Remove").press("Remove").sees("Make the practice known there")
    assert stored(house, "count(*) from oauth_client") == 0


@pytest.mark.parametrize(
    ("way", "why", "said"),
    [
        ("google", "stale", "This sign-in is over."), ("google", "meanwhile", "Something was changed meanwhile."), ("google", "fewer", "A box for calendars was not ticked."),
        ("google-people", "fewer", "The box for contacts was not ticked."), ("google-mail", "fewer", "A box for mail was not ticked."), ("google-mail", "denied", "not allowed to let MindfulCRM in"),
    ],
)  # fmt: skip
def test_why_it_came_to_nothing_is_said_where_one_lands(visit: Visit, alice: Actor, way: str, why: str, said: str) -> None:
    visit(alice, f"{PLACE}?add={way}&google={why}").sees(said)
    visit(alice, f"{PLACE}?add={way}&google=<b>{why}").sees_not(said)


def test_an_account_that_needs_a_new_sign_in_leads_to_google_and_asks_for_no_password(visit: Visit, alice: Actor, olivia: Actor, house: RunningHouse) -> None:
    visit(olivia, f"{PLACE}?add=google").fill("Client ID", CLIENT).fill("Client secret", SECRET).press("Save").sees("Saved")
    given = {"kind": "google", "url": "https://calendar.google.com/", "username": "ana@gmail.com"}
    key = connected(alice, "Google", state="sign_in_needed", reason="Google no longer accepts this sign-in.", failures=1, **given)
    page = visit(alice, PLACE).sees("Google Calendar · ana@gmail.com").press("Sign in again: Google").sees("It needs you to sign in again.")
    assert not page.has("App password") and not page.has("User name")
    page.press("Sign in with Google again")
    assert page.path.startswith("/o/oauth2/v2/auth?") and "login_hint=ana%40gmail.com" in page.path
    page = visit(alice, f"{PLACE}/{key}").sees("Changed from here", "No: calendars are only read. Google asks you").press("Allow changes")
    assert "calendar.events" in page.path and "login_hint=ana%40gmail.com" in page.path
    allow_changes(alice, key)
    page = visit(alice, f"{PLACE}/{key}").sees("Yes, where Google lets you change a calendar.").press("Only read").sees("Change nothing more in these calendars?")
    page.press("Only read").sees("No: calendars are only read.")
    assert stored(house, "writes from connection") is False
    visit(alice, f"{PLACE}/{key}?edit=1&google=other").sees("That was another Google account.").fill("What you call it here", "Mine").press("Save").sees("Saved")
    assert stored(house, "name from connection") == "Mine"
    page = visit(alice, PLACE).press("More about Mine").press("Remove…").sees("The access to the Google account, here and at Google").press("Remove")
    page.sees("“Mine” is removed", "Google could not be told. Take the access away yourself")
    assert stored(house, "count(*) from connection") == 0


def allow_changes(actor: Actor, key: UUID) -> None:
    """They have ticked the box on Google's page."""

    def allowed(session: Session, actor: Actor) -> None:
        get_own_connection(session, actor, key).writes = True

    run_service(actor, allowed)


def test_a_gmail_mailbox_is_signed_in_to_for_its_mail_alone_and_is_decided_about_like_any_other(visit: Visit, alice: Actor, olivia: Actor, house: RunningHouse) -> None:
    page = visit(alice, PLACE).press("Gmail By signing in to a Google account").sees("Google accounts cannot be connected yet.", "by an app password")
    page.press("Use an app password").sees("App password")
    visit(olivia, f"{PLACE}?add=google-mail").sees("“Gmail API”").fill("Client ID", CLIENT).fill("Client secret", SECRET).press("Save").sees("Saved")
    page = visit(alice, f"{PLACE}?add=google-mail").sees("nothing sent unless you allow it", "Privacy and folders", "Leave the boxes for mail ticked")
    page.press("Sign in to read")
    assert "gmail.readonly" in page.path and "gmail.send" not in page.path and "calendar" not in page.path
    both = visit(alice, f"{PLACE}?add=google-mail").press("Sign in to read and send")
    assert "gmail.readonly" in both.path and "gmail.send" in both.path
    given = {"kind": "gmail", "url": "https://mail.google.com/", "username": "ana@gmail.com"}
    key = connected(alice, "Gmail", state="sign_in_needed", reason="Google no longer accepts this sign-in.", failures=1, **given)
    page = visit(alice, f"{PLACE}/{key}").sees("Gmail · ana@gmail.com", "What others see of mail with contacts", "Nothing is sent from it: mail is only read. Google asks")
    assert not page.has("Set up")
    page.press("Allow sending")
    assert "gmail.send" in page.path and "login_hint=ana%40gmail.com" in page.path
    run_service(alice, lambda session, actor: start_at_gmail(session, actor, get_own_connection(session, actor, key)))
    page = visit(alice, f"{PLACE}/{key}").sees("ana@gmail.com, by Gmail").press("Stop sending").sees("Letters that wait to be sent from it stay here.").press("Stop")
    page.sees("Nothing is sent from it: mail is only read.")
    page = visit(alice, f"{PLACE}/{key}?edit=1&google=fewer").sees("A box for mail was not ticked.")
    assert not page.has("App password") and not page.has("Who sees meetings with contacts")
    page.press("Sign in with Google again")
    assert "gmail.readonly" in page.path and "login_hint=ana%40gmail.com" in page.path


def test_contacts_are_only_read_and_who_sees_them_is_chosen_before_any_come_in(visit: Visit, alice: Actor, olivia: Actor, house: RunningHouse) -> None:
    page = visit(alice, PLACE).press("Google Contacts By signing in to a Google account").sees("Google accounts cannot be connected yet.", "Google Contacts exports one")
    page.press("Import a file")
    assert page.path == "/contacts/import"
    visit(olivia, f"{PLACE}?add=google-people").sees("“Google People API”").fill("Client ID", CLIENT).fill("Client secret", SECRET).press("Save").sees("Saved")
    page = visit(alice, f"{PLACE}?add=google-people").sees("Choose address books", "Contacts are only read.", "Leave the box for contacts ticked")
    assert not page.has("Sign in to read and change") and not page.has("Sign in to read and send")
    page.press("Sign in to read")
    assert "contacts.readonly" in page.path and "gmail" not in page.path and "calendar" not in page.path
    given = {"kind": "google_people", "url": "https://contacts.google.com/", "username": "ana@gmail.com", "meetings_audience": "private"}
    key = connected(alice, "Google Contacts", state="paused", last_ok_at=None, last_run_at=None, **given)
    add_book(alice, key, "Contacts")
    run_service(alice, connections.test_connection, key)
    settle(house, "connections.test", result={"answer": "works", "sentence": "It works.", "books": ["Contacts"]})
    page = visit(alice, f"{PLACE}/{key}").sees("It works.", "1 address book is there.").choose("Who sees new contacts", "The whole team").press("Start the first sync")
    page.sees("Google Contacts · ana@gmail.com", "Waiting to sync")
    assert stored(house, "meetings_audience from connection") == "team" and stored(house, "state from connection") == "active"
