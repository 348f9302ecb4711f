"""Events of Google's as iCalendar, so that they are read where all others are: one calendar for an event with all its exceptions.

Whatever a stranger wrote stands in one value of one line: no text of theirs ends a line or a value, and none becomes a property.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import vDate

from crm_app.domain.calendar.zones import known_zone

Event = Mapping[str, Any]
LONGEST: Final = 60_000
MOST_GUESTS: Final = 600
CALENDARS_OWN: Final = "@group.calendar.google.com"
"""Of what begins in another calendar than the account's first one, that calendar is the organiser: nobody has invited anybody to it."""
_ENDS = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_RULE = re.compile(r"(RRULE|RDATE|EXDATE|EXRULE)[;:][\x20-\x7e]{1,20000}")
_ANSWERS: Final = {"accepted": "ACCEPTED", "declined": "DECLINED", "tentative": "TENTATIVE", "needsAction": "NEEDS-ACTION"}


def is_cancelled(event: Event) -> bool:
    """Whether it is told only as something that is no longer there."""
    return event.get("status") == "cancelled"


def root_of(event: Event) -> str:
    """The id of the event, or of the series that it is an exception of."""
    return str(event.get("recurringEventId") or event.get("id") or "")


def etag_of(events: Sequence[Event]) -> str:
    """The same as long as none of these changes."""
    if len(events) == 1 and not events[0].get("recurringEventId"):
        return str(events[0].get("etag", "")).strip('"')[:200]
    marks = sorted(f"{event.get('id')} {event.get('etag')}" for event in events)
    return sha256("\n".join(marks).encode()).hexdigest()[:40]


def compose(events: Sequence[Event], zone: str) -> bytes:
    """A calendar of an event and its exceptions; those that do not take place become days on which it does not."""
    home = known_zone(zone) or ZoneInfo("UTC")
    first = next((event for event in events if not event.get("recurringEventId")), None)
    away = [event for event in events if event.get("recurringEventId") and is_cancelled(event)]
    uid = next((str(event["iCalUID"]) for event in (*([first] if first else []), *events) if event.get("iCalUID")), root_of(events[0]))
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for event in events:
        if not is_cancelled(event):
            lines += _vevent(event, uid, home, away if event is first else ())
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def _vevent(event: Event, uid: str, home: ZoneInfo, away: Sequence[Event]) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(uid, 480)}"
    yield from _when("DTSTART", event.get("start"), home)
    yield from _when("DTEND", event.get("end"), home)
    if event.get("recurringEventId"):
        yield from _when("RECURRENCE-ID", event.get("originalStartTime"), home)
    for rule in _listed(event, "recurrence"):
        if isinstance(rule, str) and _RULE.fullmatch(rule):
            yield rule
    for other in away:
        yield from _when("EXDATE", other.get("originalStartTime"), home)
    for name, key in (("SUMMARY", "summary"), ("DESCRIPTION", "description"), ("LOCATION", "location")):
        if event.get(key):
            yield f"{name}:{_text(event[key])}"
    yield f"STATUS:{'TENTATIVE' if event.get('status') == 'tentative' else 'CONFIRMED'}"
    if event.get("visibility") in ("private", "confidential"):
        yield "CLASS:PRIVATE"
    if isinstance(event.get("sequence"), int):
        yield f"SEQUENCE:{event['sequence']}"
    yield from _ways(event)
    yield from _people(event)
    yield "END:VEVENT"


def _when(name: str, said: Any, home: ZoneInfo) -> Iterator[str]:
    """A day, or a time in its zone; what is neither is left out, and whoever reads it says so."""
    if not isinstance(said, Mapping):
        return
    try:
        if said.get("date"):
            yield f"{name};VALUE=DATE:{vDate(date.fromisoformat(said['date'])).to_ical().decode()}"
            return
        moment = datetime.fromisoformat(str(said.get("dateTime")))
        zone = _zone(str(said.get("timeZone") or "")) or home
        local = moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    except (ValueError, OverflowError, TypeError):
        return
    yield f"{name}:{local.astimezone(UTC):%Y%m%dT%H%M%SZ}" if zone.key == "UTC" else f"{name};TZID={zone.key}:{local:%Y%m%dT%H%M%S}"


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo | None:
    return known_zone(name) if name else None


def _ways(event: Event) -> Iterator[str]:
    """How to join: by video first, then by telephone."""
    data = event.get("conferenceData")
    entries = _listed(data, "entryPoints") if isinstance(data, Mapping) else []
    found = {str(entry.get("uri", "")): entry.get("entryPointType") for entry in entries[:20] if isinstance(entry, Mapping)}
    links = [uri for kind in ("video", "phone") for uri, told in found.items() if told == kind]
    if event.get("hangoutLink") and event["hangoutLink"] not in links:
        links.insert(0, str(event["hangoutLink"]))
    for link in links:
        if re.fullmatch(r"(https?://|tel:)[!-~]{1,1900}", link):
            yield f"CONFERENCE;VALUE=URI:{link}"


def _people(event: Event) -> Iterator[str]:
    organiser = event.get("organizer")
    if isinstance(organiser, Mapping) and (address := _address(organiser)) and not (organiser.get("self") and address.endswith(CALENDARS_OWN)):
        yield f"ORGANIZER{_named(organiser)}:mailto:{address}"
    for guest in _listed(event, "attendees")[:MOST_GUESTS]:
        if isinstance(guest, Mapping) and (address := _address(guest)):
            answer = _ANSWERS.get(str(guest.get("responseStatus")), "NEEDS-ACTION")
            yield f"ATTENDEE{_named(guest)};PARTSTAT={answer}{';CUTYPE=RESOURCE' if guest.get('resource') else ''}:mailto:{address}"


def _listed(event: Event, key: str) -> list[Any]:
    found = event.get(key)
    return found if isinstance(found, list) else []


def _address(who: Mapping[str, Any]) -> str:
    stated = str(who.get("email") or "")
    return stated if re.fullmatch(r"[^\s\x00-\x20\x7f@<>\"]+@[^\s\x00-\x20\x7f@<>\"]+", stated) and len(stated) <= 320 else ""


def _named(who: Mapping[str, Any]) -> str:
    """The name as a parameter: without the quotes that would end it."""
    name = " ".join(_UNSEEN.sub(" ", _ENDS.sub(" ", str(who.get("displayName") or ""))).replace('"', "'").split())[:240]
    return f';CN="{name}"' if name else ""


def _text(value: Any, most: int = LONGEST) -> str:
    """A text as one value (RFC 5545, 3.3.11)."""
    kept = _UNSEEN.sub("", _ENDS.sub("\n", str(value)[:most]))
    for sign, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        kept = kept.replace(sign, written)
    return kept
