"""AZ-01, AZ-03: every cell of the rights matrix, for every service and every route, on one small team.

A test is one service or route with all its cells. A call that should be refused is made for real, and afterwards every row of every
table is as it was. A call that should be allowed is made in a transaction that is thrown away, so that the next cell finds the same ground.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import yaml
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session
from starlette.testclient import TestClient

import crm_app.domain
from crm_app.api.app import build_api
from crm_app.api.tokens import token_resolver
from crm_app.domain import unit_of_work
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.errors import CrmError
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.jobs.schemas import JobLost
from crm_app.domain.outbox.posting import bind_mail
from crm_app.infrastructure.sandbox import ProcessSandbox
from tests.cluster import Database
from tests.security.calls import KEYWORDS, MY_ATTACHED, MY_FILE, MY_UPLOAD, QUERIES, ROUTES, SERVICES, address_of
from tests.security.ground import Grounds
from tests.security.world import ASKERS, CANARY, DISABLED, World, fingerprint, refusals

MATRIX: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "rights_matrix.yaml").read_text(encoding="utf-8"))
COLUMNS: list[str] = MATRIX["columns"]
LOOKUPS = (".access", ".queries")  # what services look rows up with; only services are called from outside
STATUS = {"not_found": 404, "forbidden": 403}


@dataclass(frozen=True)
class Cell:
    """One question: may this asker do this to that?"""

    action: str
    entity: str
    ownership: str
    column: str
    expected: str

    def __str__(self) -> str:
        return f"{self.action.replace('/', '|')}-{self.ownership}-{self.column}-{self.expected}"


def cells(kind: str) -> list[Cell]:
    """All cells of all services or routes. A row that an entity does not know (only contacts can be locked) is left out."""
    found = []
    for action, (entity, right) in MATRIX[kind].items():
        for ownership, outcomes in MATRIX["rights"][right].items():
            if ownership == "locked" and entity != "contact":
                continue
            found += [Cell(action, entity, ownership, column, outcome) for column, outcome in zip(COLUMNS, outcomes, strict=True)]
    return found


def by_action(kind: str) -> dict[str, list[Cell]]:
    """The cells of each service or route."""
    found = defaultdict(list)
    for cell in cells(kind):
        found[cell.action].append(cell)
    return dict(found)


def services() -> dict[str, Any]:
    """Every public function of a ``service`` module that takes a session and an actor, under ``subject.name``."""
    found = {}
    for subject in pkgutil.iter_modules(crm_app.domain.__path__):
        if not subject.ispkg or importlib.util.find_spec(f"crm_app.domain.{subject.name}.service") is None:
            continue
        module = importlib.import_module(f"crm_app.domain.{subject.name}.service")
        for name, value in vars(module).items():
            home = getattr(value, "__module__", "")
            if name.startswith("_") or not inspect.isfunction(value) or not home.startswith(f"crm_app.domain.{subject.name}.") or home.endswith(LOOKUPS):
                continue
            if list(inspect.signature(value).parameters)[:2] == ["session", "actor"]:
                found[f"{subject.name}.{name}"] = value
    return found


def routes() -> set[str]:
    """Every route of the REST interface as ``METHOD /path``."""
    document = build_api(lambda token: None, threads=1).openapi()
    return {f"{method.upper()} {path}" for path, operations in document["paths"].items() for method in operations}


FOUND = services()
# What takes part in a service that is in the matrix, inside its transaction, and is never called from outside by itself.
INNER = {"requests.keep_answer"}


def test_no_service_is_missing_from_the_matrix() -> None:
    assert set(FOUND) - INNER == {name.partition("#")[0] for name in MATRIX["services"]}
    assert set(MATRIX["services"]) == set(SERVICES)


def test_no_route_is_missing_from_the_matrix() -> None:
    assert routes() == set(MATRIX["routes"])
    assert {route for route in routes() if route.startswith(("POST", "PATCH", "PUT")) and not route.endswith(("}/restore", "archive", "complete", "reopen", "}/undo", "/delegation", "timer/start", "timer/stop"))} == set(ROUTES)


def test_the_matrix_is_large_enough_to_mean_something() -> None:
    assert len(cells("services")) + len(cells("routes")) >= 1_500


@pytest.fixture(scope="module")
def ground(grounds: Grounds) -> Iterator[tuple[Database, World]]:
    """A database of its own, filled once: no cell changes it."""
    with grounds.copied() as filled, ProcessSandbox(1) as sandbox:
        bind_sandbox(sandbox)
        yield filled


@pytest.fixture(autouse=True)
def _bound(request: pytest.FixtureRequest) -> Iterator[None]:
    if "ground" in request.fixturenames:
        unit_of_work.bind(request.getfixturevalue("ground")[0].app)
        bind_mail("crm@stillwater.example")
    yield
    bind_mail("")


@pytest.fixture(scope="module")
def untouched(ground: tuple[Database, World], caller: dict[str, TestClient]) -> str:
    """The fingerprint of the ground, tokens included."""
    return fingerprint(ground[0])


class _ThrownAway(Exception):
    """Ends a transaction without keeping it."""


def attempt(cell: Cell, world: World, keep: bool) -> str:
    """What came of the call: ``ok``, or the code of its refusal."""
    key = world.find(cell.entity, cell.ownership, cell.column)
    service, arguments = FOUND[cell.action.partition("#")[0]], SERVICES[cell.action](key, world.versions.get(key, 1))
    for stands_for, kind in ((MY_UPLOAD, "upload"), (MY_FILE, "file"), (MY_ATTACHED, "letter_file")):
        arguments = tuple(world.ids[kind][f"own:{cell.column}"] if argument is stands_for else argument for argument in arguments)
    actor = replace(ASKERS[cell.column], via="api" if cell.column == "narrow" else "web")
    try:
        with unit_of_work.unit_of_work(actor, cell.action) as session:
            service(session, actor, *arguments, **KEYWORDS.get(cell.action, {}))
            session.flush()
            if not keep:
                raise _ThrownAway
    except _ThrownAway:
        return "ok"
    except CrmError as error:
        return error.code
    except JobLost:
        return "lost"
    return "ok"


@pytest.mark.parametrize("asked", by_action("services").values(), ids=lambda asked: asked[0].action)
def test_az_01_service(asked: list[Cell], ground: tuple[Database, World], untouched: str) -> None:
    database, world = ground
    answers = [(cell, attempt(cell, world, keep=cell.expected != "ok")) for cell in asked]
    assert [f"{cell}: {answer}" for cell, answer in answers if answer != cell.expected] == []
    assert fingerprint(database) == untouched, "a refused call changed something"


@pytest.fixture(scope="module")
def caller(ground: tuple[Database, World]) -> Iterator[dict[str, TestClient]]:
    """A client for each column, one for nobody, one with a wrong token, one of somebody who is disabled."""
    database, _ = ground
    tokens = {"nobody": "", "wrong": "mcrm_wrong", **{name: f"mcrm_{uuid4().hex}" for name in (*COLUMNS, "disabled")}}
    with database.owner.begin() as connection:
        for name in (*COLUMNS, "disabled"):
            who = ASKERS.get(name, DISABLED)
            connection.execute(
                text("insert into api_token (id, user_id, name, prefix, token_hash, scopes) values (:id, :who, 'test', 'mcrm_', :hash, :scopes)"),
                {"id": uuid4(), "who": who.user_id, "hash": hashlib.sha256(tokens[name].encode()).digest(), "scopes": " ".join(who.scopes)},
            )
    with ThreadPoolExecutor(2) as pool:
        api = build_api(token_resolver(SqlSessionStore()), executor=pool, rate_limit=Unlimited())
        yield {name: TestClient(api, headers={"Authorization": f"Bearer {token}"} if token else {}, raise_server_exceptions=False) for name, token in tokens.items()}


class Unlimited:
    """Lets the tests knock as often as they like."""

    def count_request(self, actor: object, weight: int = 1) -> int | None:
        """Never waits."""
        return None

    def count_failure(self, address: str) -> None:
        """Never counts."""

    def count_success(self, address: str) -> None:
        """Never counts."""

    def is_known(self, address: str) -> bool:
        """Everyone is."""
        return True

    def is_blocked(self, address: str) -> int | None:
        """Never waits."""
        return None


def ask(client: TestClient, action: str, key: UUID, version: int, attached: UUID | None = None) -> Any:
    """Send the route's request about this thing; ``attached`` is the file that hangs on the asker's own letter."""
    method, path = action.split(" ")
    body = ROUTES[action](key, version) if action in ROUTES else None
    address = address_of(path.replace("{file_id}", str(attached or MY_ATTACHED)), key)
    return client.request(method, address, params=QUERIES.get(action), **({"json": body} if body is not None else {}))


@contextmanager
def passing(database: Database) -> Iterator[None]:
    """Whatever the request commits is thrown away: its transactions are savepoints of one that never ends well."""
    with database.app.connect() as connection:
        outer = connection.begin()
        connection.begin_nested()
        unit_of_work.bind(connection)  # type: ignore[arg-type]
        try:
            yield
        finally:
            unit_of_work.bind(database.app)
            outer.rollback()


@pytest.mark.parametrize("asked", by_action("routes").values(), ids=lambda asked: asked[0].action.replace("/", "|"))
def test_az_01_route(asked: list[Cell], ground: tuple[Database, World], caller: dict[str, TestClient], untouched: str) -> None:
    database, world = ground
    before = refusals(database)
    for cell in asked:
        key = world.find(cell.entity, cell.ownership, cell.column)
        version, attached = world.versions.get(key, 1), world.ids["letter_file"][f"own:{cell.column}"]
        if cell.expected == "ok":
            with passing(database):
                answer = ask(caller[cell.column], cell.action, key, version, attached)
            assert answer.status_code in (200, 201, 202, 204), f"{cell}: {answer.text}"
            continue
        answer = ask(caller[cell.column], cell.action, key, version, attached)
        assert answer.status_code == STATUS[cell.expected], f"{cell}: {answer.text}"
        assert answer.json()["error"]["code"] == cell.expected, str(cell)
        assert CANARY not in answer.text, str(cell)
    assert refusals(database) == before + sum(cell.expected == "forbidden" for cell in asked), "AUD-02: what is refused stands in the audit log"
    assert fingerprint(database) == untouched, "a refused request changed something"


@pytest.mark.parametrize("action", MATRIX["routes"])
def test_az_01_route_needs_a_token(action: str, ground: tuple[Database, World], caller: dict[str, TestClient], untouched: str) -> None:
    key = ground[1].find("contact", "team", "owner")
    assert {stranger: ask(caller[stranger], action, key, 1).status_code for stranger in ("nobody", "wrong", "disabled")} == {"nobody": 401, "wrong": 401, "disabled": 401}
    assert fingerprint(ground[0]) == untouched


def test_az_07_foreign_and_missing_look_the_same(ground: tuple[Database, World], caller: dict[str, TestClient]) -> None:
    for entity, path in (("contact", "contacts"), ("interaction", "interactions"), ("task", "tasks"), ("goal", "goals"), ("programme", "programmes")):
        for column in ("owner", "member", "viewer"):
            answers = [caller[column].get(f"/v1/{path}/{ground[1].find(entity, ownership, column)}") for ownership in ("private", "private_trash", "missing")]
            assert len({(answer.status_code, answer.content, tuple(sorted(answer.headers.items()))) for answer in answers}) == 1


def test_az_02_raw_reads_of_every_table_show_nobody_anothers_private_rows(ground: tuple[Database, World]) -> None:
    database, world = ground
    hidden = {str(world.ids[entity]["private"]) for entity in ("contact", "interaction", "task", "goal", "check_in", "programme", "document", "job", "connection", "calendar", "drive", "drive_link", "address_book", "address_card", "event", "event_change", "thread", "mailbox", "mail_folder", "mail_rule", "letter", "template", "suggestion", "delegated_task", "conversation", "turn")}
    hidden.add(str(world.ids["analysis"]["private"]))
    hidden = {str(world.ids[entity]["private"]) for entity in ("contact", "interaction", "task", "goal", "check_in", "programme", "job", "connection", "calendar", "drive", "drive_link", "address_book", "address_card", "event", "event_change", "thread", "mailbox", "mail_folder", "mail_rule", "letter", "template", "suggestion", "conversation", "turn", "ai_call")}
    with database.owner.connect() as connection:
        tables = connection.execute(text("select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'")).scalars().all()
    looked = 0
    hidden |= {str(world.ids[entity]["private"]) for entity in ("ai_provider", "ai_model")}
    for asker in ASKERS.values():
        for table in tables:
            seen = _raw(asker, table)
            looked += seen is not None
            unseen = hidden - ({str(world.ids[entity]["private"]) for entity in ("connection", "mailbox", "ai_provider")} if table == "audit_entry" else set())  # what was done to it, by its id alone
            assert not any(key in (seen or "") for key in unseen), f"{asker.name} sees a private row in {table}"
    assert looked > len(ASKERS) * 10


def _raw(asker: Any, table: str) -> str | None:
    """Everything the role can read of a table, or None where it may read nothing."""
    try:
        with unit_of_work.unit_of_work(asker, "tests.raw") as session:
            assert isinstance(session, Session)
            return str(session.connection().execute(text(f"select coalesce(string_agg(to_jsonb(t)::text, ' '), '') from {table} t")).scalar())
    except ProgrammingError as error:
        assert "permission denied" in str(error)
        return None
