"""What may be spent and was spent: how limits stand, who sets them, reports, the ledger, and who is told."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import SettingsUpdate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.errors import Forbidden, Invalid, NotFound
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.schemas import NotificationFilter
from crm_app.domain.spending import rules, telling
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.models import AiMeter, CallState, Period, Scope
from crm_app.domain.spending.schemas import CallDone, LimitReached, Turn
from crm_app.domain.spending.views import CallFilter, LimitSet, ReportFilter
from crm_app.jobs.spending import sweep, tidy
from tests.domain.test_metering import MOST, PLAN

TODAY = datetime.now(UTC).date()


def asked(run, actor: Actor, output: int = 200, **more):
    """A call that was made and cost 1,000 for what it read and 5 for each token of its answer."""
    held = run(actor, spending.reserve_call, replace(PLAN, **more))
    run(actor, spending.settle_call, held.call_id, CallDone(input_tokens=1_000, output_tokens=output, came="Ana is due."))
    return held.call_id


def limited(run, actor, scope: Scope, micros: int | None, subject: str = "", period: Period = Period.DAY) -> None:
    run(actor, spending.set_limit, LimitSet(scope=scope, subject=subject, period=period, limit_micros=micros))


def told(run, actor) -> list[str]:
    return [row.headline for row in run(actor, notifications.list_notifications, NotificationFilter()).notifications]


def test_how_limits_stand_before_and_after_a_call(run, alice):
    view = run(alice, spending.get_spending)
    assert (view.you.day.limit_micros, view.you.month.limit_micros, view.team.day.limit_micros, view.team.month.limit_micros) == (1_000_000, 10_000_000, None, 50_000_000)
    assert (view.you.day.left_micros, view.team.day.left_micros, view.features, view.currency) == (1_000_000, None, (), "USD")
    assert view.you.day.starts_at <= datetime.now(UTC) < view.you.day.ends_at == view.you.day.starts_at + timedelta(days=1)
    asked(run, alice)
    run(alice, spending.reserve_call, PLAN)
    view = run(alice, spending.get_spending)
    assert (view.you.day.spent_micros, view.you.day.reserved_micros, view.you.day.left_micros) == (2_000, MOST, 1_000_000 - 2_000 - MOST)
    (feature,) = view.features
    assert (feature.feature, feature.month.spent_micros, feature.month.limit_micros) == (Feature.ASSISTANT, 2_000, None)


def test_an_admin_says_what_everybody_may_spend_and_nobody_else_does(run, database, alice, bob, olivia, vera):
    limited(run, olivia, Scope.USER, 2_000_000)
    limited(run, olivia, Scope.USER, 3_000_000, str(bob.user_id))
    people = {one.name: one.day for one in run(olivia, spending.list_people_spending)}
    assert set(people) == {"Alice", "Bob", "Olivia"}
    assert [(people[name].limit_micros, people[name].given_micros) for name in ("Alice", "Bob")] == [(2_000_000, None), (3_000_000, 3_000_000)]
    for who in (alice, vera):
        with pytest.raises(Forbidden):
            run(who, spending.list_people_spending)
        with pytest.raises(Forbidden):
            limited(run, who, Scope.TEAM, 0)
    limited(run, olivia, Scope.USER, None, str(bob.user_id))
    assert run(bob, spending.get_spending).you.day.limit_micros == 2_000_000
    with database.owner.connect() as connection:
        deeds = connection.execute(text("select subject_id, details from audit_entry where action = 'ai.limit_set' order by seq")).all()
    assert [(deed.subject_id, deed.details.get("micros")) for deed in deeds] == [(None, 2_000_000), (bob.user_id, 3_000_000), (bob.user_id, None)]


def test_one_asks_for_less_than_one_may_and_never_for_more(run, alice, bob, olivia):
    me = str(alice.user_id)
    limited(run, alice, Scope.OWN, 400_000, me)
    view = run(alice, spending.get_spending).you.day
    assert (view.limit_micros, view.allowed_micros, view.own_micros) == (400_000, 1_000_000, 400_000)
    limited(run, alice, Scope.OWN, 1_000_000, me)
    with pytest.raises(Forbidden, match=r"You may spend \$1\.00 a day\. You can ask for less, not for more\."):
        limited(run, alice, Scope.OWN, 1_000_001, me)
    with pytest.raises(Forbidden, match=r"You may spend \$10\.00 a month"):
        limited(run, alice, Scope.OWN, 10_000_001, me, Period.MONTH)
    with pytest.raises(Forbidden, match="Only an admin"):
        limited(run, alice, Scope.OWN, 1, str(bob.user_id))
    with pytest.raises(Forbidden, match="Only an admin"):
        limited(run, olivia, Scope.OWN, 1, me)
    limited(run, olivia, Scope.USER, 200_000, me)
    assert run(alice, spending.get_spending).you.day.limit_micros == 200_000, "what an admin allows holds, whatever was asked before"
    limited(run, alice, Scope.OWN, None, me)


@pytest.mark.parametrize(
    ("scope", "subject", "refusal"),
    [(Scope.TEAM, "x", Invalid), (Scope.FEATURE, "cooking", Invalid), (Scope.USER, "nobody", NotFound), (Scope.USER, "01890000-0000-7000-8000-00000000dead", NotFound)],
)
def test_a_limit_for_something_that_is_not_there_is_refused(run, olivia, snapshot, scope, subject, refusal):
    with pytest.raises(refusal):
        limited(run, olivia, scope, 1, subject)


def test_a_report_adds_up_by_day_person_feature_and_model(run, database, alice, bob, olivia):
    first = asked(run, alice)
    asked(run, alice, 400, feature=Feature.DRAFTS, model_label="Fast")
    asked(run, bob, 0)
    run(alice, spending.reserve_call, PLAN)
    with database.owner.begin() as connection:
        connection.execute(text("update ai_call set started_at = started_at - interval '2 days' where id = :id"), {"id": first})
    wanted = ReportFilter(first=TODAY - timedelta(days=6), last=TODAY)
    mine = run(alice, spending.get_report, wanted)
    assert (mine.total.calls, mine.total.spent_micros, mine.total.reserved_micros, mine.total.input_tokens, mine.total.output_tokens) == (3, 5_000, MOST, 2_000, 600)
    assert [(row.day, row.spent_micros) for row in mine.days] == [(TODAY - timedelta(days=2), 2_000), (TODAY, 3_000)]
    assert [(row.feature, row.spent_micros, row.calls) for row in mine.features] == [(Feature.DRAFTS, 3_000, 1), (Feature.ASSISTANT, 2_000, 2)]
    assert [(row.model, row.spent_micros) for row in mine.models] == [("Fast", 3_000), ("Balanced", 2_000)]
    assert [row.name for row in mine.people] == ["Alice"]
    everybody = run(olivia, spending.get_report, wanted.model_copy(update={"everybody": True}))
    assert [(row.name, row.spent_micros) for row in everybody.people] == [("Alice", 5_000), ("Bob", 1_000)]
    assert everybody.total.spent_micros == 6_000 and run(olivia, spending.get_report, wanted).total.calls == 0
    with pytest.raises(Forbidden):
        run(alice, spending.get_report, wanted.model_copy(update={"everybody": True}))


def test_a_report_counts_days_where_its_reader_is(run, database, alice):
    call = asked(run, alice)
    with database.owner.begin() as connection:
        connection.execute(text("update ai_call set started_at = '2026-03-10 23:30+00' where id = :id"), {"id": call})
    day = date(2026, 3, 10)
    assert [row.day for row in run(alice, spending.get_report, ReportFilter(first=day, last=day)).days] == [day]
    there = replace(alice, time_zone="Asia/Tokyo")
    assert run(there, spending.get_report, ReportFilter(first=day, last=day)).days == ()
    assert [row.day for row in run(there, spending.get_report, ReportFilter(first=date(2026, 3, 11), last=date(2026, 3, 11))).days] == [date(2026, 3, 11)]


@pytest.mark.parametrize("days", [-1, 366])
def test_days_that_make_no_report_are_refused(run, alice, days):
    with pytest.raises(Invalid):
        run(alice, spending.get_report, ReportFilter(first=TODAY, last=TODAY + timedelta(days=days)))


def test_a_report_as_a_file_that_a_spreadsheet_can_open(run, alice):
    asked(run, alice, model_label='=HYPERLINK("x")', skill="sentiment")
    run(alice, spending.reserve_call, PLAN)
    file = io.BytesIO()
    assert run(alice, spending.export_spending, ReportFilter(first=TODAY, last=TODAY), file) == 2
    rows = list(csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig"))))
    assert [(row["Skill"], row["Model"], row["Cost (USD)"], row["Set aside (USD)"]) for row in rows] == [
        ("", "Balanced", "0.000000", "0.006314"), ("sentiment", "'=HYPERLINK(\"x\")", "0.002000", "0.000000"),
    ]  # fmt: skip
    assert rows[0]["Day"] == TODAY.isoformat() and rows[0]["Person"] == "Alice"


def test_the_ledger_shows_ones_own_calls_and_what_was_sent(run, alice, bob, olivia):
    person = run(alice, contacts.create_contact, ContactCreate(display_name="Ana"))
    made = [asked(run, alice, contact_ids=(person.id,), why="The cheapest that can"), asked(run, alice, feature=Feature.DRAFTS), run(alice, spending.reserve_call, PLAN).call_id]
    asked(run, bob)
    page = run(alice, spending.list_calls, CallFilter(limit=2))
    assert [row.id for row in page.calls] == [made[2], made[1]] and page.next_cursor
    rest = run(alice, spending.list_calls, CallFilter(limit=2, after=page.next_cursor))
    assert [row.id for row in rest.calls] == [made[0]] and rest.next_cursor is None
    assert [row.id for row in run(alice, spending.list_calls, CallFilter(feature=Feature.DRAFTS)).calls] == [made[1]]
    assert [row.id for row in run(alice, spending.list_calls, CallFilter(state=CallState.RESERVED)).calls] == [made[2]]
    view = run(alice, spending.get_call, made[0])
    assert (view.kept, view.sent[0].content, view.came, view.contact_ids, view.why, view.cost_micros) == (
        True, "Who is due?", "Ana is due.", (person.id,), "The cheapest that can", 2_000,
    )  # fmt: skip
    for other in (bob, olivia):
        with pytest.raises(NotFound):
            run(other, spending.get_call, made[0])
    with pytest.raises(Invalid):
        run(alice, spending.list_calls, CallFilter(after="nonsense"))


def test_what_was_sent_goes_after_a_while_and_what_it_cost_stays(run, database, alice):
    old, new = asked(run, alice, contact_ids=(uuid4(),)), asked(run, alice)
    bare = asked(run, alice, sent=())
    with database.owner.begin() as connection:
        connection.execute(text("update ai_call_content set kept_since = now() - interval '31 days' where call_id = :id"), {"id": old})
        connection.execute(text("update ai_call set started_at = now() - interval '31 days' where id = :id"), {"id": old})
    assert (tidy(datetime.now(UTC)), tidy(datetime.now(UTC))) == (1, 0)
    view = run(alice, spending.get_call, old)
    assert (view.kept, view.sent, view.came, view.contact_ids, view.cost_micros) == (False, (), "", (), 2_000)
    assert run(alice, spending.get_call, new).kept and not run(alice, spending.get_call, bare).kept


def test_an_admin_says_how_long_what_was_sent_is_kept(run, database, alice, olivia):
    call = asked(run, alice)
    with database.owner.begin() as connection:
        connection.execute(text("update ai_call_content set kept_since = now() - interval '20 days'"))
    assert tidy(datetime.now(UTC)) == 0
    run(olivia, ai.change_settings, SettingsUpdate(version=1, keep_days=14))
    assert tidy(datetime.now(UTC)) == 1 and not run(alice, spending.get_call, call).kept


def test_of_somebody_who_is_erased_nothing_stays_that_was_sent_or_came(run, database, alice):
    ana, ben = (run(alice, contacts.create_contact, ContactCreate(display_name=name)) for name in ("Ana", "Ben"))
    both, other = asked(run, alice, contact_ids=(ana.id, ben.id)), asked(run, alice, contact_ids=(ben.id,))
    run(alice, contacts.delete_contacts, [ana.id])
    with database.owner.begin() as connection:
        connection.execute(text("delete from contact where id = :id"), {"id": ana.id})
    view = run(alice, spending.get_call, both)
    assert (view.kept, view.came, view.contact_ids) == (False, "", (ben.id,)) and run(alice, spending.get_call, other).kept


def test_calls_that_nobody_came_back_for_are_swept_however_many(run, database, alice):
    for _ in range(3):
        run(alice, spending.reserve_call, replace(PLAN, local=True))
    with database.owner.begin() as connection:
        connection.execute(text("update ai_call set lease_until = now() - interval '1 second'"))
    assert (sweep(datetime.now(UTC)), sweep(datetime.now(UTC))) == (3, 0)
    assert {row.state for row in run(alice, spending.list_calls, CallFilter()).calls} == {CallState.UNKNOWN}


def test_sweeping_goes_on_while_there_is_a_whole_lot(monkeypatch, database):
    lots = iter([100, 100, 7])
    monkeypatch.setattr("crm_app.domain.spending.queries.sweep", lambda session: next(lots))
    assert sweep(datetime.now(UTC)) == 207


def test_half_most_and_all_of_a_limit_are_told_once(run, alice, bob, olivia):
    limited(run, olivia, Scope.USER, 13_000, str(alice.user_id))
    asked(run, alice, 1_000)  # 6,000 of 13,000: not half
    assert told(run, alice) == []
    asked(run, alice, 0)  # 7,000
    assert told(run, alice) == ["Your limit for a day: $0.007 of $0.01 is spent"]
    asked(run, alice, 100, max_output=200)  # 8,500
    assert len(told(run, alice)) == 1
    asked(run, alice, 600, max_output=600)  # 12,500
    assert len(told(run, alice)) == 2
    with pytest.raises(LimitReached) as refused:
        asked(run, alice)
    for _ in range(2):
        run(alice, spending.tell_refused, refused.value.refusal)
    assert len(told(run, alice)) == 3 and told(run, bob) == told(run, olivia) == []


def test_the_teams_and_a_features_limits_are_told_to_those_who_manage_them(run, alice, olivia):
    limited(run, olivia, Scope.TEAM, 8_000)
    limited(run, olivia, Scope.FEATURE, 10_000, "assistant", Period.MONTH)
    asked(run, alice, 1_000)
    assert sorted(told(run, olivia)) == ["The limit for a month of “Assistant”: $0.006 of $0.01 is spent", "The team's limit for a day: $0.006 of $0.008 is spent"]
    assert told(run, alice) == []
    asked(run, olivia, 80, input_tokens=500, max_output=100)
    assert "The team's limit for a day: $0.0074 of $0.008 is spent" in told(run, olivia)
    held = run(alice, spending.reserve_call, replace(PLAN, feature=Feature.DRAFTS, input_tokens=1, max_output=100))
    run(alice, spending.release_call, held.call_id, "cut", charged=True)
    assert sum("team" in words for words in told(run, olivia)) == 2


@pytest.mark.parametrize(("spent", "limit", "mark"), [(49, 100, 0), (50, 100, 50), (79, 100, 50), (80, 100, 80), (100, 100, 100), (200, 100, 100), (0, 0, 0), (5, 0, 0), (5, None, 0)])
def test_which_mark_is_passed(spent, limit, mark):
    assert telling.passed_mark(spent, limit) == mark


@pytest.mark.parametrize(("micros", "words"), [(0, "$0.00"), (1, "$0.000001"), (3_100, "$0.0031"), (10_000, "$0.01"), (1_234_567_890, "$1,234.57")])
def test_amounts_in_words(micros, words):
    assert rules.dollars(micros) == words


def test_a_limit_that_was_taken_away_is_told_without_it(database):
    meter = AiMeter(scope="team", subject="", period="day", starts_at=datetime.now(UTC), ends_at=datetime.now(UTC), reserved=0, settled=5_000, overrun=0)
    assert rules.meter_words(meter) == "The team's limit for a day: $0.005 is spent"


def test_a_call_for_a_job_of_somebody_elses_names_no_job(run, database, alice, bob):
    from crm_app.domain.jobs import service as jobs

    job = run(bob, jobs.enqueue_job, "contacts.import", {})
    held = run(alice, spending.reserve_call, replace(PLAN, job_id=job.id, sent=(Turn("system", "x"),)))
    assert run(alice, spending.get_call, held.call_id).job_id is None
    own = run(bob, spending.reserve_call, replace(PLAN, job_id=job.id))
    assert run(bob, spending.get_call, own.call_id).job_id == job.id
