"""REL-02: a sync that is killed at any step goes on from there: nothing is lost, nothing doubled, and what is in is not written again."""

from __future__ import annotations

import re
from functools import partial

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.sealing import bind_box
from tests.domain.boxes import TurnedBox
from tests.jobs.killing import Trial, due_again, process_of
from tests.jobs.sync_process import account
from tests.security.counts import counted

KEPT = ("calendar", "calendar_item", "event", "event_attendee", "event_contact", "interaction", "sync_problem", "notification", "change")
SUMMARY = re.compile(rb"SUMMARY:(.*?)\r?\n")
EMPTIED = ("job", "calendar", "sync_problem", "sync_run")


@pytest.fixture
def trial(database, run, alice):
    bind_box(TurnedBox)
    data = ConnectionCreate(kind="caldav", name="Practice", url="https://cloud.example.org/dav", username="ana", password=SecretStr("open sesame"))
    made = run(alice, connections.create_connection, data)
    with process_of("tests.jobs.sync_process", database) as worker:
        yield Trial(database, worker, partial(due_again, database, alice, made.id), KEPT, EMPTIED, require_whole)


def require_whole(database, changes: int) -> None:
    """Each thing over there is here exactly once, as it is there, and each that cannot be read is named."""
    there = account(changes)
    wanted = sorted((ref, str(moment)) for kept in there.calendars.values() for ref, (moment, content) in kept.items.items() if b"UID:poison" not in content)
    poison = sorted(ref for kept in there.calendars.values() for ref, (_moment, content) in kept.items.items() if b"UID:poison" in content)
    said = sorted(SUMMARY.search(content)[1].decode() for kept in there.calendars.values() for _moment, content in kept.items.values() if b"UID:poison" not in content)
    with database.owner.connect() as connection:
        assert connection.execute(text("select external_id, etag from calendar_item order by 1, 2")).all() == wanted
        assert connection.execute(text("select count(*), count(distinct uid) from event")).one() == (len(wanted), len(wanted))
        assert sorted(connection.execute(text("select title from event")).scalars()) == said, "what was changed says what it says over there"
        assert connection.execute(text("select item from sync_problem order by 1")).scalars().all() == poison
        assert connection.execute(text("select distinct token from calendar")).scalars().all() == [str(there.moment)]


@counted(12, 400, "steps at which it is killed one after the other")
def test_rel_02_killed_at_every_step(trial, count):
    trial.killed_at_steps(count)


@counted(5, 50, "random points")
def test_rel_02_killed_at_random_points_again_and_again(trial, count):
    trial.killed_at_random(count)
