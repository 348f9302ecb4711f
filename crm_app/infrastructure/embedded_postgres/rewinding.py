"""The data as it was at an earlier moment: a copy of the folder, and PostgreSQL replays the archived log up to there.

It happens in a folder of its own, which takes the place of the data only when everything has been replayed; see ``upgrading`` for
what holds when the process dies half way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from crm_app.infrastructure.embedded_postgres.account import Account, account_for, reachable_binaries
from crm_app.infrastructure.embedded_postgres.binaries import find_binaries
from crm_app.infrastructure.embedded_postgres.cluster import OWNER, Cluster, local_dsn
from crm_app.infrastructure.embedded_postgres.leases import exclusive, require_file_locks
from crm_app.infrastructure.embedded_postgres.reasons import from_output, in_one_sentence
from crm_app.infrastructure.embedded_postgres.sockets import socket_folder
from crm_app.infrastructure.embedded_postgres.upgrading import NEXT, Dsn, clear, exchange, kept_folder, refuse_users, settle
from crm_app.infrastructure.ownership import give_to_owner_of_folder

LOG = "archive_log"
_HOW = {"restore_command": f"cp {LOG}/%f %p", "recovery_target_action": "promote"}


def rewind_data(root: Path, major: int, fill: Callable[[Path], str], goal: Mapping[str, str], check: Callable[[Dsn], None]) -> Path | None:
    """Bring the data in ``root`` to ``goal``, PostgreSQL's settings of where to stop (none: as far as the log goes).

    ``fill`` makes the given folder with the copy in it and the log in ``LOG``, and returns the owner's password of then. ``check`` raises when
    the data cannot be used. Returns where the data of before is kept. Raises ``Unavailable`` with one sentence; then nothing has changed.
    """
    require_file_locks()
    with in_one_sentence(root):
        account = account_for(root / "pgdata")
        root.mkdir(mode=0o700 if account.uid is None else 0o711, parents=True, exist_ok=True)
        with exclusive(root / "start.lock"):
            settle(root)
            refuse_users(root)
            kept = kept_folder(root, "restore") if (root / "pgdata").exists() else None
            try:
                password = fill(root / NEXT)
                _replay(root, major, account, password, goal, check)
                exchange(root, kept or root / "pgdata")
            finally:
                clear(root)
    return kept


def _replay(root: Path, major: int, account: Account, password: str, goal: Mapping[str, str], check: Callable[[Dsn], None]) -> None:
    data = root / NEXT
    _give_all(account, data)
    cluster = Cluster(data, account, reachable_binaries(find_binaries(wanted_major=major), account, root), socket_folder(root, data, account))
    cluster.configure(durable=True)
    settings = {**_HOW, **goal}
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
        file.write("".join(f"{name} = '{value}'\n" for name, value in settings.items()))
    (data / "recovery.signal").touch(mode=0o600)
    _give_all(account, data)
    cluster.start()
    try:
        _wait(cluster, password)
        with psycopg.connect(local_dsn(cluster.sockets, "postgres", OWNER, password), autocommit=True) as connection:
            for name in settings:
                connection.execute(sql.SQL("alter system reset {}").format(sql.Identifier(name)))
            password = _one_password(root, connection, password)
        check(lambda dbname: local_dsn(cluster.sockets, dbname, OWNER, password))
    finally:
        cluster.stop()
    _remove(data / LOG)


def _wait(cluster: Cluster, password: str) -> None:
    """Until everything is replayed, however long that takes."""
    while True:
        try:
            with psycopg.connect(local_dsn(cluster.sockets, "postgres", OWNER, password), autocommit=True) as connection:
                if connection.execute("select pg_is_in_recovery()").fetchone() == (False,):
                    return
        except psycopg.OperationalError as error:
            if not cluster.postmaster_lives():
                raise from_output(cluster.data, cluster.said_at_start()) from error
        time.sleep(0.2)


def _one_password(root: Path, connection: psycopg.Connection, password: str) -> str:
    """The owner's password as the file beside the data has it, so that both fit at every moment."""
    path = root / "owner.password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(password, encoding="utf-8")
        give_to_owner_of_folder(path)
    wanted = path.read_text(encoding="utf-8")
    if wanted != password:
        hashed = connection.pgconn.encrypt_password(wanted.encode(), OWNER.encode(), b"scram-sha-256").decode()
        connection.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(OWNER), sql.Literal(hashed)))
    return wanted


def _give_all(account: Account, data: Path) -> None:
    for path in (data, *data.rglob("*")):
        if not path.is_symlink():
            account.own(path)


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
