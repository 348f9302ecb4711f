"""Backups from the terminal."""

from __future__ import annotations

from pathlib import Path

from crm_app.domain.audit.chain import derive_key
from crm_app.domain.errors import Invalid
from crm_app.infrastructure import backup
from crm_app.infrastructure.audit_anchor import Anchors
from crm_app.infrastructure.backup import usable_key
from crm_app.infrastructure.backup.history import note_made, note_proven
from crm_app.infrastructure.backup.schedule import backup_key, kept_secret
from crm_app.infrastructure.backup.switch import begin_anew, carry_rest
from crm_app.infrastructure.database import Database, migrate, open_database
from crm_app.infrastructure.point_in_time import parse_moment, restore_to_time
from crm_app.settings import Settings, load_settings


def write_backup(database: Database, settings: Settings, out: Path, key_file: Path | None) -> str:
    """Back up the database and the key of this machine, if it keeps one; returns the sentence to print.

    Encrypted when ``key_file`` or the settings name a key. Raises ``Invalid`` when that file would lie beside the backup.
    """
    if key_file and key_file.resolve().parent == out.resolve().parent:
        raise Invalid(f"{key_file} would lie beside the backup, where whoever finds one finds the other: keep the key in another folder.")
    key = _key(settings, key_file)
    manifest = backup.write_backup(database, out, kept_secret(settings.data_dir), key=key)
    note_made(settings.data_dir, out.resolve(), encrypted=key is not None)
    care = "It opens with its key alone: keep that elsewhere." if key else "Whoever has this file has everything: keep it safe, or encrypt it with --key-file."
    return f"{manifest.rows} rows of {len(manifest.tables)} tables written to {out}. {care}"


def restore_backup(database: Database, settings: Settings, file: Path, key_file: Path | None, *, verify: bool) -> str:
    """Restore ``file``, or with ``verify`` only prove that it can be restored; returns the sentence to print.

    A backup of an older version is brought to this version's schema; one of a newer version is refused.
    """
    key, room = _key(settings, key_file), settings.data_dir if settings.data_dir.is_dir() else None
    if verify:
        manifest = backup.verify_backup(database, file, key=key, room=room)
        note_proven(settings.data_dir, file.resolve())
        return f"Restored into a scratch database and compared: all {manifest.rows} rows of {len(manifest.tables)} tables are as they were."
    manifest = backup.restore_backup(database, file, kept_secret(settings.data_dir), key=key, room=room)
    _settle(database, settings)
    return f"Restored {manifest.rows} rows of {len(manifest.tables)} tables."


def restore_archive(settings: Settings, folder: Path, moment: str, key_file: Path | None) -> str:
    """Bring the embedded database back to a moment; returns the sentence to print."""
    if settings.database_url is not None:
        raise Invalid("DATABASE_URL names a server of yours, whose host brings it back to a moment; this is for the database that comes along.")
    said = restore_to_time(settings, folder, parse_moment(moment), _key(settings, key_file))
    again = load_settings()
    with open_database(again) as database:
        _settle(database, again)
        said += begin_anew(database, again)
    carry_rest(again)
    return said


def _settle(database: Database, settings: Settings) -> None:
    """Bring the schema up to date, and let the audit log's anchors begin anew."""
    migrate(database)
    with database.owner_connection() as connection:
        head = connection.execute("select seq, mac from audit_entry order by seq desc limit 1").fetchone()
    Anchors(settings.data_dir, derive_key(load_settings().key)).write(head, restored=True)  # type: ignore[arg-type]


def _key(settings: Settings, key_file: Path | None) -> bytes | None:
    return usable_key(key_file.read_bytes(), str(key_file)) if key_file else backup_key(settings)
