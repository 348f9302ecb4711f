"""``mindfulcrm import``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crm_app.domain.actor import Actor
from crm_app.domain.imports import service as imports
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.isolation import Sandbox
from crm_app.domain.unit_of_work import run_service


def import_contacts(sandbox: Sandbox, actor: Actor, file: Path, *, sheet: str, dry_run: bool) -> dict[str, Any]:
    """Import ``file`` as ``actor``, all or nothing: ``{"created", "updated", "skipped", "failed", "problems": [{"line", "reason"}]}``.

    ``sheet`` is one of a workbook's, the fullest when empty. ``dry_run`` decides everything and writes nothing. Raises ``Invalid`` when the file holds no contacts.
    """
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
