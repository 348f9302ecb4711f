"""One process that sends mail and may die at any step, as by ``kill -9``. Driven by tests/jobs/test_outbox.py over stdin.

``run <steps> <moment>``: a child sends what is due, and dies once it has counted so many steps at the database and at the mail
server. Whatever the mail server takes is appended to a file, so that the parent can count it afterwards.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import create_engine, event

from crm_app.domain import unit_of_work
from crm_app.domain.outbox.sending import OutgoingMail
from crm_app.infrastructure.database import sqlalchemy_url
from crm_app.infrastructure.logs import configure_logs
from crm_app.jobs.outbox import Postman
from crm_app.jobs.sources import bind_senders


class FileServer:
    """Takes a mail by writing its id to a file; each thing that happens is a step."""

    def __init__(self, path: str, step: Callable[..., None]) -> None:
        self._path, self._step = path, step

    def send(self, mail: OutgoingMail, hand_over: Callable[[], None]) -> None:
        self._step()
        hand_over()
        self._step()
        with open(self._path, "a") as file:
            file.write(mail.message_id + "\n")
        self._step()

    def check(self) -> None: ...


def main(dsn: str, path: str) -> None:
    configure_logs("WARNING")
    print("ready", flush=True)
    for line in sys.stdin:
        _run, steps, moment = line.split()
        print(_child(dsn, path, int(steps), moment), flush=True)


def _child(dsn: str, path: str, steps: int, moment: str) -> str:
    pid = os.fork()
    if pid == 0:
        engine = create_engine(sqlalchemy_url(dsn))
        left = [steps]

        def step(*_: object) -> None:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(engine, name, step)
        unit_of_work.bind(engine)
        bind_senders(lambda account, gate: FileServer(path, step))
        Postman(FileServer(path, step), "stillwater.example").deliver(datetime.fromisoformat(moment))
        os._exit(0)
    _pid, status = os.waitpid(pid, 0)
    return "killed" if os.WIFSIGNALED(status) else "done" if status == 0 else f"failed {status}"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
