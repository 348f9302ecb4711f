"""A tab without a browser: it loads a page, opens the page's socket, acts, and keeps what the server changes, as the page's own script does.

It passes the socket guard by the rules that browsers are held to: the page's cookie, our own origin, one page one socket, the
compression that browsers offer. It answers what must be answered: pings, scripts that want a result, and an "I have these" every 3 s.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.team import COOKIE

QUERY = re.compile(r"'client_id': '([0-9a-f-]+)', 'next_message_id': (\d+)")
ELEMENTS = re.compile(r"parseElements\(String\.raw`(.*?)`\)", re.DOTALL)
CHANGE = re.compile(r'runMethod\((\d+), "change", (\[.*\])\)', re.DOTALL)
ESCAPES = (("&#36;", "$"), ("&#96;", "`"), ("&gt;", ">"), ("&lt;", "<"), ("&amp;", "&"))
ACK_SECONDS = 3.0
PATIENCE = 20.0

Update = dict[str, Any]


class Complaint(Exception):
    """The server refused, or went silent."""


class Person:
    """Somebody who is signed in: one cookie, and the connections that a browser keeps for page loads."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self.cookie = f"{COOKIE}={token}"
        headers = {"cookie": self.cookie, "accept": "text/html", "accept-encoding": "gzip"}
        self.http = httpx.AsyncClient(base_url=address, headers=headers, timeout=30)


class Tab:
    """One open page. ``elements`` is what it shows, by id, as the server described it; ``told`` is called with each update."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.elements: dict[str, Update] = {}
        self.told: Callable[[Update], None] = lambda update: None
        self._tab_id, self._client_id = str(uuid.uuid4()), ""
        self._next = 0
        self._socket: ClientConnection | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._waiting: list[tuple[Callable[[Update], bool], asyncio.Future[Update]]] = []

    async def open(self, path: str, *, shows: str) -> None:
        """Load a page, open its socket, and wait until an element ``shows`` (a tag) is there: a page that is late comes over the socket.

        What was open before is closed first, as a browser does.
        """
        await self.close()
        answer = await self.person.http.get(path)
        found, described = QUERY.search(answer.text), ELEMENTS.search(answer.text)
        if answer.status_code != 200 or not found or not described:
            raise Complaint(f"{path} answered {answer.status_code}")
        raw = described[1]
        for escaped, plain in ESCAPES:
            raw = raw.replace(escaped, plain)
        self.elements = orjson.loads(raw)
        self._client_id, self._next = found[1], int(found[2])
        await self._connect()
        if not self.has(shows):
            await self._until(lambda _update: self.has(shows), shows)

    def has(self, tag: str) -> bool:
        """Whether such an element is on the page."""
        return any(element["tag"] == tag for element in self.elements.values())

    async def _connect(self) -> None:
        query = {
            "client_id": self._client_id, "next_message_id": self._next, "implicit_handshake": "true", "document_id": str(uuid.uuid4()),
            "tab_id": self._tab_id, "old_tab_id": "null", "EIO": 4, "transport": "websocket",
        }  # fmt: skip
        url = f"ws://{urlsplit(self.person.address).netloc}/_nicegui_ws/socket.io/?{urlencode(query)}"
        self._socket = await connect(url, origin=self.person.address, additional_headers={"cookie": self.person.cookie}, max_size=None)  # type: ignore[arg-type]
        await self._socket.recv()
        await self._socket.send("40")
        while not (said := str(await self._socket.recv())).startswith("40"):
            if said.startswith("44"):
                raise Complaint("the socket was refused")
            if said == "2":
                await self._socket.send("3")
        self._tasks = [asyncio.create_task(self._listen(self._socket)), asyncio.create_task(self._acknowledge())]

    async def close(self) -> None:
        """Leave the page."""
        for task in self._tasks:
            task.cancel()
        if self._socket is not None:
            await self._socket.close()
        self._tasks, self._socket = [], None

    async def act(self, element: str, event: str, *args: Any, until: Callable[[Update], bool]) -> Update:
        """Do something to an element, and return the first update that ``until`` takes for the answer."""
        listener = next(found["listener_id"] for found in self.elements[element].get("events", ()) if found["type"] == event and not found.get("js_handler"))
        said = [orjson.dumps(arg).decode() for arg in args]
        message = {"id": int(element), "client_id": self._client_id, "listener_id": listener, "args": said}
        return await self._until(until, f"{event} of {self.elements[element]['tag']}", message)

    async def _until(self, until: Callable[[Update], bool], what: str, message: dict[str, Any] | None = None) -> Update:
        answer: asyncio.Future[Update] = asyncio.get_running_loop().create_future()
        waiting = (until, answer)
        self._waiting.append(waiting)
        try:
            if message is not None:
                await self._emit("event", message)
            return await asyncio.wait_for(answer, PATIENCE)
        except TimeoutError:
            raise Complaint(f"waited in vain for {what}") from None
        finally:
            self._waiting.remove(waiting)

    def find(self, tag: str = "", **wanted: str) -> str:
        """The id of the element with these properties (``aria_label`` is ``aria-label``) or this ``text``."""
        named = {name.replace("_", "-"): value for name, value in wanted.items()}
        for key, element in self.elements.items():
            has = {"text": element.get("text"), **element.get("props", {})}
            if (not tag or element["tag"] == tag) and all(has.get(name) == value for name, value in named.items()):
                return key
        raise Complaint(f"there is no {tag} {wanted}")

    def around(self, inner: str) -> str:
        """The id of the element that an element stands in."""
        number = int(inner)
        return next(key for key, element in self.elements.items() if number in element.get("children", ()))

    async def _emit(self, name: str, message: dict[str, Any]) -> None:
        if self._socket is None:
            raise Complaint("the socket is closed")
        await self._socket.send("42" + orjson.dumps([name, message]).decode())

    async def _acknowledge(self) -> None:
        had = -1
        while True:
            await asyncio.sleep(ACK_SECONDS)
            if self._next > had:
                had = self._next
                with suppress(ConnectionClosed):
                    await self._emit("ack", {"client_id": self._client_id, "next_message_id": had})

    async def _listen(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for message in socket:
                text = str(message)
                if text == "2":
                    await socket.send("3")
                elif text.startswith("42"):
                    name, data = orjson.loads(text[2:])
                    await self._take(name, data)
        for _until, answer in self._waiting:
            if not answer.done():
                answer.set_exception(Complaint("the server closed the socket"))

    def _changed_rows(self, code: str) -> Update:
        """What a script does to a table: single rows that take the place of others."""
        called = CHANGE.search(code)
        if not called or called[1] not in self.elements:
            return {}
        rows = {row["id"]: row for row in orjson.loads(called[2])[0]}
        element = self.elements[called[1]]
        props = {**element["props"], "rows": [rows.get(row["id"], row) for row in element["props"]["rows"]]}
        return {called[1]: {**element, "props": props}}

    async def _take(self, name: str, data: Update) -> None:
        if "_id" in data:
            self._next = data.pop("_id") + 1
        if name == "run_javascript":
            if data.get("request_id"):
                await self._emit("javascript_response", {"request_id": data["request_id"], "client_id": self._client_id, "result": None})
            data = self._changed_rows(data["code"])
        elif name != "update":
            return
        for key, element in data.items():
            if element is None:
                self.elements.pop(key, None)
            else:
                self.elements[key] = element
        self.told(data)
        for until, answer in self._waiting:
            if not answer.done() and until(data):
                answer.set_result(data)
