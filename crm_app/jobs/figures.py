"""What is asked for when a machine looks after this one: whether it can serve, and how far behind its work is, whichever process does that."""

from __future__ import annotations

import shutil
from contextlib import suppress

from prometheus_client import Gauge
from sqlalchemy.exc import SQLAlchemyError

from crm_app.domain.connections import queries as connections
from crm_app.domain.jobs import queries as jobs
from crm_app.domain.outbox import queries as outbox
from crm_app.domain.rows import now
from crm_app.domain.unit_of_work import anonymous_work
from crm_app.infrastructure.database import Database
from crm_app.settings import Settings

DATABASE_UP = Gauge("crm_database_up", "1 while the database answers.")
JOBS_OLDEST = Gauge("crm_jobs_oldest_seconds", "How long the job that waits longest has been due.")
MAIL_OLDEST = Gauge("crm_outbox_oldest_seconds", "How long the mail that waits longest has been due, or been tried in vain.")
MAIL_LOST = Gauge("crm_outbox_lost", "Mails of this server's own that did not arrive for certain and that nobody has decided about.")
ACTIVE = Gauge("crm_connections_active", "Connections that are meant to sync.")
FAILING = Gauge("crm_connections_failing", "Connections whose last run failed, or that need to be signed in to.")
OLDEST = Gauge("crm_connections_oldest_seconds", "How long ago the connection that is furthest behind last came in whole.")
DISK_FREE = Gauge("crm_disk_free_bytes", "Room on the disk of the data, the backups and the archive.", ["place"])
DISK_SIZE = Gauge("crm_disk_size_bytes", "Size of the disk of the data, the backups and the archive.", ["place"])


def problems(database: Database) -> list[str]:
    """What keeps the service from working, in sentences; empty when nothing does."""
    try:
        with database.app_engine.connect() as connection:
            connection.exec_driver_sql("select 1")
    except SQLAlchemyError:
        return ["The database does not answer."]
    return []


def measure(settings: Settings) -> None:
    """Bring these figures up to date. What cannot be asked keeps its last value, and ``crm_database_up`` says so."""
    for place, folder in (("data", settings.data_dir), ("backups", settings.backup_dir), ("archive", settings.archive_dir)):
        if folder is not None:
            with suppress(OSError):  # a folder that is away is told by what should be written there
                disk = shutil.disk_usage(folder)
                DISK_FREE.labels(place).set(disk.free)
                DISK_SIZE.labels(place).set(disk.total)
    try:
        _ask_database()
    except SQLAlchemyError:
        DATABASE_UP.set(0)
    else:
        DATABASE_UP.set(1)


def _ask_database() -> None:
    moment = now()
    with anonymous_work() as session:
        syncs, mails = connections.read_figures(session, moment), outbox.read_figures(session, moment)
        JOBS_OLDEST.set(jobs.read_oldest(session, moment))
    MAIL_OLDEST.set(mails.oldest)
    MAIL_LOST.set(mails.lost)
    ACTIVE.set(syncs.active)
    FAILING.set(syncs.failing)
    OLDEST.set(syncs.oldest)
