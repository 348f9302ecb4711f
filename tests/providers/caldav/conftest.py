"""Two real calendar servers on this machine, and the Fake, behind one handle. The two differ in hrefs, tokens and refusals, which is the point."""

from __future__ import annotations

import base64
import http.client
import itertools
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from crm_app.domain.connections.source import CalendarSource
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_addresses import Allowance
from crm_app.providers.caldav import CalDavSource, FakeCalDav
from tests.infrastructure.outbound.conftest import authority, site, world

__all__ = ["authority", "site", "world"]

HOST = "127.0.0.1"
RADICALE = """
[server]
hosts = {host}:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/radicale
[rights]
type = owner_only
"""
_numbers = itertools.count(int(time.time() * 1000))


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, where it keeps alice's calendars, and what it knows her by."""

    name: str
    port: int
    home: str
    password: str

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/"

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        pair = base64.b64encode(f"alice:{self.password}".encode()).decode()
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=20)) as line:
            line.request(method, path, body or None, {"Authorization": f"Basic {pair}", **{key.replace("_", "-"): value for key, value in headers.items()}})
            answer = line.getresponse()
            return answer.status, answer.read()

    def source(self, path: str = "", password: str | None = None) -> CalDavSource:
        gate = Gate(lambda: {Allowance(HOST, self.port)})
        return CalDavSource(self.url.rstrip("/") + (path or "/"), "alice", SecretStr(self.password if password is None else password), gate)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as held:
        return int(held.getsockname()[1])


def _running(name: str, command: list[str], port: int, home: str, password: str) -> Iterator[Server]:
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ends = time.monotonic() + 90
        while True:
            try:
                socket.create_connection((HOST, port), 1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < ends, f"{name} does not start"
                time.sleep(0.1)
        yield Server(name, port, home, password)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, port = tmp_path_factory.mktemp("radicale"), _free_port()
    (folder / "users").write_text("alice:gehe1m\nbob:bobs\n")
    (folder / "config").write_text(RADICALE.format(host=HOST, port=port, folder=folder))
    yield from _running("radicale", ["radicale", "--config", str(folder / "config")], port, "/alice/", "gehe1m")


@pytest.fixture(scope="session")
def xandikos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, port = tmp_path_factory.mktemp("xandikos"), _free_port()
    command = ["xandikos", "serve", "-d", str(folder), "-l", HOST, "-p", str(port), "--current-user-principal", "/alice/", "--autocreate", "--defaults"]
    yield from _running("xandikos", command, port, "/alice/calendars/", "any")


@dataclass
class Account:
    """An account with one fresh calendar, and the hands that write into it. ``refuse`` counts what the server would not take."""

    name: str
    source: CalendarSource
    calendar: str
    server: Server | None = None
    fake: FakeCalDav | None = None
    refused: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        """What is written into."""
        return self.calendar

    def path(self, file: str) -> str:
        return f"{self.calendar}{file}.ics"

    def put(self, file: str, content: bytes) -> bool:
        if self.fake:
            self.fake.put(self.calendar, self.path(file), content)
            return True
        status, _body = self.server.ask("PUT", quote(self.path(file)), content, Content_Type="text/calendar; charset=utf-8")
        if status not in (200, 201, 204):
            self.refused.append(file)
        return status in (200, 201, 204)

    def remove(self, file: str) -> None:
        if self.fake:
            self.fake.remove(self.calendar, self.path(file))
        else:
            assert self.server.ask("DELETE", quote(self.path(file)))[0] in (200, 204)


def fresh_account(server: Server | None) -> Account:
    if server is None:
        fake = FakeCalDav()
        return Account("fake", fake, "/cal/", fake=fake)
    path = f"{server.home}c{next(_numbers)}/"
    status, body = server.ask("MKCALENDAR", path)
    assert status == 201, (status, body)
    return Account(server.name, server.source(), path, server)


@pytest.fixture(params=["fake", "radicale", "xandikos"])
def account(request: pytest.FixtureRequest, sandbox: object) -> Iterator[Account]:
    made = fresh_account(None if request.param == "fake" else request.getfixturevalue(request.param))
    yield made
    made.source.close()


Corpus = Callable[[], Path]
