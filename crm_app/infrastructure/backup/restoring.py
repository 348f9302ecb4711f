"""Restoring a backup, proven before it counts.

The dump goes into a new database, every table's rows and checksum are compared with the backup's, and only then does the
new database take the old one's name.
"""

from __future__ import annotations

import re
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.backup.alone import alone
from crm_app.infrastructure.backup.figures import figures_of
from crm_app.infrastructure.backup.file import DUMP, FILES, Manifest, OpenBackup, opened_backup
from crm_app.infrastructure.backup.tools import run_tool, told
from crm_app.infrastructure.database import Database
from crm_app.infrastructure.database_bootstrap import drop_database, prepare, renamed_role
from crm_app.infrastructure.embedded_postgres import find_binaries
from crm_app.infrastructure.meaning_index import is_of_meaning_index
from crm_app.infrastructure.migrations import refuse_newer
from crm_app.settings import RING_FILE

RESTORE_LOCK = 7_203_114_003
SWAP_ATTEMPTS = 3
# Whoever vacuums is no client: only a superuser could end that, and to rename waits for it and ends it by itself.
_SEND_AWAY = "select pg_terminate_backend(pid) from pg_stat_activity where datname = any(%s) and backend_type = 'client backend'"
_NEWER_SETTING = "SET transaction_timeout"  # which a server before 17 does not know, and which changes nothing here
_OWNER_POLICY = "_schema_owner"


class NotProvable(Unavailable):
    """The owner of the schema lacks the right to try a backup out; the backup may be perfectly good."""


def verify_backup(database: Database, path: Path, *, key: bytes | None = None, room: Path | None = None) -> Manifest:
    """Restore ``path`` into a scratch database of the same server, compare every table, and drop it again.

    ``key`` opens an encrypted one. The dump lies in ``room`` meanwhile, or in the system's temporary folder.
    Raises ``Unavailable`` with one sentence if the backup is not whole or does not restore to what it says.
    """
    with opened_backup(path, key) as backup, _restored(database, backup, room):
        return backup.manifest


def restore_backup(
    database: Database, path: Path, files: Mapping[str, Path] | None = None, *, key: bytes | None = None, room: Path | None = None,
    take_keys: Callable[[Path], None] | None = None,
) -> Manifest:  # fmt: skip
    """Replace everything in ``database`` by the backup, and write the backup's ``files`` to the given places.

    ``take_keys`` is handed the key ring that the backup brought, if it did, before the database that needs it takes its place.

    Nothing changes unless the backup restores completely. Whoever is connected is cut off at the end; afterwards
    ``migrate`` brings an older schema up to date. ``key`` and ``room`` as above. Raises ``Unavailable`` with one sentence.
    """
    with opened_backup(path, key) as backup:
        refuse_newer(backup.manifest.schema_revision)
        wanted = {FILES + name: target for name, target in (files or {}).items() if FILES + name in backup.manifest.members}
        with _restored(database, backup, room) as scratch:
            if take_keys:
                hand_keys(backup, take_keys, room)
            _swap(database, scratch)
        with told(path):
            for name, target in wanted.items():
                backup.extract(name, target)
        return backup.manifest


def hand_keys(backup: OpenBackup, take: Callable[[Path], None], room: Path | None) -> None:
    """Hand ``take`` the key ring of a backup that brought one, in a file that is gone afterwards."""
    name = FILES + RING_FILE
    if name in backup.manifest.members:
        with tempfile.TemporaryDirectory(prefix=".keys-", dir=room) as folder, told(backup.path):
            backup.extract(name, Path(folder) / RING_FILE)
            take(Path(folder) / RING_FILE)


@contextmanager
def _restored(database: Database, backup: OpenBackup, room: Path | None) -> Iterator[str]:
    """The name of a new database that holds the backup, compared; dropped afterwards if it still has that name."""
    name = f"{database.name[:40]}_restore_{secrets.token_hex(4)}"
    scratch = database.sibling(name)
    with _maintenance(database) as connection, alone(connection, RESTORE_LOCK) as first:
        if not first:
            raise Unavailable("Another backup is being restored or verified on this server; wait until it is done.")
        _clear_leftovers(connection, database.name)
        _create(connection, database.name, name)
        try:
            with scratch.owner_connection() as inside:
                prepare(inside)
                _fill(scratch, inside, backup, room)
                _compare(inside, backup.manifest)
                inside.execute("analyze")
            yield name
        finally:
            scratch.close()
            drop_database(connection, name)


def _clear_leftovers(connection: psycopg.Connection[Any], name: str) -> None:
    """Drop what a restore left that was cut off: its scratch, or the replaced database."""
    pattern = f"^{re.escape(name[:40])}_(restore|before)_[0-9a-f]{{8}}$"
    for (left,) in connection.execute("select datname from pg_database where datname ~ %s", (pattern,)).fetchall():
        drop_database(connection, left)


def _create(connection: psycopg.Connection[Any], like: str, name: str) -> None:
    row = connection.execute("select datlocprovider, datcollate, datctype from pg_database where datname = %s", (like,)).fetchone()
    provider, collate, ctype = row or ("", "", "")
    statement = sql.SQL("create database {} template template0 encoding 'UTF8'").format(sql.Identifier(name))
    if provider == "c":
        statement += sql.SQL(" locale_provider libc lc_collate {} lc_ctype {}").format(sql.Literal(collate), sql.Literal(ctype))
    try:
        connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        raise NotProvable("The user of DATABASE_URL may not create databases, which proving a backup needs: let it (`alter role … createdb`).") from None


def _fill(scratch: Database, inside: psycopg.Connection[Any], backup: OpenBackup, room: Path | None) -> None:
    tools = _tools_for(scratch, backup.manifest)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=room) as folder, told(backup.path):
        dump, contents = Path(folder) / DUMP, Path(folder) / "contents"
        backup.extract(DUMP, dump)
        entries = run_tool(scratch, "pg_restore", "--list", str(dump), connect=False, tools=tools).splitlines()
        # The owner may have another name here: its own policies are made again instead of restored. An index that not every server has, at the next start.
        contents.write_text("\n".join(line for line in entries if not (_is_owner_policy(line) or is_of_meaning_index(line))), encoding="utf-8")
        options = ("--no-owner", "--no-comments", "--enable-row-security", f"--use-list={contents}")
        _schema(scratch, backup.manifest, tools, dump, "--section=pre-data", *options)
        run_tool(scratch, "pg_restore", "--section=data", "--jobs=2", *options, str(dump), tools=tools)
        _grant_owner(inside)  # before the foreign keys, which are checked under the policies that stand
        _schema(scratch, backup.manifest, tools, dump, "--section=post-data", *options)


def _schema(scratch: Database, manifest: Manifest, tools: Path, dump: Path, *options: str) -> None:
    """Make one part of the schema. A backup from a server where the application's role has another name is reworded first."""
    if manifest.app_role == scratch.app_role:
        run_tool(scratch, "pg_restore", "--jobs=2", *options, str(dump), tools=tools)
        return
    statements = run_tool(scratch, "pg_restore", *options, "--file=-", str(dump), connect=False, tools=tools)
    known = "\n".join(line for line in statements.splitlines() if not line.startswith(_NEWER_SETTING))
    script = dump.with_name("schema.sql")
    script.write_text(renamed_role(known, manifest.app_role, scratch.app_role), encoding="utf-8")
    run_tool(scratch, "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={script}", tools=tools)


def _tools_for(database: Database, manifest: Manifest) -> Path:
    """The folder of a ``pg_restore`` that can read the dump: an older server's own cannot."""
    return database.bin_dir if database.major >= manifest.postgres_major else find_binaries(at_least=manifest.postgres_major).folder


def _is_owner_policy(entry: str) -> bool:
    words = entry.split()
    return "POLICY" in words[3:4] and words[-2].endswith(_OWNER_POLICY)


def _grant_owner(connection: psycopg.Connection[Any]) -> None:
    """Let the schema's owner see the rows of tables whose policies bind even the owner, as the first migrations do."""
    tables = connection.execute("select relname from pg_class where relnamespace = 'public'::regnamespace and relforcerowsecurity").fetchall()
    for (table,) in tables:
        policy = sql.Identifier(table + _OWNER_POLICY)
        connection.execute(sql.SQL("create policy {} on {} to current_user using (true) with check (true)").format(policy, sql.Identifier(table)))


def _compare(connection: psycopg.Connection[Any], manifest: Manifest) -> None:
    found = figures_of(connection)
    for table in sorted(manifest.tables.keys() | found.keys()):
        here, there = found.get(table), manifest.tables.get(table)
        if here != there:
            rows, expected = (figures.rows if figures else 0 for figures in (here, there))
            what = f"{rows} rows where the backup has {expected}" if rows != expected else "other contents than the backup"
            raise Unavailable(f"The backup does not restore to what it says (table {table}: {what}), so nothing was changed.")


def _swap(database: Database, scratch: str) -> None:
    old, new = sql.Identifier(database.name), sql.Identifier(scratch)
    aside = f"{database.name[:40]}_before_{secrets.token_hex(4)}"
    with _maintenance(database) as connection:
        for attempt in range(1, SWAP_ATTEMPTS + 1):
            try:
                connection.execute(_SEND_AWAY, ([database.name, scratch],))
                with connection.transaction():  # both names change together or not at all, whenever this process may end
                    connection.execute(sql.SQL("alter database {} rename to {}").format(old, sql.Identifier(aside)))
                    connection.execute(sql.SQL("alter database {} rename to {}").format(new, old))
                break
            except (psycopg.errors.ObjectInUse, psycopg.errors.InsufficientPrivilege):  # somebody came in again between the two
                if attempt == SWAP_ATTEMPTS:
                    raise Unavailable("The database is in use by others who cannot be cut off: stop MindfulCRM everywhere and restore again.") from None
        database.app_engine.dispose()
        drop_database(connection, aside)


@contextmanager
def _maintenance(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection beside the databases that are renamed."""
    try:
        connection = psycopg.connect(make_conninfo(database.owner_dsn, dbname="postgres"), autocommit=True)
    except psycopg.OperationalError:
        connection = psycopg.connect(make_conninfo(database.owner_dsn, dbname="template1"), autocommit=True)
    with connection:
        yield connection
