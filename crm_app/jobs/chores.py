"""What the house itself needs done: backups and the archive, as the host has chosen them."""

from __future__ import annotations

from functools import partial

from crm_app.infrastructure.backup.schedule import kept_files, plan_of
from crm_app.infrastructure.backup.switch import chosen_archive
from crm_app.infrastructure.database import Database
from crm_app.jobs.archiving import BASE_SECONDS, SHIP_SECONDS, ShipLog, TakeBase
from crm_app.jobs.backups import LOOK_SECONDS, DailyBackup
from crm_app.jobs.runner import JobRunner
from crm_app.settings import Settings


def give_chores(runner: JobRunner, database: Database, settings: Settings) -> None:
    """Hand the runner its chores. Raises ``Unavailable`` when the host has chosen what cannot be done."""
    if plan := plan_of(settings):
        runner.add_chore(DailyBackup(database, plan), LOOK_SECONDS)
    archive = chosen_archive(database, settings)
    if archive and database.server:
        data = database.server.data
        runner.add_chore(ShipLog(archive, data), SHIP_SECONDS, at_once=True)
        runner.add_chore(TakeBase(database, archive, data, partial(kept_files, settings, encrypted=archive.key is not None)), BASE_SECONDS, at_once=True)
