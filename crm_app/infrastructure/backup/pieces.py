"""Pieces of PostgreSQL's log (WAL) as files in the host's archive: compressed and, with a key, encrypted; whole or not there."""

from __future__ import annotations

import io
import os
import re
import tempfile
import zlib
from pathlib import Path
from typing import IO, Any

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.backup.cipher import OpeningReader, SealingWriter, is_encrypted

PIECE = re.compile(r"[0-9A-F]{24}")
NAME = re.compile(r"[0-9A-F]{8}(?:[0-9A-F]{16}(?:\.partial|\.[0-9A-F]{8}\.backup)?|\.history)")
PIECE_BYTES = 16 << 20
_COPY = 1 << 18
_BLOCK = 1 << 16
_ZEROS = bytes(_BLOCK)


def following(piece: str) -> str:
    """The piece of log after ``piece``: 256 pieces of 16 MB to a file number."""
    number = int(piece[8:16], 16) * 256 + int(piece[16:], 16) + 1
    return f"{piece[:8]}{number // 256:08X}{number % 256:08X}"


def is_whole(path: Path) -> bool:
    """False for a piece that a power cut left shorter than every piece is."""
    return not PIECE.fullmatch(path.name) or path.stat().st_size == PIECE_BYTES


def write_piece(source: Path, target: Path, key: bytes | None) -> None:
    """Compress and, with a key, encrypt a file, whole or not at all. The zeros that a piece ends with, on a quiet day nearly all of it, are left away."""
    handle, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            out: Any = SealingWriter(file, key) if key else file
            out.write(zlib.compress(source.read_bytes().rstrip(b"\0"), 1))
            if key:
                out.close()
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)
    finally:
        Path(draft).unlink(missing_ok=True)


def read_piece(source: Path, target: Path, key: bytes | None) -> None:
    """Write what is in a piece to ``target``. Raises ``Unavailable`` when it was changed, and then leaves nothing there."""
    try:
        with source.open("rb") as file, target.open("wb") as out:
            _unpack(_opened(source, file, key), out)
            out.truncate(PIECE_BYTES if PIECE.fullmatch(source.name) else None)
    except (zlib.error, EOFError):
        target.unlink()
        raise Unavailable(f"{source} was changed or cut short after it was made, so nothing was restored.") from None
    except Unavailable:
        target.unlink()
        raise


def _opened(source: Path, file: IO[bytes], key: bytes | None) -> IO[bytes]:
    if not is_encrypted(file):  # type: ignore[arg-type]
        if key is not None:
            raise Unavailable(f"{source} is not encrypted although a key was given, so nobody can say who made it; nothing was restored.")
        return file
    if key is None:
        raise Unavailable(f"The archive {source.parent.parent} is encrypted: name the file with its key by --key-file, or set MINDFULCRM_BACKUP_KEY.")
    return io.BufferedReader(OpeningReader(file, key, source))  # type: ignore[arg-type]


def _unpack(plain: IO[bytes], out: IO[bytes]) -> None:
    """What is nothing but zeros takes no room on the disk."""
    unpack = zlib.decompressobj()
    while not unpack.eof:
        squeezed = unpack.unconsumed_tail or plain.read(_COPY)
        block = unpack.decompress(squeezed, _BLOCK)
        if block == _ZEROS:
            out.seek(_BLOCK, io.SEEK_CUR)
        elif block:
            out.write(block)
        elif not squeezed:
            raise EOFError
