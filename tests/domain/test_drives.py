"""Which files of a drive are whose: chosen by the drive's owner alone, for contacts that they see, and never asked twice."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import Connection
from crm_app.domain.documents.kinds import MOST_BYTES
from crm_app.domain.documents.rules import source_url
from crm_app.domain.drives import rules
from crm_app.domain.drives import service as drives
from crm_app.domain.drives.access import get_own_link
from crm_app.domain.drives.models import DriveFolder, DriveLink
from crm_app.domain.drives.places import read_places, write_places
from crm_app.domain.drives.schemas import Pick
from crm_app.domain.drives.source import FOLDER, SHORTCUT, RemoteFile
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.unit_of_work import unit_of_work
from tests.domain.people import contact

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
GOOGLES = "application/vnd.google-apps."


@pytest.fixture
def drive(alice):
    return make_drive(alice)


def make_drive(who, kind="google_drive", state="active", name="Google Drive", url="https://drive.google.com/"):
    with unit_of_work(who, "tests.make_drive") as session:
        row = Connection(owner_id=who.user_id, audience="private", kind=kind, name=name, url=url, username="ana@gmail.com", state=state)
        session.add(row)
        session.flush()
        return row.id


def test_a_folder_is_linked_once_and_let_go_of_again(run, alice, drive):
    ann = contact(alice)
    picks = [Pick(ref="d1", name=" Ann's\nfolder ", folder=True), Pick(ref="f1", name="Plan.pdf"), Pick(ref="f1", name="Plan.pdf")]
    made = run(alice, drives.link_files, drive, ann, picks)
    assert [(one.name, one.folder, one.waits, one.gone) for one in made] == [("Ann's folder", True, True, False), ("Plan.pdf", False, True, False)]
    assert run(alice, drives.link_files, drive, ann, picks[:1]) == made == run(alice, drives.list_links, ann)
    run(alice, drives.unlink_file, made[0].id)
    assert [one.name for one in run(alice, drives.list_links, ann)] == ["Plan.pdf"]
    with pytest.raises(NotFound):
        run(alice, drives.unlink_file, made[0].id)


def test_a_drive_is_its_owners_alone_and_a_contact_has_to_be_seen(run, alice, bob, vera, drive, snapshot):
    ann, hers = contact(alice), contact(alice, audience="private")
    run(alice, drives.link_files, drive, ann, [Pick(ref="f1", name="Plan.pdf")])
    (link,) = run(alice, drives.list_links, ann)
    theirs, calendar = make_drive(bob), make_drive(bob, kind="google", name="Google")
    before = snapshot()
    mine = run(bob, drives.get_contact_drives, ann)
    assert [one.id for one in mine.drives] == [theirs] and mine.links == ()
    for place, whose in ((drive, ann), (theirs, hers), (calendar, ann), (uuid4(), ann)):
        with pytest.raises(NotFound):
            run(bob, drives.link_files, place, whose, [Pick(ref="f1")])
    with pytest.raises(NotFound):
        run(bob, drives.unlink_file, link.id)
    for call, args in ((drives.get_contact_drives, (ann,)), (drives.list_links, (ann,)), (drives.link_files, (drive, ann, [])), (drives.unlink_file, (link.id,))):
        with pytest.raises(Forbidden):
            run(vera, call, *args)
    assert snapshot() == before
    with unit_of_work(alice, "tests.look") as session:
        assert get_own_link(session, alice, link.id).name == "Plan.pdf"


def test_the_database_itself_refuses_a_link_to_what_is_anothers(alice, bob, drive):
    hers = contact(alice, audience="private")
    theirs, seen = make_drive(bob), contact(alice)
    for place, whose in ((theirs, hers), (drive, seen)):
        with pytest.raises(DBAPIError, match="no such"), unit_of_work(bob, "tests.cheat") as session:
            session.add(DriveLink(owner_id=bob.user_id, audience="private", connection_id=place, contact_id=whose, external_id="x", name="x"))
            session.flush()
    with pytest.raises(DBAPIError, match="no such connection"), unit_of_work(bob, "tests.cheat") as session:
        session.add(DriveFolder(owner_id=bob.user_id, audience="private", connection_id=drive, external_id="x", within="x"))
        session.flush()


def test_a_paused_drive_is_not_chosen_from_and_there_is_an_end_to_it(run, alice, monkeypatch):
    ann, paused = contact(alice), make_drive(alice, state="paused")
    assert [one.ready for one in run(alice, drives.get_contact_drives, ann).drives] == [False]
    with pytest.raises(Conflict, match="Resume it"):
        run(alice, drives.link_files, paused, ann, [Pick(ref="f1")])
    monkeypatch.setattr(rules, "MOST_LINKS", 1)
    with pytest.raises(Invalid, match="At most 1"):
        run(alice, drives.link_files, make_drive(alice, name="Two"), ann, [Pick(ref="f1"), Pick(ref="f2")])


def test_of_an_invented_drive_nobody_is_told_when_it_goes_and_its_files_open_nowhere(run, alice):
    assert run(alice, connections.delete_connection, make_drive(alice, url="https://drive.demo.example/"))() is True
    assert run(alice, connections.delete_connection, make_drive(alice))() is False, "of one at Google nothing is kept to tell it with"
    assert source_url("google_drive", "demo-notes") == "" == source_url("", "f1") and source_url("google_drive", "f&1") == "https://drive.google.com/open?id=f%261"


def test_an_erased_contact_takes_along_what_was_told_of_their_files(run, alice, drive, database):
    ann = contact(alice)
    run(alice, drives.link_files, drive, ann, [Pick(ref="f1", name="Plan.pdf")])
    with database.owner.begin() as connection:
        connection.execute(
            text("insert into sync_problem (id, owner_id, audience, connection_id, calendar_ref, item, title, kind, reason, tries, seen_at) "
                 "values (gen_random_uuid(), :me, 'private', :drive, :ann, 'f1', 'Plan of Ann.pdf', 'skipped', 'x', 1, now())"),
            {"me": alice.user_id, "drive": drive, "ann": str(ann)},
        )  # fmt: skip
        connection.execute(text("delete from contact where id = :ann"), {"ann": ann})
        assert connection.execute(text("select (select count(*) from sync_problem), (select count(*) from drive_link)")).one() == (0, 0)


@pytest.mark.parametrize(
    ("name", "mime", "kind"),
    [
        ("a", "application/pdf", "pdf"), ("a", f"{GOOGLES}document", "docx"), ("a", WORD, "docx"), ("a.md", "text/plain", "markdown"), ("a", "text/plain", "text"),
        ("a", "text/markdown", "markdown"), ("a.docx", "application/octet-stream", "docx"), ("a.exe", "application/octet-stream", None), ("a.pdf", "image/png", None),
    ],
)  # fmt: skip
def test_what_a_file_would_be(name, mime, kind):
    assert rules.kind_of(RemoteFile("f1", name, mime, size=1)) == kind


@pytest.mark.parametrize(
    ("mime", "more", "said"),
    [
        ("application/pdf", {}, ""), (f"{GOOGLES}document", {"size": 0}, ""), (FOLDER, {}, "It is a folder"), (f"{GOOGLES}spreadsheet", {}, "spreadsheet"),
        (SHORTCUT, {}, "not there any more"), (SHORTCUT, {"target": "t", "target_mime": SHORTCUT}, "not there any more"),
        (SHORTCUT, {"target": "t", "target_mime": FOLDER}, "shortcut to a folder"), (SHORTCUT, {"target": "t", "target_mime": "image/png"}, "picture"),
        (SHORTCUT, {"target": "t", "target_mime": "text/plain"}, "what it leads to"), (f"{GOOGLES}jam", {}, "none of them"), ("image/png", {}, "picture"), ("application/msword", {}, "old kind"),
        ("application/pdf", {"size": MOST_BYTES + 1}, "larger than 25 MB"), ("application/pdf", {"size": 0}, "empty"), ("application/pdf", {"closed": True}, "does not let"),
    ],
)  # fmt: skip
def test_why_a_file_can_be_no_document(mime, more, said):
    file = replace(RemoteFile("f1", "x", mime, size=1), **more)
    assert said in rules.refusal(file) and bool(said) == bool(rules.refusal(file))


@pytest.mark.parametrize("kept", ["", "{", '{"": 5}', "{}"])
def test_places_that_make_no_sense_are_looked_for_anew(kept):
    assert not read_places(kept).get("")


@pytest.mark.parametrize("places", [{"": "12"}, {"": "{odd"}, {"": "1", "0Ab": "", "0Aa": "3"}])
def test_places_are_read_as_they_were_written(places):
    assert read_places(write_places(places)) == places
