"""A page's socket, frame by frame, through every layer of the application that a real one passes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.types import ASGIApp, Message

Heard = Callable[[str, dict[str, Any]], None]


class Wire:
    """Engine.IO and Socket.IO as ``socket.io.js`` speaks them. ``heard`` gets every message by name; ``open`` says whether it still stands."""

    def __init__(self, app: ASGIApp, origin: str, headers: dict[str, str], query: dict[str, str], heard: Heard) -> None:
        self._app, self._heard = app, heard
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._waiting = False
        self._ready = asyncio.Event()
        self.open = False
        self.refusal = ""
        host = urlsplit(origin).netloc
        lines = {"host": host, "origin": origin, "connection": "upgrade", "upgrade": "websocket", **headers}
        self._scope = {
            "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws", "path": "/_nicegui_ws/socket.io/",
            "raw_path": b"/_nicegui_ws/socket.io/", "root_path": "", "subprotocols": [], "client": ("127.0.0.1", 50_001), "server": ("localhost", 80),
            "query_string": urlencode({"EIO": "4", "transport": "websocket", **query}).encode(),
            "headers": [(name.encode(), value.encode()) for name, value in lines.items()], "state": {},
        }  # fmt: skip

    @property
    def busy(self) -> bool:
        """Whether something that was sent has not been read yet."""
        return self.open and not (self._inbox.empty() and self._waiting)

    async def connect(self) -> bool:
        """Knock; True once the page may speak."""
        self._inbox.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(self._app(self._scope, self._receive, self._send), name="wire")
        self._task.add_done_callback(lambda _task: self._ready.set())
        await asyncio.wait_for(self._ready.wait(), 10)
        return self.open

    def say(self, name: str, payload: dict[str, Any]) -> None:
        """Send one message. What is said on a closed wire is lost, as in a browser."""
        if self.open:
            self._inbox.put_nowait({"type": "websocket.receive", "text": "42" + json.dumps([name, payload])})

    async def close(self) -> None:
        """Leave, as a closed tab does."""
        if not self._task.done():
            self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1001})
            await asyncio.wait({self._task}, timeout=5)
        self.open = False

    async def _receive(self) -> Message:
        self._waiting = True
        try:
            return await self._inbox.get()
        finally:
            self._waiting = False

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.close":
            self.open, self.refusal = False, f"closed with {message.get('code')}"
            self._ready.set()
        elif message["type"] == "websocket.send":
            self._read(message.get("text") or "")

    def _read(self, frame: str) -> None:
        if frame.startswith("0"):
            self._inbox.put_nowait({"type": "websocket.receive", "text": "40"})
        elif frame == "2":
            self._inbox.put_nowait({"type": "websocket.receive", "text": "3"})
        elif frame.startswith("40"):
            self.open = True
            self._ready.set()
        elif frame.startswith(("41", "44")):
            self.open, self.refusal = False, frame
            self._ready.set()
        elif frame.startswith("42"):
            name, payload = json.loads(frame[2:])
            self._heard(name, payload)
