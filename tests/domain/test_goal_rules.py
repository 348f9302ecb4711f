"""How far a goal is and how it stands, by properties and by hand-counted days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crm_app.domain.errors import Invalid
from crm_app.domain.goals.models import Rhythm
from crm_app.domain.goals.rules import expected_of, milestone, period_of, progress_of, read_amount, state_of, streak_of
from crm_app.domain.goals.schemas import State

BADNESS = {State.REACHED: 0, State.ON_TRACK: 1, State.AT_RISK: 2, State.OFF_TRACK: 3}
WEDNESDAY = date(2026, 11, 25)
values = st.floats(-1e9, 1e9, allow_nan=False)
days = st.dates(date(2020, 1, 1), date(2032, 12, 31))
shares = st.floats(0, 1, allow_nan=False)
rhythms = st.sampled_from([Rhythm.DAILY, Rhythm.WEEKLY, Rhythm.MONTHLY])


@given(values, values, st.none() | values)
def test_progress_is_between_nothing_and_all_whatever_the_values(start, target, current):
    assert 0 <= progress_of(start, target, current) <= 1


@given(values, values, values, values)
def test_nearer_to_the_target_is_never_less(start, target, one, other):
    assume(start != target)
    low, high = sorted((one, other), reverse=target < start)
    assert progress_of(start, target, low) <= progress_of(start, target, high)


@given(values, values, values)
def test_a_falling_target_is_a_rising_one_in_a_mirror(start, target, current):
    assert progress_of(start, target, current) == progress_of(-start, -target, -current)


@given(values, values)
def test_at_the_start_nothing_is_done_at_the_target_all(start, target):
    assume(start != target)
    assert (progress_of(start, target, start), progress_of(start, target, target), progress_of(start, target, None)) == (0, 1, 0)


def test_weight_falls_to_its_target():
    assert [progress_of(80, 72, now) for now in (82, 80, 76, 72, 70)] == [0, 0, 0.5, 1, 1]
    assert (progress_of(5, 5, 5), progress_of(5, 5, 4)) == (1, 0)


@given(days, st.none() | days, days, st.integers(0, 3650))
def test_the_time_that_has_gone_only_grows(starts_on, deadline, today, later):
    now, then = expected_of(starts_on, deadline, today), expected_of(starts_on, deadline, today + timedelta(days=later))
    if deadline is None:
        assert now is None and then is None
    else:
        assert now is not None and then is not None and 0 <= now <= then <= 1


def test_all_of_the_time_has_gone_on_the_deadline_even_if_it_is_the_start():
    assert expected_of(WEDNESDAY, WEDNESDAY, WEDNESDAY) == 1
    assert expected_of(WEDNESDAY, WEDNESDAY + timedelta(days=10), WEDNESDAY + timedelta(days=4)) == 0.4
    assert expected_of(WEDNESDAY, WEDNESDAY - timedelta(days=3), WEDNESDAY - timedelta(days=4)) == 0


@given(shares, shares, shares, st.booleans())
def test_more_done_is_never_worse(one, other, expected, late):
    low, high = sorted((one, other))
    assert BADNESS[state_of(high, expected, late)] <= BADNESS[state_of(low, expected, late)]


@given(shares, shares, shares, st.booleans())
def test_a_later_day_is_never_better(progress, one, other, late):
    early, then = sorted((one, other))
    assert BADNESS[state_of(progress, early, False)] <= BADNESS[state_of(progress, then, late)]


@pytest.mark.parametrize(
    ("progress", "expected", "late", "state"),
    [
        (1, None, False, "reached"), (1, 1, True, "reached"), (0.5, None, False, "under_way"), (0.4, 0.5, False, "on_track"), (0.39, 0.5, False, "at_risk"),
        (0.25, 0.5, False, "at_risk"), (0.24, 0.5, False, "off_track"), (0.99, 1, True, "off_track"), (0, 0, False, "on_track"), (0.9, 1, False, "on_track"),
    ],
)  # fmt: skip
def test_states_at_their_edges(progress, expected, late, state):
    assert state_of(progress, expected, late) == state


@given(rhythms, days, st.integers(0, 6))
def test_the_next_period_has_the_next_number(rhythm, day, week_start):
    number, day_after = period_of(day, rhythm, week_start), day + timedelta(days=1)
    assert period_of(day_after, rhythm, week_start) in ({number + 1} if rhythm is Rhythm.DAILY else {number, number + 1})


@given(rhythms, st.lists(days, max_size=40), days, st.integers(0, 6))
def test_a_check_in_today_makes_a_streak_one_longer_unless_it_was_there(rhythm, kept, today, week_start):
    before, due = streak_of(kept, rhythm, today, week_start)
    after, still_due = streak_of([*kept, today], rhythm, today, week_start)
    assert not still_due and after == before + due and (after >= 1)


def test_streaks_counted_by_hand():
    ago = [WEDNESDAY - timedelta(days=number) for number in range(30)]
    assert streak_of([], Rhythm.DAILY, WEDNESDAY, 0) == (0, True)
    assert streak_of(ago[:3], Rhythm.DAILY, WEDNESDAY, 0) == (3, False)
    assert streak_of(ago[1:3], Rhythm.DAILY, WEDNESDAY, 0) == (2, True)
    assert streak_of(ago[2:5], Rhythm.DAILY, WEDNESDAY, 0) == (0, True)
    assert streak_of([ago[0], ago[3], ago[10]], Rhythm.WEEKLY, WEDNESDAY, 0) == (3, False)
    assert streak_of([date(2026, 9, 1), date(2026, 10, 31), date(2025, 12, 1)], Rhythm.MONTHLY, WEDNESDAY, 0) == (2, True)
    assert streak_of(ago, Rhythm.NONE, WEDNESDAY, 0) == (0, False)


def test_a_milestone_is_the_tenth_that_was_crossed():
    assert [milestone(0.68, 0.73), milestone(0.71, 0.79), milestone(0.7, 0.7), milestone(0, 0.05), milestone(0.1, 1), milestone(0.6, 0.7)] == [70, None, None, None, 100, 70]


@pytest.mark.parametrize(("typed", "value"), [("6.5", 6.5), (" 6,5 ", 6.5), ("+1", 5), ("+0,25", 4.25), ("-3", -3), ("\u22123", -3), ("1 200", 1200), ("0.125", 0.125), ("1234.567", 1234.567), ("12.34", 12.34)])
def test_amounts_as_people_type_them(typed, value):
    assert read_amount(typed, 4) == value


@pytest.mark.parametrize("typed", ["", "a lot", "+", "nan", "inf", "1e30", "+1e30", "1,000.5", "1,000", "1.000", "+72.500", "-1,234"])
def test_what_is_no_amount_is_said(typed):
    with pytest.raises(Invalid):
        read_amount(typed, 4)
