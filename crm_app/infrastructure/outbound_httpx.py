"""The gate for a library that still speaks httpx, the elder of the two: one client for one exchange, over connections that all exchanges share.

The elder library is imported by the first exchange, not with this module: whoever starts the product need not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import httpx2

from crm_app.infrastructure.outbound import Budget, Gate, OutboundError
from crm_app.infrastructure.outbound_http import GateTransport

_TELLS_OF_US = ("x-stainless-", "user-agent")
_SECONDS, _GIVEN_UP = "mindfulcrm.seconds", "mindfulcrm.given_up"
_TAIL, _MOST_KEPT = 64, 2_000_000


class PatientTransport(GateTransport):
    """For somebody who thinks before they answer: each exchange says itself how long it may take, and may be silent all that time.

    Larger answers are none of a model's: the limits of every other transport hold.
    """

    def __init__(self, gate: Gate) -> None:
        super().__init__(gate)

    def budget(self, request: httpx2.Request) -> Budget:
        """As long as the exchange wants."""
        seconds = float(request.extensions[_SECONDS])
        return Budget(seconds, patience=seconds, given_up=request.extensions[_GIVEN_UP])


class Line:
    """One exchange of a library with somebody outside. ``client`` is an ``httpx.Client`` for it.

    ``trouble`` is what the gate said when it failed, whatever the library made of it; ``reached`` whether the other side may have anything of ours;
    ``status`` what it answered last, and ``wait`` the seconds for which it wants to be left alone. ``whole`` is an answer that is JSON, as it came;
    ``tail`` the end of any. ``given_up`` is asked while nothing comes.
    """

    def __init__(self, transport: PatientTransport, seconds: float, given_up: Callable[[], bool] | None = None) -> None:
        self._transport, self.seconds, self._given_up, self._open = transport, seconds, given_up, list[httpx2.Response]()
        self.trouble: OutboundError | None = None
        self.reached = False
        self.status: int | None = None
        self.wait: float | None = None
        self.whole, self.tail = b"", b""
        self.client = _client_class()(self)

    def send(self, theirs: Any) -> httpx2.Response:
        """Take an ``httpx.Request`` through the gate. What names the library and this machine stays here. Raises ``OutboundError``."""
        headers = [(name, value) for name, value in theirs.headers.raw if not name.decode("ascii").lower().startswith(_TELLS_OF_US)]
        headers.append((b"user-agent", b"MindfulCRM"))
        told = {_SECONDS: self.seconds, _GIVEN_UP: self._given_up}
        asked = httpx2.Request(theirs.method, str(theirs.url), headers=headers, stream=_Sent(self, theirs.read()), extensions=told)
        try:
            answer = self._transport.handle_request(asked)
        except OutboundError as trouble:
            self.trouble = trouble
            raise
        self._open.append(answer)
        self.status, self.wait = answer.status_code, _seconds(answer.headers.get("retry-after", ""))
        self.whole, self.tail = b"", b""
        return answer

    def pieces(self, answer: httpx2.Response) -> Iterator[bytes]:
        """What comes, as it comes. Raises ``OutboundError``."""
        try:
            for piece in answer.stream:  # type: ignore[union-attr]
                self._keep(piece)
                yield piece
        except OutboundError as trouble:
            self.trouble = trouble
            raise

    def _keep(self, piece: bytes) -> None:
        self.tail = (self.tail + piece)[-_TAIL:]
        if (self.whole or piece).lstrip()[:1] == b"{" and len(self.whole) <= _MOST_KEPT:
            self.whole += piece

    def close(self) -> None:
        """Hang up, also in the middle of an answer. The connections that are whole stay for the next exchange."""
        for answer in self._open:
            answer.close()
        self._open.clear()


def client_errors() -> tuple[type[Exception], ...]:
    """What either library raises about an address or an answer."""
    import httpx

    return httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL


def nowhere() -> Any:
    """An ``httpx.Client`` for what must not connect: whoever is asked through it does not answer."""
    import httpx

    class Nowhere(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("nobody is asked beside the gate", request=request)

    return httpx.Client(transport=Nowhere(), trust_env=False)


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


class _Sent(httpx2.SyncByteStream):
    """A question. Once it is taken up there is a connection, and nobody knows any more what the other side makes of it."""

    def __init__(self, line: Line, content: bytes) -> None:
        self._line, self._content = line, content

    def __iter__(self) -> Iterator[bytes]:
        self._line.reached = True
        yield self._content


@cache
def _client_class() -> Any:
    import httpx

    class Body(httpx.SyncByteStream):
        def __init__(self, line: Line, answer: httpx2.Response) -> None:
            self._line, self._answer = line, answer

        def __iter__(self) -> Iterator[bytes]:
            try:
                yield from self._line.pieces(self._answer)
            except OutboundError as trouble:
                raise httpx.ReadError("the answer broke off") from trouble

        def close(self) -> None:
            self._answer.close()

    class Through(httpx.BaseTransport):
        def __init__(self, line: Line) -> None:
            self._line = line

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            try:
                answer = self._line.send(request)
            except OutboundError as trouble:
                raise httpx.ConnectError("no way there", request=request) from trouble
            return httpx.Response(answer.status_code, headers=list(answer.headers.raw), stream=Body(self._line, answer))

    def make(line: Line) -> httpx.Client:
        return httpx.Client(transport=Through(line), trust_env=False, follow_redirects=False, timeout=line.seconds)

    return make
