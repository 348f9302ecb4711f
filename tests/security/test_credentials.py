"""PWD-01 on every path by which a password, a code or a token is checked: ten thousand guesses, at most sixty looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from limits.storage import memory

from crm_app.api.app import build_api
from crm_app.domain.accounts import passwords, service
from crm_app.domain.accounts.guessing import Attempt
from crm_app.domain.accounts.rules import hash_token
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.actor import Actor
from crm_app.domain.notifications.stopping import bind_stop_key, stop_path
from crm_app.domain.unit_of_work import run_service
from crm_app.web import errors, feeds, first_run, health, one_time_links, signin, unsubscribe
from crm_app.web.config import EdgeConfig
from crm_app.web.services import EdgeServices
from tests.cluster import Database
from tests.security.counts import counted
from tests.web.asgi import ask
from tests.web.fake_store import FakeSessionStore, Person


@pytest.fixture
def store() -> FakeSessionStore:
    store = FakeSessionStore()
    person = Person(uuid4(), "alice@example.org", "Alice", "member", "kept")
    store.people[person.user_id] = person
    return store


@pytest.fixture
def services(store: FakeSessionStore) -> EdgeServices:
    return EdgeServices(EdgeConfig("http://localhost", "only-for-tests-only-for-tests-0123456789", metrics_token="the right one"), store)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password that was really compared, which costs nothing here and is always wrong."""
    seen: list[str] = []

    def verify(stored: str | None, password: str) -> bool:
        seen.append(password)
        return password == "the right one" and stored == "kept"

    monkeypatch.setattr(passwords, "verify_password", verify)
    monkeypatch.setattr(passwords, "hash_password", lambda password: "hashed")
    monkeypatch.setattr(passwords, "needs_rehash", lambda stored: False)
    return seen


def _address(number: int) -> str:
    return f"198.{18 + number // 62_500}.{number // 250 % 250}.{number % 250}"


def _edge(services: EdgeServices, *routers: Any) -> FastAPI:
    app = FastAPI()
    for module in routers:
        app.include_router(module.make_router(services))
    errors.install(app)
    return app


async def _crowd(count: int, guess: Callable[[int], Any], store: FakeSessionStore | None = None, at_once: int = 50) -> None:
    """``count`` guesses, fifty at the same time, half a minute for every hundred."""
    for start in range(0, count, at_once):
        await asyncio.gather(*(guess(number) for number in range(start, min(start + at_once, count))))
        if store is not None and start % 100 == 0:
            store.turn_clock(timedelta(seconds=30))


@counted(1_000, 10_000, "guesses of a crowd")
async def test_pwd_01_a_crowd_at_the_sign_in(count: int, services: EdgeServices, store: FakeSessionStore, looked_at: list[str]) -> None:
    app, home = _edge(services, signin), "203.0.113.7"
    token = services.forms.make("signin")

    async def sign_in(password: str, address: str) -> int:
        return (await ask(app, "POST", "/signin", form={"email": "Alice@Example.org ", "password": password, "form_token": token}, address=address)).status

    assert await sign_in("the right one", home) == 303
    looked_at.clear()
    await _crowd(count, lambda number: sign_in(f"guess {number}", _address(number)), store)
    assert 3 < len(looked_at) <= 60
    assert await sign_in("the right one", home) == 303, "the owner's own device is not held up by strangers"


@counted(1_000, 10_000, "guesses from one household")
async def test_pwd_01_one_household_at_every_name(count: int, services: EdgeServices, store: FakeSessionStore, looked_at: list[str]) -> None:
    app, token = _edge(services, signin), services.forms.make("signin")

    async def guess(number: int) -> None:
        form = {"email": f"person{number}@example.org", "password": "x", "form_token": token}
        answer = await ask(app, "POST", "/signin", form=form, address=f"2001:db8:1:2:{number % 9_999}::1")
        assert answer.status in (401, 429, 503)

    await _crowd(count, guess)  # all within one moment
    assert 0 < len(looked_at) <= 10


@counted(200, 10_000, "guesses at the setup code")
async def test_pwd_01_the_setup_code(count: int, services: EdgeServices, store: FakeSessionStore, looked_at: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    store.people.clear()
    codes: list[bytes] = []
    monkeypatch.setattr(store, "first_owner", lambda code, owner: codes.append(code))
    monkeypatch.setattr(first_run.rules, "password_problem", lambda *_: None)
    monkeypatch.setattr(first_run, "DRAFTS", 200)
    app, token = _edge(services, first_run), services.forms.make("setup")
    first = {"step": "1", "form_token": token, "name": "Ines", "email": "ines@example.org", "password": "nine lemons dance"}

    async def guess(number: int) -> None:
        page = await ask(app, "POST", "/setup", form={**first, "code": f"AAAA-BBBB-{number:04}"}, address=_address(number))
        draft = page.text.split('name="draft" value="')[1].split('"')[0]
        second = {"step": "2", "form_token": token, "draft": draft, "team_name": "T", "country": "PT"}
        assert (await ask(app, "POST", "/setup", form=second, address=_address(number))).status in (422, 429)

    await _crowd(count, guess, store)
    assert 3 < len(codes) <= 60


@counted(1_000, 10_000, "guesses at the metrics token")
async def test_pwd_01_the_metrics_token(count: int, services: EdgeServices, store: FakeSessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    real = health.is_token
    monkeypatch.setattr(health, "is_token", lambda given, token: compared.append(given) or real(given, token))
    app = _edge(services, health)

    async def scrape(token: str, address: str) -> int:
        return (await ask(app, "GET", "/metrics", headers={"authorization": f"Bearer {token}"}, address=address)).status

    assert await scrape("the right one", "203.0.113.9") == 200
    compared.clear()
    await _crowd(count, lambda number: scrape(f"guess {number}", _address(number)), store)
    assert 3 < len(compared) <= 60
    for _ in range(50):
        assert await scrape("the right one", "203.0.113.9") == 200, "who measures goes on measuring"
    assert (await ask(app, "GET", "/metrics", address="203.0.113.10")).status == 404


@counted(1_000, 10_000, "guesses at a token")
async def test_pwd_01_tokens_of_the_rest_interface(count: int, alice: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [1_000_000.0]
    monkeypatch.setattr(memory.time, "time", lambda: moment[0])
    shown: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        api = build_api(lambda token: shown.append(token) or (alice if token == "the right one" else None), executor=pool)

        async def show(token: str, address: str) -> int:
            return (await ask(api, "GET", "/v1/contacts?limit=0", headers={"authorization": f"Bearer {token}"}, address=address)).status

        assert await show("the right one", "203.0.113.7") == 422
        shown.clear()
        await _crowd(count // 2, lambda number: show(f"guess {number}", f"2001:db8:1:2:{number % 9_999}::1"))
        assert 0 < len(shown) <= 10, "one household"
        shown.clear()
        await _crowd(max(count // 2, 1_200), lambda number: show(f"guess {number}", _address(number)))
        assert 500 < len(shown) <= 1_000, "all the world, in one moment"
        assert await show("the right one", "203.0.113.7") == 422, "who showed a right token is still heard"
        assert await show("the right one", "203.0.113.8") == 429
        moment[0] += 700
        assert await show("the right one", "203.0.113.8") == 422


@counted(1_000, 10_000, "guesses at a calendar address")
async def test_pwd_01_the_calendar_address(count: int, services: EdgeServices, store: FakeSessionStore) -> None:
    shown: list[bytes] = []
    app = FastAPI()
    app.include_router(feeds.make_router(SimpleNamespace(rate_peek=store.rate_peek, rate_hit=store.rate_hit, feed_reader=shown.append)))  # type: ignore[arg-type]
    errors.install(app)

    async def guess(number: int) -> None:
        answer = await ask(app, "GET", f"/feeds/guess-{number}.ics", address=f"2001:db8:1:2:{number % 9_999}::1")
        assert answer.status == 404

    await _crowd(count, guess)
    assert 0 < len(shown) <= 60


@counted(1_000, 10_000, "guesses at a link that stops the daily mail")
async def test_pwd_01_the_link_that_stops_the_daily_mail(count: int, store: FakeSessionStore) -> None:
    bind_stop_key(b"only for tests, only for tests, only for tests")
    shown: list[UUID] = []
    app = FastAPI()
    app.include_router(unsubscribe.make_router(SimpleNamespace(rate_peek=store.rate_peek, rate_hit=store.rate_hit, digest_reader=shown.append)))  # type: ignore[arg-type]
    errors.install(app)

    async def guess(number: int) -> None:
        answer = await ask(app, "POST", stop_path(UUID(int=number), UUID(int=7)), address=f"2001:db8:1:2:{number % 9_999}::1")
        assert answer.status == 404

    await _crowd(count, guess)
    assert 0 < len(shown) <= 60


@counted(100, 10_000, "guesses at one's own password")
def test_pwd_01_changing_ones_password(count: int, alice: Actor, bob: Actor, database: Database, looked_at: list[str]) -> None:
    """Somebody at an open page of another's: what they guess there counts like a guess at the door."""
    for number in range(count):
        faults = run_service(alice, service.change_password, f"guess {number}", "nine lemons dance on roofs").faults
        assert faults.keys() == {"current"}
    assert 3 < len(looked_at) <= 10
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: run_service(bob, service.change_password, f"guess {number}", "nine lemons dance on roofs"), range(40)))
    assert len(looked_at) <= 20, "eight at once are counted one after the other"
    failed = SqlSessionStore().rate_peek(f"signin-failed:{Attempt.of(alice.email, '198.51.100.1').account}")[0]
    assert failed > 3, "strangers at the door wait longer for it, too"


@counted(1_000, 10_000, "guesses at a link that works once")
@pytest.mark.parametrize("path", ["/join/", "/reset/"])
async def test_pwd_01_links_that_work_once(count: int, path: str, services: EdgeServices, store: FakeSessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at the page of a link and posting it count alike; a real link goes on working for whoever has it."""
    shown: list[bytes] = []
    look = "invitation" if path == "/join/" else "password_reset"
    real = getattr(store, look)
    monkeypatch.setattr(store, look, lambda token_hash: shown.append(token_hash) or real(token_hash))
    store.add_invitation(hash_token("R" * 43), "nina@example.org")
    store.add_reset(hash_token("R" * 43), next(iter(store.people)))
    app = _edge(services, one_time_links)

    async def post(number: int) -> None:
        answer = await ask(app, "POST", f"{path}{number:043}", form={"password": "x"}, address=f"2001:db8:1:2:{number % 9_999}::1")
        assert answer.status in (404, 429)

    await _crowd(count, post)
    assert 0 < len(shown) <= 10, "one household"
    store.rates.clear()
    for number in range(40):
        answer = await ask(app, "GET", f"{path}{number:043}", address="198.51.100.9")
        assert answer.status == (404 if number < 10 else 429)
    assert (await ask(app, "GET", f"{path}{'R' * 43}", address="203.0.113.9")).status == 200
