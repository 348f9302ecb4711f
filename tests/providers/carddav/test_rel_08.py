"""REL-08 for address books, read and written: the faults of networks and servers take nobody away, write nothing twice, and all is well once they are over."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from crm_app.domain.addressbooks.source import BookWriter
from crm_app.domain.connections.source import SourceDown, SourceError
from crm_app.providers import carddav
from crm_app.providers.caldav import speaking
from tests.infrastructure.outbound.conftest import Authority, World, authority, site, world
from tests.providers.caldav.conftest import Server
from tests.providers.carddav.conftest import fresh_account, radicale
from tests.providers.carddav.test_carddav import card, names
from tests.providers.faults import FAULTS, SHORT
from tests.providers.keeping import Kept
from tests.providers.test_rel_08 import EXPECTED, SECONDS, DavWay, _proxy

__all__ = ["authority", "radicale", "site", "world"]


class BookWay(DavWay):
    """The server behind the proxy, by way of its address books."""

    def change(self, title: str) -> None:
        for uid, name in (("a", title), ("b", "B"), ("c", "C")):
            assert self.server.ask("PUT", quote(f"{self.calendar}{uid}.vcf"), card(uid, name), Content_Type="text/vcard")[0] in (201, 204)


@pytest.fixture
def way(world: World, authority: Authority, radicale: Server, sandbox: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[BookWay]:
    monkeypatch.setattr(speaking, "SECONDS", SECONDS)
    gate, proxy, account = world.gate(authorities=authority.file), _proxy(radicale.port, authority, b"207 Multi-Status"), fresh_account(radicale)
    with proxy.running():
        made = BookWay(world, proxy, lambda: carddav.make_source("https://public.example/", "alice", SecretStr(radicale.password), gate), account.book)  # type: ignore[arg-type, return-value]
        made.server = radicale
        yield made
        made.close()


@pytest.mark.parametrize("fault", [pytest.param(fault, marks=[] if fault in SHORT else [pytest.mark.long]) for fault in FAULTS])
def test_rel_08_a_fault_takes_nobody_away_and_what_was_written_stands_there_once(way: BookWay, fault: str):
    way.set("")
    way.change("A")
    kept = Kept().look(way.source, way.calendar)
    way.change("Changed")
    for whole in (False, True):
        way.set(fault)
        token = kept.token
        with pytest.raises(EXPECTED.get(fault, SourceDown)):
            kept.look(way.source, way.calendar, whole=whole)
        assert kept.token == token and names(kept) == ["A", "B", "C"], "nobody is taken away and the place in the book stays"
    way.set("")
    assert names(kept.look(way.source, way.calendar)) == ["B", "C", "Changed"], "and all is well once it is over"
    way.set(fault)
    assert isinstance(way.source, BookWriter)
    ref = way.source.name_new(way.calendar, "new")
    with pytest.raises(SourceError):
        way.source.write(way.calendar, ref, "", card("new", "New"))
    way.set("")
    assert isinstance(way.source, BookWriter)
    if way.source.fetch(way.calendar, ref) is None:  # what is looked for first
        way.source.write(way.calendar, ref, "", card("new", "New"))
    assert names(kept.look(way.source, way.calendar)) == ["B", "C", "Changed", "New"]
