"""The day is told by itself to whoever switched that on: before their morning, where they are, once a day, only of those who agree, only what can be paid."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from crm_app.ai.skills.asking import MAKE
from crm_app.ai.skills.cards import Standing, get_day
from crm_app.components.insight_card import address_of
from crm_app.domain.ai import briefing
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import FeatureUpdate, PreferenceUpdate, SettingsUpdate
from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.schemas import AwayCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.days import today_of
from crm_app.domain.errors import Forbidden
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.models import Period, Scope
from crm_app.domain.spending.views import CallFilter, LimitSet
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.jobs.briefings import brief_people
from crm_app.jobs.runner import HANDLERS, JobRunner
from tests.ai_desk import agree, model_at_hand

DAY = {"opening": {"text": "One task is due.", "sources": [1]}, "people": [], "attention": [{"text": "Call Ana.", "sources": [1, 2]}], "confidence": 0.8}


@pytest.fixture
def fake(database, olivia):
    with model_at_hand(olivia) as gateway:
        gateway.add(*[DAY] * 5)
        yield gateway


@pytest.fixture
def due(run, alice, fake):
    """Alice has a task that is due, about somebody who agrees, and wants to be told at half past six."""
    ana = run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva"))
    agree(alice, ana.id)
    run(alice, tasks.create_task, TaskCreate(title="Call Ana", due_date=today_of(alice), contact_ids=[ana.id]))
    run(alice, ai.set_preference, PreferenceUpdate(briefing=True))
    return ana


def clock(hour, minute=0, days=0):
    return datetime.combine(datetime.now(UTC).date() + timedelta(days=days), time(hour, minute), UTC)


def work():
    return JobRunner(HANDLERS).run_pending([MAKE])


def test_nobody_is_told_who_did_not_ask_for_it(run, fake, alice):
    assert (run(alice, ai.get_preference).briefing, brief_people(clock(9)), work()) == (False, 0, 0)


def test_it_is_there_in_the_morning_once_a_day(run, alice, fake, due):
    assert brief_people(clock(6, 29)) == 0
    assert [brief_people(clock(6, 30)), brief_people(clock(6, 31)), work()] == [1, 0, 1]
    told = run(alice, get_day)
    assert told.standing is Standing.DONE and told.said.opening.text == "One task is due."
    (call,) = run(alice, spending.list_calls, CallFilter()).calls
    assert (call.feature, call.cost_micros > 0) == ("briefing", True), "on the same meter as everything else"
    assert run(alice, briefing.begin_day, clock(6, 30, days=1)), "and again the next morning"


def test_it_is_the_morning_where_somebody_is(run, database, alice, fake, due):
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set time_zone = 'Asia/Tokyo' where id = :id"), {"id": alice.user_id})
    assert [brief_people(clock(21, 29)), brief_people(clock(21, 30))] == [0, 1], "half past six of the next day in Tokyo"


def test_the_hour_is_ones_own(run, alice, fake, due):
    run(alice, ai.set_preference, PreferenceUpdate(briefing_at=time(8, 15)))
    assert run(alice, ai.get_preference).briefing, "the switch stays as it was"
    assert [brief_people(clock(8, 14)), brief_people(clock(8, 15))] == [0, 1]


@pytest.mark.parametrize("value", ["25:00", "morning", "06:30+02:00", 6.5])
def test_a_time_that_is_none_is_refused(value):
    with pytest.raises(ValidationError):
        PreferenceUpdate(briefing_at=value)


def test_a_server_that_was_away_all_morning_tells_no_day_that_is_under_way(alice, fake, due):
    assert [brief_people(clock(10, 31)), brief_people(clock(10, 32)), work()] == [0, 0, 0]


def test_whoever_is_away_is_left_alone(run, alice, fake, due):
    run(alice, cadence.create_away, AwayCreate(starts_on=today_of(alice), ends_on=today_of(alice)))
    assert brief_people(clock(7)) == 0


@pytest.mark.parametrize("off", ["models", "feature", "switch", "disabled"])
def test_nothing_is_asked_while_it_is_off(run, database, alice, olivia, fake, due, off):
    if off == "models":
        run(olivia, ai.change_settings, SettingsUpdate(version=run(olivia, ai.get_settings).version, enabled=False))
    elif off == "feature":
        run(olivia, ai.choose_feature, Feature.BRIEFING, FeatureUpdate(enabled=False))
    elif off == "switch":
        run(alice, ai.set_preference, PreferenceUpdate(briefing=False))
    else:
        with database.owner.begin() as connection:
            connection.execute(text("update user_account set disabled_at = now() where id = :id"), {"id": alice.user_id})
    assert (brief_people(clock(7)), work(), fake.requests) == (0, 0, [])


def test_a_day_of_which_nothing_may_be_read_costs_nothing(run, bob, fake):
    run(bob, ai.set_preference, PreferenceUpdate(briefing=True))
    assert (brief_people(clock(7)), work(), fake.requests) == (0, 0, [])


def test_without_money_no_model_is_asked_and_the_dashboard_says_so(run, alice, olivia, fake, due):
    run(olivia, spending.set_limit, LimitSet(scope=Scope.USER, subject=str(alice.user_id), period=Period.DAY, limit_micros=1))
    assert (brief_people(clock(7)), work(), fake.requests) == (1, 1, [])
    told = run(alice, get_day)
    assert told.said is None and told.refusal


def test_a_viewer_is_told_nothing_and_may_not_switch_it_on(run, vera, fake):
    with pytest.raises(Forbidden):
        run(vera, ai.set_preference, PreferenceUpdate(briefing=True))
    assert brief_people(clock(7)) == 0


def test_every_citation_leads_to_its_record(run, alice, fake, due):
    entry = run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="She travels a lot.", contact_ids=[due.id]))
    brief_people(clock(7))
    run_day = work()
    told = run(alice, get_day)
    ways = {source.kind: address_of(source, None) for source in told.sources}
    assert run_day == 1 and None not in ways.values() and ways["task"].startswith("/tasks?open=")
    entries = [source for source in told.sources if source.kind == "entry"]
    assert all(address_of(source, None) == f"/contacts/{due.id}?entry={entry.id}" for source in entries)
