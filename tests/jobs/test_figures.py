"""What the metrics say of work that waits: reckoned when somebody asks, the same in every process, and nobody's words in it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from fastapi import FastAPI
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from crm_app.domain.jobs import service as jobs
from crm_app.domain.outbox.posting import Letter, bind_mail, post_mail
from crm_app.domain.rows import now
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.jobs import figures
from crm_app.jobs.runner import JobRunner
from crm_app.web.config import EdgeConfig
from crm_app.web.health import make_router
from crm_app.web.services import EdgeServices
from tests.infrastructure.servers import settings_for
from tests.web.asgi import ask
from tests.web.fake_store import FakeSessionStore


def measured(page: str | None = None) -> dict[str, float]:
    return {
        f"{sample.name}{''.join(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(page or generate_latest().decode()) for sample in family.samples
    }  # fmt: skip


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "backups").mkdir()
    return settings_for(tmp_path, backup_dir=tmp_path / "backups")


@pytest.fixture
def _posts():
    bind_mail("crm@stillwater.example")
    yield
    bind_mail("")


def test_obs_03_whoever_reads_the_metrics_has_them_measured(database, settings):
    services = EdgeServices(EdgeConfig("http://localhost", "only-for-tests-only-for-tests-0123456789"), FakeSessionStore(), measure=partial(figures.measure, settings))
    app = FastAPI()
    app.include_router(make_router(services))
    figures.DATABASE_UP.set(0)
    shown = measured(asyncio.run(ask(app, "GET", "/metrics")).text)
    assert shown["crm_database_up"] == 1
    assert 0 < shown["crm_disk_free_bytesbackups"] <= shown["crm_disk_size_bytesbackups"] and shown["crm_disk_free_bytesdata"] > 0
    assert shown["crm_jobs_oldest_seconds"] == shown["crm_outbox_oldest_seconds"] == shown["crm_outbox_lost"] == 0


def test_obs_03_a_job_waits_from_when_it_was_due_and_one_whose_process_died_from_its_lease_on(database, alice, bob, run, settings):
    for actor, state, due, lease in ((alice, "queued", -300, None), (bob, "running", -9_000, -700), (bob, "running", -9_000, 60), (alice, "queued", 500, None), (alice, "done", -9_000, None)):
        job = run(actor, jobs.enqueue_job, "imports.run", {})
        values = {"id": job.id, "state": state, "due": now() + timedelta(seconds=due), "lease": now() + timedelta(seconds=lease) if lease else None}
        with database.owner.begin() as connection:
            connection.execute(text("update job set state = :state, run_after = :due, lease_until = :lease where id = :id"), values)
    figures.measure(settings)
    assert 700 <= measured()["crm_jobs_oldest_seconds"] < 800


def test_obs_03_a_mail_that_is_tried_in_vain_waits_since_it_was_written_and_what_is_lost_is_counted(database, alice, settings, _posts):
    for number, (state, kind, tries, due, written) in enumerate(
        [("queued", "invitation", 3, 900, -2_000), ("queued", "invitation", 0, 900, -9_000), ("sent", "invitation", 1, -900, -9_000), ("failed", "invitation", 1, 0, 0), ("unknown", "invitation", 1, 0, 0), ("failed", "letter", 1, 0, 0)]
    ):
        with unit_of_work(alice, "tests.post") as session:
            post_mail(session, alice, "invitation", Letter("ana@mail.example", "Come in", "for you\n"), key=str(number), expires_at=now() + timedelta(days=7))
        values = {"key": str(number), "state": state, "kind": kind, "tries": tries, "due": now() + timedelta(seconds=due), "written": now() + timedelta(seconds=written)}
        with database.owner.begin() as connection:
            connection.execute(text("update outbox set state = :state, kind = :kind, tries = :tries, run_after = :due, created_at = :written where key = :key"), values)
    figures.measure(settings)
    shown = measured()
    assert 2_000 <= shown["crm_outbox_oldest_seconds"] < 2_100
    assert shown["crm_outbox_lost"] == 2


def test_obs_03_a_database_that_is_away_is_a_figure_and_no_error(database, settings, monkeypatch):
    figures.measure(settings)

    def away():
        raise OperationalError("select 1", {}, Exception("gone"))

    monkeypatch.setattr(figures, "anonymous_work", away)
    figures.measure(settings)
    assert measured()["crm_database_up"] == 0


def test_obs_03_a_job_that_is_given_up_is_counted_by_why(database, alice, run):
    def before_and_after(handler):
        run(alice, jobs.enqueue_job, "imports.run", {})
        first = measured()
        JobRunner({"imports.run": handler}).run_pending()
        return [name.removeprefix("crm_jobs_failed_total") for name, value in measured().items() if name.startswith("crm_jobs_failed_total") and value > first[name]]

    def defect(running):
        raise ZeroDivisionError

    assert before_and_after(defect) == ["defect"]
    assert before_and_after(lambda running: run(alice, jobs.finish_job, running.job.id, {}, attempt=running.job.attempts)) == []
