"""Servers for the tests of the database's edge: the embedded one, and one of the kind that a host brings along."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from crm_app.infrastructure.embedded_postgres import EmbeddedPostgres
from crm_app.settings import Settings, load_settings
from tests.memory import FOLDERS

DEBIAN = Path("/usr/lib/postgresql/15/bin")
KEY = "k3Jd8sLq0ZxW7vBn5mPt2yRf6uHc9aEg"


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder that every account may pass through, unlike pytest's own; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="crm-pg-", dir=os.environ.get(FOLDERS)))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def settings_for(folder: Path, **given: object) -> Settings:
    """Settings as of a host who chose a data folder and what ``given`` says, whatever the environment holds."""
    chosen = {"secret_key": KEY, "database_url": None, "database_app_url": None, "db_pool_size": 4, **given}
    return load_settings(_env_file=None, data_dir=folder, **chosen)


@dataclass(frozen=True)
class HostsServer:
    """A server whose administrator gave us a user that owns a database and is no superuser."""

    postgres: EmbeddedPostgres

    def url(self, user: str = "house", password: str = "pw", dbname: str = "crm", scheme: str = "postgresql") -> str:
        host = quote(str(self.postgres._running.sockets), safe="")
        return f"{scheme}://{user}:{password}@/{dbname}?host={host}"

    def run(self, *statements: str, dbname: str = "postgres") -> None:
        with psycopg.connect(self.postgres.owner_dsn(dbname), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@contextmanager
def hosts_server(folder: Path) -> Iterator[HostsServer]:
    """Debian's PostgreSQL 15 if it is here, else the wheel's, with the user ``house`` and its database ``crm``."""
    postgres = EmbeddedPostgres(folder / "host", durable=False, folders=[DEBIAN] if DEBIAN.exists() else None).start()
    try:
        server = HostsServer(postgres)
        server.run("create role house login createrole createdb password 'pw'", "create database crm owner house")
        yield server
    finally:
        postgres.stop()
