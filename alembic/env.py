"""How Alembic reaches the database: over the connection that ``migrate`` gives it, else as the settings say.

There is no alembic.ini; developers run ``alembic revision --autogenerate -m "what changes"`` with the settings of
their checkout, and get the next number in the row.
"""

import time
from collections.abc import Iterable

from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from alembic import context

LOCK_TIMEOUT = "500ms"  # a migration that waits for a table makes everyone behind it wait too
PAUSES = (0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0)


def number(_: MigrationContext, __: str | Iterable[str | None] | Iterable[str], directives: list[MigrationScript]) -> None:
    """Name the revision 0005 if the last one is 0004."""
    script = ScriptDirectory.from_config(context.config)
    for directive in directives:
        directive.rev_id = f"{int(script.get_current_head() or 0) + 1:04d}"


def drop_broken_indexes(connection: Connection) -> None:
    """Remove what an interrupted CREATE INDEX CONCURRENTLY left, here or in a process that was killed, so that it is made again under its name."""
    broken = connection.execute(text("select indexrelid::regclass::text from pg_index where not indisvalid")).scalars().all()
    for name in broken:
        connection.execute(text(f"drop index if exists {name}"))
    connection.commit()


def upgrade(connection: Connection, metadata: MetaData | None = None) -> None:
    """Run the revisions, each in a transaction of its own; a table that is in use is asked for again after a pause.

    ``metadata`` is what the models say: only a new revision is made from that, and importing all of them takes long.
    """
    for pause in (*PAUSES, None):
        connection.execute(text(f"set lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
        context.configure(
            connection=connection, target_metadata=metadata, transaction_per_migration=True, compare_server_default=False, process_revision_directives=number
        )
        try:
            drop_broken_indexes(connection)
            with context.begin_transaction():
                context.run_migrations()
            return
        except OperationalError as error:
            connection.rollback()
            if pause is None or getattr(error.orig, "sqlstate", None) != "55P03":
                raise
            time.sleep(pause)


def run() -> None:
    """Use the given connection, or open the database of the settings as its owner."""
    given = context.config.attributes.get("connection")
    if given is not None:
        upgrade(given)
        return
    from crm_app.domain.tables import metadata
    from crm_app.infrastructure.database import open_database
    from crm_app.settings import load_settings

    with open_database(load_settings()) as database, create_engine(database.owner_url, poolclass=NullPool).connect() as connection:
        upgrade(connection, metadata)


run()
