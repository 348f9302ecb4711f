"""A world of our own behind the gate: names that a fake resolver knows, and public addresses that are servers on this machine."""

from __future__ import annotations

import datetime
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_addresses import Address, Allowance
from tests.infrastructure.outbound.spellings import resolve


@dataclass
class World:
    """``asked`` is every address that somebody wanted to connect to; ``routes`` says which port of this machine answers for (address, port)."""

    routes: dict[tuple[str, int], int] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)

    def connect(self, address: Address, port: int, seconds: float) -> socket.socket:
        self.asked.append((str(address), port))
        try:
            return socket.create_connection(("127.0.0.1", self.routes[str(address), port]), seconds)
        except KeyError:
            raise ConnectionRefusedError from None

    def resolve(self, name: str, port: int, seconds: float) -> list[str]:
        self.looked_up.append(name)
        return resolve(name, port, seconds)

    def gate(self, *allowed: Allowance, authorities: str | None = None) -> Gate:
        return Gate(lambda: allowed, resolve=self.resolve, connect=self.connect, authorities=authorities)


@pytest.fixture
def world() -> World:
    return World()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.server.seen.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
        self.server.pages.get(self.path.partition("?")[0], missing)(self)

    do_POST = do_PATCH = do_DELETE = do_PROPFIND = do_REPORT = do_GET

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


Page = Callable[[Handler], None]


def missing(handler: Handler) -> None:
    handler.reply(404)


class Site(ThreadingHTTPServer):
    """A web server whose pages a test writes."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, Page] = {"/": lambda handler: handler.reply(200, b"hello")}
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, *_: object) -> None: ...

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    yield server
    server.shutdown()
    server.server_close()


def bomb(size: int) -> bytes:
    return gzip.compress(b"\0" * size, 9)


def drip(handler: Handler) -> None:
    """One byte every tenth of a second, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(600):
        try:
            handler.wfile.write(b"x")
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.1)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of our own, and what it signs."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> str:
        return str(self.folder / "ca.pem")

    def context(self, name: str, *, days: int = 1) -> ssl.SSLContext:
        """A server's side, with a certificate for ``name``."""
        key = ec.generate_private_key(ec.SECP256R1())
        signed = _certificate(name, key.public_key(), self.certificate.subject, self.key, days)
        path = self.folder / f"{name}-{days}.pem"
        path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + _pem(key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests")])
    certificate = _certificate("Tests", key.public_key(), name, key, 2, authority=True)
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(folder, key, certificate)


def _certificate(name, public, issuer, signer, days, authority=False) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    begins, ends = (now - datetime.timedelta(days=9), now - datetime.timedelta(days=8)) if days < 0 else (now - datetime.timedelta(hours=1), now + datetime.timedelta(days=days))
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])).issuer_name(issuer).public_key(public)
        .serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )  # fmt: skip
    if not authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
