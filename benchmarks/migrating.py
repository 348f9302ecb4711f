"""What people notice of an upgrade: the schema goes down a stretch of revisions and up again, one at a time, while others read and write.

The requests are statements of the application's role that every schema of the stretch understands; they begin by the clock, fifty a second, on as many
connections as the product has, so that whoever waits behind a lock makes others wait as well. A stall is the time from when a request was due to its answer.
"""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from threading import local
from typing import Any
from uuid import uuid4

import psycopg
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from alembic import command
from benchmarks.measure import Result
from crm_app.infrastructure.database import Database
from crm_app.infrastructure.migrations import known_revisions, script_folder

A_SECOND, CONNECTIONS = 50, 12
LONGEST_MS = 500.0
REST = 1.0
"""Seconds of ordinary work between two revisions, so that neither has the other's stalls."""
SCOPE = (
    "select set_config('app.user_id', %s, true), set_config('app.role', 'member', true), set_config('app.change_set', %s, true), "
    "set_config('app.action', 'bench', true), set_config('app.via', 'web', true)"
)
REQUESTS = (
    "select id, display_name from contact where deleted_at is null and archived_at is null order by sort_name, id limit 20",
    "select i.id, i.subject from interaction_contact l join interaction i on i.id = l.interaction_id "
    "where l.contact_id = %(contact)s and i.deleted_at is null order by i.id desc limit 20",
    "update contact set nickname = %(word)s where id = %(contact)s",
    "select id, subject from interaction where deleted_at is null order by id desc limit 20",
    "update interaction set subject = %(word)s where id = %(entry)s",
)


@dataclass(frozen=True)
class Request:
    """When one was due, how long its answer took, and what came instead of one."""

    due: float
    seconds: float
    failure: str = ""


def measure_migrating(database: Database, down_to: str) -> Iterator[Result]:
    """One figure for the way down, and one for each revision of the way up. Raises when a schema is left half way."""
    revisions = known_revisions()
    stretch = revisions[revisions.index(down_to) + 1 :]
    here, there = multiprocessing.get_context("spawn").Pipe()
    worker = multiprocessing.get_context("spawn").Process(target=_work, args=(database.app_dsn, _rows(database), there), daemon=True)
    worker.start()
    here.recv()
    steps: list[tuple[str, float, float]] = []
    with create_engine(database.owner_url, poolclass=NullPool).connect() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(script_folder()).replace("%", "%%"))
        time.sleep(REST * 5)
        began = time.time()
        for below in reversed([down_to, *stretch[:-1]]):
            command.downgrade(config, below)
        steps.append((f"down from {stretch[-1]} to {down_to}", began, time.time()))
        for revision in stretch:
            time.sleep(REST)
            began = time.time()
            command.upgrade(config, revision)
            steps.append((f"up to {revision}", began, time.time()))
    here.send("enough")
    requests: list[Request] = here.recv()
    worker.join()
    yield _figure("ordinary work, nothing else under way", [request for request in requests if request.due < steps[0][1]], 0)
    yield from (_figure(name, [request for request in requests if began - REST / 2 <= request.due <= ended], ended - began) for name, began, ended in steps)


def _figure(name: str, requests: Sequence[Request], seconds: float) -> Result:
    failed = [request.failure for request in requests if request.failure]
    took = f" in {seconds:.1f} s" if seconds else ""
    said = f": {', '.join(sorted(set(failed)))}" if failed else ""
    longest = max((request.seconds for request in requests), default=0.0) * 1000
    return Result(f"{name}{took}, {len(failed)} of {len(requests)} requests failed{said}; worst stall", round(longest, 1), "ms", LONGEST_MS)


def _rows(database: Database) -> list[tuple[str, str, str]]:
    """Somebody, a contact of theirs, and an entry of theirs on it."""
    with database.owner_connection() as connection:
        return [
            (str(owner), str(contact), str(entry))
            for owner, contact, entry in connection.execute(
                "select c.owner_id, c.id, l.interaction_id from contact c tablesample system (2) join lateral (select l.interaction_id from interaction_contact l "
                "join interaction i on i.id = l.interaction_id where l.contact_id = c.id and i.owner_id = c.owner_id and i.deleted_at is null limit 1) l on true "
                "where c.deleted_at is null limit 2000"
            )
        ]


def _work(dsn: str, rows: list[tuple[str, str, str]], pipe: Connection) -> None:
    """In a process of its own, until it is told that it is enough."""
    done: list[Request] = []
    mine, turns = local(), itertools.cycle(itertools.product(rows, REQUESTS))

    def connect() -> None:
        mine.connection = psycopg.connect(dsn, options="-c statement_timeout=5s -c plan_cache_mode=force_custom_plan -c jit=off")

    def ask(row: tuple[str, str, str], request: str, due: float) -> None:
        failure = _asked(mine.connection, row, request)
        done.append(Request(due, time.time() - due, failure))

    with ThreadPoolExecutor(CONNECTIONS, initializer=connect) as executor:
        pipe.send("begun")
        due = time.time()
        while not pipe.poll():
            due += 1 / A_SECOND
            time.sleep(max(0.0, due - time.time()))
            executor.submit(ask, *next(turns), due)
    pipe.send(done)


def _asked(connection: psycopg.Connection[Any], row: tuple[str, str, str], request: str) -> str:
    owner, contact, entry = row
    try:
        with connection.transaction():
            connection.execute(SCOPE, (owner, str(uuid4())))
            cursor = connection.execute(request.encode(), {"contact": contact, "entry": entry, "word": f"Kim {time.time():.3f}"})
            return "" if cursor.description or cursor.rowcount else "nothing was written"
    except psycopg.Error as error:
        return type(error).__name__
