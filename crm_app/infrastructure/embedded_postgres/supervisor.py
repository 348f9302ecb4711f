"""The embedded server as the application sees it: start or join, use, leave."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.embedded_postgres.account import account_for, reachable_binaries
from crm_app.infrastructure.embedded_postgres.binaries import Binaries, find_binaries
from crm_app.infrastructure.embedded_postgres.cluster import OWNER, START_SECONDS, Cluster, local_dsn
from crm_app.infrastructure.embedded_postgres.leases import Lease, exclusive, require_file_locks
from crm_app.infrastructure.embedded_postgres.reasons import in_one_sentence
from crm_app.infrastructure.embedded_postgres.sockets import socket_folder
from crm_app.infrastructure.embedded_postgres.upgrading import settle
from crm_app.infrastructure.ownership import give_to_owner_of_folder


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
                settle(self.root)
                fresh = not (self.data / "PG_VERSION").exists()
                binaries = reachable_binaries(self._find_binaries(fresh), account, self.root)
                self._password = self._owner_password(fresh)
                self._cluster = cluster = Cluster(self.data, account, binaries, socket_folder(self.root, self.data, account))
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
        """How ``user`` connects."""
        return local_dsn(self._running.sockets, dbname, user, password)

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
                f"The database in {self.root} was written by PostgreSQL {written}, and only {here.version} is here: install PostgreSQL {written} "
                "beside it and run `mindfulcrm doctor --upgrade-postgres`, or move the folder away and restore your last backup."
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
        give_to_owner_of_folder(path)
        return path.read_text(encoding="utf-8")

    def _wake(self, cluster: Cluster, *, reload: bool) -> None:
        deadline = time.monotonic() + START_SECONDS
        while (problem := self._ask(cluster, reload=reload)) is not None:
            if "password" in problem:
                raise Unavailable(f"{self.root / 'owner.password'} does not fit the database beside it: put the file back from your backup.")
            if time.monotonic() > deadline:
                raise Unavailable(f"The database in {self.root} runs but does not answer: {problem.splitlines()[0]}.")
            if cluster.postmaster_lives():
                time.sleep(0.05)
            else:
                cluster.start()

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
