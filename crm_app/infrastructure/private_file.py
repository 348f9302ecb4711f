"""Small files for this account alone: whole or not there, and still there after a power cut once written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_app.infrastructure.ownership import give_to_owner_of_folder


def make_private(path: Path, text: str) -> None:
    """Write a file that is not there. Of two processes that make it at once, the first one's stays."""
    with _draft(path, text) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was quicker
        except OSError:
            os.replace(draft, path)  # a disk that knows no links
        _keep_name(path)


def replace_private(path: Path, text: str) -> None:
    """Write a file in place of the one that is there: a reader finds the old or the new one, never half of either."""
    with _draft(path, text) as draft:
        os.replace(draft, path)
        _keep_name(path)


@contextmanager
def _draft(path: Path, text: str) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made with mode 0600
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        give_to_owner_of_folder(draft)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _keep_name(path: Path) -> None:
    """A new name in a folder is only sure to be there after a power cut once the folder itself has been written."""
    if hasattr(os, "O_DIRECTORY"):  # not on Windows, where folders cannot be written so
        folder = os.open(path.parent, os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)
