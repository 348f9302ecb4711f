"""PostgreSQL's own programs, run as the owner of one database: what they print, or one sentence that says why not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.backup.tls_bridge import bridged
from crm_app.infrastructure.embedded_postgres import speaks_tls

if TYPE_CHECKING:
    from crm_app.infrastructure.backup.file import Measured
    from crm_app.infrastructure.database import Database

_UNKNOWN_SETTING = 'unrecognized configuration parameter "transaction_timeout"'
_PIECE = 1 << 18
_running: set[subprocess.Popen[bytes]] = set()


def run_tool(database: Database, program: str, *options: str, connect: bool = True, tools: Path | None = None) -> str:
    """Run ``program`` on ``database`` (``connect=False``: on none) and return what it prints. Raises ``Unavailable``."""
    folder = tools or database.bin_dir
    with _target(database, folder, connect=connect) as (target, environment), tempfile.TemporaryFile("w+") as said:
        _run([folder / program, *target, *options], environment, said.fileno(), None)
        said.seek(0)
        return said.read()


def stream_tool(database: Database, program: str, *options: str, into: Measured) -> None:
    """Run ``program`` and pass what it prints on as it comes. Raises ``Unavailable``."""
    folder = database.bin_dir
    with _target(database, folder) as (target, environment):
        _run([folder / program, *target, *options], environment, subprocess.PIPE, into)


def end_running_tools() -> None:
    """End every program that runs for this process; whoever waits for one gets ``Unavailable``."""
    for running in list(_running):
        running.kill()


def _run(command: list[str | Path], environment: dict[str, str], stdout: int, into: Measured | None) -> None:
    with tempfile.TemporaryFile("w+") as words:
        with subprocess.Popen(command, env=environment, stdout=stdout, stderr=words) as running:  # noqa: S603  our own words
            _running.add(running)
            try:
                while into and running.stdout and (piece := running.stdout.read(_PIECE)):
                    into.write(piece)
                running.wait()
            finally:
                running.kill()
                _running.discard(running)
        words.seek(0)
        _refuse_failure(Path(command[0]).name, running.returncode, words.read())


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn the operating system's errors about a backup's file into ``Unavailable``."""
    try:
        yield
    except OSError as error:
        room = shutil.disk_usage(path.parent).free if path.parent.exists() else 0
        detail = f"{error.strerror} ({room // 2**20} MB are free)" if path.parent.exists() else f"the folder {path.parent} does not exist"
        raise Unavailable(f"The backup {path} cannot be written or read: {detail}.") from error


@contextmanager
def _target(database: Database, folder: Path, *, connect: bool = True) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The arguments that name the database, and the environment with the owner's password."""
    parts = {name: str(value) for name, value in conninfo_to_dict(database.owner_dsn).items()}
    environment = {"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": parts.pop("password", "")}
    parts.pop("require_auth", None)  # libpq before 16 does not know it
    if not connect:
        yield [], environment
    elif database.server or speaks_tls(folder):
        yield [f"--dbname={make_conninfo('', **parts)}"], environment
    else:
        with bridged(database.owner_dsn, parts) as near:
            yield [f"--dbname={make_conninfo('', **near)}"], environment


def _refuse_failure(program: str, code: int, words: str) -> None:
    # A newer pg_restore sets what an older server does not know; that alone does no harm. Any other error counts.
    errors = [line for line in words.splitlines() if "error:" in line.lower() and _UNKNOWN_SETTING not in line]
    if errors or (code and _UNKNOWN_SETTING not in words):
        reason = re.split("error:", (errors or words.strip().splitlines() or ["it gave no reason"])[0], maxsplit=1, flags=re.IGNORECASE)[-1]
        raise Unavailable(f"{program} could not do its part: {reason.strip().rstrip('.')}.")
