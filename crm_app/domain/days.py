"""Which day it is for whoever asks, when it begins, and with which day their week begins."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crm_app.domain.actor import Actor
from crm_app.domain.rows import now


def today_of(actor: Actor) -> date:
    """The day it is where the actor is."""
    return now().astimezone(actor.zone).date()


def week_begins(today: date, week_start: int) -> date:
    """The first day of today's week; ``week_start`` 0 is Monday, 6 is Sunday."""
    return today - timedelta(days=(today.weekday() - week_start) % 7)


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The moment from which on it is ``day`` in this zone, also where the clocks change around midnight.

    The clock may mean two moments then: of those right before which it was another day, the later one.
    """
    midnight = datetime.combine(day, time(), zone)
    meant = {midnight.astimezone(UTC), midnight.replace(fold=1).astimezone(UTC)}
    return max(moment for moment in meant if (moment - timedelta(microseconds=1)).astimezone(zone).date() < day)


def month_weeks(month: date, week_start: int) -> list[date]:
    """The days of the whole weeks that hold the month of this day: 28 to 42 of them."""
    begins = month.replace(day=1)
    first, last = week_begins(begins, week_start), week_begins(next_month(begins) - timedelta(days=1), week_start) + timedelta(days=6)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def in_month(day: date, by: int) -> date:
    """The same day so many months on, or back; the last one of a month that is shorter."""
    first = next_month(day, by)
    return min(first + timedelta(days=day.day - 1), next_month(first) - timedelta(days=1))


def next_month(month: date, by: int = 1) -> date:
    """The first day of the month that is so many months on, or back."""
    number = month.year * 12 + month.month - 1 + by
    return date(number // 12, number % 12 + 1, 1)
