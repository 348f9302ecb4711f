"""A copy of the whole data folder, taken while people work: the point from which the archived log counts."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.backup.alone import alone
from crm_app.infrastructure.backup.archive import Archive
from crm_app.infrastructure.backup.file import Manifest, new_backup
from crm_app.infrastructure.backup.making import copy_files, program_version
from crm_app.infrastructure.backup.tools import stream_tool, told
from crm_app.infrastructure.database import Database
from crm_app.infrastructure.migrations import current_revision

COPY = "base.tar.gz"
PASSWORD = "owner.password"  # noqa: S105  a file's name
BASE_LOCK = 7_203_114_005
PATIENCE = 60.0


def take_base(database: Database, archive: Archive, data: Path, files: dict[str, Path]) -> Path:
    """Put a copy of ``data`` into the archive, with ``files`` (name → path) beside it. Raises ``Unavailable``; then none is there."""
    draft = archive.root / ".base-next"
    archive.prepare()
    with told(draft):
        draft.unlink(missing_ok=True)  # of a process that was killed while it wrote
    with database.owner_connection() as connection, alone(connection, BASE_LOCK) as first:
        if not first:
            raise Unavailable("Another process is copying the data folder for the archive.")
        try:
            made = archive.base_path(*_copy(database, connection, archive, draft, {PASSWORD: data.parent / PASSWORD, **files}))
            _carry(archive, data, _last_piece(connection))
            with told(made):
                draft.rename(made)
        finally:
            draft.unlink(missing_ok=True)
    archive.prune(datetime.now(UTC))
    return made


def _copy(database: Database, connection: psycopg.Connection, archive: Archive, draft: Path, files: dict[str, Path]) -> tuple[datetime, str]:
    """Make the copy as ``draft``; when it ended, and the first piece of log that it needs."""
    first = _fresh_piece(connection)
    with told(draft), new_backup(draft, archive.key) as backup:
        with backup.member(COPY) as copy:
            options = ("--pgdata=-", "--format=tar", "--wal-method=none", "--checkpoint=fast", "--no-manifest", "--compress=gzip:1")
            stream_tool(database, "pg_basebackup", *options, into=copy)
        copy_files(backup, files)
        backup.finish(_manifest(database))
    return datetime.now(UTC), first


def timeline_of(database: Database) -> str:
    """The first eight digits of the pieces that are written now; they change with every return to an earlier moment."""
    with database.owner_connection() as connection:
        return str(_one(connection, "select pg_walfile_name(pg_current_wal_insert_lsn() + 1)"))[:8]


def _fresh_piece(connection: psycopg.Connection) -> str:
    """Begin a piece of log, so that the copy needs nothing older; its name."""
    connection.execute("select pg_switch_wal()")
    return str(_one(connection, "select pg_walfile_name(pg_current_wal_insert_lsn() + 1)"))


def _last_piece(connection: psycopg.Connection) -> str:
    """End the piece that is being written; its name. Something is written first: without that PostgreSQL ends nothing."""
    name = str(_one(connection, "select pg_walfile_name(pg_create_restore_point('a copy of the data folder'))"))
    connection.execute("select pg_switch_wal()")
    return name


def _carry(archive: Archive, data: Path, last: str) -> None:
    """Without the log that was written during the copy it is worth nothing."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        archive.ship(data)
        if (archive.wal / last).exists():
            return
        time.sleep(0.2)
    raise Unavailable("The database's log did not arrive in the archive within a minute, so the copy of the data folder was not kept.")


def _manifest(database: Database) -> Manifest:
    return Manifest(
        created_at=datetime.now(UTC).isoformat(timespec="seconds"), version=program_version(), schema_revision=current_revision(database),
        postgres_major=database.major, tables={}, members={}, app_role=database.app_role,
    )  # fmt: skip


def _one(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None
