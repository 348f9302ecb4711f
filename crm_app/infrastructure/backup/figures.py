"""Row counts and checksums of every table, for proving that a backup restores."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.backup.file import TableFigures

# Generated columns are left out: they are computed again on restore, and another version may fold an accent differently.
_COLUMNS = """
select c.relname, array_agg(a.attname::text order by a.attnum) from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
group by c.relname order by c.relname
"""
_SAME_TEXT_EVERYWHERE = (
    "set timezone = 'UTC'", "set datestyle = 'ISO, MDY'", "set intervalstyle = 'postgres'",
    "set extra_float_digits = 1", "set bytea_output = 'hex'", "set statement_timeout = 0",
)  # fmt: skip
_HIDDEN = """
select c.relname from pg_class c join pg_roles r on r.rolname = current_user
where c.relnamespace = 'public'::regnamespace and c.relforcerowsecurity and not r.rolsuper and not r.rolbypassrls
and not exists (select from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname and p.qual = 'true'
                and current_user = any(p.roles) and p.cmd in ('ALL', 'SELECT')) limit 1
"""


def figures_of(connection: psycopg.Connection[Any]) -> dict[str, TableFigures]:
    """Every table of the schema ``public`` by name: 60 bits of each row's MD5, summed, so that order does not matter."""
    for setting in _SAME_TEXT_EVERYWHERE:
        connection.execute(setting.encode())
    figures = {}
    for table, columns in connection.execute(_COLUMNS).fetchall():
        row_text = sql.SQL("row({})::text").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
        query = sql.SQL("select count(*), coalesce(sum(('x' || left(md5({}), 15))::bit(60)::bigint), 0)::text from {}")
        row = connection.execute(query.format(row_text, sql.Identifier("public", table))).fetchone()
        figures[table] = TableFigures(*(row or (0, "0")))
    return figures


def refuse_hidden_rows(connection: psycopg.Connection[Any]) -> None:
    """Raise ``Unavailable`` if row policies would keep rows from this connection, so that a dump is never silently short."""
    if row := connection.execute(_HIDDEN).fetchone():
        raise Unavailable(f"The owner of the schema cannot see every row of the table {row[0]}, so the backup would be incomplete.")
