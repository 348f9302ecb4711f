"""The log of every change, carried to a folder of the host's as it is written, so that any moment can be gone back to.

PostgreSQL puts each finished piece of its log (WAL) into ``pgdata/archive_ready``, at the latest half a minute after a change;
``ship`` carries the pieces on, compressed and, with a key, encrypted. In the host's folder, for each database system by its number:

    <system>/base-<moment>-<piece>.backup   a copy of the whole data folder, the point from which the log counts
    <system>/wal/<piece>                    the log since the older of them

Two copies are kept, and a new one is made as soon as ``LOG_ROOM`` has come together: what lies here never takes more than twice
that and the copies, for each history: a return to an earlier moment begins another one, and the one that was left stays for two
weeks. While the folder takes nothing, at most ``MOST_WAITING`` pieces wait on the disk of the data.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.backup.pieces import NAME, PIECE, following, is_whole, read_piece, write_piece
from crm_app.infrastructure.backup.tools import told
from crm_app.infrastructure.embedded_postgres.leases import only_one

log = structlog.get_logger(__name__)

READY = "archive_ready"
WEEK = timedelta(days=7)
KEPT_BASES = 2
LEFT_HISTORY = timedelta(days=14)
LOG_ROOM = 4 << 30
MOST_WAITING = 128
LEAST_ROOM = 1 << 30
_BASE = re.compile(r"base-(\d{4}-\d\d-\d\d-\d{6}-\d{6})-([0-9A-F]{24})\.backup")
_STAMP = "%Y-%m-%d-%H%M%S-%f"


@dataclass(frozen=True)
class Base:
    """A copy of the data folder. ``ended`` is the earliest moment that it can be brought to; ``piece`` the first piece of log it needs."""

    path: Path
    ended: datetime
    piece: str

    @property
    def timeline(self) -> int:
        """Which history it belongs to: every return to an earlier moment begins another one."""
        return int(self.piece[:8], 16)


class Archive:
    """The part of the host's folder that belongs to one database system."""

    def __init__(self, folder: Path, system: str, key: bytes | None) -> None:
        self.folder, self.root, self.wal, self.key = folder, folder / system, folder / system / "wal", key
        self._arrived: datetime | None = None

    def prepare(self) -> None:
        """Make our part of the host's folder. The folder itself must be there: it may be a disk that is not mounted."""
        if not self.folder.is_dir():
            raise Unavailable(f"The folder {self.folder} of MINDFULCRM_ARCHIVE_DIR does not exist.")
        with told(self.root):
            for folder in (self.root, self.wal):
                folder.mkdir(mode=0o700, exist_ok=True)

    def ship(self, data: Path) -> int:
        """Carry every finished piece of log in ``data`` on; how many there were. Raises ``Unavailable``; what is left is carried next time."""
        if not (data / READY).is_dir():
            return 0
        with only_one(data.parent / "ship.lock") as ours:
            pieces = waiting(data) if ours else []
            if pieces:
                self.prepare()
                with told(self.wal):
                    for path in pieces:
                        if is_whole(path):
                            write_piece(path, self.wal / path.name, self.key)
                            self._arrived = datetime.now(UTC)
                        else:
                            log.error("a piece of the log did not survive a power cut; a new copy of the data folder begins the archive anew", piece=path.name)
                        path.unlink()
        return len(pieces)

    def bases(self) -> list[Base]:
        """The copies of the data folder, oldest first."""
        found = [(match, path) for path in self.root.glob("base-*.backup") if (match := _BASE.fullmatch(path.name))]
        return sorted((Base(path, datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC), match[2]) for match, path in found), key=lambda base: base.ended)

    def base_path(self, ended: datetime, piece: str) -> Path:
        """Where a new copy goes."""
        return self.root / f"base-{ended.astimezone(UTC).strftime(_STAMP)}-{piece}.backup"

    def needs_base(self, timeline: str, now: datetime) -> bool:
        """True if there is none of this timeline, or since the newest a week has passed, a piece of log is missing, or too much has come together."""
        ours = [base for base in self.bases() if base.piece.startswith(timeline)]
        return not ours or now - ours[-1].ended >= WEEK or self.has_gap(ours[-1].piece) or self._log_since(ours[-1].piece) > LOG_ROOM

    def has_gap(self, since: str) -> bool:
        """True if a piece of log is missing between ``since`` and the newest."""
        pieces = self._pieces(since)
        return bool(pieces) and (pieces[0] != since or any(following(one) != other for one, other in zip(pieces, pieces[1:], strict=False) if one[:8] == other[:8]))

    def prune(self, now: datetime) -> None:
        """Remove all but the two newest copies of each history, in time those of a history that was left, and the log that nothing needs any more."""
        bases, kept = self.bases(), []
        for timeline in {base.timeline for base in bases}:
            ours = [base for base in bases if base.timeline == timeline]
            if ours[-1] is bases[-1] or now - ours[-1].ended < LEFT_HISTORY:  # a return to an earlier moment may have been a mistake itself
                kept += ours[-KEPT_BASES:]
        for base in bases:
            if base not in kept:
                base.path.unlink(missing_ok=True)
        oldest = min((base.piece[8:] for base in kept), default="")
        for path in self.wal.iterdir() if self.wal.is_dir() else ():
            if NAME.fullmatch(path.name) and not path.name.endswith(".history") and path.name[8:24] < oldest:
                path.unlink(missing_ok=True)

    def extract_log(self, since: str, target: Path, *, all_of_it: bool) -> str:
        """Write the log from the piece ``since`` on into ``target``, as PostgreSQL wants to read it.

        A piece that was changed raises ``Unavailable``; unless ``all_of_it`` is wanted, it is left out and the sentence about it returned.
        """
        said = ""
        for path in sorted(self.wal.iterdir()):
            if NAME.fullmatch(path.name) and (path.name.endswith(".history") or path.name[8:24] >= since[8:]):
                try:
                    read_piece(path, target / path.name, self.key)
                except Unavailable as damage:
                    if all_of_it:
                        raise
                    said = said or damage.message
        return said

    def last_shipped(self) -> datetime | None:
        """When a piece of log last arrived. Asked every few seconds, of a folder that may hold tens of thousands: it is looked through once."""
        if self._arrived is None and (newest := max(self._pieces(""), default="")):
            self._arrived = datetime.fromtimestamp((self.wal / newest).stat().st_mtime, UTC)
        return self._arrived

    def _pieces(self, since: str) -> list[str]:
        return sorted(name for name in os.listdir(self.wal) if PIECE.fullmatch(name) and name >= since) if self.wal.is_dir() else []

    def _log_since(self, piece: str) -> int:
        return sum((self.wal / name).stat().st_size for name in self._pieces(piece))


def systems_in(folder: Path, key: bytes | None) -> Iterator[Archive]:
    """Every database system that has an archive in the host's folder."""
    for path in sorted(folder.iterdir()):
        if path.name.isdecimal() and path.is_dir():
            yield Archive(folder, path.name, key)


def waiting(data: Path) -> list[Path]:
    """The finished pieces of log that have not been carried on, oldest first."""
    return sorted(path for path in (data / READY).glob("*") if NAME.fullmatch(path.name))


def forget_waiting(data: Path) -> int:
    """When too much waits, or the data's own disk gets full, let it go: people's work is worth more than its log. How many pieces went."""
    pieces = waiting(data)
    if len(pieces) <= MOST_WAITING and (not pieces or shutil.disk_usage(data).free >= LEAST_ROOM):
        return 0
    for path in pieces:
        path.unlink(missing_ok=True)
    return len(pieces)
