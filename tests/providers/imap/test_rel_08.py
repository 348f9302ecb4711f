"""REL-08 for mail: the faults of networks and servers, said in a sentence, nothing taken away, and all well once it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from crm_app.domain.connections.source import SignInNeeded, SourceDown, SourceError, SourceUntrusted
from crm_app.domain.mail.source import FolderRefused, MailSource, NotAMailbox
from crm_app.providers.imap import line, make_source
from tests.infrastructure.outbound.conftest import Authority, World
from tests.providers.faults import SOON, WAITED_OUT
from tests.providers.imap.conftest import Account, Server, fresh_account
from tests.providers.imap.faults import FAULTS, LineProxy
from tests.providers.imap.keeping import Kept, message

PUBLIC, SECONDS = "93.184.215.14", 2.0
EXPECTED: dict[str, type[SourceError]] = {"bad certificate": SourceUntrusted, "html": NotAMailbox}


@dataclass
class Way:
    """A mailbox behind the proxy, and a hand that writes into it directly."""

    world: World
    proxy: LineProxy
    account: Account
    make: Callable[[], MailSource]
    source: MailSource

    def set(self, fault: str) -> None:
        """From now on this is how the network is; each run of a sync opens a connection of its own."""
        self.source.close()
        self.proxy.fault = fault
        line.SECONDS = line.STEP = SOON if fault in WAITED_OUT else SECONDS  # the fixture puts them back
        self.world.routes[PUBLIC, 993] = self.proxy.port
        self.source = self.make()

    def look(self, kept: Kept, *, whole: bool = False) -> Kept:
        """A sync of this folder: what has changed, and the words of what is new."""
        fresh = set(kept.heads)
        kept.look(self.source, self.account.folder, whole=whole)
        wanted = kept.heads.keys() - fresh
        assert {uid for uid, _content in self.source.fetch(self.account.folder, wanted)} == wanted
        return kept


@pytest.fixture(params=["dovecot", "mail-devel"])
def server(request: pytest.FixtureRequest) -> Server:
    return request.getfixturevalue(request.param.replace("-", "_"))


@pytest.fixture
def way(server: Server, world: World, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    monkeypatch.setattr(line, "SECONDS", SECONDS)
    monkeypatch.setattr(line, "STEP", SECONDS)
    with way_to(server, world, authority, b"FETCH") as way:
        yield way


@contextmanager
def way_to(server: Server, world: World, authority: Authority, trigger: bytes) -> Iterator[Way]:
    account = fresh_account(server)
    account.source.close()
    gate = world.gate(authorities=authority.file)
    user = account.user

    def make() -> MailSource:
        return make_source("imaps://public.example", user, SecretStr(server.password), gate)

    with LineProxy(server.port, authority.context("public.example"), authority.context("other.example"), trigger).running() as proxy:
        made = Way(world, proxy, account, make, make())
        yield made
        made.source.close()
        account.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_rel_08_a_fault_takes_no_mail_away_and_ends_when_it_is_over(way: Way, fault: str):
    for name in "abc":
        way.account.put(message(name))
    way.set("")
    kept = way.look(Kept())
    assert kept.subjects == ["a", "b", "c"]
    for number, whole in enumerate((False, True)):
        way.account.put(message(f"new {number}", "x" * 500))
        token, heads, began = kept.token, dict(kept.heads), time.monotonic()
        way.set(fault)
        with pytest.raises(EXPECTED.get(fault, SourceDown)) as raised:
            way.look(kept, whole=whole)
        assert time.monotonic() - began < SECONDS * 6 + 5, "it does not wait for ever"
        assert kept.token == token and kept.heads == heads, "nothing is taken away and the place in the folder stays"
        said = raised.value.reason
        assert said.endswith(".") and "public" not in said and "gehe1m" not in said and not isinstance(raised.value, SignInNeeded)
        way.set("")
        assert way.look(kept).subjects == sorted([*"abc", *(f"new {done}" for done in range(number + 1))]), "and all is well once it is over"


BEFORE = {"greeting": b"", "signing in": b"AUTHENTICATE", "opening a folder": b"EXAMINE", "searching": b"SEARCH"}
SOONER = {
    ("greeting", "garbage"): NotAMailbox, ("greeting", "html"): NotAMailbox, ("opening a folder", "busy"): FolderRefused,
    ("opening a folder", "broken server"): FolderRefused,
}  # fmt: skip
QUICK = ("reset mid-body", "garbage", "busy")
CASES = [
    pytest.param(stage, fault, marks=() if fault in QUICK or (stage, fault) == ("greeting", "half-open") else pytest.mark.long)
    for stage in BEFORE
    for fault in ("reset mid-body", "garbage", "busy", "broken server", "half-open", "stall", "one byte a second", "cut tls", "flood")
    if stage != "greeting" or fault not in ("busy", "broken server")
]


@pytest.mark.parametrize(("stage", "fault"), CASES)
def test_rel_08_so_it_is_before_any_mail_is_asked_for(
    dovecot: Server, world: World, authority: Authority, monkeypatch: pytest.MonkeyPatch, stage: str, fault: str
):
    """While the server greets, while one signs in (which is then not refused), opens a folder and searches."""
    monkeypatch.setattr(line, "SECONDS", SECONDS)
    monkeypatch.setattr(line, "STEP", SECONDS)
    with way_to(dovecot, world, authority, BEFORE[stage]) as way:
        way.account.put(message("a"))
        kept = way_looked(way)
        way.account.put(message("b"))
        way.set(fault)
        began = time.monotonic()
        with pytest.raises(SOONER.get((stage, fault), SourceDown)) as raised:
            way.look(kept)
        assert time.monotonic() - began < 8 and not isinstance(raised.value, SignInNeeded)
        assert kept.subjects == ["a"] and raised.value.reason.endswith(".") and "public" not in raised.value.reason
        way.set("")
        assert way.look(kept).subjects == ["a", "b"]


def way_looked(way: Way) -> Kept:
    way.set("")
    return way.look(Kept())
