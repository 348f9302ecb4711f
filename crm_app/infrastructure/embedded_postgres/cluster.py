"""One data folder of PostgreSQL: made whole or not at all, configured, started and stopped."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
from psycopg.conninfo import make_conninfo

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.embedded_postgres.account import Account
from crm_app.infrastructure.embedded_postgres.binaries import Binaries
from crm_app.infrastructure.embedded_postgres.reasons import from_output, refuse_full_disk

OWNER = "mindfulcrm_owner"
PORT = 5432  # names the socket; nothing listens on the network
STOP_SECONDS = 60.0
START_SECONDS = 120  # crash recovery of a large log takes its time
# Finished pieces of the log go to a folder in the data while there is one; elsewhere they are of no use. The server stands in its data.
ARCHIVE = "test ! -d archive_ready || { cp %p archive_ready/.%f.part && sync archive_ready/.%f.part && mv archive_ready/.%f.part archive_ready/%f; }"
_ORPHAN_SECONDS = 5.0
_CONFIGURATION = "mindfulcrm.conf"
_DRAFT = "pgdata.new-"


def local_dsn(sockets: Path, dbname: str, user: str, password: str) -> str:
    """How ``user`` connects. Whoever answers on the socket must prove that it knows the password too."""
    return make_conninfo(
        host=str(sockets), port=PORT, dbname=dbname, user=user, password=password, require_auth="scram-sha-256", connect_timeout=10
    )  # fmt: skip


class Cluster:
    """The data folder ``data`` as ``account`` runs it with ``binaries``; its socket is in ``sockets``."""

    def __init__(self, data: Path, account: Account, binaries: Binaries, sockets: Path) -> None:
        self.data, self.account, self.binaries, self.sockets = data, account, binaries, sockets

    def initialise(self, password: str, *, durable: bool) -> None:
        """Make the data folder under another name and rename it, so that it is complete whenever it exists."""
        draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=self.data.parent))  # a name of its own: an initdb may outlive who began it
        self.account.own(draft)
        try:
            self._fill(draft, password, _locale(self.binaries.major, "C.UTF-8"), durable=durable)
        except Unavailable as refusal:
            if "locale" not in refusal.message:
                raise
            self._fill(draft, password, _locale(self.binaries.major, "C"), durable=durable)
        draft.rename(self.data)

    def _fill(self, draft: Path, password: str, locale: list[str], *, durable: bool) -> None:
        read_end, write_end = os.pipe()  # the password is in no file that another could read, and in no argument
        if self.account.uid is not None:
            os.fchown(read_end, self.account.uid, -1)
        os.write(write_end, password.encode() + b"\n")
        os.close(write_end)
        try:
            with self.account.handed(draft) as (name, arguments):
                options = [f"--pwfile=/dev/fd/{read_end}", *locale, *([] if durable else ["--no-sync"])]
                arguments["pass_fds"] = [*arguments.get("pass_fds", []), read_end]
                self._run("initdb", "-D", name, "-U", OWNER, "-E", "UTF8", "--auth=scram-sha-256", "--data-checksums", *options, **arguments)
        finally:
            os.close(read_end)

    def clear_drafts(self) -> None:
        """Remove what starts that were cut short left behind. Call it while nobody else can be starting."""
        for left in self.data.parent.glob(f"{_DRAFT}*"):
            shutil.rmtree(left, ignore_errors=True)

    def configure(self, *, durable: bool) -> bool:
        """Write our settings; True if they differ from those that stood there."""
        path, main = self.data / _CONFIGURATION, self.data / "postgresql.conf"
        text = _configuration(self.sockets, durable=durable)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return False
        self._write(path, text)
        include = f"include '{_CONFIGURATION}'"
        if include not in (standing := main.read_text(encoding="utf-8")):
            self._write(main, f"{standing}\n{include}\n")
        return True

    def identifier(self) -> int:
        """The number that initdb drew for this data: ``pg_control_system()`` of a server over it shows the same."""
        with (self.data / "global" / "pg_control").open("rb") as file:
            return int.from_bytes(file.read(8), sys.byteorder, signed=True)

    def processes(self) -> list[psutil.Process]:
        """The live processes of a server over this data. A process id alone proves nothing: see ``_clear_stale``."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def postmaster_lives(self) -> bool:
        """True if the process that the pid file names is a server over this data, whether it answers yet or not."""
        try:
            return self._is_ours(psutil.Process(self._named_pid() or -1))
        except (psutil.NoSuchProcess, ValueError):  # no number names no process
            return False

    def start(self) -> None:
        """Start the server, detached, and wait until it answers. Raises ``Unavailable``."""
        refuse_full_disk(self.data)
        self._clear_stale()
        log = self.data / "startup.log"
        log.unlink(missing_ok=True)
        with self.account.handed(self.data) as (name, arguments):
            try:
                self._run("pg_ctl", "start", "-D", name, "-w", "-t", str(START_SECONDS), "-l", f"{name}/startup.log", **arguments)
            except Unavailable as refusal:
                if not log.exists():
                    raise
                raise from_output(self.data, self.said_at_start()) from refusal

    def stop(self) -> None:
        """Stop the server if it runs, and wait for it."""
        if not self.postmaster_lives():
            return
        with self.account.handed(self.data) as (name, arguments):
            self._run("pg_ctl", "stop", "-D", name, "-m", "fast", "-W", **arguments)
        self._wait_for_stop()
        if self.sockets.parent != self.data.parent:
            with suppress(OSError):
                self.sockets.rmdir()  # it stands in the machine's temporary folder, where it would be litter

    def _wait_for_stop(self) -> None:
        """What ``pg_ctl -w`` waits for, asked more often than ten times a second: every command that started the server stops it."""
        deadline = time.monotonic() + STOP_SECONDS
        while self.postmaster_lives():
            if time.monotonic() > deadline:
                raise Unavailable(f"The database in {self.data.parent} does not stop: end the programs that use it and try again.")
            time.sleep(0.01)

    def _run(self, program: str, *options: str, **arguments: object) -> None:
        done = subprocess.run([self.binaries.folder / program, *options], **arguments)  # type: ignore[call-overload]  # noqa: S603
        if done.returncode:
            raise from_output(self.data, done.stderr + done.stdout)

    def said_at_start(self) -> str:
        """What the server wrote before its log began, and the end of that log if it is of this start."""
        log = self.data / "startup.log"
        said = log.read_text(encoding="utf-8", errors="replace")
        for path in sorted((self.data / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)[-1:]:
            if path.stat().st_mtime >= log.stat().st_mtime - 1:
                said += path.read_text(encoding="utf-8", errors="replace")[-4000:]
        return said

    def _write(self, path: Path, text: str) -> None:
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        draft.write_text(text, encoding="utf-8")
        draft.chmod(0o600)
        self.account.own(draft)
        draft.rename(path)

    def _named_pid(self) -> int:
        try:
            return int((self.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        except (OSError, ValueError, IndexError):
            return 0

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if not process.name().startswith("postgres") or process.status() == psutil.STATUS_ZOMBIE:
                return False
            return Path(process.cwd()) == self.data  # every process of a server stands in its data folder
        except psutil.Error:
            return False  # gone meanwhile, or of an account that cannot be ours

    def _clear_stale(self) -> None:
        """Remove the lock files of a server that is gone.

        PostgreSQL asks only whether some process has the pid that they name. A zombie (a container without an init) or
        a reused number (after a reboot) would block the start for ever. While any process of the old server lives, the files
        stay: they are what keeps two servers from one folder.
        """
        deadline = time.monotonic() + _ORPHAN_SECONDS
        while left := self.processes():
            if self._named_pid() in {process.pid for process in left}:
                return
            if time.monotonic() > deadline:  # their postmaster was killed and they have not noticed
                for process in left:
                    with suppress(psutil.NoSuchProcess):  # gone between the look and the signal
                        process.send_signal(signal.SIGQUIT)
                deadline = time.monotonic() + _ORPHAN_SECONDS
            time.sleep(0.05)
        for path in (self.data / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")):
            path.unlink(missing_ok=True)


def _locale(major: int, letters: str) -> list[str]:
    """The same order and the same capital letters on every machine, as far as the version can.

    ``letters`` is where trigrams learn which bytes are letters, and with that what is forgiven in names beyond ASCII: a locale of
    the machine's, which not every machine has. Such names are found without it too, if they are spelt as they are written.
    """
    if major >= 17:
        name = "PG_UNICODE_FAST" if major >= 18 else "C.UTF-8"
        return ["--locale-provider=builtin", f"--builtin-locale={name}", "--lc-collate=C", f"--lc-ctype={letters}"]
    return [f"--locale={letters}"]


def _configuration(sockets: Path, *, durable: bool) -> str:
    folder = str(sockets).replace("'", "''").replace('"', '""')
    values = {
        "listen_addresses": "''",
        "unix_socket_directories": f"'\"{folder}\"'",
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "max_connections": "60",
        "shared_buffers": "'128MB'",
        "work_mem": "'16MB'",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "'UTC'",
        "password_encryption": "'scram-sha-256'",
        "archive_mode": "on",
        "archive_command": f"'{ARCHIVE}'",
        "log_min_messages": "warning",
        "log_timezone": "'UTC'",
        "logging_collector": "on",
        "log_directory": "'log'",
        "log_filename": "'postgresql-%a.log'",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
    }
    if not durable:
        values |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return "# Written by MindfulCRM at every start.\n" + "".join(f"{name} = {value}\n" for name, value in values.items())
