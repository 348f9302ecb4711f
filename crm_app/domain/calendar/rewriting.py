"""What runs inside the sandbox when something is to be different in a calendar: the whole of a thing in, the whole of it out, with that one event changed.

Only the lines that the wish is about are written anew, and those that say that it was changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import vCalAddress, vText
from icalendar.parser import Contentline

from crm_app.domain.calendar.components import Broken, Component, parse_calendar, unfolded
from crm_app.domain.calendar.cutting import cut
from crm_app.domain.calendar.forms import Form, day_or_moment, describe_zone, form_in, form_of, quoted, wanted_form, whole_or_timed
from crm_app.domain.calendar.parsing import NotTaken, Unreadable, Vevent, parse
from crm_app.domain.calendar.people import THINGS, address_of
from crm_app.domain.calendar.work import moment_name
from crm_app.domain.calendar.zones import Zones, known_zone
from crm_app.domain.i18n import _, in_locale
from crm_app.domain.isolation import SandboxRefused

_TEXTS = {"title": b"SUMMARY", "location": b"LOCATION", "description": b"DESCRIPTION"}
_FOLLOWS = {"location": (b"X-APPLE-STRUCTURED-LOCATION", b"GEO"), "description": (b"X-ALT-DESC",)}
"""What other programs say once more in their own way: it would contradict what is written now."""
_REPEATS = (b"RRULE", b"RDATE", b"EXDATE", b"EXRULE")
_NEW = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//MindfulCRM//EN\r\nBEGIN:VEVENT\r\nUID:%s\r\nCREATED:%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@dataclass(slots=True)
class _Found:
    """An event where it stands, and what it says."""

    place: Component
    event: Vevent


def rewrite(data: bytes, options: dict[str, Any]) -> bytes:
    """The thing with what ``options`` say of it; nothing when nothing of it is left.

    ``what``, ``uid``, ``recurrence_id`` and ``wish`` are as ``EventChange`` keeps them; ``stands`` are the times of one of a series, ``zone`` is
    where the calendar is at home, ``organiser`` who asks people, ``moment`` now.
    """
    with in_locale(options.get("locale", "en")):
        try:
            return _rewritten(data, options)
        except (Broken, Unreadable, NotTaken, UnicodeError):
            raise SandboxRefused(_("This entry is not written as calendars are, so it is left as it is.")) from None


def _rewritten(data: bytes, options: Mapping[str, Any]) -> bytes:
    stamp = f"{datetime.fromisoformat(options['moment']).astimezone(UTC):%Y%m%dT%H%M%S}Z".encode()
    new = options["what"] == "create"
    calendar = parse_calendar(_NEW % (options["uid"].encode(), stamp) if new else data)
    pieces = cut(data)
    home = known_zone(pieces.home) or known_zone(options["zone"]) or ZoneInfo("UTC")
    if new:
        _apply(calendar, calendar.inside("VEVENT")[0], options, form_in(home))
        _stamp(calendar.inside("VEVENT")[0], stamp, -1)
        return calendar.to_bytes()
    found = [one for one in _events(calendar, Zones(pieces.zones, home)) if one.event.uid == options["uid"]]
    if not found:
        raise SandboxRefused(_("This entry cannot be changed from here: it has no name of its own."))
    touched = (_delete if options["what"] == "delete" else _change)(calendar, found, options, home)
    if touched is not None:
        _stamp(touched.place, stamp, touched.event.sequence)
    return calendar.to_bytes() if calendar.inside("VEVENT") else b""


def _events(calendar: Component, zones: Zones) -> list[_Found]:
    return [_Found(place, parse(cut(place.to_bytes()).parts[0], zones)) for place in calendar.inside("VEVENT")]


def _change(calendar: Component, found: list[_Found], options: Mapping[str, Any], home: ZoneInfo) -> _Found:
    which = options["recurrence_id"]
    one = _named(found, which) or (_exception(calendar, found, options, home) if which else None)
    if one is None or (one.event.recurs and not which):
        raise SandboxRefused(_("This one of a series cannot be changed from here."))
    _apply(calendar, one.place, options, _form(one, home))
    return one


def _delete(calendar: Component, found: list[_Found], options: Mapping[str, Any], home: ZoneInfo) -> _Found | None:
    which = options["recurrence_id"]
    head, one = _named(found, ""), _named(found, which)
    for gone in [one] if which else found:
        if gone is not None:
            calendar.parts.remove(gone.place)
    if not which:
        return None
    if head is None:
        if one is None:
            raise SandboxRefused(_("This one of a series cannot be changed from here."))
        return None
    head.place.put(b"EXDATE", *head.place.lines(b"EXDATE"), _form(head, home).line("EXDATE", day_or_moment(which)))
    return head


def _named(found: list[_Found], which: str) -> _Found | None:
    """The event itself, or the one that stands for this one of its series."""
    for one in found:
        named = one.event.recurrence_id
        if (moment_name(named) if named is not None else "") == which:
            return one
    return None


def _exception(calendar: Component, found: list[_Found], options: Mapping[str, Any], home: ZoneInfo) -> _Found | None:
    """One of a series for itself, as the series says it."""
    head = _named(found, "")
    if head is None or any(b"RANGE" in unfolded(line).partition(b":")[0].upper() for one in found for line in one.place.lines(b"RECURRENCE-ID")):
        return None
    alone = head.place.copy()
    alone.drop(*_REPEATS, b"DURATION")
    form = _form(head, home)
    stands = whole_or_timed(options["stands"])
    if stands is None:
        return None
    for name, moment in zip(("RECURRENCE-ID", "DTSTART", "DTEND"), (day_or_moment(options["recurrence_id"]), *stands), strict=True):
        alone.put(name.encode(), form.line(name, moment))
    calendar.parts.insert(calendar.parts.index(found[-1].place) + 1, alone)
    return _Found(alone, head.event)


def _form(one: _Found, home: ZoneInfo) -> Form:
    return form_of(next(iter(one.place.lines(b"DTSTART")), b"DTSTART:"), one.event.start, home)


def _apply(calendar: Component, place: Component, options: Mapping[str, Any], form: Form) -> None:
    """Write what is to be different."""
    wish = options["wish"]
    for name, prop in _TEXTS.items():
        if name in wish:
            place.drop(*_FOLLOWS.get(name, ()))
            place.put(prop, *([_text(prop, wish[name])] if wish[name] else ()))
    times = whole_or_timed(wish)
    if times is not None:
        form = wanted_form(form, wish.get("time_zone", ""))
        place.drop(b"DURATION", b"X-MICROSOFT-CDO-ALLDAYEVENT")
        place.put(b"DTSTART", form.line("DTSTART", times[0]))
        place.put(b"DTEND", form.line("DTEND", times[1]))
        if isinstance(times[0], datetime):
            describe_zone(calendar, form, times[0])
    if "people" in wish:
        _ask(place, wish["people"], options["organiser"], options["own"])


def _text(prop: bytes, value: str) -> bytes:
    return bytes(Contentline(f"{prop.decode()}:{vText(value).to_ical().decode()}").to_ical())


def _ask(place: Component, people: list[dict[str, str]], organiser: Mapping[str, str], own: list[str]) -> None:
    """Who is asked: those who stay keep what they have answered, rooms and one's own line stay as well."""
    wanted = {one["email"]: one for one in people}
    kept = {line: _address(line) for line in place.lines(b"ATTENDEE")}
    lines = [line for line, address in kept.items() if address in wanted or address in own or not address]
    fresh = [one for address, one in wanted.items() if address not in kept.values()]
    asked = [_person("ATTENDEE", one, ";ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE") for one in fresh]
    place.put(b"ATTENDEE", *lines, *asked)
    if wanted and not place.lines(b"ORGANIZER"):
        place.put(b"ORGANIZER", _person("ORGANIZER", organiser))


def _address(line: bytes) -> str:
    """Whom a line asks, by their comparable address; nothing for a room, a machine, and what cannot be told."""
    try:
        _name, params, value = Contentline(unfolded(line).decode("utf-8", "replace")).parts()
    except ValueError:
        return ""
    if str(params.get("CUTYPE", "")).upper() in THINGS:
        return ""
    return address_of(vCalAddress(value, params=params))


def _person(prop: str, one: Mapping[str, str], more: str = "") -> bytes:
    name = f";CN={quoted(one['name'])}" if quoted(one["name"]) else ""
    return bytes(Contentline(f"{prop}{name}{more}:mailto:{one['email']}").to_ical())


def _stamp(place: Component, stamp: bytes, sequence: int) -> None:
    """Say that it was changed, and when."""
    place.put(b"DTSTAMP", b"DTSTAMP:" + stamp)
    place.put(b"LAST-MODIFIED", b"LAST-MODIFIED:" + stamp)
    place.put(b"SEQUENCE", b"SEQUENCE:%d" % (sequence + 1))
