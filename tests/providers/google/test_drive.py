"""Files at Google, against the stand-in alone, in memory and served through the gate: what lies where, what has changed, and what a file holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pydantic import SecretStr

from crm_app.domain.connections.source import NotThatKind, SignInNeeded, SourceDown, SourceError
from crm_app.domain.drives.source import SHARED, SHARED_DRIVES, SHORTCUT, FileRefused, PlaceLost, RemoteFile
from crm_app.domain.google.authority import DRIVE, MAIL
from crm_app.infrastructure.outbound_http import Caller
from crm_app.providers.google import GOOGLE, GoogleDrive
from crm_app.providers.google.drive import DOCUMENT
from crm_app.providers.google.fake import _Grant
from crm_app.providers.google.fake_drive import ROOT, FakeDrive
from tests.providers.google.conftest import PUBLIC, SERVED, Unhurried, serve
from tests.providers.google.test_google import fault


@dataclass
class Drive:
    google: FakeDrive
    source: GoogleDrive

    def names(self, folder: str = ROOT, **asked: str) -> list[str]:
        return [one.name for one in self.source.list_files(folder, **asked).files]

    def since(self, token: str, drive: str = "") -> tuple[dict[str, str], set[str], str]:
        """The names of what changed by id, what is gone, and the next place."""
        pages = list(self.source.list_changes(token, drive))
        assert [bool(page.token) for page in pages] == [False] * (len(pages) - 1) + [True], "the last page alone has the place"
        return {one.ref: one.name for page in pages for one in page.files}, {ref for page in pages for ref in page.gone}, pages[-1].token


def made(scopes: tuple[str, ...] = (DRIVE,)) -> Drive:
    google = allowed(FakeDrive(), scopes)
    return Drive(google, GoogleDrive(lambda refused: SecretStr("ya29.x"), google, GOOGLE, Unhurried()))


def allowed(google: FakeDrive, scopes: tuple[str, ...] = (DRIVE,)) -> FakeDrive:
    google._access["ya29.x"] = _Grant("client", google.email, list(scopes), "", "")
    return google


@pytest.fixture(params=["fake", "served"])
def drive(request: pytest.FixtureRequest) -> Iterator[Drive]:
    if request.param == "fake":
        there = made()
    else:
        world, site = request.getfixturevalue("world"), request.getfixturevalue("site")
        served = replace(SERVED, drive="http://public.example/drive/v3")
        google = allowed(FakeDrive(endpoints=served))
        serve(google, site)
        world.routes[PUBLIC, 80] = site.port
        there = Drive(google, GoogleDrive(lambda refused: SecretStr("ya29.x"), Caller(world.gate()), served, Unhurried()))
    yield there
    there.source.close()


def test_folders_are_listed_first_and_by_name_and_files_are_found_by_what_they_are_called(drive: Drive):
    google, source = drive.google, drive.source
    assert (source.get_root().ref, source.get_root().is_folder) == (ROOT, True)
    ana = google.folder("Ana's \\ files")
    google.file("b.pdf", b"x")
    google.file("a.pdf", b"x")
    plan = google.file("Plan for Ana.pdf", b"x", parent=ana)
    google.shared.add(plan)
    assert drive.names() == drive.names("") == ["Ana's \\ files", "a.pdf", "b.pdf"] and drive.names(ana) == ["Plan for Ana.pdf"]
    assert drive.names(words="ana") == ["Ana's \\ files", "Plan for Ana.pdf"] and drive.names(words="Ana's \\ f") == ["Ana's \\ files"]
    assert drive.names(SHARED) == ["Plan for Ana.pdf"] and drive.names("nowhere' or '1' = '1") == [], "a name is no part of the question"
    google.page = 2
    first = source.list_files(ROOT)
    rest = source.list_files(ROOT, after=first.after)
    assert (len(first.files), [one.name for one in rest.files], rest.after) == (2, ["b.pdf"], "")


def test_a_shortcut_says_what_it_leads_to_and_what_makes_no_sense_leads_nowhere(drive: Drive):
    google, source = drive.google, drive.source
    plan = google.file("Plan.pdf", b"x")
    found = found_of(source, google.shortcut("To the plan", plan))
    assert (found.target, found.target_mime, found.mime) == (plan, "application/pdf", SHORTCUT)
    for said in ({}, {"shortcutDetails": []}, {"shortcutDetails": {"targetId": None}}):
        google.files["odd"] = {**{name: value for name, value in google.files[found.ref].items() if name != "shortcutDetails"}, "id": "odd", **said}
        assert (found_of(source, "odd").target, found_of(source, "odd").target_mime) == ("", "")
    google.files["odd"] = {**google.files[plan], "id": "odd", "shortcutDetails": {"targetId": plan}}
    assert found_of(source, "odd").target == "", "only a shortcut leads anywhere"


def test_what_has_changed_is_told_once_and_what_went_is_named(drive: Drive):
    google, source = drive.google, drive.source
    one, two, three = (google.file(f"{number}.pdf", b"x") for number in (1, 2, 3))
    place = source.get_place()
    assert drive.since(place) == ({}, set(), place), "nothing new: the place stays"
    google.rename(one, "One.pdf")
    google.trash(two)
    google.forget(three)
    four = google.file("4.pdf", b"x")
    google.page = 2
    changed, gone, now = drive.since(place)
    assert (changed, gone) == ({one: "One.pdf", four: "4.pdf"}, {two, three})
    assert drive.since(now) == ({}, set(), now)
    google.forget_tokens()
    with pytest.raises(PlaceLost):
        drive.since(now)


def test_a_shared_drive_is_a_folder_with_a_list_of_changes_of_its_own(drive: Drive):
    google, source = drive.google, drive.source
    ours, _hidden = google.shared_drive("Ours"), google.shared_drive("Old", hidden=True)
    plans = google.folder("Plans", parent=ours)
    plan = google.file("Plan.pdf", b"%PDF", parent=plans)
    assert [(one.ref, one.name, one.is_folder, one.drive) for one in source.list_files(SHARED_DRIVES).files] == [(ours, "Ours", True, ours)]
    assert drive.names(ours, drive=ours) == ["Plans"] and drive.names(plans, drive=ours) == ["Plan.pdf"] and drive.names(words="plan") == ["Plans", "Plan.pdf"]
    assert (found_of(source, ours).name, found_of(source, plan).drive, source.fetch(found_of(source, plan))) == ("Ours", ours, b"%PDF")
    own, theirs = source.get_place(), source.get_place(ours)
    google.rename(plan, "Better.pdf")
    google.files[ours]["name"] = "Drive"
    google._told(ours)
    assert drive.since(own) == ({}, set(), own) and drive.since(theirs, ours)[0] == {plan: "Better.pdf"}, "what Google calls its outermost folder is no name"
    google.move(plan, ROOT)
    assert drive.since(own)[0] == {plan: "Better.pdf"} and drive.since(theirs, ours)[1] == {plan}
    del google.drives[ours]
    assert source.get_place(ours) == ""
    with pytest.raises(PlaceLost):
        drive.since(theirs, ours)


def test_what_google_says_of_shared_drives_is_taken_as_it_is_meant():
    there = made()
    google, source = there.google, there.source
    ours, place = google.shared_drive("Ours"), source.get_place()
    lost = {"kind": "drive#change", "changeType": "drive", "driveId": ours, "removed": True}
    still = {"kind": "drive#change", "changeType": "file", "fileId": "f1", "removed": True, "file": {"id": "f1", "name": "Seen.pdf", "mimeType": "application/pdf"}}
    google.fault = lambda path: (200, {}, json.dumps({"newStartPageToken": "0-9", "changes": [lost, still, {"changeType": "drive"}]}).encode())
    assert there.since(place) == ({"f1": "Seen.pdf"}, {ours}, "0-9"), "what left the list and is seen still is there"
    google.fault = lambda path: (200, {}, b'{"incompleteSearch": true, "files": []}')
    assert source.list_files("", words="plan").partly
    with pytest.raises(SourceDown, match="did not look everywhere"):
        source.list_files(ROOT)
    google.fault = lambda path: fault(403, "insufficientFilePermissions")
    assert source.get_place(ours) == ""
    with pytest.raises(PlaceLost):
        there.since("0-0", ours)


def test_a_mark_changes_with_what_a_file_holds_and_not_with_its_name(drive: Drive):
    google, source = drive.google, drive.source
    ref, doc = google.file("a.pdf", b"one"), google.document("Notes", b"one")
    before = {one: found_of(source, one).mark for one in (ref, doc)}
    google.rename(ref, "b.pdf")
    google.document("Notes", b"two", ref=doc)
    assert found_of(source, ref).mark == before[ref] and found_of(source, doc).mark != before[doc]
    google.file("b.pdf", b"two", ref=ref)
    assert found_of(source, ref).mark != before[ref]
    google.trash(ref)
    assert source.find_file(ref) is None and source.find_file("no/such?file") is None
    assert (found_of(source, doc).size, found_of(source, doc).mime, found_of(source, doc).parents) == (0, DOCUMENT, (ROOT,))


def found_of(source: GoogleDrive, ref: str) -> RemoteFile:
    found = source.find_file(ref)
    assert found is not None
    return found


def test_a_file_is_fetched_as_it_is_and_a_document_of_googles_as_a_word_file(drive: Drive):
    google, source = drive.google, drive.source
    assert source.fetch(found_of(source, google.file("a.pdf", b"%PDF \x00\xff"))) == b"%PDF \x00\xff"
    assert source.fetch(found_of(source, google.document("Notes", b"PK"))) == b"PK"
    closed = found_of(source, google.file("c.pdf", b"x", capabilities={"canDownload": False}))
    assert closed.closed
    gone = replace(closed, ref="f0")
    for file, said in ((closed, "does not let it"), (gone, "taken away")):
        with pytest.raises(FileRefused, match=said):
            source.fetch(file)
    google.fault = lambda path: fault(403, "exportSizeLimitExceeded") if path.endswith("/export") else None
    with pytest.raises(FileRefused, match="up to 10 MB"):
        source.fetch(found_of(source, google.document("Long", b"PK")))


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (fault(429), SourceDown, "try again later"), (fault(403, "userRateLimitExceeded"), SourceDown, "try again later"), (fault(500), SourceDown, "problem of its own"),
        (fault(403, "accessNotConfigured"), NotThatKind, "Google Drive API is not switched on"), (fault(403, "insufficientPermissions"), SignInNeeded, "tick the box"),
        (fault(401), SignInNeeded, "no longer accepts"), ((200, {}, b"[]"), SourceDown, "makes no sense"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_said_in_a_sentence(answer: Any, kind: type[SourceError], said: str):
    there = made()
    file, place = found_of(there.source, there.google.file("a.pdf", b"x")), there.source.get_place()
    there.google.fault = lambda path: answer
    asks = [there.source.get_root, lambda: there.source.list_files(ROOT), lambda: there.source.find_file(file.ref), lambda: list(there.source.list_changes(place))]
    for ask in asks if answer[0] == 200 else [*asks, lambda: there.source.fetch(file)]:
        with pytest.raises(kind) as raised:
            ask()
        assert said in raised.value.reason


def test_an_account_that_allowed_something_else_is_asked_to_allow_this():
    with pytest.raises(SignInNeeded):
        made((MAIL,)).source.get_root()
