"""The embedded server as the application sees it: start or join, use, leave."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.embedded_postgres.account import Account, account_for, reachable_binaries
from crm_app.infrastructure.embedded_postgres.binaries import Binaries, find_binaries
from crm_app.infrastructure.embedded_postgres.cluster import OWNER, PORT, START_SECONDS, Cluster
from crm_app.infrastructure.embedded_postgres.leases import Lease, exclusive, require_file_locks
from crm_app.infrastructure.embedded_postgres.reasons import in_one_sentence

LONGEST_SOCKET_FOLDER = 84  # a socket's whole path may have 103 bytes on macOS, 107 on Linux


class EmbeddedPostgres:
    """A PostgreSQL server in ``root``, shared by every process that starts it there.

    The first process starts it, later ones join it, the last to call ``release`` stops it. A process that crashes
    leaves it running, and the next one joins. ``durable=False`` gives up crash safety for speed: tests only.
    ``folders`` names the places to look for PostgreSQL's programs instead of the usual ones.
    """

    def __init__(self, root: Path, *, durable: bool = True, folders: Sequence[Path] | None = None) -> None:
        self.root = Path(root).resolve()
        self.data = self.root / "pgdata"
        self._durable = durable
        self._folders = folders
        self._lease = Lease(self.root / "lease")
        self._cluster: Cluster | None = None
        self._password = ""

    def start(self) -> EmbeddedPostgres:
        """Start the server or join the one that runs, and count as a user of it until ``release``.

        Raises ``Unavailable`` with one sentence: no programs, another major version, no room, no rights.
        """
        require_file_locks()
        with in_one_sentence(self.root):
            account = account_for(self.data)
            # Others may pass through (the server's account has to), but neither list nor write.
            self.root.mkdir(mode=0o700 if account.uid is None else 0o711, parents=True, exist_ok=True)
            with exclusive(self.root / "start.lock"):
                fresh = not (self.data / "PG_VERSION").exists()
                binaries = reachable_binaries(self._find_binaries(fresh), account, self.root)
                self._password = self._owner_password(fresh)
                self._cluster = cluster = Cluster(self.data, account, binaries, self._socket_folder(account))
                cluster.clear_drafts()
                if fresh:
                    cluster.initialise(self._password, durable=self._durable)
                changed = cluster.configure(durable=self._durable)
                self._wake(cluster, reload=changed)
                self._lease.take()
        return self

    def release(self) -> None:
        """Stop using the server; it stops when nobody else does. Safe to call twice."""
        if not self._lease.held:
            return
        with in_one_sentence(self.root), exclusive(self.root / "start.lock"):
            if self._lease.drop():
                self._running.stop()

    def stop(self) -> None:
        """Stop the server whoever uses it."""
        with in_one_sentence(self.root), exclusive(self.root / "start.lock"):
            self._lease.drop()
            self._running.stop()

    def owner_dsn(self, dbname: str = "postgres") -> str:
        """How the schema's owner (the server's superuser) connects: for bootstrap, migration, backup and restore alone."""
        return self.dsn(dbname, OWNER, self._password)

    def dsn(self, dbname: str, user: str, password: str) -> str:
        """How ``user`` connects. Whoever answers on the socket must prove that it knows the password too."""
        return make_conninfo(
            host=str(self._running.sockets), port=PORT, dbname=dbname, user=user, password=password,
            require_auth="scram-sha-256", connect_timeout=10,
        )  # fmt: skip

    @property
    def bin_dir(self) -> Path:
        """The folder of ``pg_dump``, ``pg_restore`` and the rest, of the server's own version."""
        return self._running.binaries.folder

    @property
    def major(self) -> int:
        """The server's major version."""
        return self._running.binaries.major

    @property
    def _running(self) -> Cluster:
        if self._cluster is None:
            raise RuntimeError("EmbeddedPostgres.start() has not been called")
        return self._cluster

    def _find_binaries(self, fresh: bool) -> Binaries:
        if fresh:
            return find_binaries(folders=self._folders)
        written = (self.data / "PG_VERSION").read_text(encoding="utf-8").strip()
        if not written.isdigit():
            raise Unavailable(f"{self.data} is not a PostgreSQL data folder (its version reads {written[:20]!r}): restore your last backup.")
        try:
            return find_binaries(wanted_major=int(written), at_least=0, folders=self._folders)
        except Unavailable:
            here = find_binaries(folders=self._folders)
            raise Unavailable(
                f"The database in {self.root} was written by PostgreSQL {written}, and only {here.version} is here: install "
                f"PostgreSQL {written} beside it, or move the folder away and restore your last backup."
            ) from None

    def _owner_password(self, fresh: bool) -> str:
        path = self.root / "owner.password"
        if not fresh:
            if path.exists():
                return path.read_text(encoding="utf-8")
            raise Unavailable(f"{path} is missing, so the database beside it cannot be opened: put the file back from your backup.")
        path.unlink(missing_ok=True)  # of a start that was cut short, perhaps while it was being written
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(32))
        if os.geteuid() == 0:
            os.chown(path, self.root.stat().st_uid, self.root.stat().st_gid)
        return path.read_text(encoding="utf-8")

    def _socket_folder(self, account: Account) -> Path:
        folder = self.root / "run"
        # libpq reads a comma as a list of hosts, and an account that cannot enter ``root`` cannot bind there.
        fits = len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER and "," not in str(folder) and account.can_reach(self.root)
        if not fits:
            folder = self._recorded_socket_folder() or _short_folder(self.root)
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), account.uid):
            raise Unavailable(f"The folder {folder} belongs to someone else, so the database cannot put its socket there; remove it and start again.")
        account.own(folder)
        return folder

    def _recorded_socket_folder(self) -> Path | None:
        """Where a running server put its socket: another process may have another temporary folder."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return None
        folder = Path(lines[4]) if len(lines) > 4 and lines[4].startswith("/") else None
        return folder if folder and folder.is_dir() else None

    def _wake(self, cluster: Cluster, *, reload: bool) -> None:
        deadline = time.monotonic() + START_SECONDS
        while (problem := self._ask(cluster, reload=reload)) is not None:
            if "password" in problem:
                raise Unavailable(f"{self.root / 'owner.password'} does not fit the database beside it: put the file back from your backup.")
            if time.monotonic() > deadline:
                raise Unavailable(f"The database in {self.root} runs but does not answer: {problem.splitlines()[0]}.")
            if not cluster.postmaster_lives():
                cluster.start()
            time.sleep(0.05)

    def _ask(self, cluster: Cluster, *, reload: bool) -> str | None:
        """None if a server over our data answers (told to read its settings again if asked), else what stands in the way."""
        try:
            with psycopg.connect(self.owner_dsn(), autocommit=True) as connection:
                row = connection.execute("select current_setting('data_directory'), system_identifier from pg_control_system()").fetchone()
                folder, identifier = row or ("", 0)
                # A folder that was handed over has no name that means anything here; its identifier does.
                if identifier != cluster.identifier() or not (folder.startswith("/proc/self/fd/") or Path(folder) == self.data):
                    return f"another server, over {folder}, answers on the socket"
                if reload:
                    connection.execute("select pg_reload_conf()")
                return None
        except psycopg.OperationalError as error:
            return str(error)


def _short_folder(root: Path) -> Path:
    name = "mindfulcrm-" + hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()).resolve() / name
    return folder if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER else Path("/tmp") / name  # noqa: S108  checked for its owner
