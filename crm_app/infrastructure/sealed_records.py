"""What of the database is sealed, by the names of the keys: looked at by the schema's owner, who sees every row and opens none."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql

from crm_app.domain.sealing import SEALED_COLUMNS, SealedColumn
from crm_app.infrastructure.database import Database
from crm_app.infrastructure.key_ring import KeyRing, LiveRing, open_ring
from crm_app.infrastructure.secret_box import HEAD, AesSecretBox, opens
from crm_app.settings import Settings

_HEADS: Final = "select {id}, {key}, substring({sealed} from 1 for %s) from {table}"
_HEADS_HELD: Final = "select {id}, {key}, substring({sealed} from 1 for %s) from {table} for update"


def count_by_key(connection: psycopg.Connection[Any]) -> Counter[str]:
    """How many sealed things need each key, by its name. A table that an older schema lacks holds none."""
    found: Counter[str] = Counter()
    for column in SEALED_COLUMNS:
        if connection.execute("select to_regclass(%s)", [f"public.{column.table}"]).fetchone() != (None,):
            found.update(dict(connection.execute(said("select {key}, count(*) from {table} group by {key}", column)).fetchall()))
    return found


def lost_in(connection: psycopg.Connection[Any], column: SealedColumn, ring: KeyRing, *, held: bool = False) -> list[UUID]:
    """The rows of a sealed column that no key of the ring opens: the key is lost, or somebody wrote to the table itself.

    With ``held`` nobody changes a row of it until the caller's transaction ends.
    """
    rows = connection.execute(said(_HEADS_HELD if held else _HEADS, column), [HEAD]).fetchall()
    return [row_id for row_id, key_id, head in rows if not opens(head, column.of(row_id), ring.find(key_id))]


def open_box(database: Database, settings: Settings) -> AesSecretBox:
    """This deployment's secret box, over a migrated database. Raises ``Unavailable`` when a key is missing that something is sealed with."""
    with database.owner_connection() as connection:
        used = count_by_key(connection)
    return AesSecretBox(LiveRing(settings.ring_path, open_ring(settings, used)))


def said(statement: LiteralString, column: SealedColumn) -> sql.Composed:
    """A statement about one sealed column; ``{table}``, ``{id}``, ``{sealed}`` and ``{key}`` stand for its names."""
    names = {"table": column.table, "id": column.row_id, "sealed": column.column, "key": column.key_id}
    return sql.SQL(statement).format(**{name: sql.Identifier(value) for name, value in names.items()})
