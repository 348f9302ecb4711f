"""One process that syncs and may die at any step, as by ``kill -9``. Driven over stdin by tests/jobs/test_sync_killed.py, for mailboxes test_mail_killed.py and
test_gmail_killed.py.

``run <steps>``: a child claims what is due and syncs it, and dies once it has counted so many steps: each statement and each commit, before and
after, and each answer of the provider. It says ``killed``, or ``done`` with how many steps it took. The account over there is made anew from
a number of changes each time, so that every process meets the same.

A sync that is left alone before anybody was killed is done by this process itself: what Python and SQLAlchemy prepare on first use is then
there for all of its children, which would each spend a second on it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Engine, create_engine, event

from crm_app.domain import unit_of_work
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.sealing import bind_box
from crm_app.infrastructure.database import sqlalchemy_url
from crm_app.infrastructure.logs import configure_logs
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner
from tests.domain.boxes import TurnedBox
from tests.jobs.fake_account import POISON, Account, InlineSandbox
from tests.jobs.fake_account import event as item

CALENDARS, ITEMS, PAGE = 2, 9, 3
STEPS = ("before_cursor_execute", "after_cursor_execute", "commit")


def account(changes: int) -> Account:
    """Two calendars with something unreadable in each; then, one by one, items that change, go and come."""
    made = Account(page=PAGE)
    for number in range(CALENDARS * ITEMS):
        ref = f"{number}.ics"
        made.put(f"/{number % CALENDARS}/", ref, POISON if number < CALENDARS else item(f"uid-{number}", f"Walk {number}", days=number % 20 + 1))
    for number in range(changes):
        calendar, ref = f"/{number % CALENDARS}/", f"{CALENDARS * (1 + number % 7) + number % CALENDARS}.ics"
        if number % 3 == 0 and ref in made.calendars[calendar].items:
            made.remove(calendar, ref)
        else:
            made.put(calendar, ref, item(f"uid-{ref.removesuffix('.ics')}", f"Change {number}", days=number % 20 + 1))
    return made


def main(dsn: str, account: Callable[[int], Any]) -> None:
    """``account`` makes what is over there after so many changes."""
    configure_logs("ERROR")
    engine = create_engine(sqlalchemy_url(dsn))
    print("ready", flush=True)
    for number, line in enumerate(sys.stdin):
        _run, steps, changes = line.split()
        work = partial(_sync, engine, account(int(changes)), int(steps))
        print(_child(work) if number else f"done {work()}", flush=True)
        engine.dispose()


def _sync(engine: Engine, over_there: Any, steps: int) -> int:
    """Sync what is due, and die after so many steps; how many it took."""
    counted = 0

    def step(*_: object) -> None:
        nonlocal counted
        counted += 1
        if counted > steps:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in STEPS:
        event.listen(engine, name, step)
    unit_of_work.bind(engine)
    bind_box(TurnedBox)
    bind_sandbox(InlineSandbox())
    over_there.bind()
    over_there.before = step
    JobRunner(HANDLERS).run_pending()
    for name in STEPS:
        event.remove(engine, name, step)
    return counted


def _child(work: Callable[[], int]) -> str:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writing, str(work()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        took = answer.read()
    _pid, status = os.waitpid(pid, 0)
    return "killed" if os.WIFSIGNALED(status) else f"done {took}" if status == 0 else f"failed {status}"


if __name__ == "__main__":
    main(sys.argv[1], account)
