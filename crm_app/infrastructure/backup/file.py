"""The file of a backup: a zip with a manifest, sealed so that no byte of it can change unnoticed.

Members are stored as they are (the dump inside is compressed already), and the manifest holds the SHA-256 of each. Without a key the
zip's comment, its last bytes, is the SHA-256 of everything before it, which finds damage. With a key the whole zip is encrypted,
which finds whatever anybody did to it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, BinaryIO, cast

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.backup.cipher import OpeningReader, SealingWriter, is_encrypted
from crm_app.infrastructure.database_bootstrap import APP_ROLE
from crm_app.infrastructure.ownership import give_to_owner_of_folder

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
    """What a backup says about itself. ``created_at`` is ISO 8601 in UTC; ``members`` are its files by name.

    ``app_role`` is the role to which the schema in it grants its rights.
    """

    created_at: str
    version: str
    schema_revision: str | None
    postgres_major: int
    tables: dict[str, TableFigures]
    members: dict[str, Member]
    app_role: str = APP_ROLE

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
            give_to_owner_of_folder(Path(draft))
            os.replace(draft, target)
        finally:
            Path(draft).unlink(missing_ok=True)


class BackupWriter:
    """A backup that is being written: members first, then the manifest that lists them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members: dict[str, Member] = {}

    @contextmanager
    def member(self, name: str) -> Iterator[Measured]:
        """A place to write one member's bytes to."""
        with self._archive.open(name, "w", force_zip64=True) as target:
            measured = Measured(target)
            yield measured
        self._members[name] = measured.result()

    def finish(self, manifest: Manifest) -> Manifest:
        """Write the manifest, its ``members`` filled in here."""
        filled = replace(manifest, members=dict(self._members))
        self._archive.writestr(_MANIFEST, json.dumps({"format": FORMAT, **asdict(filled)}, indent=1, sort_keys=True))
        return filled


class Measured:
    """Passes bytes on, and knows how many they were and their SHA-256."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target, self._digest, self._size = target, hashlib.sha256(), 0

    def write(self, data: bytes, /) -> int:
        """Pass ``data`` on."""
        self._digest.update(data)
        self._size += len(data)
        return self._target.write(data)

    def result(self) -> Member:
        """What has gone through so far."""
        return Member(self._digest.hexdigest(), self._size)


@contextmanager
def new_backup(out: Path, key: bytes | None) -> Iterator[BackupWriter]:
    """A file that appears at ``out`` when the block ends well, whole or not at all, readable for this account alone.

    With ``key`` nothing but encrypted bytes ever reaches the disk.
    """
    handle, draft = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    try:
        with os.fdopen(handle, "w+b") as file:
            if key:
                with SealingWriter(file, key) as sealed, zipfile.ZipFile(cast(IO[bytes], sealed), "w", zipfile.ZIP_STORED) as archive:
                    yield BackupWriter(archive)
            else:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                    yield BackupWriter(archive)
                    archive.comment = _SEAL + b"0" * 64
                seal = _seal(file)
                file.seek(-_SEAL_BYTES, os.SEEK_END)
                file.write(seal)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, out)
    finally:
        Path(draft).unlink(missing_ok=True)


@contextmanager
def opened_backup(path: Path, key: bytes | None = None) -> Iterator[OpenBackup]:
    """Check every byte and open the file. Raises ``Unavailable`` with one sentence for anything but a whole backup of ours.

    With ``key`` the file must be encrypted with it: one that is not could come from anybody.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(_checked(path, file, key)) as archive:
            yield OpenBackup(path, archive, _read_manifest(path, archive))
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        if error.filename != str(path):
            raise
        raise Unavailable(f"The backup {path} cannot be read: {error.strerror}.") from None
    except (zipfile.BadZipFile, KeyError, TypeError, json.JSONDecodeError):
        raise _damaged(path) from None


def _checked(path: Path, file: BinaryIO, key: bytes | None) -> IO[bytes]:
    """The zip inside ``file``, once every byte of it has been checked."""
    if is_encrypted(file):
        if key is None:
            raise Unavailable(f"The backup {path} is encrypted: name the file with its key by --key-file, or set MINDFULCRM_BACKUP_KEY.")
        reader = OpeningReader(file, key, path)
        reader.check()
        return io.BufferedReader(reader, _CHUNK)
    if key is not None:
        raise Unavailable(f"The file {path} is not an encrypted backup although a key was given, so nobody can say who made it; nothing was restored.")
    if file.seek(0, os.SEEK_END) <= _SEAL_BYTES:
        raise _damaged(path)
    expected = _seal(file)
    file.seek(-_SEAL_BYTES, os.SEEK_END)
    if file.read() != expected:
        raise _damaged(path)
    return file


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
