"""A sync never starves a page: background work has connections of its own, and no more than its budget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from crm_app.domain import unit_of_work
from crm_app.domain.actor import Actor
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactFilter
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.unit_of_work import bound_engine, in_background, run_service
from crm_app.jobs.clock import Clock, Duty
from crm_app.jobs.leader import Leader
from crm_app.jobs.runner import JobRunner
from tests.cluster import Database

KIND = "contacts.import"
PAGES, BACKGROUND = 2, 5


class Leading(Leader):
    """Always."""

    def __init__(self) -> None: ...

    @property
    def leads(self) -> bool:
        return True


@pytest.fixture
def pools(database: Database) -> Iterator[Callable[[], dict[str, int]]]:
    """The two pools as a process has them, and how many connections of each the server sees."""
    made = {}
    for name, size in (("pages", PAGES), ("behind", BACKGROUND)):
        url = database.server.app_url(database.name).update_query_dict({"application_name": f"test-{name}"})
        made[name] = create_engine(url, pool_size=size, max_overflow=0, pool_timeout=2)
    unit_of_work.bind(made["pages"], made["behind"])

    def seen() -> dict[str, int]:
        with database.owner.connect() as connection:
            query = "select application_name, count(*) from pg_stat_activity where datname = current_database() and application_name like 'test-%' group by 1"
            return {name: count for name, count in connection.execute(text(query)).all()}

    yield seen
    for engine in made.values():
        engine.dispose()


def read_a_page(actor: Actor) -> float:
    began = time.perf_counter()
    run_service(actor, contacts.list_contacts, ContactFilter())
    return time.perf_counter() - began


def test_jobs_that_hang_delay_no_page_and_stay_within_their_budget(pools: Callable[[], dict[str, int]], alice: Actor) -> None:
    release, stuck = threading.Event(), threading.Semaphore(0)

    def hang(running: Any) -> None:
        with unit_of_work.unit_of_work(running.actor, "test.hang") as session:
            session.connection().execute(text("select 1"))
            running.progress(0, 1)  # takes the worker's second connection, and gives it back
            stuck.release()
            release.wait(30)
            jobs.finish_job(session, running.actor, running.job.id, {}, attempt=running.job.attempts)

    for _ in range(4):
        run_service(alice, jobs.enqueue_job, KIND, {})
    runner = JobRunner({KIND: hang}, connections=BACKGROUND)
    runner.start()
    try:
        assert all(stuck.acquire(timeout=20) for _ in range(2)), "two jobs should run at a time"
        assert not stuck.acquire(timeout=2), "and no third"
        assert max(read_a_page(alice) for _ in range(5)) < 1
        assert pools().get("test-behind", 0) <= BACKGROUND
    finally:
        release.set()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and any(job.state != JobState.DONE for job in run_service(alice, jobs.list_jobs)):
            time.sleep(0.1)
        runner.stop()
    assert [job.state for job in run_service(alice, jobs.list_jobs)] == [JobState.DONE] * 4
    assert pools()["test-pages"] <= PAGES


def test_pages_that_take_every_connection_stop_no_job(pools: Callable[[], dict[str, int]], alice: Actor) -> None:
    def finish(running: Any) -> None:
        with unit_of_work.unit_of_work(running.actor, "test.finish") as session:
            jobs.finish_job(session, running.actor, running.job.id, {}, attempt=running.job.attempts)

    job = run_service(alice, jobs.enqueue_job, KIND, {})
    held = [bound_engine().connect() for _ in range(PAGES)]
    try:
        with in_background():
            assert JobRunner({KIND: finish}, connections=BACKGROUND).run_pending() == 1
            assert run_service(alice, jobs.get_job, job.id).state == JobState.DONE
    finally:
        for connection in held:
            connection.close()


def test_a_duty_of_the_clock_works_although_pages_take_every_connection(pools: Callable[[], dict[str, int]]) -> None:
    done = []

    def look(_moment: datetime) -> None:
        with unit_of_work.anonymous_work() as session:
            done.append(session.connection().execute(text("select current_setting('application_name')")).scalar())

    held = [bound_engine().connect() for _ in range(PAGES)]
    try:
        Clock(Leading(), []).run(Duty("look", 60, look))
    finally:
        for connection in held:
            connection.close()
    assert done == ["test-behind"]


def test_without_a_second_pool_everything_shares_the_first(database: Database) -> None:
    unit_of_work.bind(database.app)
    with in_background():
        assert bound_engine() is database.app
