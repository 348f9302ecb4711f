"""From one major version of PostgreSQL to the next: the data moves into a new folder, and the old one is kept.

Whatever moment the process dies at, exactly one folder counts: ``pgdata`` while it is there, else ``pgdata.ready``, which has that
name only when everything is in it. ``settle`` is called before every start and knows no third case.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psutil

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.embedded_postgres.account import Account, account_for, reachable_binaries
from crm_app.infrastructure.embedded_postgres.binaries import Binaries, find_binaries
from crm_app.infrastructure.embedded_postgres.cluster import OWNER, Cluster, local_dsn
from crm_app.infrastructure.embedded_postgres.leases import Lease, exclusive, require_file_locks
from crm_app.infrastructure.embedded_postgres.reasons import in_one_sentence
from crm_app.infrastructure.embedded_postgres.sockets import socket_folder

NEXT, READY, BEFORE = "pgdata.next", "pgdata.ready", "pgdata.before-"
ROOM = 1.5  # the new folder, and the dump on its way there

Dsn = Callable[[str], str]
"""How the owner connects to a database of that name."""


def settle(root: Path) -> None:
    """Bring an upgrade that was cut short to its end, or clear away what it left. Call it under the start lock."""
    data, ready, unfinished = root / "pgdata", root / READY, root / NEXT
    if ready.exists() and not data.exists():
        ready.rename(data)
    for left in (ready, unfinished):
        if left.exists():
            _end_server(left)
            shutil.rmtree(left, ignore_errors=True)


def upgrade_data(root: Path, move: Callable[[Dsn, Dsn], None]) -> tuple[int, int]:
    """Move the data in ``root`` to the newest PostgreSQL on this machine; the major versions before and after.

    ``move`` carries everything from the old server to the new one, and raises when something is missing there. Nobody may use the
    database meanwhile. Raises ``Unavailable`` with one sentence; then everything is as it was.
    """
    require_file_locks()
    data = root / "pgdata"
    if not root.is_dir():
        raise _nothing_here(root)
    with in_one_sentence(root), exclusive(root / "start.lock"):
        settle(root)
        if not (data / "PG_VERSION").exists():
            raise _nothing_here(root)
        refuse_users(root)
        account, newest = account_for(data), find_binaries()
        was = int((data / "PG_VERSION").read_text(encoding="utf-8"))
        if newest.major <= was:
            return was, was
        _refuse_little_room(data)
        password = (root / "owner.password").read_text(encoding="utf-8")
        try:
            with _server(root, data, account, _of_major(was)) as old, _server(root, root / NEXT, account, newest, password) as new:
                move(_owner(old, password), _owner(new, password))
            exchange(root, kept_folder(root, str(was)))
        finally:
            clear(root)
    return was, newest.major


def clear(root: Path) -> None:
    """Remove what is left of a folder that was being made."""
    for left in (NEXT, f"run-{NEXT}"):
        shutil.rmtree(root / left, ignore_errors=True)


def kept_folder(root: Path, label: str) -> Path:
    """Where the data of before is kept: a name that nothing has yet."""
    names = (root / f"{BEFORE}{label}{'' if number == 1 else f'.{number}'}" for number in count(1))
    return next(name for name in names if not name.exists())


def exchange(root: Path, kept: Path) -> None:
    """Let ``NEXT`` take the place of the data, which is kept as ``kept`` if there was any."""
    (root / NEXT).rename(root / READY)
    if (root / "pgdata").exists():
        (root / "pgdata").rename(kept)
    (root / READY).rename(root / "pgdata")
    handle = os.open(root, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _server(root: Path, data: Path, account: Account, binaries: Binaries, password: str | None = None) -> Iterator[Cluster]:
    """A server over ``data``, stopped at the end; with ``password`` the folder is made first.

    If this process is killed, the server over ``pgdata`` stands where the next start looks for it.
    """
    cluster = Cluster(data, account, reachable_binaries(binaries, account, root), socket_folder(root, data, account))
    if password:
        cluster.initialise(password, durable=True)
    elif cluster.postmaster_lives():  # nobody's any more, so it may rest
        cluster.stop()
        socket_folder(root, data, account)
    cluster.configure(durable=True)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


def _owner(cluster: Cluster, password: str) -> Dsn:
    return lambda dbname: local_dsn(cluster.sockets, dbname, OWNER, password)


def _nothing_here(root: Path) -> Unavailable:
    return Unavailable(f"There is no database in {root} yet; the first start makes one.")


def _of_major(major: int) -> Binaries:
    try:
        return find_binaries(wanted_major=major, at_least=0)
    except Unavailable:
        raise Unavailable(f"To read the data of PostgreSQL {major}, its programs are needed once more: install PostgreSQL {major} on this machine.") from None


def refuse_users(root: Path) -> None:
    """Raise ``Unavailable`` while any process uses the database. Call it under the start lock."""
    lease = Lease(root / "lease")
    lease.take()
    if not lease.drop():
        raise Unavailable("MindfulCRM is running, and nobody may change anything while the data moves: stop it everywhere and try again.")


def _refuse_little_room(data: Path) -> None:
    size = sum(path.stat().st_size for path in data.rglob("*") if path.is_file() and not path.is_symlink())
    free = shutil.disk_usage(data).free
    if free < size * ROOM:
        raise Unavailable(f"Moving the data needs {int(size * ROOM) >> 20} MB on the disk that holds {data}, and {free >> 20} MB are free.")


def _end_server(data: Path) -> None:
    """End a server over ``data`` at once, as a power cut would; nobody uses it."""
    left = Cluster(data, Account(), Binaries(Path(), ""), Path()).processes()
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGQUIT)
    psutil.wait_procs(left, timeout=30)
