"""``mindfulcrm export``. It imports no more than it needs: starting Python is most of what a small export takes."""

from __future__ import annotations

from pathlib import Path

from crm_app.domain.actor import Actor
from crm_app.domain.exports import service as exports
from crm_app.domain.unit_of_work import unit_of_work


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
