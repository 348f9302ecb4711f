"""Files in and out from the terminal: imports, exports, backups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crm_app.domain.actor import Actor
from crm_app.domain.audit.chain import derive_key
from crm_app.domain.errors import Invalid
from crm_app.domain.exports import service as exports
from crm_app.domain.imports import service as imports
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.unit_of_work import run_service, unit_of_work
from crm_app.infrastructure import backup
from crm_app.infrastructure.audit_anchor import Anchors
from crm_app.infrastructure.backup import usable_key
from crm_app.infrastructure.backup.history import note_made, note_proven
from crm_app.infrastructure.backup.schedule import backup_key, kept_secret
from crm_app.infrastructure.database import Database, migrate
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.settings import Settings, load_settings


def import_contacts(actor: Actor, file: Path, *, sheet: str, dry_run: bool) -> dict[str, Any]:
    """Import ``file`` as ``actor``, all or nothing: ``{"created", "updated", "skipped", "failed", "problems": [{"line", "reason"}]}``.

    ``sheet`` is one of a workbook's, the fullest when empty. ``dry_run`` decides everything and writes nothing. Raises ``Invalid`` when the file holds no contacts.
    """
    with ProcessSandbox() as sandbox:
        bind_sandbox(sandbox)
        summary = run_service(actor, imports.import_file, file.name, file.read_bytes(), sheet=sheet, dry_run=dry_run)
    return {
        "created": summary.created, "updated": summary.updated, "skipped": summary.skipped, "failed": summary.failed,
        "problems": [{"line": problem.line, "reason": problem.reason} for problem in summary.problems],
    }  # fmt: skip


def import_sentence(result: dict[str, Any], *, dry_run: bool) -> str:
    """The result in words, one line for each problem."""
    would = "would be " if dry_run else ""
    figures = f"{result['created']} {would}created, {result['updated']} {would}updated, {result['skipped']} {would}skipped, {result['failed']} failed."
    return "\n".join([figures, *(f"line {problem['line']}: {problem['reason']}" for problem in result["problems"])])


def export_contacts(actor: Actor, kind: str, out: Path) -> int:
    """Write every contact that ``actor`` sees to ``out``, whole or not at all; returns how many."""
    draft = out.with_name(out.name + ".part")
    try:
        with unit_of_work(actor, "exports.stream_contacts") as session, draft.open("xb") as file:
            session.info["read_only"] = True
            export = exports.stream_contacts(session, actor, kind)
            for piece in export:
                file.write(piece)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return export.count


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
    migrate(database)
    with database.owner_connection() as connection:
        head = connection.execute("select seq, mac from audit_entry order by seq desc limit 1").fetchone()
    Anchors(settings.data_dir, derive_key(load_settings().key)).write(head, restored=True)  # type: ignore[arg-type]
    return f"Restored {manifest.rows} rows of {len(manifest.tables)} tables."


def _key(settings: Settings, key_file: Path | None) -> bytes | None:
    return usable_key(key_file.read_bytes(), str(key_file)) if key_file else backup_key(settings)
