"""The archive, as two chores of the clock: one carries the log on every few seconds, one sees to it that there is a copy to begin with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import structlog
from prometheus_client import Gauge

from crm_app.domain.errors import CrmError
from crm_app.infrastructure.backup.archive import Archive, forget_waiting
from crm_app.infrastructure.backup.base import take_base, timeline_of
from crm_app.infrastructure.backup.tools import end_running_tools
from crm_app.infrastructure.database import Database

log = structlog.get_logger(__name__)

SHIP_SECONDS = 10
BASE_SECONDS = 300
SHIPPED = Gauge("crm_archive_shipped_timestamp_seconds", "When a piece of the database's log last arrived in the archive; 0 when none did.")
FAILING = Gauge("crm_archive_failing", "1 while the log cannot be carried to the archive (log), or no copy can be made (copy).", ["part"])


class ShipLog:
    """Carries finished pieces of the log to the host's folder."""

    def __init__(self, archive: Archive, data: Path) -> None:
        self._archive, self._data = archive, data

    def __call__(self) -> None:
        try:
            self._archive.ship(self._data)
        except (CrmError, OSError) as failure:
            FAILING.labels("log").set(1)
            forgotten = forget_waiting(self._data)
            log.error("the archive does not take the log", reason=failure.message if isinstance(failure, CrmError) else failure.strerror, forgotten=forgotten)
            return
        FAILING.labels("log").set(0)
        shipped = self._archive.last_shipped()
        SHIPPED.set(shipped.timestamp() if shipped else 0)

    def stop(self) -> None:
        """It is over in a moment."""


class TakeBase:
    """Makes a copy of the data folder when the archive has none to begin with, and one every week."""

    def __init__(self, database: Database, archive: Archive, data: Path, files: Callable[[], dict[str, Path]]) -> None:
        self._database, self._archive, self._data, self._files = database, archive, data, files
        self._stopping = False

    def __call__(self) -> None:
        try:
            if self._archive.needs_base(timeline_of(self._database), datetime.now(UTC)):
                made = take_base(self._database, self._archive, self._data, self._files())
                log.info("the archive has a new copy of the data folder", file=str(made))
            FAILING.labels("copy").set(0)
        except (CrmError, psycopg.Error, OSError) as failure:
            if not self._stopping:
                FAILING.labels("copy").set(1)
                log.error("the archive got no copy of the data folder", reason=failure.message if isinstance(failure, CrmError) else type(failure).__name__)

    def stop(self) -> None:
        """This process is going down: end what runs."""
        self._stopping = True
        end_running_tools()
