"""ICS-02: what an event tells besides its times, hostile contents, and feeds cut into items."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_app.domain.calendar.kinds import meeting_type
from crm_app.domain.calendar.models import EventStatus, MeetingType, Response
from crm_app.domain.calendar.reading import ItemFailed, ItemRefused, ItemSkipped, read_items, split_feed
from crm_app.domain.calendar.reading_schemas import ReadEvent, ReadItem
from crm_app.domain.calendar.texts import plain
from tests.domain.test_calendar_reading import WINDOW, ZONE, Read, calendar, one, read, sandbox, vevent, vtimezone

__all__ = ["read", "sandbox"]
CORPUS = Path(__file__).parent.parent / "corpus" / "ical"
START = "DTSTART:20261201T090000Z"


def first(item: ReadItem) -> ReadEvent:
    return item.events[0]


# --- people and texts


def test_people_and_what_they_answered(read: Read):
    event = first(read(one(
        START, "ORGANIZER;CN=Ana:MAILTO:Ana@Example.org", "STATUS:TENTATIVE",
        'ATTENDEE;CN="Lučić, Ivo";PARTSTAT=ACCEPTED:mailto:Ivo@Example.org', "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:kim@example.org", "ATTENDEE;PARTSTAT=DECLINED:mailto:dan@example.org",
        "ATTENDEE;PARTSTAT=TENTATIVE;CN=eva@example.org:mailto:eva@example.org", "ATTENDEE;CUTYPE=ROOM:mailto:room5@example.org", "ATTENDEE;EMAIL=apple@example.org;PARTSTAT=ACCEPTED:urn:uuid:1234",
        "ATTENDEE:mailto:ivo@example.org", "ATTENDEE:mailto:", "ATTENDEE:invalid", "ATTENDEE:/principals/x/",
    )))  # fmt: skip
    assert event.organiser == "ana@example.org" and event.status is EventStatus.TENTATIVE
    assert [(who.email, who.name, who.response) for who in event.attendees] == [
        ("ivo@example.org", "Lučić, Ivo", Response.ACCEPTED), ("kim@example.org", "", Response.WAITING), ("dan@example.org", "", Response.DECLINED),
        ("eva@example.org", "", Response.TENTATIVE), ("apple@example.org", "", Response.ACCEPTED),
    ]  # fmt: skip


def test_more_people_than_can_be_kept_are_said(read: Read):
    item = read(one(START, *(f"ATTENDEE:mailto:p{number}@example.org" for number in range(600))))
    assert len(first(item).attendees) == 500 and "last ones were left out" in item.problems[0]


def test_long_texts_are_cut_and_said(read: Read):
    item = read(one(START, f"SUMMARY:{'t' * 600}", f"DESCRIPTION:{'d ' * 15_000}", f"LOCATION:{'l' * 600}", f"URL:https://example.org/{'u' * 2000}"))
    event = first(item)
    assert (len(event.title), len(event.location), event.url) == (500, 500, "") and len(event.description) <= 20_000 and event.title.endswith("…")
    assert len(item.problems) == 4 and all(said.endswith(("left out.",)) for said in item.problems)


def test_escapes_signs_that_no_table_holds_and_lines(read: Read):
    event = first(read(one(START, "SUMMARY:Tea\\, cake\\; and\x00 \x1bmore\\nnext", "DESCRIPTION:one\\n\\n\\n\\ntwo\\\\three", "CLASS:CONFIDENTIAL")))
    assert (event.title, event.description, event.private) == ("Tea, cake; and more next", "one\n\ntwo\\three", True)
    assert first(read(one(START, "SUMMARY:Grüße".encode().decode("utf-8")))).title == "Grüße"
    assert first(read(calendar(vevent(START, "SUMMARY:X")).replace(b"X", "Grüße".encode("cp1252")))).title == "Grüße"


def test_markup_becomes_what_it_shows(read: Read):
    assert plain('<p>Hello <b>Ana</b></p><ul><li>one<li>two</ul><a href="https://x.example/">here</a><style>p{}</style><script>1</script>') == "Hello Ana\n\n- one\n- two\nhere (https://x.example/)"
    assert plain("3 < 4 and <not a tag>") == "3 < 4 and <not a tag>"
    assert first(read(one(START, 'DESCRIPTION:<a href="https://x.example/a">https://x.example/a</a><br>Bye&amp;'))).description == "https://x.example/a\nBye&"


@pytest.mark.parametrize(("location", "conferences", "url", "description", "kind"), [
    ("", [], "", "", None), ("Room 5", [], "", "", MeetingType.IN_PERSON), ("Hauptstraße 5, Berlin", [], "", "https://meet.google.com/abc", MeetingType.IN_PERSON),
    ("https://zoom.us/j/123", [], "", "", MeetingType.VIDEO), ("Zoom", [], "", "", MeetingType.VIDEO), ("Microsoft Teams-Besprechung", [], "", "", MeetingType.VIDEO),
    ("", [], "", "Join: https://us02web.zoom.us/j/1?pwd=x.", MeetingType.VIDEO), ("", [], "https://meet.jit.si/abc", "", MeetingType.VIDEO), ("", ["https://chat.example.com/audio"], "", "", MeetingType.VIDEO),
    ("", ["tel:+1-412-555-0123"], "", "", MeetingType.PHONE), ("", [], "tel:+4930123", "", MeetingType.PHONE), ("Telefon", [], "", "", MeetingType.PHONE), ("+49 30 1234567", [], "", "", MeetingType.PHONE),
    ("Call", [], "", "", MeetingType.PHONE), ("Call Street 5", [], "", "", MeetingType.IN_PERSON), ("", [], "https://example.org/event", "see https://example.org", None),
    ("https://maps.example/x", [], "", "", None), ("https://evilzoom.us/j/1", [], "", "", None), ("https://zoom.us.evil.example/", [], "", "", None), ("https://[", [], "", "", None),
])  # fmt: skip
def test_how_people_meet(location, conferences, url, description, kind):
    assert meeting_type(location, conferences, url, description) is kind


def test_the_link_to_join_is_the_address_of_the_event(read: Read):
    event = first(read(one(START, "DESCRIPTION:Join: https://zoom.us/j/1 or write", "URL:https://example.org/event")))
    assert (event.url, event.meeting_type) == ("https://zoom.us/j/1", MeetingType.VIDEO)
    assert first(read(one(START, "URL:javascript:alert(1)"))).url == "" and first(read(one(START, "URL:https://example.org/e"))).url == "https://example.org/e"
    assert first(read(one(START, "CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://chat.example.com/a"))).meeting_type is MeetingType.VIDEO


# --- hostile contents


@pytest.mark.parametrize("date", ["00010101T000000Z", "99991231T235959Z", "00010101T000000", "99991231T235959"])
def test_ics_02_the_ends_of_time(read: Read, date: str):
    for content in (one(f"DTSTART:{date}"), one(START, f"DTEND:{date}"), one(START, f"RDATE:{date}"), one(START, f"EXDATE:{date}"), one(f"DTSTART:{date}", "RRULE:FREQ=YEARLY")):
        try:
            assert all(2026 <= event.starts_at.year <= 2027 for event in read(content).events)
        except ItemRefused as refusal:
            assert refusal.reason.endswith(".")


@pytest.mark.parametrize(("lines", "words"), [
    (["DTSTART:tomorrow"], "start of this event cannot be read"), (["DTSTART;VALUE=TIME:090000"], "date of this event cannot be right"), ([START, "RECURRENCE-ID:then"], "which event of a series"),
    (["DTSTART:20261341T990000Z"], "start of this event cannot be read"), (["DTSTART;VALUE=PERIOD:20261201T090000Z/PT1H"], "start of this event cannot be read"),
])  # fmt: skip
def test_ics_02_what_cannot_be_read_is_said(read: Read, lines, words):
    with pytest.raises(ItemFailed, match=words):
        read(one(*lines))


@pytest.mark.parametrize(("content", "words"), [
    (one("SUMMARY:No start"), "no start"), (calendar("BEGIN:VTODO\r\nUID:t\r\nEND:VTODO"), "a task"), (calendar("BEGIN:VJOURNAL\r\nUID:j\r\nEND:VJOURNAL"), "journal"),
    (calendar(), "no event"), (calendar("BEGIN:VFREEBUSY\r\nUID:f\r\nEND:VFREEBUSY"), "no event"),
])  # fmt: skip
def test_what_is_not_taken_is_skipped_with_a_reason(read: Read, content, words):
    with pytest.raises(ItemSkipped, match=words):
        read(content)


@pytest.mark.parametrize("twice", ["DURATION:PT1H", "DTEND:20261201T100000Z", "SEQUENCE:1", "RECURRENCE-ID;RANGE=THISANDFUTURE:20261202T090000Z", START])
def test_ics_02_what_stands_there_twice_counts_once(read: Read, twice):
    assert [event.starts_at.day for event in read(one(START, twice, twice)).events] == [1]


def test_a_broken_event_costs_only_itself(read: Read):
    item = read(calendar(vevent(START, "SUMMARY:Good"), vevent("DTSTART:nonsense", uid="b"), vevent(START, "RRULE:FREQ=SECONDLY", uid="c"), vevent(START, "SUMMARY:Good too", "GEO:x;y", "SEQUENCE:many", "ATTENDEE", uid="d")))
    assert sorted(event.title for event in item.events) == ["Good", "Good too"] and len(item.problems) == 2


def test_ics_02_a_zone_of_one_file_is_not_believed_in_the_next(sandbox):
    """One child reads for everybody: what one stranger's file calls ``Custom 1`` must not move another's meetings."""
    own = calendar(vtimezone("Custom 1"), vevent("DTSTART;TZID=Custom 1:20261201T090000"))
    other = one("DTSTART;TZID=Custom 1:20261201T090000")
    answers = read_items([other, own, other], window=WINDOW, zone=ZONE, sandbox=sandbox)
    assert [answer.events[0].starts_at.hour for answer in answers if isinstance(answer, ReadItem)] == [8, 4, 8]


@pytest.mark.parametrize("content", [
    b"", b"\x00" * 1000, b"hello", b"BEGIN:VEVENT", b"BEGIN:VCALENDAR\r\n" * 5000, b"BEGIN:VEVENT\r\n" * 5000, b"\n" * 1_000_000, b" " * 1_000_000, b"BEGIN:VEVENT\n" + b" x\n" * 300_000,
    b"BEGIN:VEVENT\nDTSTART" + b";X=Y" * 20_000 + b":20261201T090000Z\nEND:VEVENT", b"BEGIN:VEVENT\nDTSTART:20261201T090000Z\nSUMMARY:" + b"\\" * 100_001 + b"\nEND:VEVENT",
    b"BEGIN:VEVENT\nDTSTART:20261201T090000Z\nDESCRIPTION:" + b"<a <" * 25_000 + b"\nEND:VEVENT", b"BEGIN:VEVENT\nDTSTART:20261201T090000Z\n" + b"EXDATE:20261202T090000Z\n" * 30_000 + b"END:VEVENT",
    b"BEGIN:VEVENT\nDTSTART:20261201T090000Z\nRDATE:" + b",".join(b"20261202T09%02d%02dZ" % (n // 60 % 60, n % 60) for n in range(7000)) + b"\nEND:VEVENT",
    calendar(*(vevent(START, "RECURRENCE-ID:20261201T090000Z") for _ in range(1001))), calendar(vevent(START, "ATTACH;ENCODING=BASE64:" + "QUJD" * 3_000_000)),
])  # fmt: skip
def test_ics_02_hostile_bytes_are_answered_in_time(sandbox, content: bytes):
    began = time.monotonic()
    (answer,) = read_items([content], window=WINDOW, zone=ZONE, sandbox=sandbox)
    assert isinstance(answer, ReadItem | ItemRefused) and time.monotonic() - began < 90
    assert not isinstance(answer, ItemRefused) or answer.reason.endswith(".")
    try:
        split_feed(content, sandbox=sandbox)
    except ItemRefused as refusal:
        assert refusal.reason.endswith(".")


def test_ics_02_a_file_of_100_megabytes_in_an_event_is_refused_before_it_is_read(sandbox):
    content = one(START, "ATTACH;ENCODING=BASE64:" + "QUJD" * 25_000_000)
    good = one(START)
    answers = read_items([good, content, good], window=WINDOW, zone=ZONE, sandbox=sandbox)
    assert [type(answer) for answer in answers] == [ReadItem, ItemFailed, ReadItem]
    with pytest.raises(ItemFailed, match="larger"):
        split_feed(content, sandbox=sandbox)


lines = st.lists(st.one_of(
    st.sampled_from(["BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTIMEZONE", "END:VTIMEZONE", "BEGIN:STANDARD", "END:STANDARD", "BEGIN:VALARM", "END:VALARM", "TZID:Z", START, "UID:a", "RRULE:FREQ=DAILY;COUNT=3",
                     "DTSTART;TZID=Z:20261201T090000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+9900", "EXDATE:20261202T090000Z", "RECURRENCE-ID;RANGE=THISANDFUTURE:20261202T090000Z", "DURATION:-P1D", "DTEND:20261130", "X-WR-TIMEZONE:Mars/North"]),
    st.builds(lambda name, value: f"{name}:{value}", st.sampled_from(["SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "RDATE", "ATTENDEE", "ORGANIZER", "URL", "STATUS", "SEQUENCE", "UID"]), st.text(max_size=30)),
    st.text(max_size=40),
), max_size=25)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(lines)
def test_ics_02_whatever_is_written_there_is_an_answer(sandbox, written):
    content = "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *written]).encode("utf-8", "replace")
    feed = split_feed(content, sandbox=sandbox)
    for answer in read_items([content, *(item.content for item in feed.items)], window=WINDOW, zone=ZONE, sandbox=sandbox):
        assert isinstance(answer, ReadItem) or answer.reason.endswith(".")
        assert not isinstance(answer, ItemRefused) or answer.reason != "It could not be read.", "every fault has a sentence of its own"


# --- the corpus, and feeds


REFUSED = {
    "broken_dtstart": "start of this event cannot be read", "event_with_rsvp": "no start", "event_with_unicode_organizer": "no start", "rfc_7986_conferences": "no start",
    "pr_480_summary_with_colon": "no start", "issue_722_missing_timezones": "no start|a task",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.ics")), ids=lambda path: path.stem)
def test_ics_02_every_file_of_the_corpus_is_read_or_its_parts_are_named(sandbox, path: Path):
    import re

    feed = split_feed(path.read_bytes(), sandbox=sandbox)
    whole = path.read_bytes().count(b"BEGIN:VEVENT")
    assert feed.found and sum(item.content.count(b"BEGIN:VEVENT") for item in feed.items) == whole, "0 lost, 0 doubled"
    answers = read_items([item.content for item in feed.items], window=WINDOW, zone=ZONE, sandbox=sandbox)
    refused = [answer for answer in answers if isinstance(answer, ItemRefused)]
    assert bool(refused) == (path.stem in REFUSED) and all(re.search(REFUSED[path.stem], answer.reason) for answer in refused)


def test_an_etag_is_the_same_for_the_same_content(sandbox):
    def tags(*parts: str, head: str = "X-WR-CALNAME:A") -> list[str]:
        return [item.etag for item in split_feed(calendar(head, *parts), sandbox=sandbox).items]

    plainly = tags(vevent(START, "SUMMARY:A", "DTSTAMP:20260101T000000Z"), vevent(START, "RECURRENCE-ID:20261201T090000Z", "SUMMARY:B"))
    assert tags(vevent(START, "RECURRENCE-ID:20261201T090000Z", "SUMMARY:B"), vevent("LAST-MODIFIED:20260102T000000Z", "SUMMARY:A", START, "DTSTAMP:20260109T000000Z"), head="PRODID:x") == plainly
    assert tags(vevent(START, "SUMMARY:A"), vevent(START, "RECURRENCE-ID:20261201T090000Z", "SUMMARY:C")) != plainly


def test_an_item_carries_the_zones_that_it_needs_and_no_others(sandbox):
    feed = split_feed(calendar(vtimezone("Custom 1"), vtimezone("Europe/Berlin"), "X-WR-TIMEZONE:Asia/Tokyo", vevent("DTSTART;TZID=Custom 1:20261201T090000"), vevent("DTSTART;TZID=Europe/Berlin:20261201T090000", uid="b")), sandbox=sandbox)
    assert [item.content.count(b"BEGIN:VTIMEZONE") for item in feed.items] == [1, 0] and all(b"X-WR-TIMEZONE:Asia/Tokyo" in item.content for item in feed.items)


def test_five_thousand_events_stay_within_limits(sandbox):
    content = calendar(*(vevent(f"DTSTART;TZID=Europe/Berlin:2026{month:02}{day:02}T090000", f"SUMMARY:Session {number}", "DESCRIPTION:" + "words " * 40, "ATTENDEE:mailto:a@example.org", uid=f"u{number}")
                          for number, (month, day) in enumerate([(1 + n % 12, 1 + n % 28) for n in range(5000)])))  # fmt: skip
    feed = split_feed(content, sandbox=sandbox)
    answers = read_items([item.content for item in feed.items], window=WINDOW, zone=ZONE, sandbox=sandbox)
    assert len(answers) == 5000 and all(isinstance(answer, ReadItem) and len(answer.events) == 1 for answer in answers)
