"""A REST client for each of the people, over ASGI and the real database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from crm_app.api.app import API_PREFIX, build_api
from crm_app.api.tokens import token_resolver
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.actor import Actor
from tests.cluster import Database

Client = Callable[..., TestClient]


@pytest.fixture(scope="session")
def api_threads() -> Iterator[ThreadPoolExecutor]:
    """The pool that services run in."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def api(database: Database, api_threads: ThreadPoolExecutor) -> FastAPI:
    """The REST interface, mounted as the product mounts it."""
    app = FastAPI(openapi_url=None)
    app.mount(API_PREFIX, build_api(token_resolver(SqlSessionStore()), executor=api_threads))
    return app


@pytest.fixture
def give_token(database: Database) -> Callable[..., str]:
    """``give_token(actor, scopes="", revoked=False, expires="null")``: a token in the clear."""

    def give(actor: Actor, scopes: str = "", revoked: bool = False, expires: str = "null") -> str:
        secret = f"mcrm_{uuid4().hex}{uuid4().hex[:11]}"
        with database.owner.begin() as connection:
            connection.execute(
                text(
                    "insert into api_token (id, user_id, name, prefix, token_hash, scopes, expires_at, revoked_at) values "
                    f"(:id, :who, 'test', 'mcrm_', :hash, :scopes, {expires}, case when :revoked then now() end)"
                ),
                {"id": uuid4(), "who": actor.user_id, "hash": hashlib.sha256(secret.encode()).digest(), "scopes": scopes, "revoked": revoked},
            )
        return secret

    return give


@pytest.fixture
def client(api: FastAPI, give_token: Callable[..., str]) -> Client:
    """``client(actor)``: a client that acts as that person; ``client(None)`` has no token."""

    def make(actor: Actor | None, **token: object) -> TestClient:
        headers = {"Authorization": f"Bearer {give_token(actor, **token)}"} if actor else {}
        return TestClient(api, base_url="http://localhost/api/v1", headers=headers, raise_server_exceptions=False)

    return make
