"""The record of one person: writing down, reading back, changing, deleting, undoing, alone and together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactUpdate, ContactView
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionUpdate
from crm_app.domain.unit_of_work import run_service
from tests.pages.conftest import Entry, Person, Task, Visit
from tests.tabs import RunningHouse, Tab

NOBODY = "01890000-0000-7000-8000-00000000dead"

BOX = "What happened"


@pytest.fixture
def ana(alice: Actor, person: Person) -> ContactView:
    """Alice's contact, shared with the team."""
    return person(alice, "Ana Silva", points=[{"kind": "email", "value": "ana@example.org"}, {"kind": "phone", "value": "+44 20 7946 0000"}], tags=["Yoga"])


def record(of: ContactView) -> str:
    return f"/contacts/{of.id}"


# --- seeing ---------------------------------------------------------------------------------------------------------


def test_who_how_to_reach_and_how_things_stand(visit: Visit, alice: Actor, person: Person, ana: ContactView) -> None:
    friend = person(
        alice, "Mei Lin", company="Studio", job_title="Teacher", pronouns="she/her", stage="curious", cadence_days=14, street="1 Long Lane", city="Porto",
        birth_day=3, birth_month=6, notes="Likes tea", referred_by_id=ana.id, nickname="May", language="Portuguese", preferred_method="phone",
    )  # fmt: skip
    page = visit(alice, record(friend))
    page.sees("Mei Lin", "she/her · Teacher, Studio", "Curious", "1 Long Lane, Porto", "3 June", "Likes tea", "Every 14 days", "None yet", "Ana Silva")
    assert page.press("Ana Silva").path == record(ana)
    page.sees("Referred by them", "Mei Lin", "ana@example.org")
    page.press("Call", beside="Email")
    assert page.left == ["tel:+442079460000"]


@pytest.mark.parametrize("key", ["not-an-id", NOBODY, "import%00", "..%2f"])
def test_an_address_of_nobody_is_our_own_page(visit: Visit, alice: Actor, key: str) -> None:
    page = visit(alice, f"/contacts/{key}") if "%" not in key else visit(alice, "/contacts").open(f"/contacts/{key}")
    assert "There is nothing here" in page.text or "not an address" in page.text or "not here" in page.text.lower(), page.text


def test_a_colleagues_private_person_looks_like_nobody(visit: Visit, alice: Actor, bob: Actor, olivia: Actor, person: Person) -> None:
    secret = person(bob, "Hidden Person", audience="private")
    for reader in (alice, olivia):
        page = visit(reader, record(secret)).sees("There is nothing here").sees_not("Hidden Person")
        assert "Hidden" not in page.title


# --- writing down ---------------------------------------------------------------------------------------------------


def test_a_note_stands_at_the_top_and_can_be_undone(visit: Visit, alice: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).fill(BOX, "Slept seven hours").press("Save").sees("Note saved", "Today", "Slept seven hours")
    assert page.value(BOX) == ""
    page.press("Undo").sees("Undone").sees_not("Slept seven hours")


def test_a_call_has_minutes_and_counts_as_contact(visit: Visit, alice: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).sees("None yet").press("Call", beside="Meeting").fill("Minutes", "25").fill(BOX, "About Friday").ctrl_enter(BOX)
    page.sees("Call saved", "25 min", "Just now", "· Call").sees_not("None yet")


def test_an_entry_can_lie_in_the_past_and_be_mine_alone(visit: Visit, alice: Actor, bob: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).press("It happened now; choose another time").fill("When; empty means now", "2026-01-05T09:30").fill(BOX, "Just for me")
    page.press("Who can see it: Everyone in the team").press("Only me").press("Save")
    page.sees("January", "Only you", "Just for me")
    above = page._look(lambda client: [around.classes for mark in client.elements.values() if "mc-pill" in mark.classes for around in mark.ancestors()])
    assert above and not any("mc-reveal" in classes for classes in above), "who sees it is said without pointing at it"
    visit(bob, record(ana)).sees("Ana Silva").sees_not("Just for me")


def test_nothing_written_is_nothing_saved(visit: Visit, alice: Actor, ana: ContactView, house: RunningHouse) -> None:
    page = visit(alice, record(ana)).fill(BOX, "   ").press("Save")
    assert page.focus == BOX and "saved" not in page.text


def test_what_is_being_written_is_kept_over_a_reload_and_is_gone_once_saved(visit: Visit, alice: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).fill(BOX, "Half a thou")
    page.waits(1.2).reload()
    assert page.value(BOX) == "Half a thou"
    page.press("Save").sees("Note saved").reload()
    assert page.value(BOX) == ""


def test_a_draft_is_its_writers_alone(visit: Visit, alice: Actor, bob: Actor, ana: ContactView) -> None:
    visit(alice, record(ana)).fill(BOX, "Half a thou").waits(1.2)
    assert visit(bob, record(ana)).value(BOX) == ""


# --- the timeline ---------------------------------------------------------------------------------------------------


def test_one_kind_can_be_shown_alone_and_the_address_keeps_it(visit: Visit, alice: Actor, ana: ContactView, entry: Entry) -> None:
    entry(alice, ana, "A note")
    entry(alice, ana, "A call", kind="call")
    page = visit(alice, record(ana)).press("Calls").sees("A call").sees_not("A note")
    assert page.path.endswith("?kind=call") and page.reload().sees("A call").sees_not("A note").is_on("Calls")
    page.press("Meetings").sees("Nothing of this kind yet.").press("Timeline").sees("A note", "A call")


def test_a_long_past_is_loaded_as_one_goes(visit: Visit, alice: Actor, ana: ContactView, entry: Entry) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(70):
        entry(alice, ana, f"Entry {number:02}.", occurred_at=start + timedelta(hours=number))
    page = visit(alice, record(ana)).sees("Entry 69.").sees_not("Entry 00.")
    while page.has("Show older"):
        page.press("Show older")
    assert [line for line in page.lines if line.startswith("Entry ")] == [f"Entry {number:02}." for number in reversed(range(70))]


def test_an_entry_is_changed_where_it_stands(visit: Visit, alice: Actor, ana: ContactView, entry: Entry) -> None:
    entry(alice, ana, "Slept sevn hours")
    page = visit(alice, record(ana)).press("More about this entry").press("Edit", beside="Delete")
    assert page.dialog == "Edit entry" and page.value(BOX) == "Slept sevn hours"
    page.fill(BOX, "Slept seven hours").choose("Kind", "Call").fill("When", "2026-01-05T09:30").press("Save").sees("Saved", "Slept seven hours", "January")
    page.press("Undo").sees("Slept sevn hours")


def test_an_entry_that_changed_meanwhile_is_shown_beside_mine(visit: Visit, alice: Actor, ana: ContactView, entry: Entry) -> None:
    old = entry(alice, ana, "First")
    page = visit(alice, record(ana)).press("More about this entry").press("Edit", beside="Delete").fill(BOX, "Mine")
    run_service(alice, interactions.update_interaction, old.id, InteractionUpdate(version=old.version, body="Theirs"))
    page.press("Save")
    assert page.dialog == "Someone else saved this first"
    page.sees("Mine", "Theirs").press("Save mine").sees("Saved", "Mine")
    assert page.dialog == ""


def test_a_deleted_entry_comes_back(visit: Visit, alice: Actor, ana: ContactView, entry: Entry) -> None:
    entry(alice, ana, "Slept seven hours")
    page = visit(alice, record(ana)).press("More about this entry").press("Delete", beside="Edit").sees("Deleted").sees_not("Slept seven hours")
    page.press("Undo").sees("Slept seven hours")


def test_a_colleagues_entry_names_them_and_only_its_author_may_delete_it(visit: Visit, alice: Actor, bob: Actor, ana: ContactView, entry: Entry) -> None:
    entry(bob, ana, "Met at the market", kind="meeting")
    page = visit(alice, record(ana)).sees("Met at the market", "Bob")
    page.press("More about this entry")
    assert page.has("Edit") and not page.has("Delete", "menuitem")


# --- the person -----------------------------------------------------------------------------------------------------


def test_the_dialog_changes_the_person_and_undo_changes_them_back(visit: Visit, alice: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).shortcut("e")
    assert page.dialog == "Edit contact" and page.value("Name") == "Ana Silva" and page.value("Tags") == "Yoga"
    page.fill("Company", "Studio").choose("Stage", "Ambassador").press("Address, birthday and more").fill("City", "Porto").press("Save")
    page.sees("Saved", "Studio", "Ambassador", "Porto")
    page.press("Undo").sees("Undone").sees_not("Studio")


def test_mistakes_stand_under_their_fields(visit: Visit, alice: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).shortcut("e").press("Address, birthday and more").fill("Day of birth", "31").fill("Month of birth", "2").press("Save")
    assert page.error("Day of birth") == "There is no such day in that month." and page.dialog == "Edit contact"
    page.fill("Day of birth", "").press("Save")
    assert page.error("Day of birth") == "A birthday needs both its day and its month."


def test_a_person_who_changed_meanwhile_can_be_kept_as_they_are(visit: Visit, alice: Actor, bob: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).shortcut("e").fill("Company", "Mine Ltd")
    run_service(bob, contacts.update_contact, ana.id, ContactUpdate(version=ana.version, company="Theirs Ltd"))
    page.press("Save")
    assert page.dialog == "Someone else saved this first"
    page.sees("Mine Ltd", "Theirs Ltd").press("Keep theirs").sees("Kept what was saved before", "Theirs Ltd")
    assert page.dialog == ""


def test_going_on_writing_after_a_conflict_loses_nothing(visit: Visit, alice: Actor, bob: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).shortcut("e").fill("Company", "Mine Ltd")
    run_service(bob, contacts.update_contact, ana.id, ContactUpdate(version=ana.version, company="Theirs Ltd"))
    page.press("Save").press("Go on writing")
    assert page.dialog == "Edit contact" and page.value("Company") == "Mine Ltd"


def test_the_star_says_whether_it_is_on(visit: Visit, alice: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).press("Favourite")
    assert page.is_on("No longer a favourite")
    assert not page.press("No longer a favourite").is_on("Favourite")


def test_archived_and_brought_back(visit: Visit, alice: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).press("More").press("Archive").sees("Archived")
    page.press("More").press("Bring back").sees("Brought back")
    assert not page.press("More").has("Bring back")


def test_deleting_names_what_goes_leaves_for_the_list_and_undo_comes_back(visit: Visit, alice: Actor, ana: ContactView, entry: Entry, task: Task) -> None:
    entry(alice, ana)
    task(alice, "Call Ana", contact_ids=[ana.id])
    page = visit(alice, record(ana)).press("More").press("Delete")
    assert page.dialog == "Delete Ana Silva?"
    page.sees("1 note, call or other entry", "1 task").press("Delete").sees("Deleted")
    assert page.path == "/contacts" and page.rows == []
    assert page.press("Undo").sees("Undone", "Slept well", "Call Ana").path == record(ana)


def test_what_is_kept_apart_is_for_its_owner(visit: Visit, alice: Actor, bob: Actor, olivia: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).press("Edit what is kept apart").fill("Health goals", "Sleep through the night").press("Save")
    page.sees("Saved", "Sleep through the night")
    for other in (bob, olivia):
        visit(other, record(ana)).sees("Ana Silva").sees_not("Sleep through the night")
    page.press("Edit what is kept apart").choose("Who can see it", "Everyone in the team").press("Save").sees("Saved")
    visit(bob, record(ana)).sees("Sleep through the night")


def test_a_person_who_is_made_private_leaves_the_others_pages(visit: Visit, alice: Actor, bob: Actor, ana: ContactView) -> None:
    his = visit(bob, record(ana)).sees("ana@example.org")
    visit(alice, record(ana)).shortcut("e").choose("Who can see it", "Only me").press("Save").sees("Only you can see this")
    his.sees("There is nothing here").sees_not("ana@example.org", "Ana Silva")


# --- what is next ---------------------------------------------------------------------------------------------------


def test_a_task_is_added_ticked_and_opened(visit: Visit, alice: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).enter("Add a task", "Send the journal").sees("Task added", "Send the journal")
    assert page.press("Send the journal").dialog == "Task"
    page.sees("Ana Silva").escape().press("Complete: Send the journal").sees("Task completed")
    assert not page.has("Complete: Send the journal")


# --- together -------------------------------------------------------------------------------------------------------


def test_what_a_colleague_writes_appears_without_touching_what_is_being_typed(visit: Visit, alice: Actor, bob: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).fill(BOX, "Half a thou")
    visit(bob, record(ana)).fill(BOX, "Met at the market").press("Save").sees("Note saved")
    page.sees("Met at the market")
    assert page.value(BOX) == "Half a thou"


def test_a_menu_that_is_open_stays_open_while_a_colleague_writes(visit: Visit, alice: Actor, bob: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana)).press("More")
    visit(bob, record(ana)).fill(BOX, "Met at the market").press("Save").sees("Note saved")
    page.sees("Met at the market").press("Archive").sees("Archived")


def test_a_record_that_a_colleague_deletes_says_so(visit: Visit, alice: Actor, olivia: Actor, ana: ContactView) -> None:
    page = visit(alice, record(ana))
    visit(olivia, record(ana)).press("More").press("Delete").press("Delete").sees("Deleted")
    page.sees("There is nothing here").sees_not("ana@example.org")


def test_a_locked_person_is_read_and_written_about_but_not_changed(visit: Visit, bob: Actor, alice: Actor, person: Person) -> None:
    locked = person(alice, "Locked Person", locked=True)
    page = visit(bob, record(locked)).sees("Locked Person")
    assert not page.has("Edit") and not page.has("Favourite")
    assert page.press("More").names("menuitem") == ["History"]
    page.fill(BOX, "We may still write").press("Save").sees("Note saved")


def test_a_viewer_reads_and_is_offered_nothing_to_change(visit: Visit, alice: Actor, vera: Actor, ana: ContactView, entry: Entry, task: Task) -> None:
    entry(alice, ana)
    task(alice, "Call Ana", contact_ids=[ana.id])
    page = visit(vera, record(ana)).sees("Slept well", "Call Ana")
    for missing in (BOX, "Save", "Edit", "Favourite", "Add a task", "Edit what is kept apart"):
        assert not page.has(missing), missing
    assert set(page.press("More").press("More about this entry").names("menuitem")) == {"History"}
    assert not page.can_press("Complete: Call Ana")
    page.shortcut("e")
    assert page.dialog == ""


def test_a_task_that_only_its_owner_may_change_opens_to_be_read(visit: Visit, alice: Actor, vera: Actor, ana: ContactView, task: Task) -> None:
    task(alice, "Call Ana", contact_ids=[ana.id])
    page: Tab = visit(vera, record(ana)).press("Call Ana")
    assert page.dialog == "Task" and not page.can_press("Mark done") and not page.has("Delete")


def test_nothing_is_left_of_a_note_that_could_not_be_saved(visit: Visit, alice: Actor, ana: ContactView, house: RunningHouse) -> None:
    page = visit(alice, record(ana))
    with house.database.owner.begin() as connection:
        connection.execute(text("update user_account set role = 'viewer' where id = :who"), {"who": alice.user_id})
    page.fill(BOX, "Too late").press("Save").sees("You can read the timeline but not write to it.")
    assert page.value(BOX) == "Too late"
    with house.database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from interaction")).scalar() == 0
