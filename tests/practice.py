"""The demo's practice as a data folder: written once for a whole test run, copied for every module that wants one."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


def copy_practice(data: Path, temporary: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Lay the practice into ``data``, which must not exist; returns its people's addresses and passwords."""
    base = temporary.getbasetemp()
    kept = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "practice-template"
    kept.mkdir(exist_ok=True)
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other worker may be writing it
        if not (kept / "said").exists():
            said = _write(kept / "data")
            (kept / "said").write_text(said, encoding="utf-8")
    # As it is: the embedded database's folder belongs to another account when the tests run as root.
    subprocess.run(["cp", "-a", str(kept / "data"), str(data)], check=True)
    return re.findall(r"(\S+@\S+)\s+(\S+)", (kept / "said").read_text(encoding="utf-8"))


def _write(data: Path) -> str:
    """``mindfulcrm demo`` in a new folder. It is the last to leave its database, which stops with it."""
    data.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "NICEGUI_", "MINDFULCRM_"))}
    demo = [sys.executable, "-m", "crm_app.cli", "demo"]
    return subprocess.run(demo, env=kept | {"MINDFULCRM_DATA_DIR": str(data)}, check=True, capture_output=True, text=True).stdout
