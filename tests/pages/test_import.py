"""Importing: choose a file, say what its columns are, see what will happen, run, stop, undo; and every way in which that goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.imports import service as imports
from crm_app.jobs.running import Running
from tests.pages.conftest import Person, Visit
from tests.tabs import RunningHouse, Tab

NOBODY = "01890000-0000-7000-8000-00000000dead"

CORPUS = Path(__file__).parents[1] / "corpus"
DROP = "Drop a CSV, vCard or Excel file here"
TABLE = b"Name,E-mail,Birthday\nAna Silva,ana@example.org,1990-06-03\nMei Lin,not an address,someday\n"
MANY = ("Name,E-mail\n" + "".join(f"Person {number},p{number}@example.org\n" for number in range(600))).encode()


def dropped(visit: Visit, actor: Actor, content: bytes = TABLE, name: str = "people.csv") -> Tab:
    return visit(actor, "/contacts/import").drop(DROP, name, content)


def count(house: RunningHouse, table: str) -> int:
    with house.database.owner.connect() as connection:
        return int(connection.execute(text(f"select count(*) from {table}")).scalar() or 0)


@contextmanager
def held_midway(house: RunningHouse) -> Iterator[None]:
    """Inside the block, the import that waits is under way and stands still after its first piece; then it goes on to its end."""
    handlers = house.house.runner._handlers
    handler, reached, go_on = handlers[imports.KIND], threading.Event(), threading.Event()

    def slowly(running: Running) -> None:
        report = running.progress

        def progress(done: int, total: int) -> None:
            report(done, total)
            if done:
                reached.set()
                go_on.wait(20)

        running.progress = progress  # type: ignore[method-assign]
        handler(running)

    handlers[imports.KIND] = slowly
    worker = threading.Thread(target=house.work)
    worker.start()
    try:
        assert reached.wait(20)
        yield
    finally:
        go_on.set()
        worker.join(20)
        handlers[imports.KIND] = handler


# --- the usual way --------------------------------------------------------------------------------------------------


def test_from_a_file_to_people_and_back(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice).sees("people.csv: 2 records from a table")
    assert page.path.startswith("/contacts/import?job=")
    assert page.value("What “E-mail” becomes") == "E-mail"
    page.press("Show what will happen").sees("New", "Unreadable", "What could not be taken as it stands")
    assert [row[:2] for row in page.rows] == [["Ana Silva", "added"], ["Mei Lin", "added"]]
    page.press("Import 2 people").sees("Waits for its turn")
    assert count(house, "contact") == 0, "nothing is saved before it runs"
    assert house.work() == 1
    page.sees("people.csv: 2 people added", "Undo this import")
    page.press("Undo this import").sees("The import is undone").sees_not("Undo this import")
    assert count(house, "contact") == 0


def test_a_reload_loses_nothing_at_any_step(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice).reload().sees("people.csv: 2 records from a table")
    page.press("Show what will happen").press("Import 2 people").reload().sees("Waits for its turn")
    house.work()
    page.reload().sees("people.csv: 2 people added").press("See the people")
    assert {row[0] for row in page.rows} == {"Ana Silva", "Mei Lin"}


@pytest.mark.parametrize(
    ("file", "said", "go"),
    [
        ("csv/google-contacts.csv", "43 records from Google Contacts", "Import 43 people"),
        ("csv/outlook.csv", "records from Outlook", "Import "),
        ("csv/linkedin-connections.csv", "records from LinkedIn", "Import "),
        ("vcard/iphone.vcf", "1 record from vCard", "Import 1 person"),
    ],
)
def test_files_of_real_programs(visit: Visit, alice: Actor, house: RunningHouse, file: str, said: str, go: str) -> None:
    page = dropped(visit, alice, (CORPUS / file).read_bytes(), Path(file).name).sees(said).press("Show what will happen")
    button = next(name for name in page.names("button") if name.startswith(go))
    page.press(button)
    house.work()
    page.sees("people added" if "person" not in button else "1 person added")


def test_a_column_can_become_something_else_or_nothing(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice, b"Name,Vorliebe\nAna Silva,Tee\n").choose("What “Vorliebe” becomes", "Notes")
    page.press("Show what will happen").press("Import 1 person")
    house.work()
    page.sees("1 person added").open("/contacts").open_row("Ana Silva").sees("Tee")


def test_back_from_the_preview_keeps_what_was_chosen(visit: Visit, alice: Actor) -> None:
    page = dropped(visit, alice).choose("Who can see new people", "Only me").choose("What “Birthday” becomes", "Leave out")
    page.press("Show what will happen").press("Back")
    assert page.value("Who can see new people") == "Only me" and page.value("What “Birthday” becomes") == "Leave out"


def test_people_who_are_mine_alone_stay_mine(visit: Visit, alice: Actor, bob: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice).choose("Who can see new people", "Only me").press("Show what will happen").press("Import 2 people")
    house.work()
    page.sees("2 people added")
    visit(bob, "/contacts").sees("Your people will live here").sees_not("Ana Silva")


def test_the_same_file_twice_adds_nobody_twice(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    dropped(visit, alice).press("Show what will happen").press("Import 2 people")
    house.work()
    page = dropped(visit, alice).press("Show what will happen").sees("Nothing to import")
    assert not page.can_press("Nothing to import")


def test_the_list_of_problems_is_a_file(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice).press("Show what will happen").press("Import 2 people")
    house.work()
    page.sees("could not be taken").press("Download the list")
    ((name, content),) = page.downloads
    assert name.endswith(".csv") and b"not an address" in content and content.startswith(b"\xef\xbb\xbfLine,Reason")


# --- stopping -------------------------------------------------------------------------------------------------------


def test_discarding_forgets_the_file(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice).press("Discard").sees(DROP)
    assert page.path == "/contacts/import" and count(house, "import_file") == 0


def test_cancelled_while_it_waits(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice).press("Show what will happen").press("Import 2 people").press("Cancel").sees("Cancelled: nothing was saved")
    assert house.work() == 0 and count(house, "contact") == 0
    page.press("Try this file again").sees("Waits for its turn")
    house.work()
    page.sees("2 people added")


def test_cancelled_while_it_runs_leaves_nothing(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice, MANY).press("Show what will happen").press("Import 600 people")
    with held_midway(house):
        page.sees("250 of 600 records").press("Cancel").sees("Stopping…")
        assert not page.can_press("Stopping…")
    page.sees("Cancelled: nothing was saved", "Everything is as it was before.")
    assert count(house, "contact") == 0


def test_leaving_the_page_does_not_stop_it(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice, MANY).press("Show what will happen").press("Import 600 people")
    with held_midway(house):
        page.press("Tasks").press("Contacts")
    page.reload().sees("600 people")


def test_two_tabs_show_the_same_run(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice).press("Show what will happen")
    other = visit(alice, page.path, elsewhere=True).press("Show what will happen").press("Import 2 people").sees("Waits for its turn")
    page.press("Import 2 people").sees("This has already been started.")
    house.work()
    other.sees("2 people added")
    page.reload().sees("2 people added")


# --- going wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "This file is empty."),
        ("letter.txt", b"Dear Ana, how are you? It was a pleasure to meet you.", "This looks like plain text, not a list of contacts."),
        ("photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 200, ""),
        ("program.exe", b"MZ\x90\x00" + bytes(range(256)), ""),
        ("report.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", ""),
        ("broken.xlsx", b"PK\x03\x04" + b"\0" * 100, ""),
        ("mail.eml", (CORPUS / "email" / "plain_emails--raw_email_simple.eml").read_bytes(), ""),
        ("calendar.ics", (CORPUS / "ical" / "google_birthday.ics").read_bytes(), ""),
    ],
)
def test_the_wrong_file_is_refused_with_a_reason_and_the_page_stays(visit: Visit, alice: Actor, house: RunningHouse, name: str, content: bytes, said: str) -> None:
    page = dropped(visit, alice, content, name)
    assert page.has(DROP) and page.path == "/contacts/import", page.text
    assert page.toasts and page.toasts[-1].endswith(".") and said in page.toasts[-1], page.toasts
    assert count(house, "job") == 0


def test_a_table_without_a_known_column_asks_for_one(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice, b"A1,B1\nAna,x\nMei,y\n").sees("No column is known to hold a name")
    page.press("Show what will happen")
    assert not page.can_press("Nothing to import")
    page.press("Back").choose("What “A1” becomes", "Full name").press("Show what will happen").press("Import 2 people")
    house.work()
    page.sees("2 people added")


@pytest.mark.parametrize("job", ["nonsense", NOBODY])
def test_an_import_that_is_not_there(visit: Visit, alice: Actor, job: str) -> None:
    visit(alice, f"/contacts/import?job={job}").sees("There is nothing here")


def test_a_colleagues_import_looks_like_none(visit: Visit, alice: Actor, bob: Actor, olivia: Actor) -> None:
    path = dropped(visit, alice).path
    for other in (bob, olivia):
        visit(other, path).sees("There is nothing here").sees_not("people.csv")


def test_an_import_cannot_be_undone_over_what_was_changed_since(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice).press("Show what will happen").press("Import 2 people")
    house.work()
    page.sees("2 people added")
    visit(alice, "/contacts").open_row("Ana Silva").shortcut("e").fill("Company", "Studio").press("Save").sees("Saved")
    page.press("Undo this import")
    assert page.toasts and "Ana Silva" in page.text or "changed" in page.text, page.text
    assert count(house, "contact") == 2


def test_a_run_that_fails_says_that_nothing_was_changed_and_can_be_tried_again(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice).press("Show what will happen").press("Import 2 people")
    handlers = house.house.runner._handlers
    handler = handlers[imports.KIND]

    def breaks(running: Running) -> None:
        raise RuntimeError("canary of a defect")

    house.expected.append("canary of a defect")
    handlers[imports.KIND] = breaks
    house.work()
    handlers[imports.KIND] = handler
    page.sees("Something went wrong on our side, and nothing was changed.").sees_not("canary")
    page.press("Try this file again")
    house.work()
    page.sees("2 people added")


def test_somebody_who_became_a_viewer_meanwhile_imports_nothing(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = dropped(visit, alice).press("Show what will happen").press("Import 2 people").sees("Waits for its turn")
    with house.database.owner.begin() as connection:
        connection.execute(text("update user_account set role = 'viewer' where id = :who"), {"who": alice.user_id})
    house.work()
    page.sees("You can't import contacts. Ask the owner of this team for the member role.")
    assert count(house, "contact") == 0


def test_a_viewer_is_told_whom_to_ask(visit: Visit, vera: Actor, alice: Actor, person: Person) -> None:
    page = visit(vera, "/contacts/import").sees("This is not open to you", "You can't import contacts. Ask the owner of this team for the member role.")
    assert not page.has(DROP) and page.press("Go to your contacts").path == "/contacts"
