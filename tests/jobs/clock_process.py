"""One process of several that share a database: says on each line what it did. Driven by tests/jobs/test_clock.py over stdin.

``at <moment>`` sets this process's clock, lets it keep the lead, and does its duty if it leads. ``run <seed>`` makes a child
that does the same until it has counted so many steps at the database, and then dies as by ``kill -9``.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime

import time_machine
from sqlalchemy import create_engine, event

from crm_app.domain import unit_of_work
from crm_app.domain.rows import now
from crm_app.infrastructure.database import sqlalchemy_url
from crm_app.infrastructure.logs import configure_logs
from crm_app.jobs.leader import Leader
from crm_app.jobs.reminders import Caller


def main(dsn: str) -> None:
    configure_logs("WARNING")
    unit_of_work.bind(create_engine(sqlalchemy_url(dsn)))
    leader, caller = Leader(dsn), Caller()
    print("ready", flush=True)
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "at":
            with time_machine.travel(datetime.fromisoformat(argument), tick=False):
                leads = leader.keep()
                print(int(leads), caller.give_reminders(now()) if leads else 0, flush=True)
        elif command == "run":
            print(_child(dsn, *argument.split(" ")), flush=True)


def _child(dsn: str, steps: str, moment: str) -> str:
    """How a child ended that may take so many steps: ``done`` or ``killed``."""
    pid = os.fork()
    if pid == 0:
        engine = create_engine(sqlalchemy_url(dsn))
        left = [int(steps)]

        def step(*_: object) -> None:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(engine, name, step)
        unit_of_work.bind(engine)
        Caller().give_reminders(datetime.fromisoformat(moment))
        os._exit(0)
    _pid, status = os.waitpid(pid, 0)
    return "killed" if os.WIFSIGNALED(status) else "done" if status == 0 else f"failed {status}"


if __name__ == "__main__":
    main(sys.argv[1])
