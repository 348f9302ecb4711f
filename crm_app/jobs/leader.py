"""Which process leads: the one whose connection holds an advisory lock. When it dies, PostgreSQL lets go and another one leads.

Leading only spares work. That nothing is done twice is what claims and keys are for, since a process that has just lost
its connection may believe for a moment that it still leads.
"""

from __future__ import annotations

import threading
from contextlib import suppress

import psycopg
import structlog
from psycopg.conninfo import make_conninfo

log = structlog.get_logger(__name__)

LEADER_LOCK = 7_203_114_003
# A server notices within half a minute that the leader's machine is gone, and not after two hours.
_ALIVE = {"options": "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3", "connect_timeout": "5"}


class Leader:
    """Asks for the lead on a connection of its own. ``keep`` is called every second by one thread; anybody may read ``leads``."""

    def __init__(self, dsn: str) -> None:
        self._dsn = make_conninfo(dsn, application_name="mindfulcrm-leader", **_ALIVE)
        self._connection: psycopg.Connection | None = None
        self._leads = threading.Event()

    @property
    def leads(self) -> bool:
        """Whether this process led when it last looked."""
        return self._leads.is_set()

    def keep(self) -> bool:
        """Take the lead if nobody has it, and notice when it is lost."""
        try:
            if self._connection is None:
                self._connection = psycopg.connect(self._dsn, autocommit=True)
            leads = self._holds(self._connection)
        except (psycopg.Error, OSError) as error:
            if self.leads:
                log.warning("the lead was lost with its connection", error=type(error).__name__)
            self.close()
            return False
        if leads != self.leads:
            log.info("this process leads" if leads else "another process leads")
        (self._leads.set if leads else self._leads.clear)()
        return leads

    def _holds(self, connection: psycopg.Connection) -> bool:
        """Ask only while the lock is not ours: PostgreSQL counts how often one session took it."""
        if self.leads:
            connection.execute("select 1")
            return True
        row = connection.execute("select pg_try_advisory_lock(%s)", [LEADER_LOCK]).fetchone()
        return bool(row and row[0])

    def close(self) -> None:
        """Let another process lead, at once: a closed connection alone would hold the lock until the server has noticed."""
        led, self._connection, connection = self.leads, None, self._connection
        self._leads.clear()
        if connection is not None:
            with suppress(psycopg.Error, OSError):
                if led:
                    connection.execute("select pg_advisory_unlock(%s)", [LEADER_LOCK])
                connection.close()
