"""HTTP through the gate: a transport for every client, and ``fetch`` for one address.

The transport judges every connection, so neither a redirect nor a kept-alive pool slips past. It bounds what comes back:
how long it takes in all, how much is sent, how much that becomes when it is unpacked, and by what ratio.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2

from crm_app.infrastructure.outbound import STEP_SECONDS, Budget, Gate, NoAnswer, OutboundError, Refused
from crm_app.infrastructure.outbound_streams import GateBackend, known_errors, spending

MOST_RAW = 10_000_000
MOST_DECODED = 20_000_000
MOST_RATIO = 100
MOST_REDIRECTS = 3
_PIECE = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})


class TooLarge(OutboundError):
    """More came, or would come, than anybody asked for."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, whole and unpacked. ``url`` is where it came from in the end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class GateTransport(httpx2.BaseTransport):
    """What every HTTP client of ours stands on; it asks nobody's environment for a proxy."""

    def __init__(self, gate: Gate, *, seconds: float = 30.0, most: int = MOST_RAW, most_decoded: int = MOST_DECODED) -> None:
        self._seconds, self._most, self._most_decoded = seconds, most, most_decoded
        self._pool = httpcore2.ConnectionPool(
            ssl_context=gate.tls_context("http/1.1"), network_backend=GateBackend(gate), max_connections=10, keepalive_expiry=15, http2=False
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request. Raises ``OutboundError``."""
        assert isinstance(request.stream, httpx2.SyncByteStream)
        request.headers["accept-encoding"] = "gzip"
        target = httpcore2.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path)
        outgoing = httpcore2.Request(request.method, target, headers=request.headers.raw, content=request.stream, extensions=dict(request.extensions))
        budget = self.budget(request)
        with spending(budget), known_errors():
            answer = self._pool.handle_request(outgoing)
        headers = httpx2.Headers(answer.headers)
        packed = headers.get("content-encoding", "").strip().lower()
        limits = _Limits(self._most, self._most_decoded, int(headers.get("content-length", "0") or 0) if headers.get("content-length", "0").isdigit() else 0)
        body = _Body(answer.stream, budget, limits, packed)  # type: ignore[arg-type]
        for name in ("content-encoding", "content-length"):
            headers.pop(name, None)
        return httpx2.Response(answer.status, headers=headers, stream=body, extensions=answer.extensions)

    def budget(self, request: httpx2.Request) -> Budget:
        """How long this request may take in all, its answer read to the end."""
        return Budget(self._seconds)

    def close(self) -> None:
        """Hang up everywhere."""
        self._pool.close()


def make_client(gate: Gate, **options: Any) -> httpx2.Client:
    """A client for a library that wants one: no redirects by itself, no proxy from the environment."""
    return httpx2.Client(transport=GateTransport(gate), trust_env=False, follow_redirects=False, timeout=STEP_SECONDS, **options)


def fetch(gate: Gate, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b"", seconds: float = 30.0) -> Fetched:
    """Ask one address once; see ``Caller.ask``."""
    with Caller(gate, seconds=seconds) as caller:
        return caller.ask(url, method=method, headers=headers, body=body)


class Caller:
    """Asks several addresses over connections that are kept for the next question. One thread at a time."""

    def __init__(self, gate: Gate, *, seconds: float = 30.0, most: int = MOST_RAW, most_decoded: int = MOST_DECODED) -> None:
        self._seconds = seconds
        self._client = httpx2.Client(
            transport=GateTransport(gate, seconds=seconds, most=most, most_decoded=most_decoded), trust_env=False, follow_redirects=False, timeout=STEP_SECONDS
        )

    def ask(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b"", hops: int = MOST_REDIRECTS, enough: int = 0
    ) -> Fetched:
        """Ask one address, and where it sends us, at most ``hops`` times; every hop is judged anew. Raises ``OutboundError``.

        Credentials go to the first origin alone, and nothing goes from https to http. With no ``hops`` a redirect is an answer like
        any other. With ``enough`` no more than about so many bytes are waited for, and the connection is given up.
        """
        given = httpx2.Headers(dict(headers or {}))
        budget = Budget(self._seconds)
        asked = checked(url)
        for _hop in range(hops + 1):
            budget.step()
            answer = self._once(method, asked, given, body, enough)
            place = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not place or not hops:
                return answer
            target = _next(asked, place)
            if _origin(target) != _origin(asked):
                given = httpx2.Headers({name: value for name, value in given.items() if name.lower() not in _CREDENTIALS})
                if body and answer.status in (307, 308):
                    raise Refused("what was sent would be sent on to another origin")
            if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
                method, body = "GET", b""
            asked = target
        raise Refused("sent on too often")

    def _once(self, method: str, asked: httpx2.URL, headers: httpx2.Headers, body: bytes, enough: int) -> Fetched:
        with self._client.stream(method, asked, headers=headers, content=body or None) as answer:
            content = bytearray()
            for piece in answer.iter_raw():
                content += piece
                if enough and len(content) >= enough:
                    break
            return Fetched(answer.status_code, dict(answer.headers), bytes(content), str(asked))

    def close(self) -> None:
        """Hang up everywhere."""
        self._client.close()

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def joined(base: str, place: str) -> str:
    """Where ``place``, as a server named it, leads from ``base``. Raises ``Refused`` when that is nowhere, or from https to http."""
    return str(_next(checked(base), place))


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address. Raises ``Refused``."""
    return _origin(checked(url))


def checked(url: str) -> httpx2.URL:
    """An http or https address without a name and password in it. Raises ``Refused``."""
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError, ValueError) as failure:
        raise Refused("not an address") from failure
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        raise Refused("not an address that may be asked")
    return parsed


def _next(asked: httpx2.URL, place: str) -> httpx2.URL:
    try:
        target = checked(str(asked.join(place)))
    except (httpx2.InvalidURL, ValueError) as failure:
        raise Refused("sent to no address") from failure
    if asked.scheme == "https" and target.scheme != "https":
        raise Refused("sent from https to http")
    return target


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"https": 443, "http": 80}.get(url.scheme)


@dataclass(frozen=True, slots=True)
class _Limits:
    raw: int
    decoded: int
    announced: int


class _Body(httpx2.SyncByteStream):
    """What comes back, unpacked as it comes, until it is too much or too late."""

    def __init__(self, stream: httpx2.SyncByteStream, budget: Budget, limits: _Limits, packed: str) -> None:
        self._stream, self._budget, self._limits, self._packed = stream, budget, limits, packed

    def __iter__(self) -> Iterator[bytes]:
        if self._packed not in ("", "identity", "gzip", "x-gzip"):
            raise Refused("packed in a way that was not asked for")
        if self._limits.announced > self._limits.raw:
            raise TooLarge("announced to be too large")
        raw = decoded = 0
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if self._packed not in ("", "identity") else None
        for chunk in self._chunks():
            raw += len(chunk)
            if raw > self._limits.raw:
                raise TooLarge("too much was sent")
            for piece in _pieces(chunk, unpack):
                decoded += len(piece)
                if decoded > self._limits.decoded or (unpack and decoded > MOST_RATIO * raw + _PIECE):
                    raise TooLarge("it unpacks to too much")
                yield piece
        if unpack and raw and not unpack.eof:
            raise NoAnswer("it ended before its end")

    def _chunks(self) -> Iterator[bytes]:
        source = iter(self._stream)
        while True:
            with spending(self._budget), known_errors():
                chunk = next(source, None)
            if chunk is None:
                return
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _pieces(chunk: bytes, unpack: Any) -> Iterator[bytes]:
    if unpack is None:
        yield chunk
        return
    try:
        full = True
        while chunk or full:
            piece = unpack.decompress(chunk, _PIECE)
            chunk, full = unpack.unconsumed_tail, len(piece) == _PIECE
            yield piece
    except zlib.error as failure:
        raise NoAnswer("it cannot be unpacked") from failure
