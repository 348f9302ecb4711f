"""Root looks after an ordinary user's folder now and then; what it leaves there must stay usable for its owner."""

from __future__ import annotations

import os
from pathlib import Path


def give_to_owner_of_folder(path: Path) -> None:
    """Give a file that root has just made to whoever owns the folder it lies in. Anybody else's file is theirs already."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        above = path.parent.stat()
        os.chown(path, above.st_uid, above.st_gid)
