"""An account at a provider that exists in memory alone: what a run meets when it asks, and what can go wrong on the way."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.connections.source import RemoteCalendar, RemoteChanges, RemoteItem, SignInNeeded
from crm_app.domain.jobs.schemas import JobView
from crm_app.infrastructure.outbound import Gate
from crm_app.jobs.sources import bind_sources

HOME = "/home/"
OF_RUNS = ("sync_run", "connection", "job", "alembic_version")
"""What a run itself is written down in; everything else stays as it is when nothing has changed."""
POISON = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:poison\r\nDTSTART:yesterday, I think\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
TODO = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTODO\r\nUID:todo\r\nSUMMARY:Shopping\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"


class InlineSandbox:
    """Reads in this very process: what tests of runs are about is not the wall round the reader."""

    def run(self, task: str, data: bytes, options: Mapping[str, Any] | None = None, *, seconds: float = 2.0) -> bytes:
        module, _colon, name = task.partition(":")
        return bytes(getattr(importlib.import_module(module), name)(data, dict(options or {})))


def event(uid: str, title: str = "Walk", days: int = 3, with_whom: str = "") -> bytes:
    """One event of an hour, so many days from now."""
    starts = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"DTSTART:{starts:%Y%m%dT%H%M%SZ}",
        f"DTEND:{starts + timedelta(hours=1):%Y%m%dT%H%M%SZ}", f"SUMMARY:{title}", *([f"ATTENDEE:mailto:{with_whom}"] if with_whom else []), "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


@dataclass
class Kept:
    """A calendar over there: every state of every item, so that any token can be answered."""

    name: str
    items: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)


@dataclass
class Account:
    """``before(step)`` is called before each answer and may raise; ``asked`` lists what was handed over, ``page`` is how much at a time."""

    calendars: dict[str, Kept] = field(default_factory=dict)
    page: int = 50
    password: str = "open sesame"
    moment: int = 0
    asked: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    before: Callable[[str], None] = lambda step: None
    closed: int = 0

    def put(self, calendar: str, ref: str, content: bytes) -> None:
        self.moment += 1
        kept = self.calendars.setdefault(calendar, Kept(calendar.strip("/").capitalize()))
        kept.items[ref] = (self.moment, content)
        kept.gone.pop(ref, None)

    def remove(self, calendar: str, ref: str) -> None:
        self.moment += 1
        self.calendars[calendar].items.pop(ref)
        self.calendars[calendar].gone[ref] = self.moment

    def bind(self, *kinds: ConnectionKind) -> Account:
        """Have connections of all kinds read from here."""
        bind_sources({kind: lambda url, username, password, gate: FakeSource(self, password, gate) for kind in kinds or ConnectionKind})
        return self


class FakeSource:
    """See ``CalendarSource``."""

    def __init__(self, account: Account, password: SecretStr, gate: Gate) -> None:
        self._account, self._password, self.gate = account, password.get_secret_value(), gate

    def list_calendars(self) -> Sequence[RemoteCalendar]:
        self._account.before("calendars")
        if self._password != self._account.password:
            raise SignInNeeded("The sign-in was refused.")
        return [RemoteCalendar(ref, kept.name, "#4285f4") for ref, kept in self._account.calendars.items()]

    def list_changes(self, calendar: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        account, kept = self._account, self._account.calendars[calendar]
        since = int(token or 0)
        fresh = [ref for ref, (moment, _content) in kept.items.items() if (moment > since if token else known.get(ref) != str(moment)) and ref not in account.unread]
        gone = tuple(ref for ref, moment in kept.gone.items() if moment > since) if token else ()
        pages = [fresh[start : start + account.page] for start in range(0, len(fresh), account.page)] or [[]]
        for number, page in enumerate(pages):
            account.before(f"page {number}")
            account.asked += page
            items = tuple(RemoteItem(ref, str(kept.items[ref][0]), kept.items[ref][1]) for ref in page)
            coming = 0 if number else len(fresh)
            if number < len(pages) - 1:
                yield RemoteChanges(items=items, coming=coming)
            else:
                unread = tuple((ref, why) for ref, why in account.unread.items() if ref in kept.items)
                yield RemoteChanges(items, gone, unread, None if token else frozenset(kept.items), str(account.moment), coming)

    def close(self) -> None:
        self._account.closed += 1


def titles(ask: Callable[..., Any]) -> list[str]:
    """What every event here is called."""
    return [title for (title,) in ask("select title from event order by title")]


def counts(job: JobView) -> tuple[int, ...]:
    """What a run came to: seen, created, updated, deleted, skipped, failed."""
    return tuple(job.result[name] for name in ("seen", "created", "updated", "deleted", "skipped", "failed"))
