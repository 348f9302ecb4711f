"""How a run ends when something goes wrong on the way: what came in stays, nothing is tried too often, and whoever can mend it is told once."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

import pytest
from pydantic import SecretStr

from crm_app.domain.calendar.schemas import CalendarChoice
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.connections.schemas import ConnectionUpdate
from crm_app.domain.connections.source import NotACalendar, SignInNeeded, SourceDown, SourceUntrusted
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.rows import now
from crm_app.infrastructure.outbound_probe import probe
from crm_app.jobs import connection_tests
from crm_app.jobs import connections as syncing
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner
from tests.jobs.fake_account import HOME, counts, event, titles


def landed(ask, number):
    """Wait until so many events are here: a page is asked for while the one before it lands."""
    until = time.monotonic() + 20
    while len(titles(ask)) < number and time.monotonic() < until:
        time.sleep(0.02)
    return len(titles(ask)) == number


def test_a_refused_sign_in_waits_for_its_owner_and_is_told_once(sync, account, view, told, run, alice, made, ask):
    sync()
    account.password = "changed"
    for _turn in range(2):
        job = sync()
        assert job.state == JobState.FAILED and "refused" in job.reason
    shown = view()
    assert (shown.state, shown.reason) == (ConnectionState.SIGN_IN_NEEDED, "The sign-in was refused.")
    assert told() == ["The sign-in was refused."] and told(Kind.JOB_FAILED) == []
    ask("update connection set next_run_at = now() - interval '1 hour'")
    assert syncing.queue_due(now()) == 0, "nobody knocks again by themselves"
    run(alice, connections.update_connection, made.id, ConnectionUpdate(version=shown.version, password=SecretStr("changed")))
    assert syncing.queue_due(now()) == 1
    JobRunner(HANDLERS).run_pending()
    assert view().state == ConnectionState.ACTIVE and view().reason == ""


def test_signing_in_again_over_there_and_asking_is_enough(sync, account, view):
    account.password = "locked"
    sync()
    account.password = "open sesame"
    assert sync().state == JobState.DONE and view().state == ConnectionState.ACTIVE


def test_a_password_that_no_longer_opens_is_asked_for_again(sync, box, view, told):
    box.lost = True
    assert sync().state == JobState.FAILED
    assert view().state == ConnectionState.SIGN_IN_NEEDED and "Enter it again" in told()[0]


def fail(failure):
    def raising(_step):
        raise failure

    return raising


def test_rel_09_the_breaker_opens_at_five_and_closes_with_the_first_good_run(sync, account, view):
    account.before = fail(SourceDown("It does not answer."))
    for failures in range(1, 7):
        job = sync()
        assert (job.state, job.reason, view().failures, view().state) == (JobState.FAILED, "It does not answer.", failures, ConnectionState.ACTIVE)
        wait = view().next_run_at - now()
        assert wait <= timedelta(minutes=2**failures) and (failures < 5 or wait > timedelta(minutes=14))
    account.before = lambda step: None
    assert sync().state == JobState.DONE
    assert (view().failures, view().reason) == (0, "") and view().next_run_at - now() < timedelta(minutes=12)


def test_rel_09_retry_after_is_honoured_by_the_clock(sync, account, view, ask):
    account.before = fail(SourceDown("It asks for patience.", after=7200))
    sync()
    assert timedelta(minutes=119) < view().next_run_at - now() <= timedelta(minutes=120)
    assert syncing.queue_due(now() + timedelta(minutes=118)) == 0 and syncing.queue_due(now() + timedelta(minutes=121)) == 1


def test_somebody_is_told_once_when_nothing_has_come_for_a_day(sync, account, view, told, ask):
    sync()
    account.before = fail(SourceDown("It does not answer."))
    sync()
    assert told() == []
    ask("update connection set last_ok_at = now() - interval '25 hours'")
    sync()
    sync()
    assert len(told()) == 1 and "more than a day" in told()[0] and view().stale


@pytest.mark.parametrize("failure", [NotACalendar("There is a web page."), ZeroDivisionError("secret detail")])
def test_whatever_goes_wrong_is_a_failed_run_and_nothing_more(sync, account, view, told, run, alice, made, failure):
    account.before = fail(failure)
    job = sync()
    assert job.state == JobState.FAILED and "secret" not in job.reason and told(Kind.JOB_FAILED) == []
    assert view().failures == 1 and run(alice, connections.list_runs, made.id)[0].state == "failed"


def test_what_came_before_it_broke_off_stays_and_is_not_asked_for_again(sync, account, ask, view):
    account.page = 2

    def breaks(step):
        if step == "page 1":
            raise SourceDown("The connection broke off.")

    account.before = breaks
    job = sync()
    assert job.state == JobState.FAILED and counts(job)[:2] == (2, 2) and view().last_run.created == 2
    account.before, account.asked = lambda step: None, []
    assert counts(sync())[1] == 3 and sorted(account.asked) == ["2.ics", "3.ics", "4.ics"]


def test_an_account_that_suddenly_names_no_calendar_loses_nothing(sync, account, ask):
    sync()
    kept, account.calendars = account.calendars, {}
    assert sync().state == JobState.FAILED and len(titles(ask)) == 5
    account.calendars = {"/other/": kept[HOME]}
    assert sync().state == JobState.DONE, "one that is gone while others are there goes with its events"
    assert ask("select external_id from calendar") == [("/other/",)] and len(titles(ask)) == 5


def test_a_first_import_that_is_stopped_stays_stopped(sync, account, run, alice, made, view, ask):
    account.page = 2

    def stops(step):
        if step == "page 1" and landed(ask, 2):
            run(alice, jobs.request_cancel, run(alice, jobs.list_jobs)[0].id)

    account.before = stops
    job = sync()
    assert job.state == JobState.CANCELLED and len(titles(ask)) == 2
    assert (view().state, view().last_run.state) == (ConnectionState.PAUSED, "cancelled")
    account.before, account.asked = lambda step: None, []
    run(alice, connections.resume_connection, made.id)
    assert counts(sync())[1] == 3 and len(account.asked) == 3


def test_a_later_run_that_is_stopped_has_its_next_turn(sync, account, run, alice, view):
    sync()
    account.before = lambda step: step == "page 0" and run(alice, jobs.request_cancel, run(alice, jobs.list_jobs)[0].id)
    assert sync().state == JobState.CANCELLED and view().state == ConnectionState.ACTIVE


def test_a_connection_that_goes_while_its_server_fails_leaves_no_trace(sync, account, run, alice, made, told, ask):
    def breaks(step):
        run(alice, connections.delete_connection, made.id)
        raise SourceDown("It does not answer.")

    account.before = breaks
    assert sync().state == JobState.CANCELLED and told(Kind.JOB_FAILED) == [] and ask("select count(*) from sync_run") == [(0,)]


@pytest.mark.parametrize("act", [connections.delete_connection, connections.pause_connection])
def test_a_run_ends_when_its_connection_goes_or_rests(sync, account, run, alice, made, ask, act):
    account.before = lambda step: step == "page 0" and run(alice, act, made.id)
    assert sync().state == JobState.CANCELLED
    assert ask("select count(*) from event")[0][0] == 0


def test_a_calendar_that_is_let_go_of_during_a_run_gets_nothing_more(sync, account, run, alice, view, ask):
    sync()
    account.put(HOME, "9.ics", event("uid-9"))

    def let_go(step):
        if step == "page 0":
            row = view().calendars[0]
            run(alice, connections.choose_calendar, row.id, CalendarChoice(version=row.version, synced=False))

    account.before = let_go
    assert sync().state == JobState.DONE and titles(ask) == []


def test_whoever_lost_the_job_writes_nothing_more(sync, account, run, alice, ask, made):
    account.page = 2

    def loses(step):
        if step == "page 1" and landed(ask, 2):
            ask("update job set attempts = attempts + 1")

    account.before = loses
    job = sync()
    assert job.state == JobState.RUNNING and len(titles(ask)) == 2
    account.before = lambda step: None
    ask("update job set lease_until = now() - interval '1 second'")
    JobRunner(HANDLERS).run_pending()
    assert run(alice, jobs.get_job, job.id).state == JobState.DONE and len(titles(ask)) == 5
    assert [row.state for row in run(alice, connections.list_runs, made.id)] == ["done", "cancelled"]


@pytest.mark.parametrize(
    ("failure", "answer"),
    [(None, "works"), (SignInNeeded("x"), "sign_in_refused"), (SourceUntrusted("x"), "not_trusted"), (SourceDown("x"), "no_answer"), (NotACalendar("x"), "not_a_calendar")],
)
def test_ssrf_08_a_test_says_one_of_five_things(run, alice, made, account, ask, monkeypatch, failure, answer):
    slept = []
    monkeypatch.setattr(connection_tests, "probe", partial(probe, sleep=slept.append))
    account.before = fail(failure) if failure else lambda step: None
    job = run(alice, connections.test_connection, made.id)
    JobRunner(HANDLERS).run_pending()
    ended = run(alice, jobs.get_job, job.id)
    assert (ended.state, ended.result["answer"], ended.result["calendars"]) == (JobState.DONE, answer, ["Home"] if answer == "works" else [])
    assert ended.result["sentence"] and bool(slept) == (answer == "no_answer")
    assert ask("select (select count(*) from sync_run), (select count(*) from calendar), (select count(*) from event)") == [(0, answer == "works", 0)]
