"""Quiet hours by the wall clock: over midnight, over the nights when the clock is changed, and on holiday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_app.domain.notifications.rules import at, quiet_end

BERLIN, NEW_YORK, KATHMANDU, APIA = (ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"))
ZONES = [BERLIN, NEW_YORK, KATHMANDU, APIA, ZoneInfo("UTC"), ZoneInfo("Australia/Lord_Howe")]


@dataclass
class Hours:
    quiet: bool = True
    quiet_from: time = time(21)
    quiet_until: time = time(7)


def wall(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "moment", "ends"),
    [
        (Hours(), wall(BERLIN, 2026, 5, 4, 20, 59), None),
        (Hours(), wall(BERLIN, 2026, 5, 4, 21), wall(BERLIN, 2026, 5, 5, 7)),
        (Hours(), wall(BERLIN, 2026, 5, 5, 6, 59), wall(BERLIN, 2026, 5, 5, 7)),
        (Hours(), wall(BERLIN, 2026, 5, 5, 7), None),
        (Hours(quiet=False), wall(BERLIN, 2026, 5, 5, 3), None),
        (Hours(quiet_from=time(12), quiet_until=time(14)), wall(BERLIN, 2026, 5, 5, 13), wall(BERLIN, 2026, 5, 5, 14)),
        (Hours(quiet_from=time(12), quiet_until=time(12)), wall(BERLIN, 2026, 5, 5, 12), None),
        # The clock goes forward at 2 and back at 3: the night has 9 or 11 hours, and it ends at 7 all the same.
        (Hours(), wall(BERLIN, 2026, 3, 28, 22), wall(BERLIN, 2026, 3, 29, 7)),
        (Hours(), wall(BERLIN, 2026, 10, 24, 22), wall(BERLIN, 2026, 10, 25, 7)),
        (Hours(quiet_until=time(2, 30)), wall(BERLIN, 2026, 3, 29, 1), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ],
)
def test_when_the_quiet_ends(hours, moment, ends):
    assert quiet_end(hours, moment, BERLIN) == ends


@pytest.mark.parametrize(
    ("hours", "last_day", "ends"),
    [
        (Hours(quiet=False), date(2026, 5, 9), wall(BERLIN, 2026, 5, 10, 0)),
        (Hours(), date(2026, 5, 9), wall(BERLIN, 2026, 5, 10, 7)),
        (Hours(), date(2026, 5, 4), None),
    ],
)
def test_days_away_are_quiet_until_the_last_one_ends_and_then_the_night_goes_on(hours, last_day, ends):
    assert quiet_end(hours, wall(BERLIN, 2026, 5, 5, 13), BERLIN, last_day) == ends


@given(
    zone=st.sampled_from(ZONES), begins=st.times(), ends=st.times(),
    moment=st.datetimes(min_value=datetime(2011, 1, 2), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)),
    away=st.one_of(st.none(), st.integers(-3, 30)),
)  # fmt: skip
def test_quiet_always_ends_later_and_within_its_night(zone, begins, ends, moment, away):
    last_day = moment.astimezone(zone).date() + timedelta(days=away) if away is not None else None
    ended = quiet_end(Hours(quiet_from=begins, quiet_until=ends), moment, zone, last_day)
    if ended is None:
        return
    assert ended > moment
    holiday = timedelta(days=max(0, away or 0) + 1)
    assert ended - moment <= holiday + timedelta(hours=26)
    local = ended.astimezone(zone)
    assert local.time() in (ends, time()) or at(local.date(), ends, zone) == ended, "it ends when the wall clock shows the chosen hour"
