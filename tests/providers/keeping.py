"""What whoever syncs does with what a source hands over, in memory; and events to put on a server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from crm_app.domain.addressbooks.source import BookSource
from crm_app.domain.connections.source import CalendarSource, RemoteChanges


def event(uid: str, title: str, *, day: int = 1, stamp: str = "20260101T000000Z", more: Iterable[str] = ()) -> str:
    """A VEVENT in December 2026."""
    lines = [f"UID:{uid}", f"DTSTAMP:{stamp}", f"DTSTART:202612{day:02}T090000Z", f"DTEND:202612{day:02}T100000Z", f"SUMMARY:{title}", *more]
    return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def calendar(*parts: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", *parts, "END:VCALENDAR", ""]).encode()


def title(content: bytes) -> str:
    """Its SUMMARY, or a card's FN; what came inside XML has lost its carriage returns."""
    return next(line.partition(b":")[2] for line in content.splitlines() if line.startswith((b"SUMMARY:", b"FN:"))).decode()


@dataclass
class Kept:
    """``items`` are what is kept by ref, as (etag, content); ``sent`` counts what came in the last look, ``gone`` what went."""

    items: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    token: str = ""
    sent: int = 0
    gone: int = 0
    unread: list[tuple[str, str]] = field(default_factory=list)

    def look(self, source: CalendarSource | BookSource, calendar: str, *, whole: bool = False) -> Kept:
        """Take in every page, as one sync does. A look that breaks off leaves what came, and no token."""
        self.sent = self.gone = 0
        self.unread = []
        for page in source.list_changes(calendar, "" if whole else self.token, {ref: etag for ref, (etag, _content) in self.items.items()}):
            self._take(page)
        return self

    def _take(self, page: RemoteChanges) -> None:
        for item in page.items:
            self.items[item.ref] = (item.etag, item.content)
        away = set(page.gone) | (set(self.items) - page.present if page.present is not None else set())
        self.gone += len([self.items.pop(ref) for ref in away if ref in self.items])
        self.sent += len(page.items)
        self.unread += page.unread
        self.token = page.token or self.token

    @property
    def titles(self) -> list[str]:
        return sorted(title(content) for _etag, content in self.items.values())

    def by_ref(self) -> dict[str, str]:
        """The titles of all that is kept."""
        return {ref: title(content).replace("\\,", ",") for ref, (_etag, content) in self.items.items()}
