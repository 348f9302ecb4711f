"""The contact list as a board by stage."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import Source, Stage
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter

STAGES = [stage.value for stage in Stage]


@pytest.fixture
def crowd(run, alice):
    """Seven curious people and two new clients, one of them private to Alice."""
    items = [ContactCreate(display_name=f"Person {number}", stage="curious" if number < 7 else "new_client", tags=["Yoga"] if number % 2 else []) for number in range(9)]
    items[8].audience = "private"
    return run(alice, contacts.bulk_create, items, Source.IMPORT)


def board(run, who, sizes=None, **wanted):
    return {column.stage: column for column in run(who, contacts.get_board, ContactFilter(**wanted), sizes).columns}


def test_every_stage_has_its_column(run, alice, bob, crowd):
    found = board(run, alice)
    assert list(found) == STAGES
    assert {stage: len(column.rows) for stage, column in found.items() if column.rows} == {"curious": 7, "new_client": 2}
    assert [row.id for row in found["curious"].rows] == crowd[:7] and found["curious"].total == 7
    assert len(board(run, bob)["new_client"].rows) == 1 and board(run, bob)["new_client"].total == 1


@pytest.mark.parametrize("sort", ["name", "-name", "created", "-created", "last_contact", "-last_contact", "stage"])
@pytest.mark.parametrize("search", ["", "person", "persno"])
def test_a_column_goes_on_where_it_ended(run, alice, crowd, sort, search):
    column = board(run, alice, sort=sort, search=search, limit=3)["curious"]
    assert len(column.rows) == 3 and (column.total, column.total_is_capped) == (7, False)
    rest = run(alice, contacts.list_contacts, ContactFilter(stages=("curious",), sort=sort, search=search, after=column.next_cursor, limit=10)).rows
    everyone = run(alice, contacts.list_contacts, ContactFilter(stages=("curious",), sort=sort, search=search, limit=10)).rows
    assert [*column.rows, *rest] == list(everyone)


def test_a_column_shows_as_many_as_were_open(run, alice, crowd):
    found = board(run, alice, {"curious": 5}, limit=2)
    assert len(found["curious"].rows) == 5 and found["curious"].next_cursor and len(found["new_client"].rows) == 2 and not found["new_client"].next_cursor


def test_filters_narrow_the_board(run, alice, crowd):
    assert list(board(run, alice, stages=("curious", "ambassador"))) == ["curious", "ambassador"]
    assert list(board(run, alice, not_stages=("curious",))) == [stage for stage in STAGES if stage != "curious"]
    assert board(run, alice, stages=("curious",), not_stages=("curious",)) == {}
    assert board(run, alice, tags=("yoga",))["curious"].total == 3
    assert all(not column.rows and column.total == 0 for column in board(run, alice, search="zzzzz").values())


def test_counting_stops_at_its_cap(run, alice, crowd, monkeypatch):
    monkeypatch.setattr("crm_app.domain.contacts.board_queries.MOST_COUNTED", 4)
    column = board(run, alice)["curious"]
    assert (column.total, column.total_is_capped, len(column.rows)) == (4, True, 7)


@pytest.mark.parametrize(("search", "most"), [("", 2), ("person", 4), ("persno", 5)])
def test_a_board_needs_few_statements(run, alice, crowd, database, search, most):
    seen: list[str] = []
    listener = lambda *given: seen.append(given[2])  # noqa: E731
    event.listen(database.app, "before_cursor_execute", listener)
    board(run, alice, search=search)
    event.remove(database.app, "before_cursor_execute", listener)
    assert len([statement for statement in seen if "set_config('app." not in statement]) <= most
