"""The door for live pages: who may open a socket, how much may come through it, and how it is shut.

Pure ASGI, no private names: it stands in front of whatever speaks Socket.IO. What a message may *do* is judged by
``nicegui_guard``.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs
from uuid import UUID

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm_app.domain.accounts.schemas import SessionRecord
from crm_app.web.config import EdgeConfig
from crm_app.web.errors import plain_error
from crm_app.web.metrics import MESSAGES_DROPPED, SOCKET_MESSAGES, SOCKETS, SOCKETS_REFUSED
from crm_app.web.sessions import SOCKET_PATH
from crm_app.web.socket_frames import BadFrame, Frame, is_id, read_frame

log = structlog.get_logger(__name__)

EVENTS_PER_SECOND = 50
BURST = 100
SLOW_FOR = 2.0  # seconds of slowing before the socket is closed
PAGES_PER_USER = 20
SOCKETS_PER_USER = 40  # a page that reconnects has two for a moment
BAD_FRAMES = 10
LATELY = 120.0


@dataclass
class Bucket:
    """A token bucket. ``take`` says how long to wait until the next message is due."""

    rate: float = EVENTS_PER_SECOND
    burst: float = BURST
    level: float = BURST
    at: float = field(default_factory=time.monotonic)

    def take(self, now: float) -> float:
        """Take one; 0 when there was one, else the seconds by which the sender is ahead."""
        self.level = min(self.burst, self.level + (now - self.at) * self.rate) - 1
        self.at = now
        return max(0.0, -self.level / self.rate)

    def spare(self, now: float) -> bool:
        """Take one if there is one; who asks too often does not have to wait longer for it."""
        self.level, self.at = min(self.burst, self.level + (now - self.at) * self.rate), now
        if self.level < 1:
            return False
        self.level -= 1
        return True


@dataclass(eq=False)
class OpenSocket:
    """One browser's socket. ``last_deed`` is the monotonic time of the last thing a person did."""

    session: SessionRecord
    token_hash: bytes
    client_id: str
    last_deed: float = field(default_factory=time.monotonic)
    bucket: Bucket = field(default_factory=Bucket)
    shut: asyncio.Event = field(default_factory=asyncio.Event)
    connected: bool = False
    bad: int = 0
    slowed_since: float | None = None


class SocketDoor:
    """Keeps every open socket of this process, by person and session."""

    def __init__(self, app: ASGIApp, config: EdgeConfig) -> None:
        self.app = app
        self.origins = config.origins
        self.sockets: set[OpenSocket] = set()
        self.last_frame = 0.0
        self._lines = Bucket(rate=1, burst=20, level=20)
        self._budgets: dict[UUID, Bucket] = defaultdict(lambda: Bucket(rate=EVENTS_PER_SECOND * 4, burst=BURST * 4, level=BURST * 4))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not scope["path"].startswith(SOCKET_PATH):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            # Long polling would need its own origin rules, since browsers send no Origin with a plain GET.
            await plain_error(scope, 400)(scope, receive, send)
        else:
            await self._open(scope, receive, send)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = self._refusal(scope)
        if reason is not None:
            SOCKETS_REFUSED.labels(reason).inc()
            if self._lines.spare(time.monotonic()):  # anyone can knock; the metrics have them all
                log.warning("socket refused", reason=reason)
            await send({"type": "websocket.close", "code": 1008})
            return
        socket = OpenSocket(scope["crm_session"], scope["crm_token_hash"], _query(scope)["client_id"])
        self.sockets.add(socket)
        SOCKETS.inc()
        watched = _Watched(self, socket, receive, send)
        try:
            await self.app(scope, watched.receive, watched.send)
        finally:
            self.sockets.discard(socket)
            SOCKETS.dec()
            watched.stop()

    def _refusal(self, scope: Scope) -> str | None:
        origins = Headers(scope=scope).getlist("origin")
        session = scope.get("crm_session")
        query = _query(scope)
        if len(origins) != 1 or origins[0] not in self.origins:
            return "origin"
        if session is None:
            return "session"
        if scope["path"] != f"{SOCKET_PATH}socket.io/" or query.get("EIO") != "4" or query.get("transport") != "websocket" or "sid" in query:
            return "malformed"
        if not all(is_id(query.get(key)) for key in ("client_id", "tab_id", "document_id")) or not query.get("next_message_id", "").isdigit():
            return "malformed"
        mine = self.of(user_id=session.user_id)
        pages = {socket.client_id for socket in mine} | {query["client_id"]}
        return "too many" if len(pages) > PAGES_PER_USER or len(mine) >= SOCKETS_PER_USER else None

    def of(self, *, session_id: UUID | None = None, user_id: UUID | None = None) -> list[OpenSocket]:
        """The open sockets of a session, or of a person."""
        return [socket for socket in self.sockets if session_id == socket.session.session_id or user_id == socket.session.user_id]

    def acted_lately(self, session_id: UUID) -> bool:
        """Whether the person did something on a page of this session within two minutes."""
        return any(time.monotonic() - socket.last_deed < LATELY for socket in self.of(session_id=session_id))

    def shut(self, sockets: Iterable[OpenSocket]) -> None:
        """Close these at once; nothing that they sent and that was not yet read will be."""
        for socket in sockets:
            socket.shut.set()

    def delay(self, socket: OpenSocket, now: float) -> float:
        """Seconds by which this socket, or its owner with all sockets together, is ahead of the budget."""
        return max(socket.bucket.take(now), self._budgets[socket.session.user_id].take(now))

    def forget_idle_budgets(self) -> None:
        """Drop the budgets of people who have no socket."""
        present = {socket.session.user_id for socket in self.sockets}
        for user_id in [user_id for user_id in self._budgets if user_id not in present]:
            del self._budgets[user_id]


class _Watched:
    """The receiving side of one socket: budget, frame rules, and a way to shut it from outside."""

    def __init__(self, door: SocketDoor, socket: OpenSocket, receive: Receive, send: Send) -> None:
        self._door, self._socket, self._receive, self._send = door, socket, receive, send
        self._closed = False
        self._shutting: asyncio.Task[bool] = asyncio.ensure_future(socket.shut.wait())

    def stop(self) -> None:
        """Stop waiting to be shut."""
        self._shutting.cancel()

    async def send(self, message: Message) -> None:
        """Pass on, unless the socket was shut meanwhile."""
        if self._closed or self._socket.shut.is_set() and message["type"] == "websocket.send":
            return
        self._closed = message["type"] == "websocket.close"
        await self._send(message)

    async def receive(self) -> Message:
        """The next message that may be looked at."""
        while True:
            message = await self._next()
            if message is None:
                return await self._close(1008)
            if message["type"] != "websocket.receive":
                return message
            verdict = await self._judge(message)
            if verdict is None:
                return await self._close(1008)
            if verdict:
                return message

    async def _next(self) -> Message | None:
        if self._socket.shut.is_set():
            return None
        incoming = asyncio.ensure_future(self._receive())
        try:
            await asyncio.wait({incoming, self._shutting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not incoming.done():
                incoming.cancel()
        return incoming.result() if incoming.done() and not self._socket.shut.is_set() else None

    async def _judge(self, message: Message) -> bool | None:
        """True: pass it on. False: drop it. None: close the socket."""
        socket, now = self._socket, time.monotonic()
        if not await self._within_budget(now):
            return None
        try:
            frame = read_frame(message.get("text"))
        except BadFrame as bad:
            MESSAGES_DROPPED.labels(bad.args[0]).inc()
            socket.bad += 1
            return None if bad.args[0] in ("binary", "too large") or socket.bad >= BAD_FRAMES else False
        if frame in (Frame.DEED, Frame.REPORT):
            self._door.last_frame = now
            socket.last_deed = now if frame is Frame.DEED else socket.last_deed
            SOCKET_MESSAGES.inc()
            return socket.connected
        if frame is Frame.CONNECT:
            first, socket.connected = not socket.connected, True
            return first  # a second connect would give the socket a second identity
        return True

    async def _within_budget(self, now: float) -> bool:
        socket = self._socket
        delay = self._door.delay(socket, now)
        if socket.bucket.level > BURST / 4:
            socket.slowed_since = None
        if delay <= 0:
            return True
        socket.slowed_since = socket.slowed_since or now
        MESSAGES_DROPPED.labels("slowed").inc()
        if now - socket.slowed_since > SLOW_FOR:
            log.warning("socket closed: too many messages", user=str(socket.session.user_id))
            return False
        await asyncio.wait({self._shutting}, timeout=min(delay, 1.0))
        return True

    async def _close(self, code: int) -> Message:
        if not self._closed:
            self._closed = True
            await self._send({"type": "websocket.close", "code": code})
        return {"type": "websocket.disconnect", "code": code}


def _query(scope: Scope) -> dict[str, str]:
    parsed = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=20)
    return {name: values[0] for name, values in parsed.items() if len(values) == 1}
