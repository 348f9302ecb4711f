"""The clock of the leading process: who leads, what runs, and what a clock that is set back delays (nothing)."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from crm_app.jobs import clock as clocks
from crm_app.jobs.clock import Clock, Duty
from crm_app.jobs.duties import duties
from crm_app.jobs.leader import Leader


class Always:
    """Leads, or not."""

    def __init__(self, leads: bool = True) -> None:
        self.leads = leads

    def keep(self) -> bool:
        return self.leads

    def close(self) -> None:
        self.leads = False


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(clocks, "WATCH", 0.05)


@pytest.fixture
def ticking():
    """``ticking(leader, *duties)``: a clock that runs until the test ends."""
    running = []

    def start(leader, *given):
        clock = Clock(leader, given)
        clock.start()
        running.append(clock)
        return clock

    yield start
    for clock in running:
        clock.stop()


def test_only_the_leader_does_its_duties(ticking):
    done: list[str] = []
    ticking(Always(True), Duty("a", 0.05, lambda moment: done.append("leader")))
    ticking(Always(False), Duty("b", 0.05, lambda moment: done.append("other")))
    assert until(lambda: done.count("leader") >= 3)
    assert "other" not in done


def test_a_duty_gets_the_moment_at_which_it_runs(ticking):
    moments: list[datetime] = []
    ticking(Always(), Duty("a", 60, moments.append))
    assert until(lambda: moments)
    assert abs(moments[0] - datetime.now(UTC)) < timedelta(seconds=30)


@pytest.mark.parametrize("failure", [ZeroDivisionError("private detail"), OperationalError("select 1", {}, Exception("gone"))])
def test_a_duty_that_fails_has_its_next_turn_and_stops_no_other(ticking, failure):
    done: list[str] = []

    def fail(moment):
        done.append("failing")
        raise failure

    ticking(Always(), Duty("a", 0.05, fail), Duty("b", 0.05, lambda moment: done.append("other")))
    assert until(lambda: done.count("failing") >= 2 and done.count("other") >= 2)


def test_a_clock_that_is_set_back_delays_nothing(ticking, monkeypatch):
    """APScheduler would sleep until the hour that has gone back into the future."""
    shift = [timedelta()]
    monkeypatch.setattr(clocks, "now", lambda: datetime.now(UTC) + shift[0])
    done: list[datetime] = []
    ticking(Always(), Duty("hourly", 3600, done.append))
    assert until(lambda: len(done) == 1)
    shift[0] = timedelta(hours=-1)
    assert until(lambda: len(done) == 2)


def test_the_first_turn_is_not_missed_for_want_of_a_leader(ticking, monkeypatch):
    class Fresh(Always):
        def keep(self) -> bool:
            self.leads = True
            return True

    monkeypatch.setattr(clocks, "WATCH", 0.0001)  # the first turn comes at once
    done: list[datetime] = []
    clock = Clock(Fresh(False), [Duty("hourly", 3600, done.append)])
    monkeypatch.setattr(clocks, "WATCH", 5.0)
    clock.start()
    try:
        assert until(lambda: len(done) == 1, 3)
    finally:
        clock.stop()


def test_stopping_waits_for_what_runs_and_gives_the_lead_away():
    entered, left, leader = threading.Event(), threading.Event(), Always()

    def slow(moment):
        entered.set()
        time.sleep(0.3)
        left.set()

    clock = Clock(leader, [Duty("slow", 60, slow)])
    clock.start()
    assert entered.wait(20)
    clock.stop()
    assert left.is_set() and not leader.leads


def test_one_connection_leads_and_the_next_one_when_it_lets_go(database):
    dsn = database.server.app_dsn(database.name)
    first, second = Leader(dsn), Leader(dsn)
    try:
        assert (first.keep(), second.keep(), first.keep()) == (True, False, True)
        first.close()
        assert (second.keep(), first.keep()) == (True, False)
    finally:
        first.close()
        second.close()


def test_a_leader_whose_connection_is_cut_knows_it_at_its_next_look(database):
    leader = Leader(database.server.app_dsn(database.name))
    try:
        assert leader.keep()
        database.server.maintain(f"select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mindfulcrm-leader' and datname = '{database.name}'")
        assert (leader.keep(), leader.leads) == (False, False)
        assert leader.keep(), "and takes the lead again when nobody else has"
    finally:
        leader.close()


def test_a_database_that_is_away_leads_nobody(database):
    away = Leader(database.server.app_dsn("no_such_database"))
    assert away.keep() is False and away.leads is False


def test_every_duty_has_a_name_of_its_own():
    names = [duty.name for duty in duties()]
    assert len(names) == len(set(names)) and all(duty.seconds > 0 for duty in duties())
