"""Days and weeks of tasks, by hand-counted calendars."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crm_app.domain.days import day_begins, week_begins
from crm_app.domain.tasks.rules import bucket_days, bucket_of, day_for, due_day, postponed
from crm_app.domain.tasks.schemas import Bucket

WEDNESDAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("due", "week_start", "bucket"),
    [
        (None, 0, "later"), ("2026-11-24", 0, "overdue"), ("2026-11-25", 0, "today"), ("2026-11-26", 0, "tomorrow"), ("2026-11-27", 0, "this_week"),
        ("2026-11-29", 0, "this_week"), ("2026-11-30", 0, "later"), ("2026-11-28", 6, "this_week"), ("2026-11-29", 6, "later"), ("2026-11-27", 4, "later"),
    ],
)  # fmt: skip
def test_buckets(due, week_start, bucket):
    assert bucket_of(due and date.fromisoformat(due), WEDNESDAY, week_start, False) == bucket


def test_what_is_done_is_done_whatever_its_day():
    assert bucket_of(date(2020, 1, 1), WEDNESDAY, 0, True) == "done"


def test_on_the_last_day_of_the_week_tomorrow_is_tomorrow():
    assert bucket_of(date(2026, 11, 30), date(2026, 11, 29), 0, False) == "tomorrow"


@pytest.mark.parametrize(("week_start", "begins"), [(0, "2026-11-23"), (6, "2026-11-22"), (2, "2026-11-25"), (3, "2026-11-19")])
def test_the_week_begins(week_start, begins):
    assert week_begins(WEDNESDAY, week_start) == date.fromisoformat(begins)


def test_a_time_falls_on_its_readers_day():
    assert due_day(WEDNESDAY, time(23, 30), "America/New_York", ZoneInfo("Europe/Berlin")) == date(2026, 11, 26)
    assert due_day(WEDNESDAY, None, None, ZoneInfo("Europe/Berlin")) == WEDNESDAY
    assert due_day(date.max, time(23), "America/New_York", ZoneInfo("Asia/Tokyo")) == date.max


def test_postponing_leads_out_of_the_past():
    assert postponed(date(2026, 11, 1), WEDNESDAY, 1) == postponed(None, WEDNESDAY, 1) == date(2026, 11, 26)
    assert postponed(date(2026, 12, 1), WEDNESDAY, 7) == date(2026, 12, 8)


@pytest.mark.parametrize("week_start", range(7))
@pytest.mark.parametrize("ahead", range(7))
def test_the_buckets_follow_one_another_without_a_gap(ahead, week_start):
    today = WEDNESDAY + timedelta(days=ahead)
    spans = list(bucket_days(today, week_start).items())
    assert spans[0][1] == (None, today) and spans[-1][1][1] is None
    assert all(one[1][1] == other[1][0] for one, other in zip(spans, spans[1:], strict=False))
    for bucket, (first, end) in spans:
        for day in (first, end and end - timedelta(days=1)):
            assert day is None or first == end or bucket_of(day, today, week_start, False) is bucket


@pytest.mark.parametrize("week_start", range(7))
@pytest.mark.parametrize("ahead", range(7))
def test_the_day_for_a_bucket_brings_a_task_into_it(ahead, week_start):
    today = WEDNESDAY + timedelta(days=ahead)
    found = {bucket: day for bucket in Bucket if (day := day_for(bucket, today, week_start))}
    assert {bucket: bucket_of(day, today, week_start, False) for bucket, day in found.items()} == {bucket: bucket for bucket in found}
    ends = week_begins(today, week_start) + timedelta(days=6)
    assert {Bucket.TODAY, Bucket.TOMORROW, Bucket.LATER} == set(found) - {Bucket.THIS_WEEK}
    assert found.get(Bucket.THIS_WEEK) == (ends if ends > today + timedelta(days=1) else None)


# Cairo skips midnight in spring, Asuncion and Havana see it twice in autumn, Apia had no 30 December 2011 at all.
@given(
    zone=st.sampled_from(["UTC", "Africa/Cairo", "America/Asuncion", "America/Havana", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Kiritimati"]),
    moment=st.datetimes(datetime(2001, 1, 1), datetime(2030, 1, 1)),
    near=st.sampled_from([date(2024, 4, 26), date(2024, 3, 24), date(2024, 11, 3), date(2011, 12, 31)]),
)
@example(zone="America/Havana", moment=datetime(2024, 1, 1, 4, 30), near=date(2024, 11, 3))  # between its two midnights
def test_a_day_begins_when_its_clock_says_so(zone, moment, near):
    here = ZoneInfo(zone)
    for instant in (moment.replace(tzinfo=UTC), datetime.combine(near, moment.time(), UTC)):
        local = instant.astimezone(here).date()
        assert day_begins(local, here) <= instant < day_begins(local + timedelta(days=1), here)
