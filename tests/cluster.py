"""One throw-away PostgreSQL for a test session, and databases cloned from one migrated template."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import URL, Engine, create_engine, text

from crm_app.infrastructure import database as infrastructure
from crm_app.infrastructure.database_bootstrap import APP_ROLE, admit_app_role, drop_database, prepare
from crm_app.infrastructure.embedded_postgres import EmbeddedPostgres
from crm_app.infrastructure.migrations import migrate

APP_PASSWORD = "only-for-tests"
SECRET = "kT4nq8Zs1vWx6Ej0Rm3bUy7Cf5Hd2Lg9"
"""By which what a test stores is sealed, unless its deployment has a secret of its own."""
EXTERNAL = "MINDFULCRM_TEST_DATABASE_URL"
ALONE = {"options": "-c max_parallel_workers_per_gather=0"}
"""As the product connects. Without it a look at every table starts two more processes, which takes a tenth of a second."""
# Small tables are emptied twenty times faster by DELETE than by TRUNCATE, which makes new files, where the server lets us past triggers and foreign
# keys. Most tables have never held anything.
EMPTY = """
do $$ declare held text; begin
  if has_parameter_privilege('session_replication_role', 'set') then
    perform set_config('session_replication_role', 'replica', true);
    for held in select oid::regclass from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'alembic_version' and pg_relation_size(oid) > 0 loop
      execute 'delete from ' || held;
    end loop;
  else
    select string_agg(oid::regclass::text, ', ') into held from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'alembic_version';
    execute 'truncate ' || held || ' restart identity cascade';
  end if;
end $$
"""


@dataclass(frozen=True)
class Server:
    """A running server and how to reach a database on it, as the schema's owner or as the application."""

    dsn: str

    def owner_dsn(self, database: str) -> str:
        """The schema's owner: migrates, cleans and looks behind the policies; never serves a test's services."""
        return make_conninfo(self.dsn, dbname=database)

    def app_dsn(self, database: str) -> str:
        """The role that services run as."""
        return make_conninfo(self.dsn, dbname=database, user=APP_ROLE, password=APP_PASSWORD)

    def owner_url(self, database: str) -> URL:
        """``owner_dsn`` for SQLAlchemy."""
        return infrastructure.sqlalchemy_url(self.owner_dsn(database))

    def app_url(self, database: str) -> URL:
        """``app_dsn`` for SQLAlchemy."""
        return infrastructure.sqlalchemy_url(self.app_dsn(database))

    def maintain(self, statement: str) -> None:
        """Run a statement outside a transaction, in the server's own database."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement.encode())

    def drop(self, database: str) -> None:
        """Drop a database if it is there, whoever is in it."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            drop_database(connection, database)


@dataclass(frozen=True)
class Database:
    """One database of one test module. ``searches_by_index``: the server let us mark the search operators leakproof."""

    server: Server
    name: str
    owner: Engine
    app: Engine
    searches_by_index: bool


@contextmanager
def running_server(root: Path) -> Iterator[Server]:
    """The server that ``MINDFULCRM_TEST_DATABASE_URL`` names, or an embedded one that forgets everything."""
    if given := os.environ.get(EXTERNAL):
        yield Server(make_conninfo("", **conninfo_to_dict(given.replace("postgresql+psycopg://", "postgresql://", 1))))
        return
    embedded = EmbeddedPostgres(root, durable=False).start()
    try:
        yield Server(embedded.owner_dsn())
    finally:
        embedded.release()


@contextmanager
def migrated_template(server: Server) -> Iterator[str]:
    """A database that Alembic has brought to its head; clone it, never write to it."""
    name = f"template_{os.getpid()}_{secrets.token_hex(3)}"
    server.maintain(f'create database "{name}"')
    try:
        with psycopg.connect(server.owner_dsn(name), autocommit=True) as connection:
            leakproof = prepare(connection)
            admit_app_role(connection, server.app_dsn(name), password_is_ours=True)
            major = connection.info.server_version // 10000
        app = create_engine(server.app_url(name))
        migrate(infrastructure.Database(server.owner_dsn(name), server.app_dsn(name), app, major, leakproof))
        app.dispose()
        yield name
    finally:
        server.drop(name)


@contextmanager
def cloned_database(server: Server, template: str) -> Iterator[Database]:
    """A clone of the template, with an engine for each of the two roles."""
    name = f"test_{os.getpid()}_{secrets.token_hex(4)}"
    server.maintain(f'create database "{name}" template "{template}"')
    owner = create_engine(server.owner_url(name), pool_size=2, connect_args=ALONE)
    app = create_engine(server.app_url(name), pool_size=5, max_overflow=15, connect_args=ALONE)
    try:
        with psycopg.connect(server.owner_dsn(name), autocommit=True) as connection:
            leakproof = prepare(connection)
        yield Database(server, name, owner, app, leakproof)
    finally:
        owner.dispose()
        app.dispose()
        server.drop(name)


def empty(database: Database) -> None:
    """Remove every row and keep the schema. No change set is named, so this leaves no history."""
    with database.owner.begin() as connection:
        connection.exec_driver_sql(EMPTY)


def count_waiting(database: Database) -> int:
    """How many in this database wait for somebody else's lock just now."""
    with database.owner.connect() as connection:
        # Not by ``wait_event_type``: what another role waits for is shown to superusers alone, and the owner of an outside server's schema is none.
        waiting = "select count(distinct pid) from pg_locks join pg_stat_activity using (pid) where datname = current_database() and not granted"
        return int(connection.execute(text(waiting)).scalar_one())


def until_waiting(database: Database, most: int) -> None:
    """Wait until that many wait for a lock: each has looked by then, and none has gone on."""
    until = time.monotonic() + 20
    while count_waiting(database) < most:
        assert time.monotonic() < until, "somebody did not wait"
        time.sleep(0.01)
