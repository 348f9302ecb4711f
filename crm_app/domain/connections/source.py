"""What a provider of calendars must be able to do. One small Protocol, filled by one folder of ``crm_app/providers`` each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class SourceError(Exception):
    """A provider could not be read. ``reason`` is one sentence for the connection's owner, without addresses or secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignInNeeded(SourceError):
    """The provider does not accept who we say we are. Asking again by ourselves would change nothing."""


class SourceDown(SourceError):
    """It does not answer, or asks for patience. ``after`` is how many seconds it asked for, if it did."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class SourceUntrusted(SourceDown):
    """Whoever answers cannot prove to be the one that was asked for; nothing was sent there."""


class NotThatKind(SourceError):
    """Somebody answers, and it is not what was asked for."""


class NotACalendar(NotThatKind):
    """Somebody answers, and there is no calendar: a web page, a wrong address, something too large to be one."""


class Changed(SourceError):
    """What is to be written over is not as we know it any more; nothing was written."""

    def __init__(self) -> None:
        super().__init__("")


class WriteRefused(SourceError):
    """The provider does not take it, and would not if it were asked again."""


@dataclass(frozen=True, slots=True)
class RemoteCalendar:
    """A calendar over there. ``ref`` names it at the provider and never changes; ``colour`` is ``#rrggbb`` or empty."""

    ref: str
    name: str
    colour: str = ""
    time_zone: str = ""
    writable: bool = False


@dataclass(frozen=True, slots=True)
class RemoteItem:
    """One thing of a calendar as iCalendar bytes: an event with all its exceptions. ``etag`` changes whenever its content does."""

    ref: str
    etag: str
    content: bytes


@dataclass(frozen=True, slots=True)
class RemoteChanges:
    """A page of what has changed. ``gone`` are refs that are no longer there.

    ``present``, on the last page of a whole look, holds every ref that exists over there: whatever else is kept here is gone.
    ``token`` is what to ask with next time; it is only valid once this page has been taken in, and empty on all pages but the last.
    ``unread`` are things that the provider could not hand over, each with its reason. ``coming``, on the first page, is how many things all
    pages together hand over, so that somebody who waits sees how far it is.
    """

    items: tuple[RemoteItem, ...] = ()
    gone: tuple[str, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    present: frozenset[str] | None = None
    token: str = ""
    coming: int = 0


class CalendarSource(Protocol):
    """One account. Every call may raise ``SourceError``; any thread may use it, one at a time."""

    def list_calendars(self) -> Sequence[RemoteCalendar]:
        """All calendars with events of this account; also the test of whether the connection works."""
        ...

    def list_changes(self, calendar: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """What has changed since ``token`` was given; everything when it is empty.

        ``known`` are the refs that are kept here with their etags: what still has its etag is not sent again. A token that the
        provider no longer knows means a whole look, once, within the same call.
        """
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class CalendarWriter(Protocol):
    """One account that takes changes. Every call may raise ``SourceError``; one whose answer never came may have been carried out all the same."""

    def name_new(self, calendar: str, uid: str) -> str:
        """The ref that a new thing with this UID gets: always the same one."""
        ...

    def fetch(self, calendar: str, ref: str) -> RemoteItem | None:
        """A thing as it stands there now, the whole of it; None when it is not there."""
        ...

    def write(self, calendar: str, ref: str, etag: str, content: bytes) -> None:
        """Have this stand in place of what has ``etag``, or, without one, where there is nothing. ``Changed`` when that is no longer so."""
        ...

    def erase(self, calendar: str, ref: str, etag: str) -> None:
        """Take a thing out that has ``etag``. ``Changed`` when it has another by now; one that is gone already is no trouble."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...
