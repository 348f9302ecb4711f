"""One process at a time, by an advisory lock of the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg


@contextmanager
def alone(connection: psycopg.Connection[Any], lock: int) -> Iterator[bool]:
    """True while nobody else holds ``lock``, which is given back at the end, whatever happens inside.

    Closing the connection is not enough: a busy server sees only some time later that it has gone, and would refuse whoever comes next.
    """
    taken = connection.execute("select pg_try_advisory_lock(%s)", (lock,)).fetchone() == (True,)
    try:
        yield taken
    finally:
        if taken:
            with suppress(psycopg.OperationalError):
                connection.execute("select pg_advisory_unlock(%s)", (lock,))
