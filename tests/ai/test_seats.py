"""Two questions of one person are answered at once, whichever processes they are asked in: the ledger's reserved rows are the places."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from crm_app.ai import calling, pending
from crm_app.ai.types import Ask, Message
from crm_app.domain.ai.features import Feature
from crm_app.domain.errors import TooMany
from crm_app.domain.jobs import service as jobs
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.schemas import Busy, CallDone
from tests.ai_desk import model_at_hand
from tests.cluster import until_waiting
from tests.domain.test_metering import PLAN

SEATED = replace(PLAN, seats=2)
ASK = Ask(feature=Feature.ASSISTANT, messages=(Message("user", "Who comes today?"),), max_output=100)


@pytest.fixture
def fake(database, olivia, monkeypatch):
    monkeypatch.setattr(pending, "SHORT_WAIT", 0.3)
    with model_at_hand(olivia) as gateway:
        yield gateway


def test_of_many_at_once_in_as_many_connections_two_are_let_through(run, alice):
    def reserve(_number):
        try:
            return run(alice, spending.reserve_call, SEATED)
        except Busy:
            return None

    with ThreadPoolExecutor(8) as pool:
        taken = [one for one in pool.map(reserve, range(24)) if one]
    assert len(taken) == 2
    run(alice, spending.settle_call, taken[0].call_id, CallDone(input_tokens=1, output_tokens=1))
    assert run(alice, spending.reserve_call, SEATED).call_id, "a place that is left is free"
    with pytest.raises(Busy):
        run(alice, spending.reserve_call, SEATED)


def test_of_those_who_look_at_the_same_moment_no_more_than_two_find_a_place(run, alice, database):
    """All of them are held up between looking and taking, by somebody who holds the meters."""
    run(alice, spending.settle_call, run(alice, spending.reserve_call, SEATED).call_id, CallDone(input_tokens=1, output_tokens=1))
    with ThreadPoolExecutor(4) as pool, database.owner.begin() as connection:
        connection.execute(text("select 1 from ai_meter for update"))
        asked = [pool.submit(run, alice, spending.reserve_call, SEATED) for _ in range(4)]
        until_waiting(database, 4)
        connection.commit()
        assert sorted(type(one.exception(20)).__name__ for one in asked) == ["Busy", "Busy", "NoneType", "NoneType"]


def test_a_question_waits_a_moment_for_what_another_process_asks_and_is_then_refused(run, alice, bob, fake):
    fake.add("Nobody.", "Nobody.")
    taken = [run(alice, spending.reserve_call, PLAN) for _ in range(2)]
    with pytest.raises(TooMany, match="Two of your questions"):
        calling.ask(alice, ASK)
    assert fake.requests == [] and calling.ask(bob, ASK).text == "Nobody.", "everybody has places of their own"
    run(alice, spending.release_call, taken[0].call_id, "stopped")
    assert calling.ask(alice, ASK).text == "Nobody."


def test_each_process_counts_its_own_besides(alice, fake, monkeypatch):
    """What the ledger would still let through is not asked where this process has no place left, and is where one was left."""
    monkeypatch.setattr(pending, "SHORT_WAIT", 0.05)
    with pending.seat(alice, 1), pending.seat(alice, 1):
        for ask in (calling.ask, lambda who, what: list(calling.stream(who, what))):
            with pytest.raises(TooMany):
                ask(alice, ASK)
    assert fake.requests == []
    fake.add("Nobody.")
    assert calling.ask(alice, ASK).text == "Nobody."


def test_a_job_waits_for_a_place_when_a_person_is_long_refused(alice, monkeypatch):
    monkeypatch.setattr(pending, "SHORT_WAIT", 0.05)

    def sit(actor):
        with pending.seat(actor, 20):
            return True

    with ThreadPoolExecutor(2) as pool, pending.seat(alice, 1):
        with pending.seat(alice, 1):
            job, person = pool.submit(sit, replace(alice, via="job")), pool.submit(sit, alice)
            assert isinstance(person.exception(20), Busy) and not job.done()
        assert job.result(20)


def test_a_job_that_is_taken_up_again_is_not_kept_waiting_by_its_own_dead_call(run, alice):
    job = jobs_of(run, alice)
    for _ in range(2):
        run(alice, spending.reserve_call, replace(PLAN, job_id=job))
    with pytest.raises(Busy):
        run(alice, spending.reserve_call, SEATED)
    assert run(alice, spending.reserve_call, replace(SEATED, job_id=job)).call_id


def jobs_of(run, actor):
    return run(actor, jobs.enqueue_job, "analyses.make", {"key": "x"}).id


def test_a_process_that_died_holds_a_place_no_longer_than_its_lease(run, database, alice):
    for _ in range(2):
        run(alice, spending.reserve_call, replace(PLAN, lease=timedelta(minutes=1)))
    with database.owner.begin() as connection:
        connection.execute(text("update ai_call set lease_until = now() - interval '1 second'"))
    assert run(alice, spending.reserve_call, SEATED).call_id


def test_a_model_of_ones_own_has_no_more_places(run, alice):
    for _ in range(2):
        run(alice, spending.reserve_call, replace(SEATED, local=True))
    with pytest.raises(Busy):
        run(alice, spending.reserve_call, replace(SEATED, local=True))


def test_it_takes_no_statement_more(run, database, alice):
    counted: list[int] = []
    for plan in (PLAN, SEATED):
        said: list[str] = []
        listen = lambda *args, said=said: said.append(args[2])  # noqa: E731
        event.listen(database.app, "before_cursor_execute", listen)
        run(alice, spending.reserve_call, plan)
        event.remove(database.app, "before_cursor_execute", listen)
        counted.append(len(said))
    assert counted[0] == counted[1]
