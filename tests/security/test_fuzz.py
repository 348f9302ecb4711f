"""FUZZ-01: whatever is asked of the REST interface, as whoever, is answered as its description says; nothing of ours ever breaks."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance
from sqlalchemy import text

from crm_app.api.app import API_PREFIX, build_api, describe_api
from crm_app.api.tokens import token_resolver
from crm_app.domain import unit_of_work
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.infrastructure.sandbox import ProcessSandbox
from tests.cluster import Database
from tests.security.calls import ROUTES
from tests.security.counts import counted
from tests.security.ground import Grounds
from tests.security.house import give_token
from tests.security.test_rights import Unlimited
from tests.security.world import ASKERS, World

ROLES = tuple(ASKERS)


class Door:
    """Stands for the application, which is built when there is a database for it, and is mounted at /api."""

    api: FastAPI

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass what comes on to it."""
        if scope["type"] == "http":
            scope["path"] = scope["path"].removeprefix(API_PREFIX)
        await self.api(scope, receive, send)


DOOR = Door()
SCHEMA = schemathesis.openapi.from_dict(describe_api())
SCHEMA.app = DOOR
OPERATIONS = {operation.label: operation for operation in (found.ok() for found in SCHEMA.get_all_operations())}
ENTITIES = ("contact", "interaction", "task", "tag", "notification", "change_set")
PLAIN = settings(derandomize=True, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


@dataclass
class Ground:
    """A small team behind the REST interface alone, in this process, and a key for each role."""

    database: Database
    world: World
    tokens: dict[str, str]

    def ask(self, case: Case, role: str) -> Any:
        """Send what was made up, with a real key."""
        case.headers["Authorization"] = f"Bearer {self.tokens[role]}"
        return case.call()

    def aim(self, case: Case) -> None:
        """Half of what is asked is asked about something that is there, in the version that it has."""
        chance = random.Random(f"{case.path_parameters}{case.query}{case.body}")  # the same case is aimed the same way when it is tried again
        for name in list(case.path_parameters or {}):
            entity = name.removesuffix("_id")
            if entity in ENTITIES and chance.random() < 0.5:
                key = chance.choice([*self.world.ids[entity].values()])
                case.path_parameters[name] = str(key)
                if isinstance(case.body, dict) and "version" in case.body and chance.random() < 0.8:
                    case.body["version"] = self._version(entity, key)

    def chain(self, role: str, label: str, key: UUID, version: int) -> Any:
        """Ask for an operation on something, with a body that fits; the answer, which is as described."""
        body = ROUTES[label](key, version) if label in ROUTES else None
        path = {name: str(key) for name in re.findall(r"{(\w+)}", label)}
        case = OPERATIONS[label].Case(path_parameters=path, headers={}, **({"body": body, "media_type": "application/json"} if body is not None else {}))
        answer = self.ask(case, role)
        case.validate_response(answer, excluded_checks=[positive_data_acceptance, ignored_auth])  # no key was made up that could be ignored
        return answer

    def _version(self, table: str, key: UUID) -> int:
        with self.database.owner.connect() as connection:
            return connection.execute(text(f"select version from {table} where id = :id"), {"id": key}).scalar() or 1


@pytest.fixture(scope="module")
def ground(grounds: Grounds) -> Iterator[Ground]:
    with grounds.copied() as (database, world), ProcessSandbox(1) as sandbox, ThreadPoolExecutor(2) as pool:
        bind_sandbox(sandbox)
        DOOR.api = build_api(token_resolver(SqlSessionStore()), executor=pool, rate_limit=Unlimited())
        yield Ground(database, world, {role: give_token(database, ASKERS[role]) for role in ROLES})


@pytest.fixture(autouse=True)
def _bound(ground: Ground) -> None:
    unit_of_work.bind(ground.database.app)


def _may_pass(case: Case) -> bool:
    """Whether what was made up as a fault is none: a header that no operation reads (the key is a real one by now), a moment written as
    a number, a text that is too long only by the letters which are taken out of every text (those of control)."""
    faults = [place for place, part in case.meta.components.items() if part.mode.is_negative] if case.meta else []
    cleaned = isinstance(case.body, dict) and any(isinstance(value, str) and not value.isprintable() for value in case.body.values())
    return set(faults) <= {ParameterLocation.HEADER, ParameterLocation.QUERY} or (set(faults) <= {ParameterLocation.HEADER, ParameterLocation.BODY} and cleaned)


def _fuzz(ground: Ground, label: str, mode: GenerationMode, cases: int) -> None:
    @settings(PLAIN, max_examples=cases)
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        if mode is GenerationMode.POSITIVE:
            ground.aim(case)
        # What fits a description may still be refused, for reasons that a description cannot say; and a real key is in the place of one made up.
        without = [positive_data_acceptance, ignored_auth, *([negative_data_rejection] if _may_pass(case) else [])]
        for role in ROLES:
            case.validate_response(ground.ask(case, role), excluded_checks=without)

    ask()


@pytest.mark.parametrize("label", OPERATIONS)
@counted(5_000, 100_000, "requests")
def test_fuzz_01_every_answer_is_as_described(count: int, label: str, ground: Ground) -> None:
    """An operation's share of the requests: what fits its description and what does not, half and half, each asked by every role."""
    each = -(-count // (len(OPERATIONS) * len(ROLES) * 2))
    _fuzz(ground, label, GenerationMode.POSITIVE, each)
    _fuzz(ground, label, GenerationMode.NEGATIVE, each)


def test_fuzz_01_what_is_given_empty_is_answered(ground: Ground) -> None:
    """``?after=``, as a form or a script sends it that has nothing to say there."""
    asked = 0
    for label, operation in OPERATIONS.items():
        path = {name: str(next(iter(ground.world.ids.get(name.removesuffix("_id"), {"": UUID(int=1)}).values()))) for name in re.findall(r"{(\w+)}", label)}
        for parameter in operation.query if label.startswith("GET ") else ():
            case = operation.Case(path_parameters=path, query={parameter.name: ""}, headers={})
            case.validate_response(ground.ask(case, "owner"), excluded_checks=[positive_data_acceptance, ignored_auth, negative_data_rejection])
            asked += 1
    assert asked > 60


@counted(25, 1_000, "chains of requests for each role")
def test_fuzz_01_what_one_answer_names_the_next_request_uses(count: int, ground: Ground) -> None:
    """Made, read, changed, deleted, brought back: each request is about what an answer before it named; what has gone is gone."""
    chance, met = random.Random(2), Counter[tuple[str, int]]()
    for role in ROLES:
        for _ in range(count):
            entity = chance.choice(ENTITIES[:4])
            key, version = ground.world.find("contact", "own", role), 1
            made = ground.chain(role, f"POST /v1/{entity}s", key, 1)
            key = UUID(made.json()["id"]) if made.status_code == 201 else ground.world.find(entity, "team", role)
            asked = [label for label in OPERATIONS if re.findall(r"{(\w+)}", label) == [f"{entity}_id"]]
            for label in chance.sample(asked, len(asked)):
                answer = ground.chain(role, label, key, version)
                met[label, answer.status_code] += 1
                version = answer.json().get("version", version) if answer.status_code == 200 else version
                if label.startswith("DELETE") and answer.status_code == 204 and entity != "tag":
                    assert ground.chain(role, f"GET /v1/{entity}s/{{{entity}_id}}", key, version).status_code == 404
    for label in OPERATIONS:
        if re.findall(r"{(\w+)}", label) in [[f"{entity}_id"] for entity in ENTITIES[:4]]:  # a chain knows one key at a time
            assert any(met[label, status] for status in (200, 201, 204)), f"no chain got through {label}"
