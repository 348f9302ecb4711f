"""An import whose process is killed leaves nothing half done, and the next process carries it out."""

from __future__ import annotations

import random
import signal
from collections import Counter

from sqlalchemy import text

from crm_app.domain.imports import service as imports
from crm_app.domain.jobs.models import JobState
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.jobs.runner import HANDLERS, JobRunner
from tests.commands import begin_python, talk_to_python
from tests.security.counts import counted

LINES = "First Name,Last Name,E-mail\n" + "".join(f"P{number},X,p{number}@x.org\n" for number in range(600))
DIES = """
import os, signal, sys
from sqlalchemy import create_engine
from crm_app.domain import unit_of_work
from crm_app.domain.imports import service as imports
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.jobs.runner import HANDLERS, JobRunner
from tests.security.counts import counted

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


AT_A_STEP = """
import os, signal, sys
from sqlalchemy import create_engine, event
from crm_app.domain import unit_of_work
from crm_app.domain.imports import service as imports
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.jobs.runner import HANDLERS, JobRunner

engine = create_engine(sys.argv[1])
unit_of_work.bind(engine)
imports.bind_sandbox(ProcessSandbox(1))
print("ready", flush=True)
for line in sys.stdin:
    if os.fork() == 0:
        engine.dispose(close=False)
        left = [int(line)]

        def step(*_):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(engine, name, step)
        JobRunner(HANDLERS).run_pending()
        os._exit(0)
    _pid, status = os.wait()
    print("killed" if os.WIFSIGNALED(status) else "done" if status == 0 else f"failed {status}", flush=True)
"""


@counted(10, 200, "kills", name="kills")
def test_rel_02_an_import_that_is_killed_at_any_step_is_done_once_or_not_at_all(run, alice, database, kills):
    """``kill -9`` at a random one of all the steps that an import takes at the database, each time of another file of people."""
    chance, ends, people = random.Random(kills), Counter(), 0
    url = database.server.app_url(database.name).render_as_string(hide_password=False)
    with ProcessSandbox(1) as sandbox:
        imports.bind_sandbox(sandbox)
        with talk_to_python("-c", AT_A_STEP, url) as process:
            assert process.hear() == "ready"
            for number in range(kills):
                lines = "First Name,Last Name,E-mail\n" + "".join(f"P{number}x{each},X,p{number}x{each}@x.org\n" for each in range(30))
                draft = run(alice, imports.upload_import, "people.csv", lines.encode())
                run(alice, imports.start_import, draft.job.id)
                ends[process.ask(f"{int(chance.triangular(0, 250, 20))}")] += 1
                assert count(database, "contact") in (people, people + 30) and count(database, "import_identity") == count(database, "contact")
                for _turn in range(3):
                    with database.owner.begin() as connection:
                        connection.execute(text("update job set lease_until = now() - interval '1 second' where state = 'running'"))
                        connection.execute(text("update job set run_after = now() where state = 'queued'"))
                    JobRunner(HANDLERS).run_pending()
                done = run(alice, imports.get_import, draft.job.id).job
                people += 30
                assert (done.state, done.result["created"]) == (JobState.DONE, 30)
                assert count(database, "contact") == count(database, "import_identity") == people
    assert ends["killed"] >= max(1, kills // 4) and not set(ends) - {"killed", "done"}, ends


def test_killed_midway_then_done_by_the_next(run, alice, database):
    with ProcessSandbox(1) as sandbox:
        imports.bind_sandbox(sandbox)
        draft = run(alice, imports.upload_import, "people.csv", LINES.encode())
        run(alice, imports.start_import, draft.job.id)
        url = database.server.app_url(database.name).render_as_string(hide_password=False)
        assert begin_python("-c", DIES, url, files=(0, 1, 2)).wait(60) == -signal.SIGKILL
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
