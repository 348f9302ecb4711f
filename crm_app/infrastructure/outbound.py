"""The outbound gate: the only place that opens a connection to somewhere else.

A name is looked up once, every address it has is judged, and the connection goes to one of those addresses and to no
other; under TLS the certificate must be the name's. Whatever goes wrong on the way means no: a resolver that errs,
answers nothing or takes too long, an address that leads inside, a port that is not the service's. A database is not
reached through here: its address is the host's own, and its driver opens it.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as LookupTimeout
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from ipaddress import IPv6Address, ip_address

import certifi
import structlog

from crm_app.infrastructure.outbound_addresses import Address, Allowance, HostRefused, Reach, parse_host, reach

log = structlog.get_logger(__name__)

LOOKUP_SECONDS = 5.0
STEP_SECONDS = 10.0
TOTAL_SECONDS = 30.0


class Service(StrEnum):
    """What is at the other end; it decides which ports are its own."""

    HTTP = "http"
    SMTP = "smtp"
    IMAP = "imap"


PORTS = {Service.HTTP: frozenset({80, 443, 8080, 8443}), Service.SMTP: frozenset({25, 465, 587, 2525}), Service.IMAP: frozenset({143, 993})}


class OutboundError(Exception):
    """No connection, or none any more. ``reason`` is for the log: whoever asked is told no more than ``outbound_probe.Answer`` says."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(OutboundError):
    """The gate does not let this through; nothing was sent anywhere."""


class NoAnswer(OutboundError):
    """Nobody answered, or not in time."""


class GivenUp(OutboundError):
    """Whoever asked does not want the answer any more."""


class NotTrusted(OutboundError):
    """Whoever answered could not prove to be the one that was asked for."""


class Budget:
    """How long one exchange may take in all. ``step`` is what is left for the next thing to wait for.

    ``patience`` is how long the other side may say nothing once it is connected. ``given_up`` is asked again and again while it says nothing.
    """

    def __init__(
        self, seconds: float = TOTAL_SECONDS, clock: Callable[[], float] = time.monotonic, *,
        patience: float = STEP_SECONDS, given_up: Callable[[], bool] | None = None,
    ) -> None:  # fmt: skip
        self._clock, self._ends, self.patience, self.given_up = clock, clock() + seconds, patience, given_up

    def extend(self, seconds: float) -> None:
        """Let it take so much longer, for what has come meanwhile."""
        self._ends += seconds

    def step(self, most: float = STEP_SECONDS) -> float:
        """Seconds, at most ``most``; raises ``NoAnswer`` when the time is up."""
        left = min(most, self._ends - self._clock())
        if left <= 0:
            raise NoAnswer("out of time")
        return left


Resolve = Callable[[str, int, float], Sequence[str]]
Connect = Callable[[Address, int, float], socket.socket]
connecting: ContextVar[bool] = ContextVar("connecting", default=False)
"""True while the gate has a socket opened: an audit hook tells everything else from it by this."""


@dataclass(frozen=True, slots=True)
class _Way:
    """A host and its judged addresses."""

    name: str
    addresses: tuple[Address, ...]


class Gate:
    """``allowed`` says which inner hosts and ports are open besides the public ones; it is asked for every connection."""

    def __init__(
        self,
        allowed: Callable[[], Collection[Allowance]] = frozenset,
        *,
        resolve: Resolve | None = None,
        connect: Connect | None = None,
        authorities: str | None = None,
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve or look_up
        self._connect = connect or open_socket
        self._authorities = authorities

    def tls_context(self, speaks: str = "") -> ssl.SSLContext:
        """How this gate's connections are encrypted; ``speaks`` names the one protocol that a client announces under TLS."""
        return _tls_context(self._authorities, speaks)

    def allows(self, host: str, port: int) -> bool:
        """Whether the host of this deployment has opened this very place, so that what is private may go there in the clear too."""
        try:
            name = str(parse_host(host))
        except HostRefused:
            return False
        return any(entry.port == port and str(parse_host(entry.host)) == name for entry in self._allowed())

    def open(self, service: Service, host: str, port: int, budget: Budget | None = None) -> socket.socket:
        """A connected socket in the clear. Raises ``Refused`` or ``NoAnswer``."""
        budget = budget or Budget()
        way = self._judge(service, host, port, budget)
        for address in way.addresses:
            token = connecting.set(True)
            try:
                return self._connect(address, port, budget.step())
            except OSError as failure:
                log.info("a connection was not made", service=service.value, error=type(failure).__name__, reason=failure.strerror)
            finally:
                connecting.reset(token)
        raise NoAnswer("no address answered")

    def open_tls(self, service: Service, host: str, port: int, budget: Budget | None = None) -> ssl.SSLSocket:
        """The same under TLS, with a certificate for this very host. Raises ``NotTrusted`` too."""
        budget = budget or Budget()
        return self.wrap(self.open(service, host, port, budget), host, budget)

    def wrap(self, plain: socket.socket, host: str, budget: Budget, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
        """Begin TLS on a socket that this gate opened; the socket is closed when that fails."""
        try:
            plain.settimeout(budget.step())
            return (context or self.tls_context()).wrap_socket(plain, server_hostname=str(parse_host(host)))
        except (ssl.SSLError, OSError, HostRefused, NoAnswer) as failure:
            plain.close()
            if isinstance(failure, ssl.SSLError):
                raise NotTrusted("the certificate or the handshake failed") from failure
            raise NoAnswer("the handshake broke off") from failure

    def _judge(self, service: Service, host: str, port: int, budget: Budget) -> _Way:
        try:
            parsed = parse_host(host)
        except HostRefused as refusal:
            raise Refused(str(refusal)) from refusal
        name = str(parsed)
        allowed = self.allows(host, port)
        if port not in PORTS[service] and not allowed:
            raise Refused("not a port of this service")
        addresses = (parsed,) if not isinstance(parsed, str) else self._addresses(name, port, budget)
        for address in addresses:
            found = reach(address)
            if found is Reach.NEVER or (found is Reach.INNER and not allowed):
                raise Refused("an address that leads inside")
        return _Way(name, addresses)

    def _addresses(self, name: str, port: int, budget: Budget) -> tuple[Address, ...]:
        try:
            found = tuple(dict.fromkeys(ip_address(text) for text in self._resolve(name, port, budget.step(LOOKUP_SECONDS))))
        except (OSError, ValueError, UnicodeError) as failure:
            raise Refused("the name could not be looked up") from failure
        if not found:
            raise Refused("the name has no address")
        return found


@cache
def _tls_context(authorities: str | None, speaks: str) -> ssl.SSLContext:
    """The system's certificate authorities and Mozilla's (and ``authorities``, a file); TLS 1.2 or newer, and always the right name.

    Reading the authorities takes tens of milliseconds, so a context is made once. A library that announces its protocol
    writes that into the context it is given, therefore each protocol has its own.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if authorities:
        context.load_verify_locations(authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def look_up(name: str, port: int, seconds: float) -> list[str]:
    """Every address of a name, by the system's resolver, which cannot be interrupted: it is left behind when it takes too long."""
    try:
        rows = _resolvers().submit(socket.getaddrinfo, name, port, type=socket.SOCK_STREAM).result(seconds)
    except LookupTimeout:
        raise TimeoutError("the resolver takes too long") from None
    return [str(row[4][0]) for row in rows]


@cache
def _resolvers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(8, thread_name_prefix="lookup")


def open_socket(address: Address, port: int, seconds: float) -> socket.socket:
    """Connect to this very address; what answers from another is hung up on."""
    fresh = socket.socket(socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET, socket.SOCK_STREAM)
    try:
        fresh.settimeout(seconds)
        fresh.connect((str(address), port))
        if ip_address(fresh.getpeername()[0]) != address:
            raise OSError("another address answered")
    except OSError:
        fresh.close()
        raise
    return fresh


@contextmanager
def translated() -> Iterator[None]:
    """Around what a library does on our socket: its time-outs and resets become ``NoAnswer``, a bad certificate ``NotTrusted``."""
    try:
        yield
    except ssl.SSLError as failure:
        raise NotTrusted("the certificate or the handshake failed") from failure
    except OSError as failure:
        raise NoAnswer("the connection broke off") from failure
