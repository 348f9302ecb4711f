"""A process that brings a schema to its head as a start does, and is killed on the way.

Its words are the two addresses of the database, a revision, and before how many statements of that it dies: at the latest before the one that would
note the revision as done.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from typing import Any

from sqlalchemy import Engine, create_engine, event

from crm_app.infrastructure.database import Database, migrate, sqlalchemy_url

_NOTED = re.compile(r"UPDATE alembic_version SET version_num='(\d{4})'")


class Mortal:
    """Counts the statements of the revision in which this process dies."""

    def __init__(self, revision: str, statements: int) -> None:
        self._revision, self._left = revision, statements
        self._at = f"{int(revision) - 1:04d}"
        self._begun = False

    def __call__(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """Before each statement."""
        noted = _NOTED.search(statement)
        if noted:
            if noted[1] == self._revision:
                self._die()
            self._begun = noted[1] == self._at
        elif self._begun:
            self._left -= 1
            if self._left <= 0:
                self._die()

    def begin(self, current: str) -> None:
        """The schema stands right before the revision."""
        self._begun = current == self._at

    def _die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def main(owner_dsn: str, app_dsn: str, revision: str, statements: str) -> None:
    """Everything that is missing, or as far as it lives."""
    from crm_app.infrastructure.migrations import current_revision

    database = Database(owner_dsn, app_dsn, create_engine(sqlalchemy_url(app_dsn)), 0, True)
    mortal = Mortal(revision, int(statements))
    mortal.begin(current_revision(database) or "0000")
    event.listen(Engine, "before_cursor_execute", mortal)
    migrate(database)


if __name__ == "__main__":
    main(*sys.argv[1:])
