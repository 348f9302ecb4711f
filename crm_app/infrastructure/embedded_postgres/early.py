"""Waking the server while the program that wants it still loads its libraries."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from crm_app.infrastructure.embedded_postgres.supervisor import EmbeddedPostgres


@contextmanager
def waking(root: Path) -> Iterator[None]:
    """Start the server in ``root`` beside the block, which then joins it. A start that fails says so to whoever asks next."""
    server = EmbeddedPostgres(root)
    with ThreadPoolExecutor(1, thread_name_prefix="waking") as beside:
        started = beside.submit(server.start)
        try:
            yield
        finally:
            if started.exception() is None:
                server.release()
