"""One backup every day: made, proven to restore, and only then the oldest removed.

The folder is the memory: a day is done when a file of it is there. So a machine that slept at the hour makes its backup
when it wakes, and of several processes one makes it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from crm_app.infrastructure.backup.alone import alone
from crm_app.infrastructure.backup.cipher import usable_key
from crm_app.infrastructure.backup.history import moment, note_made, note_proven, read_history
from crm_app.infrastructure.backup.making import write_backup
from crm_app.infrastructure.backup.restoring import NotProvable, verify_backup
from crm_app.infrastructure.database import Database
from crm_app.settings import RING_FILE, SECRET_FILE, Settings

BACKUP_LOCK = 7_203_114_004
RETRY_AFTER = timedelta(hours=1)
_NAME = re.compile(r"mindfulcrm-(\d{4}-\d\d-\d\d-\d{6})\.backup")
_STAMP = "%Y-%m-%d-%H%M%S"
_LEFT_OVER = 24 * 3600


@dataclass(frozen=True)
class Plan:
    """Where the daily backups go, at which hour (UTC) they are due, how many are kept, the key that encrypts them, if any, and what goes in with the database."""

    folder: Path
    hour: int
    keep: int
    key: bytes | None
    data_dir: Path
    files: Callable[[], Mapping[str, Path]] = field(default=dict, compare=False)

    def due_since(self, now: datetime) -> datetime:
        """The latest moment at which a backup was due."""
        today = now.astimezone(UTC).replace(hour=self.hour, minute=0, second=0, microsecond=0)
        return today if today <= now else today - timedelta(days=1)


def plan_of(settings: Settings) -> Plan | None:
    """What the host has chosen; None without a folder. Raises ``Unavailable`` when the key could be guessed."""
    key = backup_key(settings)
    if settings.backup_dir is None:
        return None
    return Plan(settings.backup_dir, settings.backup_hour, settings.backup_keep, key, settings.data_dir, partial(kept_files, settings, encrypted=key is not None))


def backup_key(settings: Settings) -> bytes | None:
    """The key that the settings name; None when backups are not encrypted."""
    return usable_key(settings.backup_key.get_secret_value().encode(), "MINDFULCRM_BACKUP_KEY") if settings.backup_key else None


def kept_files(settings: Settings, *, encrypted: bool) -> dict[str, Path]:
    """What goes into a backup beside the database, as far as it is there: the secret key of this machine and, if the backup is encrypted, the key ring.

    A backup that anybody can read holds stored passwords only sealed: whoever finds it finds no key to them.
    """
    found = {SECRET_FILE: settings.data_dir / SECRET_FILE} | ({RING_FILE: settings.ring_path} if encrypted else {})
    return {name: path for name, path in found.items() if path.exists()}


def make_due_backup(database: Database, plan: Plan, now: datetime) -> Path | None:
    """Make, prove and keep the backup that is due; None when none is, or when another process is at it.

    Raises ``Unavailable`` when it cannot be made or does not restore. Once that is noted in the history, an hour passes before
    it is due again.
    """
    if not _is_due(plan, now):
        return None
    with database.owner_connection() as connection, alone(connection, BACKUP_LOCK) as first:
        if not first or not _is_due(plan, now):
            return None
        out = plan.folder / f"mindfulcrm-{now.astimezone(UTC).strftime(_STAMP)}.backup"
        write_backup(database, out, plan.files(), key=plan.key)
        note_made(plan.data_dir, out, encrypted=plan.key is not None)
        _prove(database, plan, out)
    return out


def backups_in(folder: Path) -> list[tuple[datetime, Path]]:
    """The daily backups in ``folder``, oldest first. Files of other names are nobody's business here."""
    found = [(match, path) for path in folder.glob("mindfulcrm-*.backup") if (match := _NAME.fullmatch(path.name))]
    return sorted((datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC), path) for match, path in found)


def _is_due(plan: Plan, now: datetime) -> bool:
    failed = moment(read_history(plan.data_dir).failed_at)
    if failed and timedelta(0) <= now - failed < RETRY_AFTER:
        return False
    made = backups_in(plan.folder)
    return not made or made[-1][0] < plan.due_since(now)


def _prove(database: Database, plan: Plan, out: Path) -> None:
    try:
        verify_backup(database, out, key=plan.key, room=plan.data_dir)
    except NotProvable:  # nothing is wrong with the file, and waiting for a right would only fill the disk
        _remove_oldest(plan)
        raise
    note_proven(plan.data_dir, out)
    _remove_oldest(plan)


def _remove_oldest(plan: Plan) -> None:
    for _, path in backups_in(plan.folder)[: -plan.keep]:
        path.unlink(missing_ok=True)
    for left in plan.folder.glob(".mindfulcrm-*.backup.*"):  # of a process that was killed while it wrote
        if left.stat().st_mtime < time.time() - _LEFT_OVER:
            left.unlink(missing_ok=True)
