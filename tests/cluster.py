"""One throw-away PostgreSQL for a test session, and databases cloned from one migrated template."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, make_url, text

from tests import by_hand

APP_ROLE = "mindfulcrm_app"
APP_PASSWORD = "only-for-tests"
EXTERNAL = "MINDFULCRM_TEST_DATABASE_URL"


@dataclass(frozen=True)
class Server:
    """A running server and how to reach a database on it, as the schema's owner or as the application."""

    owner: URL

    def owner_url(self, database: str) -> URL:
        """The schema's owner: migrates, cleans and looks behind the policies; never serves a test's services."""
        return self.owner.set(drivername="postgresql+psycopg", database=database)

    def app_url(self, database: str) -> URL:
        """The role that services run as."""
        return self.owner_url(database).set(username=APP_ROLE, password=APP_PASSWORD)

    def maintain(self, *statements: str) -> None:
        """Run statements outside a transaction, in the server's own database."""
        engine = create_engine(self.owner_url(self.owner.database or "postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()


@dataclass(frozen=True)
class Database:
    """One database of one test module."""

    server: Server
    name: str
    owner: Engine
    app: Engine


@contextmanager
def running_server(root: Path) -> Iterator[Server]:
    """The server that ``MINDFULCRM_TEST_DATABASE_URL`` names, or an embedded one that forgets everything."""
    if given := os.environ.get(EXTERNAL):
        yield Server(make_url(given))
        return
    with by_hand.started(root) as url:
        yield Server(make_url(url))


@contextmanager
def migrated_template(server: Server) -> Iterator[str]:
    """A database that Alembic has brought to its head; clone it, never write to it."""
    name = f"template_{os.getpid()}_{secrets.token_hex(3)}"
    server.maintain(f'create database "{name}"')
    by_hand.upgrade(server.owner_url(name), APP_ROLE)
    server.maintain(f"alter role {APP_ROLE} with login password '{APP_PASSWORD}'")
    try:
        yield name
    finally:
        server.maintain(f'drop database if exists "{name}" with (force)')


@contextmanager
def cloned_database(server: Server, template: str) -> Iterator[Database]:
    """A clone of the template, with an engine for each of the two roles."""
    name = f"test_{os.getpid()}_{secrets.token_hex(4)}"
    server.maintain(f'create database "{name}" template "{template}"')
    database = Database(
        server, name, create_engine(server.owner_url(name), pool_size=2), create_engine(server.app_url(name), pool_size=5, max_overflow=15)
    )
    try:
        yield database
    finally:
        database.owner.dispose()
        database.app.dispose()
        server.maintain(f'drop database if exists "{name}" with (force)')


def empty(database: Database) -> None:
    """Remove every row and keep the schema. No change set is named, so this leaves no history."""
    with database.owner.begin() as connection:
        names = connection.execute(
            text("select string_agg(quote_ident(tablename), ', ') from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'")
        ).scalar()
        connection.execute(text(f"truncate {names} restart identity cascade"))
