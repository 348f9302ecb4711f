"""REL-02 for a drive: a sync that is killed at any step goes on from there: no document is lost or doubled, and what is in is not written again."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import text

from crm_app.domain.drives import service as drives
from crm_app.domain.drives.schemas import Pick
from crm_app.domain.sealing import bind_box
from tests.connection_rows import connected
from tests.domain.boxes import TurnedBox
from tests.domain.people import contact
from tests.jobs.drive_process import ROOT, account
from tests.jobs.killing import Trial, due_again, process_of
from tests.security.counts import counted

KEPT = ("document", "drive_link", "drive_file", "drive_folder", "sync_problem", "notification", "change")
EMPTIED = ("job", "drive_file", "drive_folder", "document", "sync_problem", "sync_run")


class DriveTrial(Trial):
    """What was chosen stays chosen, and has not been looked at yet."""

    def empty(self) -> None:
        super().empty()
        with self.database.owner.begin() as connection:
            connection.execute(text("update connection set place = ''"))
            connection.execute(text("update drive_link set listed = false, gone = false"))


@pytest.fixture
def trial(database, run, alice):
    bind_box(TurnedBox)
    made = connected(alice, "Drive", kind="google_drive", url="https://drive.google.com/", username="ana@gmail.com")
    run(alice, drives.link_files, made, contact(alice), [Pick(ref=ROOT, name="Ana", folder=True)])
    with process_of("tests.jobs.drive_process", database) as worker:
        yield DriveTrial(database, worker, partial(due_again, database, alice, made), KEPT, EMPTIED, require_whole)


def require_whole(database, changes: int) -> None:
    """Each file over there that can be a document is one here exactly once, with its words; what went over there says so."""
    with database.owner.connect() as connection:
        found = connection.execute(text("select source_ref, name, text from document where not source_gone and deleted_at is null")).all()
        assert {ref: (name, words) for ref, name, words in found} == account(changes).words() and len(found) == len({ref for ref, *_rest in found})
        assert connection.execute(text("select count(distinct source_ref), count(*) from document")).one() == (count := connection.execute(text("select count(*) from drive_file")).scalar_one(), count)
        assert connection.execute(text("select count(*) from document d where not exists (select from blob b where b.document_id = d.id)")).scalar_one() == 0
        assert connection.execute(text("select item from sync_problem")).scalars().all() == ["budget"]


@counted(3, 150, "steps at which it is killed one after the other, and a third as many random points")
def test_rel_02_killed_at_every_step_and_again_and_again(trial, count):
    trial.killed_at_steps(count)
    trial.empty()
    trial.killed_at_random(count // 3)
