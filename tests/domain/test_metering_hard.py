"""Two hundred calls at once, clocks that change, and everything in any order: LLM-06, no limit is ever overrun."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from crm_app.domain.ai.features import Feature
from crm_app.domain.days import day_begins
from crm_app.domain.spending import queries, rules
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.models import CallState, Period, Scope
from crm_app.domain.spending.schemas import CallDone, LimitReached
from crm_app.domain.spending.views import LimitSet
from crm_app.domain.unit_of_work import anonymous_work, run_service
from tests import cluster, conftest
from tests.domain.test_metering import MOST, PLAN

PLAIN = replace(PLAN, sent=())
PLACES = (
    "UTC", "Europe/London", "America/New_York", "America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Asia/Tehran", "Africa/Cairo", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Pago_Pago",
)  # fmt: skip


@pytest.fixture
def clock(database):
    """``clock(moment)``: what the database takes for now, in this module's own database; None: the real time."""
    with database.owner.begin() as connection:
        connection.execute(text("create table if not exists told_time (moment timestamptz)"))
        connection.execute(
            text("create or replace function ai_clock() returns timestamptz language sql volatile as 'select coalesce((select moment from public.told_time), clock_timestamp())'")
        )

    def turn(moment: datetime | None) -> None:
        with database.owner.begin() as connection:
            connection.execute(text("delete from told_time"))
            if moment:
                connection.execute(text("insert into told_time values (:moment)"), {"moment": moment})

    yield turn
    turn(None)


def lives_in(database, actor, zone: str) -> None:
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set time_zone = :zone where id = :id"), {"zone": zone, "id": actor.user_id})


def spans(database, scope: str = "user", period: str = "day") -> list[tuple[datetime, datetime]]:
    with database.owner.connect() as connection:
        found = connection.execute(text("select starts_at, ends_at from ai_meter where scope = :scope and period = :period order by starts_at"), {"scope": scope, "period": period})
        return [(row.starts_at, row.ends_at) for row in found]


def test_llm_06_of_two_hundred_at_once_exactly_as_many_go_through_as_fit(run, database, alice, olivia):
    run(olivia, spending.set_limit, LimitSet(scope=Scope.USER, subject=str(alice.user_id), period=Period.DAY, limit_micros=37 * MOST + MOST - 1))
    begin = threading.Barrier(200)

    def one(_number: int) -> bool:
        begin.wait(60)
        try:
            run_service(alice, spending.reserve_call, PLAIN)
        except LimitReached:
            return False
        return True

    with ThreadPoolExecutor(200) as pool:
        assert sum(pool.map(one, range(200))) == 37
    with database.owner.connect() as connection:
        assert connection.execute(text("select reserved, settled, ceiling from ai_meter where scope = 'user' and period = 'day'")).one() == (37 * MOST, 0, 38 * MOST - 1)
        assert connection.execute(text("select count(*) from ai_call")).scalar_one() == 37


def test_llm_06_two_hundred_whole_calls_of_two_people_at_once_add_up(run, database, alice, bob, olivia):
    """Some are settled for less, some for more than was reserved, some come to nothing, and somebody sweeps all the while."""
    run(olivia, spending.set_limit, LimitSet(scope=Scope.TEAM, period=Period.DAY, limit_micros=60 * MOST))
    begin = threading.Barrier(200)

    def one(number: int) -> int:
        who, feature = (alice, bob)[number % 2], (Feature.ASSISTANT, Feature.DRAFTS, Feature.SENTIMENT)[number % 3]
        begin.wait(60)
        if number % 20 == 7:
            with anonymous_work() as session:
                queries.sweep(session)
        try:
            held = run_service(who, spending.reserve_call, replace(PLAIN, feature=feature))
        except LimitReached:
            return 0
        if number % 5 == 0:
            run_service(who, spending.release_call, held.call_id, "down", charged=number % 10 == 0)
            return MOST if number % 10 == 0 else 0
        return run_service(who, spending.settle_call, held.call_id, CallDone(input_tokens=1_000, output_tokens=100 * (number % 17))).micros

    with ThreadPoolExecutor(200) as pool:
        spent = sum(pool.map(one, range(200)))
    with database.owner.connect() as connection:
        rows = connection.execute(text("select scope, period, sum(reserved) held, sum(settled + overrun) spent, bool_and(settled <= coalesce(ceiling, settled)) as fits from ai_meter group by 1, 2")).all()
        assert {(row.held, row.spent, row.fits) for row in rows} == {(0, spent, True)} and len(rows) == 6
        assert connection.execute(text("select sum(cost_micros), bool_and(state <> 'reserved') from ai_call")).one() == (spent, True)
        assert connection.execute(text("select settled from ai_meter where scope = 'team' and period = 'day'")).scalar_one() <= 60 * MOST
    assert spent > 0


def test_a_day_begins_where_its_person_is_as_the_rest_of_the_product_counts_days(database):
    """Every half hour around each change of clocks in ten years, midnights that come twice or never included."""
    moments = [(zone, edge + timedelta(minutes=30 * step)) for zone in PLACES for edge in _changes(ZoneInfo(zone)) for step in range(-50, 51)]
    moments += [(zone, datetime(2026, 2, 27, tzinfo=UTC) + timedelta(hours=step)) for zone in PLACES for step in range(72)]
    with database.owner.connect() as connection:
        rows = connection.execute(
            text("select ai_begins(m, 'day', z), ai_ends(m, 'day', z), ai_begins(m, 'month', z), ai_ends(m, 'month', z) from unnest(cast(:zones as text[]), cast(:moments as timestamptz[])) as given(z, m)"),
            {"zones": [zone for zone, _ in moments], "moments": [moment for _, moment in moments]},
        ).all()
    for (zone, moment), (begins, ends, month, next_month) in zip(moments, rows, strict=True):
        assert begins <= moment < ends and month <= begins and ends <= next_month
        place = ZoneInfo(zone)
        today = moment.astimezone(place).date()
        today = today if day_begins(today, place) <= moment else today - timedelta(days=1)
        assert (begins, ends) == (day_begins(today, place), day_begins(today + timedelta(days=1), place)), (zone, moment)
        assert month == day_begins(today.replace(day=1), place), (zone, moment)
    assert len(moments) > 10_000


def _changes(zone: ZoneInfo) -> list[datetime]:
    """About when the clocks of a zone change between 2015 and 2024."""
    hours = [datetime(2015, 1, 1, tzinfo=UTC) + timedelta(hours=6 * step) for step in range(4 * 365 * 10)]
    return [later for earlier, later in zip(hours, hours[1:], strict=False) if earlier.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset()]


def test_a_call_is_settled_on_the_day_on_which_it_was_reserved(run, database, alice, clock):
    clock(datetime(2026, 3, 10, 23, 59, 59, tzinfo=UTC))
    held = run(alice, spending.reserve_call, PLAIN)
    clock(datetime(2026, 3, 11, 0, 0, 1, tzinfo=UTC))
    run(alice, spending.reserve_call, PLAIN)
    run(alice, spending.settle_call, held.call_id, CallDone(input_tokens=1_000, output_tokens=0))
    with database.owner.connect() as connection:
        rows = connection.execute(text("select reserved, settled from ai_meter where scope = 'user' and period = 'day' order by starts_at")).all()
    assert rows == [(0, 1_000), (MOST, 0)]
    assert spans(database, period="month") == [(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))]


@pytest.mark.parametrize(("day", "hours"), [(datetime(2026, 3, 29, 12, tzinfo=UTC), 23), (datetime(2026, 10, 25, 12, tzinfo=UTC), 25), (datetime(2026, 6, 1, 12, tzinfo=UTC), 24)])
def test_a_day_is_as_long_as_it_is_where_the_clocks_change(run, database, alice, clock, day, hours):
    lives_in(database, alice, "Europe/London")
    clock(day)
    run(alice, spending.reserve_call, PLAIN)
    ((starts, ends),) = spans(database)
    assert ends - starts == timedelta(hours=hours) and starts.astimezone(ZoneInfo("Europe/London")).hour == 0


def test_the_teams_day_is_its_owners_and_a_zone_that_nobody_knows_is_utc(run, database, alice, olivia, clock):
    lives_in(database, olivia, "Asia/Tokyo")
    lives_in(database, alice, "Mars/Olympus")
    clock(datetime(2026, 6, 1, 20, tzinfo=UTC))
    run(alice, spending.reserve_call, PLAIN)
    assert spans(database, "team") == spans(database, "feature") == [(datetime(2026, 6, 1, 15, tzinfo=UTC), datetime(2026, 6, 2, 15, tzinfo=UTC))]
    assert spans(database) == [(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC))]


def test_a_clock_that_is_set_back_or_forth_buys_nothing_twice(run, database, alice, olivia, clock):
    run(olivia, spending.set_limit, LimitSet(scope=Scope.USER, subject=str(alice.user_id), period=Period.DAY, limit_micros=MOST))
    noon = datetime(2026, 6, 10, 12, tzinfo=UTC)
    for moment, goes in ((noon, True), (noon + timedelta(days=1), True), (noon, False), (noon + timedelta(days=1, hours=3), False), (noon - timedelta(days=1), True), (noon, False)):
        clock(moment)
        if goes:
            run(alice, spending.reserve_call, PLAIN)
        else:
            with pytest.raises(LimitReached):
                run(alice, spending.reserve_call, PLAIN)
    _require_apart(spans(database))


def test_whoever_hops_from_zone_to_zone_gets_no_more_days_than_there_are(run, database, alice, olivia, clock):
    """Each time their day ends they go to where the next midnight is nearest."""
    zones = [f"Etc/GMT{'+' if number >= 0 else '-'}{abs(number)}" for number in range(-14, 13)]
    begin = moment = datetime(2026, 6, 10, 0, 30, tzinfo=UTC)
    while moment < begin + timedelta(days=10):
        nearest = min(zones, key=lambda zone: day_begins(moment.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), ZoneInfo(zone)) - moment)
        lives_in(database, alice, nearest)
        clock(moment)
        run(alice, spending.reserve_call, PLAIN)
        moment = spans(database)[-1][1]
    days = spans(database)
    _require_apart(days)
    assert len(days) <= 21 and all(ends - starts >= timedelta(hours=12) for starts, ends in days[1:])


def test_days_lie_apart_whatever_clock_and_zone_do(run, database, alice, clock):
    import random

    chance = random.Random(5)
    moment = datetime(2026, 3, 20, tzinfo=UTC)
    for _ in range(120):
        moment += timedelta(minutes=chance.choice((-2_000, -600, -30, 20, 300, 700, 1_500, 4_000)))
        lives_in(database, alice, chance.choice(PLACES))
        clock(moment)
        run(alice, spending.reserve_call, replace(PLAIN, input_tokens=1, max_output=1))
        for period in ("day", "month"):
            assert any(starts <= moment < ends for starts, ends in spans(database, period=period))
    for scope in ("user", "team"):
        for period in ("day", "month"):
            _require_apart(spans(database, scope, period))


def _require_apart(found: list[tuple[datetime, datetime]]) -> None:
    assert found and all(ends <= starts for (_, ends), (starts, _) in zip(found, found[1:], strict=False))


@dataclass
class Known:
    """What the oracle knows of a call: who made it, for what, on which day, how it stands, and what was set aside and spent."""

    who: int
    feature: Feature
    day: int
    state: CallState
    held: int
    cost: int = 0


def machine_of(database, turn) -> type[RuleBasedStateMachine]:
    """Everything that can happen to meters, in any order, beside an oracle that adds up nothing but the calls that it saw."""
    people = [conftest._actor(name) for name in ("alice", "bob")]
    boss = conftest._actor("olivia")
    noon = datetime(2026, 6, 10, 12, tzinfo=UTC)
    calls = st.integers(0, 10_000)

    class Machine(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            cluster.empty(database)
            conftest._write_people(database)
            turn(noon)
            self.day = 0
            self.known: dict[UUID, Known] = {}
            self.limits: dict[tuple[Scope, str, Period], int | None] = {}
            self.highest: dict[tuple[str, str, str], int] = {}

        def _limit(self, scope: Scope, subject: str, period: Period) -> int | None:
            builtin = {(Scope.USER, Period.DAY): 1_000_000, (Scope.USER, Period.MONTH): 10_000_000, (Scope.TEAM, Period.MONTH): 50_000_000}.get((scope, period))
            given = self.limits.get((scope, subject, period))
            return builtin if given is None else given

        def _of(self, scope: Scope, subject: str, period: Period) -> list[Known]:
            def counts(call: Known) -> bool:
                theirs = {Scope.TEAM: "", Scope.FEATURE: call.feature.value, Scope.USER: str(people[call.who].user_id)}[scope] == subject
                return theirs and (period is Period.MONTH or call.day == self.day)

            return [call for call in self.known.values() if counts(call)]

        @rule(who=st.integers(0, 1), feature=st.sampled_from([Feature.ASSISTANT, Feature.DRAFTS]), size=st.sampled_from([1, 100, 5_000, 60_000]))
        def reserve(self, who: int, feature: Feature, size: int) -> None:
            plan = replace(PLAIN, feature=feature, input_tokens=size, max_output=size)
            most = rules.worst_case(plan)
            full = []
            for scope, subject in ((Scope.TEAM, ""), (Scope.FEATURE, feature.value), (Scope.USER, str(people[who].user_id))):
                for period in Period:
                    limit = self._limit(scope, subject, period)
                    used = sum(call.cost + (call.held if call.state is CallState.RESERVED else 0) for call in self._of(scope, subject, period))
                    if limit is not None and used + most > limit:
                        full.append((scope, period, max(0, limit - used)))
            try:
                held = run_service(people[who], spending.reserve_call, plan)
            except LimitReached as refused:
                assert (refused.refusal.scope, refused.refusal.period, refused.refusal.left_micros) in full
                return
            assert full == [] and held.micros == most
            self.known[held.call_id] = Known(who, feature, self.day, CallState.RESERVED, most)

        def _one(self, number: int, *states: CallState) -> UUID | None:
            found = [key for key, call in self.known.items() if call.state in states]
            return found[number % len(found)] if found else None

        @precondition(lambda self: self.known)
        @rule(number=calls, input_tokens=st.integers(0, 90_000), output_tokens=st.integers(0, 90_000))
        def settle(self, number: int, input_tokens: int, output_tokens: int) -> None:
            key = self._one(number, *CallState)
            call = self.known[key]
            done = run_service(people[call.who], spending.settle_call, key, CallDone(input_tokens=input_tokens, output_tokens=output_tokens))
            if call.state is not CallState.SETTLED:
                call.state, call.cost = CallState.SETTLED, rules.cost_of(input_tokens, output_tokens, PLAIN.input_price, PLAIN.output_price)
            assert done.micros == call.cost

        @precondition(lambda self: self.known)
        @rule(number=calls, charged=st.booleans())
        def release(self, number: int, charged: bool) -> None:
            key = self._one(number, *CallState)
            call = self.known[key]
            run_service(people[call.who], spending.release_call, key, "down", charged=charged)
            if call.state is CallState.RESERVED:
                call.state, call.cost = (CallState.UNKNOWN, call.held) if charged else (CallState.RELEASED, 0)
            elif call.state is CallState.UNKNOWN and not charged:
                call.state, call.cost = CallState.RELEASED, 0

        @rule(number=calls)
        def die(self, number: int) -> None:
            """A process dies over a call, and its lease runs out."""
            key = self._one(number, CallState.RESERVED)
            if key is None:
                return
            with database.owner.begin() as connection:
                connection.execute(text("update ai_call set lease_until = ai_clock() - interval '1 second' where id = :id"), {"id": key})
            with anonymous_work() as session:
                swept = queries.sweep(session)
            assert swept >= 1
            for call in [self.known[key]] if swept == 1 else [one for one in self.known.values() if one.state is CallState.RESERVED and one.day < self.day] + [self.known[key]]:
                call.state, call.cost = CallState.UNKNOWN, call.held

        @rule(where=st.sampled_from(["team", "assistant", "0", "1"]), period=st.sampled_from(list(Period)), micros=st.sampled_from([None, 0, 1_000, 50_000, 400_000, 2_000_000]))
        def limit(self, where: str, period: Period, micros: int | None) -> None:
            scope = {"team": Scope.TEAM, "assistant": Scope.FEATURE}.get(where, Scope.USER)
            subject = {"team": "", "assistant": "assistant"}.get(where) if scope is not Scope.USER else str(people[int(where)].user_id)
            run_service(boss, spending.set_limit, LimitSet(scope=scope, subject=subject or "", period=period, limit_micros=micros))
            self.limits[scope, subject or "", period] = micros

        @rule()
        def sleep(self) -> None:
            """Another day, before which whatever was under way has been given up."""
            with database.owner.begin() as connection:
                connection.execute(text("update ai_call set lease_until = ai_clock() - interval '1 second' where state = 'reserved'"))
            with anonymous_work() as session:
                queries.sweep(session)
            for call in self.known.values():
                if call.state is CallState.RESERVED:
                    call.state, call.cost = CallState.UNKNOWN, call.held
            self.day = min(self.day + 1, 18)
            turn(noon + timedelta(days=self.day))

        @invariant()
        def add_up(self) -> None:
            with database.owner.connect() as connection:
                rows = connection.execute(text("select * from ai_meter where ends_at > ai_clock()")).all()
                states = {row.id: (row.state, row.cost_micros) for row in connection.execute(text("select id, state, cost_micros from ai_call"))}
            assert states == {key: (call.state.value, call.cost) for key, call in self.known.items()}
            for row in rows:
                of = self._of(Scope(row.scope), row.subject, Period(row.period))
                assert row.reserved == sum(call.held for call in of if call.state is CallState.RESERVED)
                assert row.settled + row.overrun == sum(call.cost for call in of)
                assert row.overrun <= sum(max(0, call.cost - call.held) + (call.cost if call.state is CallState.SETTLED else 0) for call in of)
                limit = self._limit(Scope(row.scope), row.subject, Period(row.period))
                used = row.reserved + row.settled
                assert (row.ceiling is None) == (limit is None or used == row.overrun == 0 and row.ceiling is None)
                assert row.ceiling is None or row.ceiling == max(limit or 0, used), "the ceiling is the limit, or what was used when it was lowered"
                assert row.overrun == 0 or used >= (limit or 0), "what overran is taken up as soon as there is room"

    return Machine


def test_llm_06_meters_add_up_whatever_happens_in_whatever_order(database, olivia, clock):
    run_state_machine_as_test(
        machine_of(database, clock),
        settings=settings(max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True),
    )
