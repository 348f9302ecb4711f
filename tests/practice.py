"""Data folders that are made once for a whole test run and copied for every test that wants one: a first start takes seconds, a copy none."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crm_app.infrastructure.database import migrate, open_database
from crm_app.infrastructure.embedded_postgres import EmbeddedPostgres, find_binaries
from tests.commands import run
from tests.infrastructure.servers import settings_for
from tests.unsynced import let_go

PASSWORD = "a long horse battery staple\n"


def copy_practice(data: Path, temporary: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Lay the demo's practice into ``data``, which must not exist; returns its people's addresses and passwords."""
    kept = _made_once(temporary, "practice", _write_practice)
    _copy(kept / "data", data)
    return re.findall(r"(\S+@\S+)\s+(\S+)", (kept / "said").read_text(encoding="utf-8"))


def copy_host(folder: Path, temporary: pytest.TempPathFactory, *people: tuple[str, str]) -> Path:
    """Make ``folder`` a host's, with data of before its first start and these people (name and role) at ``team.example``; returns ``folder``."""
    _copy(_made_once(temporary, "host", _write_host) / "data", folder / "data")
    for name, role in people:
        run(folder, "user", "create", "--email", f"{name.lower()}@team.example", "--name", name, "--role", role, "--password-stdin", given=PASSWORD)
    return folder


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """The database of a host's ``folder`` stays awake, as while an application runs: commands join it, and need not start and stop it each."""
    server = EmbeddedPostgres(folder / "data" / "postgres").start()
    try:
        yield folder
    finally:
        server.stop()


def copy_schema(data: Path, temporary: pytest.TempPathFactory) -> Path:
    """Lay a database that nobody has used into ``data``, as ``settings_for(data)`` opens it; returns ``data``."""
    _copy(_made_once(temporary, "schema", _write_schema) / "data", data)
    return data


def whole_run(temporary: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this test run share."""
    base = temporary.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def _made_once(temporary: pytest.TempPathFactory, name: str, write: Callable[[Path], str]) -> Path:
    kept = whole_run(temporary) / f"{name}-template"
    kept.mkdir(exist_ok=True)
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other worker may be writing it
        if not (kept / "said").exists():
            said = write(kept / "data")
            let_go(pgdata := kept / "data" / "postgres" / "pgdata")
            _leave_no_room(pgdata)
            (kept / "said").write_text(said, encoding="utf-8")
    return kept


def _leave_no_room(pgdata: Path) -> None:
    """Take away the pieces of the log that are kept for what is still to be written: a third of each copy, and made anew when it comes to that."""
    told = subprocess.run([find_binaries().folder / "pg_controldata", pgdata], check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout
    last = re.findall(r"REDO WAL file:\s+(\w{24})$", told, re.M)[0]
    for piece in (pgdata / "pg_wal").iterdir():
        if len(piece.name) == len(last) and piece.name > last:
            piece.unlink()


def _copy(kept: Path, data: Path) -> None:
    """As it is: the embedded database's folder belongs to another account when the tests run as root."""
    data.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", f"{kept}/.", str(data)], check=True)


def _write_practice(data: Path) -> str:
    """The people of ``mindfulcrm demo`` who have a story, in a new folder. It is the last to leave its database, which stops with it."""
    data.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "NICEGUI_", "MINDFULCRM_"))}
    demo = [sys.executable, "-m", "crm_app.cli", "demo", "--people", "0"]
    return subprocess.run(demo, env=kept | {"MINDFULCRM_DATA_DIR": str(data)}, check=True, capture_output=True, text=True).stdout


def _write_host(data: Path) -> str:
    """What the first start leaves behind."""
    return run(data.parent, "migrate", cold=True)


def _write_schema(data: Path) -> str:
    data.mkdir()
    with open_database(settings_for(data)) as database:
        return f"{len(migrate(database))} migrations"
