"""imaplib on a socket of the gate: it knows the protocol, and neither opens a connection nor waits or reads without end."""

from __future__ import annotations

import imaplib

from crm_app.infrastructure.outbound import Budget, Gate, NotTrusted, Service

SECONDS, STEP = 50.0, 30.0
"""How long an answer may take in all, and how long nothing of it may come: a server may look through a large folder before it speaks."""
SLOWEST = 50_000
"""Bytes a second, at least, of what takes longer because there is much of it."""
MOST = 4_000_000
"""Bytes of an answer, unless more is asked for."""
_PIECE = 65_536
Said = imaplib.IMAP4.error
"""What imaplib raises when the server says something that it cannot go on from."""
BrokenOff = imaplib.IMAP4.abort
"""The same, when there is nobody to go on with."""


class NotImap(Exception):
    """Whoever answers speaks something else."""


class TooMuch(Exception):
    """More came than was asked for."""


class GatedImap(imaplib.IMAP4):
    """imaplib's protocol on a socket of the gate. What its documentation allows to be overridden is: opening, reading, sending, shutting down."""

    def __init__(self, gate: Gate, host: str, port: int, *, tls: bool) -> None:
        self._gate, self._tls, self._buffer = gate, tls, bytearray()
        self._greeted = False
        self.allow(0)
        super().__init__(host, port)
        self.is_readonly = True  # folders are opened for reading alone

    def allow(self, expected: int) -> None:
        """What the next answer may come to: so many bytes more than usual, and the more time the more of it has come."""
        self._budget, self._left, self._came = Budget(SECONDS), MOST + expected, 0

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Connect through the gate."""
        self.host, self.port = host, port
        opener = self._gate.open_tls if self._tls else self._gate.open
        self.sock = opener(Service.IMAP, host, port, self._budget)

    def secure(self) -> None:
        """STARTTLS, or nothing at all. Whatever was said in the clear is forgotten, and whoever has said more than that is not believed."""
        if self.state != "NONAUTH":
            raise NotTrusted("signed in before anything was encrypted")
        answer, _words = self.xatom("STARTTLS")
        if answer != "OK" or self._buffer:
            raise NotTrusted("the server begins no encryption")
        self.sock = self._gate.wrap(self.sock, self.host, self._budget)
        self.untagged_responses.clear()

    def read(self, size: int) -> bytes:
        """So many bytes."""
        if size > self._left + len(self._buffer):
            raise TooMuch
        while len(self._buffer) < size:
            self._receive()
        return self._taken(size)

    def readline(self) -> bytes:
        """A line with its end."""
        looked = 0
        while (end := self._buffer.find(b"\n", looked)) < 0:
            looked = len(self._buffer)
            self._receive()
            if not self._greeted and not self._buffer.startswith((b"* ", b"*")[len(self._buffer) < 2]):
                raise NotImap
        self._greeted = True
        return self._taken(end + 1)

    def send(self, data: bytes) -> None:  # type: ignore[override]
        """All of it."""
        self.sock.settimeout(self._budget.step(STEP))
        self.sock.sendall(data)

    def shutdown(self) -> None:
        """Hang up."""
        self.sock.close()

    def _receive(self) -> None:
        self.sock.settimeout(self._budget.step(STEP))
        piece = self.sock.recv(_PIECE)
        if not piece:
            raise self.abort("the connection broke off")
        self._left, self._came = self._left - len(piece), self._came + len(piece)
        if self._came >= SLOWEST:
            self._budget.extend(self._came / SLOWEST)
            self._came = 0
        if self._left < 0:
            raise TooMuch
        self._buffer += piece

    def _taken(self, size: int) -> bytes:
        piece = bytes(self._buffer[:size])
        del self._buffer[:size]
        return piece
