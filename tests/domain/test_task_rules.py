"""Days and weeks of tasks, by hand-counted calendars."""

from __future__ import annotations

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from crm_app.domain.tasks.rules import bucket_of, due_day, postponed, week_begins

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
