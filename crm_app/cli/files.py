"""Files in and out from the terminal: imports, exports, backups."""

from __future__ import annotations

from pathlib import Path

from crm_app.infrastructure.backup import Tools, load_backup, read_manifest, verify_backup
from crm_app.infrastructure.database import Database, migrate
from crm_app.infrastructure.database_bootstrap import prepare
from crm_app.infrastructure.migrations import refuse_newer


def restore_backup(database: Database, file: Path, *, verify: bool) -> str:
    """Restore ``file``, or with ``verify`` only prove that it can be restored; returns the sentence to print.

    A backup of an older version is brought to this version's schema; one of a newer version is refused.
    """
    tools = Tools(database.bin_dir, database.owner_dsn)
    manifest = read_manifest(file)
    refuse_newer(manifest.revision)
    rows = sum(count for count, _ in manifest.tables.values())
    if verify:
        verify_backup(tools, file, manifest)
        return f"Restored into a scratch database and compared: all {rows} rows of {len(manifest.tables)} tables are as they were on {manifest.made_at}."
    load_backup(tools, file, manifest)
    with database.owner_connection() as connection:
        prepare(connection)
        connection.execute("analyze")
    migrate(database)
    return f"Restored {rows} rows of {len(manifest.tables)} tables as they were on {manifest.made_at}."
