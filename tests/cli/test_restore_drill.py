"""BAK-01, the drill on every change: one file, a fresh machine, and everything is there and works.

What could not be looked at fails the drill: nothing here is skipped.
"""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import psycopg
import pytest

from crm_app.infrastructure.database import Database, open_database
from tests.commands import run
from tests.e2e.conftest import stop_database
from tests.e2e.server import Server
from tests.infrastructure.servers import settings_for
from tests.practice import copy_practice

PHOTO = Path(__file__).parents[1] / "corpus" / "vcard" / "outlook-2007.vcf"


def contents(database: Database) -> dict[str, tuple[int, str]]:
    """Rows and a checksum of every table, counted here and not by the code under test."""
    with database.owner_connection() as connection:
        connection.execute("set timezone = 'UTC'")
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public' order by 1").fetchall()
        return {table: _table(connection, table) for (table,) in tables}


def _table(connection: psycopg.Connection, table: str) -> tuple[int, str]:
    row = connection.execute(f"select count(*), coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '') from {table} t".encode()).fetchone()
    assert row is not None
    return row[0], row[1]


def amcheck(database: Database) -> int:
    """Let PostgreSQL compare every index with its table and every table with itself; how many there were. Raises at the first fault."""
    ours = "join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam where c.relnamespace = 'public'::regnamespace and a.amname = 'btree'"
    with database.owner_connection() as connection:
        connection.execute("create extension if not exists amcheck")
        seen = connection.execute(f"select bt_index_parent_check(i.indexrelid, true, true) from pg_index i {ours}".encode()).rowcount
        tables = "select c.relname from pg_class c, verify_heapam(c.oid) where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'"
        assert connection.execute(tables.encode()).fetchall() == []
    return seen


def sign_in(server: Server, email: str, password: str) -> int:
    with httpx.Client(base_url=server.address) as browser:
        form = browser.get("/signin")
        token = re.search(r'name="form_token" value="([^"]+)"', form.text)
        assert token, form.text[:2000]
        fields = {"form_token": token[1], "email": email, "password": password}
        browser.post("/signin", data=fields, headers={"Origin": server.address, "Sec-Fetch-Site": "same-origin"})
        return browser.get("/contacts").status_code


@pytest.mark.timeout(300)
def test_bak_01_a_fresh_machine_has_everything_and_people_sign_in(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    old, new, safe = (tmp_path / name for name in ("old", "new", "safe"))
    for folder in (old, new, safe):
        folder.mkdir()
    people = copy_practice(old / "data", tmp_path_factory)
    run(old, "import", str(PHOTO), "--as", people[0][0], "--json")
    bearer = run(old, "token", "create", "--as", people[0][0], "--name", "script")
    (safe / "backup.key").write_text("Ur8mC1nZ0xkQ5vB7pLs2Tg9y\n")
    run(old, "backup", "--out", str(tmp_path / "all.backup"), "--key-file", str(safe / "backup.key"))

    assert "is encrypted" in run(new, "restore", str(tmp_path / "all.backup"), fails=True)
    run(new, "restore", str(tmp_path / "all.backup"), "--verify", "--key-file", str(safe / "backup.key"))
    run(new, "restore", str(tmp_path / "all.backup"), "--key-file", str(safe / "backup.key"))
    assert (new / "data" / "secret.key").read_text() == (old / "data" / "secret.key").read_text()

    key = (new / "data" / "secret.key").read_text()
    with open_database(settings_for(old / "data", secret_key=key)) as before, open_database(settings_for(new / "data", secret_key=key)) as after:
        there = contents(before)
        assert contents(after) == there
        assert not [table for table in ("contact", "interaction", "task", "blob", "credential", "api_token", "change") if not there[table][0]]
        assert amcheck(after) > 50

    server = Server(new / "data").start()
    try:
        assert [sign_in(server, *person) for person in people] == [200, 200]
        assert sign_in(server, people[0][0], "another password of hers") != 200
        answer = httpx.get(f"{server.address}/api/v1/contacts", headers={"Authorization": f"Bearer {bearer}"})
        assert answer.status_code == 200 and answer.json()["items"]
    finally:
        server.stop()
        stop_database(new / "data")


def test_a_key_beside_its_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "backup.key").write_text("Ur8mC1nZ0xkQ5vB7pLs2Tg9y\n")
    said = run(tmp_path, "backup", "--out", str(tmp_path / "all.backup"), "--key-file", str(tmp_path / "backup.key"), fails=True)
    assert "would lie beside the backup" in said
    assert not (tmp_path / "all.backup").exists()
