"""API-01: a key for programs is shown once, kept as a hash, narrow, ends by itself, is found by secret scanners, and stands nowhere else."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from crm_app.domain.accounts import service as accounts
from crm_app.domain.rows import now
from crm_app.domain.unit_of_work import run_service
from tests.security.house import House
from tests.security.world import ASKERS

SCANNED_FOR = re.compile(r"\bmcrm_[A-Za-z0-9_-]{43}\b")
MEMBER = ASKERS["member"]


@pytest.fixture
def made(house: House) -> tuple[object, str]:
    return run_service(MEMBER, accounts.create_token, "for a script", ("contact:read", "tag:read"))


def _everything(house: House) -> str:
    """Every column of every table, bytes as hexadecimal digits."""
    with house.database.owner.connect() as connection:
        tables = connection.execute(text("select tablename from pg_tables where schemaname = 'public'")).scalars().all()
        return " ".join(str(connection.execute(text(f"select coalesce(string_agg(to_jsonb(t)::text, ' '), '') from {table} t")).scalar()) for table in tables)


def test_api_01_the_secret_is_shown_once_and_kept_as_a_hash(house: House, made: tuple[object, str]) -> None:
    view, secret = made
    assert SCANNED_FOR.fullmatch(secret), "a form that secret scanners can look for"
    kept = _everything(house)
    assert secret not in kept and secret[5:] not in kept and secret.encode().hex() not in kept
    assert hashlib.sha256(secret.encode()).hexdigest() in kept
    assert secret not in view.model_dump_json() and secret not in str(run_service(MEMBER, accounts.list_tokens))
    assert len(secret) - len(view.prefix) >= 30, "what is shown of it helps nobody to guess the rest"


def test_api_01_it_does_what_its_scopes_say_until_it_ends(house: House, made: tuple[object, str]) -> None:
    view, secret = made
    with house.visitor() as client:
        client.headers = {"host": house.host, "authorization": f"Bearer {secret}"}
        assert client.get("/api/v1/contacts").status_code == 200
        assert client.get("/api/v1/tasks").status_code == 403 and client.post("/api/v1/tags", json={"name": "x"}).status_code == 403
        used = next(token for token in run_service(MEMBER, accounts.list_tokens) if token.id == view.id)
        assert used.last_used_at is not None and now() - used.last_used_at < timedelta(minutes=2)
        run_service(MEMBER, accounts.revoke_token, view.id)
        assert client.get("/api/v1/contacts").status_code == 401
        short = run_service(MEMBER, accounts.create_token, "short", (), now() + timedelta(seconds=1))[1]
        client.headers["authorization"] = f"Bearer {short}"
        with house.database.owner.begin() as connection:
            connection.execute(text("update api_token set expires_at = now() - interval '1 second' where token_hash = :hash"), {"hash": hashlib.sha256(short.encode()).digest()})
        assert client.get("/api/v1/contacts").status_code == 401


def test_api_01_it_is_never_taken_from_an_address_and_never_stands_in_the_log(house: House, made: tuple[object, str]) -> None:
    _, secret = made
    with house.visitor() as client:
        client.headers = {"host": house.host}
        for path in (f"/api/v1/contacts?token={secret}", f"/api/v1/contacts?access_token={secret}", f"/api/v1/contacts?api_key={secret}", f"/api/v1/{secret}", f"/{secret}"):
            assert client.get(path).status_code in (401, 404)
        assert client.get("/api/v1/contacts", headers={"cookie": f"{house.cookie_name}={secret}"}).status_code == 401
        client.headers["authorization"] = f"Bearer {secret}"
        answers = [client.get("/api/v1/contacts"), client.get("/api/v1/tasks"), client.post("/api/v1/tags", content=b"{", headers={"content-type": "application/json"}),
                   client.get("/api/v1/contacts?limit=0"), client.get("/api/v1/nothing"), client.get("/metrics")]  # fmt: skip
    assert all(secret not in answer.text and secret not in str(answer.headers) for answer in answers)
    assert SCANNED_FOR.search(house.log.read_text()) is None
