"""A bad network for a protocol of lines: a TLS proxy that passes everything on, until the question comes at which it does what networks do."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import struct

from tests.providers.faults import TRICKLE, Proxy

FAULTS = (
    "refuse", "reset mid-body", "half-open", "one byte a second", "stall", "cut tls", "bad certificate", "wrong length", "garbage",
    "busy", "bye", "broken server", "html", "flood",
)  # fmt: skip
GREETINGS = {"html": b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>Hotel</html>\r\n", "bye": b"* BYE Too many connections, try again later\r\n"}


class LineProxy(Proxy):
    """``trigger``: the word in a command at which the fault begins; without one it begins before the server has greeted."""

    def __init__(self, upstream: int, good: ssl.SSLContext, bad: ssl.SSLContext, trigger: bytes) -> None:
        super().__init__(upstream, good, bad, b"")
        self._trigger = trigger

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ConnectionError):
            if self.fault in GREETINGS:
                writer.write(GREETINGS[self.fault])
                await writer.drain()
                await asyncio.sleep(0.2)
            elif self.fault and not self._trigger:
                await self._greet_badly(writer)
            else:
                await self._pass_on(reader, writer)
        writer.close()

    async def _greet_badly(self, writer: asyncio.StreamWriter) -> None:
        if self.fault == "garbage":
            writer.write(b"\x1f\x8b\x08\x00" + b"\x99" * 36 + b"\r\n")
            await writer.drain()
        elif self.fault == "half-open":
            await asyncio.sleep(3600)
        else:
            await self._spoilt(b"* OK [CAPABILITY IMAP4rev1] Here I am.\r\n", writer)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.upstream)
        asked: asyncio.Queue[bytes] = asyncio.Queue()

        async def questions() -> None:
            with contextlib.suppress(OSError):
                while line := await reader.readline():
                    if self.fault and self._trigger in line:
                        asked.put_nowait(line)
                    if self.fault not in ("half-open", "busy", "broken server", "garbage") or self._trigger not in line:
                        back.write(line)
                        await back.drain()

        async def answers() -> None:
            while data := await there.read(65_536):
                if asked.empty():
                    writer.write(data)
                    await writer.drain()
                else:
                    await self._spoilt(data, writer)
            writer.close()

        async def refusals() -> None:
            tag = (await asked.get()).split()[0]
            asked.put_nowait(tag)
            said = {"busy": b" NO [INUSE] Mailbox is locked, try again later\r\n", "broken server": b" NO [SERVERBUG] Internal error\r\n", "garbage": b"\x1f\x8b\x08\x00" + b"\x99" * 36 + b"\r\n"}.get(self.fault)
            if said:
                writer.write((b"" if self.fault == "garbage" else tag) + said)
                await writer.drain()

        tasks = [asyncio.create_task(one) for one in (questions(), answers(), refusals())]
        try:
            await asyncio.wait(tasks[:2], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            back.close()

    async def _spoilt(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        fault = self.fault
        if fault == "one byte a second":
            for byte in data:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(TRICKLE)
        elif fault == "stall":
            writer.write(data[:10])
            await writer.drain()
            await asyncio.sleep(3600)
        elif fault in ("reset mid-body", "cut tls"):
            writer.write(data[: max(5, len(data) - 15)])
            await writer.drain()
            raw: socket.socket = writer.get_extra_info("socket")
            if fault == "reset mid-body":
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        elif fault == "wrong length":
            writer.write(re.sub(rb"\{(\d+)\}\r\n", lambda found: b"{%d}\r\n" % (int(found[1]) + 100_000), data))
            await writer.drain()
        elif fault == "flood":
            while True:
                writer.write((b"* OK and another thing" + b"!" * 500 + b"\r\n") * 100)
                await writer.drain()
                await asyncio.sleep(0)  # else nobody on this loop ever hears that the connection is gone, and the flood never ends
