"""Making a backup: one consistent moment of the whole database, taken while people work."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.backup.figures import figures_of, refuse_hidden_rows
from crm_app.infrastructure.backup.file import DUMP, FILES, BackupWriter, Manifest, new_backup
from crm_app.infrastructure.backup.tools import stream_tool, told
from crm_app.infrastructure.database import Database
from crm_app.infrastructure.migrations import current_revision


def write_backup(database: Database, out: Path, files: Mapping[str, Path] | None = None, *, key: bytes | None = None) -> Manifest:
    """Write ``database`` and ``files`` (name inside the backup → path) to ``out``, whole or not at all.

    Everything goes on meanwhile. The file's mode is 0600; with ``key`` it is encrypted, and nothing else is written on the way.
    Raises ``Unavailable`` with one sentence, also if ``out`` exists.
    """
    if out.exists():
        raise Unavailable(f"{out} exists already, and a backup replaces nothing; choose another name.")
    with told(out), new_backup(out, key) as backup, database.owner_connection() as connection:
        refuse_hidden_rows(connection)
        connection.execute("begin isolation level repeatable read read only")
        row = connection.execute("select pg_export_snapshot()").fetchone()
        with backup.member(DUMP) as dump:
            stream_tool(database, "pg_dump", "--format=custom", "--enable-row-security", f"--snapshot={row[0] if row else ''}", into=dump)
        figures = figures_of(connection)
        connection.execute("rollback")
        copy_files(backup, files or {})
        return backup.finish(
            Manifest(
                created_at=datetime.now(UTC).isoformat(timespec="seconds"),
                version=program_version(),
                schema_revision=current_revision(database),
                postgres_major=database.major,
                tables=figures,
                members={},
                app_role=database.app_role,
            )
        )


def copy_files(backup: BackupWriter, files: Mapping[str, Path]) -> None:
    """Put ``files`` (name inside the backup → path) into a backup that is being written."""
    for name, path in files.items():
        with backup.member(FILES + name) as copy, path.open("rb") as source:
            shutil.copyfileobj(source, copy)


def program_version() -> str:
    """The version of MindfulCRM that makes the backup."""
    try:
        return version("mindfulcrm")
    except PackageNotFoundError:
        return "from a checkout"
