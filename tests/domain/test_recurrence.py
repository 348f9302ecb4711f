"""The rules by which a task comes again: what is taken, how it is written, and which day is next."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_app.domain.errors import Invalid
from crm_app.domain.tasks.recurrence import checked_rule, next_due

TUESDAY = date(2026, 11, 24)
DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))
NAMES = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=7, unique=True).map(",".join)
RULES = st.one_of(
    st.integers(1, 366).map(lambda n: f"FREQ=DAILY;INTERVAL={n}"),
    st.integers(1, 104).map(lambda n: f"FREQ=WEEKLY;INTERVAL={n}"),
    st.tuples(st.integers(1, 104), NAMES).map(lambda v: f"FREQ=WEEKLY;INTERVAL={v[0]};BYDAY={v[1]}"),
    st.integers(1, 24).map(lambda n: f"FREQ=MONTHLY;INTERVAL={n}"),
    st.tuples(st.integers(1, 24), st.integers(1, 31)).map(lambda v: f"FREQ=MONTHLY;INTERVAL={v[0]};BYMONTHDAY={v[1]}"),
    st.tuples(st.integers(1, 24), st.sampled_from([1, 2, 3, 4, -1, -4]), NAMES).map(lambda v: f"FREQ=MONTHLY;INTERVAL={v[0]};BYDAY={v[2]};BYSETPOS={v[1]}"),
    st.tuples(st.sampled_from([1, 4, -1, -3]), st.sampled_from(["MO", "SU"])).map(lambda v: f"FREQ=MONTHLY;BYDAY={v[0]}{v[1]}"),
    st.integers(1, 2).map(lambda n: f"FREQ=YEARLY;INTERVAL={n}"),
    st.tuples(st.integers(1, 12), st.integers(1, 31)).map(lambda v: f"FREQ=YEARLY;BYMONTH={v[0]};BYMONTHDAY={v[1]}"),
)


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("", ""), ("  ", ""), ("rrule:freq=weekly;interval=2;byday=tu", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"), ("FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=TU"),
        ("FREQ=DAILY;INTERVAL=1", "FREQ=DAILY"), ("FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=24"), ("FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=24"),
        ("FREQ=WEEKLY;WKST=SU", "FREQ=WEEKLY;BYDAY=TU"), ("FREQ=DAILY;UNTIL=20270101T000000Z", "FREQ=DAILY;UNTIL=20270101"), ("FREQ=DAILY;COUNT=007", "FREQ=DAILY;COUNT=7"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1"), ("FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYDAY=-1FR"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1"),
    ],
)  # fmt: skip
def test_a_rule_is_written_in_one_way_and_stands_for_itself(rule, kept):
    assert checked_rule(rule, TUESDAY) == kept
    assert checked_rule(kept, TUESDAY + timedelta(days=3)) == kept


@pytest.mark.parametrize(
    "rule",
    [
        "every day", "FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;BYSECOND=1", "FREQ=DAILY;BYHOUR=3", "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=367", "FREQ=WEEKLY;INTERVAL=105", "FREQ=YEARLY;INTERVAL=3", "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;INTERVAL=١", "FREQ=DAILY;COUNT=731",
        "FREQ=DAILY;COUNT=9999999999999", "FREQ=DAILY;COUNT=3;UNTIL=20270101", "FREQ=DAILY;UNTIL=20271301", "FREQ=DAILY;UNTIL=soon", "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=1MO", "FREQ=WEEKLY;BYDAY=MO,MO", "FREQ=MONTHLY;BYDAY=5MO", "FREQ=MONTHLY;BYDAY=MO", "FREQ=MONTHLY;BYDAY=MO,1TU", "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=MONTHLY;BYMONTHDAY=30,31", "FREQ=MONTHLY;BYMONTHDAY=5;BYSETPOS=2", "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=3", "FREQ=MONTHLY;BYSETPOS=1",
        "FREQ=YEARLY;BYMONTH=13", "FREQ=YEARLY;BYDAY=1MO", "FREQ=YEARLY;BYWEEKNO=53", "FREQ=YEARLY;BYYEARDAY=366", "FREQ=YEARLY;BYEASTER=0", "FREQ=DAILY;X=1;Y", "=",
    ],
)  # fmt: skip
def test_what_is_no_rule_here_is_refused_in_words(rule):
    with pytest.raises(Invalid) as refused:
        checked_rule(rule, TUESDAY)
    assert refused.value.fields["recurrence"].endswith(".")


@pytest.mark.parametrize(
    ("rule", "due", "done", "wanted"),
    [
        ("FREQ=DAILY", "2026-11-24", "2026-11-24", "2026-11-25"),
        ("FREQ=DAILY", "2026-11-20", "2026-11-24", "2026-11-25"),  # late: not again at once
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "2026-11-24", "2026-11-24", "2026-12-08"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "2026-11-26", "2026-11-26", "2026-12-08"),  # put off to Thursday
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "2026-11-24", "2026-11-18", "2026-12-08"),  # done early
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR", "2026-11-25", "2026-11-25", "2026-11-27"),
        ("FREQ=MONTHLY", "2026-01-31", "2026-01-31", "2026-02-28"),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "2026-02-28", "2026-02-28", "2026-03-31"),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "2028-01-30", "2028-01-30", "2028-02-29"),
        ("FREQ=YEARLY", "2024-02-29", "2024-02-29", "2025-02-28"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1", "2027-02-28", "2027-02-28", "2028-02-29"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-11-27", "2026-11-27", "2026-12-25"),
        ("FREQ=DAILY;INTERVAL=3", "2026-03-28", "2026-03-28", "2026-03-31"),  # over the change of the clocks
    ],
)
def test_the_next_day(rule, due, done, wanted):
    found = next_due(checked_rule(rule, date.fromisoformat(due)), date.fromisoformat(due), date.fromisoformat(done), from_done=False)
    assert found is not None and found[0].isoformat() == wanted


def test_counted_from_the_day_it_was_done():
    assert next_due("FREQ=DAILY;INTERVAL=3", date(2026, 11, 20), TUESDAY, from_done=True) == (date(2026, 11, 27), "FREQ=DAILY;INTERVAL=3")


def test_a_series_ends():
    assert next_due("FREQ=DAILY;COUNT=2", TUESDAY, TUESDAY, from_done=False) == (TUESDAY + timedelta(days=1), "FREQ=DAILY;COUNT=1")
    assert next_due("FREQ=DAILY;COUNT=1", TUESDAY, TUESDAY, from_done=False) is None
    assert next_due("FREQ=DAILY;UNTIL=20261124", TUESDAY, TUESDAY, from_done=False) is None
    assert next_due("FREQ=DAILY;UNTIL=20261125", TUESDAY, TUESDAY, from_done=False) == (date(2026, 11, 25), "FREQ=DAILY;UNTIL=20261125")
    assert next_due("FREQ=DAILY", date.max, date.max, from_done=False) is None


@settings(max_examples=300, deadline=None)
@given(rule=RULES, due=DAYS, late=st.integers(-40, 400), from_done=st.booleans())
def test_there_is_always_a_next_day_after_both_and_within_two_years(rule, due, late, from_done):
    kept, done = checked_rule(rule, due), due + timedelta(days=late)
    found = next_due(kept, due, done, from_done)
    assert found is not None
    day, again = found
    begin = done if from_done else max(due, done)
    assert begin < day <= max(due, begin) + timedelta(days=2 * 366 + 31) and again == kept
    # The day is one of the rule's own, and coming to it the series goes on.
    further = next_due(again, day, day, from_done)
    assert further is not None and further[0] > day


@settings(max_examples=200, deadline=None)
@given(rule=RULES, due=DAYS)
def test_a_year_of_completions_in_time_is_the_series_itself(rule, due):
    kept = checked_rule(rule, due)
    first = next_due(kept, due, due, from_done=False)
    assert first is not None
    begin, days = first[0], [first[0]]
    while len(days) < 6:
        found = next_due(kept, days[-1], days[-1], from_done=False)
        assert found is not None
        days.append(found[0])
    series = iter(rrulestr(f"DTSTART:{begin:%Y%m%d}T000000\nRRULE:{kept}"))
    assert days == [next(series).date() for _ in days]


def test_every_rule_that_is_taken_is_quick():
    begin = time.perf_counter()
    for rule in ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", "FREQ=MONTHLY;INTERVAL=24;BYDAY=MO;BYSETPOS=4"):
        assert next_due(checked_rule(rule, date(2025, 2, 28)), date(2025, 2, 28), date(2025, 2, 28), from_done=False)
    assert time.perf_counter() - begin < 0.5
