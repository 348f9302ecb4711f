"""The list of contacts: find, narrow, sort, page, add, and do things to many at once."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from crm_app.domain.actor import Actor
from tests.pages.conftest import Entry, Person, Task, Visit
from tests.tabs import RunningHouse, Tab

QUICK = "Add a person: a name, perhaps an email or a phone, then Enter"
SEARCH = "Search contacts"


def names(page: Tab) -> list[str]:
    return [row[0] for row in page.rows]


# --- seeing ---------------------------------------------------------------------------------------------------------


def test_an_empty_list_says_how_to_begin(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/contacts").sees("Your people will live here")
    assert page.press("Add by hand Just a name is enough").dialog == "New contact"


def test_each_row_says_who_how_far_and_what_is_next(visit: Visit, alice: Actor, person: Person, entry: Entry, task: Task) -> None:
    ana = person(alice, "Ana Silva", stage="core_client", tags=["Yoga"])
    entry(alice, ana, kind="call")
    task(alice, "Send the journal", contact_ids=[ana.id])
    (row,) = visit(alice, "/contacts").rows
    assert row[0] == "Ana Silva" and {"Core client", "Yoga", "Just now", "Send the journal"} <= set(row)


def test_a_row_opens_the_record(visit: Visit, alice: Actor, person: Person) -> None:
    ana = person(alice)
    page = visit(alice, "/contacts").open_row("Ana Silva")
    assert page.path.partition("?")[0] == f"/contacts/{ana.id}" and page.title == "Ana Silva · MindfulCRM"


def test_nobody_sees_a_colleagues_private_people(visit: Visit, alice: Actor, bob: Actor, olivia: Actor, person: Person) -> None:
    person(alice, "Ana Silva")
    person(bob, "Hidden Person", audience="private")
    for reader in (alice, olivia):
        page = visit(reader, "/contacts")
        assert names(page) == ["Ana Silva"]
        page.fill(SEARCH, "Hidden").sees("Nobody matches")


# --- finding --------------------------------------------------------------------------------------------------------


def test_searching_goes_into_the_address_and_survives_a_reload(visit: Visit, alice: Actor, person: Person) -> None:
    person(alice, "Björn Volkov")
    person(alice, "Ana Silva")
    page = visit(alice, "/contacts").fill(SEARCH, "bjorn")
    assert names(page) == ["Björn Volkov"] and page.path == "/contacts?q=bjorn"
    page.reload()
    assert names(page) == ["Björn Volkov"] and page.value(SEARCH) == "bjorn"


def test_nothing_found_says_so_and_clears_in_one_press(visit: Visit, alice: Actor, person: Person) -> None:
    person(alice)
    page = visit(alice, "/contacts?q=zzz").sees("Nobody matches")
    page.press("Clear filters", beside="No one fits all of these filters.")
    assert names(page) == ["Ana Silva"] and page.path == "/contacts" and page.value(SEARCH) == ""


def test_stage_and_tag_narrow_the_list_and_each_filter_can_be_taken_off(visit: Visit, alice: Actor, person: Person) -> None:
    person(alice, "Ana Silva", stage="curious", tags=["Yoga"])
    person(alice, "Jonas", stage="curious")
    person(alice, "Mei", tags=["Yoga"])
    page = visit(alice, "/contacts").press("Add a filter").press("Stage").press("Curious")
    assert names(page) == ["Ana Silva", "Jonas"] and page.path == "/contacts?stage=curious"
    page.press("Add a filter").press("Tag").press("Yoga 2")
    assert names(page) == ["Ana Silva"] and page.path == "/contacts?stage=curious&tag=Yoga"
    page.press("Remove the filter: Stage")
    assert names(page) == ["Ana Silva", "Mei"]
    page.press("Add a filter").press("Favourites").press("Clear all filters")
    assert len(names(page)) == 3 and page.path == "/contacts"


def test_a_filter_can_be_turned_around(visit: Visit, alice: Actor, person: Person) -> None:
    person(alice, "Ana", stage="curious")
    person(alice, "Mei", stage="discovery")
    page = visit(alice, "/contacts?stage=curious").press("is").press("is not")
    assert names(page) == ["Mei"] and page.path == "/contacts?not_stage=curious"
    assert names(page.reload()) == ["Mei"]


def test_favourites_mine_and_archived(visit: Visit, alice: Actor, bob: Actor, person: Person) -> None:
    person(alice, "Ana Silva", favourite=True)
    person(alice, "Jonas")
    person(bob, "Mei")
    page = visit(alice, "/contacts").press("Add a filter").press("Favourites")
    assert names(page) == ["Ana Silva"]
    page.press("Remove the filter: Favourites").press("Add a filter").press("Owner").press("Me")
    assert names(page) == ["Ana Silva", "Jonas"]
    page.open("/contacts").select_rows("Mei").press("Archive").sees("1 person archived")
    assert names(page) == ["Ana Silva", "Jonas"]
    page.press("Add a filter").press("Archived")
    assert names(page) == ["Mei"]
    page.select_rows("Mei").press("Bring back").sees("1 person brought back")


def test_who_was_not_met_for_long(visit: Visit, alice: Actor, person: Person, entry: Entry) -> None:
    entry(alice, person(alice, "Ana"), kind="call", occurred_at="2026-01-05T10:00:00Z")
    entry(alice, person(alice, "Mei"), kind="call")
    person(alice, "Jonas")
    page = visit(alice, "/contacts").press("Add a filter").press("Last contact").press("30 days")
    assert names(page) == ["Mei"]
    page.press("within").press("longer ago than")
    assert names(page) == ["Ana", "Jonas"] and page.path == "/contacts?silent=30"
    page.press("longer ago than").press("never", beside="within")
    assert names(page) == ["Jonas"]


@pytest.mark.parametrize(
    ("heading", "first", "then"), [("Name", ["Ana", "Mei"], ["Mei", "Ana"]), ("Last contact", ["Mei", "Ana"], ["Ana", "Mei"])], ids=["name", "last contact"]
)
def test_a_heading_sorts_and_turns_around(
    visit: Visit, alice: Actor, person: Person, entry: Entry, heading: str, first: list[str], then: list[str]
) -> None:
    entry(alice, person(alice, "Ana"), kind="call", occurred_at="2026-01-05T10:00:00Z")
    entry(alice, person(alice, "Mei"), kind="call", occurred_at="2026-02-05T10:00:00Z")
    page = visit(alice, "/contacts?sort=created").sort(heading)
    assert names(page) == first
    assert names(page.sort(heading)) == then
    assert names(page.reload()) == then


def test_the_order_can_be_chosen_from_a_menu(visit: Visit, alice: Actor, person: Person) -> None:
    person(alice, "Ana")
    person(alice, "Mei")
    page = visit(alice, "/contacts").press("Sorted by Name").press("Newest first")
    assert names(page) == ["Mei", "Ana"] and page.path == "/contacts?sort=-created"


def test_a_long_list_is_paged_forward_and_back(visit: Visit, alice: Actor, person: Person) -> None:
    for number in range(60):
        person(alice, f"Person {number:02}")
    page = visit(alice, "/contacts").sees("60 people")
    assert len(names(page)) == 50 and not page.can_press("Previous")
    page.press("Next")
    assert names(page) == [f"Person {number:02}" for number in range(50, 60)] and not page.can_press("Next")
    assert names(page.reload()) == [f"Person {number:02}" for number in range(50, 60)]
    assert names(page.press("Previous"))[0] == "Person 00"


@pytest.mark.parametrize("query", ["after=nonsense", "sort=nonsense", "stage=nonsense&created_from=never", "tag=" + "x" * 500, "q=%00%F0%9F"])
def test_a_broken_address_shows_the_list_all_the_same(visit: Visit, alice: Actor, person: Person, query: str) -> None:
    person(alice)
    page = visit(alice, f"/contacts?{query}")
    page.sees("Contacts").sees_not("We could not load this page")


# --- adding ---------------------------------------------------------------------------------------------------------


def test_a_name_and_an_email_typed_into_the_first_row_become_a_person(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/contacts").enter(QUICK, "Ana Silva <ana@example.org>").sees("Ana Silva added")
    assert names(page) == ["Ana Silva"] and page.value(QUICK) == ""
    page.press("Undo").sees("Undone", "Your people will live here")


@pytest.mark.parametrize("typed", ["", "   "])
def test_nothing_typed_adds_nobody(visit: Visit, alice: Actor, typed: str) -> None:
    visit(alice, "/contacts").enter(QUICK, typed).sees("Your people will live here")


def test_what_cannot_be_a_person_stays_where_it_was_typed(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/contacts").enter(QUICK, "<>,;").sees("Give a name, a company, an e-mail or a phone number.")
    assert page.value(QUICK) == "<>,;"


def test_the_dialog_takes_everything_and_opens_the_record(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/contacts").press("Add contact")
    assert page.dialog == "New contact"
    page.fill("Name", "Ana Silva").fill("Company", "Studio").fill("Email", "ana@example.org").choose("Stage", "Curious")
    page.choose("Tags", "Yoga", "Back pain").fill("Keep in touch every (days)", "14").press("Add contact")
    page.sees("Ana Silva added", "Studio", "ana@example.org", "Curious", "Yoga", "Back pain", "Every 14 days")
    assert page.path.startswith("/contacts/") and page.dialog == ""


def test_mistakes_stand_under_their_fields_and_nothing_is_lost(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/contacts").press("Add contact").press("Add contact")
    assert page.error("Name") == "Give a name, a company, an e-mail or a phone number."
    page.fill("Name", "Ana").fill("Keep in touch every (days)", "often").press("Add contact")
    assert page.error("Keep in touch every (days)") == "A whole number, such as 14" and page.value("Name") == "Ana"
    page.fill("Keep in touch every (days)", "").fill("Email", "not an address").press("Add contact")
    page.sees("This is not an e-mail address. It should look like name@example.org.")
    assert page.dialog == "New contact"


def test_a_look_alike_is_shown_before_a_second_one_is_made(visit: Visit, alice: Actor, person: Person) -> None:
    person(alice, "Ana Silva", points=[{"kind": "email", "value": "ana@example.org"}])
    page = visit(alice, "/contacts").press("Add contact").fill("Name", "A. Silva").fill("Email", "ANA@example.org").press("Add contact")
    page.sees("Is it one of these?", "Ana Silva")
    page.press("Add anyway").sees("A. Silva added")


def test_closing_the_dialog_adds_nobody(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/contacts").press("Add contact").fill("Name", "Ana").press("Close", beside="Add contact")
    page.sees("Your people will live here")


# --- many at once ---------------------------------------------------------------------------------------------------


def test_the_bar_says_how_many_are_selected_and_goes_when_none_is(visit: Visit, alice: Actor, person: Person) -> None:
    person(alice, "Ana")
    person(alice, "Mei")
    page = visit(alice, "/contacts").select_rows("Ana", "Mei").sees("2 selected")
    page.select_rows("Ana", on=False).sees("1 selected").press("Clear the selection").sees_not("selected")


def test_stage_tag_and_archive_apply_to_everyone_selected_and_can_be_undone(visit: Visit, alice: Actor, person: Person) -> None:
    person(alice, "Ana", stage="curious")
    person(alice, "Mei", stage="discovery")
    page = visit(alice, "/contacts").select_rows("Ana", "Mei").press("Stage", beside="Archive").press("Ambassador")
    page.sees("2 people moved to Ambassador").sees_not("selected")
    assert {row[1] for row in page.rows} == {"Ambassador"}
    page.press("Undo").sees("Undone")
    assert [row[1] for row in page.rows] == ["Curious", "Discovery"]
    page.select_rows("Ana", "Mei").press("Tag", beside="Archive").enter("New tag", "Retreat").sees("2 people tagged Retreat")
    assert all("Retreat" in row for row in page.rows)
    page.select_rows("Mei").press("Archive").sees("1 person archived")
    assert names(page) == ["Ana"]


def test_deleting_many_asks_for_their_number(visit: Visit, alice: Actor, person: Person, entry: Entry) -> None:
    entry(alice, person(alice, "Ana"))
    person(alice, "Mei")
    page = visit(alice, "/contacts").select_rows("Ana", "Mei").press("Delete")
    assert page.dialog == "Delete 2 people?"
    page.sees("Ana, Mei. This goes to the trash and can be brought back for 30 days.", "1 note, call or other entry")
    assert not page.can_press("Delete")
    page.fill("Type “2” to go on", "2").press("Delete").sees("2 people deleted", "Your people will live here")
    page.press("Undo").sees("Undone")
    assert names(page) == ["Ana", "Mei"]


def test_saying_no_deletes_nobody(visit: Visit, alice: Actor, person: Person) -> None:
    person(alice)
    page = visit(alice, "/contacts").select_rows("Ana Silva").press("Delete").press("Cancel")
    assert names(page) == ["Ana Silva"] and page.dialog == ""


def test_what_one_may_not_delete_is_refused_in_words_and_stays(visit: Visit, alice: Actor, bob: Actor, person: Person, house: RunningHouse) -> None:
    person(alice, "Hers")
    person(bob, "His")
    page = visit(bob, "/contacts").select_rows("Hers", "His").press("Delete")
    page.sees("Only the person who owns a contact, or an admin, can delete it.")
    with house.database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from contact where deleted_at is not null")).scalar() == 0


# --- together -------------------------------------------------------------------------------------------------------


def test_a_colleagues_changes_appear_and_a_selection_survives_them(visit: Visit, alice: Actor, bob: Actor, person: Person) -> None:
    person(alice, "Ana")
    page = visit(alice, "/contacts").select_rows("Ana").sees("1 selected")
    person(bob, "Mei")
    page.sees("Mei", "1 selected")


def test_a_selected_person_whom_a_colleague_deletes_leaves_the_selection(visit: Visit, alice: Actor, olivia: Actor, person: Person) -> None:
    person(alice, "Ana")
    person(alice, "Mei")
    page = visit(alice, "/contacts").select_rows("Ana").sees("1 selected")
    visit(olivia, "/contacts").select_rows("Ana").press("Delete").press("Delete").sees("1 person deleted")
    page.sees_not("1 selected")
    assert names(page) == ["Mei"]


def test_a_viewer_looks_searches_and_is_offered_nothing_else(visit: Visit, alice: Actor, vera: Actor, person: Person) -> None:
    person(alice, "Ana Silva")
    page = visit(vera, "/contacts").fill(SEARCH, "ana")
    assert names(page) == ["Ana Silva"]
    for missing in (QUICK, "Add contact", "Import", "Delete", "Archive"):
        assert not page.has(missing), missing
    assert visit(vera, "/contacts?new=1").dialog == ""
    visit(vera, "/contacts").sees("Ana Silva")


def test_a_person_whom_their_owner_makes_private_leaves_the_others_list(visit: Visit, alice: Actor, bob: Actor, person: Person) -> None:
    ana = person(alice, "Ana")
    page = visit(bob, "/contacts").sees("Ana")
    visit(alice, f"/contacts/{ana.id}").shortcut("e").choose("Who can see it", "Only me").press("Save").sees("Saved")
    page.sees("Your people will live here")
    assert page.rows == []


# --- as cards and as a board ----------------------------------------------------------------------------------------


def test_the_same_people_as_cards(visit: Visit, alice: Actor, person: Person) -> None:
    person(alice, "Ana")
    page = visit(alice, "/contacts").press("Cards")
    assert page.path == "/contacts?view=cards" and page.is_on("Cards")
    assert names(page.reload()) == ["Ana"]


def test_an_address_of_the_board_shows_columns_and_a_viewer_moves_nobody(visit: Visit, alice: Actor, vera: Actor, person: Person) -> None:
    person(alice, "Ana", stage="curious")
    for actor in (alice, vera):
        page = visit(actor, "/contacts?view=board")
        page.sees("Curious 1", "Ana")
        assert page.is_on("Board by stage") and page.press("Ana").path.startswith("/contacts/")
