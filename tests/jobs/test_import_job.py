"""An import whose process is killed leaves nothing half done, and the next process carries it out."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from crm_app.domain.imports import service as imports
from crm_app.domain.jobs.models import JobState
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.jobs.runner import HANDLERS, JobRunner

LINES = "First Name,Last Name,E-mail\n" + "".join(f"P{number},X,p{number}@x.org\n" for number in range(600))
DIES = """
import os, signal, sys
from sqlalchemy import create_engine
from crm_app.domain import unit_of_work
from crm_app.domain.imports import service as imports
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.jobs.runner import HANDLERS, JobRunner

def die(running):
    report = running.progress
    def progress(done, total):
        report(done, total)
        if done >= 500:
            os.kill(os.getpid(), signal.SIGKILL)
    running.progress = progress
    HANDLERS[imports.KIND](running)

unit_of_work.bind(create_engine(sys.argv[1]))
imports.bind_sandbox(ProcessSandbox(1))
JobRunner({imports.KIND: die}).run_pending()
"""


def count(database, table):
    with database.owner.connect() as connection:
        return connection.execute(text(f"select count(*) from {table}")).scalar()


def test_killed_midway_then_done_by_the_next(run, alice, database):
    with ProcessSandbox(1) as sandbox:
        imports.bind_sandbox(sandbox)
        draft = run(alice, imports.upload_import, "people.csv", LINES.encode())
        run(alice, imports.start_import, draft.job.id)
        url = database.server.app_url(database.name).render_as_string(hide_password=False)
        died = subprocess.run([sys.executable, "-c", DIES, url], cwd=Path(__file__).parents[2], capture_output=True, timeout=60)
        assert died.returncode == -signal.SIGKILL, died.stderr.decode()
        seen = run(alice, imports.get_import, draft.job.id).job
        assert (seen.state, seen.progress_done) == (JobState.RUNNING, 500)
        assert count(database, "contact") == count(database, "import_identity") == 0
        assert JobRunner(HANDLERS).run_pending() == 0  # its lease still holds
        with database.owner.begin() as connection:
            connection.execute(text("update job set lease_until = now() - interval '1 second'"))
        assert JobRunner(HANDLERS).run_pending() == 1
    done = run(alice, imports.get_import, draft.job.id).job
    assert (done.state, done.result["created"], done.attempts) == (JobState.DONE, 600, 2)
    assert count(database, "contact") == 600
