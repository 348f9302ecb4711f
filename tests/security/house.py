"""The whole product on a database of its own, with the small team of ``world`` living in it, and ways to call at its door."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
from sqlalchemy import text

from crm_app.domain import unit_of_work
from crm_app.domain.accounts import rules
from crm_app.domain.accounts.schemas import NewSession
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.actor import Actor
from tests.cluster import SECRET, Database
from tests.commands import Split, begin_python
from tests.security.ground import Grounds
from tests.security.world import ASKERS, OTHER, World
from tests.web.edge import Edge, free_port

# Exports are counted in the audit log, from which nobody takes anything: in a house the product's own count begins when it was last forgiven.
COUNT_FROM_THE_LAST_FORGIVENESS = """
alter function count_exports(timestamptz) rename to count_exports_since;
create table forgiven as select timestamptz '2000-01-01' as at;
create function count_exports(since timestamptz) returns bigint language sql security definer set search_path = public, pg_temp as
$$ select count_exports_since(greatest(since, (select at from forgiven))) $$;
"""
PATIENCE = 90


@dataclass
class House(Edge):
    """A running MindfulCRM. ``visitor`` has nothing, ``browser`` a session, ``program`` a token."""

    database: Database = field(kw_only=True)
    world: World = field(kw_only=True)
    process: psutil.Process = field(kw_only=True)
    window: int = field(kw_only=True)

    def visitor(self) -> httpx.Client:
        """Somebody without a session, on a page of ours."""
        return self.client()

    def cookie(self, who: str | Actor, remembered: bool = False) -> str:
        """A fresh session's token, without the cost of a password."""
        self.bind()
        token = rules.new_token()
        new = NewSession(_actor(who).user_id, rules.hash_token(token), remembered, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "127.0.0.1")
        SqlSessionStore().open_session(new, rules.session_limits(remembered))
        return token

    def browser(self, who: str | Actor) -> httpx.Client:
        """Somebody who is signed in, on a page of ours."""
        return self.with_cookie(self.cookie(who))

    def token(self, who: str | Actor) -> str:
        """A fresh key for the REST interface."""
        return give_token(self.database, _actor(who))

    def program(self, who: str | Actor) -> httpx.Client:
        """A program that acts as somebody."""
        client = httpx.Client(base_url=self.base, headers={"host": self.host, "authorization": f"Bearer {self.token(who)}"}, timeout=20, verify=False)
        return client

    def state(self) -> dict[str, Any]:
        """How many pages it has made, and whether it ever called anybody outside."""
        return dict(self._look("state"))

    def collected(self) -> dict[str, Any]:
        """The same after a full garbage collection, and with what is free given back to the machine."""
        return dict(self._look("collect"))

    @cached_property
    def routes(self) -> list[dict[str, Any]]:
        """Every route of the running application."""
        return list(self._look("routes"))

    def bind(self) -> None:
        """Have services that this process calls work on the house's database."""
        unit_of_work.bind(self.database.app)

    def forgive(self) -> None:
        """Forget every count of tries and of exports."""
        with self.database.owner.begin() as connection:
            connection.execute(text("delete from rate_counter"))
            connection.execute(text("update forgiven set at = clock_timestamp() where at < (select max(at) from audit_entry where action = 'contacts.exported')"))

    def cpu(self) -> float:
        """Seconds of processor time that the server has used: what a request costs, whoever else is busy on this machine."""
        used = self.process.cpu_times()
        return float(used.user + used.system)

    def _look(self, what: str) -> Any:
        return httpx.get(f"http://127.0.0.1:{self.window}/{what}", timeout=20, verify=False).json()


def give_token(database: Database, actor: Actor) -> str:
    """A key for the REST interface, narrowed to the actor's scopes."""
    secret = f"mcrm_{uuid4().hex}{uuid4().hex[:11]}"
    with database.owner.begin() as connection:
        connection.execute(
            text("insert into api_token (id, user_id, name, prefix, token_hash, scopes) values (:id, :who, 'test', 'mcrm_', :hash, :scopes)"),
            {"id": uuid4(), "who": actor.user_id, "hash": hashlib.sha256(secret.encode()).digest(), "scopes": " ".join(actor.scopes)},
        )
    return secret


def _actor(who: str | Actor) -> Actor:
    return who if isinstance(who, Actor) else OTHER if who == "other" else ASKERS[who]


@contextmanager
def open_house(grounds: Grounds, folder: Path, public_url: str | None) -> Iterator[House]:
    """Start the product on a database with the team in it and wait until it is ready."""
    with grounds.copied() as (database, world):
        with database.owner.begin() as connection:
            connection.execute(text(COUNT_FROM_THE_LAST_FORGIVENESS))
        port, window, log = free_port(), free_port(), folder / "house.log"
        process = _started(database, folder, port, window, log, public_url)
        house = House(port, public_url or f"http://localhost:{port}", log, process.pid, database=database, world=world, process=psutil.Process(process.pid), window=window)
        try:
            _wait(house, process)
            yield house
        finally:
            process.terminate()
            process.wait(30)


def _started(database: Database, folder: Path, port: int, window: int, log: Path, public_url: str | None) -> subprocess.Popen[bytes] | Split:
    given = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "NICEGUI", "MINDFULCRM"))}
    chosen = {
        "MINDFULCRM_DATA_DIR": str(folder / "data"), "MINDFULCRM_PORT": str(port), "SECRET_KEY": SECRET, "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": database.owner.url.render_as_string(hide_password=False),
        "DATABASE_APP_URL": database.app.url.render_as_string(hide_password=False), "MINDFULCRM_METRICS_TOKEN": "measure-me-from-afar-0123456789",
        **({"PUBLIC_URL": public_url} if public_url else {}),
    }  # fmt: skip
    with log.open("wb") as file, open(os.devnull, "r+b") as nothing:
        return begin_python("-m", "tests.security.house_server", str(window), files=(nothing, nothing, file), environment=given | chosen)


def _wait(house: House, process: subprocess.Popen[bytes] | Split) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, house.log.read_text()[-3_000:]
        try:
            if httpx.get(f"{house.base}/readyz", headers={"host": house.host}, timeout=2, verify=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError("the house did not get ready:\n" + house.log.read_text()[-3_000:])
