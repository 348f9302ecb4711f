"""Settings: profile, appearance, security, tags, data; each with its mistakes, its undo, and what a viewer may do."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from crm_app.domain.accounts import service as accounts
from crm_app.domain.accounts.passwords import hash_password, verify_password
from crm_app.domain.actor import Actor
from crm_app.domain.permissions import READING
from crm_app.domain.tags import service as tags
from crm_app.domain.unit_of_work import run_service
from tests.pages.conftest import Person, Visit
from tests.tabs import RunningHouse

PASSWORD, BETTER = "violet kettle marching home", "seven quiet otters downstream"
PARTS = {"": "Profile", "/appearance": "Appearance", "/security": "Security", "/keeping": "Keeping in touch", "/tags": "Tags", "/data": "Data"}
DROP = "Drop a CSV, vCard or Excel file here"


def stored(house: RunningHouse, column: str, actor: Actor) -> object:
    with house.database.owner.connect() as connection:
        return connection.execute(text(f"select {column} from user_account where id = :who"), {"who": actor.user_id}).scalar()


@pytest.mark.parametrize(("path", "title"), PARTS.items(), ids=PARTS.values())
def test_every_part_has_its_title_and_its_place_in_the_navigation(visit: Visit, alice: Actor, path: str, title: str) -> None:
    page = visit(alice, f"/settings{path}")
    assert page.title == f"{title} · Settings · MindfulCRM" and title in page.names("heading")
    for other, name in PARTS.items():
        page.press(name)
        assert page.path == f"/settings{other}"


def test_a_part_that_is_not_there(visit: Visit, alice: Actor) -> None:
    assert visit(alice, "/settings/nonsense").sees("There is nothing here").press("Dashboard", beside="There is nothing here").path == "/"


# --- profile --------------------------------------------------------------------------------------------------------


def test_name_zone_language_and_week_are_saved(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = visit(alice, "/settings").fill("Name", "Alice Young").choose("Time zone", "Europe/Lisbon").choose("Language of dates and numbers", "Deutsch")
    page.choose("Week starts on", "Sunday").press("Save").sees("Saved")
    assert [stored(house, column, alice) for column in ("name", "time_zone", "locale", "week_start")] == ["Alice Young", "Europe/Lisbon", "de", 6]
    page.reload()
    assert (page.value("Name"), page.value("Time zone"), page.value("Week starts on")) == ("Alice Young", "Europe/Lisbon", "Sonntag")


def test_a_language_changes_how_dates_are_written(visit: Visit, alice: Actor) -> None:
    visit(alice, "/settings").choose("Language of dates and numbers", "Français").press("Save").sees("Saved")
    months = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")
    assert any(month in visit(alice).text for month in months)


@pytest.mark.parametrize("name", ["", "   "])
def test_somebody_without_a_name_is_not_saved(visit: Visit, alice: Actor, house: RunningHouse, name: str) -> None:
    page = visit(alice, "/settings").fill("Name", name).press("Save")
    assert page.error("Name") == "This is needed" and stored(house, "name", alice) == "Alice"


def test_everyone_has_a_profile_and_sees_their_role(visit: Visit, alice: Actor, vera: Actor, olivia: Actor) -> None:
    for actor, said in ((alice, "Member"), (vera, "Viewer: may look, not change"), (olivia, "Owner")):
        page = visit(actor, "/settings").sees(said)
        page.fill("Name", "Another").press("Save").sees("Saved")


# --- appearance -----------------------------------------------------------------------------------------------------


def test_the_theme_is_kept(visit: Visit, alice: Actor, vera: Actor, house: RunningHouse) -> None:
    for actor in (alice, vera):
        page = visit(actor, "/settings/appearance")
        assert page.is_on("As my device Follows light and dark by itself")
        page.press("Dark Always dark").sees("Saved")
        assert stored(house, "theme", actor) == "dark"
        assert page.reload().is_on("Dark Always dark")


# --- security -------------------------------------------------------------------------------------------------------


@pytest.fixture
def with_password(house: RunningHouse, alice: Actor) -> None:
    """Alice has a password."""
    with house.database.owner.begin() as connection:
        made = "insert into credential (user_id, password_hash, changed_at) values (:who, :hash, now())"
        connection.execute(text(made), {"who": alice.user_id, "hash": hash_password(PASSWORD)})


def current_hash(house: RunningHouse, actor: Actor) -> str:
    with house.database.owner.connect() as connection:
        return str(connection.execute(text("select password_hash from credential where user_id = :who"), {"who": actor.user_id}).scalar())


@pytest.mark.usefixtures("with_password")
def test_a_new_password_signs_out_every_other_browser(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    other = visit(alice, "/contacts", elsewhere=True)
    page = visit(alice, "/settings/security", elsewhere=True).sees("Firefox on Linux", "this device")
    page.press("Change").fill("Current password", PASSWORD).fill("New password", BETTER).press("Change password")
    page.sees("Your password is changed; other browsers are signed out")
    assert page.dialog == "" and verify_password(current_hash(house, alice), BETTER)
    other.sees("Sign in")
    assert other.is_signed_out and not page.reload().is_signed_out


@pytest.mark.usefixtures("with_password")
@pytest.mark.parametrize(
    ("current", "new", "field", "said"),
    [
        ("", BETTER, "Current password", "This is needed"),
        ("wrong", BETTER, "Current password", "This is not your current password."),
        (PASSWORD, "short", "New password", "Use at least 8 characters."),
        (PASSWORD, "password123", "New password", "This is easy to guess."),
        (PASSWORD, "alicealice", "New password", "This is easy to guess."),
    ],
    ids=["nothing", "wrong", "short", "common", "own name"],
)
def test_a_password_that_will_not_do_says_why(visit: Visit, alice: Actor, house: RunningHouse, current: str, new: str, field: str, said: str) -> None:
    page = visit(alice, "/settings/security").press("Change").fill("Current password", current).fill("New password", new).press("Change password")
    assert page.error(field).startswith(said), page.text
    assert page.dialog == "Change password" and verify_password(current_hash(house, alice), PASSWORD)


def test_the_hint_names_the_rule_that_is_kept(visit: Visit, alice: Actor) -> None:
    visit(alice, "/settings/security").press("Change").sees("At least 8 characters")


def test_one_browser_is_signed_out_from_another(visit: Visit, alice: Actor) -> None:
    other = visit(alice, "/tasks", elsewhere=True)
    page = visit(alice, "/settings/security", elsewhere=True).press("Sign out").sees("Signed out")
    assert not page.has("Sign out")
    other.sees("Sign in")
    assert other.is_signed_out


def test_all_others_are_signed_out_at_once(visit: Visit, alice: Actor, bob: Actor) -> None:
    others = [visit(alice, "/tasks", elsewhere=True) for _ in range(2)]
    colleague = visit(bob, "/tasks")
    page = visit(alice, "/settings/security", elsewhere=True).press("Sign out all others").sees("All others are signed out")
    assert all(other.sees("Sign in").is_signed_out for other in others)
    assert not page.reload().is_signed_out and not colleague.reload().is_signed_out


def test_a_key_is_shown_once_and_revoked(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = visit(alice, "/settings/security").sees("No program acts for you.").press("New key").fill("What is it for", "Booking page").press("Make key")
    page.sees("Copy it now. It is shown this once and kept nowhere.")
    secret = next(line for line in page.lines if line.startswith("mcrm_"))
    page.escape().sees("Booking page", "may do what you may", "never used").sees_not(secret)
    page.reload().sees_not(secret).press("Revoke Booking page").sees("The key is revoked", "No program acts for you.")


def test_a_key_that_may_only_read(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/settings/security").press("New key").fill("What is it for", "A report").choose("It may", "only read").choose("It ends", "never")
    page.press("Make key").escape().sees("may only read", "never ends")
    (view,) = run_service(alice, accounts.list_tokens)
    assert set(view.scopes) == {permission.value for permission in READING}


def test_a_key_without_a_purpose_is_not_made(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/settings/security").press("New key").press("Make key").sees("Say what this key is for.")
    assert page.dialog == "New key" and run_service(alice, accounts.list_tokens) == ()


def test_nobody_sees_a_colleagues_browsers_or_keys(visit: Visit, alice: Actor, olivia: Actor) -> None:
    run_service(alice, accounts.create_token, "Alice's key")
    visit(alice, "/tasks")
    page = visit(olivia, "/settings/security").sees("this device").sees_not("Alice's key")
    assert not page.has("Sign out")


# --- tags -----------------------------------------------------------------------------------------------------------


def test_a_tag_is_added_renamed_and_deleted_each_with_its_undo(visit: Visit, alice: Actor, person: Person) -> None:
    page = visit(alice, "/settings/tags").sees("No tags yet.").enter("Add a tag and press Enter", "Yoga").sees("Tag added", "Yoga", "0 people")
    person(alice, "Ana Silva", tags=["Yoga"])
    page.sees("1 person").press("Rename Yoga").enter("Name", "Hatha").sees("Renamed", "Hatha").press("Undo", beside="Renamed").sees("Undone", "Yoga")
    page.press("Delete Yoga").sees("“Yoga” is taken from 1 person", "No tags yet.").press("Undo", beside="is taken from").sees("Yoga", "1 person")
    assert page.press("1 person").path == "/contacts?tag=Yoga&whose=team"
    assert [row[0] for row in page.rows] == ["Ana Silva"]


@pytest.mark.parametrize(("typed", "said"), [("yoga", "There is a tag called yoga already."), ("!!", "at least one letter or digit"), ("", "at least one letter")])
def test_a_tag_that_will_not_do_stays_where_it_was_typed(visit: Visit, alice: Actor, typed: str, said: str) -> None:
    run_service(alice, tags.create_tag, "Yoga")
    page = visit(alice, "/settings/tags").enter("Add a tag and press Enter", typed).sees(said)
    assert page.value("Add a tag and press Enter") == typed


def test_a_rename_to_a_name_that_is_taken_is_refused_in_its_dialog(visit: Visit, alice: Actor) -> None:
    for name in ("Yoga", "Hatha"):
        run_service(alice, tags.create_tag, name)
    page = visit(alice, "/settings/tags").press("Rename Yoga").fill("Name", "HATHA").press("Rename").sees("There is another tag called HATHA.")
    assert page.dialog == "Rename tag"


def test_a_colleagues_tag_appears_and_one_that_went_says_so(visit: Visit, alice: Actor, bob: Actor) -> None:
    made = run_service(bob, tags.create_tag, "Yoga")
    page = visit(alice, "/settings/tags").press("Rename Yoga")
    run_service(bob, tags.delete_tag, made.id)
    page.fill("Name", "Hatha").press("Rename").sees("That tag is not here. Someone may have deleted it.")
    page.press("Cancel").sees("No tags yet.")


def test_a_viewer_reads_the_tags(visit: Visit, alice: Actor, vera: Actor) -> None:
    run_service(alice, tags.create_tag, "Yoga")
    page = visit(vera, "/settings/tags").sees("Yoga")
    assert not page.has("Add a tag and press Enter") and not page.has("Rename Yoga") and not page.has("Delete Yoga")


# --- data -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("title", "ending", "mark"), [("Spreadsheet (CSV)", ".csv", b"Name"), ("Address book (vCard)", ".vcf", b"BEGIN:VCARD"), ("Everything (JSON)", ".json", b"{")])
def test_everything_can_be_taken_out(visit: Visit, alice: Actor, bob: Actor, person: Person, title: str, ending: str, mark: bytes) -> None:
    person(alice, "Ana Silva")
    person(bob, "Hidden Person", audience="private")
    page = visit(alice, "/settings/data").press(f"Download {title}")
    ((name, content),) = page.downloads
    assert name.endswith(ending) and mark in content and b"Ana Silva" in content and b"Hidden Person" not in content


def test_a_file_can_be_brought_in_from_here_and_stays_listed(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = visit(alice, "/settings/data").drop(DROP, "people.csv", b"Name\nAna Silva\n").sees("people.csv: 1 record")
    page.press("Show what will happen").press("Import 1 person")
    house.work()
    page.open("/settings/data").sees("people.csv", "1 person added").press("Undo import").sees("people.csv")
    assert visit(alice, "/contacts").rows == []


def test_the_wrong_file_is_refused_here_too(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/settings/data").drop(DROP, "photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    assert page.toasts and page.has(DROP)


def test_a_viewer_takes_nothing_out_and_brings_nothing_in(visit: Visit, vera: Actor) -> None:
    page = visit(vera, "/settings/data").sees("You can look at contacts but not export them.")
    assert not page.has(DROP) and not page.has("Download Spreadsheet (CSV)")
