"""When a series of events takes place within a window: recurring-ical-events says it; here stands what it may be asked.

It is only asked about rules that ``rules.judge`` lets through, and answers with our own occurrences, which know their original start.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import recurring_ical_events
from icalendar import Calendar
from recurring_ical_events import CalendarQuery, ComponentsWithName, EventAdapter, Occurrence

from crm_app.domain.calendar.parsing import Moment, Unreadable, Vevent, after
from crm_app.domain.calendar.rules import Judged, first, judge
from crm_app.domain.i18n import _

MOST_OCCURRENCES = 730
_STRANGE = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class Window:
    """The days, in UTC, between which occurrences are looked for; ``today`` is where the nearest are wanted when there are too many."""

    first: date
    last: date
    today: date

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.last, time(), UTC)


@dataclass(frozen=True, slots=True)
class Found:
    """One occurrence: which component tells of it, its times, and its original start when it belongs to a series."""

    event: Vevent
    start: Moment
    end: Moment
    original: Moment | None


def moment_of(value: Moment, home: tzinfo) -> datetime:
    """The instant of a time, or of the midnight at which a day begins at home."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.combine(value, time(), home).astimezone(UTC)


def occurrences(series: Sequence[Vevent], window: Window, home: tzinfo) -> tuple[list[Found], list[str]]:
    """Everything of one UID that touches the window, earliest first, and sentences about what is missing. Raises ``Unreadable``."""
    for event in series:
        _check_rules(event)
    said: list[str] = []
    try:
        found = _asked(series, window)
    except _STRANGE:
        found = [Found(event, event.start, event.end, event.recurrence_id or event.start) for event in series]
        said.append(_("The rule by which this event comes again cannot be read: only its first date was taken."))
    distinct = {_key(one, home): one for one in found}
    kept = sorted(distinct.values(), key=lambda one: moment_of(one.start, home))
    if len(kept) > MOST_OCCURRENCES:
        today = datetime.combine(window.today, time(), UTC)
        nearest = sorted(kept, key=lambda one: abs(moment_of(one.start, home) - today))[:MOST_OCCURRENCES]
        kept = sorted(nearest, key=lambda one: moment_of(one.start, home))
        said.append(_("This event comes again very often: only the %d times nearest to today were taken.") % MOST_OCCURRENCES)
    return kept, said


def _key(one: Found, home: tzinfo) -> datetime:
    return moment_of(one.original if one.original is not None else one.start, home)


def _check_rules(event: Vevent) -> None:
    """Raises ``Unreadable`` for a rule that comes more often than hourly; takes out what makes no rule at all."""
    judged = {judge(rule) for rule in _rules(event)}
    if Judged.TOO_OFTEN in judged:
        raise Unreadable(_("This event comes again more often than every hour, which no calendar needs."))
    if Judged.BROKEN in judged:
        event.component.pop("RRULE", None)
        event.said.append(_("The rule by which this event comes again cannot be read: only its first date was taken."))


def _rules(event: Vevent) -> list[Any]:
    rules = event.component.get("RRULE")
    return rules if isinstance(rules, list) else [] if rules is None else [rules]


class _Adapter(EventAdapter):
    """Knows which of our events it stands for."""

    def __init__(self, component: Any) -> None:
        super().__init__(component)
        self.component = component


class _Occurrence(Occurrence):
    """Stays what it is instead of becoming a copy of its component, and knows its original start, which such a copy loses."""

    def __init__(self, adapter: Any, start: Any = None, end: Any = None, sequence: int = -1) -> None:
        super().__init__(adapter, start, end, sequence)
        self.adapter, self.given = adapter, start is not None

    def as_component(self, keep_recurrence_attributes: bool) -> Any:
        return self


def _asked(series: Sequence[Vevent], window: Window) -> list[Found]:
    calendar = Calendar()
    by_component = {id(event.component): event for event in series}
    calendar.subcomponents.extend(event.component for event in series)
    query: CalendarQuery = recurring_ical_events.of(calendar, components=[ComponentsWithName("VEVENT", adapter=_Adapter, occurrence=_Occurrence)])
    return list(_told(query.between(window.begins, window.ends), by_component))


def _told(found: Iterable[Any], by_component: dict[int, Vevent]) -> Iterable[Found]:
    for one in found:
        event = by_component[id(one.adapter.component)]
        if not one.given:
            yield Found(event, event.start, event.end, event.recurrence_id or event.start)
            continue
        start = _as(event.start, one.start)
        original = start - one.adapter.move_recurrences_by
        stated = one.end - one.start
        end = _as(event.start, one.end) if stated != one.adapter.duration else _ends(event, start)
        yield Found(event, start, end, original)


def _as(model: Moment, value: Moment) -> Moment:
    return value.date() if not isinstance(model, datetime) and isinstance(value, datetime) else value


def _ends(event: Vevent, start: Moment) -> Moment:
    """The end of another occurrence: as long after its start as DTEND said to the second, or as DURATION says by the calendar (RFC 5545, 3.8.5.3)."""
    begun, last = event.start, event.end
    if not (isinstance(start, datetime) and isinstance(begun, datetime) and isinstance(last, datetime)):
        return start + timedelta(days=last.toordinal() - begun.toordinal())
    if event.length is not None:
        return after(start, event.length)
    length = last.astimezone(UTC) - begun.astimezone(UTC)
    return (start.astimezone(UTC) + length).astimezone(start.tzinfo)


def goes_on(series: Sequence[Vevent], window: Window) -> bool:
    """Whether there may be more after the window: not when all its rules say that they end before, and no date is named beside them."""
    rules = [rule for event in series for rule in _rules(event)]
    ends = [first(rule.get("UNTIL"), None) for rule in rules]
    if any("RDATE" in event.component or event.recurrence_id is not None for event in series):
        return True
    return not all(isinstance(end, date) and (end.date() if isinstance(end, datetime) else end) < window.last for end in ends)


def in_reach(event: Vevent, window: Window, home: tzinfo) -> bool:
    """Whether an event that does not come again is of interest: it has not ended before the window. What lies ahead of it is, too."""
    return moment_of(event.end, home) >= window.begins
