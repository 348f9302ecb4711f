"""Files in and out from the terminal: imports, exports, backups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crm_app.domain.actor import Actor
from crm_app.domain.audit.chain import derive_key
from crm_app.domain.exports import service as exports
from crm_app.domain.imports import service as imports
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.unit_of_work import run_service, unit_of_work
from crm_app.infrastructure import backup
from crm_app.infrastructure.audit_anchor import Anchors
from crm_app.infrastructure.database import Database, migrate
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.settings import SECRET_FILE, Settings, load_settings


def import_contacts(actor: Actor, file: Path, *, dry_run: bool) -> dict[str, Any]:
    """Import ``file`` as ``actor``, all or nothing: ``{"created", "updated", "skipped", "failed", "problems": [{"line", "reason"}]}``.

    ``dry_run`` decides everything and writes nothing. Raises ``Invalid`` when the file holds no contacts.
    """
    with ProcessSandbox() as sandbox:
        bind_sandbox(sandbox)
        summary = run_service(actor, imports.import_file, file.name, file.read_bytes(), dry_run=dry_run)
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


def write_backup(database: Database, settings: Settings, out: Path) -> str:
    """Back up the database and the key of this machine, if it keeps one; returns the sentence to print."""
    manifest = backup.write_backup(database, out, _files(settings))
    rows = sum(figures.rows for figures in manifest.tables.values())
    return f"{rows} rows of {len(manifest.tables)} tables written to {out}. Whoever has this file has everything: keep it safe."


def restore_backup(database: Database, settings: Settings, file: Path, *, verify: bool) -> str:
    """Restore ``file``, or with ``verify`` only prove that it can be restored; returns the sentence to print.

    A backup of an older version is brought to this version's schema; one of a newer version is refused.
    """
    if verify:
        manifest = backup.verify_backup(database, file)
        rows = sum(figures.rows for figures in manifest.tables.values())
        return f"Restored into a scratch database and compared: all {rows} rows of {len(manifest.tables)} tables are as they were."
    manifest = backup.restore_backup(database, file, _files(settings))
    migrate(database)
    with database.owner_connection() as connection:
        head = connection.execute("select seq, mac from audit_entry order by seq desc limit 1").fetchone()
    Anchors(settings.data_dir, derive_key(load_settings().key)).write(head, restored=True)  # type: ignore[arg-type]
    return f"Restored {sum(figures.rows for figures in manifest.tables.values())} rows of {len(manifest.tables)} tables."


def _files(settings: Settings) -> dict[str, Path]:
    path = settings.data_dir / SECRET_FILE
    return {SECRET_FILE: path} if path.exists() else {}
