"""What the meter in front of every call of a model costs: one at a time, and two hundred at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.measure import Result, counted, once, repeat, spread
from benchmarks.services import ASKER
from crm_app.cli.acting import acting_as
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.schemas import CallDone, CallPlan, LimitReached, Turn
from crm_app.domain.unit_of_work import run_service
from crm_app.infrastructure.database import Database

AT_ONCE = 200
FITTING = 120
WORDS = "Ana wrote that she slept better this week. " * 100
PLAN = CallPlan(
    feature=Feature.ASSISTANT, model_label="Balanced", input_tokens=1_000, max_output=500, input_price=10_000, output_price=30_000, sent=(Turn("user", WORDS),)
)
DONE = CallDone(input_tokens=1_000, output_tokens=200, came="She did.")


def measure_spending(database: Database, times: int) -> Iterator[Result]:
    """Reserving and settling after 20,000 calls, then many at once against a limit that has room for some of them."""
    asker = acting_as(ASKER)
    yield once("20,000 calls that were made before", lambda: _fill(database, asker))
    held: list[Any] = []

    def reserve() -> None:
        held.append(run_service(asker, spending.reserve_call, PLAN).call_id)

    with counted(database.app_engine) as seen:
        reserve()
    yield repeat("reserve a call", reserve, times=times, target=5, statements=len(seen))
    settled = iter(held)
    with counted(database.app_engine) as seen:
        run_service(asker, spending.settle_call, next(settled), DONE)
    yield repeat("settle a call", lambda: run_service(asker, spending.settle_call, next(settled), DONE), times=len(held) - 3, statements=len(seen))
    for call_id in settled:
        run_service(asker, spending.release_call, call_id, "bench")
    yield repeat("how limits stand", lambda: run_service(asker, spending.get_spending), times=times)
    yield from _at_once(database, asker)


def _at_once(database: Database, asker: Actor) -> Iterator[Result]:
    """The limit is set so that exactly ``FITTING`` of ``AT_ONCE`` fit: any other number that goes through is a defect, and the run fails."""
    most = run_service(asker, spending.reserve_call, PLAN).micros
    used = run_service(asker, spending.get_spending).you.day
    with database.owner_connection() as connection:
        connection.execute(
            "insert into ai_limit (id, scope, subject, period, limit_micros, set_at) values (gen_random_uuid(), 'user', %s, 'day', %s, now()) "
            "on conflict (scope, subject, period) do update set limit_micros = excluded.limit_micros",
            (str(asker.user_id), used.spent_micros + used.reserved_micros + FITTING * most + most - 1),
        )
        connection.commit()
    begin, taken = threading.Barrier(AT_ONCE), []

    def one(_number: int) -> bool:
        begin.wait()
        since = time.perf_counter()
        try:
            run_service(asker, spending.reserve_call, PLAN)
            return True
        except LimitReached:
            return False
        finally:
            taken.append((time.perf_counter() - since) * 1000)

    since = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        through = sum(pool.map(one, range(AT_ONCE)))
    if through != FITTING:
        raise RuntimeError(f"{through} calls went through where {FITTING} fit")
    yield Result(f"{AT_ONCE} at once, of which {FITTING} fit and went through: all answered", round((time.perf_counter() - since) * 1000, 1), "ms")
    yield spread("one of them, waiting included", taken)


def _fill(database: Database, asker: Actor) -> None:
    with database.owner_connection() as connection:
        connection.execute(
            "insert into ai_call (id, owner_id, audience, feature, skill, model_label, local, state, why, failure, via, input_price, output_price, "
            "input_estimate, output_most, reserved_micros, cost_micros, input_tokens, output_tokens, counted, meters, started_at, lease_until, ended_at) "
            "select gen_random_uuid(), %s, 'private', 'assistant', '', 'Balanced', false, 'settled', '', '', 'web', 10000, 30000, "
            "1000, 500, 30, 16, 1000, 200, false, '[]', "
            "now() - n * interval '20 minutes', now() - n * interval '20 minutes', now() - n * interval '20 minutes' from generate_series(1, 20000) n",
            (asker.user_id,),
        )
        connection.commit()
