"""AZ-05 and AZ-07 over the REST interface: what nobody may set is refused, and what is another's looks like what is not there."""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from crm_app.api.app import build_api, describe_api
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
from tests.security.world import ASKERS, World, fingerprint
from tests.web.asgi import Answer, ask

DOCUMENT = describe_api()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
NOBODYS = {
    "id": str(uuid4()), "owner_id": str(uuid4()), "user_id": str(uuid4()), "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z", "deleted_at": None,
    "archived_at": None, "source": "import", "search_text": "x", "sort_name": "x", "primary_email": "x@example.org", "last_contact_at": "2020-01-01T00:00:00Z", "role": "owner",
    "is_admin": True, "photo_id": str(uuid4()), "change_set": str(uuid4()), "author_id": str(uuid4()), "asked_audience": "team", "token_hash": "x", "scopes": "", "__class__": "x",
    "__proto__": {"role": "owner"}, "$where": "1", "model_config": {}, "completed_at": "2020-01-01T00:00:00Z", "folded": "x", "ID": str(uuid4()), "owner": "x", "": "x",
}  # fmt: skip
FOR_ADMINS = {"POST /v1/ai/providers"}
SHAPES: list[Any] = [{}, [], {"$gt": ""}, [[]], {"a": {"b": 1}}, [{"x": 1}], [None], {"__class__": "x"}, {"eq": "x"}]


@pytest.fixture(scope="module")
def place(grounds: Grounds) -> Iterator[tuple[Database, World, Any, dict[str, str]]]:
    """A small team behind the REST interface alone, in this process."""
    with grounds.copied() as (database, world), ProcessSandbox(1) as sandbox, ThreadPoolExecutor(2) as pool:
        bind_sandbox(sandbox)
        tokens = {name: give_token(database, ASKERS[name]) for name in ASKERS}
        yield database, world, build_api(token_resolver(SqlSessionStore()), executor=pool, rate_limit=Unlimited()), tokens


@pytest.fixture(autouse=True)
def _bound(place: tuple[Database, World, Any, dict[str, str]]) -> None:
    unit_of_work.bind(place[0].app)


async def _send(place: tuple[Database, World, Any, dict[str, str]], who: str, method: str, path: str, body: Any = None) -> Answer:
    headers = {"authorization": f"Bearer {place[3][who]}", **({"content-type": "application/json"} if body is not None else {})}
    return await ask(place[2], method, path, headers=headers, content=json.dumps(body).encode() if body is not None else b"")


def writing() -> list[tuple[str, dict[str, Any]]]:
    """Every operation that takes a body, with the model it takes."""
    found = []
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            if "requestBody" in operation:
                model = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
                found.append((f"{method.upper()} {path.removeprefix('/api')}", SCHEMAS[model]))
    return found


def _target(action: str, world: World) -> tuple[str, str, UUID]:
    """Something of the member's own that the operation would change."""
    method, path = action.split(" ")
    entity = next((name for name in ("contact", "interaction", "task", "tag") if f"{{{name}_id}}" in path), "contact")
    key = world.ids[entity].get("own:member") or world.ids[entity]["team"]
    return method, "/".join(str(key) if part.startswith("{") else part for part in path.split("/")), key


@pytest.mark.parametrize("action", [action for action, _ in writing()])
async def test_az_05_what_nobody_may_set_is_refused(action: str, place: tuple[Database, World, Any, dict[str, str]]) -> None:
    database, world = place[:2]
    method, path, key = _target(action, world)
    known = dict(writing())[action]["properties"]
    before = fingerprint(database)
    for name, value in NOBODYS.items():
        assert name not in known, f"{name} can be set from outside"
        body = {**(ROUTES[action](key, world.versions.get(key, 1)) or {}), name: value}
        answer = await _send(place, "member", method, path, body)
        assert answer.status == 422, (name, answer.text)
        assert (name or "body") in json.loads(answer.body)["error"]["fields"], answer.text
    assert fingerprint(database) == before


@pytest.mark.parametrize("action", [action for action, _ in writing()])
async def test_az_05_another_shape_than_asked_for_is_refused(action: str, place: tuple[Database, World, Any, dict[str, str]]) -> None:
    database, world = place[:2]
    method, path, key = _target(action, world)
    good = ROUTES[action](key, world.versions.get(key, 1)) or {}
    before = fingerprint(database)
    for name, schema in dict(writing())[action]["properties"].items():
        for value in SHAPES:
            if isinstance(value, dict) and _is_free(schema):
                continue  # any object is what is asked for; its service says what is wrong with it
            own_fields = schema.get("type") == "object" and isinstance(value, dict) and all(isinstance(inner, str) for inner in value.values())
            if own_fields or (not _is_scalar(schema) and value in ([], {})):
                continue
            answer = await _send(place, "member", method, path, {**good, name: value})
            assert answer.status == 422, (name, value, answer.text)
    assert fingerprint(database) == before
    for body in ([], "x", 1, None, True, [good], {"data": good}):
        assert (await _send(place, "member", method, path, body)).status == 422
    assert fingerprint(database) == before


def _is_free(schema: dict[str, Any]) -> bool:
    return any(kind.get("type") == "object" and kind.get("additionalProperties") is True for kind in [schema, *schema.get("anyOf", [])])


def _is_scalar(schema: dict[str, Any]) -> bool:
    kinds = [schema, *schema.get("anyOf", [])]
    return not any(kind.get("type") in ("array", "object") for kind in kinds)


@counted(400, 10_000, "bodies at random")
async def test_az_05_no_body_sets_an_owner_or_an_id(count: int, place: tuple[Database, World, Any, dict[str, str]]) -> None:
    """Bodies made of every known field and every forbidden one: whatever is taken, the new thing is its maker's."""
    seed, made = random.Random(5), 0
    for _ in range(count):
        action, model = seed.choice([(action, model) for action, model in writing() if action.startswith("POST") and "{" not in action])  # what makes something
        good = ROUTES[action](place[1].ids["calendar" if action == "POST /v1/events" else "contact"]["own:member"], 1) or {}
        extra = dict(seed.sample(sorted(NOBODYS.items(), key=str), seed.choice([0, 0, 1, 2])))
        odd = {name: seed.choice([None, "", "x", 0, -1, True, "team", "private", str(uuid4()), *SHAPES]) for name in seed.sample(sorted(model["properties"]), min(len(model["properties"]), seed.choice([0, 1, 2])))}
        who = "owner" if action in FOR_ADMINS else "member"
        answer = await _send(place, who, *action.split(" "), {**good, **odd, **extra})
        assert answer.status in (200, 201, 202, 404, 409, 422), (action, odd, extra, answer.text)
        if answer.status in (201, 202):
            made += 1
            assert not extra
            mine = json.loads(answer.body)
            assert mine.get("owner_id", str(ASKERS[who].user_id)) == str(ASKERS[who].user_id)
    assert made > count / 10


READ = [("contact", "/v1/contacts/{}"), ("interaction", "/v1/interactions/{}"), ("task", "/v1/tasks/{}"), ("contact", "/v1/contacts/{}/interactions")]
WRITE = [("contact", "DELETE", "/v1/contacts/{}", None), ("task", "POST", "/v1/tasks/{}/complete", None), ("interaction", "DELETE", "/v1/interactions/{}", None),
         ("contact", "PUT", "/v1/contacts/{}/sensitive", {"health_goals": "x"}), ("task", "PATCH", "/v1/tasks/{}", {"version": 1, "title": "x"})]  # fmt: skip


@counted(40, 200, "askings each")
async def test_az_07_what_is_anothers_takes_as_long_as_what_is_not_there(count: int, place: tuple[Database, World, Any, dict[str, str]]) -> None:
    world = place[1]
    for entity, path in READ:
        foreign, taken = world.ids[entity]["private"], {"foreign": [], "missing": []}
        seen = set()
        for _ in range(count):
            for kind, key in (("foreign", foreign), ("missing", uuid4())):
                began = time.perf_counter()
                answer = await _send(place, "member", "GET", path.format(key))
                taken[kind].append(time.perf_counter() - began)
                seen.add((answer.status, answer.body, tuple(sorted(answer.headers.items()))))
        assert len(seen) == 1 and next(iter(seen))[0] == 404
        assert abs(statistics.median(taken["foreign"]) - statistics.median(taken["missing"])) <= 0.010, (path, taken)


@pytest.mark.parametrize("who", ["owner", "admin", "member"])
async def test_az_07_changing_what_is_anothers_looks_like_changing_nothing(who: str, place: tuple[Database, World, Any, dict[str, str]]) -> None:
    database, world = place[:2]
    before = fingerprint(database)
    for entity, method, path, body in WRITE:
        keys = [world.ids[entity]["private"], world.ids[entity]["private_trash"], uuid4()]
        answers = [await _send(place, who, method, path.format(key), body) for key in keys]
        assert {answer.status for answer in answers} == {404}
        assert len({(answer.body, tuple(sorted(answer.headers.items()))) for answer in answers}) == 1, path
    assert fingerprint(database) == before
