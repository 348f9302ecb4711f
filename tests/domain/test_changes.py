"""Undo and history: everything that one call did, taken back whole or not at all."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from crm_app.domain.changes import service as changes
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import Source
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter, ContactUpdate, PointInput, SensitiveUpdate
from crm_app.domain.errors import Conflict, Forbidden, NotFound
from crm_app.domain.ids import new_id
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionUpdate
from crm_app.domain.tags import service as tags
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate


def ann(**more):
    return ContactCreate(**{"display_name": "Ann", "tags": ["Yoga"], "points": [PointInput(kind="email", value="ann@example.org")]} | more)


@pytest.fixture
def made(run, alice):
    return run(alice, contacts.create_contact, ann())


@pytest.fixture
def standing(database):
    """Every row without what moves by itself, to compare what stood before with what stands after an undo."""

    def read():
        found = {}
        with database.owner.connect() as connection:
            for table in ("contact", "contact_point", "contact_sensitive", "contact_tag", "tag", "interaction", "interaction_contact", "task", "task_contact"):
                rows = connection.execute(text(f"select (to_jsonb(t) - 'version' - 'updated_at')::text from {table} t order by 1")).scalars().all()
                found[table] = rows
        return found

    return read


def names(run, who, search=""):
    return [row.display_name for row in run(who, contacts.list_contacts, ContactFilter(search=search)).rows]


def act_on(contact_id, entry_id, tag_id):
    """Every kind of change, as ``name: (service, arguments)``."""
    return {
        "update": (contacts.update_contact, contact_id, ContactUpdate(version=1, city="Bath", tags=["New"], points=[PointInput(kind="phone", value="07700 900123")])),
        "sensitive": (contacts.update_sensitive, contact_id, SensitiveUpdate(private_notes="x")),
        "favourite": (contacts.set_favourite, [contact_id], True),
        "stage": (contacts.set_stage, [contact_id], "ambassador"),
        "archive": (contacts.archive_contacts, [contact_id]),
        "add_tags": (contacts.add_tags, [contact_id], ["One", "Two"]),
        "remove_tags": (contacts.remove_tags, [contact_id], ["Yoga"]),
        "audience": (contacts.set_audience, [contact_id], "private"),
        "delete": (contacts.delete_contacts, [contact_id]),
        "create": (contacts.create_contact, ann(display_name="Ben", extra={"a": "b"})),
        "bulk": (contacts.bulk_create, [ann(display_name=f"Person {number}") for number in range(50)], Source.IMPORT),
        "log": (interactions.log_interaction, InteractionCreate(kind="meeting", body="Žofia's knee", contact_ids=[contact_id])),
        "edit_entry": (interactions.update_interaction, entry_id, InteractionUpdate(version=1, body="other words")),
        "delete_entry": (interactions.delete_interaction, entry_id),
        "task": (tasks.create_task, TaskCreate(title="Call", contact_ids=[contact_id])),
        "rename_tag": (tags.rename_tag, tag_id, "Pilates"),
        "delete_tag": (tags.delete_tag, tag_id),
    }


@pytest.mark.parametrize("act", sorted(act_on(new_id(), new_id(), new_id())))
def test_undo_restores_exactly_what_stood_and_can_be_undone(run, outcome, alice, made, standing, act):
    entry = run(alice, interactions.log_interaction, InteractionCreate(kind="call", body="first words", contact_ids=[made.id]))
    service, *arguments = act_on(made.id, entry.id, run(alice, tags.list_tags)[0].id)[act]
    before = standing()
    done = outcome(alice, service, *arguments)
    after = standing()
    assert after != before
    undone = outcome(alice, changes.undo_change_set, done.change_set_id)
    assert undone.value.rows > 0 and undone.value.action.endswith(service.__name__)
    assert standing() == before
    run(alice, changes.undo_change_set, undone.change_set_id)
    assert standing() == after


def test_a_change_is_undone_once(run, outcome, alice, made):
    done = outcome(alice, contacts.set_favourite, [made.id], True)
    run(alice, changes.undo_change_set, done.change_set_id)
    with pytest.raises(Conflict, match="already"):
        run(alice, changes.undo_change_set, done.change_set_id)


def test_others_changes_are_not_found(run, outcome, alice, bob, charlie, olivia, made, snapshot):
    done = outcome(alice, contacts.set_favourite, [made.id], True)
    before = snapshot()
    for other in (bob, charlie, olivia):
        with pytest.raises(NotFound):
            run(other, changes.undo_change_set, done.change_set_id)
    with pytest.raises(NotFound):
        run(alice, changes.undo_change_set, new_id())
    assert snapshot() == before


def test_a_viewer_is_refused(run, outcome, alice, vera, made, snapshot):
    done = outcome(alice, contacts.set_favourite, [made.id], True)
    before = snapshot()
    with pytest.raises(Forbidden):
        run(vera, changes.undo_change_set, done.change_set_id)
    assert snapshot() == before


def test_what_changed_since_is_named_and_nothing_is_undone(run, outcome, alice, bob, made, snapshot):
    other = run(alice, contacts.create_contact, ann(display_name="Ben")).id
    done = outcome(alice, contacts.set_stage, [made.id, other], "ambassador")
    run(bob, contacts.update_contact, made.id, ContactUpdate(version=2, job_title="Potter", city="Bath"))
    before = snapshot()
    with pytest.raises(Conflict, match="The contact Ann has been changed since: city, job title"):
        run(alice, changes.undo_change_set, done.change_set_id)
    assert snapshot() == before


def test_figures_that_follow_are_no_conflict(run, outcome, alice, bob, made):
    done = outcome(alice, contacts.set_favourite, [made.id], True)
    run(bob, interactions.log_interaction, InteractionCreate(kind="call", contact_ids=[made.id]))
    run(alice, changes.undo_change_set, done.change_set_id)
    seen = run(alice, contacts.get_contact, made.id)
    assert not seen.favourite and seen.last_contact_kind == "call"


@pytest.mark.parametrize("audience", ["team", "private"])
def test_a_new_contact_that_was_used_is_not_torn_down(run, outcome, alice, bob, audience, snapshot):
    done = outcome(alice, contacts.create_contact, ann(display_name="Ben"))
    run(bob, interactions.log_interaction, InteractionCreate(kind="note", body="mine", contact_ids=[done.value.id], audience=audience))
    before = snapshot()
    with pytest.raises(Conflict, match="used since"):
        run(alice, changes.undo_change_set, done.change_set_id)
    assert snapshot() == before


def test_what_is_no_longer_ones_own_to_see_is_a_conflict(run, outcome, alice, bob, made, snapshot):
    done = outcome(bob, contacts.set_favourite, [made.id], True)
    run(alice, contacts.set_audience, [made.id], "private")
    before = snapshot()
    with pytest.raises((Conflict, NotFound)):
        run(bob, changes.undo_change_set, done.change_set_id)
    assert snapshot() == before


def test_a_name_that_was_taken_meanwhile_is_a_conflict(run, outcome, alice, bob, made, snapshot):
    done = outcome(alice, tags.delete_tag, run(alice, tags.list_tags)[0].id)
    run(bob, tags.create_tag, "yoga")
    before = snapshot()
    with pytest.raises(Conflict):
        run(alice, changes.undo_change_set, done.change_set_id)
    assert snapshot() == before


def test_undone_contacts_are_found_again_by_their_words(run, outcome, alice, made):
    done = outcome(alice, contacts.update_contact, made.id, ContactUpdate(version=1, display_name="Beatrice"))
    assert names(run, alice, "beatrice") == ["Beatrice"]
    run(alice, changes.undo_change_set, done.change_set_id)
    assert names(run, alice, "beatrice") == [] and names(run, alice) == ["Ann"]


def test_history_tells_who_changed_what(run, alice, bob, vera, made):
    run(bob, contacts.update_contact, made.id, ContactUpdate(version=1, city="Bath"))
    latest, *earlier = run(vera, changes.list_history, made.id)
    assert (latest.actor_name, latest.table, latest.kind, latest.may_undo) == ("Bob", "contact", "changed", False)
    assert [(field.name, field.before, field.after) for field in latest.fields] == [("city", "", "Bath")]
    assert {(entry.table, entry.kind) for entry in earlier} == {("contact", "made"), ("contact_point", "made"), ("contact_tag", "made")}
    assert run(bob, changes.list_history, made.id)[0].may_undo


def test_the_history_of_what_is_hidden_is_not_found(run, alice, bob):
    secret = run(alice, contacts.create_contact, ann(audience="private"))
    entry = run(alice, interactions.log_interaction, InteractionCreate(kind="call", contact_ids=[secret.id]))
    for key in (secret.id, entry.id, new_id()):
        with pytest.raises(NotFound):
            run(bob, changes.list_history, key)
    assert run(alice, changes.list_history, entry.id)[0].table == "interaction"


def test_a_shared_contacts_sensitive_history_stays_its_owners(run, alice, bob, made):
    run(alice, contacts.update_sensitive, made.id, SensitiveUpdate(private_notes="shy"))
    assert any(entry.table == "contact_sensitive" for entry in run(alice, changes.list_history, made.id))
    assert not any(entry.table == "contact_sensitive" for entry in run(bob, changes.list_history, made.id))
