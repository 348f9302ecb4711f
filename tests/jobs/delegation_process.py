"""One process that drafts tasks and may die at any step, as by ``kill -9``. Driven by tests/jobs/test_delegations_killed.py over stdin.

``run <steps>``: a child does the jobs that are due, over a model that says one thing, and dies once it has counted so many steps at the database and
at the model. Each question that reaches the model is a line of a file, so that the parent can count them afterwards.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from sqlalchemy import create_engine, event

from crm_app.ai.bound import bind_gateway
from crm_app.ai.fake import FakeGateway
from crm_app.domain import unit_of_work
from crm_app.domain.sealing import bind_box
from crm_app.infrastructure.database import sqlalchemy_url
from crm_app.infrastructure.key_ring import derived_ring
from crm_app.infrastructure.logs import configure_logs
from crm_app.infrastructure.secret_box import AesSecretBox
from crm_app.jobs.runner import HANDLERS, JobRunner
from tests.cluster import SECRET

PLAN = {"kind": "plan", "subject": "", "text": "Two short practices.", "steps": ["Pick two"], "why": "She asked for something shorter."}


def main(dsn: str, asked: str) -> None:
    configure_logs("ERROR")
    print("ready", flush=True)
    for line in sys.stdin:
        print(_child(dsn, asked, int(line.split()[1])), flush=True)


def _child(dsn: str, asked: str, steps: int) -> str:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        engine = create_engine(sqlalchemy_url(dsn))
        left = [steps]

        def step(*_: object) -> None:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        def answer(_request: object) -> str:
            step()
            with open(asked, "a") as file:
                file.write("asked\n")
            step()
            return json.dumps(PLAN)

        for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(engine, name, step)
        unit_of_work.bind(engine)
        bind_box(lambda: AesSecretBox(lambda: derived_ring(SECRET.encode())))
        bind_gateway(FakeGateway(always=answer))
        JobRunner(HANDLERS).run_pending()
        os.write(writing, str(steps - left[0]).encode())
        os._exit(0)
    os.close(writing)
    _pid, status = os.waitpid(pid, 0)
    told = os.read(reading, 20).decode()
    os.close(reading)
    return "killed" if os.WIFSIGNALED(status) else f"done {told}" if status == 0 else f"failed {status}"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
