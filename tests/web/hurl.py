"""Malformed packets by the ten thousand, thrown at the edge from inside its own process: the same application, the same doors and
handlers as over the network, without the cost of one. ``edge_server`` offers it as a control; nothing of the edge is loosened."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

PER_SOCKET = 60
AT_ONCE = 8

PIECES = ["0", "1", "2", "3", "4", "5", "6", "40", "41", "42", "43", "44", "45", "46", "2probe", "40/admin,", "40{}", "42/x,[]", "421", "42[", "42[]", "42{}", '42["event"]',
          '42["event",[]]', '42["event",null]', '42["nope",{}]', '42["connect",{}]', '42["disconnect",{}]', '42["event",{"client_id":1}]', "[" * 9_000, '42["event",' + "[" * 9_000,
          '42["event",{"id":1e999}]', '42["log",{"level":"x"}]', '42["ack",{"next_message_id":99999999999999999999999999}]', "b4AAA", "\x1e", "", "42\x00", "٤٢", "42" + "9" * 200 + "[]",
          '42["handshake",{}]', '42["javascript_response",{"request_id":[]}]', '451-["event"]', '42["event",{"id":NaN}]', '42["event",{},{}]', '42[["event"],{}]', '42["__class__",{}]',
          "42" + "{\"a\":" * 5_000, '42["event","' + "x" * 63_000 + '"]', "4" * 64_001, '4210["event",{}]', '43["event",{}]', "30", "3 ", "40" * 30, "42[\"event\",{\"id\":" + "9" * 5_000 + "}]"]  # fmt: skip
ODD: list[Any] = [None, True, False, 0, -1, 1e308, 2**63, -(2**63), 10**400, "", "0", "null", "'", '"', "\x00", "\ud800", "a" * 5_000, [], {}, [[]], {"a": []}, [1, 2, 3],
                  {"__proto__": 1}, "constructor", "../../etc/passwd", "{{7*7}}", [None] * 500]  # fmt: skip


@dataclass(frozen=True)
class Page:
    """One page of one person: the cookie, the page's id, and a message that it would rightly send."""

    cookie: str
    client_id: str
    good: dict[str, Any]


def packets(seed: random.Random, page: Page) -> Iterator[str | bytes | None]:
    """One socket's packets: mostly a proper beginning, then whatever comes to mind. None stands for a frame without anything in it."""
    if seed.random() < 0.9:
        yield "40"
    for _ in range(PER_SOCKET):
        yield _packet(seed, page)


def _packet(seed: random.Random, page: Page) -> str | bytes | None:
    kind = seed.random()
    if kind < 0.15:
        return seed.choice(PIECES)
    if kind < 0.45:
        return _mutated(seed, "42" + json.dumps(["event", page.good]))
    if kind < 0.96:
        return "42" + json.dumps([seed.choice(["event", "event", "event", "ack", "log", "javascript_response", "handshake"]), _message(seed, page)])
    return seed.choice([b"", b"\x04\x00", bytes(seed.randrange(256) for _ in range(40)), None])


def _message(seed: random.Random, page: Page) -> dict[str, Any]:
    """A message with the fields that its handler looks at, one or more of them wrong."""
    good = {
        **page.good, "next_message_id": seed.randrange(5), "level": "info", "message": "x", "request_id": str(uuid.uuid4()), "result": 1, "tab_id": str(uuid.uuid4()),
        "document_id": str(uuid.uuid4()), "old_tab_id": None,
    }  # fmt: skip
    for name in seed.sample(sorted(good), seed.choice([0, 1, 1, 1, 2, 3])):
        if seed.random() < 0.25:
            del good[name]
        else:
            good[name] = seed.choice(ODD)
    if seed.random() < 0.5:
        good["args"] = [seed.choice(["null", "1", "{}", "[]", '"x"', "{", "[1e999]", "true", '{"a":{"b":[]}}', "\x00"]) for _ in range(seed.randrange(4))]
    if seed.random() < 0.2:
        good["client_id"] = str(uuid.uuid4())
    return good


def _mutated(seed: random.Random, good: str) -> str:
    text = list(good)
    for _ in range(seed.randint(1, 4)):
        place, choice = seed.randrange(len(text)), seed.random()
        if choice < 0.4:
            text[place] = chr(seed.choice([0, 34, 44, 58, 91, 93, 123, 125, 0x1E, 0xD7FF, seed.randrange(32, 127)]))
        elif choice < 0.7 and len(text) > 1:
            del text[place]
        else:
            text.insert(place, seed.choice(PIECES))
    return "".join(text)


class Socket:
    """One websocket as a server would hand it to the application. ``read`` counts the packets that the application took."""

    def __init__(self, page: Page, packets: Iterator[str | bytes | None], host: str, origin: str) -> None:
        query = {"client_id": page.client_id, "next_message_id": 0, "implicit_handshake": "true", "document_id": str(uuid.uuid4()), "tab_id": str(uuid.uuid4()),
                 "old_tab_id": "null", "EIO": 4, "transport": "websocket"}  # fmt: skip
        self.scope = {
            "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws", "path": "/_nicegui_ws/socket.io/", "raw_path": b"/_nicegui_ws/socket.io/",
            "root_path": "", "query_string": urlencode(query).encode(), "client": ("127.0.0.1", 1), "server": ("localhost", 80), "subprotocols": [],
            "headers": [(b"host", host.encode()), (b"origin", origin.encode()), (b"cookie", page.cookie.encode()), (b"upgrade", b"websocket"), (b"connection", b"Upgrade")],
        }  # fmt: skip
        self._packets = packets
        self._connected = self.closed = False
        self.read = 0

    async def receive(self) -> dict[str, Any]:
        """The next packet; when there are no more, the browser is gone."""
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        await asyncio.sleep(0)
        packet = next(self._packets, False) if not self.closed else False
        if packet is False:
            return {"type": "websocket.disconnect", "code": 1001}
        self.read += 1
        return {"type": "websocket.receive", "text": None, "bytes": None, ("bytes" if isinstance(packet, bytes) else "text"): packet}

    async def send(self, message: dict[str, Any]) -> None:
        """What the server says is not looked at, but for its closing."""
        self.closed = self.closed or message["type"] == "websocket.close"


async def hurl(app: Any, pages: list[Page], count: int, seed: int, host: str, origin: str) -> int:
    """Throw until the application has taken ``count`` packets; returns how many sockets that took."""
    chance, taken, sockets = random.Random(seed), 0, 0

    async def one(page: Page, own: random.Random) -> int:
        socket = Socket(page, packets(own, page), host, origin)
        await app(socket.scope, socket.receive, socket.send)
        return socket.read

    while taken < count:
        chosen = chance.sample(pages, AT_ONCE)
        read = await asyncio.gather(*(one(page, random.Random(chance.random())) for page in chosen))
        assert any(read), "no socket was opened"
        taken += sum(read)
        sockets += AT_ONCE
    return sockets
