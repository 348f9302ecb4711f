"""Driving the edge server: a browser without a screen, and a page's socket."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse staple"
HTML = {"accept": "text/html"}
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
QUERY = re.compile(r"query: (\{[^}]*\})")
ELEMENTS = re.compile(r"parseElements\(String\.raw`(.*?)`\)", re.S)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Edge:
    """A running edge server."""

    port: int
    public_url: str
    log: Path
    pid: int

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        return self.public_url.split("//")[1]

    @property
    def cookie_name(self) -> str:
        return "__Host-mindfulcrm" if self.public_url.startswith("https") else "mindfulcrm"

    def client(self) -> httpx.Client:
        """A visitor. Cookies are carried by hand, because Secure ones do not travel over the test's plain http."""
        return httpx.Client(base_url=self.base, headers={"host": self.host, "origin": self.public_url}, timeout=20, verify=False)

    def control(self, action: str, **values: Any) -> Any:
        answer = self._control.post(f"/api/test/{action}", json=values)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @cached_property
    def _control(self) -> httpx.Client:
        """One client for all control calls: making one costs more than what it asks."""
        return httpx.Client(base_url=self.base, headers={"host": self.host}, timeout=20, verify=False)

    def state(self) -> dict[str, Any]:
        return self.control("state")

    def sign_in(self, who: str = "alice", password: str = PASSWORD, remember: bool = False, visitor: httpx.Client | None = None, **form: str) -> httpx.Response:
        client = visitor or self.client()
        token = TOKEN.search(client.get("/signin").text)
        data = {"email": f"{who}@example.org", "password": password, "form_token": token[1] if token else "", **form}
        if remember:
            data["remember"] = "yes"
        return client.post("/signin", data=data)

    def signed_in(self, who: str = "alice", remember: bool = False) -> httpx.Client:
        answer = self.sign_in(who, remember=remember)
        assert answer.status_code == 303, answer.text[:500]
        return self.with_cookie(cookie_of(answer))

    def with_cookie(self, token: str) -> httpx.Client:
        client = self.client()
        client.headers["cookie"] = f"{self.cookie_name}={token}"
        return client


def cookie_of(answer: httpx.Response) -> str:
    """The session token that an answer sets."""
    return answer.headers["set-cookie"].partition("=")[2].partition(";")[0]


@contextmanager
def running(public_url: str | None, tmp: Path, *flags: str) -> Iterator[Edge]:
    port = free_port()
    url = public_url or f"http://localhost:{port}"
    log = tmp / f"edge-{port}.log"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "NICEGUI"))}
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, "-m", "tests.web.edge_server", str(port), url, *flags], cwd=ROOT, stdout=file, stderr=file, env=environment)
    try:
        edge = Edge(port, url, log, process.pid)
        for _ in range(300):
            try:
                if httpx.get(f"{edge.base}/healthz", headers={"host": edge.host}, timeout=2, verify=False).status_code == 200:
                    break
            except httpx.HTTPError:
                assert process.poll() is None, log.read_text()[-3000:]
            time.sleep(0.1)
        yield edge
    finally:
        process.terminate()
        process.wait(20)


@dataclass
class Tab:
    """One page of NiceGUI, spoken to as its own script does."""

    edge: Edge
    cookie: str
    client_id: str = ""
    elements: dict[str, Any] = field(default_factory=dict)
    html: str = ""
    ws: ClientConnection | None = None
    tab_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    document_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @classmethod
    async def load(cls, edge: Edge, client: httpx.Client, path: str = "/") -> Tab:
        answer = await asyncio.to_thread(client.get, path, headers=HTML)
        assert answer.status_code == 200, (answer.status_code, answer.text[:300])
        tab = cls(edge, client.headers["cookie"], html=answer.text)
        tab.client_id = json.loads(QUERY.search(answer.text)[1].replace("'", '"').replace("True", "true"))["client_id"]
        raw = ELEMENTS.search(answer.text)[1]
        for escaped, plain in (("&#36;", "$"), ("&#96;", "`"), ("&gt;", ">"), ("&lt;", "<"), ("&amp;", "&")):
            raw = raw.replace(escaped, plain)
        tab.elements = json.loads(raw)
        return tab

    def url(self, **override: Any) -> str:
        query = {
            "client_id": self.client_id, "next_message_id": 0, "implicit_handshake": "true", "document_id": self.document_id, "tab_id": self.tab_id,
            "old_tab_id": "null", "EIO": 4, "transport": "websocket", **override,
        }
        return f"ws://127.0.0.1:{self.edge.port}/_nicegui_ws/socket.io/?{urlencode(query)}"

    async def open(self, *, origin: str | None = "", cookie: str | None = None, host: str | None = None, url: str | None = None) -> str:
        """Open the socket and connect; returns the server's answer (``40…`` accepted, ``44…`` refused)."""
        cookie = self.cookie if cookie is None else cookie
        origin = self.edge.public_url if origin == "" else origin
        headers = {"Cookie": cookie} if cookie else {}
        self.ws = await connect(url or self.url(), origin=origin, additional_headers=headers, compression=None, host="127.0.0.1", port=self.edge.port)
        assert (await self.ws.recv()).startswith("0")
        await self.ws.send("40")
        while True:
            answer = await asyncio.wait_for(self.ws.recv(), 5)
            if answer.startswith(("40", "44")):
                return answer

    def listener(self, tag: str, event: str) -> tuple[int, str]:
        for key, element in self.elements.items():
            if element.get("tag") == tag:
                for listener in element.get("events", []):
                    if listener["type"] == event:
                        return int(key), listener["listener_id"]
        raise LookupError(f"{tag} {event}")

    def click_message(self) -> dict[str, Any]:
        element, listener = self.listener("q-btn", "click")
        return {"id": element, "client_id": self.client_id, "listener_id": listener, "args": []}

    async def emit(self, name: str, message: dict[str, Any]) -> None:
        await self.ws.send("42" + json.dumps([name, message]))

    async def stay(self) -> None:
        """Answer the server's pings until the socket is shut, as a page does; for a task of its own."""
        try:
            async for message in self.ws:
                if message == "2":
                    await self.ws.send("3")
        except ConnectionClosed:
            pass

    async def is_closed(self, within: float = 1.5) -> bool:
        """Whether the server shuts the socket soon."""
        try:
            async with asyncio.timeout(within):
                while True:
                    await self.ws.recv()
        except ConnectionClosed:
            return True
        except TimeoutError:
            return False

    async def close(self) -> None:
        if self.ws is not None:
            await self.ws.close()
