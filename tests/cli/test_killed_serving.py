"""The server is killed while programs write through it: what it confirmed stands, what it did not is there once after it was sent again."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.commands import run
from tests.e2e.conftest import stop_database
from tests.e2e.server import Server
from tests.practice import copy_practice
from tests.security.counts import counted

WRITERS = 4
BACK_SECONDS = 10


@pytest.fixture
def data(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A host's folder with a practice in it."""
    copy_practice(tmp_path / "data", tmp_path_factory)
    yield tmp_path / "data"
    stop_database(tmp_path / "data")


class Writer(threading.Thread):
    """A program that makes one contact after another, each under a key of its own. It stops at the first that was not confirmed."""

    def __init__(self, address: str, token: str, name: str) -> None:
        super().__init__(daemon=True)
        self.address, self.token, self.title = address, token, name
        self.confirmed: list[str] = []
        self.open = ""

    def run(self) -> None:
        """Until the server is gone."""
        with httpx.Client(base_url=self.address, headers={"authorization": f"Bearer {self.token}"}, timeout=30) as http:
            for number in range(100_000):
                self.open = f"{self.title} {number}"
                try:
                    if make(http, self.open) != 201:
                        return
                except httpx.HTTPError:
                    return
                self.confirmed.append(self.open)


def make(http: httpx.Client, name: str) -> int:
    return http.post("/api/v1/contacts", json={"display_name": name, "company": "Kill"}, headers={"idempotency-key": f"make {name}"}).status_code


def names(http: httpx.Client) -> Counter[str]:
    """Everybody who was made here."""
    found: Counter[str] = Counter()
    cursor: str | None = ""
    while cursor is not None:
        page = http.get("/api/v1/contacts", params={"limit": 100, "sort": "name", **({"after": cursor} if cursor else {})}).json()
        found.update(one["display_name"] for one in page["items"] if one["display_name"].startswith("Kim "))
        cursor = page.get("next_cursor") or None
    return found


@counted(1, 25, "kills of a serving process", name="kills")
def test_rel_02_a_server_that_is_killed_while_it_is_written_to_loses_and_doubles_nothing(data: Path, kills: int) -> None:
    chance, server = random.Random(kills), Server(data).start()
    token = run(data.parent, "token", "create", "--as", "mara@stillwater.example", "--name", "writer")
    everybody: set[str] = set()
    for kill in range(kills):
        writers = [Writer(server.address, token, f"Kim {kill} {number}") for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        while not all(writer.confirmed for writer in writers):
            assert all(writer.is_alive() for writer in writers), "a writer was refused before anything was killed"
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.5))
        server.kill()
        for writer in writers:
            writer.join(30)
        began = time.monotonic()
        server = Server(data).start()
        back = time.monotonic() - began
        with httpx.Client(base_url=server.address, headers={"authorization": f"Bearer {token}"}, timeout=30) as http:
            there = names(http)
            everybody |= {name for writer in writers for name in writer.confirmed}
            sent = {writer.open for writer in writers}
            assert everybody <= set(there) <= everybody | sent and set(there.values()) == {1}
            for name in sorted(sent):
                assert make(http, name) == 201
            everybody |= sent
            assert names(http) == Counter(everybody)
        assert back < BACK_SECONDS or kills == 1, f"back after {back:.1f} s"
    server.stop()
