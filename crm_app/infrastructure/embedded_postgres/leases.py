"""The two file locks round an embedded server: who starts or stops it, and who uses it.

Both are ``flock``s, so the kernel lets go of them however a process ends.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.ownership import give_to_owner_of_folder

if sys.platform != "win32":
    import fcntl

PATIENCE = 150.0
"""Seconds to wait for another process that starts or stops the server; longer than a start may take."""


def require_file_locks() -> None:
    """Refuse systems without ``flock``."""
    if sys.platform == "win32":
        raise Unavailable("The embedded database needs Linux or macOS: on Windows set DATABASE_URL to a PostgreSQL server, or use Docker.")


@contextmanager
def exclusive(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold ``path`` alone while the block runs. Raises ``Unavailable`` when another holds it for too long."""
    handle = _opened(path)
    try:
        deadline = time.monotonic() + patience
        while not _locked(handle, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise Unavailable(f"Another process has been starting or stopping the database in {path.parent} for minutes; end it and start again.")
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


@contextmanager
def only_one(path: Path) -> Iterator[bool]:
    """True in the block of one process at a time, False for whoever comes meanwhile."""
    handle = _opened(path)
    try:
        yield _locked(handle, fcntl.LOCK_EX)
    finally:
        os.close(handle)


class Lease:
    """This process's share in the use of a server."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        """True between ``take`` and ``drop``."""
        return self._handle is not None

    def take(self) -> None:
        """Begin to count as a user. Call it while holding the exclusive lock."""
        if self._handle is None:
            handle = _opened(self._path)
            fcntl.flock(handle, fcntl.LOCK_SH)
            self._handle = handle

    def drop(self) -> bool:
        """Stop counting as a user; True if nobody is left. Call it while holding the exclusive lock."""
        if self._handle is None:
            return False
        # Unlocked by name, not by closing: a forked child holds the same open file and would keep it locked.
        fcntl.flock(self._handle, fcntl.LOCK_UN)
        last = _locked(self._handle, fcntl.LOCK_EX)
        os.close(self._handle)
        self._handle = None
        return last


def _opened(path: Path) -> int:
    fresh = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if fresh:
        give_to_owner_of_folder(path)
    return handle


def _locked(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
