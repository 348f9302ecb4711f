"""The keys of stored passwords as a host meets them: lost, wrong, changed, backed up, and brought to another machine."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr

from crm_app.domain.ids import new_id
from crm_app.domain.sealing import CONNECTION_PASSWORD
from crm_app.domain.secret_box import Sealed
from crm_app.infrastructure.database import Database, open_database
from crm_app.infrastructure.key_ring import KEY_BYTES, KeyRing, read_ring, ring_key, write_ring
from crm_app.infrastructure.sealed_records import open_box
from crm_app.settings import Settings, load_settings
from tests.cli.test_bad_days import servers_over
from tests.commands import run
from tests.e2e.conftest import stop_database
from tests.e2e.server import Server
from tests.practice import copy_practice

pytestmark = pytest.mark.timeout(300)
START = ("run", "--no-browser", "--port", "0")
PASSWORD = "app password of a calendar"
INSERT = (
    "insert into connection (id, owner_id, audience, kind, name, url, username, inner_allowed, meetings_audience, state, interval_minutes, history_months, next_run_at, failures, reason) "
    "select %s, id, 'private', 'caldav', 'Calendar', 'https://dav.example.org/', 'mara', false, 'team', 'paused', 10, 12, now(), 0, '' from user_account where name = 'Mara Lindqvist'"
)


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Database, Settings]]:
    settings = load_settings(_env_file=None, data_dir=folder / "data", database_url=None, secret_key=None)
    with open_database(settings) as database:
        yield database, settings


def keep(folder: Path) -> UUID:
    """A connection of Mara's with a stored password, the only one there is."""
    made = new_id()
    with opened(folder) as (database, settings), database.owner_connection() as connection:
        sealed = open_box(database, settings).seal(CONNECTION_PASSWORD.of(made), SecretStr(PASSWORD))
        connection.execute("delete from connection_secret")
        connection.execute(INSERT, [made])
        connection.execute(
            "insert into connection_secret (owner_id, audience, connection_id, sealed, key_id) select owner_id, 'private', id, %s, %s from connection where id = %s", [sealed.content, sealed.key_id, made]
        )
    return made


def password(folder: Path, made: UUID) -> str:
    with opened(folder) as (database, settings), database.owner_connection() as connection:
        row = connection.execute("select sealed, key_id from connection_secret where connection_id = %s", [made]).fetchone()
        assert row is not None
        return open_box(database, settings).open(CONNECTION_PASSWORD.of(made), Sealed(*row)).get_secret_value()


def check(folder: Path) -> tuple[bool, str]:
    """What doctor says of the ring."""
    said = run(folder, "doctor", "--json", fails=False) if (folder / "data" / "key.ring").exists() else ""
    return next((each["ok"], each["detail"]) for each in json.loads(said)["checks"] if each["name"] == "key ring")


@pytest.fixture
def host(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host's folder with a practice in it."""
    monkeypatch.delenv("SECRET_KEY", raising=False)
    folder = tmp_path / "host"
    folder.mkdir()
    copy_practice(folder / "data", tmp_path_factory)
    return folder


def test_tok_06_without_its_key_it_does_not_start_and_makes_no_other(host: Path) -> None:
    made, ring = keep(host), host / "data" / "key.ring"
    assert stat.S_IMODE(ring.stat().st_mode) == 0o600
    whole = ring.read_text()
    ring.unlink()
    for words in (START, ("rotate-keys",)):
        said = run(host, *words, fails=True)
        assert "key.ring is missing, and with it the key that seals stored passwords" in said and "put the file back from your copy" in said
        assert not ring.exists() and servers_over(host / "data") == []
    write_ring(ring, KeyRing((ring_key(bytes(range(KEY_BYTES))),)))
    other = ring.read_text()
    assert "does not hold the key that seals stored passwords" in run(host, *START, fails=True)
    ring.write_text(whole[:-9])
    assert "is not whole: put it back from your copy" in run(host, *START, fails=True)
    assert ring.read_text() == whole[:-9] and other != whole
    ring.write_text(whole)
    server = Server(host / "data").start()
    try:
        assert password(host, made) == PASSWORD
        assert whole.splitlines()[-1] not in "\n".join(server.lines)
    finally:
        server.stop()
        stop_database(host / "data")


def test_tok_03_keys_are_changed_while_it_serves_and_old_ones_taken_out(host: Path) -> None:
    made, ring = keep(host), host / "data" / "key.ring"
    first = read_ring(ring)
    server = Server(host / "data").start()
    try:
        said = run(host, "rotate-keys")
        assert "1 stored password put under it" in said and "--remove-old` removes 1 older key: nothing is sealed with it now." in said
        now = read_ring(ring)
        assert now.keys[1:] == first.keys and password(host, made) == PASSWORD
        assert "less than five minutes ago" in run(host, "rotate-keys", "--remove-old", fails=True)
        assert "one at a time" in run(host, "rotate-keys", "--remove-old", "--forget-lost", fails=True)
        assert "Every stored password opens" in run(host, "rotate-keys", "--forget-lost")
        assert not [line for line in (said, *server.lines) if any(key in line for key in ring.read_text().splitlines() if not key.startswith("#"))]
    finally:
        server.stop()
        stop_database(host / "data")
    with opened(host) as (database, _), database.owner_connection() as connection:
        assert connection.execute("select action, details->>'records' from audit_entry where action like 'keys.%%'").fetchall() == [("keys.changed", "1")]


def test_bak_01_an_encrypted_backup_brings_the_keys_and_another_does_not(host: Path, tmp_path: Path) -> None:
    made, words = keep(host), tmp_path / "safe" / "backup.key"
    words.parent.mkdir()
    words.write_text("Ur8mC1nZ0xkQ5vB7pLs2Tg9y\n")
    assert f"on another machine they need a copy of {host / 'data' / 'key.ring'}" in run(host, "backup", "--out", str(tmp_path / "open.backup"))
    assert "need a copy" not in run(host, "backup", "--out", str(tmp_path / "sealed.backup"), "--key-file", str(words))
    theirs = (host / "data" / "key.ring").read_text().splitlines()[-1].encode()
    assert theirs not in (tmp_path / "open.backup").read_bytes()

    there = tmp_path / "there"
    there.mkdir()
    said = run(there, "restore", str(tmp_path / "open.backup"))
    assert "Stored passwords in it (1) are sealed with a key that is not here" in said and "does not start without it" in said
    assert "is missing, and with it the key" in run(there, *START, fails=True)
    assert "Restored" in run(there, "restore", str(tmp_path / "sealed.backup"), "--key-file", str(words))
    assert password(there, made) == PASSWORD
    ok, detail = check(there)
    assert ok and "keep a copy where the backups are not" in detail

    kept = read_ring(there / "data" / "key.ring")
    write_ring(there / "data" / "key.ring", KeyRing((ring_key(bytes(range(KEY_BYTES))),)))
    run(there, "restore", str(tmp_path / "sealed.backup"), "--key-file", str(words))
    assert read_ring(there / "data" / "key.ring").keys == (ring_key(bytes(range(KEY_BYTES))), *kept.keys), "no key that was here goes"

    (there / "data" / "key.ring").unlink()
    assert "Removed 1 stored password that no key opens any more" in run(there, "rotate-keys", "--forget-lost")
    with opened(there) as (database, settings):
        assert open_box(database, settings)
