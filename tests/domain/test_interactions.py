"""The timeline: who may write and read it, and what it makes of a contact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text

from crm_app.domain.entry_access import get_contact_names
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.ids import new_id
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.models import InteractionContact, Kind
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionFilter, InteractionUpdate
from crm_app.domain.unit_of_work import unit_of_work
from tests.domain.people import contact, fields

WHEN = datetime(2026, 3, 1, 9, tzinfo=UTC)


def call(contact_id, **given):
    return InteractionCreate(**{"kind": "call", "subject": "Hello", "occurred_at": WHEN, "contact_ids": [contact_id], **given})


@pytest.fixture
def ann(alice):
    return contact(alice)


@pytest.fixture
def entry(run, alice, ann):
    return run(alice, interactions.log_interaction, call(ann, body="Žofia's knee"))


def test_an_entry_is_written_and_moves_the_last_contact(run, alice, bob, ann, entry, database):
    assert (entry.kind, entry.author_name, entry.contacts, entry.audience, entry.may_delete) == ("call", "Alice", ((ann, "Ann Lee"),), "team", True)
    assert fields(database, "contact", ann, "last_contact_at", "last_contact_kind") == (WHEN, "call")
    assert fields(database, "interaction", entry.id, "search_text") == ("hello zofia's knee",)
    seen = run(bob, interactions.list_timeline, ann).entries
    assert [row.id for row in seen] == [entry.id] and seen[0].may_edit and not seen[0].may_delete


def test_a_note_is_no_contact_unless_the_team_says_so(run, alice, ann, database):
    run(alice, interactions.log_interaction, call(ann, kind="note"))
    assert fields(database, "contact", ann, "last_contact_at") == (None,)
    with database.owner.begin() as connection:
        connection.execute(text("update team set counted_kinds = counted_kinds || ' note'"))
    run(alice, interactions.log_interaction, call(ann, kind="note"))
    assert fields(database, "contact", ann, "last_contact_kind") == ("note",)


def test_a_private_entry_shows_nowhere(run, alice, bob, ann, database):
    private = run(alice, interactions.log_interaction, call(ann, audience="private"))
    assert run(bob, interactions.list_timeline, ann).entries == run(bob, interactions.list_recent) == ()
    assert fields(database, "contact", ann, "last_contact_at") == (None,)
    with pytest.raises(NotFound):
        run(bob, interactions.get_interaction, private.id)


def test_an_entry_is_no_wider_than_its_narrowest_contact(run, alice, bob, ann):
    secret = contact(alice, "Secret", "private")
    both = run(alice, interactions.log_interaction, call(ann, contact_ids=[ann, secret]))
    assert both.audience == "private" and run(bob, interactions.list_timeline, ann).entries == ()
    alone = run(alice, interactions.update_interaction, both.id, InteractionUpdate(version=both.version, audience="private", contact_ids=[ann]))
    assert alone.audience == "team"


@pytest.mark.parametrize("act", ["log", "update", "delete", "restore", "list"])
def test_an_outsider_finds_nothing_and_changes_nothing(run, alice, bob, snapshot, act):
    secret = contact(alice, "Secret", "private")
    entry = run(alice, interactions.log_interaction, call(secret))
    if act == "restore":
        run(alice, interactions.delete_interaction, entry.id)
    before = snapshot()
    with pytest.raises(NotFound):
        attempt(run, bob, act, secret, entry)
    assert snapshot() == before


@pytest.mark.parametrize("act", ["log", "update", "delete", "restore"])
def test_a_viewer_is_refused_and_changes_nothing(run, alice, vera, ann, entry, snapshot, act):
    before = snapshot()
    with pytest.raises(Forbidden):
        attempt(run, vera, act, ann, entry)
    assert snapshot() == before
    assert not run(vera, interactions.get_interaction, entry.id).may_edit


def attempt(run, actor, act, contact_id, entry):
    return {
        "log": lambda: run(actor, interactions.log_interaction, call(contact_id)),
        "update": lambda: run(actor, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, subject="Changed")),
        "delete": lambda: run(actor, interactions.delete_interaction, entry.id),
        "restore": lambda: run(actor, interactions.restore_interaction, entry.id),
        "list": lambda: run(actor, interactions.list_timeline, contact_id),
    }[act]()


def test_a_colleague_edits_but_neither_deletes_nor_hides(run, bob, entry, snapshot):
    changed = run(bob, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, subject="Better"))
    assert (changed.subject, changed.body, changed.version) == ("Better", entry.body, entry.version + 1)
    before = snapshot()
    with pytest.raises(Forbidden):
        run(bob, interactions.delete_interaction, entry.id)
    with pytest.raises(Forbidden):
        run(bob, interactions.update_interaction, entry.id, InteractionUpdate(version=changed.version, audience="private"))
    assert snapshot() == before


def test_a_stale_save_shows_what_stands(run, alice, bob, entry, snapshot):
    run(bob, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, subject="First"))
    before = snapshot()
    with pytest.raises(Conflict) as conflict:
        run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, subject="Second"))
    assert conflict.value.current["subject"] == "First" and snapshot() == before


def test_a_private_contact_stays_off_a_colleagues_entry(run, alice, bob, entry, snapshot):
    mine = contact(bob, "Mine", "private")
    before = snapshot()
    with pytest.raises(Invalid):
        run(bob, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, contact_ids=[mine]))
    assert snapshot() == before


def test_a_field_that_needs_a_value_is_not_emptied(run, alice, entry):
    with pytest.raises(Invalid) as invalid:
        run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, kind=None))
    assert "kind" in invalid.value.fields


def test_moving_an_entry_moves_both_timelines(run, alice, ann, entry, database):
    ben = contact(alice, "Ben")
    later = WHEN + timedelta(days=1)
    moved = run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, contact_ids=[ben], occurred_at=later, kind="meeting"))
    assert moved.contacts == ((ben, "Ben"),)
    assert fields(database, "contact", ann, "last_contact_at") == (None,)
    assert fields(database, "contact", ben, "last_contact_at", "last_contact_kind") == (later, "meeting")


def test_trash_and_back(run, alice, ann, entry, database):
    run(alice, interactions.delete_interaction, entry.id)
    assert run(alice, interactions.list_timeline, ann).entries == ()
    assert fields(database, "contact", ann, "last_contact_at") == (None,)
    assert run(alice, interactions.restore_interaction, entry.id).id == entry.id
    assert fields(database, "contact", ann, "last_contact_at") == (WHEN,)


def test_pages_meet_without_gap_or_repetition(run, alice, ann):
    ids = [run(alice, interactions.log_interaction, call(ann, kind="note" if number % 3 else "call", occurred_at=WHEN + timedelta(hours=number // 2))).id for number in range(11)]
    assert walk(lambda after: run(alice, interactions.list_timeline, ann, after=after, limit=4)) == ids[::-1]
    assert walk(lambda after: run(alice, interactions.list_interactions, InteractionFilter(after=after, limit=4))) == ids[::-1]
    calls = run(alice, interactions.list_timeline, ann, kinds=(Kind.CALL,)).entries
    assert [row.id for row in calls] == [ids[9], ids[6], ids[3], ids[0]]
    day = run(alice, interactions.list_interactions, InteractionFilter(contact_id=ann, since=WHEN, until=WHEN + timedelta(hours=1))).entries
    assert {row.id for row in day} == set(ids[:2])


def walk(page):
    found, after = [], None
    while True:
        part = page(after)
        found += [row.id for row in part.entries]
        after = part.next_cursor
        if not after:
            return found


def test_a_page_of_the_timeline_takes_four_statements(run, alice, ann, entry, database):
    statements = []
    event.listen(database.app, "before_cursor_execute", lambda *given: statements.append(given[2]))
    run(alice, interactions.list_timeline, ann)
    assert len(statements) <= 4


def test_text_that_no_table_holds(run, alice, ann):
    odd = run(alice, interactions.log_interaction, call(ann, subject=" a\x00b\nc ", body="x\x00\r\ny"))
    assert (odd.subject, odd.body) == ("ab c", "x\ny")


def test_an_unknown_contact(run, alice):
    with pytest.raises(NotFound):
        run(alice, interactions.log_interaction, call(new_id()))


def test_of_no_entries_nobody_is_asked_for(alice, database):
    with unit_of_work(alice) as session:
        assert get_contact_names(session, InteractionContact, ()) == {}
