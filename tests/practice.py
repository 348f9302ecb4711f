"""Data folders that are made once for a whole test run and copied for every test that wants one: a first start takes seconds, a copy none."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from crm_app.infrastructure.database import migrate, open_database
from tests.infrastructure.servers import settings_for


def copy_practice(data: Path, temporary: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Lay the demo's practice into ``data``, which must not exist; returns its people's addresses and passwords."""
    kept = _made_once(temporary, "practice", _write_practice)
    _copy(kept / "data", data)
    return re.findall(r"(\S+@\S+)\s+(\S+)", (kept / "said").read_text(encoding="utf-8"))


def copy_schema(data: Path, temporary: pytest.TempPathFactory) -> Path:
    """Lay a database that nobody has used into ``data``, as ``settings_for(data)`` opens it; returns ``data``."""
    _copy(_made_once(temporary, "schema", _write_schema) / "data", data)
    return data


def _made_once(temporary: pytest.TempPathFactory, name: str, write: Callable[[Path], str]) -> Path:
    base = temporary.getbasetemp()
    kept = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"{name}-template"
    kept.mkdir(exist_ok=True)
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other worker may be writing it
        if not (kept / "said").exists():
            said = write(kept / "data")
            (kept / "said").write_text(said, encoding="utf-8")
    return kept


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


def _write_schema(data: Path) -> str:
    data.mkdir()
    with open_database(settings_for(data)) as database:
        return f"{len(migrate(database))} migrations"
