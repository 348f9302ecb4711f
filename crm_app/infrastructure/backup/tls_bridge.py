"""TLS for programs that have none: the PostgreSQL that comes along is built without it, and a managed server insists on it.

The programs speak to a socket in a private folder; each of their connections is carried to the server over TLS, with the
certificates checked as the address asks (``sslmode``, ``sslrootcert``, ``sslcert``, ``sslkey``). The password still goes by SCRAM.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from crm_app.domain.errors import Unavailable

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_AUTHENTICATION_SASL, _PLUS = 10, b"SCRAM-SHA-256-PLUS\0"
_PORT = "5432"
_BLOCK = 1 << 16


@contextmanager
def bridged(dsn: str, parts: dict[str, str]) -> Iterator[dict[str, str]]:
    """``parts`` of a connection string, changed so that a program without TLS reaches the server of ``dsn`` if TLS is in use there."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        secured, host, port = connection.pgconn.ssl_in_use, connection.info.host, connection.info.port
        address = connection.info.hostaddr or host
    if not secured:
        yield parts
        return
    context = _context(parts)
    with tempfile.TemporaryDirectory(prefix="crm-tls-") as folder, socket.socket(socket.AF_UNIX) as door:
        door.bind(str(Path(folder) / f".s.PGSQL.{_PORT}"))
        door.listen()
        threading.Thread(target=_serve, args=(door, (address, port), host, context), daemon=True, name="tls-bridge").start()
        try:
            kept = {name: value for name, value in parts.items() if not name.startswith("ssl") and name not in ("hostaddr", "channel_binding")}
            yield {**kept, "host": folder, "port": _PORT, "sslmode": "disable"}
        finally:
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)


def _context(parts: dict[str, str]) -> ssl.SSLContext:
    """As libpq would check: ``require`` checks nothing unless a root certificate is named."""
    mode, home = parts.get("sslmode", "prefer"), Path.home() / ".postgresql"
    root = parts.get("sslrootcert") or (str(home / "root.crt") if (home / "root.crt").exists() else "")
    context = ssl.create_default_context(cafile=root if root not in ("", "system") else None)
    context.check_hostname = mode == "verify-full" or root == "system"
    if mode not in ("verify-ca", "verify-full") and not root:
        context.verify_mode = ssl.CERT_NONE
    certificate = parts.get("sslcert") or str(home / "postgresql.crt")
    if Path(certificate).exists():
        context.load_cert_chain(certificate, parts.get("sslkey") or str(home / "postgresql.key"), parts.get("sslpassword"))
    return context


def _serve(door: socket.socket, address: tuple[str, int], host: str, context: ssl.SSLContext) -> None:
    while True:
        try:
            near, _ = door.accept()
        except OSError:
            return  # closed: the work is done
        threading.Thread(target=_carry, args=(near, address, host, context), daemon=True, name="tls-bridge").start()


def _carry(near: socket.socket, address: tuple[str, int], host: str, context: ssl.SSLContext) -> None:
    """One connection, until either side ends it. A failure closes the socket, which the program reports."""
    with near, suppress(OSError, Unavailable):
        with _secured(address, host, context) as far:
            far.sendall(near.recv(_BLOCK))
            near.sendall(_first_answer(far))
            _pump(near, far)


def _first_answer(far: ssl.SSLSocket) -> bytes:
    """The server's first message, without the offer to tie the password to a certificate that the program does not see."""
    answer = far.recv(_BLOCK)
    kind, length, code = struct.unpack("!cii", answer[:9].ljust(9, b"\0"))
    if kind != b"R" or code != _AUTHENTICATION_SASL:
        return answer
    while len(answer) < length + 1 and (more := far.recv(_BLOCK)):
        answer += more
    offered = answer[9 : length + 1].replace(_PLUS, b"")
    return struct.pack("!cii", b"R", len(offered) + 8, code) + offered + answer[length + 1 :]


def _pump(near: socket.socket, far: ssl.SSLSocket) -> None:
    with selectors.DefaultSelector() as ready:
        ready.register(near, selectors.EVENT_READ, (near, far))
        ready.register(far, selectors.EVENT_READ, (far, near))
        while True:
            for key, _ in ready.select():
                source, target = key.data
                if not (data := source.recv(_BLOCK)):
                    return
                target.sendall(data)
                while source is far and far.pending():
                    target.sendall(far.recv(_BLOCK))


def _secured(address: tuple[str, int], host: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    raw = socket.create_connection(address, timeout=10)
    raw.sendall(_SSL_REQUEST)
    if raw.recv(1) != b"S":
        raw.close()
        raise Unavailable("The server took its TLS back.")
    far = context.wrap_socket(raw, server_hostname=host)
    far.settimeout(None)
    return far
