"""The file of a backup: a zip with a manifest, sealed so that no byte of it can change unnoticed.

Members are stored as they are (the dump inside is compressed already). The zip's comment, its last bytes, is the
SHA-256 of everything before it; the manifest holds the SHA-256 of each member.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

from crm_app.domain.errors import Unavailable

FORMAT = 1
DUMP = "database.dump"
FILES = "files/"
_MANIFEST = "manifest.json"
_SEAL = b"sha256:"
_SEAL_BYTES = len(_SEAL) + 64
_CHUNK = 1 << 20


@dataclass(frozen=True)
class TableFigures:
    """How many rows a table has, and a checksum of their contents that does not depend on their order."""

    rows: int
    checksum: str


@dataclass(frozen=True)
class Member:
    """One file inside a backup."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself. ``created_at`` is ISO 8601 in UTC; ``members`` are its files by name."""

    created_at: str
    version: str
    schema_revision: str | None
    postgres_major: int
    tables: dict[str, TableFigures]
    members: dict[str, Member]

    @property
    def rows(self) -> int:
        """The rows of all tables together."""
        return sum(table.rows for table in self.tables.values())


class OpenBackup:
    """A backup whose seal is whole."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self.path, self.manifest, self._archive = path, manifest, archive

    def extract(self, name: str, target: Path) -> None:
        """Write a member to ``target``, readable for this account alone; a file that stood there is replaced at the end."""
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file, self._archive.open(name) as member:
                shutil.copyfileobj(member, file, _CHUNK)
                file.flush()
                os.fsync(file.fileno())
            if _measure(Path(draft)) != self.manifest.members[name]:
                raise _damaged(self.path)
            os.replace(draft, target)
        finally:
            Path(draft).unlink(missing_ok=True)


def write_backup_file(out: Path, manifest: Manifest, members: Mapping[str, Path]) -> Manifest:
    """Write the file whole or not at all, readable for this account alone; ``manifest.members`` is filled in here."""
    filled = replace(manifest, members={name: _measure(path) for name, path in members.items()})
    handle, draft = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    try:
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(_MANIFEST, json.dumps({"format": FORMAT, **asdict(filled)}, indent=1, sort_keys=True))
                for name, path in members.items():
                    archive.write(path, name)
                archive.comment = _SEAL + b"0" * 64
            seal = _seal(file)
            file.seek(-_SEAL_BYTES, os.SEEK_END)
            file.write(seal)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, out)
    finally:
        Path(draft).unlink(missing_ok=True)
    return filled


@contextmanager
def opened_backup(path: Path) -> Iterator[OpenBackup]:
    """Check the seal and open the file. Raises ``Unavailable`` with one sentence for anything but a whole backup of ours."""
    try:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) <= _SEAL_BYTES:
                raise _damaged(path)
            expected = _seal(file)
            file.seek(-_SEAL_BYTES, os.SEEK_END)
            if file.read() != expected:
                raise _damaged(path)
            with zipfile.ZipFile(file) as archive:
                yield OpenBackup(path, archive, _read_manifest(path, archive))
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        if error.filename != str(path):
            raise
        raise Unavailable(f"The backup {path} cannot be read: {error.strerror}.") from None
    except (zipfile.BadZipFile, KeyError, TypeError, json.JSONDecodeError):
        raise _damaged(path) from None


def _read_manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    raw = json.loads(archive.read(_MANIFEST))
    if raw.pop("format") != FORMAT:
        raise Unavailable(f"The backup {path} was made by a newer MindfulCRM: restore it with that version.")
    tables = {name: TableFigures(**figures) for name, figures in raw.pop("tables").items()}
    return Manifest(**raw | {"tables": tables, "members": {name: Member(**member) for name, member in raw["members"].items()}})


def _measure(path: Path) -> Member:
    with path.open("rb") as file:
        return Member(hashlib.file_digest(file, "sha256").hexdigest(), file.tell())


def _seal(file: BinaryIO) -> bytes:
    left = file.seek(0, os.SEEK_END) - _SEAL_BYTES
    file.seek(0)
    digest = hashlib.sha256()
    while left:
        chunk = file.read(min(_CHUNK, left))
        digest.update(chunk)
        left -= len(chunk)
    return _SEAL + digest.hexdigest().encode()


def _damaged(path: Path) -> Unavailable:
    return Unavailable(f"The file {path} is damaged or is not a backup of MindfulCRM (its checksum does not fit), so nothing was restored.")
