"""A failure of the embedded server, put into one sentence for the person who hosts."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_app.domain.errors import Unavailable

_FULL = "The disk that holds {root} is full, so the database cannot start; free some space and start again."
_DENIED = "This account may not write in {root}, so the database cannot start; give it the folder, or choose another data folder."
_READ_ONLY = "{root} cannot be written to (the disk is read-only), so the database cannot start there; choose another data folder."
_NOT_A_FOLDER = "{root} is not a folder, so the database cannot live there; choose another data folder."
_NO_NAME = (
    "The account of this process has a number and no name, and PostgreSQL refuses to run so: start MindfulCRM as an account that the system "
    "knows, or set DATABASE_URL to a server."
)
NOT_THAT_FAR = "The archive does not reach that moment; `--at latest` brings back everything that it holds."
_NO_COPY_YET = "The archive has no copy of the newest history yet; go back to an earlier moment with --at."
_BY_NUMBER = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EROFS: _READ_ONLY,
    errno.ENOTDIR: _NOT_A_FOLDER,
    errno.EEXIST: _NOT_A_FOLDER,
}
_BY_WORDS = {
    "No space left on device": _FULL,
    "Disk quota exceeded": _FULL,
    "Read-only file system": _READ_ONLY,
    "Permission denied": _DENIED,
    "Operation not permitted": _DENIED,
    "wrong ownership": _DENIED,
    "could not look up effective user ID": _NO_NAME,
    "recovery ended before configured recovery target was reached": NOT_THAT_FAR,
    "is not a child of this server's history": _NO_COPY_YET,
}


_SCARCE = 4 << 20
_STAMP = re.compile(r"^\d{4}-\d\d-\d\d \S+ \S+ \[\d+\] ")
_CHATTER = re.compile(r"\b(?:LOG|HINT|DETAIL):  ")


@contextmanager
def in_one_sentence(root: Path) -> Iterator[None]:
    """Turn the operating system's errors about ``root`` into ``Unavailable``."""
    try:
        yield
    except OSError as error:
        form = _BY_NUMBER.get(error.errno or 0, "The data folder {root} cannot be used: {detail}.")
        raise Unavailable(form.format(root=root, detail=error.strerror or type(error).__name__)) from error


def from_output(root: Path, output: str) -> Unavailable:
    """The sentence for what one of PostgreSQL's programs printed before it gave up."""
    for words, form in _BY_WORDS.items():
        if words in output:
            return Unavailable(form.format(root=root))
    if _is_full(root):  # too full even to write down why
        return Unavailable(_FULL.format(root=root))
    lines = [line.strip() for line in output.splitlines() if line.strip() and not _CHATTER.search(line)]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line] or lines or ["it gave no reason"]
    return Unavailable(f"The database in {root} could not start: {_STAMP.sub('', telling[0]).rstrip('.')}.")


def refuse_full_disk(root: Path) -> None:
    """Raise ``Unavailable`` when a server over ``root`` might just start, only to fall over at the first thing that anybody saves."""
    if _is_full(root):
        raise Unavailable(_FULL.format(root=root))


def _is_full(root: Path) -> bool:
    return root.exists() and shutil.disk_usage(root).free < _SCARCE
