"""Whether the embedded server keeps its log for the archive, and what is left when it has stopped."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import structlog

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.backup.archive import READY, Archive, forget_waiting
from crm_app.infrastructure.backup.base import take_base, timeline_of
from crm_app.infrastructure.backup.schedule import backup_key, kept_files
from crm_app.infrastructure.database import Database
from crm_app.settings import Settings

log = structlog.get_logger(__name__)

SWITCH_SECONDS = 30


def chosen_archive(database: Database, settings: Settings) -> Archive | None:
    """The archive that the host has chosen, with the server set to it; None without one. Raises ``Unavailable``."""
    if database.server is None:
        return None
    data = database.server.data
    if settings.archive_dir is None:
        switch_off(database, data)
        return None
    switch_on(database, data)
    return Archive(settings.archive_dir, system_of(data), backup_key(settings))


def begin_anew(database: Database, settings: Settings) -> str:
    """After a return to an earlier moment: let the archive have a copy of the new history at once. What kept it from that, as a sentence to add."""
    try:
        archive = chosen_archive(database, settings)
        if archive and database.server and archive.needs_base(timeline_of(database), datetime.now(UTC)):
            take_base(database, archive, database.server.data, kept_files(settings, encrypted=archive.key is not None))
    except Unavailable as failure:
        return f" The archive has no copy of it yet, and the server will try again: {failure.message}"
    return ""


def switch_on(database: Database, data: Path) -> None:
    """Have the server put its log into ``READY`` from now on."""
    ready = data / READY
    ready.mkdir(mode=0o700, exist_ok=True)
    owner = data.stat()
    with suppress(PermissionError):
        os.chown(ready, owner.st_uid, owner.st_gid)
    with database.owner_connection() as connection:
        if _answer(connection, "show archive_mode") != "on":
            raise Unavailable("The database was started before archiving was possible: stop MindfulCRM everywhere, and start it again.")
        if _answer(connection, "select setting from pg_settings where name = 'archive_timeout'") != str(SWITCH_SECONDS):
            connection.execute(f"alter system set archive_timeout = {SWITCH_SECONDS}".encode())
            connection.execute("select pg_reload_conf()")


def switch_off(database: Database, data: Path) -> None:
    """Stop archiving, and forget what waits to be carried on."""
    if (data / READY).exists():
        with database.owner_connection() as connection:
            connection.execute("alter system reset archive_timeout")
            connection.execute("select pg_reload_conf()")
        shutil.rmtree(data / READY, ignore_errors=True)


def system_of(data: Path) -> str:
    """The number that tells the database system over ``data`` from every other; its control file begins with it."""
    with (data / "global" / "pg_control").open("rb") as file:
        return str(int.from_bytes(file.read(8), sys.byteorder, signed=False))


def carry_rest(settings: Settings) -> None:
    """What the server put down when it stopped; called by whoever may have been the last to leave it."""
    data = settings.data_dir / "postgres" / "pgdata"
    if settings.archive_dir and (data / READY).is_dir():
        try:
            Archive(settings.archive_dir, system_of(data), backup_key(settings)).ship(data)
        except (Unavailable, OSError) as failure:
            gone = forget_waiting(data)
            log.error("the archive does not take the rest of the log", reason=str(failure), forgotten=gone)


def _answer(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None
