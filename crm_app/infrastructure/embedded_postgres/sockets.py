"""Where a server puts its socket: in its own folder, or in the machine's temporary one when that path is too long or closed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.embedded_postgres.account import Account

LONGEST = 84  # a socket's whole path may have 103 bytes on macOS, 107 on Linux


def socket_folder(root: Path, data: Path, account: Account) -> Path:
    """The folder for the socket of the server over ``data`` in ``root``, made if it is missing. Raises ``Unavailable``."""
    folder = root / ("run" if data.name == "pgdata" else f"run-{data.name}")
    # libpq reads a comma as a list of hosts, and an account that cannot enter ``root`` cannot bind there.
    fits = len(os.fsencode(folder)) <= LONGEST and "," not in str(folder) and account.can_reach(root)
    if not fits:
        folder = _recorded(data) or _short(root if data.name == "pgdata" else data)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), account.uid):
        raise Unavailable(f"The folder {folder} belongs to someone else, so the database cannot put its socket there; remove it and start again.")
    account.own(folder)
    return folder


def _recorded(data: Path) -> Path | None:
    """Where a running server put its socket: another process may have another temporary folder."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    folder = Path(lines[4]) if len(lines) > 4 and lines[4].startswith("/") else None
    return folder if folder and folder.is_dir() else None


def _short(root: Path) -> Path:
    name = "mindfulcrm-" + hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()).resolve() / name
    return folder if len(os.fsencode(folder)) <= LONGEST else Path("/tmp") / name  # noqa: S108  checked for its owner
