"""What two calendars of one event say differently, in Google's words: only that is told, so all else of it stays over there as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from icalendar.parser import Contentline

from crm_app.domain.calendar.components import Component, parse_calendar, unfolded
from crm_app.domain.calendar.zones import known_zone

_TEXTS: Final = {b"SUMMARY": "summary", b"DESCRIPTION": "description", b"LOCATION": "location"}
_TIMES: Final = {b"DTSTART": "start", b"DTEND": "end"}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Told:
    """One event that is to be told of: the event itself, or the one of its series that begins at ``moment``. ``before`` is how a calendar says it now.

    Without ``after`` it does not take place any more.
    """

    moment: str
    before: Component | None
    after: Component | None


def differences(before: bytes, after: bytes) -> list[Told]:
    """The events of a thing that are otherwise ``after`` than ``before``."""
    old, new = _events(before), _events(after)
    changed = [Told(moment, old.get(moment), event) for moment, event in new.items() if moment not in old or _differs(old[moment], event)]
    away = [moment for moment in old if moment and moment not in new]
    head_old, head_new = old.get(""), new.get("")
    if head_old is not None and head_new is not None:
        known = set(head_old.lines(b"EXDATE"))
        away += [moment_of(when(line)) for line in head_new.lines(b"EXDATE") if line not in known]
    return [*(one for one in changed if one.moment not in away), *(Told(moment, old.get(moment), None) for moment in dict.fromkeys(away))]


def told(before: Component | None, after: Component) -> dict[str, Any]:
    """What Google is told of an event, but for its people; what is no longer said is None, as a patch of theirs has it."""
    made: dict[str, Any] = {}
    for prop, name in _TEXTS.items():
        old, new = (_text(one, prop) if one is not None else "" for one in (before, after))
        if old != new:
            made[name] = new or None
    old_times, new_times = ({name: when(line) for prop, name in _TIMES.items() for line in one.lines(prop)} if one is not None else {} for one in (before, after))
    return made | (new_times if old_times != new_times else {})


def guests(before: Component | None, after: Component, known: Sequence[Any]) -> list[Any] | None:
    """Who is asked now, ``known`` as Google had them: who stays, stays as they are over there. None where nobody has come or gone."""
    old, new = (_people(one) if one is not None else {} for one in (before, after))
    gone, fresh = old.keys() - new.keys(), [one for address, one in new.items() if address not in old]
    if not gone and not fresh:
        return None
    return [one for one in known if not isinstance(one, Mapping) or str(one.get("email", "")).lower() not in gone] + fresh


def when(line: bytes) -> dict[str, Any]:
    """A day or a time in its zone, as Google says it; the other of the two is taken back."""
    _name, params, value = Contentline(unfolded(line).decode("utf-8", "replace")).parts()
    if len(value) == 8:
        return {"date": f"{date.fromisoformat(value)}", "dateTime": None, "timeZone": None}
    zone = known_zone(str(params.get("TZID", ""))) if not value.endswith("Z") else None
    moment = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=zone or UTC)
    return {"date": None, "dateTime": moment.isoformat(), "timeZone": zone.key if zone else "UTC"}


def moment_of(said: Any) -> str:
    """The name of a start that Google tells: ``20261027``, or ``20261027T080000Z``; empty where it tells none."""
    if not isinstance(said, Mapping):
        return ""
    if said.get("date"):
        return str(said["date"]).replace("-", "")
    try:
        moment = datetime.fromisoformat(str(said.get("dateTime")))
    except ValueError:
        return ""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}" if moment.tzinfo else ""


def _events(content: bytes) -> dict[str, Component]:
    """The events of a calendar by the moment that they stand for; the event itself by ``""``."""
    found = {}
    for event in parse_calendar(content).inside("VEVENT"):
        named = event.lines(b"RECURRENCE-ID")
        found[moment_of(when(named[0])) if named else ""] = event
    return found


def _differs(before: Component, after: Component) -> bool:
    return bool(told(before, after)) or guests(before, after, ()) is not None


def _text(event: Component, prop: bytes) -> str:
    lines = event.lines(prop)
    value = unfolded(lines[0]).partition(b":")[2].decode("utf-8", "replace") if lines else ""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def _people(event: Component) -> dict[str, dict[str, str]]:
    found = {}
    for line in event.lines(b"ATTENDEE"):
        _name, params, value = Contentline(unfolded(line).decode("utf-8", "replace")).parts()
        address = value.partition(":")[2]
        found[address.lower()] = {"email": address, **({"displayName": str(params["CN"])} if params.get("CN") else {})}
    return found
