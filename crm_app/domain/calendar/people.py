"""What a VEVENT tells besides its times: its texts, how people meet, who is asked, and whether it takes place."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from crm_app.domain.calendar.kinds import EventStatus, Response, meeting_type, video_link
from crm_app.domain.calendar.parsing import Vevent
from crm_app.domain.calendar.reading_schemas import ReadAttendee
from crm_app.domain.calendar.texts import ADDRESS, NAME, Cutter, one_line
from crm_app.domain.calendar.zones import zone_name
from crm_app.domain.i18n import _
from crm_app.domain.reach import split_email

MOST_ATTENDEES = 500
_RESPONSES = {"ACCEPTED": Response.ACCEPTED, "DECLINED": Response.DECLINED, "TENTATIVE": Response.TENTATIVE, "NEEDS-ACTION": Response.WAITING}
THINGS = ("ROOM", "RESOURCE")
_MAILTO = re.compile(r"^\s*mailto:\s*", re.IGNORECASE)


def told(event: Vevent, home: ZoneInfo) -> dict[str, Any]:
    """The fields of a ``ReadEvent`` that its component gives. What the event says is missing gains a sentence for each text that was too long."""
    component, cutter = event.component, Cutter()
    location, url = _text(component, "LOCATION"), one_line(_text(component, "URL"))
    description = _text(component, "DESCRIPTION")
    conferences = [str(value) for name in ("CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL") for value in _values(component, name)][:20]
    fields = {
        "title": cutter.title(_text(component, "SUMMARY")),
        "description": cutter.description(description),
        "location": cutter.location(location),
        "url": cutter.link(video_link(location, conferences, url, description) or url),
        "meeting_type": meeting_type(location, conferences, url, description),
        "status": _status(component),
        "private": str(component.get("CLASS", "")).strip().upper() in ("PRIVATE", "CONFIDENTIAL"),
        "time_zone": zone_name(event.start.tzinfo if isinstance(event.start, datetime) else home)[:80],
        "organiser": next((address_of(value) for value in _values(component, "ORGANIZER")), ""),
        "attendees": _attendees(component, cutter),
    }
    event.said += cutter.said
    return fields


def _values(component: Any, name: str) -> list[Any]:
    value = component.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(component: Any, name: str) -> str:
    return "\n".join(str(value) for value in _values(component, name))


def _status(component: Any) -> EventStatus:
    said = _text(component, "STATUS").strip().lower()
    return EventStatus(said) if said in list(EventStatus) else EventStatus.CONFIRMED


def _attendees(component: Any, cutter: Cutter) -> tuple[ReadAttendee, ...]:
    """Everybody who is asked, once, by address; rooms and machines are not people."""
    found: dict[str, ReadAttendee] = {}
    for value in _values(component, "ATTENDEE"):
        address = address_of(value)
        if not address or str(value.params.get("CUTYPE", "")).upper() in THINGS:
            continue
        if len(found) >= MOST_ATTENDEES:
            cutter.said.append(_("More people are asked to this event than can be kept: the last ones were left out."))
            break
        name, response = one_line(str(value.params.get("CN", "")))[:NAME], _RESPONSES.get(str(value.params.get("PARTSTAT", "")).upper())
        if address not in found or (found[address].response is None and response is not None):
            found[address] = ReadAttendee(email=address, name="" if name.lower() == address else name, response=response)
    return tuple(found.values())


def address_of(value: Any) -> str:
    """The e-mail address of somebody in its comparable form, or ``""``: Apple writes it beside an address of its own kind."""
    stated = str(value)
    typed = _MAILTO.sub("", stated) if _MAILTO.match(stated) or "@" in stated else str(getattr(value, "params", {}).get("EMAIL", ""))
    typed = one_line(typed)
    try:
        return split_email(typed)[1][:ADDRESS]
    except ValueError:
        return typed.lower()[:ADDRESS] if re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", typed) and len(typed) <= ADDRESS else ""
