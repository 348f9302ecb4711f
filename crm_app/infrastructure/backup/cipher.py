"""Encryption of a backup: what is written to a file leaves this process only encrypted, and no byte of it can change unnoticed.

The file is a head of 96 bytes (what it is, a salt, a number drawn for it alone, a proof of the key) and chunks of 1 MiB, each sealed
with AES-256-GCM. scrypt makes a key from the host's words and the salt, which the files of one process share, and from that and its
number each file has its own. A chunk's nonce is its own number and whether it is the last one, and the head is bound to every chunk:
chunks that are changed, swapped, left out, or taken from another file do not open.

Files of the first form still open: their head had no number of its own, and for a while it had one under the first form's name.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crm_app.domain.errors import Unavailable

MAGIC, _FIRST = b"mindfulcrm encrypted backup, 2\r\n", b"mindfulcrm encrypted backup, 1\r\n"
CHUNK = 1 << 20
TAG = 16
SHORTEST_KEY = 20
_SALT, _OWN, _PROOF = 16, 16, 32
HEAD = len(MAGIC) + _SALT + _OWN + _PROOF
_salt_here = secrets.token_bytes(_SALT)


def usable_key(words: bytes, source: str) -> bytes:
    """``words`` from ``source`` without the space round them. Raises ``Unavailable`` when they could be guessed."""
    key = words.strip()
    if len(key) < SHORTEST_KEY or len(set(key)) < 8:
        raise Unavailable(f"The key in {source} is too weak: use at least {SHORTEST_KEY} characters, for example from `openssl rand -base64 32`.")
    return key


def is_encrypted(file: BinaryIO) -> bool:
    """True if the file begins as one that ``SealingWriter`` writes or once wrote; it stands at its beginning afterwards."""
    file.seek(0)
    begins = file.read(len(MAGIC))
    file.seek(0)
    return begins in (MAGIC, _FIRST)


class SealingWriter(io.RawIOBase):
    """Takes bytes and writes them to ``file`` encrypted. Nothing counts until ``close`` has written the last chunk."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        own = secrets.token_bytes(_OWN)
        self._key, proof = _keys(key, _salt_here, own)
        self._head = MAGIC + _salt_here + own + proof
        self._file, self._waiting, self._number = file, bytearray(), 0
        file.write(self._head)

    def writable(self) -> bool:
        """Bytes go in and none come out."""
        return True

    def write(self, data: Any, /) -> int:
        """Keep ``data`` until a chunk is full."""
        self._waiting += data
        while len(self._waiting) > CHUNK:  # the last chunk is sealed by close alone, so one always waits
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def close(self) -> None:
        """Write the last chunk; ``file`` stays open."""
        if not self.closed:
            self._seal(bytes(self._waiting), last=True)
        super().close()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._key.encrypt(_nonce(self._number, last=last), chunk, self._head))
        self._number += 1


class OpeningReader(io.RawIOBase):
    """The bytes inside an encrypted ``file``, from any place on. Raises ``Unavailable`` for another key and for changed bytes."""

    def __init__(self, file: BinaryIO, key: bytes, path: Path) -> None:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        self._file, self._path = file, path
        self._head, self._key = _opened(file.read(HEAD), key, path)
        inside = size - len(self._head)
        self._chunks = max(1, -(-inside // (CHUNK + TAG)))
        self._size = inside - self._chunks * TAG
        self._place, self._open, self._plain = 0, -1, b""

    def check(self) -> None:
        """Open every chunk once. Raises ``Unavailable`` unless the whole file is as it was written."""
        for number in range(self._chunks):
            self._chunk(number)

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def seekable(self) -> bool:
        """Any place can be gone to."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place in the bytes inside."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def readinto(self, buffer: Any, /) -> int:
        """As many bytes as the chunk at this place still has, at most the buffer's."""
        if self._place >= self._size:
            return 0
        chunk = self._chunk(self._place // CHUNK)
        begin = self._place % CHUNK
        piece = chunk[begin : begin + len(buffer)]
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def _chunk(self, number: int) -> bytes:
        if number != self._open:
            self._file.seek(len(self._head) + number * (CHUNK + TAG))
            try:
                sealed = self._file.read(CHUNK + TAG)
                self._plain = self._key.decrypt(_nonce(number, last=number == self._chunks - 1), sealed, self._head)
            except (InvalidTag, ValueError):
                raise Unavailable(f"The backup {self._path} was changed or cut short after it was made, so nothing was restored.") from None
            self._open = number
        return self._plain


def _opened(begins: bytes, key: bytes, path: Path) -> tuple[bytes, AESGCM]:
    """The head of a file that ``begins`` so, in the form that it has, and its cipher. Raises ``Unavailable`` when the key fits none."""
    salt = begins[len(MAGIC) :][:_SALT]
    for own_size in (0, _OWN) if begins.startswith(_FIRST) else (_OWN,):
        head = begins[: HEAD - _OWN + own_size]
        cipher, proof = _keys(key, salt, head[len(MAGIC) + _SALT :][:own_size])
        if hmac.compare_digest(proof, head[-_PROOF:]):
            return head, cipher
    raise Unavailable(f"The key does not open {path}: it belongs to another backup, or the file was changed at its beginning.")


def _keys(key: bytes, salt: bytes, own: bytes) -> tuple[AESGCM, bytes]:
    """The cipher of one file, and what proves the key without giving it away."""
    made = _derived(key, salt)
    return AESGCM(hmac.digest(made[:32], own, "sha256") if own else made[:32]), made[32:]


@lru_cache(maxsize=8)
def _derived(key: bytes, salt: bytes) -> bytes:
    """Two halves of one derivation, which takes 128 MB and up to a second."""
    return hashlib.scrypt(key, salt=salt, n=2**17, r=8, p=1, maxmem=2**28, dklen=64)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
