"""The dashboard: each figure is the number of rows in the list that it leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import event, text
from starlette.datastructures import QueryParams

from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import SettingsUpdate
from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.schemas import AwayCreate
from crm_app.domain.contacts.page_queries import list_page
from crm_app.domain.dashboard.layout import Card, Layout
from crm_app.domain.dashboard.service import arrange_dashboard, load_dashboard
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.schemas import CallDone, CallPlan
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import ProposalCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.pages.list_state import ListState
from tests.domain.people import contact

NOON = "2025-11-26T12:00:00+00:00"  # a Wednesday


@pytest.fixture
def board(run, alice, bob, database):
    people = {name: contact(alice, name) for name in ("Ann", "Ben", "Old", "Archived", "Gone")}
    contact(bob, "Bob's secret", "private")
    with database.owner.begin() as connection:
        connection.execute(text("update contact set created_at = '2025-11-20T00:00Z'"))
        connection.execute(text("update contact set created_at = '2025-10-31T23:30Z' where display_name = 'Old'"))
        connection.execute(text("update contact set archived_at = now() where display_name = 'Archived'"))
        connection.execute(text("update contact set deleted_at = now() where display_name = 'Gone'"))
    with time_machine.travel(NOON, tick=True):
        for name, day in (("Ann", 25), ("Ben", 23)):
            when = datetime(2025, 11, day, 23, tzinfo=UTC)
            run(alice, interactions.log_interaction, InteractionCreate(kind="call", subject=name, occurred_at=when, contact_ids=[people[name]]))
        for title, day, priority in (("late", 1, "low"), ("now", 26, "urgent"), ("soon", 28, "high")):
            run(alice, tasks.create_task, TaskCreate(title=title, due_date=date(2025, 11, day), priority=priority))
        yield lambda actor, **more: run(actor, load_dashboard, **more)


def test_figures_and_lists(board, alice):
    view = board(alice)
    assert (view.greeting_name, view.today, view.has_contact, view.has_note) == ("Alice", date(2025, 11, 26), True, True)
    figures = (view.active_contacts, view.new_contacts, view.contacted, view.tasks_open, view.tasks_overdue, view.tasks_today)
    assert [figure.value for figure in figures] == [3, 2, 1, 3, 1, 1]
    assert [entry.subject for entry in view.recent] == ["Ann", "Ben"]
    assert [task.title for task in view.tasks] == ["late", "now"]


def test_week_and_month_are_the_readers(board, alice):
    view = board(replace(alice, time_zone="Europe/Berlin", week_start=6))
    assert (view.new_contacts.value, view.contacted.value) == (3, 2)
    assert "created_from=2025-11-01" in view.new_contacts.link and "contacted_from=2025-11-23" in view.contacted.link


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Auckland"])
@pytest.mark.parametrize("mine", [False, True], ids=["team", "mine"])
def test_each_figure_leads_to_the_rows_it_counts(board, run, alice, bob, zone, mine):
    contact(bob, "Bob's own")
    run(bob, tasks.create_task, TaskCreate(title="bob's", due_date=date(2025, 11, 1)))
    actor = replace(alice, time_zone=zone)
    view = board(actor, mine=mine)
    for figure in (view.active_contacts, view.new_contacts, view.contacted):
        state = ListState.from_query(QueryParams(urlsplit(figure.link).query))
        assert state.whose == ("mine" if mine else "team")
        assert run(actor, list_page, state.to_filter(actor)).total == figure.value, figure.link
    shown = run(actor, tasks.get_task_board, mine=mine)
    assert all(figure.link.endswith("whose=mine" if mine else "whose=team") for figure in (view.tasks_open, view.tasks_overdue, view.tasks_today))
    assert len(shown.buckets["overdue"]) == view.tasks_overdue.value and len(shown.buckets["today"]) == view.tasks_today.value


def test_mine_counts_what_is_ones_own(board, run, alice, bob):
    theirs, own = board(bob), board(bob, mine=True)
    assert theirs.active_contacts.value == 4 and theirs.recent and theirs.tasks
    assert (own.active_contacts.value, own.tasks_open.value, own.recent, own.tasks) == (1, 0, (), ())


def test_a_viewer_sees_the_teams_alone(board, vera):
    assert board(vera).active_contacts.value == 3
    assert not any(entry.may_edit for entry in board(vera).recent)


def test_an_empty_house(run, alice):
    view = run(alice, load_dashboard)
    assert not view.has_contact and not view.has_note and view.recent == view.tasks == ()


def test_growth_is_shown_when_there_is_some_and_ends_with_today(board, run, alice, database):
    assert board(alice).growth == ()  # two weeks brought somebody: no line yet
    people = [contact(alice, name) for name in ("Cy", "Di")]
    with database.owner.begin() as connection:
        connection.execute(text("update contact set created_at = '2025-11-04T12:00Z' where id = any(:ids)"), {"ids": people})
    growth = board(alice).growth
    assert len(growth) == 12 and growth[-1] == board(alice).active_contacts.value == 5
    assert list(growth[-4:]) == [3, 3, 5, 5] and growth[0] == 0


def test_a_great_import_draws_no_line_and_is_counted_all_the_same(board, alice, monkeypatch):
    monkeypatch.setattr("crm_app.domain.dashboard.queries.MOST_GROWN", 1)
    view = board(alice)
    assert view.growth == () and view.new_contacts.value == 2


def test_the_days_of_the_week_add_up_to_those_in_touch(board, run, alice):
    person = contact(alice, "Later")
    run(alice, interactions.log_interaction, InteractionCreate(kind="call", occurred_at=datetime(2025, 11, 28, 9, tzinfo=UTC), contact_ids=[person]))
    view = board(alice)
    assert view.contacted_by_day == (0, 1, 1, 0, 0, 0, 0) and view.contacted.value == 2, "what is dated ahead counts as today's"
    sunday_first = board(replace(alice, week_start=6))
    assert sunday_first.contacted_by_day == (1, 0, 1, 1, 0, 0, 0)


def test_who_is_due_stands_there_and_waits_while_one_is_away(board, run, alice, bob, database):
    with database.owner.begin() as connection:
        connection.execute(text("update contact set cadence_effective = 1, due_at = coalesce(last_contact_at, created_at) + interval '1 hour' where display_name in ('Ann', 'Ben', 'Bob''s secret')"))
    view = board(alice)
    assert [row.display_name for row in view.reconnect.rows] == ["Ben", "Ann"]
    assert view.reconnect_due.value == 2 and view.reconnect_due.link == "/contacts?due=1&whose=team&sort=due"
    state = ListState.from_query(QueryParams(urlsplit(view.reconnect_due.link).query))
    assert run(alice, list_page, state.to_filter(alice)).total == 2
    run(alice, cadence.create_away, AwayCreate(starts_on=date(2025, 11, 26), ends_on=date(2025, 11, 30)))
    assert board(alice).reconnect.away.ends_on == date(2025, 11, 30)


def test_what_is_hidden_is_not_asked_for_and_only_ones_own_page_changes(board, run, alice, bob):
    hidden = Layout().toggled(Card.RECENT).toggled(Card.TASKS).toggled(Card.BIRTHDAYS)
    assert run(alice, arrange_dashboard, hidden) == hidden
    view = board(alice)
    assert view.layout == hidden and view.recent == view.tasks == view.birthdays == ()
    assert view.tasks_overdue.value == 1 and view.contacted.value == 1, "the figures stay"
    assert board(bob).layout == Layout() and board(bob).recent


def test_a_birthday_that_comes_stands_there(board, database, alice):
    with database.owner.begin() as connection:
        connection.execute(text("update contact set birth_month = 12, birth_day = 2, birth_year = 1985 where display_name = 'Ann'"))
        connection.execute(text("update contact set birth_month = 12, birth_day = 24 where display_name = 'Ben'"))
    assert [(row.display_name, row.on, row.turns) for row in board(alice).birthdays] == [("Ann", date(2025, 12, 2), 40)]


def test_it_takes_few_statements(board, alice, database):
    statements = []
    event.listen(database.app, "before_cursor_execute", lambda *given: statements.append(given[2]))
    board(alice)
    assert len(statements) <= 11, statements  # the first says who asks


@pytest.fixture
def assistant(run, alice, olivia):
    """Models are on, in euros; four things are suggested to alice, and one call of hers has cost 0.30 dollars."""
    run(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=True, currency="EUR", rate=900_000))
    for title in ("One", "Two", "Three", "Four"):
        run(alice, suggestions.propose, ProposalCreate(kind="create_task", payload={"title": title}))
    plan = CallPlan(feature=Feature.BRIEFING, model_label="Small", input_tokens=1_000, max_output=10, input_price=300_000_000, output_price=0)
    call = run(alice, spending.reserve_call, plan)
    run(alice, spending.settle_call, call.call_id, CallDone(input_tokens=1_000, output_tokens=1))


def test_what_waits_and_what_was_spent_is_ones_own(run, alice, bob, assistant):
    day = run(alice, load_dashboard).assistant
    assert ([one.payload["title"] for one in day.suggestions], day.waiting) == (["Four", "Three", "Two"], 4)
    view, spend = run(alice, load_dashboard), day.spend
    assert (spend.spent_micros, spend.limit_micros, spend.currency, spend.rate) == (300_000, 10_000_000, "EUR", 900_000)
    assert spend.by_day[view.today.day - 1] == sum(spend.by_day) == 300_000 and len(spend.by_day) in range(28, 32)
    theirs = run(bob, load_dashboard).assistant
    assert (theirs.suggestions, theirs.waiting, theirs.spend.spent_micros) == ((), 0, 0)


def test_nothing_of_the_assistant_is_there_for_a_viewer_or_once_it_is_off(run, alice, vera, olivia, assistant):
    assert run(vera, load_dashboard).assistant is None
    run(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=False))
    assert run(alice, load_dashboard).assistant is None


def test_a_hidden_card_of_the_assistant_is_not_asked_for_and_what_waits_is_counted_all_the_same(run, alice, assistant):
    run(alice, arrange_dashboard, Layout().toggled(Card.ASSISTANT).toggled(Card.SPENDING))
    day = run(alice, load_dashboard).assistant
    assert (day.suggestions, day.waiting, day.spend) == ((), 4, None)


def test_the_assistant_takes_few_statements_more(run, alice, assistant, database):
    statements = []
    event.listen(database.app, "before_cursor_execute", lambda *given: statements.append(given[2]))
    run(alice, load_dashboard)
    assert len(statements) <= 16, statements
