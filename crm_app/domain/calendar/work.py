"""What runs inside the sandbox for calendars: iCalendar bytes in, ``ReadItem``s or the pieces of a feed out, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from icalendar.prop import vDDDTypes

from crm_app.domain.calendar.cutting import Cut, TooMuch, cut
from crm_app.domain.calendar.feeds import split_items
from crm_app.domain.calendar.parsing import Moment, NotTaken, Unreadable, Vevent, parse
from crm_app.domain.calendar.people import told
from crm_app.domain.calendar.reading_schemas import ReadEvent, ReadItem
from crm_app.domain.calendar.recurring import Found, Window, goes_on, in_reach, moment_of, occurrences
from crm_app.domain.calendar.zones import Zones, known_zone
from crm_app.domain.i18n import _, in_locale
from crm_app.domain.isolation import SandboxRefused

MOST_IN_ITEM, MOST_LINES_IN_ITEM = 1000, 10_000
FARTHEST = timedelta(days=36_525)


def read(data: bytes, options: dict[str, Any]) -> bytes:
    """``data``: items one after another; ``options``: their ``lengths``, the window (``first``, ``last``, ``today``), the ``zone`` and ``locale``.

    The answer has one object for each: ``{"read": …}``, ``{"skipped": sentence}`` or ``{"failed": sentence}``.
    """
    window = Window(*(date.fromisoformat(options[name]) for name in ("first", "last", "today")))
    answers, at = [], 0
    with in_locale(options.get("locale", "en")):
        for length in options["lengths"]:
            answers.append(_answer(data[at : at + length], window, options["zone"]))
            at += length
    return json.dumps(answers).encode()


def split(data: bytes, options: dict[str, Any]) -> bytes:
    """A whole feed: a line of JSON about it and its items, then their contents one after another."""
    with in_locale(options.get("locale", "en")):
        try:
            head, contents = split_items(cut(data))
        except TooMuch:
            raise SandboxRefused(_("This calendar is larger than any that can be read.")) from None
    return json.dumps(head).encode() + b"\n" + b"".join(contents)


def _answer(content: bytes, window: Window, zone: str) -> dict[str, Any]:
    try:
        return {"read": read_one(content, window, zone).model_dump(mode="json", exclude_defaults=True)}
    except NotTaken as nothing:
        return {"skipped": str(nothing)}
    except Unreadable as broken:
        return {"failed": str(broken)}
    except TooMuch:
        return {"failed": _("This entry is larger than any that can be read.")}


def read_one(content: bytes, window: Window, zone: str) -> ReadItem:
    """The occurrences of one item within the window. Raises ``NotTaken``, ``Unreadable`` or ``TooMuch``."""
    pieces = cut(content)
    if not pieces.found:
        raise Unreadable(_("This is no calendar entry."))
    parts = [part for part in pieces.parts if part.name == "VEVENT"]
    if not parts:
        raise NotTaken(_no_event(pieces))
    if len(parts) > MOST_IN_ITEM or sum(len(part.lines) for part in parts) > MOST_LINES_IN_ITEM:
        raise TooMuch
    home = known_zone(pieces.home) or known_zone(zone) or ZoneInfo("UTC")
    zones = Zones(pieces.zones, home)
    events, said, nothing = [], [], []
    for part in parts:
        try:
            events.append(parse(part, zones))
        except Unreadable as broken:
            said.append(str(broken))
        except NotTaken as reason:
            nothing.append(str(reason))
    said += [_("The time zone “%s” is not known here: its times were taken as times of %s.") % (name[:80], home.key) for name in sorted(zones.strange)]
    if not events:
        raise Unreadable(said[0]) if said else NotTaken(nothing[0])
    return _gathered(events, said + nothing, window, home)


def _no_event(pieces: Cut) -> str:
    names = {"VTODO": _("This is a task, not an event."), "VJOURNAL": _("This is a journal entry, not an event.")}
    kind = pieces.parts[0].name if pieces.parts else ""
    return names.get(kind) or _("There is no event in it.")


def _gathered(events: Sequence[Vevent], said: list[str], window: Window, home: ZoneInfo) -> ReadItem:
    """All series of an item, each for itself: what is wrong with one costs that one alone."""
    read: list[ReadEvent] = []
    recurs = taken = False
    for series in by_series(events):
        again = any(event.recurs or event.recurrence_id is not None for event in series)
        recurs = recurs or (again and goes_on(series, window))
        try:
            found, missing = occurrences(series, window, home) if again else (_single(series[0], window, home), [])
        except Unreadable as broken:
            said.append(str(broken))
            continue
        taken = True
        said += missing
        fields = {id(event): told(event, home) for event in series}
        read += [_as_read(one, home, again, fields[id(one.event)]) for one in found if _likely(one, window, home, said)]
        for event in series:
            said += event.said
    if not taken:
        raise Unreadable(said[0])
    return ReadItem(events=tuple(read), recurs=recurs, first=window.first, last=window.last, problems=tuple(dict.fromkeys(said))[:20])


def by_series(events: Iterable[Vevent]) -> list[list[Vevent]]:
    """Events by UID. Some programs give the same UID to different events; each of those stands for itself."""
    grouped: dict[str, list[Vevent]] = {}
    for event in events:
        grouped.setdefault(event.uid, []).append(event)
    return [series for group in grouped.values() for series in _apart(group)]


def _apart(group: Sequence[Vevent]) -> list[list[Vevent]]:
    exceptions = [event for event in group if event.recurrence_id is not None]
    firsts = [event for event in group if event.recurrence_id is None]
    newest = max((event.sequence for event in firsts), default=0)
    firsts = [event for event in firsts if event.sequence == newest]
    latest = {event.start: stamp for event, stamp in sorted(((event, _stamp(event)) for event in firsts), key=lambda pair: pair[1])}
    distinct = {(event.start, _title(event)): event for event in firsts if _stamp(event) == latest[event.start]}
    heads = sorted(distinct.values(), key=lambda event: not event.recurs)  # exceptions belong to the one that recurs
    names = {event.uid for event in heads[:1]}
    for other in heads[1:]:
        name = f"{other.uid}#{moment_name(other.start)}"
        other.uid = name if name not in names else f"{name}#{sha256(_title(other).encode()).hexdigest()[:12]}"
        names.add(other.uid)
    return [[*heads[:1], *exceptions], *([other] for other in heads[1:])]


def _title(event: Vevent) -> str:
    return str(event.component.get("SUMMARY", ""))


def _stamp(event: Vevent) -> str:
    """When this version of it was written, as iCalendar writes moments."""
    stated = event.component.get("DTSTAMP")
    return stated.to_ical().decode() if isinstance(stated, vDDDTypes) else ""


def _single(event: Vevent, window: Window, home: ZoneInfo) -> list[Found]:
    return [Found(event, event.start, event.end, None)] if in_reach(event, window, home) else []


def _likely(one: Found, window: Window, home: ZoneInfo, said: list[str]) -> bool:
    """Whether a calendar may say this: a date more than a century away is a mistake."""
    if window.begins - FARTHEST < moment_of(one.start, home) and moment_of(one.end, home) < window.ends + FARTHEST:
        return True
    said.append(_("A date of this event cannot be right."))
    return False


def _as_read(one: Found, home: ZoneInfo, again: bool, fields: dict[str, Any]) -> ReadEvent:
    days: dict[str, Any] = {} if isinstance(one.start, datetime) else {"all_day": True, "start_date": one.start, "end_date": one.end}
    return ReadEvent(
        uid=one.event.uid, recurrence_id=moment_name(one.original or one.start) if again else "", recurring=again, starts_at=moment_of(one.start, home),
        ends_at=moment_of(one.end, home), **days, **fields,
    )  # fmt: skip


def moment_name(moment: Moment) -> str:
    """A start as iCalendar writes it: a day, or a time in UTC."""
    return str(vDDDTypes(moment.astimezone(UTC) if isinstance(moment, datetime) else moment).to_ical().decode())
