"""TOK-01 and TOK-04: a stored password is read by whoever syncs with it, and reaches nobody: not its owner, no dump, no answer, no page, no export, no log."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import Connection, ConnectionSecret
from crm_app.domain.ids import new_id
from crm_app.domain.sealing import CONNECTION_PASSWORD, bind_box, bound_box
from crm_app.domain.secret_box import Sealed
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.infrastructure.embedded_postgres import find_binaries
from crm_app.infrastructure.key_ring import RingKey, derived_ring
from crm_app.infrastructure.secret_box import AesSecretBox
from crm_app.pages.routes import ROUTES as PAGES
from tests.security.calls import SERVICES
from tests.security.house import SECRET, House
from tests.security.test_canaries import _answer, _crawl, _reading
from tests.security.test_rights import MATRIX
from tests.security.world import ASKERS, OTHER
from tests.web.edge import HTML

PASSWORD = "zq-canary-of-a-stored-password"
WRITERS = [*(ASKERS[role] for role in ("owner", "admin", "member")), OTHER]
ROLES = ("owner", "admin", "member", "viewer")
Kept = dict[str, bytes]


def ring_of_the_house() -> RingKey:
    return derived_ring(SECRET.encode()).newest


@pytest.fixture
def kept(house: House) -> Iterator[Kept]:
    """One connection of each who may have one, its password sealed as the running server would; what of it must be met nowhere."""
    bind_box(lambda: AesSecretBox(lambda: derived_ring(SECRET.encode())))
    sealed = [_keep(actor) for actor in WRITERS]
    yield {"what is sealed": PASSWORD.encode(), "the key": ring_of_the_house().secret} | {f"{number}": each.content for number, each in enumerate(sealed)}
    with house.database.owner.begin() as connection:
        connection.execute(text("delete from connection where name like 'canary %'"))


def _keep(actor: Actor) -> Sealed:
    with unit_of_work(actor, "test") as session:
        made = Connection(owner_id=actor.user_id, audience="private", kind="caldav", name=f"canary {new_id()}", url="https://dav.example.org/", username="x", state="paused")
        session.add(made)
        session.flush()
        sealed = bound_box().seal(CONNECTION_PASSWORD.of(made.id), SecretStr(PASSWORD))
        session.add(ConnectionSecret(owner_id=actor.user_id, audience="private", connection_id=made.id, sealed=sealed.content, key_id=sealed.key_id))
    assert bound_box().open(CONNECTION_PASSWORD.of(made.id), sealed).get_secret_value() == PASSWORD
    return sealed


def met(kept: Kept, said: bytes, *, sealed_too: bool = True) -> list[str]:
    """What of it stands there, as it is, in base64 from any of three beginnings, or in hexadecimal digits."""
    looked = {name: value for name, value in kept.items() if sealed_too or not name.isdecimal()}
    return [name for name, value in looked.items() if any(form in said or form in said.lower() for form in forms(value))]


def forms(value: bytes) -> Iterator[bytes]:
    yield from (value, value.hex().encode(), value.lower())
    for skipped in range(3):
        whole = base64.b64encode(bytes(skipped) + value)
        yield whole[-(-skipped * 8 // 6) : -4]


def test_tok_01_a_stolen_dump_holds_neither_what_is_sealed_nor_a_key(house: House, kept: Kept) -> None:
    dumped = _dumped(house)
    assert met(kept, dumped, sealed_too=False) == []
    assert met(kept, dumped), "what is sealed is in the dump: the search would find what it looks for"
    assert met(kept, base64.b64encode(b"ab" + PASSWORD.encode() + b"c")) and met(kept, f"x{PASSWORD}".encode().hex().upper().encode())


def _dumped(house: House) -> bytes:
    tool = find_binaries().folder / "pg_dump"
    dsn = house.database.server.owner_dsn(house.database.name)
    done = subprocess.run([str(tool), "--format=plain", f"--dbname={dsn}"], capture_output=True, check=True)
    inserts = subprocess.run([str(tool), "--data-only", "--inserts", f"--dbname={dsn}"], capture_output=True, check=True)
    return done.stdout + inserts.stdout


@pytest.mark.parametrize("role", ROLES)
def test_tok_04_no_page_and_no_file_shows_it(role: str, house: House, kept: Kept) -> None:
    browser = house.browser(role)
    part = ("profile", "security", "tags", "data", "connections", "mail", "team", "audit")
    pages = {path.replace("{part}", name) for path in PAGES for name in part if "{contact_id}" not in path}
    files = {f"/downloads/contacts/{kind}" for kind in ("csv", "vcard", "json")}
    said = {address: browser.get(address, headers=HTML).content for address in sorted(pages | files)}
    assert [address for address, body in said.items() if met(kept, body)] == [] and len(said) >= 15


def test_tok_04_no_program_is_answered_it_not_even_its_owners(house: House, kept: Kept) -> None:
    answers = _crawl(house, list(dict.fromkeys(_reading(house.world, ("zqnothing", PASSWORD)))))
    assert len(answers) == 6 and all(len(each) >= 100 for each in answers.values())
    assert [(role, address) for role, each in answers.items() for address, (_, body) in each.items() if PASSWORD not in address and met(kept, body)] == []


@pytest.mark.parametrize("role", ROLES)
def test_tok_04_no_service_returns_it(role: str, house: House, kept: Kept) -> None:
    asker, looked = replace(ASKERS[role], via="web"), 0
    for action, arguments in SERVICES.items():
        places = house.world.ids.get(MATRIX["services"][action][0], {})
        key = places.get(f"own:{role}", places.get("team", uuid4()))
        answer = _answer(asker, action, arguments(key, 1))
        assert met(kept, str(answer).encode() + repr(answer).encode()) == [], action
        looked += 1
    assert looked > 100


def test_tok_04_the_log_and_the_history_know_nothing_of_it(house: House, kept: Kept) -> None:
    assert met(kept, house.log.read_bytes()) == []
    with house.database.owner.connect() as connection:
        for table in ("change", "audit_entry", "job", "notification", "outbox"):
            rows = connection.execute(text(f"select coalesce(string_agg(to_jsonb(t)::text, ' '), '') from {table} t")).scalar()
            assert met(kept, str(rows).encode()) == [], table


@pytest.mark.parametrize("ends", [Path("key.ring"), Path("secret.key")])
def test_tok_04_no_address_leads_to_a_key(ends: Path, house: House) -> None:
    for role in (None, "owner"):
        client = house.browser(role) if role else house.visitor()
        for address in (f"/{ends}", f"/static/{ends}", f"/static/../{ends}", f"/downloads/{ends}", f"/data/{ends}"):
            answer = client.get(address)
            assert answer.status_code in (303, 401, 403, 404) and ring_of_the_house().secret not in answer.content, address
