"""What the stand-in does when its calendars are told of a change: Google's ``events.insert``, ``patch``, ``delete`` and ``instances``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from crm_app.providers.google.differing import moment_of

if TYPE_CHECKING:
    from crm_app.providers.google.fake import Answer, FakeGoogle

Event = dict[str, Any]


def written(google: FakeGoogle, method: str, place: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """What is answered to a change, once it is carried out."""
    _calendars, ref, _events, *rest = [unquote(part) for part in place.removeprefix(urlsplit(google.at.calendars).path + "/").split("/")]
    if ref not in google.held:
        return google.refused(404, "notFound")
    if google.held[ref].told["accessRole"] not in ("writer", "owner"):
        return google.refused(403, "requiredAccessLevel")
    said = json.loads(body) if body else {}
    google.written.append((method, said))
    if not rest:
        return _inserted(google, ref, said)
    event = _there(google.held[ref].events, rest[0])
    if event is None or event["status"] == "cancelled":
        return google.refused(404 if event is None else 410, "notFound" if event is None else "deleted")
    if headers.get("if-match", event["etag"]) != event["etag"]:
        return google.refused(412, "conditionNotMet")
    if method == "DELETE":
        if "recurringEventId" in event:
            google.put(ref, {**{name: event[name] for name in ("id", "recurringEventId", "originalStartTime")}, "status": "cancelled"})
        else:
            google.remove(ref, rest[0])
        return 204, {}, b""
    return _put(google, ref, {**_patched(event, said), "sequence": event.get("sequence", 0) + 1})


def instances(events: Mapping[str, Event], ref: str, asked: Mapping[str, list[str]]) -> list[Event]:
    """Those of a series that take place between two moments."""
    first, last = (datetime.fromisoformat(asked[name][0]) for name in ("timeMin", "timeMax"))
    found = [events.get(one["id"], one) for one in _ones(events[ref], first, last)]
    return [one for one in found if one["status"] != "cancelled"]


def _inserted(google: FakeGoogle, ref: str, said: Event) -> Answer:
    if not re.fullmatch(r"[0-9a-v]{5,1024}", said.get("id", "")):
        return google.refused(400, "invalid")
    if said["id"] in google.held[ref].events:
        return google.refused(409, "duplicate")
    return _put(google, ref, {**said, "creator": {"email": google.email, "self": True}, "organizer": {"email": ref, "self": True}, "sequence": 0})


def _put(google: FakeGoogle, ref: str, event: Event) -> Answer:
    if any(("date" in event.get(name, {})) == ("dateTime" in event.get(name, {})) for name in ("start", "end")):
        return google.refused(400, "invalid")
    for guest in event.get("attendees", ()):
        guest.setdefault("responseStatus", "needsAction")
    google.put(ref, event)
    return google.say(f"calendars/{ref}/events/{event['id']}", google.held[ref].events[event["id"]], {})


def _there(events: Mapping[str, Event], ref: str) -> Event | None:
    """The event of an id, which may be that of one of a series which nobody has touched so far."""
    named = re.fullmatch(r"(.+)_(\d{8})(?:T(\d{6})Z)?", ref)
    if ref in events or named is None or named[1] not in events:
        return events.get(ref)
    at = datetime.fromisoformat(f"{named[2]}T{named[3] or '000000'}+00:00")
    return next((one for one in _ones(events[named[1]], at - timedelta(days=2), at + timedelta(days=2)) if one["id"] == ref), None)


def _ones(series: Event, first: datetime, last: datetime) -> Iterator[Event]:
    """All of a series between two moments, as it says them itself."""
    whole, zone = "date" in series["start"], ZoneInfo(series["start"].get("timeZone", "UTC"))
    begins, ends = (_moment(series[name], zone) for name in ("start", "end"))
    for local in rrulestr("\n".join(series["recurrence"]), dtstart=begins.replace(tzinfo=None)):
        at = local.replace(tzinfo=zone)
        if at >= last:
            return
        if at < first:
            continue
        said, shared = _said(at, whole), {name: value for name, value in series.items() if name != "recurrence"}
        yield {
            **shared, "id": f"{series['id']}_{moment_of(said)}", "recurringEventId": series["id"], "originalStartTime": said,
            "start": said, "end": _said(at + (ends - begins), whole),
        }  # fmt: skip


def _moment(said: Mapping[str, str], zone: ZoneInfo) -> datetime:
    if "date" in said:
        return datetime.combine(date.fromisoformat(said["date"]), datetime.min.time(), zone)
    return datetime.fromisoformat(said["dateTime"]).astimezone(zone)


def _said(at: datetime, whole: bool) -> dict[str, str]:
    return {"date": at.date().isoformat()} if whole else {"dateTime": at.isoformat(), "timeZone": str(at.tzinfo)}


def _patched(event: Event, said: Event) -> Event:
    """What a patch makes of something: what is None goes, what holds more is gone into, everything else stands in place of what was there."""
    made = {**event}
    for name, value in said.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = _patched(event.get(name, {}), value) if isinstance(value, dict) else value
    return made
