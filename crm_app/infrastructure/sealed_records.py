"""What of the database is sealed, by the names of the keys: looked at by the schema's owner, who sees every row and opens none."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg
from psycopg import sql

from crm_app.domain.sealing import SEALED_COLUMNS
from crm_app.infrastructure.database import Database
from crm_app.infrastructure.key_ring import LiveRing, open_ring
from crm_app.infrastructure.secret_box import AesSecretBox
from crm_app.settings import Settings


def count_by_key(connection: psycopg.Connection[Any]) -> Counter[str]:
    """How many sealed things need each key, by its name."""
    found: Counter[str] = Counter()
    for column in SEALED_COLUMNS:
        counting = sql.SQL("select {0}, count(*) from {1} group by {0}").format(sql.Identifier(column.key_id), sql.Identifier(column.table))
        found.update(dict(connection.execute(counting).fetchall()))
    return found


def open_box(database: Database, settings: Settings) -> AesSecretBox:
    """This deployment's secret box, over a migrated database. Raises ``Unavailable`` when a key is missing that something is sealed with."""
    with database.owner_connection() as connection:
        used = count_by_key(connection)
    return AesSecretBox(LiveRing(settings.ring_path, open_ring(settings, used)))
