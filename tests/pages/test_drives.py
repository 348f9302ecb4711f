"""A drive on the record and in the settings: choosing files and a folder, what came of it, and who sees nothing of that."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from pydantic import SecretStr

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.drives.browsing import bind_browser
from crm_app.jobs.drive_browsing import browse
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner
from crm_app.jobs.sources import bind_sources
from crm_app.providers.google import GOOGLE, GoogleDrive
from crm_app.providers.google.fake_drive import FakeDrive
from tests.connection_rows import connected
from tests.documents import docx, pdf
from tests.pages.conftest import Person, Visit
from tests.providers.google.conftest import Unhurried
from tests.providers.google.test_drive import allowed

GIVEN = {"kind": "google_drive", "url": "https://drive.google.com/", "username": "ana@gmail.com"}


@pytest.fixture
def drive(alice: Actor) -> Iterator[FakeDrive]:
    google = allowed(FakeDrive())
    bind_sources({ConnectionKind.GOOGLE_DRIVE: lambda _url, _name, _tokens, _gate: GoogleDrive(lambda refused: SecretStr("ya29.x"), google, GOOGLE, Unhurried())})
    bind_browser(browse)
    ana = google.folder("Ana Silva")
    google.file("Agreement.pdf", pdf("Ten sessions"), parent=ana)
    google.document("Notes", docx("She walked"), ref="notes", parent=ana)
    google.file("Budget", parent=ana, mime="application/vnd.google-apps.spreadsheet")
    google.file("Handout.pdf", pdf("For everybody"))
    yield google
    bind_sources({})


def key_of(who: Actor) -> UUID:
    return connected(who, "Google Drive", **GIVEN)


def test_files_are_chosen_one_by_one_or_as_a_folder_that_stays_in_step(visit: Visit, alice: Actor, bob: Actor, person: Person, drive: FakeDrive) -> None:
    ana = person(alice, "Ana Silva")
    key_of(alice)
    address = f"/contacts/{ana.id}?kind=files"
    assert not visit(bob, address).sees("No files yet").has("From Google Drive…")
    page = visit(alice, address).press("From Google Drive…").sees("Shared with me", "Ana Silva", "Handout.pdf")
    page.press("Ana Silva", beside="Handout.pdf").sees("Agreement.pdf", "Notes", "A Google spreadsheet").press("Choose Notes").press("Add 1 file").sees("They come in from Google Drive now")
    JobRunner(HANDLERS).run_pending()
    page.sees("Notes", "From Google Drive", "Open it there")
    page.press("From Google Drive…").fill("Search by name", "agree").sees("Agreement.pdf", "anywhere in the drive").fill("Search by name", "zebra").sees("Nothing is called like that.")
    drive.shortcut("Way to Ana", next(ref for ref, file in drive.files.items() if file["name"] == "Ana Silva"))
    drive.shortcut("Leads nowhere", "lost", mime="application/pdf")
    drive.shortcut("My notes", "notes")
    page.fill("Search by name", "").sees("Handout.pdf", "A shortcut to something that is not there any more").has("Choose My notes")
    page.press("Way to Ana Shortcut").sees("Agreement.pdf").press("Keep this whole folder in step").sees("comes in now, and stays in step")
    JobRunner(HANDLERS).run_pending()
    page.sees("Kept in step with Google Drive", "1 of it stays out: why", "Agreement.pdf")
    assert visit(bob, address).sees("Agreement.pdf", "From Google Drive").has("Kept in step") is False
    page.press("Keep Ana Silva in step no more").sees("Its documents stay.").sees_not("Kept in step with Google Drive").sees("Agreement.pdf")


def test_a_drive_that_does_not_answer_says_so_and_is_asked_again(visit: Visit, alice: Actor, person: Person, drive: FakeDrive) -> None:
    ana = person(alice, "Ana Silva")
    key = key_of(alice)
    drive.fault = lambda path: (503, {}, b"")
    page = visit(alice, f"/contacts/{ana.id}?kind=files").press("From Google Drive…").sees("asks to try again later")
    drive.fault = lambda path: None
    page.press("Try again").sees("Handout.pdf").press("Shared drives").sees("is a member of no shared drive").press("Google Drive", beside="Shared drives")
    drive.file("Minutes.pdf", pdf("x"), parent=drive.shared_drive("Practice"))
    page.press("Shared drives").press("Practice").sees("Minutes.pdf", "Keep this whole folder in step").press("Google Drive", beside="Practice")
    page.sees("Handout.pdf").press("Choose Handout.pdf").press("Add 1 file").sees("They come in from Google Drive now")
    drive.trash(next(ref for ref, file in drive.files.items() if file["name"] == "Handout.pdf"))
    JobRunner(HANDLERS).run_pending()
    page.sees("Not in Google Drive any more")
    settings = visit(alice, f"/settings/connections/{key}").sees("Linked to contacts", "Ana Silva", "not there any more", "New documents: everyone in the team")
    settings.press("Unlink: Ana Silva, Handout.pdf").sees("Nothing yet. Open a contact")
