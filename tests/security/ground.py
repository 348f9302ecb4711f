"""The small team of ``world``, written once for each test process and copied for every file that wants it: writing it takes seconds, a copy hardly any.

Each worker of a run has a server of its own, and so its own copies; on a host's server, which workers share, no two write under one name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from sqlalchemy import text

from crm_app.domain import unit_of_work
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.infrastructure.sandbox import ProcessSandbox
from tests import cluster
from tests.cluster import Database, Server
from tests.security.world import World, bind_secret, build_world


@dataclass(frozen=True)
class Written:
    """A database with the team in it, which nobody writes to, and when that was."""

    name: str
    world: World
    at: datetime


@dataclass
class Grounds:
    """Databases with the team in them."""

    server: Server
    empty: str
    _written: Written | None = None

    @contextmanager
    def copied(self) -> Iterator[tuple[Database, World]]:
        """A database of its own with the team in it, with leases that hold as if it had been written now."""
        if not _moves_moments(self.server):
            with cluster.cloned_database(self.server, self.empty) as database:
                yield database, _built(database)
            return
        kept = self._kept()
        with cluster.cloned_database(self.server, kept.name) as database:
            unit_of_work.bind(database.app)
            bind_secret()
            _move(database, datetime.now(UTC) - kept.at)
            yield database, deepcopy(kept.world)

    def close(self) -> None:
        """Drop what is kept."""
        if self._written is not None:
            self.server.drop(self._written.name)

    def _kept(self) -> Written:
        kept = self._written
        if kept is not None and kept.at.date() == datetime.now(UTC).date():  # days do not move along with moments
            return kept
        if kept is not None:
            self.server.drop(kept.name)
        with cluster.cloned_database(self.server, self.empty) as database:
            world, at = _built(database), datetime.now(UTC)
            database.owner.dispose()
            database.app.dispose()
            name = f"world_{database.name}"
            self.server.maintain(f'alter database "{database.name}" rename to "{name}"')
        self._written = Written(name, world, at)
        return self._written


def _built(database: Database) -> World:
    unit_of_work.bind(database.app)
    with ProcessSandbox(1) as sandbox:
        bind_sandbox(sandbox)
        return build_world(database)


def _moves_moments(server: Server) -> bool:
    """False on a host's server that does not let us past the triggers."""
    with psycopg.connect(server.dsn) as connection:
        row = connection.execute("select has_parameter_privilege('session_replication_role', 'set')").fetchone()
    return bool(row and row[0])


def _move(database: Database, age: timedelta) -> None:
    """Let every lease end as far ahead as when the team was written. What is past stays: undoing compares it with what stands in the history."""
    with database.owner.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        for table in connection.execute(text("select quote_ident(table_name) from information_schema.columns where table_schema = 'public' and column_name = 'lease_until'")).scalars().all():
            connection.execute(text(f"update {table} set lease_until = lease_until + :age"), {"age": age})
