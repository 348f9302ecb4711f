"""Pure rules of keeping in touch: from when on somebody is due, how warm things are, when a birthday comes."""

from __future__ import annotations

import calendar
from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.interactions.models import Kind

LONGEST = 3650


class Standing(StrEnum):
    """How things stand with one's wish to be in touch. ``snoozed`` was due and has been put off."""

    NONE = "none"
    ON_TRACK = "on_track"
    DUE = "due"
    OVERDUE = "overdue"
    SNOOZED = "snoozed"


def due_day(due_at: datetime | None, zone: ZoneInfo) -> date | None:
    """The day on which somebody becomes due, in the reader's calendar."""
    return due_at.astimezone(zone).date() if due_at else None


def heat(last: datetime, every_days: int, now: datetime) -> float:
    """Days since the last contact divided by the cadence: 0 just spoken to, 1 due, 2 twice as long as wished."""
    return max(0.0, (now - last).total_seconds() / 86_400 / every_days)


def standing(due_on: date | None, snoozed_until: date | None, today: date) -> Standing:
    """Where a contact stands today. A snooze that lies ahead hides being due until its day has come."""
    if due_on is None:
        return Standing.NONE
    if due_on > today:
        return Standing.ON_TRACK
    if snoozed_until is not None and snoozed_until > today:
        return Standing.SNOOZED
    return Standing.DUE if due_on == today else Standing.OVERDUE


def checked_days(days: int | None, field: str = "days") -> int | None:
    """A cadence of 1 to 3,650 days, or None for none. Raises Invalid for anything else."""
    if days is not None and not 1 <= days <= LONGEST:
        raise Invalid(fields={field: _("Choose 1 to %d days.") % LONGEST})
    return days


def checked_kinds(kinds: Collection[str]) -> str:
    """Kinds of entry as the team's row keeps them: known ones, each once, in their usual order. At least one must count."""
    unknown = set(kinds) - {kind.value for kind in Kind}
    if unknown:
        raise Invalid(fields={"kinds": _("There is no such kind of entry.")})
    if not kinds:
        raise Invalid(fields={"kinds": _("At least one kind must count as being in touch, or nobody would ever be on track.")})
    return " ".join(kind.value for kind in Kind if kind.value in kinds)


def next_birthday(month: int, day: int, today: date) -> date:
    """The next day on which it is, today included; 29 February falls on 1 March in a year without one."""
    for year in (today.year, today.year + 1):
        missing = day > calendar.monthrange(year, month)[1]
        coming = date(year, month + 1, 1) if missing else date(year, month, day)
        if coming >= today:
            return coming
    raise AssertionError("one of two years holds the next birthday")


def days_of_birthdays(today: date, within: int) -> list[tuple[int, int]]:
    """``(month, day)`` of every day from today on, ``within`` days further; with 29 February wherever 1 March stands for it."""
    days = [today + timedelta(days=number) for number in range(within + 1)]
    found = [(day.month, day.day) for day in days]
    if any((day.month, day.day) == (3, 1) and not calendar.isleap(day.year) for day in days):
        found.append((2, 29))
    return found
