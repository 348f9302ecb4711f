"""The same process as ``sync_process``, for calendars at Google."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.google.authority import CALENDARS
from crm_app.infrastructure.outbound_http import Fetched
from crm_app.jobs.sources import bind_sources
from crm_app.providers.google import GOOGLE, FakeGoogle, GoogleSource
from crm_app.providers.google.fake import _Grant
from tests.jobs.sync_process import main
from tests.providers.google.conftest import Unhurried

ME, OTHER = "ana@gmail.com", "practice@group.calendar.google.com"
EVENTS, PAGE = 9, 3


class Calendars(FakeGoogle):
    """``before(step)`` is called before each answer and may die."""

    before: Callable[[str], None] = staticmethod(lambda step: None)

    def bind(self) -> Calendars:
        """Have calendars at Google read from here."""
        self._access["ya29.x"] = _Grant("client", self.email, [CALENDARS], "", "")
        bind_sources({ConnectionKind.GOOGLE: lambda _url, _name, _tokens, _gate: GoogleSource(lambda refused: SecretStr("ya29.x"), self, GOOGLE, Unhurried())})
        return self

    def ask(self, url: str, **how: Any) -> Fetched:
        self.before(url)
        return super().ask(url, **how)

    def titles(self) -> dict[str, str]:
        """What stands there, by the UID that it has everywhere."""
        return {one["iCalUID"]: one["summary"] for held in self.held.values() for one in held.events.values() if one["status"] != "cancelled"}


def account(changes: int) -> Calendars:
    """Two calendars; then, one by one, events that change, go and come."""
    made = Calendars(ME)
    made.page = PAGE
    for ref in (ME, OTHER):
        made.add_calendar(ref)
    for number in range(2 * EVENTS):
        made.put(_calendar(number), _event(number, "Walk"))
    for number in range(changes):
        which = 2 + number % 7
        if number % 3 == 0:
            made.remove(_calendar(which), f"e{which}")
        elif number % 3 == 1:
            made.put(_calendar(number), _event(2 * EVENTS + number, "New"))
        else:
            made.put(_calendar(which), _event(which, f"Change {number}"))
    return made


def _calendar(number: int) -> str:
    return (ME, OTHER)[number % 2]


def _event(number: int, title: str) -> dict[str, Any]:
    starts = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=number % 20 + 1)
    return {"id": f"e{number}", "summary": f"{title} {number}", "start": {"dateTime": starts.isoformat()}, "end": {"dateTime": (starts + timedelta(hours=1)).isoformat()}}


if __name__ == "__main__":
    main(sys.argv[1], account)
