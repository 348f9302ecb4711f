"""What a database needs before the first migration: extensions, the application's role, search that may use its indexes."""

from __future__ import annotations

import re
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from crm_app.domain.errors import Unavailable

APP_ROLE = "mindfulcrm_app"  # as the migrations write it; a deployment that shares its server with another has a name of its own
BOOTSTRAP_LOCK = 7_203_114_001
_TRIES = 5
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")

# Under row-level security the planner may use an index only for operators whose function is marked leakproof.
# Rare words and mistyped names are 100 times slower without. What it gives up: someone who writes SQL by hand
# could learn hidden values through errors of these; nobody who uses this program can send SQL.
LEAKPROOF = (
    "ts_match_vq(tsvector,tsquery)",
    "textlike(text,text)",
    "texticlike(text,text)",
    "word_similarity_commutator_op(text,text)",
    "similarity_op(text,text)",
    '"right"(text,integer)',
)


def prepare(connection: psycopg.Connection[Any]) -> bool:
    """Bring extensions, role and marks into being where they are missing; True if search may use its indexes.

    ``connection`` is the owner's, without a transaction. Raises ``Unavailable``. Run it at every start and after
    every restore: a dump carries neither roles nor marks.
    """
    with connection.transaction():
        # Two processes may start at once, and "if not exists" is no protection from that.
        connection.execute("select pg_advisory_xact_lock(%s)", (BOOTSTRAP_LOCK,))
        _extensions(connection)
        _close_public_schema(connection)
        return _mark_leakproof(connection)


def admit_app_role(connection: psycopg.Connection[Any], app_dsn: str, *, password_is_ours: bool) -> None:
    """See to it that the application's role exists, can connect with ``app_dsn``, and bypasses nothing.

    Raises ``Unavailable`` if the owner may not do what is missing, if the role may see past the policies, or if it serves
    another database of the server or this database another role.
    """
    role = str(conninfo_to_dict(app_dsn)["user"])
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", (BOOTSTRAP_LOCK,))
        _refuse_another_role(connection, role)
        _ensure_role(connection, role, password_is_ours=password_is_ours)
        _refuse_powerful_role(connection, role)
    problem = _connects(app_dsn)
    if problem and password_is_ours:
        _settle_password(connection, role, app_dsn)
        problem = _connects(app_dsn)
    if problem:
        where = "DATABASE_APP_URL" if not password_is_ours else "the server's rules"
        raise Unavailable(f"The application's role {role} cannot connect to the database, so check {where}: {problem}.")


def drop_database(connection: psycopg.Connection[Any], name: str) -> None:
    """Drop a database if it is there, and send away who is still in it.

    "with (force)" may not send away a worker that vacuums, unless a superuser asks; without it the server sends that
    worker away by itself and waits for it, but refuses while anybody else is in.
    """
    statement = sql.SQL("drop database if exists {}").format(sql.Identifier(name))
    try:
        connection.execute(statement + sql.SQL(" with (force)"))
    except psycopg.errors.InsufficientPrivilege:
        connection.execute(statement)


def renamed_role(statement: str, role: str, name: str) -> str:
    """A statement of the schema with the application's ``role`` under another ``name``."""
    return re.sub(rf"\b{role}\b", name, statement)


def _extensions(connection: psycopg.Connection[Any]) -> None:
    there = {name for (name,) in connection.execute("select extname from pg_extension").fetchall()}
    for name in EXTENSIONS:
        if name in there:
            continue
        try:
            connection.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            raise Unavailable(f"The database needs the extension {name}, which its owner may not create: ask its administrator to create it.") from None
        except (psycopg.errors.UndefinedFile, psycopg.errors.FeatureNotSupported):
            raise Unavailable(f"The database server does not have the extension {name}: install PostgreSQL's contrib package on it.") from None


def _close_public_schema(connection: psycopg.Connection[Any]) -> None:
    # Databases made before PostgreSQL 15 let everyone create things there, also look-alikes of our functions.
    open_to_all = "select has_schema_privilege('public', 'public', 'create')"
    if _answer(connection, open_to_all):
        connection.execute("revoke create on schema public from public")
        if _answer(connection, open_to_all):
            raise Unavailable("Everyone may create things in the database's schema public: its owner has to run `revoke create on schema public from public`.")


def _mark_leakproof(connection: psycopg.Connection[Any]) -> bool:
    unmarked = connection.execute(
        "select p.oid::regprocedure::text from unnest(%s::text[]) as wanted(name) join pg_proc p on p.oid = to_regprocedure(wanted.name) where not p.proleakproof",
        (list(LEAKPROOF),),
    ).fetchall()
    if not unmarked:
        return True
    if not _answer(connection, "select rolsuper from pg_roles where rolname = current_user"):
        return False
    for (signature,) in unmarked:
        connection.execute(sql.SQL("alter function {} leakproof").format(sql.SQL(signature)))
    return True


def _refuse_another_role(connection: psycopg.Connection[Any], role: str) -> None:
    """The schema grants its rights to one name; another would see nothing at all."""
    if _answer(connection, "select to_regclass('public.alembic_version')") is None:
        return
    granted = "select distinct r.rolname from pg_policy p, unnest(p.polroles) o(oid) join pg_roles r using (oid) where p.polname like '%%\\_select'"
    names = [name for (name,) in connection.execute(granted.encode()).fetchall()]
    if names and role not in names:
        raise Unavailable(f"This database serves the role {names[0]}, not {role}: set DATABASE_APP_ROLE={names[0]}, or rename that role on the server.")


def _refuse_shared_role(connection: psycopg.Connection[Any], role: str) -> None:
    """A role has one password for the whole server: setting it would lock the other deployment out."""
    elsewhere = (
        "select d.datname from pg_shdepend s join pg_roles r on r.oid = s.refobjid join pg_database d on d.oid = s.dbid "
        "where s.refclassid = 'pg_authid'::regclass and r.rolname = %s and d.datname <> current_database() "
        "and d.datname not like left(current_database(), 40) || '\\_restore\\_%%' and d.datname not like left(current_database(), 40) || '\\_before\\_%%' limit 1"
    )
    if other := _answer(connection, elsewhere, role):
        raise Unavailable(f"The role {role} serves the database {other} of this server already: give this deployment another name with DATABASE_APP_ROLE.")


def _ensure_role(connection: psycopg.Connection[Any], role: str, *, password_is_ours: bool) -> None:
    if _answer(connection, "select true from pg_roles where rolname = %s", role):
        return
    advice = f"let it (`alter role … createrole`), or have {role} created and set DATABASE_APP_URL"
    if not password_is_ours:
        raise Unavailable(f"The role {role} that DATABASE_APP_URL names does not exist on the server: have it created there.")
    try:
        with connection.transaction():
            connection.execute(sql.SQL("create role {} login noinherit").format(sql.Identifier(role)))
    except psycopg.errors.InsufficientPrivilege:
        raise Unavailable(f"The user of DATABASE_URL may not create the role {role}: {advice}.") from None
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return  # made meanwhile for another database of this server


def _refuse_powerful_role(connection: psycopg.Connection[Any], role: str) -> None:
    if _answer(connection, "select rolsuper from pg_roles where rolname = current_user"):
        drifted = "select true from pg_roles where rolname = %s and (rolsuper or rolbypassrls or rolinherit or rolcreaterole or not rolcanlogin)"
        if _answer(connection, drifted, role):
            harmless = sql.SQL("alter role {} login nosuperuser nobypassrls nocreaterole noinherit")
            connection.execute(harmless.format(sql.Identifier(role)))
    powerful = (
        "select rolname from pg_roles where (rolsuper or rolbypassrls or rolname = current_user) and pg_has_role(%s::name, oid, 'member') limit 1"
    )
    if name := _answer(connection, powerful, role):
        how = "may see past the row policies" if name == role else f"may become {name}, who sees past the row policies"
        raise Unavailable(f"The role {role} {how}: take that right from it before MindfulCRM uses this server.")


def _settle_password(connection: psycopg.Connection[Any], role: str, app_dsn: str) -> None:
    """Set the password unless another process has just done so. A role belongs to the whole server, the lock to one database: hence the tries."""
    for _ in range(_TRIES):
        try:
            with connection.transaction():
                connection.execute("select pg_advisory_xact_lock(%s)", (BOOTSTRAP_LOCK,))
                if _connects(app_dsn):
                    _refuse_shared_role(connection, role)
                    _set_password(connection, role, str(conninfo_to_dict(app_dsn)["password"]))
            return
        except psycopg.errors.InternalError_:  # "tuple concurrently updated": somebody on another database was quicker
            continue


def _set_password(connection: psycopg.Connection[Any], role: str, password: str) -> None:
    # Hashed on this side, so that the password appears in no statement and in no log of the server.
    hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    statement = sql.SQL("alter role {} with login password {}").format(sql.Identifier(role), sql.Literal(hashed))
    try:
        connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        raise Unavailable(f"The user of DATABASE_URL may not set the password of {role}: set DATABASE_APP_URL with the one it has.") from None


def _connects(app_dsn: str) -> str | None:
    """None if the application's role gets in, else why not."""
    try:
        psycopg.connect(app_dsn, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        return str(error).rsplit("FATAL:", 1)[-1].strip().splitlines()[0].rstrip(".")
    return None


def _answer(connection: psycopg.Connection[Any], query: str, *values: Any) -> Any:
    row = connection.execute(query.encode(), values or None).fetchone()
    return row[0] if row else None
