"""One checksummed file with everything the database holds, and the way back.

The file is a line that says what it is, a line of JSON (version, schema revision, rows and checksum of each table), the
dump that PostgreSQL's own ``pg_dump`` wrote, and the SHA-256 of all that. The secret key is not in it: it stands in the
data folder or the environment, and whoever finds a backup should not find the key beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from crm_app.domain.errors import Invalid, Unavailable

MAGIC = b"MINDFULCRM-BACKUP 1\n"
END = 65  # a line feed and the SHA-256 in hexadecimal
CHUNK = 1 << 20
_LIBPQ = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "require_auth": "PGREQUIREAUTH", "connect_timeout": "PGCONNECT_TIMEOUT",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. ``tables`` maps a name to its number of rows and their checksum."""

    made_at: str
    server: str
    revision: str
    owner: str
    tables: dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Tools:
    """Where PostgreSQL's programs are, and how the schema's owner connects."""

    bin_dir: Path
    conninfo: str

    def environment(self, database: str | None = None) -> dict[str, str]:
        """Connection settings as variables: on a command line every user of the machine could read the password."""
        given = {name: str(value) for name, value in conninfo_to_dict(self.conninfo).items() if value is not None}
        values = {_LIBPQ[name]: value for name, value in given.items() if name in _LIBPQ}
        return {"PATH": os.defpath, "LC_ALL": "C", "PGTZ": "UTC", **values, **({"PGDATABASE": database} if database else {})}

    def connect(self, database: str | None = None) -> psycopg.Connection[Any]:
        """A connection as the schema's owner."""
        return psycopg.connect(self.conninfo, autocommit=True, **({"dbname": database} if database else {}))  # type: ignore[arg-type]


def write_backup(tools: Tools, out: Path) -> Manifest:
    """Write ``out`` (it must not exist) from one consistent moment, while everything goes on.

    Raises ``Invalid`` when the file exists, ``Unavailable`` when the dump fails.
    """
    if out.exists():
        raise Invalid(f"{out} exists already; choose another name.")
    draft = out.with_name(out.name + ".part")
    try:
        with tools.connect() as connection, connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            snapshot = _one(connection, "select pg_export_snapshot()")
            manifest = _describe(connection)
            handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "wb") as file:
                _dump(tools, file, manifest, snapshot)
        draft.rename(out)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _dump(tools: Tools, file: IO[bytes], manifest: Manifest, snapshot: str) -> None:
    digest = hashlib.sha256()

    def write(part: bytes) -> None:
        digest.update(part)
        file.write(part)

    write(MAGIC)
    write(json.dumps(asdict(manifest)).encode() + b"\n")
    command = [str(tools.bin_dir / "pg_dump"), "--format=custom", "--compress=gzip:4", "--no-owner", "--enable-row-security", f"--snapshot={snapshot}"]
    with subprocess.Popen(command, env=tools.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as dump:  # noqa: S603  our own words
        complaints = _collected(dump.stderr)
        while part := dump.stdout.read(CHUNK) if dump.stdout else b"":
            write(part)
    if dump.returncode:
        raise Unavailable(f"The database could not be dumped: {_first_line(complaints)}.")
    file.write(b"\n" + digest.hexdigest().encode())
    file.flush()
    os.fsync(file.fileno())


def read_manifest(path: Path) -> Manifest:
    """Check every byte of a backup against its checksum. Raises ``Invalid`` with one sentence."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise Invalid(f"{path} is not a MindfulCRM backup.")
            file.seek(0)
            digest = hashlib.sha256()
            for part in _parts(file, size - END):
                digest.update(part)
            if file.read(END).strip().decode("ascii", "replace") != digest.hexdigest():
                raise Invalid(f"{path} is damaged: its checksum does not fit. Nothing was changed; use another backup.")
            file.seek(len(MAGIC))
            values = json.loads(file.readline())
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from error
    return Manifest(**{**values, "tables": {name: (rows, checksum) for name, (rows, checksum) in values["tables"].items()}})


def load_backup(tools: Tools, path: Path, manifest: Manifest, database: str | None = None) -> None:
    """Put the backup in place of what ``database`` (the connection's own when None) holds, in one transaction: all, or nothing."""
    with tools.connect(database) as connection:
        owner = str(_one(connection, "select current_user"))
    restore = [str(tools.bin_dir / "pg_restore"), "--no-owner", "--file=-"]
    psql = [str(tools.bin_dir / "psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    with (
        subprocess.Popen(restore, env=tools.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as script,  # noqa: S603
        subprocess.Popen(psql, env=tools.environment(database), stdin=subprocess.PIPE, stderr=subprocess.PIPE) as load,  # noqa: S603
    ):
        complaints = [_collected(script.stderr), _collected(load.stderr)]
        threading.Thread(target=_feed, args=(path, script.stdin), daemon=True).start()
        _forward(script.stdout, load.stdin, manifest.owner, owner)
    if script.returncode or load.returncode:
        raise Unavailable(f"The backup could not be restored, and nothing was changed: {_first_line(complaints[1] or complaints[0])}.")


def verify_backup(tools: Tools, path: Path, manifest: Manifest) -> None:
    """Restore into a scratch database and compare every table with the manifest. Raises ``Unavailable`` when they differ."""
    with _scratch(tools) as name:
        load_backup(tools, path, manifest, name)
        with tools.connect(name) as connection:
            found = _describe(connection).tables
    wrong = sorted(table for table in manifest.tables.keys() | found.keys() if manifest.tables.get(table) != found.get(table))
    if wrong:
        raise Unavailable(f"The backup does not restore to what it was made from: {', '.join(wrong)} differ.")


@contextmanager
def _scratch(tools: Tools) -> Iterator[str]:
    name = f"mindfulcrm_verify_{os.getpid()}"
    with tools.connect() as connection:
        connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        try:
            yield name
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _describe(connection: psycopg.Connection[Any]) -> Manifest:
    connection.execute("set timezone to 'UTC'")
    names = [row[0] for row in connection.execute("select tablename from pg_tables where schemaname = 'public' order by 1").fetchall()]
    counted = sql.SQL("select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text from {} t")
    tables = {name: connection.execute(counted.format(sql.Identifier(name))).fetchone() for name in names}
    revision = str(_one(connection, "select version_num from alembic_version")) if "alembic_version" in names else ""
    return Manifest(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"), server=str(_one(connection, "show server_version")), revision=revision,
        owner=str(_one(connection, "select current_user")), tables={name: (row[0], row[1]) for name, row in tables.items() if row},
    )  # fmt: skip


def _one(connection: psycopg.Connection[Any], statement: Any) -> Any:
    row = connection.execute(statement).fetchone()
    return row[0] if row else None


def _parts(file: IO[bytes], left: int) -> Iterator[bytes]:
    while left > 0 and (part := file.read(min(CHUNK, left))):
        left -= len(part)
        yield part


def _feed(path: Path, sink: IO[bytes] | None) -> None:
    """Hand the dump inside the file to ``pg_restore``."""
    with path.open("rb") as file, sink or open(os.devnull, "wb") as out:
        file.seek(len(MAGIC))
        file.readline()
        try:
            for part in _parts(file, path.stat().st_size - END - file.tell()):
                out.write(part)
        except BrokenPipeError:
            return  # pg_restore gave up and says why itself


def _forward(source: IO[bytes] | None, sink: IO[bytes] | None, old_owner: str, new_owner: str) -> None:
    """Hand the script to ``psql`` behind what clears the way; policies for the old owner of the schema become the new one's."""
    if source is None or sink is None:
        return
    copying = False
    try:
        with sink:
            sink.write(b"set client_min_messages = warning;\ndrop schema public cascade;\ncreate schema public;\n")
            for line in source:
                if copying:
                    copying = line != b"\\.\n"
                elif line.startswith(b"COPY "):
                    copying = True
                elif line.startswith(b"CREATE POLICY ") and old_owner != new_owner:
                    line = line.replace(f" TO {old_owner} ".encode(), f" TO {sql.Identifier(new_owner).as_string()} ".encode())
                sink.write(line)
    except BrokenPipeError:
        return  # psql gave up and says why itself


def _collected(stream: IO[bytes] | None) -> list[bytes]:
    """What the program complains about, read beside everything else so that its pipe never fills."""
    lines: list[bytes] = []
    threading.Thread(target=lambda: lines.extend(stream or ()), daemon=True).start()
    return lines


def _first_line(lines: list[bytes]) -> str:
    text = lines[0].decode("utf-8", "replace").strip() if lines else "no reason was given"
    return text.split("error: ", 1)[-1].rstrip(".")
