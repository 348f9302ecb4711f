"""A drive at Google from the sign-in to the documents of a contact: what a run writes, what follows, what stays, and what is never doubled."""

from __future__ import annotations

import pytest

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionKind, ConnectionState
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.documents import service as documents
from crm_app.domain.documents.schemas import DocumentUpdate
from crm_app.domain.drives import running as drive_running
from crm_app.domain.drives import service as drives
from crm_app.domain.drives.schemas import Pick
from crm_app.domain.google.authority import CALENDARS, DRIVE, Client, Wants, bind_google
from crm_app.domain.jobs import service as jobs
from crm_app.domain.links import bind_public_url
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner
from crm_app.jobs.sources import bind_sources
from crm_app.providers.google import GOOGLE, GoogleAuthority, GoogleDrive
from crm_app.providers.google.fake_drive import FakeDrive
from tests.documents import docx, pdf
from tests.jobs.fake_account import counts
from tests.jobs.test_google import go, sign_in
from tests.providers.google.conftest import CLIENT, Unhurried

__all__ = ["go", "sign_in"]


@pytest.fixture
def fake(box):
    bind_public_url("https://crm.example.org")
    made = FakeDrive()
    made.clients[CLIENT.client_id] = CLIENT.secret.get_secret_value()
    bind_google(GoogleAuthority(lambda: made), Client(CLIENT.client_id, CLIENT.secret))
    bind_sources({ConnectionKind.GOOGLE_DRIVE: lambda _url, _name, tokens, _gate: GoogleDrive(tokens, made, GOOGLE, Unhurried())})
    return made


@pytest.fixture
def folder(fake):
    """Ana's folder: an agreement, notes, and what can be no document."""
    ref = fake.folder("Ana Silva")
    fake.file("Agreement.pdf", pdf("Ten sessions"), ref="agreement", parent=ref)
    fake.document("Notes", docx("She walked up the mountain"), ref="notes", parent=ref)
    fake.file("Budget", ref="budget", parent=ref, mime="application/vnd.google-apps.spreadsheet")
    return ref


@pytest.fixture
def key(run, alice, fake, sign_in, view):
    """Alice has signed in for her files."""
    sign_in(wants=Wants.FILES)
    JobRunner(HANDLERS).run_pending()
    return view().id


@pytest.fixture
def ana(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva")).id


@pytest.fixture
def link(run, alice, key, ana):
    """``link(ref, folder=…)``: it is chosen for Ana, and a run has ended; the job."""

    def do(ref, *, folder=False, to=ana, name="x"):
        run(alice, drives.link_files, key, to, [Pick(ref=ref, name=name, folder=folder)])
        JobRunner(HANDLERS).run_pending()
        return run(alice, jobs.list_jobs, ("connections.sync",))[0]

    return do


@pytest.fixture
def files(run, alice, ana):
    """Ana's documents by name."""

    def do(who=alice, of=ana):
        return {one.name: one for one in run(who, documents.list_documents, of).documents}

    return do


def test_a_folder_comes_in_once_and_then_only_what_changed(run, alice, bob, fake, folder, key, link, files, go, rows, view):
    (grant,) = fake._grants.values()
    assert DRIVE in grant.scopes and CALENDARS not in grant.scopes and view().state is ConnectionState.ACTIVE
    assert counts(link(folder, folder=True)) == (3, 2, 0, 0, 1, 0)
    found = files(bob)
    assert set(found) == {"Agreement.pdf", "Notes"} and (found["Notes"].kind, found["Notes"].source, found["Notes"].source_gone) == ("docx", "google_drive", False)
    assert found["Notes"].source_url == "https://drive.google.com/open?id=notes" and found["Notes"].owner_name == "Alice"
    assert run(bob, documents.get_document_text, found["Notes"].id).text == "She walked up the mountain"
    assert run(bob, documents.get_document_file, found["Agreement.pdf"].id).data == pdf("Ten sessions")
    told = {one.title: (one.kind, one.calendar) for one in run(alice, connections.list_problems, key)}
    assert told == {"Budget": ("skipped", "Ana Silva")}
    before = rows()
    fake.asked.clear()
    assert counts(go(key)) == (0, 0, 0, 0, 0, 0) and rows() == before, "a sync with nothing new writes nothing but its run"
    assert [path for _method, path, _asked in fake.asked] == ["/drive/v3/changes"], "and asks once"
    again = docx("And down again")
    fake.document("Notes", again, ref="notes", parent=folder)
    fake.file("Elsewhere.pdf", pdf("x"))
    assert counts(go(key)) == (1, 0, 1, 0, 0, 0)
    now = files()
    assert now["Notes"].id == found["Notes"].id and run(bob, documents.get_document_text, now["Notes"].id).text == "And down again"
    assert run(bob, documents.get_document_file, now["Notes"].id).data == again and now["Agreement.pdf"].version == found["Agreement.pdf"].version
    fake.file("New.md", b"# New", parent=folder, mime="text/markdown")
    assert counts(go(key)) == (1, 1, 0, 0, 0, 0) and files()["New.md"].kind == "markdown"


def test_a_name_follows_unless_it_was_given_another_one_here(run, alice, fake, folder, key, link, files, go):
    link(folder, folder=True)
    fake.asked.clear()
    fake.rename("agreement", "Signed.pdf")
    assert counts(go(key)) == (1, 0, 1, 0, 0, 0) and "Signed.pdf" in files()
    assert not any(path.startswith("/drive/v3/files/") for _method, path, _asked in fake.asked), "nothing is fetched for a name"
    one = files()["Signed.pdf"]
    run(alice, documents.update_document, one.id, DocumentUpdate(version=one.version, name="Mine.pdf"))
    fake.rename("agreement", "Theirs.pdf")
    assert counts(go(key))[1:4] == (0, 0, 0) and "Mine.pdf" in files()


def test_what_goes_over_there_stays_here_and_says_so_and_what_comes_back_is_the_same(fake, folder, key, link, files, go, rows):
    link(folder, folder=True)
    fake.trash("agreement")
    fake.move("notes", "0AROOT")
    assert counts(go(key)) == (2, 0, 0, 2, 0, 0) and {one.source_gone for one in files().values()} == {True}
    before = rows()
    assert counts(go(key, full=True))[1:4] == (0, 0, 0) and {name for name in before if rows()[name] != before[name]} <= {"sync_problem", "connection"}
    fake.move("notes", folder)
    assert counts(go(key)) == (1, 0, 1, 0, 0, 0) and [name for name, one in files().items() if not one.source_gone] == ["Notes"] and len(files()) == 2
    fake.trash(folder)
    assert counts(go(key))[3] == 1 and len(files()) == 2


def test_nothing_is_doubled_whichever_way_a_file_was_chosen_nor_by_a_lost_place_nor_by_another_connection(run, alice, fake, folder, key, link, files, go, sign_in, view):
    link("agreement")
    assert set(files()) == {"Agreement.pdf"}
    assert counts(link(folder, folder=True))[1:4] == (1, 0, 0) and len(files()) == 2
    link("agreement")
    fake.forget_tokens()
    assert counts(go(key))[1:4] == (0, 0, 0) and len(files()) == 2
    for one in run(alice, drives.list_links, files()["Notes"].contact_id):
        run(alice, drives.unlink_file, one.id)
    fake.trash("notes")
    assert counts(go(key)) == (0, 0, 0, 0, 0, 0) and not files()["Notes"].source_gone, "what is followed no more stays as it is"
    assert run(alice, connections.delete_connection, key)() is True and len(files()) == 2 and fake._grants == {}
    sign_in(wants=Wants.FILES)
    run(alice, drives.link_files, view().id, files()["Notes"].contact_id, [Pick(ref=folder, folder=True)])
    JobRunner(HANDLERS).run_pending()
    assert len(files()) == 2


def test_what_was_deleted_here_stays_out_until_it_is_chosen_by_itself(run, alice, fake, folder, key, link, files, go):
    link(folder, folder=True)
    run(alice, documents.delete_document, files()["Notes"].id)
    fake.document("Notes", docx("Changed"), ref="notes", parent=folder)
    assert counts(go(key)) == (1, 0, 0, 0, 1, 0) and set(files()) == {"Agreement.pdf"}
    assert counts(go(key, full=True))[1:4] == (0, 0, 0) and set(files()) == {"Agreement.pdf"}
    assert "It was deleted here" in next(one.reason for one in run(alice, connections.list_problems, key) if one.title == "Notes")
    assert counts(link("notes"))[1:4] == (1, 0, 0) and set(files()) == {"Agreement.pdf", "Notes"}


def test_a_document_keeps_to_the_rules_of_documents_and_a_contact_that_is_gone_gets_nothing(run, alice, bob, fake, folder, key, link, files, go):
    hers = run(alice, contacts.create_contact, ContactCreate(display_name="Private", audience="private")).id
    link(folder, folder=True, to=hers)
    assert {one.audience for one in files(of=hers).values()} == {"private"}
    run(alice, contacts.delete_contacts, [hers])
    fake.file("Late.pdf", pdf("x"), parent=folder)
    assert counts(go(key)) == (0, 0, 0, 0, 0, 0)


def test_one_file_that_is_not_handed_over_keeps_no_other_out(run, alice, fake, folder, key, link, files, go):
    fake.files["agreement"]["capabilities"] = {"canDownload": True}
    fake.fault = lambda path: (403, {}, b'{"error": {"errors": [{"reason": "cannotDownloadAbusiveFile"}]}}') if path.endswith("/agreement") else None
    assert counts(link(folder, folder=True)) == (3, 1, 0, 0, 2, 0) and set(files()) == {"Notes"}
    assert "harmful" in next(one.reason for one in run(alice, connections.list_problems, key) if one.title == "Agreement.pdf")
    fake.asked.clear()
    go(key, full=True)
    assert not any(path.endswith("/agreement") for _method, path, _asked in fake.asked), "it is not asked for again while it is the same"


def test_rel_02_a_run_that_breaks_off_at_any_step_loses_and_doubles_nothing(run, alice, fake, folder, key, link, files, go, monkeypatch):
    """Each transaction of a first look in turn is the last one that stands."""
    whole, land = {"Agreement.pdf", "Notes"}, drive_running.land_page

    def breaking(after):
        left = [after]

        def do(*args, **named):
            if not left[0]:
                raise RuntimeError("the process is gone")
            left[0] -= 1
            return land(*args, **named)

        return do

    with monkeypatch.context() as patched:
        patched.setattr(drive_running, "land_page", breaking(0))
        link(folder, folder=True)
    assert files() == {}
    for after in (1, 2):
        with monkeypatch.context() as patched:
            patched.setattr(drive_running, "land_page", breaking(after))
            go(key)
        assert set(files()) <= whole
    assert go(key).state == "done" and set(files()) == whole and len(run(alice, documents.list_documents, files()["Notes"].contact_id).documents) == 2


def test_the_access_that_ends_asks_to_sign_in_again(fake, folder, key, link, files, go, view, told, sign_in):
    link(folder, folder=True)
    fake.take_back()
    fake.file("New.pdf", pdf("x"), parent=folder)
    assert go(key).state == "failed" and view().state is ConnectionState.SIGN_IN_NEEDED and len(told()) == 1
    assert sign_in(key, wants=Wants.FILES) == f"/settings/connections/{key}"
    JobRunner(HANDLERS).run_pending()
    assert view().state is ConnectionState.ACTIVE and "New.pdf" in files()
    fake.take_back()
    assert sign_in(wants=Wants.FILES, allows=lambda scope: "drive" not in scope) == "/settings/connections?add=google-drive&google=fewer"
