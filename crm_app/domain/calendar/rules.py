"""What a rule of recurrence (RFC 5545, 3.3.10) may say. Judged before anything is counted out: one such line can keep a machine busy for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

_DENSEST = 24
_FREQUENCIES = ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_RANGES = {"BYSECOND": (0, 60), "BYMINUTE": (0, 59), "BYHOUR": (0, 23), "BYMONTH": (1, 12)}
_EITHER_WAY = {"BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYSETPOS": 366}


class Judged(Enum):
    """Whether a rule can be followed: it makes no sense, or it comes more often than every hour."""

    GOOD = "good"
    BROKEN = "broken"
    TOO_OFTEN = "too often"


def judge(rule: Mapping[str, Any]) -> Judged:
    """Judge a rule as icalendar read it."""
    often = str(first(rule.get("FREQ"), "")).upper()
    if often not in _FREQUENCIES:
        return Judged.BROKEN
    times = 24 if often == "HOURLY" and "BYHOUR" not in rule else 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= max(1, len(many(rule.get(name))))
    if often in ("SECONDLY", "MINUTELY") or times > _DENSEST:
        return Judged.TOO_OFTEN
    interval = first(rule.get("INTERVAL"), 1)
    if not isinstance(interval, int) or interval < 1 or not all(_fits(name, rule.get(name)) for name in (*_RANGES, *_EITHER_WAY)):
        return Judged.BROKEN
    return Judged.GOOD


def _fits(name: str, values: Any) -> bool:
    try:
        numbers = [int(value) for value in many(values)]
    except (TypeError, ValueError):
        return False
    if name in _RANGES:
        least, most = _RANGES[name]
        return all(least <= number <= most for number in numbers)
    return all(0 < abs(number) <= _EITHER_WAY[name] for number in numbers)


def many(value: Any) -> Sequence[Any]:
    """All values of a part of a rule."""
    return value if isinstance(value, list | tuple) else () if value is None else (value,)


def first(value: Any, otherwise: Any) -> Any:
    """The first value of a part of a rule."""
    return next(iter(many(value)), otherwise)
