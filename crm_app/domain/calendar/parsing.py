"""One VEVENT: its properties read by icalendar, its times put into their zones, its people and its texts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from hashlib import sha256
from typing import Any

from icalendar import Event
from icalendar.prop import vBroken, vDDDLists, vDDDTypes, vPeriod

from crm_app.domain.calendar.cutting import Part, decoded, property_name
from crm_app.domain.calendar.texts import one_line
from crm_app.domain.calendar.zones import Zones
from crm_app.domain.i18n import _

Moment = date | datetime
_DOUBLED = re.compile(r"^([A-Za-z0-9-]+);{2,}")

_ONCE = frozenset(("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "SEQUENCE"))
"""What may stand there once; where it stands twice, the first counts."""


class Unreadable(ValueError):
    """This event cannot be taken. Its text is a sentence for people."""


class NotTaken(ValueError):
    """This is nothing that is kept here. Its text is a sentence for people."""


@dataclass(slots=True)
class Vevent:
    """A VEVENT with every time in a zone. ``component`` is what recurring-ical-events reads; ``said`` are sentences about what is missing.

    ``length`` is its DURATION, if it gives one instead of an end.
    """

    component: Any
    uid: str
    start: Moment
    end: Moment
    recurrence_id: Moment | None
    length: timedelta | None
    sequence: int
    said: list[str] = field(default_factory=list)

    @property
    def recurs(self) -> bool:
        """Whether more than its own date is named."""
        return "RRULE" in self.component or "RDATE" in self.component


def parse(part: Part, zones: Zones) -> Vevent:
    """Read one VEVENT. Raises ``NotTaken`` or ``Unreadable``."""
    component: Any = Event.from_ical("BEGIN:VEVENT\r\n" + "\r\n".join(filter(None, map(_as_meant, part.lines))) + "\r\nEND:VEVENT\r\n")
    said = _mended(component)
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE"):
        if name in component:
            component[name] = _placed(component[name], zones, said)
    if not isinstance(component.get("DTSTART"), vDDDTypes):
        raise NotTaken(_("This event has no start."))
    start = component["DTSTART"].dt
    if isinstance(start, timedelta | time | tuple):
        raise Unreadable(_("The start of this event cannot be read."))
    end, length = _end(component, start, said)
    named = component.get("RECURRENCE-ID")
    if not part.whole:
        said.append(_("The file ends in the middle of this event."))
    return Vevent(component, part_uid(part), start, end, named.dt if named is not None else None, length, _sequence(component), said)


def _as_meant(line: bytes) -> str:
    """A line without slips that hide what is plainly meant: doubled semicolons, spaces within a rule, a rule that is empty."""
    text = _DOUBLED.sub(r"\1;", decoded(line))
    if property_name(line) != b"RRULE":
        return text
    head, _colon, rule = text.partition(":")
    return f"{head}:{''.join(rule.split())}" if rule.strip() else ""


def part_uid(part: Part) -> str:
    """Its UID; something that stays the same as long as its lines do, when it has none."""
    uid = one_line(part.value(b"UID"))
    if uid and len(uid) <= 500:
        return uid
    return "none-" + sha256(uid.encode() or b"\n".join(sorted(line for line in part.lines if not line.upper().startswith(b"DTSTAMP")))).hexdigest()[:40]


def _mended(component: Any) -> list[str]:
    """Take out what could not be read, and say so; without its start, or without knowing which one of a series it is, nothing stands."""
    broken = {name for name, value in component.items() if any(isinstance(one, vBroken) for one in (value if isinstance(value, list) else [value]))}
    broken |= {str(name).upper() for name, _words in component.errors if name}
    if "DTSTART" in broken:
        raise Unreadable(_("The start of this event cannot be read."))
    if "RECURRENCE-ID" in broken:
        raise Unreadable(_("It cannot be told which event of a series this is."))
    said = []
    for name in {*broken, *(_ONCE & set(component))}:
        kept = [one for one in _all(component, name) if not isinstance(one, vBroken)][: 1 if name in _ONCE else None]
        component.pop(name, None)
        if kept:
            component[name] = kept if len(kept) > 1 else kept[0]
    if broken & {"DTEND", "DURATION"}:
        said.append(_("The end of this event cannot be read."))
    if broken & {"RDATE", "EXDATE"}:
        said.append(_("One of the dates of this event cannot be read."))
    if "RRULE" in broken:
        said.append(_("The rule by which this event comes again cannot be read: only its first date was taken."))
    if component.pop("EXRULE", None) is not None:
        said.append(_("This event has a rule for when it does not take place, which cannot be followed."))
    return said


def _all(component: Any, name: str) -> list[Any]:
    value = component.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def _placed(value: Any, zones: Zones, said: list[str]) -> Any:
    """The same property with every time in a zone, its parameters kept."""
    if isinstance(value, list):
        return [_placed(one, zones, said) for one in value]
    name = str(value.params.get("TZID", "")) if hasattr(value, "params") else ""
    if isinstance(value, vDDDLists):
        moments = [_in_zone(one.dt, name, zones) for one in value.dts]
        kept = [moment for moment in moments if moment is not None]
        if len(kept) < len(moments):
            said.append(_("One of the dates of this event cannot be read."))
        placed: Any = vDDDLists(kept)
    else:
        moment = _in_zone(value.dt, name, zones)
        if moment is None:
            raise Unreadable(_("A date of this event cannot be right."))
        placed = vDDDTypes(moment)
    placed.params = value.params
    return placed


def _in_zone(moment: Any, name: str, zones: Zones) -> Any:
    """A time in its zone, or None for one that no calendar has."""
    if isinstance(moment, vPeriod):
        moment = moment.dt
    if isinstance(moment, tuple):
        begins, rest = _in_zone(moment[0], name, zones), moment[1]
        ends = rest if isinstance(rest, timedelta) else _in_zone(rest, name, zones)
        return None if begins is None or ends is None else (begins, ends)
    if isinstance(moment, datetime):
        zone: tzinfo = moment.tzinfo or (zones.find(name) if name else zones.home)
        moment = moment.replace(tzinfo=zone)
        try:
            moment.astimezone(UTC)
        except (OverflowError, ValueError):
            return None
    return moment if isinstance(moment, date) else None


def _end(component: Any, start: Moment, said: list[str]) -> tuple[Moment, timedelta | None]:
    """When it ends, and its DURATION if that tells it. An end before the start is none."""
    given, whole_days = component.get("DTEND"), not isinstance(start, datetime)
    length = component["DURATION"].dt if given is None and "DURATION" in component else None
    zone = start.tzinfo if isinstance(start, datetime) else None
    try:
        end = given.dt if given is not None else after(start, length or timedelta(0))
        if not isinstance(end, date):
            raise TypeError
    except (OverflowError, ValueError, AttributeError, TypeError):
        said.append(_("The end of this event cannot be read."))
        end, length = start, None
    if isinstance(end, datetime) == whole_days:  # one has an hour, the other has not
        end = end.date() if isinstance(end, datetime) else datetime.combine(end, time(), zone)
    if end < start or (whole_days and end == start):
        if end < start:
            said.append(_("This event ends before it begins: its end was left out."))
        end, length = start + timedelta(days=1) if whole_days else start, None
    return _stated(component, end), length


def after(start: Moment, length: timedelta) -> Moment:
    """So much later: its days by the calendar, what is left of it by a clock that never jumps (RFC 5545, 3.3.6)."""
    rest = timedelta(seconds=length.seconds)
    if not isinstance(start, datetime):
        return start + timedelta(days=length.days + bool(rest))
    return ((start + timedelta(days=length.days)).astimezone(UTC) + rest).astimezone(start.tzinfo)


def _stated(component: Any, end: Moment) -> Moment:
    """Write the end into the component, so that everybody who reads it means the same."""
    component.pop("DURATION", None)
    component["DTEND"] = vDDDTypes(end)
    return end


def _sequence(component: Any) -> int:
    value = component.get("SEQUENCE", 0)
    return int(value) if isinstance(value, int) else 0
