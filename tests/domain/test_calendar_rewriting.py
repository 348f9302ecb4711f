"""One event of a calendar written anew: what the wish is about changes, and everything else of theirs stays to the byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from crm_app.domain.calendar.reading import ItemRefused, Window, read_item, rewrite_item
from crm_app.domain.calendar.reading_schemas import ReadEvent
from crm_app.infrastructure.sandbox import ProcessSandbox

WINDOW = Window(date(2026, 1, 1), date(2027, 12, 1), date(2026, 11, 26))
NOON = "2026-11-27T12:00:00+00:00"
THEIRS = (
    "X-WR-CALNAME:Practice", "BEGIN:VTIMEZONE", "TZID:Custom/Berlin", "X-LIC-LOCATION:Europe/Berlin", "BEGIN:STANDARD", "DTSTART:19701025T030000",
    "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "END:STANDARD", "END:VTIMEZONE",
)  # fmt: skip
ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Soon", "TRIGGER:-PT15M", "X-ALARM:kept", "END:VALARM")
EVENT = (
    "UID:a@example.org", "DTSTAMP:20260101T000000Z", "SEQUENCE:4", "DTSTART;TZID=Custom/Berlin:20261126T100000", "DURATION:PT50M", "SUMMARY:Before",
    "X-PROP;X-P=1:a very long value of somebody else's that is folded", " in a place of its own choosing", "LOCATION:Room 1", "X-APPLE-STRUCTURED-LOCATION:geo:1",
    "ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "QUJD" * 9000, *ALARM,
)  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ProcessSandbox]:
    with ProcessSandbox() as place:
        yield place


Rewritten = Callable[..., bytes]


@pytest.fixture
def rewritten(sandbox: ProcessSandbox) -> Rewritten:
    def run(content: bytes, wish: dict[str, Any] | None = None, what: str = "change", **more: Any) -> bytes:
        options = {
            "what": what, "uid": "a@example.org", "recurrence_id": "", "wish": wish or {}, "stands": {}, "zone": "Europe/Lisbon", "own": ["alice@example.org"],
            "organiser": {"email": "alice@example.org", "name": "Alice"}, "moment": "2026-11-26T21:00:00+00:00", **more,
        }  # fmt: skip
        return rewrite_item(content, options, sandbox=sandbox)

    return run


@pytest.fixture
def read(sandbox: ProcessSandbox) -> Callable[[bytes], list[ReadEvent]]:
    def run(content: bytes) -> list[ReadEvent]:
        item = read_item(content, window=WINDOW, zone="Europe/Lisbon", sandbox=sandbox)
        assert not item.problems
        return sorted(item.events, key=lambda event: event.starts_at)

    return run


def calendar(*events: tuple[str, ...], first: tuple[str, ...] = THEIRS) -> bytes:
    inside = [line for event in events for line in ("BEGIN:VEVENT", *event, "END:VEVENT")]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *first, *inside, "END:VCALENDAR", ""]).encode()


def lines(content: bytes) -> list[str]:
    return content.decode().split("\r\n")


def at(hour: int, day: int = 27) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_a_title_changes_and_every_other_line_stays(rewritten: Rewritten) -> None:
    before, after = lines(calendar(EVENT)), lines(rewritten(calendar(EVENT), {"title": "Nächste, 2; \\o/"}))
    assert [line for line in before if line not in after] == ["DTSTAMP:20260101T000000Z", "SEQUENCE:4", "SUMMARY:Before"]
    assert [line for line in after if line not in before] == [
        "DTSTAMP:20261126T210000Z", "SEQUENCE:5", "SUMMARY:Nächste\\, 2\\; \\\\o/", "LAST-MODIFIED:20261126T210000Z",
    ]  # fmt: skip


def test_it_moves_in_the_zone_that_its_file_describes(rewritten: Rewritten, read: Any) -> None:
    after = rewritten(calendar(EVENT), {"starts_at": NOON, "ends_at": "2026-11-27T13:30:00+00:00"})
    assert "DTSTART;TZID=Custom/Berlin:20261127T130000" in lines(after) and b"DURATION" not in after
    (event,) = read(after)
    assert (event.starts_at, event.ends_at) == (at(12), at(13).replace(minute=30))


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("DTSTART:20261126T100000Z", "DTSTART:20261127T120000Z"), ("DTSTART:20261126T100000", "DTSTART:20261127T120000"),
        ("DTSTART;VALUE=DATE:20261126", "DTSTART;TZID=Europe/Lisbon:20261127T120000"), ("DTSTART;TZID=W. Europe Standard Time:20261126T100000", "DTSTART;TZID=W. Europe Standard Time:20261127T130000"),
    ],
)  # fmt: skip
def test_hours_stay_in_the_form_in_which_they_were(rewritten: Rewritten, read: Any, start: str, said: str) -> None:
    after = rewritten(calendar(("UID:a@example.org", start)), {"starts_at": NOON, "ends_at": "2026-11-27T13:00:00+00:00"})
    assert said in lines(after) and [event.starts_at for event in read(after)] == [at(12)]


def test_hours_in_another_zone_come_with_its_description_and_whole_days_have_none(rewritten: Rewritten, read: Any) -> None:
    after = rewritten(calendar(EVENT), {"starts_at": "2026-07-01T12:00:00+00:00", "ends_at": "2026-07-01T13:00:00+00:00", "time_zone": "America/New_York"})
    assert {"DTSTART;TZID=America/New_York:20260701T080000", "TZID:America/New_York", "TZID:Custom/Berlin"} <= set(lines(after))
    (event,) = read(after)
    assert (event.starts_at, event.time_zone) == (datetime(2026, 7, 1, 12, tzinfo=UTC), "America/New_York")
    days = rewritten(after, {"start_date": "2026-07-02", "end_date": "2026-07-04"})
    assert {"DTSTART;VALUE=DATE:20260702", "DTEND;VALUE=DATE:20260704"} <= set(lines(days))
    assert [(event.all_day, event.end_date) for event in read(days)] == [(True, date(2026, 7, 4))]


def test_the_hour_that_comes_twice_is_written_without_doubt(rewritten: Rewritten, read: Any) -> None:
    after = rewritten(calendar(EVENT), {"starts_at": "2026-10-25T01:30:00+00:00", "ends_at": "2026-10-25T02:30:00+00:00", "time_zone": "Europe/Berlin"})
    assert "DTSTART:20261025T013000Z" in lines(after) and "DTEND;TZID=Custom/Berlin:20261025T033000" in lines(after)
    assert [(event.starts_at.hour, event.ends_at.hour) for event in read(after)] == [(1, 2)]


def test_what_says_the_same_in_another_way_goes_with_it(rewritten: Rewritten) -> None:
    after = rewritten(calendar(EVENT), {"location": "", "description": "One\nTwo"})
    assert b"\nLOCATION" not in after and b"STRUCTURED" not in after and "DESCRIPTION:One\\nTwo" in lines(after) and "DESCRIPTION:Soon" in lines(after)


def test_people_come_and_go_and_keep_what_they_answered(rewritten: Rewritten, read: Any) -> None:
    asked = (
        "ATTENDEE;CN=Ana;PARTSTAT=ACCEPTED;X-KEPT=1:mailto:ana@mail.example", "ATTENDEE:mailto:ben@mail.example", "ATTENDEE;CUTYPE=ROOM:mailto:room@mail.example",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.org",
    )  # fmt: skip
    people = [{"email": "ana@mail.example", "name": ""}, {"email": "zoë@mail.example", "name": 'Zoë; "Z"'}]
    after = rewritten(calendar(EVENT[:6] + asked), {"people": people})
    assert set(asked[:1] + asked[2:]) < set(lines(after)) and b"ben@" not in after
    assert "ORGANIZER;CN=Alice:mailto:alice@example.org" in lines(after)
    (event,) = read(after)
    assert {(one.email, one.name) for one in event.attendees} >= {("ana@mail.example", "Ana"), ("zoë@mail.example", "Zoë; Z")} and event.organiser == "alice@example.org"
    assert [one.email for one in read(rewritten(after, {"people": []}))[0].attendees] == ["alice@example.org"]


SERIES = ("UID:a@example.org", "DTSTART;TZID=Europe/Berlin:20261019T100000", "DTEND;TZID=Europe/Berlin:20261019T110000", "RRULE:FREQ=WEEKLY;COUNT=3", "SUMMARY:Weekly", *ALARM)
SECOND = {"recurrence_id": "20261026T090000Z", "stands": {"starts_at": "2026-10-26T09:00:00+00:00", "ends_at": "2026-10-26T10:00:00+00:00"}}


def test_one_of_a_series_is_changed_for_itself(rewritten: Rewritten, read: Any) -> None:
    after = rewritten(calendar(SERIES), {"title": "Only this"}, **SECOND)
    assert after.count(b"BEGIN:VALARM") == 2 and after.count(b"RRULE") == 1 and "RECURRENCE-ID;TZID=Europe/Berlin:20261026T100000" in lines(after)
    assert [(event.title, event.starts_at.day, event.starts_at.hour) for event in read(after)] == [("Weekly", 19, 8), ("Only this", 26, 9), ("Weekly", 2, 9)]
    again = rewritten(after, {"starts_at": "2026-10-27T09:00:00+00:00", "ends_at": "2026-10-27T09:30:00+00:00"}, **SECOND)
    assert again.count(b"RECURRENCE-ID") == 1
    assert [(event.title, event.starts_at.day, event.recurrence_id[:8]) for event in read(again)] == [("Weekly", 19, "20261019"), ("Only this", 27, "20261026"), ("Weekly", 2, "20261102")]


@pytest.mark.parametrize("changed", [False, True])
def test_one_of_a_series_is_taken_out(rewritten: Rewritten, read: Any, changed: bool) -> None:
    before = rewritten(calendar(SERIES), {"title": "Only this"}, **SECOND) if changed else calendar(SERIES)
    after = rewritten(before, what="delete", **SECOND)
    assert [event.starts_at.day for event in read(after)] == [19, 2]
    last = rewritten(after, what="delete", recurrence_id="20261102T090000Z")
    assert [event.starts_at.day for event in read(last)] == [19]


def test_series_of_whole_days(rewritten: Rewritten, read: Any) -> None:
    days = calendar(("UID:a@example.org", "DTSTART;VALUE=DATE:20261019", "RRULE:FREQ=DAILY;COUNT=3", "SUMMARY:Retreat"))
    after = rewritten(days, {"title": "Rest"}, recurrence_id="20261020", stands={"start_date": "2026-10-20", "end_date": "2026-10-21"})
    assert [event.title for event in read(after)] == ["Retreat", "Rest", "Retreat"]
    assert [event.start_date.day for event in read(rewritten(after, what="delete", recurrence_id="20261021"))] == [19, 20]


def test_what_is_taken_out_leaves_nothing(rewritten: Rewritten) -> None:
    assert rewritten(calendar(EVENT), what="delete") == b""


def test_a_new_event_is_whole(rewritten: Rewritten, read: Any) -> None:
    wish = {"title": "Intake", "starts_at": NOON, "ends_at": "2026-11-27T13:00:00+00:00", "time_zone": "Europe/Lisbon", "description": "x" * 200, "people": [{"email": "ana@mail.example", "name": "Ana"}]}
    made = rewritten(b"", wish, what="create")
    assert {"UID:a@example.org", "SEQUENCE:0", "DTSTART;TZID=Europe/Lisbon:20261127T120000", "TZID:Europe/Lisbon"} <= set(lines(made)) and max(map(len, lines(made))) <= 75
    (event,) = read(made)
    assert (event.title, event.starts_at, event.time_zone, event.description, event.organiser) == ("Intake", at(12), "Europe/Lisbon", "x" * 200, "alice@example.org")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<html>", calendar(EVENT)[:-30], calendar(("UID:other", *EVENT[1:])), calendar(EVENT[1:]), calendar(("UID:a@example.org", "DTSTART:rubbish")),
        calendar((*SERIES[:5], "RECURRENCE-ID;RANGE=THISANDFUTURE:20261026T090000Z"), SERIES),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_left_as_it_is(rewritten: Rewritten, content: bytes) -> None:
    with pytest.raises(ItemRefused) as refused:
        rewritten(content, {"title": "x"}, recurrence_id="20261102T090000Z" if b"RANGE" in content else "", stands=SECOND["stands"])
    assert refused.value.reason.endswith(".")
