"""How long connections wait, how they are shown, and what is overdue: pure rules."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from crm_app.domain.connections import rules


def test_rel_05_waits_double_up_to_a_limit_and_are_spread_over_all_of_it():
    chance = random.Random(7)
    for failures, most in ((1, 60), (2, 120), (4, 480), (20, 6 * 3600)):
        waits = [rules.wait_after(failures, None, chance).total_seconds() for _ in range(2000)]
        assert max(waits) <= most and max(waits) > 0.95 * most
        tenths = [sum(most * part / 10 <= wait < most * (part + 1) / 10 for wait in waits) for part in range(10)]
        assert failures >= rules.BREAKER or min(tenths) > 140, tenths
    assert all(rules.wait_after(rules.BREAKER, None, chance) >= rules.COOL_DOWN for _ in range(200))


def test_rel_09_patience_that_is_asked_for_is_had():
    chance = random.Random(7)
    assert rules.wait_after(1, 3600, chance) == timedelta(hours=1)
    assert rules.wait_after(1, 10**9, chance) == timedelta(hours=24)
    assert rules.wait_after(1, -5, chance) >= timedelta(0)


def test_rel_05_a_thing_is_tried_eight_times():
    chance = random.Random(7)
    waits = [rules.wait_before_item(tries, chance) for tries in range(1, 9)]
    assert all(wait is not None for wait in waits[:7]) and waits[7] is None


@pytest.mark.parametrize(
    ("colour", "hue"),
    [("#ff0000", "coral"), ("#F4B400", "amber"), ("#00ff00ff", "green"), ("#0000ff", "indigo"), ("#4285f4", "sky"), ("#808080", "slate"), ("", "coral"), ("red", "coral"), ("#ff00ff", "plum"), ("#ff0080", "plum")],
)
def test_a_calendar_is_shown_in_the_nearest_of_our_colours(colour, hue):
    assert rules.hue_of(colour) == hue


def test_overdue_is_a_day_or_three_turns():
    moment = datetime(2026, 11, 26, tzinfo=UTC)
    assert rules.is_stale("active", 10, moment - timedelta(hours=25), moment) and not rules.is_stale("active", 10, moment - timedelta(hours=23), moment)
    assert not rules.is_stale("active", 1440, moment - timedelta(hours=71), moment) and not rules.is_stale("paused", 10, moment - timedelta(days=9), moment)
