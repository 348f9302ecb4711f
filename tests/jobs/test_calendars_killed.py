"""REL-02 for calendars at Google and for published ones: a sync that is killed at any step goes on from there, with nothing lost, doubled or written again."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import text

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.sealing import bind_box
from tests.connection_rows import connected
from tests.domain.boxes import TurnedBox
from tests.jobs import feed_process, google_process
from tests.jobs.killing import Trial, due_again, process_of
from tests.jobs.test_sync_killed import EMPTIED, KEPT
from tests.security.counts import counted


@pytest.fixture(params=["google", "ics"])
def trial(request, database, run, alice):
    bind_box(TurnedBox)
    if request.param == "google":
        module, unread = google_process, []
        made = connected(alice, "Practice", kind="google", url="https://www.googleapis.com/", username=google_process.ME)
    else:
        module, unread = feed_process, ["poison"]
        made = run(alice, connections.create_connection, ConnectionCreate(kind="ics", name="Practice", url="https://cloud.example.org/cal.ics")).id
    with process_of(module.__name__, database) as worker:
        yield Trial(database, worker, partial(due_again, database, alice, made), KEPT, EMPTIED, partial(require_whole, module, unread))


def require_whole(module, unread, database, changes: int) -> None:
    """Each event over there is here exactly once and says what it says there; what cannot be read is named."""
    with database.owner.connect() as connection:
        found = connection.execute(text("select uid, title from event")).all()
        assert dict(found) == module.account(changes).titles() and len(found) == len(dict(found))
        assert len(connection.execute(text("select 1 from calendar_item")).all()) == len(found)
        named = connection.execute(text("select item from sync_problem order by 1")).scalars().all()
        assert len(named) == len(unread) and all(word in name for word, name in zip(unread, named, strict=True)), named


@counted(3, 150, "steps at which it is killed one after the other, and a third as many random points")
def test_rel_02_killed_at_every_step_and_again_and_again(trial, count):
    trial.killed_at_steps(count)
    trial.empty()
    trial.killed_at_random(count // 3)
