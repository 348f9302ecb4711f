"""Files that never change are compressed once, as well as gzip can, and kept: a new visitor's first page asks for a megabyte of them."""

from __future__ import annotations

import asyncio
import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm_app.web.config import is_public

LEAST, MOST = 800, 12_000_000
"""Bytes of a file that is worth it, and of everything that is kept."""
_KINDS = ("text/", "application/javascript", "application/json", "image/svg+xml")


class Shelf:
    """Pure ASGI, around everything that answers. Only what says that it may be kept for good is kept, under its path alone.

    Such a file is asked for by version: its address changes with its content, so that what stands here never grows old.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: dict[str, tuple[list[tuple[bytes, bytes]], bytes]] = {}
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._may_keep(scope):
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        if path not in self._kept:
            await self._fetch(scope, receive, send)
            return
        headers, body = self._kept[path]
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
        await send({"type": "http.response.body", "body": body})

    def _may_keep(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["method"] != "GET":
            return False
        path: str = scope["path"]
        versioned = b"v=" in scope["query_string"] if path.startswith("/static/") else path.startswith("/_nicegui/") and is_public(path)
        headers = Headers(scope=scope)
        return versioned and "gzip" in headers.get("accept-encoding", "") and "range" not in headers and "if-none-match" not in headers

    async def _fetch(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = bytearray()

        async def gather(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    sent = await self._keep(scope["path"], start, bytes(body))
                    await send(start)
                    await send({"type": "http.response.body", "body": sent})
            else:
                await send(message)

        await self.app(scope, receive, gather)

    async def _keep(self, path: str, start: Message, body: bytes) -> bytes:
        """What is to be sent. ``start`` is changed to fit it."""
        headers = MutableHeaders(raw=start["headers"])
        kind, lasting = headers.get("content-type", ""), "immutable" in headers.get("cache-control", "")
        fits = LEAST <= len(body) and self._size + len(body) <= MOST
        if start["status"] != 200 or not lasting or not fits or not kind.startswith(_KINDS) or "content-encoding" in headers:
            return body
        small = await asyncio.to_thread(gzip.compress, body, 9, mtime=0)
        headers["content-encoding"], headers["content-length"] = "gzip", str(len(small))
        headers.add_vary_header("Accept-Encoding")
        if path not in self._kept:
            self._kept[path] = (list(start["headers"]), small)
            self._size += len(small)
        return small
