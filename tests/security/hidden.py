"""Canaries in everything that one person keeps to herself: every column of every row that the schema knows, found there and not in a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from tests.cluster import Database
from tests.security.world import OTHER

CANARY = "zqhidden"
# What holds a list holds one of canaries: it would never hold anything else.
_JSON = "case jsonb_typeof({column}) when 'array' then '[{{\"{canary}\": \"{canary}\"}}]'::jsonb else '{{\"{canary}\": \"{canary}\"}}' end"
SHAPES = {"text": "'{canary}'", "jsonb": _JSON, "bytea": "'{canary}'::bytea"}
# Kept apart from what is planted: without these the row would mean something else, or nothing would find it any more.
KEYS = ("audience", "asked_audience", "subject_type", "kind", "state", "status", "role", "table_name", "action", "via", "purpose", "content_type", "sha256", "theme", "locale", "time_zone", "zone", "due_zone", "folded")

_COLUMNS = text(
    "select c.table_name, c.column_name, c.data_type from information_schema.columns c join pg_tables t on t.tablename = c.table_name and t.schemaname = 'public' "
    "where c.table_schema = 'public' and c.data_type in ('text', 'jsonb', 'bytea') and c.is_generated = 'NEVER' and c.table_name <> 'alembic_version' order by 1, 2"
)
_OWN = text("select column_name from information_schema.columns where table_schema = 'public' and table_name = :table")


@dataclass
class Planted:
    """Which columns hold a canary now, which could not (a check or a key allows no free text), and which have no row of hers."""

    columns: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)


def plant(database: Database) -> Planted:
    """Write a canary into every text, JSON and byte column of every row that is OTHER's alone."""
    planted = Planted()
    with database.owner.begin() as connection:
        # As the server itself writes when it replicates: no trigger moves, derives or records anything.
        connection.execute(text("set local session_replication_role = replica"))
        for table, column, kind in connection.execute(_COLUMNS).all():
            scope = _scope(connection, table)
            if scope is not None and column not in KEYS:
                _write(connection, planted, table, column, SHAPES[kind].format(canary=f"{CANARY} {table} {column}", column=column), scope)
    return planted


def _scope(connection: Connection, table: str) -> str | None:
    """The rows of a table that are hers alone; None where nothing belongs to anybody."""
    columns = set(connection.execute(_OWN, {"table": table}).scalars())
    owner = next((name for name in ("owner_id", "user_id", "actor_id") if name in columns), None)
    if owner is None:
        return None
    private = " and audience = 'private'" if "audience" in columns else ""
    return f"{owner} = '{OTHER.user_id}'{private}"


def _write(connection: Connection, planted: Planted, table: str, column: str, value: str, scope: str) -> None:
    name = f"{table}.{column}"
    try:
        with connection.begin_nested():
            rows = connection.execute(text(f"update {table} set {column} = {value} where {scope}")).rowcount
    except DBAPIError:
        rows = _write_one(connection, table, column, value, scope)
    if rows is None:
        planted.refused.add(name)
    else:
        (planted.columns if rows else planted.empty).add(name)


def _write_one(connection: Connection, table: str, column: str, value: str, scope: str) -> int | None:
    """One row alone, where no two may hold the same; None where not even that."""
    try:
        with connection.begin_nested():
            return connection.execute(text(f"update {table} set {column} = {value} where ctid = (select ctid from {table} where {scope} limit 1)")).rowcount
    except DBAPIError:
        return None


def found_in(value: Any) -> bool:
    """Whether an answer holds a canary in any way of writing it."""
    data = value if isinstance(value, bytes) else str(value).encode()
    return CANARY.encode() in data or CANARY.encode().hex().encode() in data
