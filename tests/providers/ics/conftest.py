"""A published calendar on this machine, and the Fake, behind one handle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import pytest
from pydantic import SecretStr

from crm_app.domain.connections.source import CalendarSource
from crm_app.providers.ics import FakeIcs, IcsSource
from tests.infrastructure.outbound.conftest import Handler, Site, authority, site, world
from tests.providers.keeping import calendar, event

__all__ = ["authority", "site", "world"]

PUBLIC = "93.184.215.14"
ADDRESS = "http://public.example/cal.ics"


@dataclass
class Published:
    """``events`` are what stands in the calendar, by UID; ``head`` what it says of itself."""

    source: CalendarSource
    fake: FakeIcs | None = None
    site: Site | None = None
    head: list[str] = field(default_factory=lambda: ["X-WR-CALNAME:Sessions", "X-WR-TIMEZONE:Europe/Berlin", "X-APPLE-CALENDAR-COLOR:#0F766EFF"])
    events: dict[str, str] = field(default_factory=dict)

    def put(self, uid: str, title: str, **how: object) -> None:
        self.events[uid] = event(uid, title, **how)  # type: ignore[arg-type]
        self.publish()

    def remove(self, uid: str) -> None:
        del self.events[uid]
        self.publish()

    def publish(self, content: bytes | None = None) -> None:
        self.body = calendar(*self.head, *self.events.values()) if content is None else content
        if self.fake:
            self.fake.content = self.body

    def answer(self, handler: Handler) -> None:
        etag = f'"{sha256(self.body).hexdigest()}"'
        if handler.headers.get("if-none-match") == etag:
            handler.reply(304, ETag=etag)
        else:
            handler.reply(200, self.body, ETag=etag, Content_Type="text/calendar")


@pytest.fixture(params=["fake", "real"])
def published(request: pytest.FixtureRequest, sandbox: object) -> Iterator[Published]:
    if request.param == "fake":
        fake = FakeIcs()
        over = Published(fake, fake=fake)
    else:
        world, site = request.getfixturevalue("world"), request.getfixturevalue("site")
        world.routes[PUBLIC, 80] = site.port
        over = Published(IcsSource(ADDRESS, "", SecretStr(""), world.gate()), site=site)
        site.pages["/cal.ics"] = over.answer
    over.publish()
    yield over
    over.source.close()
