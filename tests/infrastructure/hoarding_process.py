"""A process that uses up its file handles and then does what needs one: the addresses of a database as its owner and as the application, a folder, and
the port of a server on this machine. It tells, as JSON, what came of each thing with so many handles left, and what of it afterwards.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import structlog

from crm_app.domain.errors import CrmError
from crm_app.domain.isolation import SandboxRefused
from crm_app.infrastructure.backup.making import write_backup
from crm_app.infrastructure.database import Database, _engine
from crm_app.infrastructure.outbound import Gate, OutboundError, Service
from crm_app.infrastructure.outbound_addresses import Allowance
from crm_app.infrastructure.private_file import replace_private
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.jobs.figures import problems

ENOUGH = 24
"""So many handles free, and nothing lacks any."""


@contextmanager
def _left(count: int) -> Iterator[None]:
    """So many file handles and no more."""
    low, high = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(int(name) for name in os.listdir("/proc/self/fd")) + 1 + ENOUGH, high))
    hoard: list[int] = []
    try:
        while True:
            hoard.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass
    for handle in hoard[len(hoard) - count :]:
        os.close(handle)
    try:
        yield
    finally:
        for handle in hoard[: len(hoard) - count]:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (low, high))


def _outcome(act: Callable[[], object]) -> str:
    try:
        act()
    except OSError as failure:
        return f"{type(failure).__name__}: {failure.strerror}"
    except (CrmError, SandboxRefused, OutboundError) as failure:
        return f"{type(failure).__name__}: {failure}"
    except psycopg.Error:
        return "the database is away"
    return "done"


def _acts(owner: str, app: str, folder: Path, port: int) -> dict[str, Callable[[], object]]:
    database = Database(owner, app, _engine(app, 1), 18, True)
    gate = Gate(lambda: {Allowance("127.0.0.1", port)})

    def read_in_sandbox() -> None:
        with ProcessSandbox(1) as sandbox:
            sandbox.run("crm_app.domain.imports.work:relay_json", b'{"contacts": []}')

    def ask_database() -> None:
        away = problems(database)
        database.app_engine.dispose()
        if away:
            raise CrmError(away[0])

    def back_up() -> None:
        (folder / "a.backup").unlink(missing_ok=True)
        write_backup(database, folder / "a.backup")

    return {
        "file": lambda: replace_private(folder / "kept", "new"), "gate": lambda: gate.open(Service.HTTP, "127.0.0.1", port).close(),
        "sandbox": read_in_sandbox, "database": ask_database, "backup": back_up,
    }  # fmt: skip


def main(owner: str, app: str, folder: str, port: str, *counts: str) -> None:
    """Everything once with plenty, with each of ``counts`` handles left, and with plenty again."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    place = Path(folder)
    acts = _acts(owner, app, place, int(port))
    told: dict[str, dict[str, str]] = {"before": {name: _outcome(act) for name, act in acts.items()}}
    open_before = psutil.Process().num_fds()
    for count in map(int, counts):
        for name, act in acts.items():
            (place / "kept").write_text("old")
            with _left(count):
                said = _outcome(act)
            left = sorted(path.name for path in place.iterdir() if path.name not in ("kept", "a.backup") or path.read_bytes() == b"")
            told.setdefault(name, {})[str(count)] = said
            told.setdefault("left", {})[f"{name} {count}"] = " ".join(left) + ("" if (place / "kept").read_text() in ("old", "new") else " half")
    told["after"] = {name: _outcome(act) for name, act in acts.items()}
    gc.collect()
    told["open"] = {"handles": str(psutil.Process().num_fds() - open_before), "children": str(len(psutil.Process().children())), "threads": str(threading.active_count())}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
