"""The key ring: the keys that seal stored passwords, newest first, in a file that never goes into the database.

The file has one key a line, 32 random bytes in base64; a line that begins with # says something to people. A key's name, which stands
beside everything that it seals, follows from the key, so no line can pass for another. Where ``SECRET_KEY`` is given and there is no
file, the one key of the ring follows from it: a deployment of several servers then has the same ring everywhere, and nothing more to keep.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.private_file import make_private, replace_private
from crm_app.settings import Settings

log = structlog.get_logger(__name__)

KEY_BYTES = 32
_DERIVED = b"mindfulcrm: the key that seals stored passwords"
_SAYS = (
    "# The keys that seal stored passwords, newest first. Keep a copy where the backups are not: without it nobody can read those passwords,\n"
    "# and whoever has it and the database can. `mindfulcrm rotate-keys` puts a new one in front.\n"
)


@dataclass(frozen=True, slots=True)
class RingKey:
    """One key. ``id`` tells nothing of it."""

    id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys, newest first; there is always one."""

    keys: tuple[RingKey, ...]

    @property
    def newest(self) -> RingKey:
        """The key that seals."""
        return self.keys[0]

    def find(self, key_id: str) -> RingKey | None:
        """The key of this name."""
        return next((key for key in self.keys if key.id == key_id), None)

    def joined(self, others: KeyRing) -> KeyRing:
        """These keys, and behind them those of the others that are missing here."""
        return KeyRing(self.keys + tuple(key for key in others.keys if self.find(key.id) is None))

    def with_new_key(self) -> KeyRing:
        """These keys behind a new one."""
        return KeyRing((ring_key(secrets.token_bytes(KEY_BYTES)), *self.keys))


def ring_key(secret: bytes) -> RingKey:
    """A key with its name."""
    return RingKey(hashlib.sha256(b"name of a sealing key " + secret).hexdigest()[:16], secret)


def derived_ring(secret: bytes) -> KeyRing:
    """The ring that follows from ``SECRET_KEY``."""
    return KeyRing((ring_key(hmac.new(secret, _DERIVED, hashlib.sha256).digest()),))


def read_ring(path: Path) -> KeyRing:
    """The ring in a file. Raises ``Unavailable`` when it cannot be read or is not whole."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        given = [base64.b64decode(line, validate=True) for line in lines if line and not line.startswith("#")]
    except OSError as error:
        raise Unavailable(f"The key ring {path} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, binascii.Error):
        given = []
    keys = tuple(ring_key(secret) for secret in given)
    if not keys or any(len(secret) != KEY_BYTES for secret in given) or len(set(keys)) != len(keys):
        raise Unavailable(f"The key ring {path} is not whole: put it back from your copy. A line of it is 32 random bytes (`openssl rand -base64 32`).")
    return KeyRing(keys)


def write_ring(path: Path, ring: KeyRing) -> None:
    """Write a ring in place of the one in the file. When this returns, not even a power cut loses it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_private(path, _written(ring))


def made_ring(path: Path) -> KeyRing:
    """A ring with its first key, in a file that is not there yet. Of two processes that make it at once, both use the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    make_private(path, _written(KeyRing((ring_key(secrets.token_bytes(KEY_BYTES)),))))
    return read_ring(path)


def found_ring(settings: Settings) -> KeyRing | None:
    """This deployment's ring, if it has one yet. Raises ``Unavailable`` when its file cannot be read or is not whole."""
    if settings.ring_path.exists():
        return read_ring(settings.ring_path)
    return derived_ring(settings.key) if settings.secret_is_given else None


def open_ring(settings: Settings, used: Collection[str]) -> KeyRing:
    """This deployment's ring; made where there is none and nothing has been sealed. ``used`` names the keys that sealed things need.

    Raises ``Unavailable`` with one sentence when one of them is missing: a ring is never made in place of another.
    """
    found = found_ring(settings)
    if missing := missing_keys(found, used):
        raise Unavailable(_lost(settings, missing))
    return found or made_ring(settings.ring_path)


def missing_keys(ring: KeyRing | None, used: Collection[str]) -> list[str]:
    """The names of the keys that are needed and not there."""
    return [name for name in sorted(used) if ring is None or ring.find(name) is None]


def take_over(settings: Settings, brought: Path) -> None:
    """Put the keys of a ring that came with a backup behind those that are here, so that both open what is restored and what was before."""
    ours, theirs = found_ring(settings), read_ring(brought)
    joined = ours.joined(theirs) if ours else theirs
    if joined != ours:
        write_ring(settings.ring_path, joined)


def _lost(settings: Settings, missing: list[str]) -> str:
    what = "does not hold the key" if settings.ring_path.exists() else "is missing, and with it the key"
    or_else = " (or set SECRET_KEY to what it was)" if settings.secret_is_given and not settings.ring_path.exists() else ""
    return (
        f"The key ring {settings.ring_path} {what} that seals stored passwords ({', '.join(missing)}): put the file back from your copy{or_else}. "
        "If it is lost for good, `mindfulcrm rotate-keys --forget-lost` removes those passwords, and their owners enter them again."
    )


class LiveRing:
    """The ring as it is in the file now: a change of keys is taken up by every process at its next use, without a restart."""

    def __init__(self, path: Path, ring: KeyRing) -> None:
        self._path, self._ring = path, ring
        self._seen: tuple[int, int, int] | None = None
        self._one = threading.Lock()

    def __call__(self) -> KeyRing:
        """The keys. A file that has gone or cannot be read leaves those that were there, and a line in the log."""
        with self._one:
            stands = self._stands()
            if stands != self._seen:
                self._look()
                self._seen = stands
            return self._ring

    def _look(self) -> None:
        try:
            self._ring = read_ring(self._path)
        except Unavailable as failure:
            if self._seen is not None:  # a ring that follows from SECRET_KEY has no file to begin with
                log.error("the key ring cannot be read any more; the keys of before stay in use", reason=failure.message)

    def _stands(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return (0, 0, 0)
        return found.st_ino, found.st_mtime_ns, found.st_size


def _written(ring: KeyRing) -> str:
    return _SAYS + "".join(base64.b64encode(key.secret).decode() + "\n" for key in ring.keys)
