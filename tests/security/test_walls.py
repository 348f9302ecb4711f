"""Corners of the walls (rights, crypto, the gate) that nothing else of the product's tests turns: see ``make walls``."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from crm_app.api import limits
from crm_app.api.errors import error_response
from crm_app.api.gate import MAX_BODY, Gate, GateConfig, _replay, _Sender
from crm_app.api.limits import MemoryRateLimit
from crm_app.domain.access import require_hideable
from crm_app.domain.accounts.access import password_fault
from crm_app.domain.accounts.guessing import DatabaseStorage
from crm_app.domain.accounts.passwords import hash_password, needs_rehash
from crm_app.domain.actor import Actor
from crm_app.domain.audit import writing
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.errors import Forbidden, NotFound, Unavailable
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.access import get_visible_check_in
from crm_app.domain.goals.schemas import CheckInCreate, GoalCreate
from crm_app.domain.unit_of_work import run_service, unit_of_work
from crm_app.infrastructure.backup.cipher import OpeningReader, SealingWriter, usable_key
from tests.cluster import Database
from tests.security.test_rights import Unlimited
from tests.security.world import ASKERS, OTHER
from tests.web.fake_store import FakeSessionStore

KEY = b"a key of more than twenty letters"


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A gate before one open and one closed address."""

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await PlainTextResponse((await receive())["body"])(scope, receive, send)

    def resolve(token: str) -> Actor | None:
        if token == "mcrm_away":
            raise OperationalError("select", {}, ConnectionError("the database is away"))
        return ASKERS["member"] if token == "mcrm_right" else None

    with ThreadPoolExecutor(1) as pool:
        routes = [Route("/open", behind, methods=["GET", "POST"]), Route("/closed", behind, methods=["POST"])]
        yield Gate(behind, GateConfig(resolve, Unlimited(), pool, lambda: routes, frozenset({"/open"})))


async def _through(gate: Gate, path: str, *messages: dict[str, Any], headers: dict[str, str] | None = None, query: bytes = b"") -> tuple[int, bytes]:
    waiting, said = list(messages), []
    scope = {
        "type": "http", "method": "POST" if messages else "GET", "path": path, "query_string": query, "client": ("192.0.2.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await gate(scope, receive, send)
    return said[0]["status"], b"".join(message.get("body", b"") for message in said[1:])


JSON = {"authorization": "Bearer mcrm_right", "content-type": "application/json"}


async def test_what_is_no_request_passes_and_an_open_address_needs_no_token(gate: Gate) -> None:
    heard: list[str] = []

    async def listen(scope: Any, receive: Any, send: Any) -> None:
        heard.append(scope["type"])

    await Gate(listen, gate.config)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert heard == ["lifespan"]
    assert (await _through(gate, "/open"))[0] == 200
    assert (await _through(gate, "/closed", {"type": "http.request", "body": b""}))[0] == 401
    assert (await _through(gate, "/open", query=b"a=%00"))[0] == 422


async def test_a_body_that_comes_in_pieces_is_counted_and_may_break_off(gate: Gate) -> None:
    piece = {"type": "http.request", "body": b" " * (MAX_BODY // 2 + 1), "more_body": True}
    assert (await _through(gate, "/closed", piece, piece, headers=JSON))[0] == 413
    first, last = {"type": "http.request", "body": b'{"a":', "more_body": True}, {"type": "http.request", "body": b"1}"}
    assert await _through(gate, "/closed", first, last, headers=JSON) == (200, b'{"a":1}')
    assert (await _through(gate, "/closed", first, {"type": "http.disconnect"}, headers=JSON))[0] == 400
    assert (await _through(gate, "/closed", last, headers=JSON | {"content-length": "-1"}))[0] == 413
    many = {"type": "http.request", "body": b"[" + b"1," * 10_000 + b"1]"}
    assert (await _through(gate, "/closed", many, headers=JSON))[0] == 422
    large = {"type": "http.request", "body": b"[%d]" % 2**64}
    assert (await _through(gate, "/closed", large, headers=JSON))[0] == 422


async def test_a_database_that_is_away_is_told_as_such(gate: Gate) -> None:
    status, body = await _through(gate, "/closed", {"type": "http.request", "body": b"{}"}, headers=JSON | {"authorization": "Bearer mcrm_away"})
    assert (status, json.loads(body)["error"]["code"]) == (503, "unavailable")


async def test_a_body_is_given_once_and_then_the_visitor_is_waited_for() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    replay = _replay(b"words", receive)
    assert await replay() == {"type": "http.request", "body": b"words", "more_body": False}
    assert await replay() == {"type": "http.disconnect"}


async def test_after_an_answer_has_begun_no_other_is_given() -> None:
    said: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    sender = _Sender(send)
    await sender.send({"type": "http.response.start", "status": 200, "headers": []})
    await sender.answer(error_response(500, "internal", "x"), {"type": "http"}, None)  # type: ignore[arg-type]
    assert len(said) == 1


def test_only_so_many_addresses_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_KNOWN", 2)
    limit = MemoryRateLimit()
    for number in range(3):
        limit.count_success(f"192.0.2.{number}")
    assert [limit.is_known(f"192.0.2.{number}") for number in range(3)] == [False, True, True]


def test_a_crowd_of_wrong_tokens_closes_the_door_to_strangers_alone() -> None:
    limit = MemoryRateLimit()
    limit.count_success("192.0.2.1")
    for number in range(2_000):
        limit.count_failure(f"198.51.{number // 250}.{number % 250}")
    assert limit.is_blocked("203.0.113.9") and limit.is_blocked("192.0.2.1") is None


def test_only_its_owner_hides_a_thing() -> None:
    row: Any = SimpleNamespace(owner_id=OTHER.user_id, audience="team")
    for who in (ASKERS["owner"], ASKERS["member"]):
        with pytest.raises(Forbidden):
            require_hideable(who, row, "private")
        require_hideable(who, row, "team")
    require_hideable(OTHER, row, "private")


def test_who_acts_has_a_zone_and_may_act_through_a_job() -> None:
    who = replace(OTHER, time_zone="Asia/Tokyo")
    assert who.zone == ZoneInfo("Asia/Tokyo")
    assert who.on_behalf("job") == replace(who, via="job")


def test_counters_live_in_the_database_alone() -> None:
    storage = DatabaseStorage(FakeSessionStore())
    assert storage.check() is True and storage.reset() is None
    storage.incr("key", 60)
    storage.clear("key")
    assert storage.get("key") == 0


def test_a_hash_of_weaker_settings_is_made_anew() -> None:
    assert not needs_rehash(hash_password("correct horse battery staple"))
    assert needs_rehash("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$gmVkzCcOzhcUTUjsRtmrsQ")


def test_nothing_is_sealed_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing._Binding, "key", None)
    with pytest.raises(RuntimeError):
        writing.bound_key()


def test_a_note_names_the_session_it_was_made_in() -> None:
    session: Any = SimpleNamespace(info={})
    key = uuid4()
    assert writing.note(session, replace(OTHER, session_id=key), "tests.note", count=1) == {"count": 1, "session": str(key)}
    assert writing.note(session, OTHER, "tests.note") == {}


@pytest.mark.parametrize("weak", [b"short", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaa", b"  abcdefghij1234567   "])
def test_a_weak_key_closes_nothing(weak: bytes) -> None:
    with pytest.raises(Unavailable):
        usable_key(weak, "MINDFULCRM_BACKUP_KEY")


def test_a_strong_key_loses_the_space_round_it_and_closing_twice_seals_once(tmp_path: Path) -> None:
    file, key = io.BytesIO(), usable_key(b" " + KEY + b"\n", "MINDFULCRM_BACKUP_KEY")
    assert key == KEY
    writer = SealingWriter(file, key)
    assert writer.writable()
    writer.write(b"words")
    writer.close()
    length = len(file.getvalue())
    writer.close()
    assert len(file.getvalue()) == length
    assert OpeningReader(file, KEY, tmp_path / "backup").read(5) == b"words"


def test_the_end_of_the_log_is_known_by_its_number(database: Database, olivia: Actor) -> None:
    with unit_of_work(olivia, "tests.head") as session:
        before = writing.read_head(session)
    with unit_of_work(olivia, "tests.note") as session:
        writing.note(session, olivia, "tests.note")
    with unit_of_work(olivia, "tests.head") as session:
        after = writing.read_head(session)
    assert after is not None and after[0] == (before[0] if before else 0) + 1 and len(after[1]) == 32


def test_whoever_is_signed_in_guesses_their_own_password_only_so_often(database: Database, alice: Actor) -> None:
    said = []
    for _ in range(12):
        with unit_of_work(alice, "tests.guess") as session:
            said.append(password_fault(session, alice, "not this one", "person.password_refused"))
    assert said[0] == "This is not your current password." and "Wait" in str(said[-1])


def test_a_check_in_that_goes_while_one_waits_for_its_goal_is_not_there(database: Database, alice: Actor) -> None:
    goal = run_service(alice, goals.create_goal, GoalCreate(contact_id=_contact(alice), title="Sleep", start_value=5, target_value=7, deadline=date.today() + timedelta(days=30)))
    made = run_service(alice, goals.check_in, goal.id, CheckInCreate(value=6))
    with database.owner.connect() as connection, ThreadPoolExecutor(1) as pool:
        connection.execute(text("select from goal where id = :id for update"), {"id": goal.id})
        connection.execute(text("delete from goal_check_in where id = :id"), {"id": made.id})
        waiting = pool.submit(_look, alice, made.id)
        _until_one_waits(database)
        connection.commit()
        with pytest.raises(NotFound):
            waiting.result(10)


def _contact(who: Actor) -> Any:
    return run_service(who, contacts.create_contact, ContactCreate(display_name="Ann")).id


def _look(who: Actor, check_in_id: Any) -> None:
    with unit_of_work(who, "tests.look") as session:
        get_visible_check_in(session, who, check_in_id)


def _until_one_waits(database: Database) -> None:
    deadline = time.monotonic() + 10
    with database.owner.connect() as connection:
        while not connection.execute(text("select count(*) from pg_locks where not granted")).scalar():
            assert time.monotonic() < deadline, "nobody waited"
            time.sleep(0.02)
