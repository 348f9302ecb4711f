"""ICS-01 and ICS-02: whatever stands in a calendar, it is read rightly or refused with a sentence, in time, and costs nothing but itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_app.domain.calendar.models import EventStatus
from crm_app.domain.calendar.reading import ItemFailed, ItemRefused, Window, read_item, read_items, window_around
from crm_app.domain.calendar.reading_schemas import ReadItem
from crm_app.infrastructure.sandbox import ProcessSandbox

CORPUS = Path(__file__).parent.parent / "corpus" / "ical"
WINDOW = Window(date(2025, 11, 26), date(2027, 11, 26), date(2026, 11, 26))
ZONE = "Europe/Berlin"
BERLIN = ZoneInfo(ZONE)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ProcessSandbox]:
    with ProcessSandbox() as place:
        yield place


Read = Callable[..., ReadItem]


@pytest.fixture
def read(sandbox: ProcessSandbox) -> Read:
    def run(content: bytes, window: Window = WINDOW, zone: str = ZONE) -> ReadItem:
        return read_item(content, window=window, zone=zone, sandbox=sandbox)

    return run


def vevent(*lines: str, uid: str = "a@example.org") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"])


def calendar(*parts: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *parts, "END:VCALENDAR", ""]).encode()


def one(*lines: str) -> bytes:
    return calendar(vevent(*lines))


def starts(item: ReadItem, zone: ZoneInfo = BERLIN) -> list[str]:
    return [f"{event.starts_at.astimezone(zone):%d.%m. %H:%M}" for event in item.events]


# --- times


def test_an_event_has_its_time_in_its_zone(read):
    (event,) = read(one("DTSTART;TZID=America/New_York:20261201T090000", "DTEND;TZID=America/New_York:20261201T100000", "SUMMARY:Call")).events
    assert event.starts_at == datetime(2026, 12, 1, 14, tzinfo=UTC) and event.ends_at - event.starts_at == timedelta(hours=1)
    assert (event.title, event.time_zone, event.recurrence_id, event.recurring) == ("Call", "America/New_York", "", False)


def test_whole_days_begin_at_their_owners_midnight(read):
    (event,) = read(one("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261203")).events
    assert event.all_day and (event.start_date, event.end_date) == (date(2026, 12, 1), date(2026, 12, 3))
    assert event.starts_at == datetime(2026, 12, 1, tzinfo=BERLIN) and event.ends_at == datetime(2026, 12, 3, tzinfo=BERLIN)


@pytest.mark.parametrize("end", [(), ("DTEND;VALUE=DATE:20261201",), ("DURATION:P1D",), ("DURATION:PT2H",)])
def test_a_day_without_an_end_is_one_day(read, end):
    (event,) = read(one("DTSTART;VALUE=DATE:20261201", *end)).events
    assert event.end_date == date(2026, 12, 2)


def test_a_time_without_an_end_takes_none_and_a_duration_is_one(read):
    (bare,) = read(one("DTSTART:20261201T090000Z")).events
    (long,) = read(one("DTSTART:20261201T090000Z", "DURATION:P1DT1H30M")).events
    assert bare.ends_at == bare.starts_at and long.ends_at - long.starts_at == timedelta(days=1, hours=1, minutes=30)


def test_an_end_before_the_start_is_left_out_and_said(read):
    item = read(one("DTSTART:20261201T090000Z", "DTEND:20261201T080000Z"))
    assert item.events[0].ends_at == item.events[0].starts_at and "before it begins" in item.problems[0]


def test_a_floating_time_is_meant_where_the_calendar_is(read):
    at_home = read(one("DTSTART:20261201T090000"))
    said = read(calendar("X-WR-TIMEZONE:Asia/Tokyo", vevent("DTSTART:20261201T090000")))
    assert at_home.events[0].starts_at == datetime(2026, 12, 1, 8, tzinfo=UTC) and said.events[0].starts_at == datetime(2026, 12, 1, 0, tzinfo=UTC)
    assert at_home.problems == said.problems == ()


def test_ics_02_a_zone_that_nobody_knows_is_taken_as_home_and_said(read):
    item = read(one("DTSTART;TZID=Middle-Earth/Shire:20261201T090000"))
    assert item.events[0].starts_at == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert item.problems == ("The time zone “Middle-Earth/Shire” is not known here: its times were taken as times of Europe/Berlin.",)


@pytest.mark.parametrize("name", ["W. Europe Standard Time", "/freeassociation.sourceforge.net/Europe/Berlin", "/citadel.org/20210210_1/Europe/Berlin", '"Europe/Berlin"'])
def test_other_names_of_a_known_zone(read, name):
    item = read(one(f"DTSTART;TZID={name}:20260701T090000"))
    assert item.events[0].starts_at == datetime(2026, 7, 1, 7, tzinfo=UTC) and item.problems == ()


def vtimezone(name: str, *, rule: str = "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", offset: str = "+0430") -> str:
    standard = "BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0530\r\nTZOFFSETTO:+0430\r\nEND:STANDARD"
    daylight = f"BEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nRRULE:{rule}\r\nTZOFFSETFROM:{offset}\r\nTZOFFSETTO:+0530\r\nEND:DAYLIGHT"
    return f"BEGIN:VTIMEZONE\r\nTZID:{name}\r\n{standard}\r\n{daylight}\r\nEND:VTIMEZONE"


def test_a_zone_that_the_file_describes(read):
    item = read(calendar(vtimezone("Custom 1"), vevent("DTSTART;TZID=Custom 1:20260701T090000", "RRULE:FREQ=MONTHLY;COUNT=6")))
    assert [event.starts_at.hour * 60 + event.starts_at.minute for event in item.events] == [210, 210, 210, 210, 270, 270]
    assert item.problems == ()


def test_a_zone_whose_name_is_escaped_where_the_file_describes_it(read):
    """As Outlook writes the names of its own."""
    name = '"(UTC+04:30) Kabul, Herat"'
    item = read(calendar(vtimezone("(UTC+04:30) Kabul\\, Herat"), vevent(f"DTSTART;TZID={name}:20261201T090000")))
    assert (item.events[0].starts_at, item.problems) == (datetime(2026, 12, 1, 4, 30, tzinfo=UTC), ())


def test_slips_that_hide_nothing(read):
    item = read(one("DTSTART;;TZID=Europe/Berlin:20261201T090000", "RRULE:FREQ=DAILY;BYDAY=MO, TU, WE;COUNT=3"))
    assert [event.starts_at.day for event in item.events] == [1, 2, 7] and item.problems == ()
    item = read(one("DTSTART:20261201T090000Z", "RRULE:"))
    assert [(event.starts_at.day, event.recurring) for event in item.events] == [(1, False)] and item.problems == ()
    unended = vevent("DTSTART:20261201T090000Z", uid="1").replace("\r\nEND:VEVENT", "") + "\r\n" + vevent("DTSTART:20261202T090000Z", uid="2")
    assert [(event.uid, event.starts_at.day) for event in read(calendar(unended)).events] == [("1", 1), ("2", 2)]


@pytest.mark.parametrize("broken", [
    vtimezone("Custom 1", rule="FREQ=SECONDLY"), vtimezone("Custom 1", rule="FREQ=YEARLY;BYMONTH=99"), vtimezone("Custom 1", offset="99999"),
    "BEGIN:VTIMEZONE\r\nTZID:Custom 1\r\nEND:VTIMEZONE", "BEGIN:VTIMEZONE\r\nTZID:Custom 1\r\nBEGIN:STANDARD\r\nDTSTART:nonsense\r\nEND:STANDARD\r\nEND:VTIMEZONE",
])  # fmt: skip
def test_ics_02_a_broken_zone_of_the_file_is_taken_as_home_and_said(read, broken):
    item = read(calendar(broken, vevent("DTSTART;TZID=Custom 1:20261201T090000")))
    assert item.events[0].starts_at == datetime(2026, 12, 1, 8, tzinfo=UTC) and "not known here" in item.problems[0]


def test_ics_02_dst_gaps_and_overlaps(read):
    """02:30 does not exist on 28 March 2027 (03:30 is meant), and comes twice on 25 October 2026 (the first is meant)."""
    nightly = read(one("DTSTART;TZID=Europe/Berlin:20261024T023000", "DTEND;TZID=Europe/Berlin:20261024T033000", "RRULE:FREQ=DAILY;COUNT=3"))
    assert [(event.starts_at.hour, event.ends_at - event.starts_at) for event in nightly.events] == [(0, timedelta(hours=1)), (0, timedelta(hours=1)), (1, timedelta(hours=1))]
    gap = read(one("DTSTART;TZID=Europe/Berlin:20270327T023000", "DTEND;TZID=Europe/Berlin:20270327T033000", "RRULE:FREQ=DAILY;COUNT=3"))
    assert starts(gap) == ["27.03. 02:30", "28.03. 03:30", "29.03. 02:30"] and all(event.ends_at - event.starts_at == timedelta(hours=1) for event in gap.events)


def test_a_duration_of_days_keeps_the_time_of_day_and_dtend_keeps_the_seconds(read):
    days = read(one("DTSTART;TZID=Europe/Berlin:20261023T120000", "DURATION:P1D", "RRULE:FREQ=DAILY;COUNT=2"))
    assert [event.ends_at.astimezone(BERLIN).hour for event in days.events] == [12, 12]
    exact = read(one("DTSTART;TZID=Europe/Berlin:20261023T120000", "DTEND;TZID=Europe/Berlin:20261024T120000", "RRULE:FREQ=DAILY;COUNT=2"))
    assert [event.ends_at - event.starts_at for event in exact.events] == [timedelta(days=1)] * 2


# --- what comes again


def test_a_weekly_event_stays_at_its_time_of_day_and_each_has_its_own_name(read):
    item = read(one("DTSTART;TZID=Europe/Berlin:20261020T090000", "RRULE:FREQ=WEEKLY;COUNT=3"))
    assert starts(item) == ["20.10. 09:00", "27.10. 09:00", "03.11. 09:00"] and item.recurs
    assert [event.recurrence_id for event in item.events] == ["20261020T070000Z", "20261027T080000Z", "20261103T080000Z"]


def test_exceptions_additions_and_what_was_moved(read):
    item = read(calendar(
        vevent("DTSTART;TZID=Europe/Berlin:20261020T090000", "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;TZID=Europe/Berlin:20261103T090000", "RDATE;TZID=Europe/Berlin:20261105T160000", "SUMMARY:Weekly"),
        vevent("RECURRENCE-ID;TZID=Europe/Berlin:20261027T090000", "DTSTART;TZID=Europe/Berlin:20261028T140000", "SUMMARY:Moved"),
        vevent("RECURRENCE-ID:20261110T080000Z", "DTSTART;TZID=Europe/Berlin:20261110T090000", "STATUS:CANCELLED", "SUMMARY:Off"),
    ))  # fmt: skip
    assert [(event.title, event.recurrence_id[:8]) for event in item.events] == [("Weekly", "20261020"), ("Moved", "20261027"), ("Weekly", "20261105"), ("Off", "20261110")]
    assert starts(item)[1] == "28.10. 14:00" and item.events[3].status is EventStatus.CANCELLED


def test_this_and_future_moves_all_that_follow_and_none_loses_its_name(read):
    item = read(calendar(
        vevent("DTSTART;TZID=Europe/Berlin:20261201T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5", "SUMMARY:Early"),
        vevent("RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261203T090000", "DTSTART;TZID=Europe/Berlin:20261203T110000", "DURATION:PT2H", "SUMMARY:Late"),
    ))  # fmt: skip
    assert starts(item) == ["01.12. 09:00", "02.12. 09:00", "03.12. 11:00", "04.12. 11:00", "05.12. 11:00"]
    assert [event.recurrence_id for event in item.events] == [f"202612{day:02}T080000Z" for day in range(1, 6)]
    assert [event.title for event in item.events] == ["Early"] * 2 + ["Late"] * 3 and item.events[4].ends_at - item.events[4].starts_at == timedelta(hours=2)


def test_several_rules_and_periods(read):
    both = read(one("DTSTART:20261201T090000Z", "RRULE:FREQ=DAILY;COUNT=2", "RRULE:FREQ=WEEKLY;COUNT=2"))
    assert [event.starts_at.day for event in both.events] == [1, 2, 8]
    period = read(one("DTSTART:20261201T090000Z", "DTEND:20261201T100000Z", "RDATE;VALUE=PERIOD:20261205T090000Z/PT3H"))
    assert [event.ends_at - event.starts_at for event in period.events] == [timedelta(hours=1), timedelta(hours=3)]


def test_ics_02_one_of_a_series_alone_and_a_circle_of_them(read):
    alone = read(one("RECURRENCE-ID:20261203T090000Z", "DTSTART:20261204T090000Z"))
    assert [(event.recurrence_id, event.recurring) for event in alone.events] == [("20261203T090000Z", True)] and alone.recurs
    circle = read(calendar(vevent("RECURRENCE-ID:20261203T090000Z", "DTSTART:20261204T090000Z"), vevent("RECURRENCE-ID:20261204T090000Z", "DTSTART:20261203T090000Z")))
    assert sorted(event.recurrence_id for event in circle.events) == ["20261203T090000Z", "20261204T090000Z"]


def test_different_events_under_one_uid_all_stay(read):
    item = read(calendar(vevent("DTSTART:20261203T090000Z", "SUMMARY:One"), vevent("DTSTART:20261204T090000Z", "SUMMARY:Two"), vevent("DTSTART:20261203T090000Z", "SUMMARY:One")))
    assert sorted((event.title, event.uid) for event in item.events) == [("One", "a@example.org"), ("Two", "a@example.org#20261204T090000Z")]
    twins = read(calendar(*(vevent("DTSTART:20261203T090000Z", "DTSTAMP:20261101T000000Z", f"SUMMARY:Part {number}") for number in (1, 2, 3))))
    assert [event.title for event in twins.events] == ["Part 1", "Part 2", "Part 3"] and len({event.uid for event in twins.events}) == 3
    rewritten = read(calendar(*(vevent("DTSTART:20261203T090000Z", f"DTSTAMP:2026110{day}T000000Z", f"SUMMARY:Of day {day}") for day in (2, 1))))
    assert [event.title for event in rewritten.events] == ["Of day 2"]
    revised = read(calendar(vevent("DTSTART:20261203T090000Z", "SEQUENCE:1"), vevent("DTSTART:20261204T090000Z", "SEQUENCE:2")))
    assert [event.starts_at.day for event in revised.events] == [4]


def test_a_series_that_ended_is_not_asked_for_again(read):
    assert not read(one("DTSTART:20261201T090000Z", "RRULE:FREQ=DAILY;UNTIL=20261203T090000Z")).recurs
    assert read(one("DTSTART:20261201T090000Z", "RRULE:FREQ=DAILY")).recurs
    assert not read(one("DTSTART:20261201T090000Z")).recurs


def test_the_window_says_what_was_looked_for(read):
    item = read(one("DTSTART:20200101T090000Z", "RRULE:FREQ=MONTHLY"))
    assert (item.first, item.last) == (WINDOW.first, WINDOW.last) and len(item.events) == 24
    assert read(one("DTSTART:20200101T090000Z")).events == () and len(read(one("DTSTART:20300101T090000Z")).events) == 1
    around = window_around(date(2026, 11, 26), 12)
    assert around.first == date(2025, 11, 25) and around.last == date(2027, 11, 26)


# --- ICS-01: rules that would never end


BOMBS = [
    "FREQ=SECONDLY", "FREQ=SECONDLY;COUNT=1000000000", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY;INTERVAL=1", "freq=minutely",
    "FREQ=HOURLY;BYMINUTE=" + ",".join(map(str, range(60))), "FREQ=DAILY;BYHOUR=0,1,2,3;BYMINUTE=" + ",".join(map(str, range(60))),
    "FREQ=DAILY;BYSECOND=" + ",".join(map(str, range(60))), "FREQ=YEARLY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5;BYSECOND=1,2",
]  # fmt: skip


@pytest.mark.parametrize("rule", BOMBS)
def test_ics_01_a_rule_that_comes_more_often_than_hourly_is_refused(read, rule):
    begun = time.process_time()
    with pytest.raises(ItemFailed, match="more often than every hour"):
        read(one("DTSTART:20260101T000000Z", f"RRULE:{rule}"))
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))), "FREQ=DAILY;COUNT=1000000000", "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"])
def test_ics_01_no_more_than_730_and_those_nearest_to_today(read, rule):
    item = read(one("DTSTART:20240101T000000Z", f"RRULE:{rule}"), Window(date(2024, 11, 26), date(2027, 11, 26), date(2026, 11, 26)))
    assert len(item.events) == 730 and "730 times nearest to today" in item.problems[0]
    middle = item.events[365].starts_at
    assert abs(middle - datetime(2026, 11, 26, tzinfo=UTC)) < timedelta(days=2)


@pytest.mark.parametrize("rule", ["FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1", "FREQ=NEVER", "FREQ=", "INTERVAL=2", "FREQ=DAILY;BYDAY=XX", "FREQ=DAILY;UNTIL=tomorrow", "FREQ=DAILY;BYMONTH=13", "nonsense"])
def test_ics_01_what_makes_no_rule_leaves_the_first_date_and_is_said(read, rule):
    item = read(one("DTSTART:20261201T090000Z", f"RRULE:{rule}"))
    assert [event.starts_at.day for event in item.events] == [1] and any("by which this event comes again" in said or "cannot be read" in said for said in item.problems)


def test_ics_01_a_bomb_costs_only_itself(sandbox):
    """A rule that never comes true keeps a machine busy until the year 9999; its neighbours in the same piece are read all the same."""
    never = one("DTSTART:00020101T000000Z", "RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30")
    contents = [one(f"DTSTART:202612{day:02}T090000Z") for day in range(1, 11)]
    answers = read_items([*contents[:5], never, *contents[5:]], window=WINDOW, zone=ZONE, sandbox=sandbox)
    assert isinstance(answers[5], ItemFailed) and "too long" in answers[5].reason
    assert [answer.events[0].starts_at.day for answer in answers if isinstance(answer, ReadItem)] == list(range(1, 11))


numbers = st.integers(-60, 400)
rules = st.builds(
    lambda freq, parts: ";".join([f"FREQ={freq}", *parts]),
    st.sampled_from(["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY", "", "ODDLY"]),
    st.lists(st.one_of(
        st.builds(lambda name, values: f"{name}={','.join(map(str, values))}", st.sampled_from(["BYHOUR", "BYMINUTE", "BYSECOND", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"]), st.lists(numbers, min_size=1, max_size=8)),
        st.builds(lambda values: f"BYDAY={','.join(values)}", st.lists(st.sampled_from(["MO", "TU", "-1SU", "5FR", "1WE", "SA", "XX"]), min_size=1, max_size=5)),
        st.builds(lambda name, value: f"{name}={value}", st.sampled_from(["INTERVAL", "COUNT"]), st.integers(-2, 10**9)),
        st.sampled_from(["UNTIL=20270101", "UNTIL=20270101T000000Z", "UNTIL=00010101T000000Z", "UNTIL=99991231T235959Z", "WKST=SU"]),
    ), max_size=5, unique_by=lambda part: part.partition("=")[0]),
)  # fmt: skip
first_days = st.one_of(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.sampled_from([date(1, 1, 1), date(9999, 12, 31), date(2026, 11, 26), date(2024, 2, 29)]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=rules, first=first_days, zone=st.sampled_from(["", ";TZID=Europe/Berlin", ";VALUE=DATE", ";TZID=Nowhere"]))
def test_ics_01_whatever_the_rule_the_answer_comes_in_time_and_is_small(read, rule, first, zone):
    hour = "" if "DATE" in zone else "T023000"
    begun = time.monotonic()
    try:
        item = read(one(f"DTSTART{zone}:{first:%Y%m%d}".replace(f"{first:%Y%m%d}", f"{first.year:04}{first:%m%d}") + hour, f"RRULE:{rule}"))
    except ItemRefused as refusal:
        assert refusal.reason.endswith(".")
    else:
        assert len(item.events) <= 730 and len({event.recurrence_id for event in item.events}) == len(item.events)
        assert all(WINDOW.first - timedelta(days=2) <= event.ends_at.date() and event.starts_at.date() <= WINDOW.last + timedelta(days=36_600) for event in item.events)
    assert time.monotonic() - begun < 90, "two seconds of its own time; the clock on the wall has patience"
