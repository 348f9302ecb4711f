"""REL-02: a sync that is killed at any step goes on from there: nothing is lost, nothing doubled, and what is in is not written again."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.sealing import bind_box
from tests.domain.boxes import TurnedBox
from tests.jobs.sync_process import account
from tests.security.counts import counted

ROOT = Path(__file__).parents[2]
FOREVER = 10**9
KEPT = ("calendar", "calendar_item", "event", "event_attendee", "event_contact", "interaction", "sync_problem", "notification", "change")


@pytest.fixture
def worker(database):
    """``worker(steps, changes)``: a process that syncs and dies after so many steps; how that went."""
    command = [sys.executable, "-m", "tests.jobs.sync_process", database.server.app_dsn(database.name)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout and process.stdout.readline().strip() == "ready"

    def run(steps: int, changes: int) -> str:
        process.stdin.write(f"run {steps} {changes}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    yield run
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


@pytest.fixture
def due(database, run, alice):
    """``due()``: have the one connection synced by whoever comes next, whatever became of the last one."""
    bind_box(TurnedBox)
    data = ConnectionCreate(kind="caldav", name="Practice", url="https://cloud.example.org/dav", username="ana", password=SecretStr("open sesame"))
    made = run(alice, connections.create_connection, data)

    def again() -> None:
        with database.owner.begin() as connection:
            connection.execute(text("update job set lease_until = now() - interval '1 second', attempts = 0 where state = 'running'"))
        run(alice, connections.sync_now, made.id)

    return again


def standing(database) -> dict[str, list[tuple[str, str]]]:
    with database.owner.connect() as connection:
        return {name: [(row[0], row[1]) for row in connection.execute(text(f"select xmin::text, t::text from {name} t order by 2"))] for name in KEPT}


def require_whole(database, changes: int) -> None:
    """Each thing over there is here exactly once, as it is there, and each that cannot be read is named."""
    there = account(changes)
    wanted = sorted((ref, str(moment)) for kept in there.calendars.values() for ref, (moment, content) in kept.items.items() if b"UID:poison" not in content)
    poison = sorted(ref for kept in there.calendars.values() for ref, (_moment, content) in kept.items.items() if b"UID:poison" in content)
    with database.owner.connect() as connection:
        assert connection.execute(text("select external_id, etag from calendar_item order by 1, 2")).all() == wanted
        assert connection.execute(text("select count(*), count(distinct uid) from event")).one() == (len(wanted), len(wanted))
        assert connection.execute(text("select item from sync_problem order by 1")).scalars().all() == poison
        assert connection.execute(text("select distinct token from calendar")).scalars().all() == [str(there.moment)]


def finish(worker, due, changes: int) -> int:
    due()
    said, steps = worker(FOREVER, changes).split()
    assert said == "done"
    return int(steps)


def empty(database) -> None:
    with database.owner.begin() as connection:
        connection.execute(text("delete from job"))
        connection.execute(text("delete from calendar"))
        connection.execute(text("delete from sync_problem"))
        connection.execute(text("delete from sync_run"))


def kill_at(database, worker, due, steps: int) -> None:
    """Killed there, then a process that is left alone, then one that finds nothing to do; then the same with changes."""
    for changes in (0, 11):
        due()
        assert worker(steps, changes) in ("killed", f"done {steps}") or steps > 0
        finish(worker, due, changes)
        require_whole(database, changes)
        before = standing(database)
        finish(worker, due, changes)
        assert standing(database) == before, f"after step {steps}, a second sync wrote something"


@counted(12, 400, "steps at which it is killed one after the other")
def test_rel_02_killed_at_every_step(database, worker, due, count):
    """As many steps as there are, evenly spread; in the long run every single one."""
    total = finish(worker, due, 0)
    assert total > 100
    for number in range(min(count, total)):
        empty(database)
        kill_at(database, worker, due, number * total // min(count, total))


@counted(5, 50, "random points")
def test_rel_02_killed_at_random_points_again_and_again(database, worker, due, count):
    """Killed up to four times in a row, each time somewhere else, while things change over there."""
    chance = random.Random(20261126)
    total = finish(worker, due, 0)
    for _point in range(count):
        empty(database)
        changes = 0
        for _life in range(chance.randint(1, 4)):
            due()
            worker(chance.randrange(total), changes)
            changes += chance.randrange(4)
        finish(worker, due, changes)
        require_whole(database, changes)
        before = standing(database)
        finish(worker, due, changes)
        assert standing(database) == before
