"""Where events stand in a week: also when they overlap, last over midnight, and when the clocks are turned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_app.components.day_clock import DAY, DayClock, Turn, turn_of
from crm_app.components.event_layout import LEAST, Piece, bars_of, days_of, is_bar, pieces_of
from crm_app.domain.days import day_begins

LISBON = ZoneInfo("Europe/Lisbon")
MONDAY = date(2026, 4, 13)
WEEK = [MONDAY + timedelta(days=number) for number in range(7)]


@dataclass(frozen=True)
class Thing:
    """An event as far as its place goes."""

    starts_at: datetime
    ends_at: datetime
    all_day: bool = False
    start_date: date | None = None
    end_date: date | None = None
    id: UUID = field(default_factory=uuid4)


def at(day: date, hour: int, minute: int = 0, zone: ZoneInfo = LISBON, fold: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone, fold=fold).astimezone(UTC)


def timed(day: date, hour: int, minute: int = 0, *, minutes: int = 60, zone: ZoneInfo = LISBON) -> Thing:
    begins = at(day, hour, minute, zone)
    return Thing(begins, begins + timedelta(minutes=minutes))


def whole(first: date, days: int = 1) -> Thing:
    return Thing(at(first, 0), at(first + timedelta(days=days), 0), True, first, first + timedelta(days=days))


def laid(*things: Thing, days: list[date] = WEEK, zone: ZoneInfo = LISBON, most: int = 5) -> list[Piece]:
    return pieces_of(things, DayClock(days, zone), most)


def test_one_event_has_the_day_to_itself() -> None:
    thing = timed(MONDAY, 9, minutes=50)
    assert laid(thing) == [Piece(thing.id, MONDAY, 540, 50, 0, 1)]


def test_those_that_overlap_share_the_width_and_those_that_follow_do_not() -> None:
    long, short, later = timed(MONDAY, 9, minutes=120), timed(MONDAY, 9, 30, minutes=30), timed(MONDAY, 11)
    places = {piece.id: (piece.left, piece.width) for piece in laid(long, short, later)}
    assert places == {long.id: (0, 0.5), short.id: (0.5, 0.5), later.id: (0, 1)}


def test_one_that_has_room_at_its_right_takes_it() -> None:
    first, second, third, fourth = timed(MONDAY, 9), timed(MONDAY, 9), timed(MONDAY, 9), timed(MONDAY, 9, 30, minutes=120)
    low = timed(MONDAY, 10, 15, minutes=30)
    places = {piece.id: (piece.left, piece.width) for piece in laid(first, second, third, fourth, low)}
    assert places[fourth.id] == (0.75, 0.25) and places[low.id] == (0, 0.75)


def test_a_short_one_takes_the_room_of_a_line() -> None:
    short, next_one = timed(MONDAY, 9, minutes=5), timed(MONDAY, 9, 10)
    first, second = laid(short, next_one)
    assert first.height == LEAST and (first.left, second.left) == (0, 0.5)
    late = timed(MONDAY, 23, 55, minutes=5)
    (piece,) = laid(late)
    assert piece.top + piece.height == DAY


def test_over_midnight_it_stands_on_both_days() -> None:
    night = timed(MONDAY, 23, minutes=150)
    assert laid(night) == [
        Piece(night.id, MONDAY, 1380, 60, 0, 1, goes=True),
        Piece(night.id, WEEK[1], 0, 90, 0, 1, came=True),
    ]
    until_midnight = timed(MONDAY, 22, minutes=120)
    assert laid(until_midnight) == [Piece(until_midnight.id, MONDAY, 1320, 120, 0, 1)]


def test_a_moment_without_length_is_there_once() -> None:
    for hour in (0, 12):
        moment = timed(WEEK[1], hour, minutes=0)
        assert [(piece.day, piece.top) for piece in laid(moment)] == [(WEEK[1], hour * 60)]


def test_more_than_there_is_room_for_become_one_piece_that_counts_them() -> None:
    things = [timed(MONDAY, 9, number, minutes=60) for number in range(30)]
    pieces = laid(*things, most=4)
    assert len(pieces) == 4 and sum(piece.more or 1 for piece in pieces) == 30
    assert (pieces[-1].more, pieces[-1].left, pieces[-1].width) == (27, 0.75, 0.25)


def test_whole_days_stand_above_in_as_few_lines_as_hold_them() -> None:
    trip, one, two, ahead = whole(WEEK[1], 3), whole(WEEK[0]), whole(WEEK[2]), whole(WEEK[6], 4)
    long_one = timed(WEEK[4], 10, minutes=36 * 60)
    bars = {bar.id: bar for bar in bars_of([trip, one, two, ahead, long_one], DayClock(WEEK, LISBON))}
    assert (bars[trip.id].first, bars[trip.id].last, bars[trip.id].line) == (1, 3, 0)
    assert (bars[one.id].line, bars[two.id].line) == (0, 1)
    assert (bars[ahead.id].last, bars[ahead.id].goes, bars[ahead.id].came) == (6, True, False)
    assert is_bar(long_one) and (bars[long_one.id].first, bars[long_one.id].last) == (4, 5)
    assert bars_of([whole(MONDAY - timedelta(days=3), 3)], DayClock(WEEK, LISBON)) == []


def test_a_whole_day_is_the_same_day_everywhere() -> None:
    birthday = whole(WEEK[2])
    for zone in ("Pacific/Kiritimati", "Pacific/Midway"):
        assert days_of(birthday, DayClock(WEEK, ZoneInfo(zone))) == (WEEK[2], WEEK[2])


def test_an_hour_that_is_left_out_is_blank_and_nine_stays_at_nine() -> None:
    sunday = date(2026, 3, 29)  # 01:00 becomes 02:00 in Lisbon
    clock = DayClock([sunday - timedelta(days=1), sunday], LISBON)
    assert turn_of(sunday, LISBON) == Turn(60, 60) and clock.total == DAY
    assert clock.blanks(sunday) == [(60, 120)] and clock.blanks(sunday - timedelta(days=1)) == []
    assert clock.row(at(sunday, 9), sunday) == 540 == clock.row(at(sunday - timedelta(days=1), 9), sunday - timedelta(days=1))
    across = Thing(at(sunday, 0, 30), at(sunday, 0, 30) + timedelta(hours=1))  # ends at half past two
    assert [(piece.top, piece.height) for piece in laid(across, days=[sunday])] == [(30, 120)]
    assert len(clock.hours(sunday)) == 23 and len(clock.hours(sunday - timedelta(days=1))) == 24


def test_an_hour_that_comes_twice_is_there_twice() -> None:
    sunday = date(2026, 10, 25)  # 02:00 becomes 01:00 in Lisbon
    saturday = sunday - timedelta(days=1)
    clock = DayClock([saturday, sunday], LISBON)
    assert turn_of(sunday, LISBON) == Turn(120, -60) and clock.total == DAY + 60
    assert [clock.row(at(sunday, 1, 30, fold=fold), sunday) for fold in (0, 1)] == [90, 150]
    assert clock.row(at(sunday, 9), sunday) == 600 == clock.row(at(saturday, 9), saturday)
    assert clock.blanks(saturday) == [(120, 180)] and clock.blanks(sunday) == []
    assert len(clock.hours(sunday)) == 25 and len(clock.hours(saturday)) == 24
    second = Thing(at(sunday, 1, 45), at(sunday, 1, 15, fold=1))
    assert [(piece.top, piece.height) for piece in laid(second, days=[saturday, sunday])] == [(105, 30)]
    assert [(piece.top, piece.height) for piece in laid(timed(saturday, 1, minutes=120), days=[saturday, sunday])] == [(60, 180)]


@pytest.mark.parametrize(
    ("zone", "day", "turn"),
    [
        ("America/Santiago", date(2026, 9, 6), Turn(0, 60)), ("America/Santiago", date(2026, 4, 4), Turn(DAY, -60)),
        ("Australia/Lord_Howe", date(2026, 4, 5), Turn(120, -30)), ("America/Havana", date(2026, 11, 1), Turn(60, -60)),
        ("Asia/Kathmandu", date(2026, 4, 5), None),
    ],
)  # fmt: skip
def test_clocks_that_are_turned_at_midnight_or_by_half_an_hour(zone: str, day: date, turn: Turn | None) -> None:
    there = ZoneInfo(zone)
    assert turn_of(day, there) == turn
    clock = DayClock([day], there)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=there)
    assert clock.row(noon, day) == 720 + (max(0, -turn.by) if turn and turn.at <= 720 else 0)
    tops = [hour.top for hour in clock.hours(day)]
    assert tops == sorted(tops) and len(set(tops)) == len(tops) and max(tops) < clock.total


ZONES = ["Europe/Lisbon", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo", "America/New_York"]


def moments() -> st.SearchStrategy[datetime]:
    return st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ZONES), st.dates(date(2026, 1, 2), date(2026, 12, 20)), st.lists(st.tuples(st.integers(0, 7 * DAY), st.integers(0, 26 * 60)), max_size=25), st.integers(1, 6))
def test_whatever_the_day_nothing_overlaps_is_lost_or_stands_outside(zone: str, first: date, spans: list[tuple[int, int]], most: int) -> None:
    there = ZoneInfo(zone)
    clock = DayClock([first + timedelta(days=number) for number in range(7)], there)
    begins = datetime(first.year, first.month, first.day, tzinfo=UTC)
    things = [Thing(begins + timedelta(minutes=start), begins + timedelta(minutes=start + length)) for start, length in spans]
    pieces = pieces_of(things, clock, most)
    for piece in pieces:
        assert 0 <= piece.top and piece.top + piece.height <= clock.total and -0.001 <= piece.left and piece.left + piece.width <= 1.001
    for one, other in overlapping(pieces):
        assert one.left + one.width <= other.left + 0.001 or other.left + other.width <= one.left + 0.001
    bars = {bar.id for bar in bars_of(things, clock)}
    shown = {thing.id for thing in things if days_of(thing, clock)[1] >= first and days_of(thing, clock)[0] <= clock.days[-1]}
    touched = [(thing, day) for thing in things if not is_bar(thing) for day in clock.days if days_of(thing, clock)[0] <= day <= days_of(thing, clock)[1]]
    assert bars == {thing.id for thing in things if is_bar(thing)} & shown
    assert sum(piece.more or 1 for piece in pieces) == len(touched)


def overlapping(pieces: list[Piece]) -> Iterator[tuple[Piece, Piece]]:
    for one, other in combinations(pieces, 2):
        if one.day == other.day and one.top < other.top + other.height and other.top < one.top + one.height:
            yield one, other


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ZONES), moments(), st.integers(1, 3 * 60))
def test_what_is_later_is_lower(zone: str, moment: datetime, minutes: int) -> None:
    there = ZoneInfo(zone)
    day = moment.astimezone(there).date()
    clock = DayClock([day], there)
    assert clock.row(moment, day) <= clock.row(moment + timedelta(minutes=minutes), day)


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "America/Santiago"])
@pytest.mark.parametrize("first", [date(2026, 3, 23), date(2026, 3, 30), date(2026, 3, 2), date(2026, 10, 26), date(2026, 9, 7), date(2026, 4, 6)])
def test_a_row_of_the_scale_is_the_moment_that_stands_there(first: date, zone: str) -> None:
    clock = DayClock([first - timedelta(days=1) + timedelta(days=number) for number in range(7)], ZoneInfo(zone))
    for day in clock.days:
        moment, over = day_begins(day, clock.zone), day_begins(day + timedelta(days=1), clock.zone)
        assert clock.moment(clock.total, day) == over
        while moment < over:
            assert clock.moment(clock.row(moment, day), day) == moment
            moment += timedelta(minutes=15)
