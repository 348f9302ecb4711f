"""A bad network: a TLS proxy on this machine that does to the answers of a server what networks do. REL-08's twelve, and one that does nothing."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

FAULTS = (
    "refuse", "reset mid-body", "half-open", "one byte a second", "stall", "cut tls", "bad certificate", "wrong length", "gzip garbage",
    "429 with retry-after", "429", "5xx", "html",
)  # fmt: skip
WAITED_OUT, SOON, TRICKLE = ("half-open", "one byte a second", "stall", "wrong length"), 0.7, 0.2
"""Faults that end when whoever asks has waited long enough, how many seconds that is in these tests, and how short a second is where bytes trickle."""
SHORT = ("refuse", "reset mid-body", "bad certificate", "429 with retry-after", "html")
"""Some that are over at once, of each sort: for a connector that speaks by a voice which has met all of them elsewhere."""
CANNED = {
    "gzip garbage": b"HTTP/1.1 {ok}\r\nContent-Encoding: gzip\r\nContent-Length: 40\r\n\r\n\x1f\x8b\x08\x00" + b"\x99" * 36,
    "429 with retry-after": b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
    "429": b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n",
    "5xx": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad",
    "html": b"HTTP/1.1 {ok}\r\nContent-Type: text/html\r\nContent-Length: 46\r\n\r\n<!DOCTYPE html><html><body>Hotel</body></html>",
}


class Proxy:
    """Speaks TLS to whoever comes, and plainly to ``upstream``. ``fault`` is what it does now; ``ok`` is how the upstream says yes."""

    def __init__(self, upstream: int, good: ssl.SSLContext, bad: ssl.SSLContext, ok: bytes) -> None:
        self.upstream, self.fault, self._ok = upstream, "", ok
        self._contexts = {False: good, True: bad}
        self._loop = asyncio.new_event_loop()
        self._ports: dict[bool, int] = {}
        self._servers: list[asyncio.Server] = []

    @property
    def port(self) -> int:
        """Where to go just now: nobody listens at the port of a server that refuses."""
        return 1 if self.fault == "refuse" else self._ports[self.fault == "bad certificate"]

    async def _listen(self) -> None:
        for bad, context in self._contexts.items():
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
            self._servers.append(server)
            self._ports[bad] = server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while (question := await self._question(reader)) is not None:
                await self._answer(question, writer)
        writer.close()

    async def _question(self, reader: asyncio.StreamReader) -> bytes | None:
        head = await reader.readuntil(b"\r\n\r\n")
        return head + await reader.readexactly(_length(head))

    async def _answer(self, question: bytes, writer: asyncio.StreamWriter) -> None:
        fault = self.fault
        if fault in CANNED:
            writer.write(CANNED[fault].replace(b"{ok}", self._ok))
            await writer.drain()
            return
        if fault in ("half-open", "stall"):
            if fault == "stall":
                writer.write(b"HTTP/1.1 " + self._ok + b"\r\n")
                await writer.drain()
            await asyncio.sleep(3600)
        answer = await self._upstream(question)
        if fault == "one byte a second":
            for byte in answer:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(TRICKLE)
        elif fault in ("reset mid-body", "cut tls", "wrong length"):
            await self._spoil(fault, answer, writer)
        else:
            writer.write(answer)
            await writer.drain()

    async def _spoil(self, fault: str, answer: bytes, writer: asyncio.StreamWriter) -> None:
        if fault == "wrong length":
            head, body = answer.split(b"\r\n\r\n", 1)
            lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"content-length", b"transfer-encoding"))]
            writer.write(b"\r\n".join([*lines, b"Content-Length: %d" % (len(body) + 100), b"", body]))
            await writer.drain()
            writer.close()
            return
        writer.write(answer[: max(20, len(answer) - 25)])
        await writer.drain()
        raw: socket.socket = writer.get_extra_info("socket")
        if fault == "reset mid-body":
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def _upstream(self, question: bytes) -> bytes:
        """One question to the server, each over a connection of its own, so that its answer ends where the connection does."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        head, body = question.split(b"\r\n\r\n", 1)
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        writer.write(b"\r\n".join([*lines, b"Connection: close", b"", body]))
        await writer.drain()
        answer = await reader.read(-1)
        writer.close()
        return answer.replace(b"Connection: close\r\n", b"", 1)

    @contextmanager
    def running(self) -> Iterator[Proxy]:
        """Runs in a thread of its own."""
        self._loop.run_until_complete(self._listen())
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(5)
            self._loop.run_until_complete(self._end())
            self._loop.close()

    async def _end(self) -> None:
        """Whoever is still being served is let go, so that nothing of it ends in the midst of another test."""
        for server in self._servers:
            server.close()
        served = asyncio.all_tasks() - {asyncio.current_task()}
        for task in served:
            task.cancel()
        await asyncio.gather(*served, return_exceptions=True)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _colon, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0
