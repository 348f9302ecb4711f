"""Files on the record: dropped, told what became of their words, renamed, kept to oneself, deleted and brought back."""

from __future__ import annotations

from crm_app.domain.actor import Actor
from tests.documents import pdf, write_document
from tests.pages.conftest import Person, Visit

BOX = "Drop files here"


def test_a_file_is_dropped_seen_by_a_colleague_saved_and_deleted(visit: Visit, alice: Actor, bob: Actor, vera: Actor, person: Person) -> None:
    ana = person(alice, "Ana Silva")
    address = f"/contacts/{ana.id}?kind=files"
    his = visit(bob, address).sees("No files yet")
    page = visit(alice, f"/contacts/{ana.id}").press("Files").drop(BOX, "Agreement.pdf", pdf("Ten sessions")).sees("Agreement.pdf is added", "PDF")
    his.sees("Agreement.pdf", "Alice")
    page.drop(BOX, "Scan.pdf", pdf("")).sees("There are no words in it")
    page.drop(BOX, "photo.png", b"x").sees("This is none of them").drop(BOX, "old.pdf", b"%PDF-").sees("may be damaged")
    his.press("Agreement.pdf")
    assert his.downloads == [("Agreement.pdf", pdf("Ten sessions"))]
    assert not visit(vera, address).sees("Agreement.pdf").has(BOX)
    page.press("More about Agreement.pdf").press("Rename", beside="Keep to myself").fill("Name", "Contract.pdf").press("Rename", beside="Cancel").sees("Renamed", "Contract.pdf")
    page.press("More about Contract.pdf").press("Keep to myself").sees("Only you can see it")
    his.sees_not("Contract.pdf")
    page.press("Undo", beside="Only you can see it").sees("Undone")
    his.sees("Contract.pdf").press("More about Contract.pdf").sees_not("Delete")
    page.press("More about Contract.pdf").press("Delete").sees("Deleted").sees_not("More about Contract.pdf").press("Undo", beside="Deleted").sees("Contract.pdf")


def test_what_was_done_with_a_file_is_told_by_the_history(visit: Visit, alice: Actor, bob: Actor, person: Person) -> None:
    ana = person(alice, "Ana Silva")
    write_document(alice, ana.id, "Ten sessions", name="Agreement.txt")
    page = visit(alice, f"/contacts/{ana.id}?kind=files").press("More about Agreement.txt").press("Never to AI").sees("The assistant never reads this")
    page.press("More").press("History").sees("Added the file Agreement.txt", "Agreement.txt: changed")
