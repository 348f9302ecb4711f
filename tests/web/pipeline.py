"""Many plain requests over a few connections, as fast as the server answers: for floods, where a client library would be the slow part."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

BATCH = 40
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n(.*?)\r\n\r\n", re.S)
_LENGTH = re.compile(rb"^content-length: (\d+)", re.M | re.I)


def get(host: str, path: str, *lines: str) -> bytes:
    """A GET as it stands on the wire."""
    return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode("latin-1")


def flood(port: int, requests: Iterable[bytes]) -> Counter[int]:
    """Send them all, forty at a time, and count the answers by status."""
    counts: Counter[int] = Counter()
    waiting = iter(requests)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        while batch := list(islice(waiting, BATCH)):
            connection.sendall(b"".join(batch))
            counts.update(islice(_answers(connection), len(batch)))
    return counts


def _answers(connection: socket.socket) -> Iterator[int]:
    buffer = b""
    while True:
        found = _STATUS.search(buffer)
        length = _LENGTH.search(found[2]) if found else None
        end = found.end() + int(length[1]) if found and length else found.end() if found and found[1] in (b"303", b"304", b"204") else None
        if found is None or end is None or len(buffer) < end:
            chunk = connection.recv(262_144)
            assert chunk, f"the server closed the connection after {buffer[-200:]!r}"
            buffer += chunk
            continue
        yield int(found[1])
        buffer = buffer[end:]
