"""``mindfulcrm doctor``: what keeps MindfulCRM from working well, each in one sentence."""

from __future__ import annotations

import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from crm_app.domain.audit.chain import derive_key
from crm_app.domain.audit.service import check_chain
from crm_app.domain.errors import CrmError, Unavailable
from crm_app.domain.sealing import SEALED_COLUMNS
from crm_app.infrastructure.audit_anchor import Anchors
from crm_app.infrastructure.backup.archive import Archive, waiting
from crm_app.infrastructure.backup.history import moment, read_history
from crm_app.infrastructure.backup.schedule import plan_of
from crm_app.infrastructure.backup.switch import system_of
from crm_app.infrastructure.database import Database, open_database, pending_migrations
from crm_app.infrastructure.embedded_postgres import find_binaries
from crm_app.infrastructure.key_ring import found_ring, missing_keys
from crm_app.infrastructure.major_upgrade import upgrade_postgres
from crm_app.infrastructure.sealed_records import count_by_key, lost_in
from crm_app.settings import SECRET_FILE, Settings, SettingsError, load_settings

ROOM_MB = 500
LATE_SECONDS = 180
_UNGUARDED = (
    "select string_agg(c.relname, ', ' order by c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
    "where n.nspname = 'public' and c.relkind = 'r' and c.relname <> 'alembic_version' and not (c.relrowsecurity and c.relforcerowsecurity)"
)
_BROKEN_INDEXES = "select string_agg(indexrelid::regclass::text, ', ') from pg_index where not indisvalid"
_POWERS = "select rolsuper or rolbypassrls from pg_roles where rolname = %s"
_STUCK_JOBS = "select count(*) from job where state = 'running' and lease_until < now() - interval '10 minutes'"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding."""

    name: str
    ok: bool
    detail: str


def examine() -> dict[str, Any]:
    """``{"ok", "version", "checks": [{"name", "ok", "detail"}]}``. Looks at everything and changes nothing but what a start would."""
    checks = list(_checks())
    return {"ok": all(check.ok for check in checks), "version": version("mindfulcrm"), "checks": [asdict(check) for check in checks]}


def renew_database() -> str:
    """Move the embedded database to the newest PostgreSQL on this machine; the sentence to print. Raises ``CrmError``."""
    settings = load_settings()
    if settings.database_url is not None:
        raise Unavailable("DATABASE_URL names a server of yours, which its administrator upgrades; this is for the database that comes along.")
    return upgrade_postgres(settings)


def _checks() -> Iterator[Check]:
    try:
        settings = load_settings()
    except SettingsError as error:
        yield Check("settings", False, str(error))
        return
    yield Check("settings", True, f"production at {settings.public_url}" if settings.is_production else "this machine only")
    yield from _folder(settings)
    yield _backups(settings)
    try:
        with open_database(settings) as database:
            yield from _database(database, settings)
    except (CrmError, psycopg.Error, OSError) as error:
        yield Check("database", False, _sentence(error))


def _sentence(error: CrmError | psycopg.Error | OSError) -> str:
    if isinstance(error, CrmError):
        return error.message
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'} cannot be used: {error.strerror}"
    return f"it refused: {str(error).strip().splitlines()[0]}"


def _folder(settings: Settings) -> Iterator[Check]:
    free = shutil.disk_usage(settings.data_dir if settings.data_dir.exists() else ".").free // 1_000_000
    yield Check("disk", free >= ROOM_MB, f"{free:,} MB free" if free >= ROOM_MB else f"only {free} MB free in {settings.data_dir}; make room for at least {ROOM_MB}")
    secret = settings.data_dir / SECRET_FILE
    if secret.exists():
        mode = stat.S_IMODE(secret.stat().st_mode)
        closed = mode & 0o077 == 0
        yield Check("secret key", closed, "only its owner can read it" if closed else f"others can read {secret}: run `chmod 600 {secret}`")


def _backups(settings: Settings) -> Check:
    """When the last backup was made and when one was last proven to restore; bad when the daily one fails or is late."""
    try:
        plan = plan_of(settings)
    except CrmError as refusal:
        return Check("backups", False, refusal.message)
    history, now = read_history(settings.data_dir), datetime.now(UTC)
    made, proven = moment(history.made_at), moment(history.proven_at)
    told = f"last made {_day(made)}{' (encrypted)' if history.encrypted else ' (not encrypted)'}, " if made else "none was made from here yet, "
    told += f"last proven to restore {_day(proven)}" if proven else "none was proven to restore"
    if plan is None:
        return Check("backups", True, f"{told}; set MINDFULCRM_BACKUP_DIR to have one made and proven every day")
    if not plan.folder.is_dir():
        return Check("backups", False, f"{told}; the folder {plan.folder} does not exist")
    if history.failure:
        return Check("backups", False, f"{told}; the daily backup failed {_day(moment(history.failed_at))}: {history.failure}")
    late = made is not None and made < plan.due_since(now) - timedelta(days=1)
    return Check("backups", not late, f"{told}; {'no server has been running to make the daily one' if late else f'the next is due at {plan.hour:02}:00 UTC'}")


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"


def _database(database: Database, settings: Settings) -> Iterator[Check]:
    yield Check("database", True, f"PostgreSQL {database.major}, {'embedded' if database.server else 'given by DATABASE_URL'}{_newer(database)}")
    pending = pending_migrations(database)
    yield Check("schema", not pending, f"{', '.join(pending)} not applied: run `mindfulcrm migrate`" if pending else "up to date")
    with database.owner_connection() as connection:
        if not pending:
            yield from _guards(connection, database.app_role)
            yield _audit(connection, settings)
            yield _ring(connection, settings)
        broken = _one(connection, _BROKEN_INDEXES)
        yield Check("indexes", not broken, f"broken: {broken}; run `reindex index concurrently` on each" if broken else "all valid")
    if database.server and settings.archive_dir:
        yield _archive(database.server.data, settings.archive_dir)
    fast = database.search_is_leakproof
    yield Check("search", True, "uses its indexes" if fast else "works without the operators' leakproof mark, and is slower on large data")


def _archive(data: Path, folder: Path) -> Check:
    """How far the archive goes back, how far it reaches, and whether the log waits."""
    if not folder.is_dir():
        return Check("archive", False, f"the folder {folder} does not exist, so the log of changes waits on this disk")
    archive = Archive(folder, system_of(data), None)
    bases, shipped = archive.bases(), archive.last_shipped()
    since = [path.stat().st_mtime for path in waiting(data)]
    if since and time.time() - min(since) > LATE_SECONDS:
        begun = _day(datetime.fromtimestamp(min(since), UTC))
        return Check("archive", False, f"{len(since)} pieces of the log wait since {begun}: is the server running, and does {folder} take them?")
    if not bases:
        return Check("archive", True, "the server makes its first copy of the data within five minutes of its start")
    whole = next((base for base in bases if not archive.has_gap(base.piece)), None)
    if whole is None:
        until = f"no moment after {_day(bases[-1].ended)} can be gone back to for certain"
        return Check("archive", False, f"a piece of the log is missing, so {until}; the running server begins anew with a copy within five minutes")
    before = "" if whole is bases[0] else f"; before, back to {_day(bases[0].ended)}, a piece of the log is missing"
    return Check("archive", True, f"any moment from {_day(whole.ended)} to {_day(shipped)} can be gone back to{before}")


def _newer(database: Database) -> str:
    newest = find_binaries().major if database.server else 0
    return f"; {newest} is here: `mindfulcrm doctor --upgrade-postgres` moves the data to it" if newest > database.major else ""


def _guards(connection: psycopg.Connection[Any], role: str) -> Iterator[Check]:
    unguarded = _one(connection, _UNGUARDED)
    yield Check("row security", not unguarded, f"missing on {unguarded}; restore from a backup" if unguarded else "forced on every table")
    powerful = _one(connection, _POWERS, [role])
    yield Check("application role", powerful is False, f"{role} bypasses nothing" if powerful is False else f"{role} is missing or sees past the policies")
    stuck = _one(connection, _STUCK_JOBS)
    yield Check("background work", not stuck, f"{stuck} jobs wait for a server that does not run" if stuck else "nothing is stuck")


def _audit(connection: psycopg.Connection[Any], settings: Settings) -> Check:
    """Every entry of the audit log is what was sealed, and the log reaches at least as far as was noted beside the database."""
    key = derive_key(settings.key)
    with connection.cursor("audit", row_factory=dict_row, withhold=True) as entries:
        found = check_chain(key, entries.execute("select * from audit_entry order by seq"))
    if not found.whole:
        return Check("audit log", False, f"entry {found.broken_at} has been {found.reason}: somebody wrote to the table itself; compare with a backup")
    fault = Anchors(settings.data_dir, key).fault(lambda seq: _one(connection, "select mac from audit_entry where seq = %s", [seq]))
    if fault:
        return Check("audit log", False, f"{fault}; compare with a backup")
    earlier = f", the first {found.other_keys:,} under another secret key, which only that key can prove" if found.other_keys else ""
    return Check("audit log", True, f"{found.entries:,} entries, unbroken{earlier}")


def _ring(connection: psycopg.Connection[Any], settings: Settings) -> Check:
    """Every stored password has its key here and opens with it, and nobody else on this machine can read the keys."""
    used, path = count_by_key(connection), settings.ring_path
    try:
        ring = found_ring(settings)
    except CrmError as fault:
        return Check("key ring", False, fault.message)
    if missing := missing_keys(ring, used):
        lost = sum(used[name] for name in missing)
        mend = "put the file back from your copy, or run `mindfulcrm rotate-keys --forget-lost`"
        return Check("key ring", False, f"{lost} stored passwords need a key that is not in {path}: {mend}")
    if ring is None:
        return Check("key ring", True, "made at the first start")
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Check("key ring", False, f"others can read {path}: run `chmod 600 {path}`")
    if broken := sum(len(lost_in(connection, column, ring)) for column in SEALED_COLUMNS):
        return Check("key ring", False, f"{broken} stored passwords were changed in the database itself and do not open: run `mindfulcrm rotate-keys --forget-lost`")
    held = f"{len(ring.keys)} in {path}" if path.exists() else "it follows from SECRET_KEY"
    older = sum(used.values()) - used[ring.newest.id]
    rest = f"{older:,} stored passwords are under an older key: run `mindfulcrm rotate-keys`" if older else "keep a copy where the backups are not"
    return Check("key ring", True, f"{held}; {rest}")


def _one(connection: psycopg.Connection[Any], query: str, values: list[Any] | None = None) -> Any:
    row = connection.execute(query.encode(), values).fetchone()
    return row[0] if row else None
