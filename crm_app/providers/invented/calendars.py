"""A practitioner's calendars: the same week again and again, from last week's on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Final

from icalendar import Calendar, Event, vCalAddress

from crm_app.domain.connections.source import Changed, RemoteCalendar, RemoteChanges, RemoteItem
from crm_app.providers.invented.memory import Memory
from crm_app.providers.invented.people import mail_address

HOST: Final = "calendars.demo.example"
WEEKS: Final = range(-1, 4)
"""Which weeks are filled in, counted from this one. What has been seen stays there."""
OWN: Final = "mara@stillwater.example"
# The hues that these are nearest to: teal, sky, amber, plum, slate.
CALENDARS: Final = (
    RemoteCalendar("sessions", "Sessions", "#2eb8a5", writable=True), RemoteCalendar("calls", "Discovery and intro calls", "#2e7eb8", writable=True),
    RemoteCalendar("groups", "Groups and social", "#b88a2e", writable=True), RemoteCalendar("creative", "Creative work", "#b82eb8", writable=True),
    RemoteCalendar("rest", "Everything else", "#868a8e", writable=True),
)  # fmt: skip
# Calendar, day of the week, hour, minute, minutes, title, with whom, more.
WEEK: Final = (
    (0, 0, 9, 0, 50, "Breathwork, session 3 of 6", ("Grace Mbeki",), "room"), (4, 0, 11, 0, 60, "Supervision", (), ""),
    (0, 0, 14, 0, 75, "Somatic coaching", ("Sofia Marchetti",), "video"), (1, 0, 16, 0, 30, "Intro call", (), "phone"),
    (0, 1, 9, 30, 50, "Breathwork, session 2 of 6", ("Beatriz Nóbrega",), "room"), (0, 1, 11, 0, 60, "Coaching", ("Anika Sharma-Whitfield",), "video"),
    (2, 1, 13, 0, 60, "Lunch with Priya", ("Priya Raman",), ""), (3, 1, 15, 30, 75, "Write module 5", (), ""),
    (0, 2, 9, 0, 50, "Breathwork, session 9 of 12", ("Amara Okafor",), "room"), (1, 2, 10, 30, 45, "Discovery call", ("Hanna Weiss",), "video"),
    (4, 2, 12, 0, 30, "Call accountant", (), ""), (0, 2, 14, 0, 75, "Somatic coaching", ("Tom Brennan",), "video"),
    (1, 2, 16, 0, 30, "Plan joint workshop", ("Keiko Tanaka",), ""), (2, 2, 18, 30, 90, "Evening circle", ("Leila Haddad", "Grace Mbeki", "Priya Raman"), "room"),
    (4, 3, 8, 30, 45, "Own practice", (), ""), (1, 3, 10, 0, 45, "Discovery call", ("Yusuf Demir",), "video"),
    (0, 3, 11, 0, 50, "Breathwork, session 1 of 6", ("Leila Haddad",), "tentative"), (0, 3, 14, 0, 60, "Coaching", ("Daniel Abebe",), "cancelled"),
    (4, 3, 17, 0, 60, "Office hours", (), ""), (0, 4, 9, 0, 75, "Somatic coaching", ("Sofia Marchetti",), "video"),
    (0, 4, 11, 0, 50, "Check-in call", ("Marisol Quiñones",), "tentative"), (4, 4, 15, 0, 45, "Insurance webinar", (), "declined"),
    (2, 5, 10, 0, 120, "Sintra hike group", (), ""),
)  # fmt: skip
# Calendar, day of the week, days, title.
WHOLE: Final = ((2, 5, 2, "Retreat site visit"),)
_KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "room": {"location": "Studio, room 2"}, "video": {"location": "https://meet.example/stillwater"}, "phone": {"location": "Phone"},
    "tentative": {"status": "TENTATIVE"}, "cancelled": {"status": "CANCELLED"},
}  # fmt: skip


class InventedCalendars:
    """See ``CalendarSource`` and ``CalendarWriter``. With each week another one comes; what is written into them is remembered in ``memory``."""

    def __init__(self, today: date | None = None, memory: Memory | None = None) -> None:
        day = today or datetime.now(UTC).date()
        self._monday = day - timedelta(days=day.weekday())
        self._memory = memory or Memory()

    def list_calendars(self) -> Sequence[RemoteCalendar]:
        """Five of them."""
        return CALENDARS

    def list_changes(self, calendar: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """What has come since the week that ``token`` names."""
        written = self._memory.read(calendar)
        now = f"{self._monday} {_etag(repr(sorted(written.items())).encode())}"
        if token == now:
            yield RemoteChanges(token=now)
            return
        there = self._there(calendar)
        items = tuple(RemoteItem(ref, etag, content) for ref, content in there.items() if known.get(ref) != (etag := _etag(content)))
        gone = {ref for ref, content in written.items() if content is None}
        yield RemoteChanges(items=items, present=(frozenset(there) | frozenset(known)) - gone, token=now)

    def name_new(self, calendar: str, uid: str) -> str:
        """The name of its own that a new event has."""
        return f"{uid.partition('@')[0]}.ics"

    def fetch(self, calendar: str, ref: str) -> RemoteItem | None:
        """An event as it stands there, written or invented."""
        content = self._there(calendar).get(ref)
        return RemoteItem(ref, _etag(content), content) if content is not None else None

    def write(self, calendar: str, ref: str, etag: str, content: bytes) -> None:
        """Remember it."""
        self._compare(calendar, ref, etag)
        self._memory.keep(calendar, ref, content)

    def erase(self, calendar: str, ref: str, etag: str) -> None:
        """Remember that it is gone."""
        if self.fetch(calendar, ref) is not None:
            self._compare(calendar, ref, etag)
            self._memory.keep(calendar, ref, None)

    def close(self) -> None:
        """Nothing to hang up."""

    def _compare(self, calendar: str, ref: str, etag: str) -> None:
        standing = self.fetch(calendar, ref)
        if (standing.etag if standing else "") != etag:
            raise Changed

    def _there(self, calendar: str) -> dict[str, bytes]:
        number = [one.ref for one in CALENDARS].index(calendar)
        both: dict[str, bytes | None] = {**dict(self._items(number)), **self._memory.read(calendar)}
        return {ref: content for ref, content in both.items() if content is not None}

    def _items(self, number: int) -> Iterator[tuple[str, bytes]]:
        for week in WEEKS:
            monday = self._monday + timedelta(weeks=week)
            for calendar, day, hour, minute, minutes, title, names, kind in WEEK:
                if calendar == number:
                    begins = datetime.combine(monday + timedelta(days=day), time(hour, minute))  # wherever the practitioner is
                    yield _written(title, begins, begins + timedelta(minutes=minutes), names, kind)
            for calendar, day, days, title in WHOLE:
                if calendar == number:
                    first = monday + timedelta(days=day)
                    yield _written(title, first, first + timedelta(days=days))


def _written(title: str, begins: date, ends: date, names: Sequence[str] = (), kind: str = "") -> tuple[str, bytes]:
    name = f"{sha256(f'{title} {begins}'.encode()).hexdigest()[:24]}"
    event = Event()
    event.add("uid", f"{name}@{HOST}")
    event.add("dtstamp", datetime(2026, 1, 1, tzinfo=UTC))
    event.add("summary", title)
    event.add("dtstart", begins)
    event.add("dtend", ends)
    for field, value in _KINDS.get(kind, {}).items():
        event.add(field, value)
    for who in names:
        event.add("attendee", _asked(who, mail_address(who), "NEEDS-ACTION" if kind == "tentative" else "ACCEPTED"))
    if kind == "declined":
        event.add("attendee", _asked("Mara Lindqvist", OWN, "DECLINED"))
    calendar = Calendar()
    calendar.add("prodid", "-//MindfulCRM//demo//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return f"{name}.ics", calendar.to_ical()


def _asked(name: str, address: str, answer: str) -> vCalAddress:
    who = vCalAddress(f"mailto:{address}")
    who.params["cn"], who.params["partstat"] = name, answer
    return who


def _etag(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]
