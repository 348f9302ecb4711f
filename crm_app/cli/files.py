"""Backups from the terminal."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from crm_app.domain.audit.chain import derive_key
from crm_app.domain.errors import Invalid
from crm_app.infrastructure import backup
from crm_app.infrastructure.audit_anchor import Anchors
from crm_app.infrastructure.backup import usable_key
from crm_app.infrastructure.backup.history import note_made, note_proven
from crm_app.infrastructure.backup.schedule import backup_key, kept_files
from crm_app.infrastructure.backup.switch import begin_anew, carry_rest
from crm_app.infrastructure.database import Database, migrate, open_database
from crm_app.infrastructure.key_ring import found_ring, missing_keys, take_over
from crm_app.infrastructure.point_in_time import parse_moment, restore_to_time
from crm_app.infrastructure.sealed_records import count_by_key
from crm_app.settings import Settings, load_settings


def write_backup(database: Database, settings: Settings, out: Path, key_file: Path | None) -> str:
    """Back up the database and the key of this machine, if it keeps one; returns the sentence to print.

    Encrypted when ``key_file`` or the settings name a key. Raises ``Invalid`` when that file would lie beside the backup.
    """
    if key_file and key_file.resolve().parent == out.resolve().parent:
        raise Invalid(f"{key_file} would lie beside the backup, where whoever finds one finds the other: keep the key in another folder.")
    key = _key(settings, key_file)
    manifest = backup.write_backup(database, out, kept_files(settings, encrypted=key is not None), key=key)
    note_made(settings.data_dir, out.resolve(), encrypted=key is not None)
    care = "It opens with its key alone: keep that elsewhere." if key else "Whoever has this file has everything: keep it safe, or encrypt it with --key-file."
    if key is None and settings.ring_path.exists():
        care += f" Stored passwords are in it sealed, and their keys are not in it: on another machine they need a copy of {settings.ring_path}."
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
    files = kept_files(settings, encrypted=False)
    manifest = backup.restore_backup(database, file, files, key=key, room=room, take_keys=partial(take_over, settings))
    return f"Restored {manifest.rows} rows of {len(manifest.tables)} tables.{_settle(database, settings)}"


def restore_archive(settings: Settings, folder: Path, moment: str, key_file: Path | None) -> str:
    """Bring the embedded database back to a moment; returns the sentence to print."""
    if settings.database_url is not None:
        raise Invalid("DATABASE_URL names a server of yours, whose host brings it back to a moment; this is for the database that comes along.")
    said = restore_to_time(settings, folder, parse_moment(moment), _key(settings, key_file))
    again = load_settings()
    with open_database(again) as database:
        said += _settle(database, again) + begin_anew(database, again)
    carry_rest(again)
    return said


def _settle(database: Database, settings: Settings) -> str:
    """Bring the schema up to date, and let the audit log's anchors begin anew. What keeps it from starting now, as a sentence to add."""
    migrate(database)
    with database.owner_connection() as connection:
        head = connection.execute("select seq, mac from audit_entry order by seq desc limit 1").fetchone()
        used = count_by_key(connection)
    Anchors(settings.data_dir, derive_key(load_settings().key)).write(head, restored=True)  # type: ignore[arg-type]
    missing = missing_keys(found_ring(settings), used)
    if not missing:
        return ""
    lost = sum(used[name] for name in missing)
    return (
        f" Stored passwords in it ({lost}) are sealed with a key that is not here ({', '.join(missing)}), and MindfulCRM does not start without it: add the lines "
        f"of the other machine's key.ring to {settings.ring_path}. If that is lost, `mindfulcrm rotate-keys --forget-lost` removes those passwords."
    )


def _key(settings: Settings, key_file: Path | None) -> bytes | None:
    return usable_key(key_file.read_bytes(), str(key_file)) if key_file else backup_key(settings)
