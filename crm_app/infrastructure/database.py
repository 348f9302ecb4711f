"""The database of this deployment: the embedded server or one that the host names, made fit for use.

The owner of the schema migrates, bootstraps, backs up and restores; it never serves a page. Everything else goes
through ``Database.app_engine``, whose role owns nothing and obeys the row policies.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.database_bootstrap import APP_ROLE, BOOTSTRAP_LOCK, admit_app_role, prepare
from crm_app.infrastructure.embedded_postgres import EmbeddedPostgres, find_binaries
from crm_app.infrastructure.migrations import migrate, pending_migrations
from crm_app.settings import ROLE_NAME, Settings

__all__ = ["APP_ROLE", "Database", "migrate", "open_database", "pending_migrations"]

NAME = "mindfulcrm"
MINIMUM_VERSION = 15
STATEMENT_SECONDS = 5
_SHAPE = "postgresql://user:password@host:5432/database"


@dataclass(frozen=True)
class Database:
    """One database that is ready for migration and use. Close it when done, or use it in a ``with``."""

    owner_dsn: str = field(repr=False)
    app_dsn: str = field(repr=False)
    app_engine: Engine = field(repr=False)
    major: int
    search_is_leakproof: bool
    """True if the planner may use the search indexes under row-level security (the owner is a superuser)."""
    server: EmbeddedPostgres | None = None

    @property
    def name(self) -> str:
        """The database's name on its server."""
        return str(conninfo_to_dict(self.owner_dsn).get("dbname", ""))

    @property
    def app_role(self) -> str:
        """The role that serves people."""
        return str(conninfo_to_dict(self.app_dsn)["user"])

    @property
    def owner_url(self) -> URL:
        """The owner's address for SQLAlchemy and Alembic."""
        return sqlalchemy_url(self.owner_dsn)

    @property
    def bin_dir(self) -> Path:
        """The folder of a ``pg_dump`` that fits the server: of its own major version, else the first newer one here."""
        if self.server:
            return self.server.bin_dir
        try:
            return find_binaries(wanted_major=self.major).folder
        except Unavailable:
            return find_binaries(at_least=self.major).folder

    @contextmanager
    def owner_connection(self, dbname: str | None = None) -> Iterator[psycopg.Connection[Any]]:
        """A connection of the owner without a transaction, to this database or to another on the same server."""
        dsn = make_conninfo(self.owner_dsn, dbname=dbname) if dbname else self.owner_dsn
        with psycopg.connect(dsn, autocommit=True, application_name="mindfulcrm-owner") as connection:
            yield connection

    def sibling(self, name: str) -> Database:
        """The same for another database of this server (``prepare`` it yourself); closing it leaves the server alone."""
        app_dsn = make_conninfo(self.app_dsn, dbname=name)
        return replace(self, owner_dsn=make_conninfo(self.owner_dsn, dbname=name), app_dsn=app_dsn, app_engine=_engine(app_dsn, 2), server=None)

    def background_engine(self, size: int) -> Engine:
        """Connections for work that nobody waits for, apart from the pages' pool. Whoever asks for it disposes of it."""
        return _engine(self.app_dsn, size, "mindfulcrm-background")

    def close(self) -> None:
        """Close the connections and leave the embedded server, which stops when nobody else uses it."""
        self.app_engine.dispose()
        if self.server:
            self.server.release()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_database(settings: Settings, *, durable: bool = True) -> Database:
    """Start or reach the server, make the database, its roles and extensions, and connect.

    Idempotent and cheap when nothing is missing. Raises ``Unavailable`` with one sentence for the person who hosts.
    ``durable=False`` lets the embedded server lose everything in a power cut: tests only.
    """
    if settings.database_url is not None:
        return _connect(_given(settings.database_url.get_secret_value(), "DATABASE_URL"), settings, None)
    server = EmbeddedPostgres(settings.data_dir / "postgres", durable=durable).start()
    with ExitStack() as on_failure:
        on_failure.callback(server.release)
        with psycopg.connect(server.owner_dsn(), autocommit=True) as connection:
            ensure_database(connection)
        database = _connect(server.owner_dsn(NAME), settings, server)
        on_failure.pop_all()
    return database


def connect_as_owner(owner_dsn: str, settings: Settings) -> Database:
    """A database on a server that somebody else starts and stops. Raises ``Unavailable``."""
    return _connect(owner_dsn, settings, None)


def sqlalchemy_url(dsn: str) -> URL:
    """A libpq connection string as SQLAlchemy writes it."""
    parts = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    user, password, dbname = parts.pop("user", None), parts.pop("password", None), parts.pop("dbname", None)
    if parts.get("host", "/").startswith("/") or "," in parts["host"]:
        return URL.create("postgresql+psycopg", user, password, database=dbname, query=parts)
    host, port = parts.pop("host"), parts.pop("port", None)
    return URL.create("postgresql+psycopg", user, password, host, int(port) if port else None, dbname, parts)


def _connect(owner_dsn: str, settings: Settings, server: EmbeddedPostgres | None) -> Database:
    given = settings.database_app_url.get_secret_value() if settings.database_app_url and server is None else None
    app_dsn = _given(given, "DATABASE_APP_URL") if given else _derived_app_dsn(owner_dsn, settings, APP_ROLE if server else settings.database_app_role)
    with _reached(owner_dsn) as connection:
        _refuse_unfit(connection, str(conninfo_to_dict(app_dsn).get("user", "")))
        leakproof = prepare(connection)
        admit_app_role(connection, app_dsn, password_is_ours=given is None)
        major = connection.info.server_version // 10000
    return Database(owner_dsn, app_dsn, _engine(app_dsn, settings.db_pool_size), major, leakproof, server)


def _derived_app_dsn(owner_dsn: str, settings: Settings, role: str) -> str:
    """The application's role on the same server. Its password follows from the secret key, so nothing more is kept."""
    password = hmac.new(settings.key, b"mindfulcrm: password of the application's role", hashlib.sha256).hexdigest()
    return make_conninfo(owner_dsn, user=role, password=password)


def _engine(app_dsn: str, pool_size: int, name: str = "mindfulcrm") -> Engine:
    standing = conninfo_to_dict(app_dsn).get("options")
    # psycopg prepares what it runs often. A plan made for any value misjudges rare words and deep pages (300 ms instead
    # of 10); planning for the value at hand takes half a millisecond, and compiling or sharing the work never pays here.
    planning = "-c plan_cache_mode=force_custom_plan -c jit=off -c max_parallel_workers_per_gather=0"
    limits = f"{planning} -c statement_timeout={STATEMENT_SECONDS}s -c idle_in_transaction_session_timeout=60s"
    arguments = {"application_name": name, "options": f"{standing} {limits}" if standing else limits}
    engine = create_engine(sqlalchemy_url(app_dsn), pool_size=pool_size, max_overflow=0, pool_timeout=15, pool_pre_ping=True, connect_args=arguments)
    event.listen(engine, "do_connect", _connected)
    return engine


def _connected(dialect: Dialect, _record: object, words: Sequence[Any], named: Mapping[str, Any]) -> DBAPIConnection:
    """A process without a file handle to spare has no database, and is told so as when that is away."""
    try:
        return dialect.connect(*words, **named)
    except OSError as failure:
        raise psycopg.OperationalError(str(failure)) from failure


def _given(url: str, variable: str) -> str:
    """The host's address as a libpq connection string; SQLAlchemy's spelling is understood too."""
    scheme, _, rest = url.partition("://")
    try:
        if scheme.split("+")[0] not in ("postgresql", "postgres"):
            raise psycopg.ProgrammingError
        parts = conninfo_to_dict(f"postgresql://{rest}")
    except psycopg.Error:
        raise Unavailable(f"{variable} is not the address of a PostgreSQL database; it looks like {_SHAPE}.") from None
    return make_conninfo("", **{"connect_timeout": 5, **parts})


@contextmanager
def _reached(owner_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        connection = psycopg.connect(owner_dsn, autocommit=True, application_name="mindfulcrm-owner")
    except psycopg.Error as error:
        parts = conninfo_to_dict(owner_dsn)
        where = f"{parts.get('host', 'this machine')}, database {parts.get('dbname', '(none)')}, user {parts.get('user', '(none)')}"
        raise Unavailable(f"The database server of DATABASE_URL ({where}) cannot be used: {_reason(str(error))}.") from None
    with connection:
        yield connection


_REASONS: tuple[tuple[str, str], ...] = (
    ("password authentication failed", "it refuses this user or password"),
    ("no password supplied", "it asks for a password and the address has none"),
    ("Connection refused", "nothing answers at that address and port"),
    ("No such file or directory", "no server has its socket there"),
    ("could not translate host name", "no such host is known"),
    ("failed to resolve host", "no such host is known"),
    ("timeout", "it did not answer within five seconds"),
    ("does not support SSL", "it does not offer the encryption that the address asks for"),
    ("too many clients", "it has no free connection left"),
)


def _reason(message: str) -> str:
    for words, sentence in _REASONS:
        if words in message:
            return sentence
    fatal = message.rsplit("FATAL:", 1)[-1].strip()
    return fatal.splitlines()[0].rstrip(".") if fatal else "it gave no reason"


def _refuse_unfit(connection: psycopg.Connection[Any], role: str) -> None:
    version = connection.info.server_version
    checks: tuple[tuple[Callable[[], bool], str], ...] = (
        (lambda: version < MINIMUM_VERSION * 10000, f"The database server is PostgreSQL {version // 10000}, and {MINIMUM_VERSION} or newer is needed."),
        (lambda: _answer(connection, "show server_encoding") != "UTF8", "The database must use the encoding UTF8; create another one with it."),
        (lambda: _answer(connection, "select pg_is_in_recovery()") is True, "The database server is a read-only replica; DATABASE_URL must name the primary."),
        (lambda: connection.info.user == role, f"DATABASE_URL must name the owner of the schema, not {role}, which serves the application."),
        (lambda: re.fullmatch(ROLE_NAME, role) is None, f"DATABASE_APP_URL must name a user of small letters, digits and underscores, not {role!r}."),
    )
    for unfit, sentence in checks:
        if unfit():
            raise Unavailable(sentence)


def _answer(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def ensure_database(connection: psycopg.Connection[Any]) -> None:
    """Make our database on an embedded server that has none yet."""
    exists = "select 1 from pg_database where datname = %s"
    if connection.execute(exists, (NAME,)).fetchone():
        return
    connection.execute("select pg_advisory_lock(%s)", (BOOTSTRAP_LOCK,))  # let go of when the connection closes
    if not connection.execute(exists, (NAME,)).fetchone():
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(NAME)))
