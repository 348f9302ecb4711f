"""The daily backup, as a chore of the clock."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import structlog
from prometheus_client import Gauge

from crm_app.domain.errors import CrmError
from crm_app.infrastructure.backup.history import moment, note_failure, read_history
from crm_app.infrastructure.backup.schedule import Plan, make_due_backup
from crm_app.infrastructure.backup.tools import end_running_tools
from crm_app.infrastructure.database import Database

log = structlog.get_logger(__name__)

LOOK_SECONDS = 600
MADE = Gauge("crm_backup_made_timestamp_seconds", "When the last backup was made; 0 when none was.")
PROVEN = Gauge("crm_backup_proven_timestamp_seconds", "When a backup was last restored on trial and compared; 0 when none was.")
FAILING = Gauge("crm_backup_failing", "1 while the daily backup fails.")


class DailyBackup:
    """Looks now and then whether a backup is due, and makes it."""

    def __init__(self, database: Database, plan: Plan) -> None:
        self._database, self._plan = database, plan
        self._stopping = False

    def __call__(self) -> None:
        try:
            made = make_due_backup(self._database, self._plan, datetime.now(UTC))
        except (CrmError, psycopg.Error, OSError) as failure:
            if not self._stopping:
                sentence = _sentence(failure)
                note_failure(self._plan.data_dir, sentence)
                log.error("the daily backup failed", reason=sentence)
        else:
            if made:
                log.info("the daily backup was made and proven", file=str(made))
        self.show()

    def show(self) -> None:
        """Let the metrics say what is remembered."""
        history = read_history(self._plan.data_dir)
        for gauge, text in ((MADE, history.made_at), (PROVEN, history.proven_at)):
            at = moment(text)
            gauge.set(at.timestamp() if at else 0)
        FAILING.set(bool(history.failure))

    def stop(self) -> None:
        """This process is going down: end what runs. The next start makes the backup anew."""
        self._stopping = True
        end_running_tools()


def _sentence(failure: CrmError | psycopg.Error | OSError) -> str:
    if isinstance(failure, CrmError):
        return failure.message
    if isinstance(failure, psycopg.Error):
        return "The database was away while the backup was made."
    return f"{failure.filename or 'A file'} cannot be used: {failure.strerror}."
