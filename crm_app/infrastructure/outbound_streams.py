"""Sockets of the gate as the HTTP pool wants them: each judged as it is made, and none waiting longer than its exchange may take in all."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore2

from crm_app.infrastructure.outbound import STEP_SECONDS, Budget, Gate, GivenUp, NoAnswer, Refused, Service, translated

LOOKS_UP_EVERY = 0.2
"""Seconds between two questions of whether anybody still waits, while nothing comes."""
current_budget: ContextVar[Budget | None] = ContextVar("current_budget", default=None)


@contextmanager
def spending(budget: Budget) -> Iterator[None]:
    """Inside, everything that waits for the network shares this time."""
    token = current_budget.set(budget)
    try:
        yield
    finally:
        current_budget.reset(token)


@contextmanager
def known_errors() -> Iterator[None]:
    """The pool's own complaints, in the gate's words."""
    try:
        yield
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as failure:
        raise NoAnswer("no proper answer came") from failure
    except httpcore2.UnsupportedProtocol as failure:
        raise Refused("not an address that may be asked") from failure


class GateBackend(httpcore2.NetworkBackend):
    """Where the pool gets its connections: from the gate, each judged as it is made."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, socket_options: Any = None) -> _Stream:
        return _Stream(self._gate, self._gate.open(Service.HTTP, host, port, current_budget.get()))


class _Stream(httpcore2.NetworkStream):
    """A socket of the gate, as the pool wants it. Whatever it waits for, it waits no longer than the exchange may take in all."""

    def __init__(self, gate: Gate, opened: Any) -> None:
        self._gate, self._socket = gate, opened

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        budget, ends = current_budget.get(), time.monotonic() + _left(timeout)
        with translated():
            while budget and budget.given_up:
                if budget.given_up():
                    raise GivenUp("nobody waits any more")
                self._socket.settimeout(max(0.001, min(LOOKS_UP_EVERY, ends - time.monotonic())))
                try:
                    return bytes(self._socket.recv(max_bytes))
                except TimeoutError:
                    if time.monotonic() >= ends:
                        raise
            self._socket.settimeout(_left(timeout))
            return bytes(self._socket.recv(max_bytes))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with translated():
            rest = memoryview(buffer)
            while rest:
                self._socket.settimeout(_left(timeout))
                rest = rest[self._socket.send(rest) :]

    def close(self) -> None:
        self._socket.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> _Stream:
        return _Stream(self._gate, self._gate.wrap(self._socket, server_hostname or "", current_budget.get() or Budget(), ssl_context))

    def get_extra_info(self, info: str) -> Any:
        """Only whether a kept connection has been closed by the other side, which shows as something to read."""
        return _readable(self._socket) if info == "is_readable" else None


def _readable(opened: Any) -> bool:
    try:
        return bool(select.select([opened], [], [], 0)[0])
    except (OSError, ValueError):  # closed already
        return True


def _left(timeout: float | None) -> float:
    budget = current_budget.get()
    longest = budget.patience if budget else STEP_SECONDS
    most = min(timeout or longest, longest)
    return budget.step(most) if budget else most
