"""The calendars of one account at Google: what has changed is asked for by sync token; a series is taken in whole, with all its exceptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from crm_app.domain.calendar.feeds import hex_colour
from crm_app.domain.connections.source import CalendarSource, Changed, NotACalendar, RemoteCalendar, RemoteChanges, RemoteItem
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_http import Caller
from crm_app.providers.google.composing import Event, compose, etag_of, is_cancelled, root_of
from crm_app.providers.google.endpoints import GOOGLE, Endpoints
from crm_app.providers.google.speaking import Access, Asks, Gone, NotAllowed, Pace, Voice, fewer, no_sense, pace_of
from crm_app.providers.google.writing import Pen, Standing

SECONDS = 60.0
MOST: Final = 60_000_000
PAGE: Final = 250
TYPES: Final = ("default", "focusTime", "fromGmail", "outOfOffice")
"""Birthdays and places of work are no events; Google is not asked for them."""
_OF_IDS: Final = frozenset("0123456789abcdefghijklmnopqrstuv")
READING: Final = ("reader", "writer", "owner")
WRITING: Final = ("writer", "owner")
EVENT: Final = (
    "id,etag,status,summary,description,location,start,end,recurrence,recurringEventId,originalStartTime,iCalUID,sequence,visibility,hangoutLink,"
    "conferenceData/entryPoints(entryPointType,uri),organizer(email,displayName,self),attendees(email,displayName,responseStatus,resource)"
)
_EVENTS: Final = f"nextPageToken,nextSyncToken,timeZone,items({EVENT})"
_CALENDARS: Final = "nextPageToken,nextSyncToken,items(id,summary,summaryOverride,backgroundColor,timeZone,accessRole,deleted)"


class GoogleSource:
    """See ``CalendarSource`` and ``CalendarWriter``. A ref is the id of an event, or of a series."""

    def __init__(self, access: Access, caller: Asks, endpoints: Endpoints = GOOGLE, pace: Pace | None = None) -> None:
        self._voice = Voice(endpoints.calendars, access, caller, pace)

    def list_calendars(self) -> Sequence[RemoteCalendar]:
        """The calendars whose events the account may read; of others one sees only that somebody is busy."""
        try:
            found = [one for page in self._pages("users/me/calendarList", fields=_CALENDARS) for one in _listed(page)]
        except NotAllowed:
            raise fewer() from None
        return [_calendar(one) for one in found if one.get("accessRole") in READING and one.get("id") and not one.get("deleted")]

    def list_changes(self, calendar: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """What has changed since ``token``; everything without one, and when Google no longer knows it."""
        if token:
            try:
                pages = list(self._events(calendar, syncToken=token))
            except Gone:
                pass
            else:
                yield from self._since(calendar, pages, token, known)
                return
        yield from self._whole(calendar, known)

    def name_new(self, calendar: str, uid: str) -> str:
        """An id of ours: Google takes small letters up to v, and digits."""
        return "".join(sign for sign in uid.partition("@")[0].lower() if sign in _OF_IDS)

    def fetch(self, calendar: str, ref: str) -> RemoteItem | None:
        """An event, or a series with all its exceptions, as it stands there now."""
        standing = self._standing(calendar, ref)
        return RemoteItem(ref, etag_of(standing.events), standing.content()) if standing is not None else None

    def write(self, calendar: str, ref: str, etag: str, content: bytes) -> None:
        """Tell of what is different, if it is put over what we still know."""
        pen = Pen(self._voice, calendar)
        if etag:
            pen.change(self._known(calendar, ref, etag), content)
        else:
            pen.insert(ref, content)

    def erase(self, calendar: str, ref: str, etag: str) -> None:
        """Take it out, if it is still what we know."""
        try:
            standing = self._known(calendar, ref, etag)
        except _NotThere:
            return
        Pen(self._voice, calendar).delete(standing.events[0])

    def close(self) -> None:
        """Hang up."""
        self._voice.close()

    def _known(self, calendar: str, ref: str, etag: str) -> Standing:
        standing = self._standing(calendar, ref)
        if standing is None:
            raise _NotThere
        if etag_of(standing.events) != etag:
            raise Changed
        return standing

    def _standing(self, calendar: str, ref: str) -> Standing | None:
        """What a look at everything would tell of it; the event itself comes first."""
        try:
            first = self._voice.get(f"calendars/{quote(calendar, safe='')}/events/{quote(ref, safe='')}", fields=EVENT)
        except Gone:
            return None
        if first is None or is_cancelled(first):
            return None
        if not first.get("iCalUID"):
            raise no_sense()
        pages = list(self._events(calendar, iCalUID=str(first["iCalUID"])))
        found = {ref: first, **{str(event.get("id")): event for page in pages for event in _listed(page) if root_of(event) == ref}}
        return Standing(ref, list(found.values()), str(pages[-1].get("timeZone") or ""))

    def _whole(self, calendar: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """Everything: single events as they come, series once all of their exceptions have been told, which may be on any page."""
        present: set[str] = set()
        series: dict[str, list[Event]] = {}
        token, zone = "", ""
        for page in self._events(calendar):
            token, zone = str(page.get("nextSyncToken") or ""), str(page.get("timeZone") or zone)
            single = []
            for event in _listed(page):
                if event.get("recurrence") or event.get("recurringEventId"):
                    series.setdefault(root_of(event), []).append(event)
                elif not is_cancelled(event):
                    single.append((root_of(event), [event]))
            present.update(ref for ref, _events in single)
            yield RemoteChanges(items=_items(single, zone, known))
        standing = [(ref, events) for ref, events in series.items() if _stands(events)]
        present.update(ref for ref, _events in standing)
        for start in range(0, len(standing), PAGE):
            yield RemoteChanges(items=_items(standing[start : start + PAGE], zone, known))
        yield RemoteChanges(present=frozenset(present), token=token)

    def _since(self, calendar: str, pages: Sequence[Mapping[str, Any]], token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """Of a series that has changed anywhere, all of it is asked for. Where nothing has changed, the place in the list stays as it is."""
        told = {str(event.get("id")): event for page in pages for event in _listed(page)}
        if not told:
            yield RemoteChanges(token=token)
            return
        zone, fresh = str(pages[-1].get("timeZone") or ""), str(pages[-1].get("nextSyncToken") or "")
        found: list[tuple[str, list[Event]]] = []
        gone: list[str] = []
        for ref in dict.fromkeys(root_of(event) for event in told.values()):
            events = self._item(calendar, ref, told)
            if _stands(events):
                found.append((ref, events))
            elif ref in known:
                gone.append(ref)
        for start in range(0, len(found), PAGE):
            yield RemoteChanges(items=_items(found[start : start + PAGE], zone, known))
        yield RemoteChanges(gone=tuple(gone), token=fresh)

    def _item(self, calendar: str, ref: str, told: Mapping[str, Event]) -> list[Event]:
        """An event with all its exceptions, as it stands now."""
        first = told.get(ref)
        if first is not None and (is_cancelled(first) or not first.get("recurrence")):
            return [first]
        place = f"calendars/{quote(calendar, safe='')}/events"
        first = first or self._voice.get(f"{place}/{quote(ref, safe='')}", fields=EVENT)
        known = [event for event in told.values() if event.get("recurringEventId") == ref]
        uid = next((str(event["iCalUID"]) for event in (first, *known) if event and event.get("iCalUID")), "")
        asked = [event for page in self._events(calendar, iCalUID=uid) for event in _listed(page) if root_of(event) == ref] if uid else []
        found = {str(event.get("id")): event for event in (*([first] if first else []), *known, *asked)}
        return list(found.values())

    def _events(self, calendar: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
        return self._pages(f"calendars/{quote(calendar, safe='')}/events", fields=_EVENTS, eventTypes=TYPES, **asked)

    def _pages(self, path: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
        """A list to its end. SourceDown where it does not end as Google ends one, with a place to go on from: what is not on it may be there all the same."""
        more, known = "", set[str]()
        while True:
            page = self._voice.get(path, maxResults=PAGE, pageToken=more, **asked)
            if page is None:
                raise NotACalendar(_("There is no such calendar at Google any more."))
            yield page
            more = str(page.get("nextPageToken") or "")
            if more in known or not (more or page.get("nextSyncToken") or "iCalUID" in asked):
                raise no_sense()
            if not more:
                return
            known.add(more)


class _NotThere(Changed):
    """There is nothing any more."""


def _stands(events: Sequence[Event]) -> bool:
    """Whether anything of it still takes place: a series that is cancelled takes its exceptions along."""
    first = next((event for event in events if not event.get("recurringEventId")), None)
    return not is_cancelled(first) if first is not None else any(not is_cancelled(event) for event in events)


def _items(found: Sequence[tuple[str, Sequence[Event]]], zone: str, known: Mapping[str, str]) -> tuple[RemoteItem, ...]:
    marked = ((ref, etag_of(events), events) for ref, events in found)
    return tuple(RemoteItem(ref, etag, compose(events, zone)) for ref, etag, events in marked if known.get(ref) != etag)


def _calendar(one: Mapping[str, Any]) -> RemoteCalendar:
    name, colour = str(one.get("summaryOverride") or one.get("summary") or ""), hex_colour(str(one.get("backgroundColor") or ""))
    return RemoteCalendar(str(one["id"]), name, colour, str(one.get("timeZone") or ""), one.get("accessRole") in WRITING)


def _listed(page: Mapping[str, Any]) -> list[Event]:
    items = page.get("items")
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def make_source(access: Access, account: str, gate: Gate, endpoints: Endpoints = GOOGLE) -> CalendarSource:
    """The calendars of an account, which is known by its address; ``access`` hands out tokens for it."""
    return GoogleSource(access, Caller(gate, seconds=SECONDS, most=MOST, most_decoded=MOST), endpoints, pace_of(account))
