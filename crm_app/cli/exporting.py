"""``mindfulcrm export``. It imports no more than it needs: starting Python is most of what a small export takes."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryFile

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


def print_contacts(actor: Actor, kind: str) -> None:
    """The same on standard output, whole or not at all as well: a transaction may be tried again, and what is printed is printed."""
    with TemporaryFile() as file:
        run_service(actor, exports.export_contacts, kind, file)
        file.seek(0)
        shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
