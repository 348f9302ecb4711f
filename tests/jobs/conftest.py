"""An account that exists in memory alone, a connection to it, and its runs by a real worker."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.jobs import service as jobs
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.schemas import NotificationFilter
from crm_app.domain.sealing import bind_box
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner
from tests.domain.boxes import TurnedBox
from tests.jobs.fake_account import HOME, OF_RUNS, Account, InlineSandbox, event


@pytest.fixture
def box(database):
    box = TurnedBox()
    bind_box(lambda: box)
    bind_sandbox(InlineSandbox())
    return box


@pytest.fixture
def account(box):
    account = Account().bind()
    for number in range(5):
        account.put(HOME, f"{number}.ics", event(f"uid-{number}", f"Walk {number}", days=number + 1))
    return account


@pytest.fixture
def made(run, alice, account):
    data = ConnectionCreate(kind="caldav", name="Practice", url="https://cloud.example.org/dav", username="ana", password=SecretStr(account.password))
    view = run(alice, connections.create_connection, data, start=False)
    return run(alice, connections.resume_connection, view.id)


@pytest.fixture
def sync(run, alice, made):
    """``sync(**asked)``: one run to its end by a worker; the job."""

    def do(**asked):
        job = run(alice, connections.sync_now, made.id, **asked)
        JobRunner(HANDLERS).run_pending()
        return run(alice, jobs.get_job, job.id)

    return do


@pytest.fixture
def view(run, alice):
    return lambda: run(alice, connections.get_connections).connections[0]


@pytest.fixture
def ask(database):
    def do(statement, **values):
        with database.owner.begin() as connection:
            result = connection.execute(text(statement), values)
            return result.all() if result.returns_rows else None

    return do


@pytest.fixture
def work(database):
    """``work()``: everything that waits is done, as if its time had come."""

    def done() -> None:
        with database.owner.begin() as connection:
            connection.execute(text("update job set run_after = now() where state = 'queued'"))
        JobRunner(HANDLERS).run_pending()

    return done


@pytest.fixture
def rows(ask):
    """Every row of every table but those of runs, with the transaction that wrote it."""

    def read():
        names = [name for (name,) in ask("select tablename from pg_tables where schemaname = 'public' order by 1") if name not in OF_RUNS]
        return {name: ask(f"select xmin::text, t::text from {name} t order by 2") for name in names}

    return read


@pytest.fixture
def told(run, alice):
    def read(kind=Kind.CONNECTION_TROUBLE):
        return [seen.caption for seen in run(alice, notifications.list_notifications, NotificationFilter()).notifications if seen.kind is kind]

    return read
