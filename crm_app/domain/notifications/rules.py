"""Pure rules of being told: when it is quiet, and when a day's mail goes out. All of it by the person's own clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Hours(Protocol):
    """When somebody wants to be left in peace."""

    quiet: bool
    quiet_from: time
    quiet_until: time


def at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """The moment at which a clock on this wall shows ``hour``; one that is skipped in spring is the moment it would have been."""
    return datetime.combine(day, hour, zone).astimezone(UTC)


def quiet_end(hours: Hours, moment: datetime, zone: ZoneInfo, last_day_away: date | None = None) -> datetime | None:
    """When the quiet that reigns at ``moment`` ends, or None when it is not quiet. Days away are quiet until the last one ends.

    Quiet hours may go over midnight, and their end is the wall clock's, also in the night when it is changed.
    """
    ends = at(last_day_away + timedelta(days=1), time(), zone) if last_day_away and moment.astimezone(zone).date() <= last_day_away else None
    return _nightly_end(hours, ends or moment, zone) or ends


def _nightly_end(hours: Hours, moment: datetime, zone: ZoneInfo) -> datetime | None:
    if not hours.quiet or hours.quiet_from == hours.quiet_until:
        return None
    today = moment.astimezone(zone).date()
    over_midnight = timedelta(days=hours.quiet_from > hours.quiet_until)
    for day in (today - over_midnight, today):
        begins, ends = at(day, hours.quiet_from, zone), at(day + over_midnight, hours.quiet_until, zone)
        if begins <= moment < ends:
            return ends
    return None
