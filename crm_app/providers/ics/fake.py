"""A published calendar without a network: for tests and the demo. It behaves like the real one, refusals included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from crm_app.domain.calendar.reading import split_feed
from crm_app.domain.connections.source import RemoteCalendar, RemoteChanges, RemoteItem, SourceError

PAGE, BROKEN_OFF = 200, "{}"


class FakeIcs:
    """``content`` is what stands at its address; ``fault``, while it is set, is what every question comes to."""

    def __init__(self, content: bytes = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", *, name: str = "calendar.example") -> None:
        self.content, self._name = content, name
        self.fault: SourceError | None = None

    def list_calendars(self) -> Sequence[RemoteCalendar]:
        """The one calendar that stands there."""
        self._answer()
        feed = split_feed(self.content)
        return (RemoteCalendar("feed", feed.name or self._name, feed.colour, feed.home),)

    def list_changes(self, calendar: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """What differs from ``known``, unless nothing has changed since ``token``."""
        self._answer()
        fresh_token = sha256(self.content).hexdigest()
        if known and token == fresh_token:
            yield RemoteChanges(token=token)
            return
        feed = split_feed(self.content)
        news = [item for item in feed.items if (known.get(item.ref) != item.etag if feed.closed else item.ref not in known)]
        fresh = [RemoteItem(item.ref, item.etag, item.content) for item in news]
        pages = [tuple(fresh[start : start + PAGE]) for start in range(0, len(fresh), PAGE)] or [()]
        coming = len(fresh)
        for page in pages[:-1]:
            yield RemoteChanges(items=page, coming=coming)
            coming = 0
        present = frozenset(item.ref for item in feed.items) if feed.closed else None
        yield RemoteChanges(items=pages[-1], present=present, token=fresh_token if feed.closed else BROKEN_OFF, coming=coming)

    def close(self) -> None:
        """Nothing to hang up."""

    def _answer(self) -> None:
        if self.fault is not None:
            raise self.fault
