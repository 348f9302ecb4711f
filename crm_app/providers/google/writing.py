"""Writing into a calendar at Google (``events.insert``, ``patch`` and ``delete``): one event at a time, and never over what somebody else has changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from crm_app.domain.calendar.components import Component
from crm_app.domain.connections.source import Changed, WriteRefused
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound_http import Fetched
from crm_app.providers.google.composing import Event, compose
from crm_app.providers.google.differing import Told, differences, guests, moment_of, told
from crm_app.providers.google.speaking import BUSY, OFF, SCOPE, Voice, meant, reasons_of, said_by

_TYPE: Final = {"content-type": "application/json; charset=UTF-8"}
_AROUND: Final = timedelta(days=2)
_MOST: Final = 250
_LATER: Final = (401, 403, 408, 425, 429)


@dataclass(frozen=True, slots=True)
class Standing:
    """An event with all its exceptions as it stands over there; ``zone`` is where its calendar is at home."""

    ref: str
    events: Sequence[Event]
    zone: str

    def content(self) -> bytes:
        """The same as a calendar."""
        return compose(self.events, self.zone)

    def find(self, moment: str) -> Event | None:
        """The event itself, or the exception that stands for this one of its series."""
        found = (event for event in self.events if bool(moment) == bool(event.get("recurringEventId")))
        return next((event for event in found if not moment or moment_of(event.get("originalStartTime")) == moment), None)


class Pen:
    """Writes into one calendar. Whoever is asked to an event is told of it by Google, as by any other calendar."""

    def __init__(self, voice: Voice, calendar: str) -> None:
        self._voice, self._place = voice, f"calendars/{quote(calendar, safe='')}/events"

    def insert(self, ref: str, content: bytes) -> None:
        """Have a new event come to be under an id of ours. ``Changed`` where there was one of that id already."""
        (new,) = differences(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", content)
        assert new.after is not None
        said = _plain({"id": ref, **told(None, new.after), "attendees": guests(None, new.after, ())})
        answer = self._tell("POST", self._place, said)
        if answer.status in (404, 410):
            raise WriteRefused(_("There is no such calendar at Google any more."))
        _judge(answer)

    def change(self, standing: Standing, content: bytes) -> None:
        """Have what stands be as ``content`` says it."""
        for one in differences(standing.content(), content):
            event = standing.find(one.moment) or self._one_of(standing, one.moment)
            if one.after is None:
                self.delete(event)
            else:
                self._patch(standing, event, one, one.after)

    def delete(self, event: Event) -> None:
        """Take one out; one that is gone already is no trouble."""
        answer = self._tell("DELETE", self._at(event), None, event)
        if answer.status not in (404, 410):
            _judge(answer)

    def _patch(self, standing: Standing, event: Event, one: Told, after: Component) -> None:
        before = one.before or _alone(event, standing.zone)
        said, asked = told(before, after), guests(before, after, ())
        if asked is not None:
            said["attendees"] = guests(before, after, self._guests(event))
        if said:
            _judge(self._tell("PATCH", self._at(event), said, event))

    def _guests(self, event: Event) -> list[Any]:
        """All that Google knows of who is asked: a patch has to say all of it again."""
        whole = self._voice.get(self._at(event))
        if whole is None or whole.get("etag") != event.get("etag"):
            raise Changed
        if whole.get("attendeesOmitted"):
            raise WriteRefused(_("More people are asked to this event than Google tells of, so nobody is added or taken out from here."))
        known = whole.get("attendees")
        return known if isinstance(known, list) else []

    def _one_of(self, standing: Standing, moment: str) -> Event:
        """That one of a series, which until now has been as all of them are."""
        at = datetime.strptime(moment[:8], "%Y%m%d").replace(tzinfo=UTC)
        around = {"timeMin": (at - _AROUND).isoformat(), "timeMax": (at + _AROUND).isoformat()}
        said = self._voice.get(f"{self._place}/{quote(standing.ref, safe='')}/instances", maxResults=_MOST, **around) or {}
        items = said.get("items")
        found = [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []
        event = next((one for one in found if moment_of(one.get("originalStartTime")) == moment), None)
        if event is None:
            raise Changed
        return event

    def _at(self, event: Event) -> str:
        return f"{self._place}/{quote(str(event.get('id')), safe='')}"

    def _tell(self, method: str, place: str, said: Mapping[str, Any] | None, over: Event | None = None) -> Fetched:
        """``over`` what it is told: then it is carried out only if that is still as we know it."""
        only = {"if-match": str(over.get("etag"))} if over is not None else {}
        body, kind = (json.dumps(said).encode(), _TYPE) if said is not None else (b"", {})
        return self._voice.tell(method, self._voice.place(place, sendUpdates="all"), body, {**kind, **only})


def _alone(event: Event, zone: str) -> Component:
    """One of a series as a calendar would say it."""
    (only,) = differences(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", compose([event], zone))
    assert only.after is not None
    return only.after


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not said: a new event has nothing to take back."""
    return {name: _plain(value) if isinstance(value, Mapping) else value for name, value in said.items() if value is not None}


def _judge(answer: Fetched) -> None:
    """What it means that Google did not do as it was told. Its own words are never shown."""
    if answer.status in (200, 204):
        return
    if answer.status in (404, 409, 410, 412):
        raise Changed
    reasons = reasons_of(said_by(answer) or {})
    if answer.status == 403 and reasons & SCOPE:
        raise WriteRefused(_("Google lets us only read the calendars of this account. Allow changes in Settings, Connections, and tick the box for it."))
    if answer.status == 403 and not reasons & (BUSY | OFF):
        raise WriteRefused(_("Google does not let you change this."))
    if 400 <= answer.status < 500 and answer.status not in _LATER:
        raise WriteRefused(_("Google does not take this change."))
    raise meant(answer)
