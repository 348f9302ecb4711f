"""``mindfulcrm export``. It imports no more than it needs: starting Python is most of what a small export takes."""

from __future__ import annotations

from pathlib import Path

from crm_app.domain.actor import Actor
from crm_app.domain.exports import service as exports
from crm_app.domain.unit_of_work import run_service


def export_contacts(actor: Actor, kind: str, out: Path) -> int:
    """Write every contact that ``actor`` sees to ``out``, whole or not at all; returns how many."""
    draft = out.with_name(out.name + ".part")
    try:
        with draft.open("xb") as file:
            count = run_service(actor, exports.export_contacts, kind, file)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return count
