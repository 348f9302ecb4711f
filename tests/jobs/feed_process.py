"""The same process as ``sync_process``, for a published calendar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.connections.source import RemoteCalendar, RemoteChanges
from crm_app.jobs.sources import bind_sources
from crm_app.providers.ics import fake
from crm_app.providers.ics.fake import FakeIcs
from tests.jobs.fake_account import event
from tests.jobs.sync_process import main

EVENTS, PAGE = 9, 2
POISON = b"BEGIN:VEVENT\r\nUID:poison\r\nDTSTART:yesterday, I think\r\nEND:VEVENT\r\n"


class Published(FakeIcs):
    """``before(step)`` is called before each answer and may die; ``events`` are the titles by number."""

    before: Callable[[str], None] = staticmethod(lambda step: None)
    events: dict[int, str]

    def bind(self) -> Published:
        """Have published calendars read from here."""
        self.content = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + POISON + b"".join(_event(number, title) for number, title in self.events.items()) + b"END:VCALENDAR\r\n"
        bind_sources({ConnectionKind.ICS: lambda _url, _name, _password, _gate: self})
        return self

    def list_calendars(self) -> Sequence[RemoteCalendar]:
        self.before("calendars")
        return super().list_calendars()

    def list_changes(self, calendar: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        for page in super().list_changes(calendar, token, known):
            self.before("page")
            yield page

    def titles(self) -> dict[str, str]:
        """What stands there, by UID."""
        return {f"uid-{number}": title for number, title in self.events.items()}


def account(changes: int) -> Published:
    """A feed with one event that cannot be read; then, one by one, events that change, go and come."""
    made = Published()
    made.events = {number: f"Walk {number}" for number in range(EVENTS)}
    for number in range(changes):
        which = 1 + number % 7
        if number % 3 == 0:
            made.events.pop(which, None)
        elif number % 3 == 1:
            made.events[EVENTS + number] = "New"
        else:
            made.events[which] = f"Change {number}"
    return made


def _event(number: int, title: str) -> bytes:
    whole = event(f"uid-{number}", title, days=number % 20 + 1)
    return whole[whole.index(b"BEGIN:VEVENT") : whole.index(b"END:VCALENDAR")]


if __name__ == "__main__":
    fake.PAGE = PAGE  # not in account(): the tests call that too, and theirs stays as it is
    main(sys.argv[1], account)
