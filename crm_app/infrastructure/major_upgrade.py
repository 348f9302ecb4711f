"""The embedded database to a newer PostgreSQL, by dump and restore, compared table by table."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg

from crm_app.infrastructure.backup import restore_backup, write_backup
from crm_app.infrastructure.database import APP_ROLE, NAME, connect_as_owner, ensure_database
from crm_app.infrastructure.embedded_postgres.upgrading import BEFORE, Dsn, upgrade_data
from crm_app.settings import Settings


def upgrade_postgres(settings: Settings) -> str:
    """Move the data to the newest PostgreSQL on this machine; returns the sentence to print.

    The old folder is kept beside the new one. Raises ``Unavailable`` with one sentence; then nothing has changed.
    """
    root = settings.data_dir.resolve() / "postgres"
    ours = settings.model_copy(update={"database_app_role": APP_ROLE, "database_app_url": None})

    def move(old: Dsn, new: Dsn) -> None:
        with psycopg.connect(new("postgres"), autocommit=True) as connection:
            ensure_database(connection)
        with (
            tempfile.TemporaryDirectory(prefix=".upgrade-", dir=settings.data_dir) as folder,
            connect_as_owner(old(NAME), ours) as source,
            connect_as_owner(new(NAME), ours) as target,
        ):
            write_backup(source, Path(folder) / "all.backup")
            restore_backup(target, Path(folder) / "all.backup", room=Path(folder))

    was, now = upgrade_data(root, move)
    if was == now:
        return f"The data is of PostgreSQL {now} already, and no newer one is on this machine."
    return f"The data has moved from PostgreSQL {was} to {now}, every table compared. The old folder is kept as {root / f'{BEFORE}{was}'}: remove it when you like."
