"""Going back to a moment: which copy to begin with, and the log from there."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.backup.archive import READY, Archive, Base, systems_in
from crm_app.infrastructure.backup.base import COPY, PASSWORD
from crm_app.infrastructure.backup.file import FILES, OpenBackup, opened_backup
from crm_app.infrastructure.backup.restoring import hand_keys
from crm_app.infrastructure.backup.tools import told
from crm_app.infrastructure.database import NAME
from crm_app.infrastructure.embedded_postgres.reasons import NOT_THAT_FAR
from crm_app.infrastructure.embedded_postgres.rewinding import LOG, rewind_data
from crm_app.infrastructure.embedded_postgres.upgrading import Dsn
from crm_app.infrastructure.key_ring import take_over
from crm_app.infrastructure.migrations import refuse_newer
from crm_app.settings import SECRET_FILE, Settings

LATEST = "latest"


def parse_moment(words: str) -> datetime | None:
    """``2026-11-26 14:05`` (this machine's time unless it names a zone) or ``latest``, which is None. Raises ``Unavailable``."""
    if words.strip().lower() == LATEST:
        return None
    try:
        return datetime.fromisoformat(words.strip()).astimezone(UTC)
    except ValueError:
        raise Unavailable(f"{words!r} is no moment: write it as 2026-11-26 14:05, or `latest`.") from None


def restore_to_time(settings: Settings, folder: Path, moment: datetime | None, key: bytes | None) -> str:
    """Bring the embedded database to ``moment`` (None: as far as the archive goes); returns the sentence to print.

    What was there before is kept beside it. Raises ``Unavailable`` with one sentence; then nothing has changed.
    """
    archive, base = _choose(folder, moment, key)
    root = settings.data_dir.resolve() / "postgres"
    reached: list[datetime | None] = []
    with opened_backup(base.path, key) as backup:
        refuse_newer(backup.manifest.schema_revision)
        copy = _Copy(archive, base, backup, all_of_it=moment is None)
        hand_keys(backup, partial(take_over, settings), settings.data_dir if settings.data_dir.is_dir() else None)
        try:
            kept = rewind_data(root, backup.manifest.postgres_major, copy.fill, _goal(base, moment), lambda dsn: reached.append(_usable(dsn)))
        except Unavailable as failure:
            if copy.damage and failure.message == NOT_THAT_FAR:
                raise Unavailable(copy.damage) from failure
            raise
        if FILES + SECRET_FILE in backup.manifest.members:
            backup.extract(FILES + SECRET_FILE, settings.data_dir / SECRET_FILE)
    last = f"; the last change in it is of {reached[0]:%Y-%m-%d %H:%M:%S} UTC" if reached and reached[0] else ""
    before = f" What was there before is kept as {kept}: remove it when you like." if kept else ""
    gap = " A piece of the log is missing after that, so what came later is not in it." if moment is None and archive.has_gap(base.piece) else ""
    return f"The database is as it was {f'at {moment:%Y-%m-%d %H:%M:%S} UTC' if moment else 'at the end of the archive'}{last}.{gap}{before}"


def _goal(base: Base, moment: datetime | None) -> dict[str, str]:
    """Where to stop. A moment is one of the history that was lived then, and not of one that began with a later return to before it."""
    if moment is None:
        return {}
    return {"recovery_target_time": f"{moment:%Y-%m-%d %H:%M:%S.%f} UTC", "recovery_target_timeline": str(base.timeline)}


def _choose(folder: Path, moment: datetime | None, key: bytes | None) -> tuple[Archive, Base]:
    """The newest copy that was complete by then, of whichever database system has written here."""
    if not folder.is_dir():
        raise Unavailable(f"{folder} is no folder: to go back to a moment, name the one of MINDFULCRM_ARCHIVE_DIR.")
    found = [(base, archive) for archive in systems_in(folder, key) for base in archive.bases()]
    if not found:
        raise Unavailable(f"There is no archive in {folder}: name the folder of MINDFULCRM_ARCHIVE_DIR.")
    fitting = [pair for pair in found if moment is None or pair[0].ended <= moment]
    if not fitting:
        earliest = min(base.ended for base, _ in found)
        raise Unavailable(f"The archive cannot go back to {moment:%Y-%m-%d %H:%M:%S} UTC: the oldest moment that it can is {earliest:%Y-%m-%d %H:%M:%S} UTC.")
    base, archive = max(fitting, key=lambda pair: pair[0].ended)
    return archive, base


class _Copy:
    """One copy of the data folder and the log after it. ``damage`` says what of the log could not be read."""

    def __init__(self, archive: Archive, base: Base, backup: OpenBackup, *, all_of_it: bool) -> None:
        self._archive, self._base, self._backup, self._all_of_it = archive, base, backup, all_of_it
        self.damage = ""

    def fill(self, data: Path) -> str:
        """Make the folder ``data`` of it; returns the owner's password of then."""
        with told(data):
            data.mkdir(mode=0o700)
            for name, place in ((COPY, data / COPY), (FILES + PASSWORD, data / PASSWORD)):
                self._backup.extract(name, place)
            with tarfile.open(data / COPY, "r:gz") as copy:
                copy.extractall(data, filter="data")
            data.chmod(0o700)  # the copy's own entry for the folder may have been wider
            (data / COPY).unlink()
            password = (data / PASSWORD).read_text(encoding="utf-8")
            (data / PASSWORD).unlink()
            (data / LOG).mkdir(mode=0o700)
            self.damage = self._archive.extract_log(self._base.piece, data / LOG, all_of_it=self._all_of_it)
            for left in (data / READY).glob("*"):
                left.unlink()  # it has been in the archive for long
        return password


def _usable(dsn: Dsn) -> datetime | None:
    """The moment of the last change. Raises ``Unavailable`` when this version cannot use the data."""
    with psycopg.connect(dsn(NAME), autocommit=True) as connection:
        row = connection.execute("select version_num from alembic_version").fetchone()
        refuse_newer(row[0] if row else None)
        found = connection.execute("select pg_last_xact_replay_timestamp()").fetchone()
    return found[0].astimezone(UTC) if found and found[0] else None
