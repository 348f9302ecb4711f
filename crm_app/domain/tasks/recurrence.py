"""Rules by which a task comes again: the part of RFC 5545 that names days, kept small enough that there is always a next day soon.

A rule stands for itself: "every month" is written with its day of the month, and one that not every month has (29 to 31) as the
last day up to it. So the next day follows from the rule and the day before it, whatever happened to the task meanwhile.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, time

from dateutil.rrule import rrulestr

from crm_app.domain.errors import Invalid

MOST = 730
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LONGEST = {"DAILY": 366, "WEEKLY": 104, "MONTHLY": 24, "YEARLY": 2}
"""The longest interval of each: no rule lets more than two years pass."""
_PARTS = {"DAILY": (), "WEEKLY": ("BYDAY",), "MONTHLY": ("BYDAY", "BYMONTHDAY", "BYSETPOS"), "YEARLY": ("BYMONTH", "BYDAY", "BYMONTHDAY", "BYSETPOS")}
_ORDER = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYDAY", "BYMONTHDAY", "BYSETPOS")
_ORDINAL = re.compile(r"(?:-?[1-4])(?:MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"\d{8}(?:T\d{6}Z?)?")
Parts = dict[str, str]


def checked_rule(rule: str, due: date) -> str:
    """The rule in one way of writing it, with the days that ``due`` gives it; Invalid says what cannot be taken. An empty rule is none."""
    if not rule.strip():
        return ""
    parts = _parsed(rule)
    _check(parts)
    return _written(_anchored(parts, due))


def plain_rule(rule: str) -> str:
    """The rule in one way of writing it, with the days that it names itself; Invalid says what cannot be taken."""
    parts = _parsed(rule)
    _check(parts)
    return _written(parts)


def next_due(rule: str, due: date, done: date, from_done: bool) -> tuple[date, str] | None:
    """The day of the next task and the rule that goes on to it, or None when this was the last one.

    Counted from ``due`` it is the first day of the series after both days, so that what was done late does not come again at once;
    counted from ``done`` the series begins anew that day. A COUNT counts the tasks that are left, this one included.
    """
    parts = _parsed(rule)
    left = int(parts.get("COUNT", MOST))
    if left <= 1:
        return None
    begin = done if from_done else due
    bare = _anchored({name: value for name, value in parts.items() if name not in ("COUNT", "UNTIL")}, begin)
    series = rrulestr(_written(bare), dtstart=datetime.combine(begin, time()))
    found = series.after(datetime.combine(max(begin, done), time()))
    if found is None or ("UNTIL" in parts and found.date() > _day(parts["UNTIL"])):
        return None
    return found.date(), _written({**parts, "COUNT": str(left - 1)} if "COUNT" in parts else parts)


def rule_parts(rule: str) -> Parts:
    """The parts of a stored rule by their names."""
    return dict(part.split("=", 1) for part in rule.split(";") if part)


def _parsed(rule: str) -> Parts:
    found: Parts = {}
    for part in rule.strip().upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name in found:
            raise _refused("Write the rule like FREQ=WEEKLY;BYDAY=TU.")
        if name != "WKST":  # a week begins where its reader's does; a rule that names its days needs no more
            found[name] = value
    return found


def _check(parts: Parts) -> None:
    kind = parts.get("FREQ", "")
    if kind not in _LONGEST:
        raise _refused("A task can come again every so many days, weeks, months or years.")
    unknown = parts.keys() - {"FREQ", "INTERVAL", "COUNT", "UNTIL", *_PARTS[kind]}
    if unknown:
        raise _refused(f"This part of the rule can't be used here: {', '.join(sorted(unknown))}.")
    _number(parts, "INTERVAL", _LONGEST[kind])
    _number(parts, "COUNT", MOST)
    if "UNTIL" in parts:
        parts["UNTIL"] = _day(parts["UNTIL"]).isoformat().replace("-", "")
    if "COUNT" in parts and "UNTIL" in parts:
        raise _refused("Give either a number of times or a last day.")
    _check_days(kind, parts)


def _check_days(kind: str, parts: Parts) -> None:
    days = parts["BYDAY"].split(",") if "BYDAY" in parts else []
    plain = [day for day in days if day in _DAYS]
    if any(day not in _DAYS and (kind == "WEEKLY" or not _ORDINAL.fullmatch(day)) for day in days) or len(set(days)) != len(days):
        raise _refused("Name days like MO,TH, and the second Tuesday of a month 2TU.")
    if days and "BYMONTHDAY" in parts:
        raise _refused("Name either days of the week or days of the month.")
    if kind in ("MONTHLY", "YEARLY") and plain and (len(plain) != len(days) or parts.get("BYSETPOS") not in _NEAR):
        raise _refused("Say which of these days of the month: 1TU is the first Tuesday.")
    if kind == "YEARLY" and days and "BYMONTH" not in parts:
        raise _refused("Say in which month of the year.")
    if "BYMONTH" in parts:
        _listed(parts["BYMONTH"], 1, 12)
    if "BYMONTHDAY" in parts and (parts["BYMONTHDAY"], parts.get("BYSETPOS")) not in _LAST_UP_TO.values():
        if "BYSETPOS" in parts:
            raise _refused("A position goes with days of the week.")
        _listed(parts["BYMONTHDAY"], -28, 31 if "," not in parts["BYMONTHDAY"] else 28)
    elif "BYSETPOS" in parts and not plain and "BYMONTHDAY" not in parts:
        raise _refused("A position goes with days of the week.")


_NEAR = frozenset({"1", "2", "3", "4", "-1", "-2", "-3", "-4"})
_LAST_UP_TO = {day: (",".join(str(number) for number in range(28, day + 1)), "-1") for day in (29, 30, 31)}
"""The last day of a month up to this one."""


def _anchored(parts: Parts, day: date) -> Parts:
    """The rule with the days that follow from ``day`` where it names none."""
    kind, named = parts["FREQ"], "BYDAY" in parts or "BYMONTHDAY" in parts
    found = dict(parts)
    if kind == "WEEKLY" and not named:
        found["BYDAY"] = _DAYS[day.weekday()]
    if kind == "YEARLY" and "BYMONTH" not in parts:
        found["BYMONTH"] = str(day.month)
    if kind in ("MONTHLY", "YEARLY") and not named:
        found["BYMONTHDAY"] = str(day.day)
    single = found.get("BYMONTHDAY", "")
    if single.isdigit() and int(single) in _LAST_UP_TO:
        found["BYMONTHDAY"], found["BYSETPOS"] = _LAST_UP_TO[int(single)]
    return found


def _written(parts: Parts) -> str:
    return ";".join(f"{name}={parts[name]}" for name in _ORDER if name in parts and (name, parts[name]) != ("INTERVAL", "1"))


def _number(parts: Parts, name: str, most: int) -> None:
    value = parts.get(name, "1")
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:6]) <= most:
        raise _refused(f"{name} goes from 1 to {most} here.")
    if name in parts:
        parts[name] = str(int(value))


def _listed(value: str, least: int, most: int) -> None:
    numbers = value.split(",")
    if len(numbers) > 31 or not all(re.fullmatch(r"-?\d{1,2}", number) and int(number) and least <= int(number) <= most for number in numbers):
        raise _refused("There is no such day, or not in every month.")


def _day(value: str) -> date:
    if _UNTIL.fullmatch(value):
        with suppress(ValueError):
            return date(int(value[:4]), int(value[4:6]), int(value[6:8]))
    raise _refused("Write the last day like 20261231.")


def _refused(sentence: str) -> Invalid:
    return Invalid(fields={"recurrence": sentence})
