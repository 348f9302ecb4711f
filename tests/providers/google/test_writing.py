"""The contract of writing into a calendar at Google, held by the stand-in in memory and, through the gate, served on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crm_app.domain.connections.source import Changed, NotThatKind, RemoteItem, SignInNeeded, SourceDown, WriteRefused
from crm_app.domain.google.authority import CALENDARS, CHANGES
from tests.providers.caldav.test_writing import said, written
from tests.providers.google.conftest import CAL, Account, at, daily, day, event, exception, fake_account
from tests.providers.google.test_google import fault
from tests.providers.keeping import Kept

KEY = "01890000-0c1a-7000-8000-00000000abcd@mindfulcrm"
NEW = {"title": "Intäke ☕, 1; \\n", "starts_at": "2026-12-01T09:00:00+00:00", "ends_at": "2026-12-01T10:00:00+00:00", "time_zone": "Europe/Berlin", "description": "Zeile 1\nZeile 2"}
TOM = {"email": "tom@mail.example", "displayName": "Tom", "responseStatus": "accepted", "optional": True, "comment": "Gladly"}
ROOM = {"email": "room@resource.example", "resource": True, "responseStatus": "accepted"}
STANDS = {"starts_at": "2026-12-02T08:00:00+00:00", "ends_at": "2026-12-02T09:00:00+00:00"}


def allowed(account: Account) -> Account:
    """Whoever signed in has let us change what stands there."""
    account.scopes = (CALENDARS, CHANGES)
    return account


@pytest.fixture
def account(account: Account) -> Account:
    return allowed(account)


def standing(account: Account, ref: str) -> RemoteItem:
    found = account.source.fetch(CAL, ref)
    assert found is not None and found.ref == ref and found.etag
    return found


def change(account: Account, ref: str, wish: dict[str, Any] | None = None, what: str = "change", **more: Any) -> None:
    """Have an event be otherwise, as a job does."""
    known = standing(account, ref)
    account.source.write(CAL, ref, known.etag, written(known.content, wish, what, f"{ref}@google.com", **more))


def tell_of_everything(account: Account) -> None:
    """Every kind of change once, and every field of our form."""
    ref = account.source.name_new(CAL, KEY)
    account.source.write(CAL, ref, "", written(b"", {**NEW, "location": "Room 2", "people": [{"email": "tom@mail.example", "name": "Tom"}]}, "create", KEY))
    change(account, ref, {"title": "Intake", "location": "", "start_date": "2026-12-05", "end_date": "2026-12-07"})
    change(account, ref, {"people": [{"email": "ben@mail.example", "name": ""}]})
    account.google.put(CAL, daily("weekly", "Yoga"))
    change(account, "weekly", {"title": "Only this"}, recurrence_id="20261202T080000Z", stands=STANDS)
    change(account, "weekly", what="delete", recurrence_id="20261203T080000Z")
    account.source.erase(CAL, ref, standing(account, ref).etag)


def kept(account: Account, ref: str) -> dict[str, Any]:
    """An event as it is kept over there."""
    return account.google.held[CAL].events[ref]


def test_what_is_new_stands_there_once_under_our_own_id_and_a_look_knows_it(account: Account):
    ref = account.source.name_new(CAL, KEY)
    assert ref == "018900000c1a7000800000000000abcd" and account.source.fetch(CAL, ref) is None
    content = written(b"", NEW, "create", KEY)
    account.source.write(CAL, ref, "", content)
    with pytest.raises(Changed):
        account.source.write(CAL, ref, "", content)
    found = standing(account, ref)
    assert said(found.content) == [("01.12. 09:00", NEW["title"])] and b"DTSTART;TZID=Europe/Berlin:20261201T100000" in found.content
    assert kept(account, ref)["description"] == "Zeile 1\nZeile 2" and not {"attendees", "location"} & set(kept(account, ref))
    assert [(ref, etag) for ref, (etag, _content) in Kept().look(account.source, CAL).items.items()] == [(ref, found.etag)], "as a look tells of it"


def test_nobody_has_invited_anybody_to_what_begins_in_another_calendar_of_ones_own(account: Account):
    """Google names such a calendar itself as the organiser; of an event that somebody else's calendar has asked to, that stays the organiser."""
    other = "course@group.calendar.google.com"
    account.google.add_calendar(other, "Courses")
    account.source.write(other, "c0ffee", "", written(b"", NEW, "create", KEY))
    assert account.google.held[other].events["c0ffee"]["organizer"] == {"email": other, "self": True}
    found = account.source.fetch(other, "c0ffee")
    assert found is not None and b"ORGANIZER" not in found.content
    account.google.put(CAL, event("walk1", "Theirs", organizer={"email": other, "displayName": "Courses"}))
    assert b'ORGANIZER;CN="Courses":mailto:' + other.encode() in standing(account, "walk1").content


def test_an_id_that_was_taken_out_once_is_not_used_again(account: Account):
    ref = account.source.name_new(CAL, KEY)
    account.source.write(CAL, ref, "", written(b"", NEW, "create", KEY))
    account.google.remove(CAL, ref)
    with pytest.raises(Changed):
        account.source.write(CAL, ref, "", written(b"", NEW, "create", KEY))
    assert account.source.fetch(CAL, ref) is None


def test_only_what_is_different_is_told_and_all_that_is_theirs_stays(account: Account):
    theirs = {"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 5}]}, "colorId": "7", "extendedProperties": {"private": {"x": "1"}}}
    account.google.put(CAL, event("walk1", "Before", 1, location="Studio", attendees=[TOM, ROOM], **theirs))
    change(account, "walk1", {"title": "After", "location": "", "start_date": "2026-12-05", "end_date": "2026-12-07"})
    (told,) = [told for method, told in account.google.written if method == "PATCH"]
    assert set(told) == {"summary", "location", "start", "end"} and told["start"] == {"date": "2026-12-05", "dateTime": None, "timeZone": None}
    now = kept(account, "walk1")
    assert (now["summary"], now["start"], now["end"], now["attendees"]) == ("After", day(5), day(7), [TOM, ROOM]) and "location" not in now
    assert {name: now[name] for name in theirs} == theirs and Kept().look(account.source, CAL).titles == ["After"]
    change(account, "walk1", {"starts_at": "2026-12-05T09:00:00+00:00", "ends_at": "2026-12-05T10:00:00+00:00", "time_zone": "America/New_York"})
    assert kept(account, "walk1")["start"] == {"dateTime": "2026-12-05T04:00:00-05:00", "timeZone": "America/New_York"}


def test_who_is_asked_keeps_all_that_google_knows_of_them(account: Account):
    account.google.put(CAL, event("walk1", "Walk", 1, attendees=[TOM, {"email": "eva@mail.example", "responseStatus": "declined"}, ROOM]))
    change(account, "walk1", {"people": [{"email": "tom@mail.example", "name": "Tom"}, {"email": "ben@mail.example", "name": "Ben Òdes"}]})
    ben = {"email": "ben@mail.example", "displayName": "Ben Òdes", "responseStatus": "needsAction"}
    assert kept(account, "walk1")["attendees"] == [TOM, ROOM, ben]
    asked = [given for method, _path, given in account.google.asked if method == "PATCH"]
    assert asked == [{"sendUpdates": ["all"]}], "whoever is asked hears of it from Google"
    account.google.put(CAL, event("walk2", "Walk", 2, attendees=[TOM], attendeesOmitted=True))
    with pytest.raises(WriteRefused, match="More people are asked"):
        change(account, "walk2", {"people": []})
    assert kept(account, "walk2")["attendees"] == [TOM]


def test_what_somebody_else_has_changed_is_not_overwritten(account: Account):
    account.google.put(CAL, event("walk1", "Before"))
    known = standing(account, "walk1")
    ours = written(known.content, {"title": "Ours"}, uid="walk1@google.com")
    account.google.put(CAL, event("walk1", "Theirs"))
    for act in (lambda: account.source.write(CAL, "walk1", known.etag, ours), lambda: account.source.erase(CAL, "walk1", known.etag)):
        with pytest.raises(Changed):
            act()
    assert said(standing(account, "walk1").content) == [("01.12. 08:00", "Theirs")]
    account.google.remove(CAL, "walk1")
    with pytest.raises(Changed):
        account.source.write(CAL, "walk1", known.etag, ours)
    assert account.source.fetch(CAL, "walk1") is None


def test_nor_what_somebody_changes_between_our_last_look_and_our_word(account: Account):
    """The look and the word are two questions: Google itself compares what it is told over (If-Match)."""
    account.google.put(CAL, event("walk1", "Before"))
    account.google.put(CAL, daily("yoga1", "Yoga"))
    known = {ref: standing(account, ref) for ref in ("walk1", "yoga1")}
    real = account.google._write

    def late(*asked: Any) -> Any:
        for change in (event("walk1", "Theirs"), daily("yoga1", "Theirs")):
            account.google.put(CAL, change)
        return real(*asked)

    account.google._write = late  # type: ignore[method-assign]
    acts: list[Callable[[], None]] = [
        lambda: account.source.write(CAL, "walk1", known["walk1"].etag, written(known["walk1"].content, {"title": "Ours"}, uid="walk1@google.com")),
        lambda: change(account, "walk1", {"title": "Ours"}), lambda: account.source.erase(CAL, "walk1", standing(account, "walk1").etag),
        lambda: change(account, "yoga1", {"title": "Ours"}, recurrence_id="20261202T080000Z", stands=STANDS),
        lambda: change(account, "yoga1", what="delete", recurrence_id="20261203T080000Z"),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(Changed):
            act()
    assert {one["summary"] for one in account.google.held[CAL].events.values()} == {"Theirs"} and len(account.google.held[CAL].events) == 2


def test_one_of_a_series_is_changed_and_another_taken_out(account: Account):
    account.google.put(CAL, daily("yoga1", "Yoga", 4))
    account.google.put(CAL, exception("yoga1", "Yoga, outside", 4))
    change(account, "yoga1", {"title": "Only this"}, recurrence_id="20261202T080000Z", stands=STANDS)
    change(account, "yoga1", what="delete", recurrence_id="20261203T080000Z")
    assert said(standing(account, "yoga1").content) == [("01.12. 08:00", "Yoga"), ("02.12. 08:00", "Only this"), ("04.12. 08:00", "Yoga, outside")]
    change(account, "yoga1", {"title": "Only this, later", "starts_at": "2026-12-02T18:00:00+00:00", "ends_at": "2026-12-02T19:00:00+00:00"}, recurrence_id="20261202T080000Z")
    change(account, "yoga1", what="delete", recurrence_id="20261204T080000Z")
    found = standing(account, "yoga1")
    assert said(found.content) == [("01.12. 08:00", "Yoga"), ("02.12. 18:00", "Only this, later")]
    assert kept(account, "yoga1")["recurrence"] == ["RRULE:FREQ=DAILY;COUNT=4"] and kept(account, "yoga1")["summary"] == "Yoga", "the series stays as it is"
    assert Kept().look(account.source, CAL).items["yoga1"] == (found.etag, found.content)


def test_one_whole_day_of_a_series_of_days_is_moved(account: Account):
    account.google.put(CAL, {"id": "fast1", "summary": "Fast", "start": day(1), "end": day(2), "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"]})
    change(
        account, "fast1", {"start_date": "2026-12-10", "end_date": "2026-12-11"}, recurrence_id="20261208",
        stands={"start_date": "2026-12-08", "end_date": "2026-12-09"},
    )  # fmt: skip
    assert kept(account, "fast1_20261208")["start"] == day(10) and kept(account, "fast1_20261208")["originalStartTime"] == day(8)


def test_what_is_taken_out_is_gone_and_may_be_gone_already(account: Account):
    account.google.put(CAL, event("walk1", "Before"))
    look, known = Kept().look(account.source, CAL), standing(account, "walk1")
    account.source.erase(CAL, "walk1", known.etag)
    account.source.erase(CAL, "walk1", known.etag)
    assert account.source.fetch(CAL, "walk1") is None and look.look(account.source, CAL).items == {}


REFUSED: list[tuple[Any, type[Exception], str]] = [
    (fault(400, "invalid"), WriteRefused, "does not take this change"), (fault(401, "authError"), SignInNeeded, "Sign in with Google again"),
    (fault(403, "insufficientPermissions"), WriteRefused, "Allow changes in Settings, Connections"), (fault(403, "requiredAccessLevel"), WriteRefused, "does not let you change this"),
    (fault(403, "forbiddenForNonOrganizer"), WriteRefused, "does not let you change this"), (fault(403, "accessNotConfigured"), NotThatKind, "not switched on"),
    (fault(403, "rateLimitExceeded"), SourceDown, "try again later"), (fault(403, "calendarUsageLimitsExceeded"), SourceDown, "try again later"),
    (fault(412, "conditionNotMet"), Changed, "^$"), (fault(413), WriteRefused, "does not take this change"), (fault(429), SourceDown, "try again later"),
    (fault(500), SourceDown, "problem of its own"), (fault(503), SourceDown, "try again later"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "meant", "words"), REFUSED)
def test_what_a_refusal_means(sandbox: object, answer: Any, meant: type[Exception], words: str):
    account = allowed(fake_account())
    account.google.put(CAL, event("walk1", "Before"))
    account.google._write = lambda *asked: answer  # type: ignore[method-assign]
    acts: list[Callable[[], None]] = [
        lambda: account.source.write(CAL, account.source.name_new(CAL, KEY), "", written(b"", NEW, "create", KEY)), lambda: change(account, "walk1", {"title": "x"}),
        lambda: account.source.erase(CAL, "walk1", standing(account, "walk1").etag),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(meant, match=words) as failure:
            act()
        assert "ya29" not in str(failure.value)
    assert kept(account, "walk1")["summary"] == "Before"


@pytest.mark.parametrize("gone", [fault(404, "notFound"), fault(410, "deleted")])
def test_what_is_gone_at_the_last_moment(sandbox: object, gone: Any):
    account = allowed(fake_account())
    account.google.put(CAL, event("walk1", "Before"))
    account.google._write = lambda *asked: gone  # type: ignore[method-assign]
    with pytest.raises(Changed):
        change(account, "walk1", {"title": "x"})
    account.source.erase(CAL, "walk1", standing(account, "walk1").etag)
    with pytest.raises(WriteRefused, match="no such calendar"):
        account.source.write(CAL, account.source.name_new(CAL, KEY), "", written(b"", NEW, "create", KEY))


def test_without_being_allowed_to_nothing_is_written(account: Account):
    account.scopes = (CALENDARS,)
    account.google.put(CAL, event("walk1", "Before", start=at(1), end=at(1, 10)))
    with pytest.raises(WriteRefused, match="lets us only read"):
        change(account, "walk1", {"title": "x"})
    account.google.add_calendar("team@group.calendar.google.com", role="reader")
    assert [one.writable for one in account.source.list_calendars()] == [True, False]
