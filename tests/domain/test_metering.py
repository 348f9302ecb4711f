"""The meter in front of every call: what is set aside, what it becomes, and that no limit is ever overrun."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from crm_app.domain.ai.features import Feature
from crm_app.domain.errors import BudgetExceeded, Forbidden, Invalid, NotFound
from crm_app.domain.jobs import service as jobs
from crm_app.domain.spending import ledger, metering, queries, rules
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.models import Period, Scope
from crm_app.domain.spending.schemas import Busy, CallDone, CallPlan, LimitReached, Turn
from crm_app.domain.unit_of_work import anonymous_work, unit_of_work
from tests.cluster import until_waiting

# A thousand tokens in at a dollar a million, a thousand out at five: 1250 + 64 + 5000 at most.
PLAN = CallPlan(
    feature=Feature.ASSISTANT, model_label="Balanced", input_tokens=1_000, max_output=1_000, input_price=1_000_000, output_price=5_000_000,
    sent=(Turn("user", "Who is due?"),),
)  # fmt: skip
MOST = 6_314


@pytest.fixture
def meters(database):
    """``meters(scope)``: (period, reserved, settled, overrun, ceiling) of each."""

    def found(scope: str, subject: str = "") -> dict:
        with database.owner.connect() as connection:
            rows = connection.execute(
                text("select period, reserved, settled, overrun, ceiling from ai_meter where scope = :scope and (:subject = '' or subject = :subject)"),
                {"scope": scope, "subject": subject},
            )
            return {row.period: tuple(row[1:]) for row in rows}

    return found


@pytest.fixture
def call(database):
    def found(call_id) -> dict:
        with database.owner.connect() as connection:
            return dict(connection.execute(text("select * from ai_call where id = :id"), {"id": call_id}).mappings().one())

    return found


def limit(run, actor, scope: Scope, subject: str, period: Period, most: int | None) -> None:
    run(actor, lambda session, _actor: queries.set_limit(session, scope.value, subject, period.value, most))


def test_a_call_is_reserved_at_its_worst_and_settled_at_what_it_was(run, alice, meters, call):
    held = run(alice, spending.reserve_call, PLAN)
    assert held.micros == MOST == rules.worst_case(PLAN)
    assert meters("user") == {"day": (MOST, 0, 0, 1_000_000), "month": (MOST, 0, 0, 10_000_000)}
    assert meters("team") == {"day": (MOST, 0, 0, None), "month": (MOST, 0, 0, 50_000_000)}
    assert meters("feature") == {"day": (MOST, 0, 0, None), "month": (MOST, 0, 0, None)}
    done = run(alice, spending.settle_call, held.call_id, CallDone(input_tokens=900, output_tokens=200, came="Ana is."))
    assert done.micros == 1_900
    assert meters("user") == {"day": (0, 1_900, 0, 1_000_000), "month": (0, 1_900, 0, 10_000_000)}
    row = call(held.call_id)
    assert (row["state"], row["cost_micros"], row["reserved_micros"], row["input_tokens"], row["output_tokens"], row["via"]) == ("settled", 1_900, MOST, 900, 200, "web")
    assert row["ended_at"] >= row["started_at"]


def test_settling_twice_or_releasing_afterwards_changes_nothing(run, alice, meters, call):
    held = run(alice, spending.reserve_call, PLAN)
    done = CallDone(input_tokens=900, output_tokens=200)
    assert run(alice, spending.settle_call, held.call_id, done) == run(alice, spending.settle_call, held.call_id, replace(done, output_tokens=1_000))
    run(alice, spending.release_call, held.call_id, "down")
    assert meters("user")["day"] == (0, 1_900, 0, 1_000_000)
    assert call(held.call_id)["state"] == "settled"


def test_what_came_to_nothing_costs_nothing_unless_nobody_can_tell(run, alice, meters, call):
    free, lost = (run(alice, spending.reserve_call, PLAN).call_id for _ in range(2))
    run(alice, spending.release_call, free, "busy")
    run(alice, spending.release_call, lost, "cut", charged=True)
    assert meters("user")["day"] == (0, MOST, 0, 1_000_000)
    assert (call(free)["state"], call(free)["failure"], call(free)["cost_micros"]) == ("released", "busy", 0)
    assert (call(lost)["state"], call(lost)["failure"], call(lost)["cost_micros"]) == ("unknown", "cut", MOST)
    run(alice, spending.settle_call, lost, CallDone(input_tokens=1_000, output_tokens=0))
    assert meters("user")["day"] == (0, 1_000, 0, 1_000_000)
    run(alice, spending.settle_call, free, CallDone(input_tokens=500, output_tokens=0))
    assert meters("user")["day"] == (0, 1_500, 0, 1_000_000)


def test_what_counted_in_full_can_still_turn_out_to_have_been_nothing(run, alice, meters, call):
    held = run(alice, spending.reserve_call, PLAN)
    run(alice, spending.release_call, held.call_id, "cut", charged=True)
    run(alice, spending.release_call, held.call_id, "never sent")
    run(alice, spending.release_call, held.call_id, "cut", charged=True)
    assert meters("user")["day"] == (0, 0, 0, 1_000_000)
    assert (call(held.call_id)["state"], call(held.call_id)["cost_micros"]) == ("released", 0)


def test_a_limit_refuses_what_does_not_fit_and_says_which_and_until_when(run, alice, olivia, snapshot, meters):
    limit(run, olivia, Scope.USER, str(alice.user_id), Period.DAY, 10_000)
    run(alice, spending.reserve_call, PLAN)
    with pytest.raises(LimitReached, match=r"Your limit for a day is \$0\.01: \$0\.003686 is left, and this could cost \$0\.006314\. It begins anew: Tomorrow, 00:00\.") as refused:
        run(alice, spending.reserve_call, PLAN)
    assert isinstance(refused.value, BudgetExceeded) and refused.value.refusal.left_micros == 3_686
    assert meters("user")["day"] == (MOST, 0, 0, 10_000) and meters("team")["month"][0] == MOST


@pytest.mark.parametrize(
    ("scope", "subject", "period", "words"),
    [
        (Scope.TEAM, "", Period.DAY, "The team's limit for a day"), (Scope.TEAM, "", Period.MONTH, "The team's limit for a month"),
        (Scope.FEATURE, "assistant", Period.DAY, "The limit for a day of “Assistant”"), (Scope.FEATURE, "assistant", Period.MONTH, "The limit for a month of “Assistant”"),
        (Scope.USER, "", Period.DAY, "Your limit for a day"), (Scope.USER, "", Period.MONTH, "Your limit for a month"),
    ],
)  # fmt: skip
def test_each_limit_refuses_by_itself(run, alice, olivia, scope, subject, period, words):
    limit(run, olivia, scope, subject, period, MOST - 1)
    with pytest.raises(LimitReached, match=words):
        run(alice, spending.reserve_call, PLAN)
    limit(run, olivia, scope, subject, period, MOST)
    run(alice, spending.reserve_call, PLAN)
    limit(run, olivia, scope, subject, period, None)


def test_of_several_limits_the_one_that_lasts_longest_is_told(run, alice, olivia):
    limit(run, olivia, Scope.USER, "", Period.DAY, 0)
    limit(run, olivia, Scope.TEAM, "", Period.MONTH, 0)
    with pytest.raises(LimitReached) as refused:
        run(alice, spending.reserve_call, PLAN)
    assert (refused.value.refusal.scope, refused.value.refusal.period) == (Scope.TEAM, Period.MONTH)


def test_a_model_of_ones_own_costs_nothing_and_stands_in_the_ledger(run, alice, olivia, meters, call):
    limit(run, olivia, Scope.USER, "", Period.DAY, 0)
    held = run(alice, spending.reserve_call, replace(PLAN, local=True))
    assert (held.micros, run(alice, spending.settle_call, held.call_id, CallDone(input_tokens=1_000, output_tokens=9_000)).micros) == (0, 0)
    assert meters("user") == {} and call(held.call_id)["output_tokens"] == 9_000


def test_more_than_was_reserved_takes_the_room_that_is_left_and_overruns_the_rest(run, alice, olivia, meters):
    limit(run, olivia, Scope.USER, "", Period.DAY, MOST + 1_000)
    held = run(alice, spending.reserve_call, PLAN)
    run(alice, spending.settle_call, held.call_id, CallDone(input_tokens=1_000, output_tokens=2_000))
    assert meters("user") == {"day": (0, MOST + 1_000, 11_000 - MOST - 1_000, MOST + 1_000), "month": (0, 11_000, 0, 10_000_000)}
    with pytest.raises(LimitReached, match=r"\$0\.00 is left"):
        run(alice, spending.reserve_call, replace(PLAN, input_tokens=1, max_output=1))
    limit(run, olivia, Scope.USER, "", Period.DAY, 20_000)
    assert meters("user")["day"] == (0, 11_000, 0, 20_000), "room that comes free takes up what was overrun"


def test_a_limit_that_is_lowered_below_what_was_spent_lets_nothing_more_through(run, alice, olivia, meters):
    first, second = (run(alice, spending.reserve_call, PLAN).call_id for _ in range(2))
    limit(run, olivia, Scope.USER, "", Period.DAY, 1_000)
    assert meters("user")["day"] == (2 * MOST, 0, 0, 2 * MOST)
    run(alice, spending.release_call, first, "down")
    run(alice, spending.settle_call, second, CallDone(input_tokens=1_000, output_tokens=1_000))
    assert meters("user")["day"] == (0, 6_000, 0, 6_000)
    with pytest.raises(LimitReached):
        run(alice, spending.reserve_call, PLAN)


def test_nobody_touches_anothers_call_and_a_viewer_makes_none(run, alice, bob, vera, meters):
    held = run(alice, spending.reserve_call, PLAN)
    before = meters("user")
    for service, *more in ((spending.settle_call, CallDone(input_tokens=1, output_tokens=1)), (spending.release_call, "down")):
        with pytest.raises(NotFound):
            run(bob, service, held.call_id, *more)
        with pytest.raises(NotFound):
            run(bob, service, uuid4(), *more)
        with pytest.raises(Forbidden):
            run(vera, service, held.call_id, *more)
    with pytest.raises(Forbidden):
        run(vera, spending.reserve_call, PLAN)
    assert meters("user") == before


@pytest.mark.parametrize(
    "wrong",
    [{"input_tokens": -1}, {"max_output": 10_000_001}, {"input_price": -1}, {"output_price": rules.MOST_PRICE + 1}, {"lease": -PLAN.lease}],
)
def test_a_plan_that_no_call_can_have_is_refused(run, alice, wrong, meters):
    with pytest.raises(Invalid):
        run(alice, spending.reserve_call, replace(PLAN, **wrong))
    assert meters("user") == {}


@pytest.mark.parametrize("wrong", [{"input_tokens": -1}, {"output_tokens": rules.MOST_TOKENS + 1}])
def test_a_call_that_cannot_have_been_is_refused(run, alice, wrong, meters):
    held = run(alice, spending.reserve_call, PLAN)
    with pytest.raises(Invalid):
        run(alice, spending.settle_call, held.call_id, CallDone(**{"input_tokens": 1, "output_tokens": 1} | wrong))
    assert meters("user")["day"][0] == MOST


def test_what_the_database_cannot_hold_is_left_out_of_what_is_kept(run, alice, database):
    held = run(alice, spending.reserve_call, replace(PLAN, sent=(Turn("user", "a\x00b\ud800c"),)))
    run(alice, spending.settle_call, held.call_id, CallDone(input_tokens=1, output_tokens=1, came="\x00\udfffd"))
    with database.owner.connect() as connection:
        assert connection.execute(text("select sent -> 0 ->> 'content', came from ai_call_content")).one() == ("ab?c", "?d")


@pytest.mark.parametrize("table", ["ai_limit", "ai_meter", "ai_call", "ai_call_content", "ai_call_contact"])
@pytest.mark.parametrize("attempt", ["delete from {}", "insert into {} default values", "update {} set {} = {}"])
def test_the_application_writes_no_money_itself(run, alice, database, table, attempt):
    run(alice, spending.reserve_call, replace(PLAN, contact_ids=(uuid4(),)))
    column = {"ai_limit": "limit_micros", "ai_meter": "settled", "ai_call": "cost_micros"}.get(table, "owner_id")
    with pytest.raises(ProgrammingError, match="permission denied"), database.app.begin() as connection:
        connection.execute(text("select set_config('app.user_id', :who, true), set_config('app.role', 'owner', true)"), {"who": str(alice.user_id)})
        connection.execute(text(attempt.format(table, column, column)))


@pytest.mark.parametrize("attempt", ["settled = ceiling + 1", "reserved = ceiling + 1", "reserved = -1", "settled = -1", "overrun = -1", "ceiling = reserved - 1"])
def test_the_constraints_refuse_even_the_owner_of_the_schema(run, alice, database, attempt):
    run(alice, spending.reserve_call, PLAN)
    with pytest.raises(IntegrityError, match="ai_meter_"), database.owner.begin() as connection:
        connection.execute(text(f"update ai_meter set {attempt} where scope = 'user'"))


def test_the_functions_ask_once_more_who_spends_how_much_and_for_how_long(run, alice, vera, olivia, call):
    """Past every service: whoever may not spend reserves nothing, a call gives nothing back to its meters, and none is under way for ever."""
    plan = metering._written(PLAN)
    for who in (vera, None):
        with pytest.raises(ProgrammingError, match="not yours to spend"), unit_of_work(who) if who else anonymous_work() as session:
            queries.reserve(session, uuid4(), plan, [])
    with pytest.raises(DataError, match="no less than nothing"):
        run(alice, lambda session, _actor: queries.reserve(session, uuid4(), {**plan, "output_price": -1_000_000_000}, []))
    for who, *limited in ((vera, "own", str(vera.user_id)), (alice, "own", str(olivia.user_id)), (olivia, "own", str(alice.user_id)), (alice, "team", ""), (alice, "user", str(alice.user_id)), (None, "team", "")):
        with pytest.raises(ProgrammingError, match="not yours to limit"), unit_of_work(who) if who else anonymous_work() as session:
            queries.set_limit(session, *limited, "day", 1_000_000_000)
    with pytest.raises(IntegrityError, match="no such person"):
        limit(run, olivia, Scope.USER, str(uuid4()), Period.DAY, 1)
    held = call(run(alice, spending.reserve_call, replace(PLAN, lease=timedelta(days=30))).call_id)
    assert held["lease_until"] - held["started_at"] == timedelta(hours=1)


@pytest.mark.parametrize("end", [lambda session, actor, key: spending.settle_call(session, actor, key, CallDone(input_tokens=900, output_tokens=200)),
                                 lambda session, actor, key: spending.release_call(session, actor, key, "cut", charged=True)])  # fmt: skip
def test_whoever_ends_a_call_twice_at_once_ends_it_once(run, alice, database, meters, call, end):
    """Both wait for its row, and the second one finds it as the first has left it."""
    held, _other = (run(alice, spending.reserve_call, PLAN).call_id for _ in range(2))
    with ThreadPoolExecutor(2) as both, database.owner.begin() as connection:
        connection.execute(text("select 1 from ai_call where id = :id for update"), {"id": held})
        ended = [both.submit(run, alice, end, held) for _ in range(2)]
        until_waiting(database, 2)
        connection.commit()
        assert [one.result(20) for one in ended]
    assert meters("user")["day"] == (MOST, call(held)["cost_micros"], 0, 1_000_000)


def test_who_counts_what_was_left_behind_waits_for_nobody(run, alice, database):
    held, _lost = (run(alice, spending.reserve_call, PLAN).call_id for _ in range(2))
    with database.owner.begin() as connection:
        connection.execute(text("update ai_call set lease_until = now() - interval '1 second'"))
    with ThreadPoolExecutor(1) as other, database.owner.begin() as connection:
        connection.execute(text("select 1 from ai_call where id = :id for update"), {"id": held})
        assert other.submit(_swept).result(20) == 1


def _swept() -> int:
    with anonymous_work() as session:
        return queries.sweep(session)


def test_two_who_begin_a_day_at_once_have_one_meter_of_it(run, alice, database):
    with ThreadPoolExecutor(1) as other, database.owner.begin() as connection:
        connection.execute(text("select ai_meter_for('team', '', 'day')"))
        held = other.submit(run, alice, spending.reserve_call, PLAN)
        until_waiting(database, 1)
        connection.commit()
        assert held.result(20).micros == MOST


def test_what_turns_out_to_have_cost_something_after_all_raises_no_limit(run, alice, olivia, meters):
    limit(run, olivia, Scope.USER, "", Period.DAY, MOST)
    gone = run(alice, spending.reserve_call, PLAN).call_id
    run(alice, spending.release_call, gone, "busy")
    run(alice, spending.reserve_call, PLAN)
    run(alice, spending.settle_call, gone, CallDone(input_tokens=1_000, output_tokens=0))
    assert meters("user")["day"] == (MOST, 0, 1_000, MOST)


def test_only_what_services_call_is_the_applications_to_call(database):
    with database.owner.connect() as connection:
        found = connection.execute(text("select proname from pg_proc where proname like 'ai\\_%' and has_function_privilege('mindfulcrm_app', oid, 'execute')")).scalars()
        assert set(found) == {"ai_reserve", "ai_settle", "ai_release", "ai_sweep", "ai_set_limit", "ai_standing", "ai_people_standing", "ai_report", "ai_report_lines", "ai_tidy"}


@pytest.mark.parametrize("function", ["ai_move(array[]::uuid[], 0, 0, 0)", "ai_meter_for('team', '', 'day')", "ai_limit_of('team', '', 'day')", "ai_state_of(array[]::uuid[])"])
def test_the_inner_functions_are_not_the_applications_to_call(database, alice, function):
    with pytest.raises(ProgrammingError, match="permission denied"), database.app.begin() as connection:
        connection.execute(text(f"select {function}"))


def test_what_was_left_behind_counts_in_full_once(run, alice, database, meters, call):
    held = run(alice, spending.reserve_call, PLAN)
    other = run(alice, spending.reserve_call, PLAN)
    with database.owner.begin() as connection:
        connection.execute(text("update ai_call set lease_until = now() - interval '1 second' where id = :id"), {"id": held.call_id})
    for expected in (1, 0):
        with anonymous_work() as session:
            assert queries.sweep(session) == expected
    assert meters("user")["day"] == (MOST, MOST, 0, 1_000_000)
    assert (call(held.call_id)["state"], call(held.call_id)["failure"], call(other.call_id)["state"]) == ("unknown", "lost", "reserved")


def test_what_it_mostly_costs_is_less_than_what_is_set_aside_and_nothing_on_ones_own_machine():
    assert rules.usual_case(PLAN) == 1_000 + 334 * 5 < MOST
    assert rules.usual_case(replace(PLAN, local=True)) == rules.worst_case(replace(PLAN, local=True)) == 0


def test_whoever_has_as_many_calls_under_way_as_there_are_places_waits(run, alice, bob, meters):
    seated = replace(PLAN, seats=1)
    held = run(alice, spending.reserve_call, seated)
    with pytest.raises(Busy, match="Two of your questions"):
        run(alice, spending.reserve_call, seated)
    assert meters("team")["day"][0] == MOST, "nothing was set aside for it"
    assert run(bob, spending.reserve_call, seated).call_id, "everybody has places of their own"
    run(alice, spending.settle_call, held.call_id, CallDone(input_tokens=1, output_tokens=1))
    assert run(alice, spending.reserve_call, seated).call_id


def test_what_was_paid_for_a_job_that_broke_off_is_found_again_by_its_owner_alone(run, alice, bob, vera):
    job = run(alice, jobs.enqueue_job, "analyses.make", {"key": "x"}).id
    plan = replace(PLAN, job_id=job, skill="draft")
    paid, under_way = (run(alice, spending.reserve_call, plan).call_id for _ in range(2))
    run(alice, spending.settle_call, paid, CallDone(input_tokens=1_000, output_tokens=1_000, came="Dear Ana,"))
    (answer,) = run(alice, ledger.list_paid_answers, job, "draft")
    assert (answer.call_id, answer.text, answer.model_label, answer.cost_micros) == (paid, "Dear Ana,", "Balanced", 6_000) and under_way != paid
    assert run(alice, ledger.list_paid_answers, job, "insight") == run(bob, ledger.list_paid_answers, job, "draft") == ()
    with pytest.raises(Forbidden):
        run(vera, ledger.list_paid_answers, job, "draft")
