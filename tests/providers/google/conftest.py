"""A stand-in for Google: in memory, and served on this machine and asked through the gate, behind one handle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr

from crm_app.domain.google.authority import Client, Wants
from crm_app.infrastructure.outbound_http import Caller
from crm_app.providers.google import GOOGLE, Endpoints, FakeGoogle, GoogleAuthority, GoogleSource, make_authority
from crm_app.providers.google.speaking import Pace
from tests.infrastructure.outbound.conftest import Handler, Site, authority, site, world

__all__ = ["authority", "site", "world"]

PUBLIC = "93.184.215.14"
SERVED = Endpoints(*(f"http://public.example/{name}" for name in ("auth", "token", "revoke", "userinfo", "calendar/v3")))
CLIENT = Client("1234-abcd.apps.googleusercontent.com", SecretStr("GOCSPX-gehe1m"))
BACK = "https://crm.example.org/oauth/google/callback"
VERIFIER = "v" * 60
CAL = "ana@gmail.com"


def day(number: int) -> dict[str, str]:
    return {"date": f"2026-12-{number:02}"}


def at(number: int, hour: int = 9, zone: str = "Europe/Berlin") -> dict[str, str]:
    return {"dateTime": f"2026-12-{number:02}T{hour:02}:00:00+01:00", "timeZone": zone}


def event(ref: str, title: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """An event of an hour in December 2026, as Google writes it."""
    return {"id": ref, "summary": title, "start": at(number), "end": at(number, 10), **more}


def exception(ref: str, title: str, number: int, **more: Any) -> dict[str, Any]:
    """That occurrence of a daily series is told otherwise."""
    return event(f"{ref}_202612{number:02}T080000Z", title, number, recurringEventId=ref, originalStartTime=at(number), **more)


def cancelled(ref: str, number: int) -> dict[str, Any]:
    return {"id": f"{ref}_202612{number:02}T080000Z", "status": "cancelled", "recurringEventId": ref, "originalStartTime": at(number)}


def daily(ref: str, title: str, count: int = 5) -> dict[str, Any]:
    return event(ref, title, recurrence=[f"RRULE:FREQ=DAILY;COUNT={count}"])


class Unhurried(Pace):
    """Counts what would have been waited for."""

    def __init__(self) -> None:
        self.moment = self.waited = 0.0
        super().__init__(clock=lambda: self.moment, sleep=self._pass)

    def _pass(self, seconds: float) -> None:
        self.moment += seconds
        self.waited += seconds


@dataclass
class Account:
    """``source`` reads the account ``google`` with tokens that ``authority`` hands out; ``renewed`` are those that were refused."""

    google: FakeGoogle
    authority: GoogleAuthority
    make: Any
    renewed: list[str] = field(default_factory=list)
    refresh: SecretStr = SecretStr("")
    scopes: tuple[str, ...] = Wants.CALENDARS.scopes

    def __post_init__(self) -> None:
        self.google.clients[CLIENT.client_id] = CLIENT.secret.get_secret_value()
        self.google.add_calendar(CAL, "Ana")
        self.pace = Unhurried()
        self.source: GoogleSource = self.make(self.access, self.pace)

    def access(self, refused: str) -> SecretStr:
        if not self.refresh.get_secret_value():
            place = self.google.sign_in(self.authority.address(CLIENT.client_id, back=BACK, state="s", verifier=VERIFIER, scopes=self.scopes))
            granted = self.authority.exchange(CLIENT, SecretStr(place.partition("code=")[2].partition("&")[0].replace("%2F", "/")), verifier=VERIFIER, back=BACK)
            self.refresh = granted.refresh
            return granted.access
        self.renewed.append(refused)
        return self.authority.renew(CLIENT, self.refresh).access


def serve(google: FakeGoogle, site: Site) -> None:
    """Have a web server on this machine answer as the stand-in does."""

    class Pages(dict[str, Any]):
        def get(self, path: str, default: Any = None) -> Any:
            return answer

    def answer(handler: Handler) -> None:
        body = site.seen[-1][3]
        status, headers, content = google.answer(handler.command, "http://public.example" + handler.path, {name.lower(): value for name, value in handler.headers.items()}, body)
        handler.reply(status, content, **{name.replace("-", "_"): value for name, value in headers.items()})

    site.pages = Pages()


def fake_account() -> Account:
    google = FakeGoogle()
    return Account(google, GoogleAuthority(lambda: google), lambda access, pace: GoogleSource(access, google, GOOGLE, pace))


@pytest.fixture(params=["fake", "served"])
def account(request: pytest.FixtureRequest, sandbox: object) -> Iterator[Account]:
    if request.param == "fake":
        made = fake_account()
    else:
        world, site = request.getfixturevalue("world"), request.getfixturevalue("site")
        google, gate = FakeGoogle(endpoints=SERVED), world.gate()
        serve(google, site)
        world.routes[PUBLIC, 80] = site.port
        made = Account(google, make_authority(gate, SERVED), lambda access, pace: GoogleSource(access, Caller(gate), SERVED, pace))
    yield made
    made.source.close()
