"""Lists: every order, both directions, filters, counts, cursors that were tampered with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import Source, Stage
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter, ContactUpdate
from crm_app.domain.days import today_of
from crm_app.domain.errors import Invalid
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.paging import encode_cursor
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.schemas import ProgrammeCreate

SORTS = ["name", "-name", "last_contact", "-last_contact", "created", "-created", "stage"]
MET = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def crowd(run, alice):
    """Twenty-three people: several of one name, a third of them never met."""
    stages = [stage.value for stage in Stage]
    items = [ContactCreate(display_name=f"Person {number % 7}", stage=stages[number % 4], company=f"Firm {number:02}") for number in range(23)]
    ids = run(alice, contacts.bulk_create, items, Source.IMPORT)
    for number, contact_id in enumerate(ids):
        if number % 3:
            met = MET + timedelta(days=number // 2)
            run(alice, interactions.log_interaction, InteractionCreate(kind="call", contact_ids=[contact_id], occurred_at=met))
    return ids


def page(run, who, **wanted):
    return run(who, contacts.list_contacts, ContactFilter(**wanted))


def walk(run, who, **wanted):
    pages, after = [], None
    while True:
        pages.append(page(run, who, after=after, **wanted))
        after = pages[-1].next_cursor
        if after is None:
            return pages


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("search", ["", "person"])
def test_every_order_shows_everyone_once_forth_and_back(run, alice, crowd, sort, search):
    pages = walk(run, alice, sort=sort, limit=5, search=search)
    assert [len(found.rows) for found in pages] == [5, 5, 5, 5, 3] and {found.total for found in pages} == {23}
    assert pages[0].previous_cursor is None
    rows = [row for found in pages for row in found.rows]
    assert {row.id for row in rows} == set(crowd) and len(rows) == 23
    back, cursor = [], pages[-1].previous_cursor
    while cursor:
        found = page(run, alice, sort=sort, limit=5, search=search, after=cursor)
        back.insert(0, found)
        cursor = found.previous_cursor
    assert [found.rows for found in back] == [found.rows for found in pages[:-1]]
    assert back[0].next_cursor is not None and page(run, alice, sort=sort, limit=5, search=search, after=back[0].next_cursor).rows == pages[1].rows


@pytest.mark.parametrize(("sort", "falling"), [("last_contact", False), ("-last_contact", True)])
def test_people_never_met_come_last(run, alice, crowd, sort, falling):
    times = [row.last_contact_at for found in walk(run, alice, sort=sort, limit=4) for row in found.rows]
    met = [moment for moment in times if moment]
    assert met == sorted(met, reverse=falling) and times[len(met) :] == [None] * (23 - len(met)) and len(met) == 15


def test_orders_are_what_they_say(run, alice, crowd):
    assert [row.display_name for row in page(run, alice, sort="name", limit=200).rows] == sorted(f"Person {number % 7}" for number in range(23))
    assert [row.id for row in page(run, alice, sort="-created", limit=200).rows] == crowd[::-1]
    stages = [row.stage for row in page(run, alice, sort="stage", limit=200).rows]
    assert stages == sorted(stages)


def test_names_sort_without_accents_case_and_quotes(run, alice):
    for name in ("Émile", "zoe", "Ärger", "“Bob”", "anna", "Čapek"):
        run(alice, contacts.create_contact, ContactCreate(display_name=name))
    assert [row.display_name for row in page(run, alice).rows] == ["anna", "Ärger", "“Bob”", "Čapek", "Émile", "zoe"]


def test_filters_narrow_and_count(run, alice, bob, crowd):
    run(alice, contacts.add_tags, crowd[:4], ["Yoga"])
    run(alice, contacts.add_tags, crowd[:2], ["VIP"])
    run(alice, contacts.set_favourite, crowd[:3], True)
    run(alice, contacts.archive_contacts, crowd[:1])
    private = run(bob, contacts.create_contact, ContactCreate(display_name="Bob's own", audience="private")).id
    cases = [
        ({}, 22), ({"archived": True}, 1), ({"tags": ("yoga",)}, 3), ({"tags": ("yoga", "VIP")}, 1), ({"tags": ("unknown",)}, 0), ({"favourite": True}, 2),
        ({"favourite": False}, 20), ({"stages": ("discovery", "curious")}, 11), ({"mine": True}, 22), ({"tags": ("yoga",), "search": "person"}, 3),
    ]  # fmt: skip
    for wanted, total in cases:
        found = page(run, alice, **wanted)
        assert (found.total, len(found.rows), found.total_is_capped) == (total, total, False), wanted
    assert page(run, bob).total == 23 and [row.id for row in page(run, bob, mine=True).rows] == [private]


def test_filters_by_what_is_not_and_by_time(run, alice, bob, crowd):
    run(alice, contacts.add_tags, crowd[:4], ["Yoga"])
    run(alice, contacts.add_tags, crowd[2:7], ["VIP"])
    other = run(bob, contacts.create_contact, ContactCreate(display_name="Bob's own")).id
    met = (MET + timedelta(days=5)).date()
    cases = [
        ({"not_stages": ("discovery", "curious")}, 11), ({"stages": ("discovery",), "not_stages": ("discovery",)}, 0), ({"any_tags": ("yoga", "vip")}, 7),
        ({"any_tags": ("yoga", "unknown")}, 4), ({"any_tags": ("unknown",)}, 0), ({"owners": (bob.user_id,)}, 1), ({"owners": (alice.user_id, bob.user_id)}, 24),
        ({"never_contacted": True}, 9), ({"contacted_from": met}, 9), ({"contacted_before": met}, 15), ({"contacted_before": met, "never_contacted": True}, 9),
    ]  # fmt: skip
    for wanted, total in cases:
        assert page(run, alice, **wanted).total == total, wanted
    assert [row.id for row in page(run, alice, owners=(bob.user_id,)).rows] == [other]


def test_whose_birthday_comes_and_whose_programme_runs_out(run, alice, bob, crowd):
    today = today_of(alice)
    for key, days in zip(crowd[:4], (0, 14, 15, -1), strict=True):
        day = today + timedelta(days=days)
        current = run(alice, contacts.get_contact, key)
        run(alice, contacts.update_contact, key, ContactUpdate(version=current.version, birth_month=day.month, birth_day=day.day))
    assert [row.id for row in page(run, alice, birthday_within=14).rows] == crowd[:2] and [row.id for row in page(run, bob, birthday_within=0).rows] == crowd[:1]
    for key, total in zip(crowd[:3], (2, 3, 1), strict=True):
        run(alice, programmes.create_programme, ProgrammeCreate(contact_id=key, name="Sessions", sessions_total=total, starts_on=today))
    gone = run(alice, programmes.create_programme, ProgrammeCreate(contact_id=crowd[3], name="Sessions", sessions_total=1))
    run(alice, programmes.delete_programmes, [gone.id])
    hidden = run(bob, contacts.create_contact, ContactCreate(display_name="Bob's own", audience="private")).id
    run(bob, programmes.create_programme, ProgrammeCreate(contact_id=hidden, name="Sessions", sessions_total=1))
    assert [row.id for row in page(run, alice, running_out=True).rows] == [crowd[0], crowd[2]]
    assert {row.id for row in page(run, bob, running_out=True).rows} == {crowd[0], crowd[2], hidden} and page(run, bob, running_out=True, mine=True).total == 1


def test_a_row_shows_what_the_list_needs(run, alice, bob, crowd):
    run(alice, contacts.add_tags, crowd[1:2], ["b", "A"])
    row = next(row for row in page(run, bob, limit=200).rows if row.id == crowd[1])
    assert (row.tags, row.owner_name, row.last_contact_kind, row.archived, row.photo_sha, row.company) == (("A", "b"), "Alice", "call", False, None, "Firm 01")


def test_counting_stops_at_its_cap(run, alice, crowd, monkeypatch):
    monkeypatch.setattr("crm_app.domain.contacts.page_queries.MOST_COUNTED", 10)
    found = page(run, alice, limit=3)
    assert (found.total, found.total_is_capped) == (10, True)


@pytest.mark.parametrize("limit", [0, 201])
def test_a_page_has_a_size(limit):
    with pytest.raises(ValueError):
        ContactFilter(limit=limit)


def test_a_cursor_of_another_list_is_refused(run, alice, crowd):
    cursor = page(run, alice, sort="name", limit=5).next_cursor
    key = str(crowd[0])
    strange = [
        "nonsense", cursor[:-4], encode_cursor("next", "name"), encode_cursor("sideways", "name", "a", key), encode_cursor("next", "name", "a", "no key"),
        encode_cursor("next", "name", None, key), encode_cursor("next", "name", "a", None), encode_cursor("next", "name", "a\x00", key), encode_cursor("next", "name", 5, key),
    ]  # fmt: skip
    for after in strange:
        with pytest.raises(Invalid) as refused:
            page(run, alice, after=after)
        assert "after" in refused.value.fields
    for sort in ("-name", "created", "stage", "last_contact"):
        with pytest.raises(Invalid):
            page(run, alice, sort=sort, after=cursor)
    with pytest.raises(Invalid):
        page(run, alice, sort="created", after=encode_cursor("next", "created", "yesterday", key))


def test_the_last_page_survives_the_row_at_its_edge(run, alice, crowd):
    first = page(run, alice, limit=5)
    run(alice, contacts.delete_contacts, [first.rows[-1].id])
    assert len(page(run, alice, limit=200, after=first.next_cursor).rows) == 18


@pytest.mark.parametrize("search", ["", "person", "zzzzz", "persno"])
def test_a_page_needs_few_statements(run, alice, crowd, database, search):
    seen: list[str] = []
    event.listen(database.app, "before_cursor_execute", lambda *given: seen.append(given[2]))
    page(run, alice, search=search)
    assert len(seen) <= 5
