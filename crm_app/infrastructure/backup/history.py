"""What became of this host's backups: when one was last made, last proven to restore, and what went wrong since.

It stands in the data folder, not in the database: a restore must not make it forget.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from crm_app.infrastructure.ownership import give_to_owner_of_folder

log = structlog.get_logger(__name__)

FILE = "backups.json"


@dataclass(frozen=True)
class History:
    """Times are ISO 8601 in UTC, empty when it never happened. ``failure`` is a sentence, empty once it went well again."""

    made_at: str = ""
    made_file: str = ""
    encrypted: bool = False
    proven_at: str = ""
    proven_file: str = ""
    failed_at: str = ""
    failure: str = ""


def read_history(data_dir: Path) -> History:
    """What is remembered; nothing when the file is missing or is not ours."""
    with suppress(OSError, ValueError, TypeError):
        return History(**json.loads((data_dir / FILE).read_text(encoding="utf-8")))
    return History()


def note_made(data_dir: Path, file: Path, *, encrypted: bool) -> None:
    """A backup was written to ``file``."""
    _write(data_dir, replace(read_history(data_dir), made_at=_now(), made_file=str(file), encrypted=encrypted, failed_at="", failure=""))


def note_proven(data_dir: Path, file: Path) -> None:
    """``file`` was restored into a scratch database, and everything was there."""
    _write(data_dir, replace(read_history(data_dir), proven_at=_now(), proven_file=str(file), failed_at="", failure=""))


def note_failure(data_dir: Path, sentence: str) -> None:
    """The daily backup could not be made or proven."""
    _write(data_dir, replace(read_history(data_dir), failed_at=_now(), failure=sentence))


def moment(text: str) -> datetime | None:
    """One of the times above; None when it never happened."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write(data_dir: Path, history: History) -> None:
    try:
        handle, draft = tempfile.mkstemp(prefix=f".{FILE}.", dir=data_dir)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(history), file, indent=1)
        give_to_owner_of_folder(Path(draft))
        os.replace(draft, data_dir / FILE)
    except OSError as error:  # the backup itself stands; doctor will go on showing the one before
        log.warning("the history of backups could not be written", folder=str(data_dir), error=error.strerror)
