"""REL-08 for Google: what bad networks and servers do is said in a sentence, takes nothing away, and all is well once it is over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from crm_app.domain.connections.source import NotACalendar, SourceDown, SourceError, SourceUntrusted
from crm_app.infrastructure.outbound_http import Caller
from crm_app.providers.google import FakeGoogle, GoogleSource
from tests.infrastructure.outbound.conftest import Authority, Site, World
from tests.providers.faults import FAULTS, Proxy
from tests.providers.google.conftest import CAL, PUBLIC, SERVED, Account, Unhurried, event, fake_account, serve
from tests.providers.keeping import Kept

SECONDS = 2.0
SLOW = {"half-open", "one byte a second", "stall"}
EXPECTED: dict[str, type[SourceError]] = {"bad certificate": SourceUntrusted}
HTTPS = replace(SERVED, calendars="https://public.example/calendar/v3")


@pytest.mark.parametrize("fault", [pytest.param(fault, marks=[pytest.mark.long] if fault in SLOW else []) for fault in FAULTS])
def test_rel_08_a_fault_takes_nothing_away_and_ends_when_it_is_over(fault: str, world: World, site: Site, authority: Authority, sandbox: object):
    google = FakeGoogle(endpoints=SERVED)
    google.add_calendar(CAL)
    for ref in ("A", "B", "C"):
        google.put(CAL, event(ref, ref))
    serve(google, site)
    signed: Account = fake_account()
    token = signed.access("")
    google._access.update(signed.google._access)
    gate = world.gate(authorities=authority.file)
    proxy = Proxy(site.port, authority.context("public.example"), authority.context("other.example"), b"200 OK")

    def source() -> GoogleSource:
        return GoogleSource(lambda refused: SecretStr(token.get_secret_value()), Caller(gate, seconds=SECONDS), HTTPS, Unhurried())

    def network(said: str) -> None:
        proxy.fault = said
        world.routes[PUBLIC, 443] = proxy.port

    with proxy.running():
        network("")
        kept = Kept().look(source(), CAL)
        google.put(CAL, event("A", "Changed"))
        for whole in (False, True):
            network(fault)
            place = kept.token
            with pytest.raises(EXPECTED.get(fault, SourceDown)) as raised:
                kept.look(source(), CAL, whole=whole)
            assert kept.token == place and len(kept.items) == 3 and not isinstance(raised.value, NotACalendar)
            assert "public" not in raised.value.reason and "ya29" not in raised.value.reason
            assert getattr(raised.value, "after", None) == (7 if fault == "429 with retry-after" else None)
        network("")
        assert kept.look(source(), CAL).titles == ["B", "C", "Changed"], "and all is well once it is over"
