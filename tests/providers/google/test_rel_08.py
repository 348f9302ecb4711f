"""REL-08 for Google: what bad networks and servers do is said in a sentence, takes nothing away, and all is well once it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from pydantic import SecretStr

from crm_app.domain.connections.source import NotACalendar, SourceDown, SourceError, SourceUntrusted
from crm_app.domain.google.authority import CALENDARS, CONTACTS, MAIL
from crm_app.infrastructure.outbound_http import Caller
from crm_app.providers.google import GmailSource, GoogleSource, PeopleSource
from crm_app.providers.google.fake import _Grant
from crm_app.providers.google.fake_mail import FakeGmail
from crm_app.providers.google.fake_people import FakePeople
from crm_app.providers.google.people import BOOK
from tests.infrastructure.outbound.conftest import Authority, Site, World
from tests.providers.faults import FAULTS, SHORT, Proxy
from tests.providers.google.conftest import CAL, PUBLIC, SERVED, Unhurried, event, serve
from tests.providers.imap.keeping import Kept as KeptMail
from tests.providers.imap.keeping import message
from tests.providers.keeping import Kept

SECONDS = 2.0
SLOW = {"half-open", "one byte a second", "stall"}
EXPECTED: dict[str, type[SourceError]] = {"bad certificate": SourceUntrusted}
EACH = pytest.mark.parametrize("fault", [pytest.param(fault, marks=[pytest.mark.long] if fault in SLOW else []) for fault in FAULTS])
LIKEWISE = pytest.mark.parametrize("fault", [pytest.param(fault, marks=[] if fault in SHORT else [pytest.mark.long]) for fault in FAULTS])
"""Contacts are asked for by the voice of calendars and mail: a few in every run, all in the long one."""
HTTPS = replace(SERVED, calendars="https://public.example/calendar/v3", mail="https://public.example/gmail/v1/users/me", people="https://public.example/v1")


@dataclass
class Way:
    """An account at Google behind the proxy. ``source`` opens its calendars, or its mail."""

    google: FakeGmail
    world: World
    proxy: Proxy
    caller: Callable[[], Caller]

    def network(self, said: str) -> None:
        """From here on the network does this."""
        self.proxy.fault = said
        self.world.routes[PUBLIC, 443] = self.proxy.port

    def calendars(self) -> GoogleSource:
        return GoogleSource(lambda refused: SecretStr("ya29.x"), self.caller(), HTTPS, Unhurried())

    def mail(self) -> GmailSource:
        source = GmailSource(lambda refused: SecretStr("ya29.x"), self.caller(), HTTPS, Unhurried())
        source._own = frozenset(self.google.labels)
        return source


@pytest.fixture
def way(world: World, site: Site, authority: Authority, sandbox: object) -> Iterator[Way]:
    google = FakeGmail(endpoints=HTTPS)
    google._access["ya29.x"] = _Grant("client", google.email, [CALENDARS, MAIL], "", "")
    serve(google, site)
    gate = world.gate(authorities=authority.file)
    proxy = Proxy(site.port, authority.context("public.example"), authority.context("other.example"), b"200 OK")
    with proxy.running():
        made = Way(google, world, proxy, lambda: Caller(gate, seconds=SECONDS))
        made.network("")
        yield made


def require_said(raised: SourceError, fault: str) -> None:
    """In a sentence of its own that tells nothing of where and with what was asked."""
    assert not isinstance(raised, NotACalendar) and "public" not in raised.reason and "ya29" not in raised.reason
    assert getattr(raised, "after", None) == (7 if fault == "429 with retry-after" else None)


@EACH
def test_rel_08_a_fault_takes_nothing_away_and_ends_when_it_is_over(way: Way, fault: str):
    way.google.add_calendar(CAL)
    for ref in ("A", "B", "C"):
        way.google.put(CAL, event(ref, ref))
    kept = Kept().look(way.calendars(), CAL)
    way.google.put(CAL, event("A", "Changed"))
    for whole in (False, True):
        way.network(fault)
        place = kept.token
        with pytest.raises(EXPECTED.get(fault, SourceDown)) as raised:
            kept.look(way.calendars(), CAL, whole=whole)
        assert kept.token == place and len(kept.items) == 3
        require_said(raised.value, fault)
    way.network("")
    assert kept.look(way.calendars(), CAL).titles == ["B", "C", "Changed"], "and all is well once it is over"


@EACH
def test_rel_08_a_fault_takes_no_mail_away_and_ends_when_it_is_over(way: Way, fault: str):
    for subject in ("A", "B", "C"):
        way.google.letter(message(subject))
    kept = KeptMail().look(way.mail(), "INBOX")
    way.google.letter(message("D"))
    for whole in (False, True):
        way.network(fault)
        place = kept.token
        with pytest.raises(EXPECTED.get(fault, SourceDown)) as raised:
            kept.look(way.mail(), "INBOX", whole=whole)
        assert kept.token == place and kept.subjects == ["A", "B", "C"]
        require_said(raised.value, fault)
    way.network("")
    assert kept.look(way.mail(), "INBOX", whole=True).subjects == ["A", "B", "C", "D"], "and all is well once it is over"


@LIKEWISE
def test_rel_08_a_fault_takes_nobody_away_and_ends_when_it_is_over(way: Way, site: Site, fault: str):
    google = FakePeople(endpoints=HTTPS)
    google._access["ya29.x"] = _Grant("client", google.email, [CONTACTS], "", "")
    serve(google, site)
    for number, name in enumerate(("A", "B", "C"), 1):
        google.person(number, name)

    def source() -> PeopleSource:
        return PeopleSource("ana@gmail.com", lambda refused: SecretStr("ya29.x"), way.caller(), HTTPS, Unhurried())

    kept = Kept().look(source(), BOOK)
    google.person(1, "Changed")
    google.forget("people/c3")
    for whole in (False, True):
        way.network(fault)
        place = kept.token
        with pytest.raises(EXPECTED.get(fault, SourceDown)) as raised:
            kept.look(source(), BOOK, whole=whole)
        assert kept.token == place and kept.titles == ["A", "B", "C"]
        require_said(raised.value, fault)
    way.network("")
    assert kept.look(source(), BOOK).titles == ["B", "Changed"], "and all is well once it is over"
