"""Folders that tests throw away lie in the machine's memory where it has room: the suite makes hundreds of thousands of small files.

Each module clones a database of a thousand files, and each test of a command copies a host's data. On a disk that others write to as well, one clone
takes from a fifth of a second to three; in memory it takes a twentieth. The full counts (``make test-long``) stay on the disk: nobody bounds what they write.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psutil
import pytest

FOLDERS = "PYTEST_DEBUG_TEMPROOT"
"""The variable by which pytest is told where its folders belong; the processes that tests begin inherit it."""
SHARED = Path("/dev/shm")
ROOM = 8 * 2**30
"""Bytes that must be free, of the memory and of what of it files may take. A whole run has taken 1.4 gigabytes at most, on two workers."""


def settle(config: pytest.Config) -> None:
    """Let pytest make its folders there from now on, unless somebody said where they belong."""
    chosen = config.option.basetemp or FOLDERS in os.environ
    if not chosen and config.option.markexpr == "not long" and os.access(SHARED, os.W_OK) and min(shutil.disk_usage(SHARED).free, psutil.virtual_memory().available) > ROOM:
        os.environ[FOLDERS] = str(SHARED)
