"""Who stands before and after a contact in the list that one came from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import Source, Stage
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter
from crm_app.domain.errors import NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate

SORTS = ["name", "-name", "last_contact", "-last_contact", "created", "-created", "stage"]
MET = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def crowd(run, alice):
    """Fifteen people: several of one name, some never met, three of them private to Alice."""
    stages = [stage.value for stage in Stage]
    items = [
        ContactCreate(display_name=f"Person {number % 4}", stage=stages[number % 3], tags=["Yoga"] if number % 2 else [], audience="private" if number % 5 == 0 else "team")
        for number in range(15)
    ]
    ids = run(alice, contacts.bulk_create, items, Source.IMPORT)
    for number, contact_id in enumerate(ids):
        if number % 3:
            met = MET + timedelta(days=number // 2)
            run(alice, interactions.log_interaction, InteractionCreate(kind="call", contact_ids=[contact_id], occurred_at=met))
    return ids


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize(
    "narrow", [{}, {"stages": ("discovery", "curious")}, {"tags": ("yoga",)}, {"search": "person"}, {"search": "persno"}], ids=["all", "stages", "tag", "search", "typo"]
)
def test_neighbours_are_those_of_the_list(run, alice, bob, crowd, sort, narrow):
    for who in (alice, bob):
        wanted = ContactFilter(sort=sort, limit=200, **narrow)
        order = [row.id for row in run(who, contacts.list_contacts, wanted).rows]
        assert order
        for at, contact_id in enumerate(order):
            found = run(who, contacts.get_neighbours, contact_id, wanted)
            assert found.previous_id == (order[at - 1] if at else None)
            assert found.next_id == (order[at + 1] if at + 1 < len(order) else None)
            assert (found.position, found.total, found.total_is_capped) == (at + 1, len(order), False)


def test_the_page_of_the_list_does_not_matter(run, alice, crowd):
    first = run(alice, contacts.list_contacts, ContactFilter(limit=5))
    second = run(alice, contacts.list_contacts, ContactFilter(limit=5, after=first.next_cursor))
    found = run(alice, contacts.get_neighbours, second.rows[0].id, ContactFilter(limit=5, after=first.next_cursor))
    assert found.previous_id == first.rows[-1].id and found.next_id == second.rows[1].id and found.position == 6


def test_who_has_left_the_list_still_has_neighbours(run, alice, crowd):
    order = [row.id for row in run(alice, contacts.list_contacts, ContactFilter(stages=("curious",))).rows]
    run(alice, contacts.set_stage, [order[1]], "ambassador")
    found = run(alice, contacts.get_neighbours, order[1], ContactFilter(stages=("curious",)))
    assert (found.previous_id, found.next_id, found.position, found.total) == (order[0], order[2], None, len(order) - 1)


@pytest.mark.parametrize("sort", SORTS)
def test_where_many_are_found_by_a_word_neighbours_are_known_and_places_are_not_counted(run, alice, crowd, monkeypatch, sort):
    monkeypatch.setattr("crm_app.domain.contacts.search_queries.MANY", 5)
    monkeypatch.setattr("crm_app.domain.contacts.neighbour_queries.MOST_FOUND", 10)
    run(alice, contacts.create_contact, ContactCreate(display_name="Someone else"))
    wanted = ContactFilter(search="person", sort=sort, limit=200)
    order = [row.id for row in run(alice, contacts.list_contacts, wanted).rows]
    found = run(alice, contacts.get_neighbours, order[7], wanted)
    assert (found.previous_id, found.next_id, found.position) == (order[6], order[8], None)
    assert (found.total, found.total_is_capped) == (10, True)


def test_a_place_beyond_what_is_counted_is_not_said(run, alice, crowd, monkeypatch):
    monkeypatch.setattr("crm_app.domain.contacts.neighbour_queries.MOST_COUNTED", 6)
    order = [row.id for row in run(alice, contacts.list_contacts, ContactFilter()).rows]
    places = [run(alice, contacts.get_neighbours, contact_id, ContactFilter()).position for contact_id in order]
    assert places == [1, 2, 3, 4, 5, 6, *[None] * 9]


def test_what_one_may_not_see_is_neither_found_nor_a_neighbour(run, alice, bob, crowd):
    private = next(row.id for row in run(alice, contacts.list_contacts, ContactFilter()).rows if row.audience == "private")
    for key in (private, uuid4()):
        with pytest.raises(NotFound):
            run(bob, contacts.get_neighbours, key, ContactFilter())
    mine = run(bob, contacts.create_contact, ContactCreate(display_name="Person 0")).id
    around = run(bob, contacts.get_neighbours, mine, ContactFilter(mine=True))
    assert (around.previous_id, around.next_id, around.position, around.total) == (None, None, 1, 1)


@pytest.mark.parametrize(("search", "most"), [("", 1), ("person", 3), ("persno", 4)])
def test_it_takes_few_statements(run, alice, crowd, database, search, most):
    seen: list[str] = []
    listener = lambda *given: seen.append(given[2])  # noqa: E731
    event.listen(database.app, "before_cursor_execute", listener)
    run(alice, contacts.get_neighbours, crowd[0], ContactFilter(search=search))
    event.remove(database.app, "before_cursor_execute", listener)
    assert len([statement for statement in seen if "set_config('app." not in statement and "publish_changes" not in statement]) <= most
