"""A CalDAV account without a network, for tests. It behaves like the real one: sync-tokens that grow old, deletions, refusals, answers that never come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from crm_app.domain.connections.source import Changed, NotACalendar, RemoteCalendar, RemoteChanges, RemoteItem, SourceError, WriteRefused

BATCH = 100


@dataclass(slots=True)
class _Held:
    """One calendar: what lies in it by ref, and every change to it in order."""

    told: RemoteCalendar
    items: dict[str, bytes] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)


class FakeCalDav:
    """``fault``, while it is set, is what every question comes to; ``lost`` what every change comes to that was carried out all the same.

    Tokens from before ``forget_tokens`` are not known any more.
    """

    def __init__(self, *calendars: RemoteCalendar) -> None:
        self.fault: SourceError | None = None
        self.lost: SourceError | None = None
        self.looks: list[str] = []
        self._oldest = 0
        self._held = {calendar.ref: _Held(calendar) for calendar in calendars or (RemoteCalendar("/cal/", "Calendar", "#0f766e", "Europe/Berlin", True),)}

    def put(self, calendar: str, ref: str, content: bytes) -> None:
        """Write something into a calendar."""
        held = self._held[calendar]
        held.items[ref] = content
        held.changes.append(ref)

    def remove(self, calendar: str, ref: str) -> None:
        """Take something out of a calendar."""
        held = self._held[calendar]
        del held.items[ref]
        held.changes.append(ref)

    def forget_tokens(self) -> None:
        """From here on, every token that was given out is refused."""
        for held in self._held.values():
            held.changes.append("")
        self._oldest = max(len(held.changes) for held in self._held.values())

    def list_calendars(self) -> Sequence[RemoteCalendar]:
        """The account's calendars."""
        self._answer()
        return [held.told for held in self._held.values()]

    def list_changes(self, calendar: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """What has changed since ``token``; everything without one, and when it is not known any more."""
        self._answer()
        if calendar not in self._held:
            raise NotACalendar("There is no calendar at this address.")
        held = self._held[calendar]
        fresh = str(len(held.changes))
        since = int(token) if token.isdigit() and self._oldest <= int(token) <= len(held.changes) else None
        self.looks.append("whole" if since is None else "since")
        touched = list(held.items) if since is None else list(dict.fromkeys(held.changes[since:]))
        items = [RemoteItem(ref, etag_of(held.items[ref]), held.items[ref]) for ref in touched if ref in held.items]
        items = [item for item in items if known.get(item.ref) != item.etag]
        pages = [tuple(items[start : start + BATCH]) for start in range(0, len(items), BATCH)] or [()]
        coming = len(items)
        for page in pages[:-1]:
            yield RemoteChanges(items=page, coming=coming)
            coming = 0
        gone = tuple(sorted(ref for ref in touched if ref not in held.items and ref in known))
        yield RemoteChanges(items=pages[-1], gone=gone, present=frozenset(held.items) if since is None else None, token=fresh, coming=coming)

    def name_new(self, calendar: str, uid: str) -> str:
        """A name inside the calendar."""
        return f"{calendar}{uid.partition('@')[0]}.ics"

    def fetch(self, calendar: str, ref: str) -> RemoteItem | None:
        """A thing as it stands there now."""
        self._answer()
        content = self._held[calendar].items.get(ref)
        return RemoteItem(ref, etag_of(content), content) if content is not None else None

    def write(self, calendar: str, ref: str, etag: str, content: bytes) -> None:
        """Write over what has ``etag``, or where there is nothing."""
        self._compare(calendar, ref, etag)
        self.put(calendar, ref, content)
        self._lose()

    def erase(self, calendar: str, ref: str, etag: str) -> None:
        """Take out what has ``etag``."""
        if ref in self._held[calendar].items:
            self._compare(calendar, ref, etag)
            self.remove(calendar, ref)
        self._lose()

    def close(self) -> None:
        """Nothing to hang up."""

    def _compare(self, calendar: str, ref: str, etag: str) -> None:
        self._answer()
        if not self._held[calendar].told.writable:
            raise WriteRefused("The server does not let you change this calendar.")
        content = self._held[calendar].items.get(ref)
        if (etag_of(content) if content is not None else "") != etag:
            raise Changed

    def _lose(self) -> None:
        if self.lost is not None:
            raise self.lost

    def _answer(self) -> None:
        if self.fault is not None:
            raise self.fault


def etag_of(content: bytes) -> str:
    """The etag of some content."""
    return f'"{sha256(content).hexdigest()[:16]}"'
