"""The schema's way from where it stands to where this version needs it: Alembic, as the owner, one process at a time.

Every command asks whether something is missing, and almost always nothing is; so Alembic, which takes long to import, is
imported only by the one that finds something.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.database_bootstrap import APP_ROLE, renamed_role

if TYPE_CHECKING:
    from alembic.config import Config

    from crm_app.infrastructure.database import Database

MIGRATION_LOCK = 7_203_114_002
_PATIENCE = 300.0


def migrate(database: Database) -> list[str]:
    """Bring the schema to this version's head and return the revisions that were applied, oldest first.

    Waits while another process does the same. Raises ``Unavailable`` if the schema is newer than the code, or if
    tables stay locked by others.
    """
    if not pending_migrations(database):
        return []
    from alembic import command

    with _alone(database), _connected(database) as connection:
        missing = pending_migrations(database)
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != "55P03":
                raise
            raise Unavailable("The database could not be upgraded because other programs keep its tables locked: stop them and start again.") from error
    return missing


def pending_migrations(database: Database) -> list[str]:
    """The revisions that ``migrate`` would apply, oldest first. Raises ``Unavailable`` if the schema is newer than the code."""
    current = current_revision(database)
    refuse_newer(current)
    known = known_revisions()
    return known[known.index(current) + 1 :] if current else known


def current_revision(database: Database) -> str | None:
    """The schema's revision; None in an empty database."""
    with database.owner_connection() as connection:
        there = connection.execute("select to_regclass('alembic_version') is not null").fetchone()
        row = connection.execute("select version_num from alembic_version").fetchone() if there and there[0] else None
    return str(row[0]) if row else None


def known_revisions() -> list[str]:
    """Every revision of this version's code, oldest first: each file's name begins with its number, and they follow one another without a gap."""
    return sorted(path.name.partition("_")[0] for path in (script_folder() / "versions").glob("[0-9]*_*.py"))


def refuse_newer(revision: str | None) -> None:
    """Raise ``Unavailable`` if ``revision`` is not among those that this version knows."""
    known = known_revisions()
    if revision is not None and revision not in known:
        raise Unavailable(
            f"The data was last used by a newer MindfulCRM (schema {revision}; this version knows up to {known[-1] if known else 'none'}): "
            "install that version, or restore a backup that this one made."
        )


def script_folder() -> Path:
    """Where ``env.py`` and the revisions are: beside the package in a checkout, under the environment's ``share`` when installed."""
    beside = Path(__file__).parents[2] / "alembic"
    places = (beside, Path(sys.prefix) / "share" / "mindfulcrm" / "alembic")
    for folder in places:
        if (folder / "env.py").is_file():  # beside an installed package lies the library of the same name, which has none
            return folder
    raise Unavailable("This installation is incomplete: the folder alembic with the database's revisions is missing; install MindfulCRM again.")


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(script_folder()).replace("%", "%%"))
    return config


@contextmanager
def _connected(database: Database) -> Iterator[Connection]:
    engine = create_engine(database.owner_url, poolclass=NullPool, connect_args={"application_name": "mindfulcrm-migrate"})
    if database.app_role != APP_ROLE:
        event.listen(engine, "before_cursor_execute", _renaming(database.app_role), retval=True)
    with engine.connect() as connection:
        yield connection


def _renaming(role: str) -> Callable[..., tuple[str, Any]]:
    """Every revision grants its rights to one name; a deployment on a shared server has another."""

    def renamed(_: Connection, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
        return renamed_role(statement, APP_ROLE, role), parameters

    return renamed


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    with database.owner_connection() as connection:
        deadline = time.monotonic() + _PATIENCE
        # Asked again and again, never waited for: a statement that waits holds a snapshot, and CREATE INDEX
        # CONCURRENTLY of the process that has the lock would wait for that snapshot for ever.
        while not (connection.execute("select pg_try_advisory_lock(%s)", (MIGRATION_LOCK,)).fetchone() or (False,))[0]:
            if time.monotonic() > deadline:
                raise Unavailable("Another process has been upgrading the database for minutes: wait for it, or end it and start again.")
            time.sleep(0.1)
        yield
