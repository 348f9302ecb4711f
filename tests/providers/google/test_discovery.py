"""Our questions and the stand-in's answers, held against what Google publishes of its interface: ``calendar_v3.json`` is a part of its discovery document."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crm_app.domain.google.authority import CALENDARS, CHANGES, MAIL, SENDS
from crm_app.domain.imports import sandbox as binding
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.providers.google.account import EVENT
from crm_app.providers.google.fake import FakeGoogle
from crm_app.providers.google.fake_mail import FakeGmail
from crm_app.providers.google.masks import masked
from tests.providers.google.conftest import CAL, cancelled, daily, event, exception, fake_account
from tests.providers.google.discovery import Published
from tests.providers.google.test_gmail import FOLDERS, made
from tests.providers.google.test_sender import letter, sender_of
from tests.providers.google.test_writing import allowed, tell_of_everything
from tests.providers.imap.keeping import Kept as KeptMail
from tests.providers.imap.keeping import message
from tests.providers.keeping import Kept

CALENDAR = Published("calendar_v3.json", "/calendar/v3/", CALENDARS, CHANGES)
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


def test_every_question_is_one_that_google_takes(spoken: FakeGoogle, mailed: FakeGmail):
    asked = [one for one in spoken.asked if one[1].startswith("/calendar/")]
    CALENDAR.check(asked)
    assert not any({"syncToken", "iCalUID"} <= set(given) for _method, _path, given in asked), "Google refuses these together"
    GMAIL.check(mailed.asked)
    assert len(spoken.written) >= 5
    for method, said in spoken.written:
        assert CALENDAR.faults("Event", without_nothing(said)) == [], method


def without_nothing(said: Any) -> Any:
    """A patch but for what it takes back."""
    return {name: without_nothing(value) for name, value in said.items() if value is not None} if isinstance(said, dict) else said


@pytest.mark.parametrize("which", ["spoken", "mailed"])
def test_every_answer_of_the_stand_in_is_one_that_google_could_give(request: pytest.FixtureRequest, which: str):
    google, published = request.getfixturevalue(which), CALENDAR if which == "spoken" else GMAIL
    assert len(google.answers) >= 10
    for path, said in google.answers:
        assert published.faults(published.method_of(path, "POST" if path.startswith("/upload/") else "GET")["response"]["$ref"], said) == [], path
    kind = "Event" if which == "spoken" else "Message"
    assert published.faults(kind, {"id": 5}) and published.faults(kind, {"summry": "x"}), "the check would find a wrong type and a wrong name"


def test_what_is_asked_for_of_an_event_exists():
    names = set(re.findall(r"[A-Za-z]+", EVENT)) - {"entryPoints", "entryPointType", "uri", "email", "displayName", "responseStatus", "resource", "self"}
    assert names <= set(CALENDAR.schemas["Event"]["properties"])
    assert {"email", "displayName", "responseStatus", "resource"} <= set(CALENDAR.schemas["EventAttendee"]["properties"])
    assert {"email", "displayName", "self"} <= set(CALENDAR.schemas["Event"]["properties"]["organizer"]["properties"])
    assert {"entryPointType", "uri"} <= set(CALENDAR.schemas["EntryPoint"]["properties"]) and "entryPoints" in CALENDAR.schemas["ConferenceData"]["properties"]


def test_a_mask_leaves_what_it_names():
    said = {"next": "x", "other": 1, "items": [{"id": 1, "a": {"b": [{"c": 2, "d": 3}], "e": 4}, "f": 5}]}
    assert masked(said, "next,items(id,a/b(c))") == {"next": "x", "items": [{"id": 1, "a": {"b": [{"c": 2}]}}]}
