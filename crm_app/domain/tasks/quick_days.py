"""The days and times that people type into a line: ``tue``, ``in 3 days``, ``25.12.``, ``tomorrow 9am``. Pure, and careful with words that are names.

A short word that means something else as well ("sun", "sat", "may", "march") is a day only where nothing else is likely: after a word like
"on" or "next", beside a number or a time, or, written small, at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from crm_app.domain.days import week_begins
from crm_app.domain.times import day_names, month_comes_first, month_names

Span = tuple[int, int]
_ENGLISH_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6}
_AMBIGUOUS = frozenset({"mon", "wed", "sat", "sun"})
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
_COUNTED = r"(?!\s*(?:km|kg|g|m|min|mins|minutes?|h|hours?|people|persons?|times|x|x\d|%|€|\$|£|euros?|pages?|steps?|sessions?|weeks?|days?|months?|years?)\b)"
_BEFORE = r"(?:(?:on|by|due|until|this)\s+)?"
_CLOCK = (
    r"(?:(?:at|@)\s*)?(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?:\s*(?P<ap>[ap]m))?|(?:at\s+)?(?P<h2>1[0-2]|0?[1-9])\s*(?P<ap2>[ap]m)"
    r"|at\s+(?P<h3>[01]?\d|2[0-3])(?![\d:.])|(?:at\s+)?(?P<noon>noon)"
)
TIME = re.compile(rf"(?<![\w.:/])(?:{_CLOCK})(?![\w:])", re.I)


@dataclass(frozen=True)
class Calendar:
    """Whose day it is: the moment where they are, how their week begins, and their language."""

    now: datetime
    week_start: int = 0
    locale: str = "en"

    @property
    def today(self) -> date:
        """The day it is."""
        return self.now.date()


def find_day(text: str, calendar: Calendar) -> Iterator[tuple[Span, date]]:
    """Every day that the text may name, with where it stands."""
    for pattern, read in ((_iso(), _read_iso), (_relative(), _read_relative), (_written(calendar.locale), _read_written), (_numeric(), _read_numeric)):
        for match in pattern.finditer(text):
            day = None
            with suppress(ValueError, OverflowError):
                day = read(match, text, calendar)
            if day is not None:
                yield match.span(), day
    yield from _weekdays(text, calendar)


def read_time(match: re.Match[str]) -> time | None:
    """The time of a match of ``TIME``; None for what no clock shows."""
    if match["noon"]:
        return time(12)
    hour, half = int(match["h"] or match["h2"] or match["h3"]), (match["ap"] or match["ap2"] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    return time(hour % 12 + (12 if half == "pm" else 0) if half else hour, int(match["m"] or 0))


def weekday_of(word: str, locale: str) -> int | None:
    """Which day of the week a word names, 0 for Monday; English, and the reader's own language."""
    return _day_names(locale).get(word.lower().rstrip("."))


def next_weekday(day: date, weekday: int) -> date:
    """The next day after ``day`` that falls on this day of the week."""
    return day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1)


@cache
def _day_names(locale: str) -> dict[str, int]:
    found = {name: number for number, name in enumerate(_ENGLISH_DAYS)} | _SHORT
    for short in (False, True):
        for number, name in day_names(locale, short=short).items():
            found.setdefault(name.lower().rstrip("."), number)
    return found


@cache
def _month_names(locale: str) -> dict[str, int]:
    found = {name: number for number, name in enumerate(_MONTHS, 1)} | {name[:3]: number for number, name in enumerate(_MONTHS, 1)} | {"sept": 9}
    for short in (False, True):
        for number, name in month_names(locale, short=short).items():
            found.setdefault(name.lower().rstrip("."), number)
    return found


@cache
def _iso() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){_BEFORE}(\d{{4}})-(\d\d)-(\d\d)(?![\w-])", re.I)


def _read_iso(match: re.Match[str], _text: str, _calendar: Calendar) -> date:
    return date(int(match[1]), int(match[2]), int(match[3]))


@cache
def _relative() -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\w){_BEFORE}(?:(?P<day>today|tod|tonight|tomorrow|tmr|tmrw)|in\s+(?P<count>\d{{1,3}}|an?)\s+(?P<unit>day|week|month|year)s?"
        r"|(?P<next>next\s+(?:week|month|year))|(?P<weekend>(?:this\s+)?weekend))(?!\w)",
        re.I,
    )


def _read_relative(match: re.Match[str], _text: str, calendar: Calendar) -> date | None:
    today = calendar.today
    if match["day"]:
        return today if match["day"].lower().startswith("to") and not match["day"].lower().startswith("tom") else today + timedelta(days=1)
    if match["weekend"]:
        return today + timedelta(days=(5 - today.weekday()) % 7) if "this" in match[0].lower() else None
    if match["next"]:
        unit = match["next"].split()[1].lower()
        if unit == "week":
            return week_begins(today, calendar.week_start) + timedelta(days=7)
        return _months_on(today.replace(day=1), 1) if unit == "month" else date(today.year + 1, 1, 1)
    count = int(match["count"]) if match["count"].isdigit() else 1
    unit = match["unit"].lower()
    if unit in ("day", "week"):
        return today + timedelta(days=count * (7 if unit == "week" else 1))
    return _months_on(today, count * (12 if unit == "year" else 1))


@cache
def _written(locale: str) -> re.Pattern[str]:
    months = "|".join(sorted(map(re.escape, _month_names(locale)), key=len, reverse=True))
    return re.compile(
        rf"(?<![\w.]){_BEFORE}(?:the\s+)?(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<m1>{months})\.?|(?P<m2>{months})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?{_COUNTED})"
        r"(?:,?\s+(?P<year>20\d\d))?(?![\w:])",
        re.I,
    )


def _read_written(match: re.Match[str], _text: str, calendar: Calendar) -> date:
    month = _month_names(calendar.locale)[(match["m1"] or match["m2"]).lower()]
    return _coming(calendar.today, int(match["d1"] or match["d2"]), month, match["year"])


@cache
def _numeric() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w./]){_BEFORE}(?:(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.(?P<y>20\d\d)?(?!\d)|(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})(?:/(?P<y2>20\d\d))?(?![\w/]))", re.I
    )


def _read_numeric(match: re.Match[str], _text: str, calendar: Calendar) -> date | None:
    if match["d"]:
        return _coming(calendar.today, int(match["d"]), int(match["m"]), match["y"])
    if not (match[0][0].isalpha() or match["y2"]):
        return None  # a half, or a score
    first, second = int(match["a"]), int(match["b"])
    day, month = (second, first) if month_comes_first(calendar.locale) else (first, second)
    return _coming(calendar.today, day, month, match["y2"])


def _weekdays(text: str, calendar: Calendar) -> Iterator[tuple[Span, date]]:
    for match in re.finditer(r"(?<![\w@#+'’-])(?P<lead>(?:on|by|due|until|this|next)\s+)?(?P<word>[^\W\d_]{2,}\.?)(?![\w'’-])", text):
        number = weekday_of(match["word"], calendar.locale)
        if number is None or not (match["lead"] or _means_a_day(match, text)):
            continue
        day = next_weekday(calendar.today, number)
        if (match["lead"] or "").strip().lower() == "next":
            begin = week_begins(calendar.today, calendar.week_start) + timedelta(days=7)
            day = begin + timedelta(days=(number - begin.weekday()) % 7)
        yield match.span(), day


def _means_a_day(match: re.Match[str], text: str) -> bool:
    word = match["word"].rstrip(".")
    if len(word) > 5 and word.lower() in _ENGLISH_DAYS:
        return True
    rest = text[match.end() :]
    if TIME.match(rest.lstrip()) and rest[:1].isspace():
        return True
    small = word == word.lower()
    ends = not rest.strip() or rest.lstrip()[:1] in "!#@+~"
    return small and bool(text[: match.start()].strip()) and ends if word.lower() in _AMBIGUOUS or word.lower() not in _SHORT else small or ends


def _coming(today: date, day: int, month: int, year: str | None) -> date:
    """The next such day; the 29th of February waits for its year."""
    if year:
        return date(int(year), month, day)
    for ahead in range(5):
        with suppress(ValueError):
            found = date(today.year + ahead, month, day)
            if found >= today:
                return found
    raise ValueError


def _months_on(day: date, count: int) -> date:
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    for last in (day.day, 30, 29, 28):
        with suppress(ValueError):
            return date(year, month, min(day.day, last))
    raise ValueError
