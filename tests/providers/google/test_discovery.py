"""Our questions and the stand-in's answers, held against what Google publishes of its interface: ``calendar_v3.json`` is a part of its discovery document."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crm_app.domain.drives.source import SHARED_DRIVES
from crm_app.domain.google.authority import CALENDARS, CHANGES, CONTACTS, DRIVE, MAIL, SENDS
from crm_app.domain.imports import sandbox as binding
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.providers.google.account import EVENT
from crm_app.providers.google.cards import _ADDRESS as ADDRESS
from crm_app.providers.google.cards import _NAME as NAME
from crm_app.providers.google.cards import _SOUNDS as SOUNDS
from crm_app.providers.google.cards import FIELDS
from crm_app.providers.google.drive import FILE
from crm_app.providers.google.fake import FakeGoogle
from crm_app.providers.google.fake_drive import FakeDrive
from crm_app.providers.google.fake_mail import FakeGmail
from crm_app.providers.google.fake_people import FakePeople
from crm_app.providers.google.masks import masked
from tests.providers.google.conftest import CAL, cancelled, daily, event, exception, fake_account
from tests.providers.google.discovery import Published
from tests.providers.google.test_drive import found_of
from tests.providers.google.test_drive import made as made_drive
from tests.providers.google.test_gmail import FOLDERS, made
from tests.providers.google.test_people import BOOK, FULL
from tests.providers.google.test_people import made as made_people
from tests.providers.google.test_sender import letter, sender_of
from tests.providers.google.test_writing import allowed, tell_of_everything
from tests.providers.imap.keeping import Kept as KeptMail
from tests.providers.imap.keeping import message
from tests.providers.keeping import Kept

CALENDAR = Published("calendar_v3.json", "/calendar/v3/", CALENDARS, CHANGES)
PEOPLE = Published("people_v1.json", "/", CONTACTS, CONTACTS)
FILES = Published("drive_v3.json", "/drive/v3/", DRIVE, DRIVE)
GMAIL = Published("gmail_v1.json", "/", MAIL, SENDS)


@pytest.fixture(scope="module")
def spoken(reader: ProcessSandbox) -> FakeGoogle:
    """Everything that a sync asks and a change tells, and what is answered."""
    account = allowed(fake_account())
    google = account.google
    google.add_calendar("team#1@group.calendar.google.com", "Team", role="reader", summaryOverride="Ours")
    guests = [{"email": "tom@mail.example", "displayName": "Tom", "responseStatus": "needsAction", "self": False}, {"email": "r@resource.example", "resource": True}]
    conference = {"entryPoints": [{"entryPointType": "video", "uri": "https://meet.google.com/a"}]}
    google.put(CAL, event("e", "Walk", attendees=guests, conferenceData=conference, visibility="private", organizer={"email": CAL}, description="x", location="y", sequence=1))
    google.put(CAL, daily("s", "Course"))
    account.source.list_calendars()
    kept = Kept().look(account.source, CAL)
    for change in (exception("s", "Moved", 2), cancelled("s", 3)):
        google.put(CAL, change)
        kept.look(account.source, CAL)
    google.remove(CAL, "e")
    google.forget_tokens()
    Kept().look(account.source, "team#1@group.calendar.google.com")
    kept.look(account.source, CAL)
    with pytest.MonkeyPatch.context() as bound:
        bound.setattr(binding._Binding, "sandbox", reader)
        tell_of_everything(account)
    return google


@pytest.fixture(scope="module")
def mailed() -> FakeGmail:
    """The same for a mailbox."""
    google, source = made(page=2)
    first = google.letter(message("One"))
    google.letter(message("Two"), ())
    kept = {folder: KeptMail().look(source, folder) for folder in FOLDERS}
    google.label(first, add=["STARRED", "Label_1"], take=["UNREAD"])
    google.delete(google.letter(message("Three")))
    source.list_folders()
    for folder in FOLDERS:
        kept[folder].look(source, folder, whole=True)
    list(source.fetch("INBOX", [int(first, 16)]))
    google._access["ya29.x"].scopes.append(SENDS)
    sender_of(google).send(letter("Re: One", references=("one@mail.example",)), lambda: None)
    return google


@pytest.fixture(scope="module")
def met() -> FakePeople:
    """The same for contacts."""
    there = made_people()
    google, source = there.google, there.source
    google.page = 2
    google.person(1, **FULL, photos=[{"url": "https://lh3.googleusercontent.com/x=s100", "default": True}], skills=[{"value": "x"}], externalIds=[{"value": "7"}])
    for number in range(2, 6):
        google.person(number, f"Person {number}", sipAddresses=[{"value": "sip:x"}], interests=[{"value": "x"}])
    kept = Kept().look(source, BOOK)
    google.forget("people/c2")
    google.person(6, "Person 3", before="people/c3")
    kept.look(source, BOOK)
    google.forget_tokens()
    kept.look(source, BOOK)
    source.list_books()
    return google


@pytest.fixture(scope="module")
def kept() -> FakeDrive:
    """The same for files."""
    there = made_drive()
    google, source = there.google, there.source
    google.page = 2
    ana, place = google.folder("Ana"), source.get_place()
    refs = [google.file("a.pdf", b"x", parent=ana), google.document("Notes", b"PK", parent=ana), google.file("b.md", b"x", parent=ana, mime="text/markdown")]
    google.shortcut("To the notes", refs[1], parent=ana)
    ours = google.shared_drive("Ours")
    google.file("c.pdf", b"x", parent=ours)
    source.list_files(SHARED_DRIVES)
    source.list_files(ours, drive=ours)
    source.find_file(ours)
    list(source.list_changes(source.get_place(ours), ours))
    source.get_root()
    for asked in ({}, {"words": "not"}, {"after": "2"}):
        source.list_files(ana, **asked)
    for ref in refs:
        source.fetch(found_of(source, ref))
    google.trash(refs[0])
    google.forget(refs[1])
    list(source.list_changes(place))
    return google


def test_every_question_is_one_that_google_takes(spoken: FakeGoogle, mailed: FakeGmail, met: FakePeople, kept: FakeDrive):
    asked = [one for one in spoken.asked if one[1].startswith("/calendar/")]
    CALENDAR.check(asked)
    assert not any({"syncToken", "iCalUID"} <= set(given) for _method, _path, given in asked), "Google refuses these together"
    GMAIL.check(mailed.asked)
    PEOPLE.check(met.asked)
    FILES.check(kept.asked)
    assert len(spoken.written) >= 5
    for method, said in spoken.written:
        assert CALENDAR.faults("Event", without_nothing(said)) == [], method


def without_nothing(said: Any) -> Any:
    """A patch but for what it takes back."""
    return {name: without_nothing(value) for name, value in said.items() if value is not None} if isinstance(said, dict) else said


@pytest.mark.parametrize("which", ["spoken", "mailed", "met", "kept"])
def test_every_answer_of_the_stand_in_is_one_that_google_could_give(request: pytest.FixtureRequest, which: str):
    google, published = request.getfixturevalue(which), {"spoken": CALENDAR, "mailed": GMAIL, "met": PEOPLE, "kept": FILES}[which]
    assert len(google.answers) >= 10
    for path, said in google.answers:
        assert published.faults(published.method_of(path, "POST" if path.startswith("/upload/") else "GET")["response"]["$ref"], said) == [], path
    kind = {"spoken": "Event", "mailed": "Message", "met": "Person", "kept": "File"}[which]
    assert published.faults(kind, {"id" if which != "met" else "etag": 5}) and published.faults(kind, {"summry": "x"}), "the check would find a wrong type and a wrong name"


def test_what_is_asked_for_of_an_event_exists():
    names = set(re.findall(r"[A-Za-z]+", EVENT)) - {"entryPoints", "entryPointType", "uri", "email", "displayName", "responseStatus", "resource", "self"}
    assert names <= set(CALENDAR.schemas["Event"]["properties"])
    assert {"email", "displayName", "responseStatus", "resource"} <= set(CALENDAR.schemas["EventAttendee"]["properties"])
    assert {"email", "displayName", "self"} <= set(CALENDAR.schemas["Event"]["properties"]["organizer"]["properties"])
    assert {"entryPointType", "uri"} <= set(CALENDAR.schemas["EntryPoint"]["properties"]) and "entryPoints" in CALENDAR.schemas["ConferenceData"]["properties"]


def test_what_is_asked_for_of_a_person_exists():
    assert set(FIELDS) <= set(PEOPLE.schemas["Person"]["properties"])
    of = {"names": "Name", "addresses": "Address", "organizations": "Organization", "photos": "Photo", "birthdays": "Birthday", "relations": "Relation", "userDefined": "UserDefined"}
    for field, kind in of.items():
        assert PEOPLE.schemas["Person"]["properties"][field]["items"] == {"$ref": f"#/schemas/{kind}"}
    read = {*NAME, *SOUNDS, "displayName", "unstructuredName"}
    assert read <= set(PEOPLE.schemas["Name"]["properties"]) and set(ADDRESS) <= set(PEOPLE.schemas["Address"]["properties"])


def test_what_is_asked_for_of_a_file_exists_and_what_is_not_asked_for_is_not_told(kept: FakeDrive):
    said = FILES.schemas["File"]["properties"]
    assert {name.partition("/")[0] for name in FILE.split(",")} <= set(said) and "canDownload" in said["capabilities"]["properties"]
    assert any(masked(answer, f"files({FILE})")["files"] for path, answer in kept.answers if path.endswith("/files"))


def test_a_mask_leaves_what_it_names():
    said = {"next": "x", "other": 1, "items": [{"id": 1, "a": {"b": [{"c": 2, "d": 3}], "e": 4}, "f": 5}]}
    assert masked(said, "next,items(id,a/b(c))") == {"next": "x", "items": [{"id": 1, "a": {"b": [{"c": 2}]}}]}
