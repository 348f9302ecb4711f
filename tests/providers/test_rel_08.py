"""REL-08: twelve faults of networks and servers, for each connector: said in a sentence, nothing taken away, and all well once it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from crm_app.domain.connections.source import CalendarSource, NotACalendar, SourceDown, SourceError, SourceUntrusted
from crm_app.infrastructure.outbound import Gate
from crm_app.providers import caldav, ics
from crm_app.providers.caldav import speaking
from crm_app.providers.ics import feed
from tests.infrastructure.outbound.conftest import Authority, Site, World
from tests.providers.caldav.conftest import Server, authority, fresh_account, radicale, site, world, xandikos
from tests.providers.faults import FAULTS, SOON, WAITED_OUT, Proxy
from tests.providers.keeping import Kept, calendar, event

__all__ = ["authority", "radicale", "site", "world", "xandikos"]
PUBLIC, SECONDS = "93.184.215.14", 2.0


@dataclass
class Way:
    """A server behind the proxy: how it is asked, what its calendar is, and a hand that changes one event of its three."""

    world: World
    proxy: Proxy
    make: Callable[[], CalendarSource]
    calendar: str
    source: CalendarSource = field(init=False)

    def change(self, title: str) -> None:
        raise AssertionError

    def set(self, fault: str) -> None:
        """From now on this is how the network is; each run of a sync opens connections of its own."""
        self.proxy.fault = fault
        feed.SECONDS = speaking.SECONDS = SOON if fault in WAITED_OUT else SECONDS  # the fixture puts them back
        self.world.routes[PUBLIC, 443] = self.proxy.port
        self.close()
        self.source = self.make()

    def close(self) -> None:
        if hasattr(self, "source"):
            self.source.close()


def _proxy(upstream: int, authority: Authority, ok: bytes) -> Proxy:
    return Proxy(upstream, authority.context("public.example"), authority.context("other.example"), ok)


class FeedWay(Way):
    site: Site

    def change(self, title: str) -> None:
        body = calendar(event("a", title), event("b", "B"), event("c", "C"))
        self.site.pages["/cal.ics"] = lambda handler: handler.reply(200, body)


class DavWay(Way):
    server: Server
    gate: Gate

    def change(self, title: str) -> None:
        for uid, name in (("a", title), ("b", "B"), ("c", "C")):
            status, _body = self.server.ask("PUT", f"{self.calendar}{uid}.ics", calendar(event(uid, name)), Content_Type="text/calendar")
            assert status in (201, 204)


@pytest.fixture(params=["ics", "radicale", "xandikos"])
def way(request: pytest.FixtureRequest, world: World, authority: Authority, sandbox: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    monkeypatch.setattr(feed, "SECONDS", SECONDS)
    monkeypatch.setattr(speaking, "SECONDS", SECONDS)
    gate = world.gate(authorities=authority.file)
    made: Way
    if request.param == "ics":
        server: Site = request.getfixturevalue("site")
        proxy = _proxy(server.port, authority, b"200 OK")
        with proxy.running():
            made = FeedWay(world, proxy, lambda: ics.make_source("https://public.example/cal.ics", "", SecretStr(""), gate), "feed")
            made.site = server
            yield made
            made.close()
        return
    dav: Server = request.getfixturevalue(request.param)
    proxy = _proxy(dav.port, authority, b"207 Multi-Status")
    account = fresh_account(dav)
    with proxy.running():
        made = DavWay(world, proxy, lambda: caldav.make_source("https://public.example/", "alice", SecretStr(dav.password), gate), account.calendar)
        made.server = dav
        yield made
        made.close()


EXPECTED: dict[str, type[SourceError]] = {"bad certificate": SourceUntrusted, "html": SourceError, "gzip garbage": SourceError}


@pytest.mark.parametrize("fault", FAULTS)
def test_rel_08_a_fault_takes_nothing_away_and_ends_when_it_is_over(way: Way, fault: str):
    way.set("")
    way.change("A")
    kept = Kept().look(way.source, way.calendar)
    assert kept.titles == ["A", "B", "C"]
    way.change("Changed")
    for whole in (False, True):
        way.set(fault)
        token, began = kept.token, time.monotonic()
        with pytest.raises(EXPECTED.get(fault, SourceDown)) as raised:
            kept.look(way.source, way.calendar, whole=whole)
        assert time.monotonic() - began < SECONDS * 4 + 5, "it does not wait for ever"
        assert kept.token == token and len(kept.items) == 3, "nothing is taken away and the place in the calendar stays"
        assert raised.value.reason.endswith((".", ")")) and "public" not in raised.value.reason and "gehe1m" not in raised.value.reason
        if fault == "429 with retry-after":
            assert raised.value.after == 7
        way.set("")
        if not whole:
            assert kept.look(way.source, way.calendar).titles == ["B", "C", "Changed"], "and all is well once it is over"
    assert kept.look(way.source, way.calendar).titles == ["B", "C", "Changed"]
    assert not isinstance(raised.value, NotACalendar) or fault in ("html", "gzip garbage")
