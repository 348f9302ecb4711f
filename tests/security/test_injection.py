"""INJ-01, INJ-02, INJ-03 and INJ-07: what people write is data, for the database and for the log; and no search is expensive."""

from __future__ import annotations

import io
import json
import logging
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import event, text

from crm_app.api.app import build_api, describe_api
from crm_app.api.tokens import token_resolver
from crm_app.domain import unit_of_work
from crm_app.domain.accounts import service as accounts
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.accounts.views import ProfileUpdate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactFilter
from crm_app.domain.errors import CrmError
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.unit_of_work import run_service
from crm_app.infrastructure.database import STATEMENT_SECONDS, _engine
from crm_app.infrastructure.logs import configure_logs
from crm_app.infrastructure.sandbox import ProcessSandbox
from tests.cluster import Database
from tests.security.calls import ROUTES
from tests.security.counts import counted
from tests.security.ground import Grounds
from tests.security.house import give_token
from tests.security.test_rights import Unlimited
from tests.security.world import ASKERS, World
from tests.web.asgi import ask

CANARY = "zqinject"
HOSTILE = [
    f"{CANARY}'--", f"{CANARY}'; drop table contact; --", f"' or '{CANARY}'='{CANARY}", f'{CANARY}" or 1=1', f"{CANARY}\\'", f"{CANARY}$$;select 1;$$", f"{CANARY}/*x*/",
    f"{CANARY}') union select token_hash from api_token --", f"{CANARY}%' escape '", f"{CANARY}:param %s %(name)s {{0}} ${{x}}", f"{CANARY}\x1a", f"{CANARY}ʼ or 1=1", f"{CANARY}＇; --",
    f"name;{CANARY}", f"name desc, (select 1 where '{CANARY}')", f"-{CANARY}", f"+{CANARY}", f"{CANARY}.owner_id", f"contact.{CANARY}", f"{CANARY}[]", f"{CANARY}[$ne]=1", f"{{\"{CANARY}\":1}}",
    f"Europe/{CANARY}'--", f"en'; {CANARY}", f"{CANARY} & !{CANARY} | ({CANARY}:*)", f"({CANARY}", f"{CANARY}<->{CANARY}", f"!{CANARY}:*A", f"\\{CANARY}", f"{CANARY}%_%_%", f"{CANARY}\u202e--",
    f"1; select pg_sleep(9) -- {CANARY}", f"1 and (select '{CANARY}')='x'", f"2026-01-01'::{CANARY}", f"null;{CANARY}", f"true;{CANARY}", f"{uuid4()}'{CANARY}", f"{CANARY}" * 20,
]  # fmt: skip
NASTY = [
    "%" * 200, "_" * 200, "\\" * 200, "a " * 100, "(" * 200, ")" * 200, "&" * 200, "!" * 200, "'" * 200, "a" * 200, "ab" * 100, "é" * 200, "ß" * 200, "\u0301" * 200, "ﷺ" * 100, "0" * 200,
    "+" * 200, "@" * 200, "." * 200, "-" * 200, "a.b@c " * 30, "ae" * 100, "ue oe ae " * 20, "x y z " * 30, "aa bb " * 30, "漢" * 200, "漢 字 " * 60, "ا" * 200, "👩‍👩‍👧‍👦" * 20, "\t" * 199 + "a",
    "a%b%c%" * 30, "a_b_c_" * 30, "(a+)+$", "(.*)*x" * 30, "[[:alpha:]]{1,99}" * 10, ":* & " * 40, "<-> " * 50, "|" * 200, "a|b|" * 50, "12 34 56 78 " * 16, "+44 7700 900123 " * 12,
    "ä ö ü " * 30, "aeaeae ueueue " * 14, "qu qu qu " * 22, "the of and " * 18, "i" * 200, "ı" * 200, "ſ" * 200, "ǆ" * 200, "Z̷" * 100,
]  # fmt: skip


@dataclass
class Ground:
    """A small team behind the REST interface, and every statement that went to its database."""

    database: Database
    world: World
    api: Any
    headers: dict[str, str]
    statements: set[str]

    async def ask(self, method: str, path: str, body: Any = None) -> int:
        """The status of an answer; what is no answer of ours fails."""
        headers = self.headers | ({"content-type": "application/json"} if body is not None else {})
        answer = await ask(self.api, method, path, headers=headers, content=json.dumps(body).encode() if body is not None else b"")
        assert answer.status < 500, (method, path, body, answer.text)
        return answer.status


@pytest.fixture(scope="module")
def ground(grounds: Grounds) -> Iterator[Ground]:
    with grounds.copied() as (database, world), ProcessSandbox(1) as sandbox, ThreadPoolExecutor(2) as pool:
        bind_sandbox(sandbox)
        seen = set[str]()
        event.listen(database.app, "before_cursor_execute", lambda _connection, _cursor, statement, *_: seen.add(statement))
        headers = {"authorization": f"Bearer {give_token(database, ASKERS['member'])}"}
        yield Ground(database, world, build_api(token_resolver(SqlSessionStore()), executor=pool, rate_limit=Unlimited()), headers, seen)


@pytest.fixture(autouse=True)
def _bound(request: pytest.FixtureRequest) -> None:
    if "ground" in request.fixturenames:
        unit_of_work.bind(request.getfixturevalue("ground").database.app)


def _questions(world: World) -> list[tuple[str, str]]:
    """Every parameter of every address that reads."""
    found = []
    for path, operations in describe_api()["paths"].items():
        place = path.replace("{contact_id}", str(world.ids["contact"]["team"]))
        found += [(place, parameter["name"]) for parameter in operations.get("get", {}).get("parameters", []) if parameter["in"] == "query"]
    return found


@counted(2_000, 20_000, "hostile questions")
async def test_inj_02_no_question_makes_a_statement_of_another_shape(count: int, ground: Ground) -> None:
    """Whatever is looked for, sorted and filtered by, the database hears a handful of statements, and words as parameters alone."""
    chance, questions = random.Random(2), _questions(ground.world)
    assert len(questions) >= 30
    ground.statements.clear()
    for _ in range(count):
        path, name = chance.choice(questions)
        second = f"&search={quote(chance.choice(HOSTILE))}" if path == "/v1/contacts" and name != "search" and chance.random() < 0.3 else ""
        await ground.ask("GET", f"{path}?{name}={quote(chance.choice(HOSTILE))}{second}")
    assert not [statement for statement in ground.statements if CANARY in statement]
    assert 10 <= len(ground.statements) <= 3 * len(questions), "shapes grow with what is asked"


async def test_inj_02_names_in_place_of_a_parameter_or_a_field_are_refused(ground: Ground) -> None:
    ground.statements.clear()
    for value in HOSTILE:
        assert await ground.ask("GET", f"/v1/contacts?{quote(value)}=x") == 422
        assert await ground.ask("POST", "/v1/contacts", {"display_name": "A", value: "x"}) == 422
        assert await ground.ask("GET", f"/v1/contacts/{quote(value, safe='')}") in (404, 422)
    assert not [statement for statement in ground.statements if CANARY in statement]


async def test_inj_01_what_is_written_reaches_the_database_as_a_parameter(ground: Ground) -> None:
    """Every text that any body takes, with hostile text; and the words that choose a zone, a language and a view."""
    ground.statements.clear()
    written = 0
    for action, body in ROUTES.items():
        method, path = action.split(" ")
        key = next((ground.world.find(entity, "own", "member") for entity in ("contact", "interaction", "task") if f"{{{entity}_id}}" in path), ground.world.find("contact", "own", "member"))
        address = "/".join(str(key) if part.startswith("{") else part for part in path.split("/"))
        for name, value in (body(key, 1) or {}).items():
            for hostile in HOSTILE if isinstance(value, str) else ():
                await ground.ask(method, address, {**body(key, 1), name: hostile})
                written += 1
    assert written >= 200
    for hostile in HOSTILE:
        for field in ("time_zone", "locale", "name", "theme"):
            _try(lambda field=field, hostile=hostile: ProfileUpdate(**{"name": "M", field: hostile}))
    assert not [statement for statement in ground.statements if CANARY in statement]
    with ground.database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from contact")).scalar() > 0


def _try(make: Any) -> None:
    try:
        run_service(ASKERS["member"], accounts.update_profile, make())
    except (CrmError, ValueError):
        return


def test_inj_03_no_search_is_expensive(ground: Ground) -> None:
    """Fifty nasty things to look for, each in well under a second; and there is an end to any statement."""
    assert len(NASTY) >= 50
    for words in NASTY:
        began = time.perf_counter()
        run_service(ASKERS["member"], contacts.list_contacts, ContactFilter(search=words[:200]))
        assert time.perf_counter() - began < 1.5, words
    with pytest.raises(ValueError, match="200"):
        ContactFilter(search="x" * 201)


def test_inj_03_a_statement_ends_after_five_seconds(ground: Ground) -> None:
    engine = _engine(ground.database.app.url.render_as_string(hide_password=False).replace("+psycopg", ""), 1)
    with engine.connect() as connection:
        assert connection.execute(text("show statement_timeout")).scalar() == f"{STATEMENT_SECONDS}s"
    engine.dispose()
    assert STATEMENT_SECONDS <= 5


@contextmanager
def _log() -> Iterator[io.StringIO]:
    """The product's own log, into memory; everything is put back afterwards."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    try:
        configure_logs("INFO")
        root.handlers[0].setStream(written)  # type: ignore[attr-defined]
        yield written
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()


FORGERIES = ["\r\n", "\n", "\r", "\x1b[2K\x1b[1A", "\x1b]0;x\x07", "\u202e", "\u2066", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x00", "\x08" * 40, '"}\n{"event":"forged"', "\\u000aforged", "\ud800"]


@pytest.mark.parametrize("forgery", FORGERIES, ids=ascii)
def test_inj_07_nothing_splits_or_forges_a_line(forgery: str) -> None:
    hostile = f'x{forgery}{{"event": "forged", "level": "info"}}'
    with _log() as written:
        structlog.get_logger("crm").warning(hostile, who=hostile, **{"strange key" + forgery: hostile})
        logging.getLogger("some.library").warning("said %s", hostile)
        try:
            raise ValueError(hostile)
        except ValueError:
            structlog.get_logger("crm").exception("went wrong")
    lines = written.getvalue().split("\n")
    assert lines.pop() == "" and len(lines) == 3
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert [json.loads(line)["event"] for line in lines] == [hostile, f"said {hostile}", "went wrong"]
