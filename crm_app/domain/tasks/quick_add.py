"""What a typed line means: ``call Ana tue 10:00 !high #retreat @Ana +Client care every second tuesday ~30m``. Pure: the same line, the same answer.

Dates are read by ``quick_days``. Each kind of thing is understood once; whatever else there is stays in the title, and so does what stands in quotation marks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from crm_app.domain.tasks.models import Priority
from crm_app.domain.tasks.quick_days import TIME, Calendar, Span, find_day, next_weekday, read_time, weekday_of
from crm_app.domain.tasks.recurrence import checked_rule
from crm_app.domain.text import fold

Kind = Literal["day", "time", "priority", "tag", "person", "project", "repeat", "estimate"]
_NUMBERS = {"other": 2, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_UNITS = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_EVERY = re.compile(
    r"(?<!\w)every(?P<done>!)?\s+(?:(?P<nth>other|second|2nd|third|3rd|fourth|4th|\d{1,3})\s+)?"
    r"(?:(?P<unit>day|week|month|year)s?(?:\s+on\s+the\s+(?P<on>\d{1,2})(?:st|nd|rd|th)?)?|(?P<work>weekday|workday)|(?P<date>\d{1,2})(?:st|nd|rd|th)"
    r"|(?P<names>[^\W\d_]{2,}(?:\s*(?:,|and|&)\s*[^\W\d_]{2,})*))(?!\w)",
    re.I,
)
_ESTIMATE = re.compile(r"(?<!\S)~\s?(?:(?P<h>\d{1,2}(?:[.,]\d)?)\s?h(?:(?P<hm>[0-5]?\d)\s?m?)?|(?P<m>\d{1,3})\s?m(?:in)?)(?!\w)", re.I)
_PRIORITY = re.compile(r"(?<!\S)!(?:(?P<name>low|medium|high|urgent)(?!\w)|(?P<marks>!{1,2})(?!\S))", re.I)
_TAG = re.compile(r"(?<!\S)#(?P<name>(?=[\w-]*[^\W\d_])[\w-]{1,60})(?![\w#])")
_PERSON = re.compile(r"(?<!\S)@(?:\"(?P<quoted>[^\"]{1,80})\"|(?P<name>[^\W\d_][\w'’.-]{0,60}))")
_QUOTED = re.compile(r"[\"“«][^\"”»]*[\"”»]")


@dataclass(frozen=True)
class Piece:
    """A part of the line that was understood: where it stands, and what it says."""

    kind: Kind
    begin: int
    end: int
    text: str


@dataclass(frozen=True)
class QuickTask:
    """A line as it was understood. ``people`` and ``project`` are as they were typed or are called; ``pieces`` say where each part stands."""

    title: str
    pieces: tuple[Piece, ...] = ()
    due_date: date | None = None
    due_time: time | None = None
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    project: str = ""
    recurrence: str = ""
    from_done: bool = False
    estimate_minutes: int | None = None


def understand(line: str, calendar: Calendar, projects: Sequence[str] = (), leave: Collection[str] = ()) -> QuickTask:
    """Read a line. ``projects`` are the names that a plus may mean; what is in ``leave`` is not understood but left in the title."""
    reading = _Reading(line, frozenset(leave))
    _marks(reading, projects)
    rule = _repeat(reading, calendar)
    day = next(reading.first("day", find_day(reading.hidden, calendar)), None)
    at = next(reading.first("time", ((match.span(), found) for match in TIME.finditer(reading.hidden) if (found := read_time(match)) is not None)), None)
    passed = at is not None and datetime.combine(calendar.today, at) <= calendar.now.replace(tzinfo=None)
    begin = calendar.today + timedelta(days=int(passed))
    if day is None and (at is not None or rule):
        day = _first_day(rule, begin) if rule else begin
    return QuickTask(
        title=reading.rest, pieces=tuple(sorted(reading.pieces, key=lambda piece: piece.begin)), due_date=day, due_time=at,
        recurrence=checked_rule(rule, day) if rule and day else "", **reading.found,
    )  # fmt: skip


@dataclass
class _Reading:
    line: str
    leave: frozenset[str]
    pieces: list[Piece] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hidden = _QUOTED.sub(lambda match: "\x00" * len(match[0]) if not match.start() or self.line[match.start() - 1] != "@" else match[0], self.line)

    @property
    def rest(self) -> str:
        """The line without what was understood."""
        kept, at = [], 0
        for piece in sorted(self.pieces, key=lambda piece: piece.begin):
            kept.append(self.line[at : piece.begin])
            at = piece.end
        return re.sub(r"\s+([,.;:!?])(?=\s|$)", r"\1", " ".join(" ".join([*kept, self.line[at:]]).split())).strip(" ,;")

    def take(self, kind: Kind, span: Span) -> bool:
        """Understand a part of the line, unless it is to be left."""
        text = self.line[slice(*span)].strip()
        if text.casefold() in {each.casefold() for each in self.leave}:
            return False
        self.pieces.append(Piece(kind, *span, text))
        self.hidden = self.hidden[: span[0]] + "\x00" * (span[1] - span[0]) + self.hidden[span[1] :]
        return True

    def first(self, kind: Kind, found: Iterator[tuple[Span, Any]]) -> Iterator[Any]:
        """The one that stands first, if it may be taken."""
        for span, value in sorted(found, key=lambda each: (each[0][0], -each[0][1])):
            if self.take(kind, span):
                yield value
                return


def _marks(reading: _Reading, projects: Sequence[str]) -> None:
    for kind, pattern, read in _SIGNS:
        found = ((match.span(), value) for match in pattern.finditer(reading.hidden) if (value := read(match)) is not None)
        if kind in ("tag", "person"):
            values = tuple(dict.fromkeys(value for span, value in found if reading.take(kind, span)))
            reading.found |= {"tags" if kind == "tag" else "people": values} if values else {}
        else:
            reading.found |= {"priority" if kind == "priority" else "estimate_minutes": value for value in reading.first(kind, found)}
    for match in re.finditer(r"(?<!\S)\+(?=\S)", reading.hidden):
        typed = reading.hidden[match.end() :]
        known = sorted((name for name in projects if fold(typed).startswith(fold(name)) and not typed[len(name) : len(name) + 1].isalnum()), key=len)
        word = (re.match(r"[\w-]+", typed) or match)[0]
        begun = [name for name in projects if fold(name).startswith(fold(word))] if word != match[0] else []
        name, size = (known[-1], len(known[-1])) if known else (begun[0], len(word)) if len(begun) == 1 else ("", 0)
        if name and reading.take("project", (match.start(), match.end() + size)):
            reading.found["project"] = name
            return


def _repeat(reading: _Reading, calendar: Calendar) -> str:
    for match in _EVERY.finditer(reading.hidden):
        end, rule = _rule(match, calendar.locale)
        if rule and reading.take("repeat", (match.start(), end)):
            reading.found["from_done"] = bool(match["done"])
            return rule
    return ""


def _rule(match: re.Match[str], locale: str) -> tuple[int, str]:
    nth = match["nth"] or ""
    count = _NUMBERS.get(nth.lower(), int(nth) if nth.isdigit() else 1)
    interval = f";INTERVAL={count}" if count > 1 else ""
    if match["unit"]:
        unit, on = _UNITS[match["unit"].lower()], match["on"]
        limit = {"DAILY": 366, "WEEKLY": 104, "MONTHLY": 24, "YEARLY": 2}[unit]
        fits = 1 <= count <= limit and (on is None or (unit == "MONTHLY" and 1 <= int(on) <= 31))
        return match.end(), f"FREQ={unit}{interval}" + (f";BYMONTHDAY={int(on)}" if on else "") if fits else ""
    if match["work"]:
        return match.end(), f"FREQ=WEEKLY{interval};BYDAY=MO,TU,WE,TH,FR"
    if match["date"]:
        return match.end(), f"FREQ=MONTHLY;BYMONTHDAY={int(match['date'])}" if 1 <= int(match["date"]) <= 31 and not nth else ""
    days: list[str] = []
    end = match.start("names")
    for part in re.finditer(r"[^\W\d_]{2,}", match["names"]):
        if part[0].lower() == "and":
            continue
        number = weekday_of(part[0], locale)
        if number is None:
            break
        days.append(_DAYS[number])
        end = match.start("names") + part.end()
    return end, f"FREQ=WEEKLY{interval};BYDAY={','.join(dict.fromkeys(days))}" if days and 1 <= count <= 104 else ""


def _first_day(rule: str, begin: date) -> date:
    """The first day of a series that names none: ``begin``, which is tomorrow when its time has passed today, or the next day that fits."""
    parts = dict(part.split("=") for part in rule.split(";"))
    if "BYDAY" in parts:
        numbers = [_DAYS.index(day) for day in parts["BYDAY"].split(",")]
        return begin if begin.weekday() in numbers else min(next_weekday(begin, number) for number in numbers)
    if "BYMONTHDAY" in parts:
        wanted = int(parts["BYMONTHDAY"])
        return next(day for ahead in range(62) if (day := begin + timedelta(days=ahead)).day == wanted)
    return begin


def _minutes(match: re.Match[str]) -> int | None:
    if match["m"]:
        return int(match["m"]) or None
    return round(float(match["h"].replace(",", ".")) * 60) + int(match["hm"] or 0) or None


def _urgent(match: re.Match[str]) -> Priority:
    return Priority(match["name"].lower()) if match["name"] else (Priority.HIGH if len(match["marks"]) == 1 else Priority.URGENT)


_SIGNS: tuple[tuple[Kind, re.Pattern[str], Callable[[re.Match[str]], Any]], ...] = (
    ("tag", _TAG, lambda match: match["name"]), ("person", _PERSON, lambda match: match["quoted"] or match["name"]),
    ("priority", _PRIORITY, _urgent), ("estimate", _ESTIMATE, _minutes),
)  # fmt: skip
