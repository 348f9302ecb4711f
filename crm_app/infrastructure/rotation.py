"""Changing the keys: a new one goes in front of the ring, and what is sealed is put under it, a batch at a time, while people work.

This is the host's own command, so it runs as the schema's owner, who sees everybody's rows. It still opens nothing: of each row it reads
the id, the name of the key and the head, in which a key lies sealed, and never the body. Every process takes up the new ring at its next
use, before the first row needs it. Killed at any point, it leaves each row under one of two keys that are both in the ring, and goes on
when it is called again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg

from crm_app.domain.errors import Unavailable
from crm_app.domain.sealing import SEALED_COLUMNS, SealedColumn
from crm_app.domain.secret_box import SealBroken
from crm_app.infrastructure.backup.alone import alone
from crm_app.infrastructure.database import Database
from crm_app.infrastructure.key_ring import KeyRing, open_ring, write_ring
from crm_app.infrastructure.sealed_records import count_by_key, lost_in, said
from crm_app.infrastructure.secret_box import HEAD, with_new_head
from crm_app.settings import Settings

ROTATION_LOCK = 7_203_114_006
BATCH = 1_000
PATIENCE = 30.0
"""Seconds for which a row that somebody else holds is waited for."""
SETTLED = 300.0
"""A key is not removed sooner after a change of the ring: what was sealed just before it may not have been written yet."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a change of keys came to: ``changed`` things were put under the newest key, ``left`` could not be, ``older`` keys are in the ring yet."""

    key_id: str
    resumed: bool
    changed: int
    left: int
    older: int


def rotate_keys(database: Database, settings: Settings, *, batch: int = BATCH, told: Callable[[int], None] = lambda _changed: None) -> Rotation:
    """Put a new key in front of the ring and everything under it; or go on, where something is under an older key than the newest.

    ``told`` hears after each batch how many have been changed. Raises ``Unavailable`` when another process is at it, or a key is missing.
    """
    with _by_itself(database) as connection:
        used = count_by_key(connection)
        ring = open_ring(settings, used)
        resumed = any(name != ring.newest.id for name in used)
        if not resumed:
            ring = ring.with_new_key()
            write_ring(settings.ring_path, ring)
        changed = _Change(connection, ring, batch, told).carry_out()
        left = count_by_key(connection)
    return Rotation(ring.newest.id, resumed, changed, sum(left.values()) - left[ring.newest.id], len(ring.keys) - 1)


def remove_old_keys(database: Database, settings: Settings, *, settled: float = SETTLED) -> int:
    """Take the keys out of the ring's file that nothing is sealed with; how many there were. The newest always stays. Raises ``Unavailable``."""
    path = settings.ring_path
    with _by_itself(database) as connection:
        if path.exists() and time.time() - path.stat().st_mtime < settled:
            raise Unavailable("The keys were changed less than five minutes ago, and what is being written just now may need an older one: wait a little.")
        used = count_by_key(connection)
        ring = open_ring(settings, used)
        kept = KeyRing(tuple(key for key in ring.keys if key == ring.newest or key.id in used))
        if kept != ring:
            write_ring(path, kept)
    return len(ring.keys) - len(kept.keys)


def forget_lost(database: Database, settings: Settings) -> int:
    """Remove what no key of the ring opens; how much that was. Makes a ring where there is none. Raises ``Unavailable``."""
    forgotten = 0
    with _by_itself(database) as connection, connection.transaction():
        ring = open_ring(settings, ())
        for column in SEALED_COLUMNS:
            lost = lost_in(connection, column, ring, held=True)
            forgotten += connection.execute(said("delete from {table} where {id} = any(%s)", column), [lost]).rowcount
    return forgotten


class _Change:
    """Everything that is sealed, on its way under the newest key."""

    def __init__(self, connection: psycopg.Connection[Any], ring: KeyRing, batch: int, told: Callable[[int], None]) -> None:
        self._connection, self._ring, self._batch, self._told = connection, ring, batch, told
        self._broken: set[tuple[str, UUID]] = set()
        self._changed = 0

    def carry_out(self) -> int:
        """Go through all tables until nothing is left that can be changed; how many were."""
        deadline = time.monotonic() + PATIENCE
        while True:
            before = self._changed
            for column in SEALED_COLUMNS:
                self._all_of(column)
            used = count_by_key(self._connection)
            waiting = sum(used.values()) - used[self._ring.newest.id] - len(self._broken)
            if waiting <= 0 or (self._changed == before and time.monotonic() > deadline):
                return self._changed
            if self._changed == before:
                time.sleep(0.1)  # somebody holds what is left: their transaction ends sooner or later

    def _all_of(self, column: SealedColumn) -> None:
        after = UUID(int=0)
        while True:
            with self._connection.transaction():
                rows = self._connection.execute(said(_NEXT, column), [HEAD, after, self._ring.newest.id, self._batch]).fetchall()
                heads = {row_id: head for row_id, key_id, old in rows if (head := self._new_head(column, row_id, key_id, old))}
                self._connection.execute(said(_PUT, column), [HEAD + 1, self._ring.newest.id, list(heads), list(heads.values())])
            if not rows:
                return
            after = rows[-1][0]
            self._changed += len(heads)
            self._told(self._changed)

    def _new_head(self, column: SealedColumn, row_id: UUID, key_id: str, head: bytes) -> bytes | None:
        try:
            return with_new_head(head, column.of(row_id), self._ring.find(key_id), self._ring.newest)
        except SealBroken:  # somebody wrote to the table itself; it opens with no key at all
            self._broken.add((column.table, row_id))
            return None


# Whoever holds a row is not waited for here, so that nobody waits for us either; what was passed over comes with the next round.
_NEXT: Final = "select {id}, {key}, substring({sealed} from 1 for %s) from {table} where {id} > %s and {key} <> %s order by {id} limit %s for update skip locked"
_PUT: Final = (
    "update {table} as kept set {sealed} = new.head || substring(kept.{sealed} from %s), {key} = %s "
    "from unnest(%s::uuid[], %s::bytea[]) as new(row_id, head) where kept.{id} = new.row_id"
)


@contextmanager
def _by_itself(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with database.owner_connection() as connection, alone(connection, ROTATION_LOCK) as first:
        if not first:
            raise Unavailable("Another process is changing the keys of this deployment: wait until it is done.")
        yield connection
