"""Jobs: their owner's alone, stopped when asked, and never finished by a process that lost them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_app.domain.errors import Conflict, Forbidden, NotFound
from crm_app.domain.jobs import queries
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.jobs.schemas import JobLost
from crm_app.domain.unit_of_work import anonymous_work

KIND = "contacts.import"


@pytest.fixture
def job(run, alice):
    return run(alice, jobs.enqueue_job, KIND, {"name": "people.csv"}, 10)


def claim(lease=60):
    with anonymous_work() as session:
        return queries.claim_next(session, [KIND], timedelta(seconds=lease))


def test_a_job_waits_runs_and_is_done(run, alice, job):
    assert (job.state, job.progress_total, job.payload) == (JobState.QUEUED, 10, {"name": "people.csv"})
    assert claim() == (job.id, alice.user_id)
    assert claim() is None
    assert run(alice, jobs.report_progress, job.id, 4, 10, attempt=1) is False
    assert run(alice, jobs.get_job, job.id).progress_done == 4
    run(alice, jobs.finish_job, job.id, {"created": 4}, attempt=1)
    done = run(alice, jobs.get_job, job.id)
    assert (done.state, done.result, done.finished) == (JobState.DONE, {"created": 4}, True)


def test_a_viewer_starts_nothing(run, vera):
    with pytest.raises(Forbidden):
        run(vera, jobs.enqueue_job, KIND, {})
    assert run(vera, jobs.list_jobs) == ()


@pytest.mark.parametrize("service", [jobs.get_job, jobs.start_job, jobs.request_cancel])
def test_nobody_else_finds_it(run, alice, bob, olivia, job, service):
    for other in (bob, olivia):
        with pytest.raises(NotFound):
            run(other, service, job.id)
        assert run(other, jobs.list_jobs) == ()
    assert run(alice, jobs.get_job, job.id) == job


def test_an_outsider_moves_nothing(run, alice, bob, job):
    claim()
    with pytest.raises(JobLost):
        run(bob, jobs.finish_job, job.id, {})
    assert run(alice, jobs.get_job, job.id).state == JobState.RUNNING


def test_stopping_one_that_waits_and_one_that_runs(run, alice, job):
    assert run(alice, jobs.request_cancel, job.id).state == JobState.CANCELLED
    with pytest.raises(Conflict):
        run(alice, jobs.request_cancel, job.id)
    assert run(alice, jobs.start_job, job.id).state == JobState.QUEUED
    claim()
    assert run(alice, jobs.request_cancel, job.id).state == JobState.RUNNING
    assert run(alice, jobs.report_progress, job.id, 1, 10, attempt=1) is True


def test_starting_twice_is_a_conflict(run, alice, job):
    with pytest.raises(Conflict):
        run(alice, jobs.start_job, job.id)


def test_the_process_that_lost_it_cannot_finish_it(run, alice, job):
    claim(lease=-1)
    assert claim() == (job.id, alice.user_id)
    with pytest.raises(JobLost):
        run(alice, jobs.report_progress, job.id, 9, 10, attempt=1)
    with pytest.raises(JobLost):
        run(alice, jobs.finish_job, job.id, {}, attempt=1)
    run(alice, jobs.finish_job, job.id, {}, attempt=2)


def test_one_given_back_waits_for_its_time(run, alice, job):
    claim()
    run(alice, jobs.release_job, job.id, after=timedelta(minutes=5), attempt=1)
    assert claim() is None
