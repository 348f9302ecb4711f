"""LLM-06: a process that is killed between reserving and settling costs what was reserved, once, and buys nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from crm_app.domain.spending import service as spending
from crm_app.domain.spending.models import CallState, Period, Scope
from crm_app.domain.spending.schemas import LimitReached
from crm_app.domain.spending.views import CallFilter, LimitSet
from crm_app.jobs.duties import duties
from crm_app.jobs.spending import sweep
from tests.commands import talk_to_python
from tests.domain.test_metering import MOST, PLAN

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys, time
from sqlalchemy import create_engine
from crm_app.domain import unit_of_work
from crm_app.domain.actor import Actor
from crm_app.domain.permissions import Role
from crm_app.domain.spending import service as spending
from crm_app.infrastructure.database import sqlalchemy_url
from tests.domain.test_metering import PLAN
from uuid import UUID

dsn, who, where = sys.argv[1:]
unit_of_work.bind(create_engine(sqlalchemy_url(dsn)))
actor = Actor(user_id=UUID(who), role=Role.MEMBER)
if where == "inside":
    with unit_of_work.unit_of_work(actor) as session:
        spending.reserve_call(session, actor, PLAN)
        print("there", flush=True)
        time.sleep(60)
unit_of_work.run_service(actor, spending.reserve_call, PLAN)
print("there", flush=True)
time.sleep(60)
"""


@contextmanager
def killed(database, actor, where: str) -> Iterator[None]:
    """A process that has come as far as ``inside`` its transaction, or ``after`` it, and is killed there."""
    with talk_to_python("-c", PROGRAM, database.server.app_dsn(database.name), str(actor.user_id), where) as process:
        assert process.hear() == "there"
        process.kill()
    yield


def test_llm_06_killed_after_reserving_it_counts_in_full_once_its_lease_is_over(run, database, alice, olivia):
    run(olivia, spending.set_limit, LimitSet(scope=Scope.USER, subject=str(alice.user_id), period=Period.DAY, limit_micros=2 * MOST - 1))
    with killed(database, alice, "after"):
        assert sweep(datetime.now(UTC)) == 0, "nobody knows yet that it is dead"
        with pytest.raises(LimitReached):
            run(alice, spending.reserve_call, PLAN)
    with database.owner.begin() as connection:
        connection.execute(text("update ai_call set lease_until = now() - interval '1 second'"))
    assert (sweep(datetime.now(UTC)), sweep(datetime.now(UTC))) == (1, 0)
    (row,) = run(alice, spending.list_calls, CallFilter()).calls
    assert (row.state, row.cost_micros, row.failure) == (CallState.UNKNOWN, MOST, "lost")
    view = run(alice, spending.get_spending).you.day
    assert (view.reserved_micros, view.spent_micros, view.left_micros) == (0, MOST, MOST - 1)
    with pytest.raises(LimitReached):
        run(alice, spending.reserve_call, PLAN)


def test_llm_06_what_was_left_behind_is_counted_when_the_server_starts_and_when_a_limit_refuses(run, database, alice, olivia):
    for look in (_start, _refused):
        run(olivia, spending.set_limit, LimitSet(scope=Scope.USER, subject=str(alice.user_id), period=Period.DAY, limit_micros=10 * MOST))
        held = run(alice, spending.reserve_call, PLAN)
        with database.owner.begin() as connection:
            connection.execute(text("update ai_call set lease_until = now() - interval '1 second' where id = :id"), {"id": held.call_id})
        look(run, alice, olivia)
        states = {row.state for row in run(alice, spending.list_calls, CallFilter()).calls}
        assert states == {CallState.UNKNOWN} and run(alice, spending.get_spending).you.day.reserved_micros == 0, look


def _start(_run, _alice, _olivia) -> None:
    """Each duty has its first turn when the clock starts: see ``test_clock``."""
    {duty.name: duty for duty in duties()}["lost calls"].act(datetime.now(UTC))


def _refused(run, alice, olivia) -> None:
    run(olivia, spending.set_limit, LimitSet(scope=Scope.USER, subject=str(alice.user_id), period=Period.DAY, limit_micros=1))
    with pytest.raises(LimitReached) as refused:
        run(alice, spending.reserve_call, PLAN)
    run(alice, spending.tell_refused, refused.value.refusal)


def test_llm_06_killed_inside_its_transaction_it_leaves_nothing_and_holds_nobody_up(run, database, alice, olivia):
    run(olivia, spending.set_limit, LimitSet(scope=Scope.USER, subject=str(alice.user_id), period=Period.DAY, limit_micros=MOST))
    with killed(database, alice, "inside"):
        begin = time.monotonic()
        run(alice, spending.reserve_call, PLAN)
        assert time.monotonic() - begin < 20
    with database.owner.connect() as connection:
        assert connection.execute(text("select count(*), sum(reserved_micros) from ai_call")).one() == (1, MOST)
