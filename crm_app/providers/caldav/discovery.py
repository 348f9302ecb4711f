"""From the address that somebody typed to the calendars of the account (RFC 6764, RFC 4791): a calendar itself, a home, a principal, or only a host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crm_app.domain.calendar.feeds import hex_colour
from crm_app.domain.calendar.texts import one_line
from crm_app.domain.calendar.zones import known_zone, zone_name
from crm_app.domain.connections.source import NotACalendar, RemoteCalendar, SignInNeeded, SourceError
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound_http import joined, origin
from crm_app.providers.asking import judge, problem
from crm_app.providers.caldav.davxml import APPLE, CAL, DAV, Entry, name, path_of, propfind
from crm_app.providers.caldav.speaking import Voice, understood

TOLD = (
    (DAV, "resourcetype"), (DAV, "displayname"), (CAL, "supported-calendar-component-set"), (APPLE, "calendar-color"), (CAL, "calendar-timezone"),
    (DAV, "current-user-privilege-set"),
)  # fmt: skip
"""Nothing of how far a calendar is: a server may have to look at everything in it to tell."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for at an account: the property that names where such collections lie, the element that marks one, and the well-known place."""

    home: tuple[str, str]
    mark: str
    known_at: str

    @property
    def way(self) -> tuple[tuple[str, str], ...]:
        """The properties by which the way is found."""
        return (DAV, "resourcetype"), (DAV, "current-user-principal"), self.home

    def is_one(self, entry: Entry) -> bool:
        """Whether this is such a collection itself."""
        return entry.has(DAV, "resourcetype", self.mark)


CALENDARS = Sought((CAL, "calendar-home-set"), name(CAL, "calendar"), "/.well-known/caldav")
_ZONE = re.compile(r"^TZID:(.{1,80})\s*$", re.MULTILINE)
_WRITING = ("write", "write-content", "all", "bind")


def find_calendars(voice: Voice) -> list[RemoteCalendar]:
    """All calendars with events. Raises ``SourceError``."""
    entry, address = entrance(voice, CALENDARS)
    if CALENDARS.is_one(entry):
        told = first(voice, address, TOLD)
        return [_calendar(voice, told, address)] if told is not None and takes_events(told) else []
    found: dict[str, RemoteCalendar] = {}
    for home in homes(voice, CALENDARS, entry, address):
        for told in voice.multistatus("PROPFIND", home, propfind(*TOLD), depth=1).entries:
            if CALENDARS.is_one(told) and takes_events(told):
                calendar = _calendar(voice, told, voice.place(told.href, home))
                found.setdefault(calendar.ref, calendar)
    return list(found.values())


def entrance(voice: Voice, sought: Sought) -> tuple[Entry, str]:
    """The first of the places to ask that knows the way: the address itself, its host's well-known one, its host's root."""
    refusal: SourceError | None = None
    root = joined(voice.home, "/")
    for url in dict.fromkeys((voice.home, joined(root, sought.known_at), root)):
        answer = voice.ask("PROPFIND", url, propfind(*sought.way))
        if answer.status == 401:
            raise problem(401, answer.headers)
        if answer.status in (429, 503) or answer.status >= 500:
            judge(answer, 207)
        if answer.status != 207:
            refusal = refusal or problem(answer.status, answer.headers)
            continue
        entry = _own(understood(answer).entries, answer.url)
        if entry is not None and (sought.is_one(entry) or entry.hrefs_in(*sought.home) or entry.href_in(DAV, "current-user-principal")):
            return entry, answer.url
    if isinstance(refusal, SignInNeeded):
        raise refusal
    raise NotACalendar(_("There is no calendar account at this address."))


def homes(voice: Voice, sought: Sought, entry: Entry, address: str) -> Iterator[str]:
    """Where what is sought lies in this account."""
    places, base = entry.hrefs_in(*sought.home), address
    if not places:
        base = voice.place(entry.href_in(DAV, "current-user-principal"), address)
        principal = first(voice, base, sought.way)
        places = principal.hrefs_in(*sought.home) if principal is not None else []
    if not places:
        raise NotACalendar(_("This account has no calendars."))
    yield from dict.fromkeys(voice.place(home, base) for home in places)


def first(voice: Voice, url: str, wanted: tuple[tuple[str, str], ...]) -> Entry | None:
    """These properties of one place."""
    return _own(voice.multistatus("PROPFIND", url, propfind(*wanted)).entries, url)


def _own(entries: tuple[Entry, ...], url: str) -> Entry | None:
    """What is said of the address itself; the one thing that is said of anything, when the server calls it otherwise."""
    own = path_of(url).rstrip("/")
    return next((entry for entry in entries if entry.path.rstrip("/") == own), entries[0] if len(entries) == 1 else None)


def takes_events(entry: Entry) -> bool:
    """Whether events may lie in it; a calendar that does not say takes everything."""
    stated = entry.props.get(name(CAL, "supported-calendar-component-set"))
    kinds = [str(one.get("name", "")).upper() for one in stated.iter(name(CAL, "comp"))] if stated is not None else []
    return not kinds or "VEVENT" in kinds


def _calendar(voice: Voice, told: Entry, address: str) -> RemoteCalendar:
    zone = _ZONE.search(told.text(CAL, "calendar-timezone"))
    last = path_of(address).rstrip("/").rpartition("/")[2]
    writable = any(told.has(DAV, "current-user-privilege-set", name(DAV, privilege)) for privilege in _WRITING)
    return RemoteCalendar(
        ref_of(voice, address), one_line(told.text(DAV, "displayname"))[:240] or last or _("Calendar"), hex_colour(told.text(APPLE, "calendar-color")),
        zone_name(known_zone(zone[1].strip())) if zone else "", writable,
    )  # fmt: skip


def ref_of(voice: Voice, address: str) -> str:
    """The path of a calendar on the account's own server, so that a server that moves keeps its calendars; elsewhere the whole address."""
    return path_of(address) if origin(address) == origin(voice.home) else address
