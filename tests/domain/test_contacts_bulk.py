"""Acts on several contacts at once: all or none, and who may."""

from __future__ import annotations

import pytest

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import Source
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter, PointInput
from crm_app.domain.errors import Forbidden, Invalid, NotFound
from crm_app.domain.ids import new_id
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate


def person(run, who, name, **more):
    return run(who, contacts.create_contact, ContactCreate(display_name=name, **more)).id


def names(run, who, **wanted):
    return [row.display_name for row in run(who, contacts.list_contacts, ContactFilter(**wanted)).rows]


@pytest.fixture
def two(run, alice):
    return [person(run, alice, "Ann"), person(run, alice, "Ben")]


EDITS = {
    "favourite": lambda run, who, ids: run(who, contacts.set_favourite, ids, True),
    "stage": lambda run, who, ids: run(who, contacts.set_stage, ids, "ambassador"),
    "archive": lambda run, who, ids: run(who, contacts.archive_contacts, ids),
    "unarchive": lambda run, who, ids: run(who, contacts.unarchive_contacts, ids),
    "add_tags": lambda run, who, ids: run(who, contacts.add_tags, ids, ["New"]),
    "remove_tags": lambda run, who, ids: run(who, contacts.remove_tags, ids, ["Old"]),
}
OWNERS = {
    "audience": lambda run, who, ids: run(who, contacts.set_audience, ids, "private"),
    "delete": lambda run, who, ids: run(who, contacts.delete_contacts, ids),
    "preview": lambda run, who, ids: run(who, contacts.preview_delete, ids),
}
RESTORE = {"restore": lambda run, who, ids: run(who, contacts.restore_contacts, ids)}


@pytest.mark.parametrize("act", EDITS | OWNERS | RESTORE)
def test_an_outsider_finds_nothing_and_changes_nothing(run, alice, bob, two, snapshot, act):
    hidden = person(run, alice, "Secret", audience="private")
    before = snapshot()
    for ids in ([hidden], [two[0], hidden], [two[0], new_id()]):
        with pytest.raises((NotFound, Forbidden)) as refused:
            (EDITS | OWNERS | RESTORE)[act](run, bob, ids)
        assert isinstance(refused.value, NotFound)
    assert snapshot() == before


@pytest.mark.parametrize("act", EDITS | OWNERS | RESTORE)
def test_a_viewer_is_refused_and_changes_nothing(run, vera, two, snapshot, act):
    before = snapshot()
    with pytest.raises(Forbidden):
        (EDITS | OWNERS | RESTORE)[act](run, vera, two)
    assert snapshot() == before


@pytest.mark.parametrize("act", OWNERS)
def test_a_colleague_may_not_delete_or_hide_and_an_admin_may(run, bob, olivia, two, snapshot, act):
    before = snapshot()
    with pytest.raises(Forbidden):
        OWNERS[act](run, bob, two)
    assert snapshot() == before
    if act == "audience":  # private would be private to its owner: the admin would not even see what she did
        with pytest.raises(Forbidden):
            OWNERS[act](run, olivia, two)
        assert snapshot() == before
    else:
        OWNERS[act](run, olivia, two)


@pytest.mark.parametrize("act", EDITS)
def test_a_colleague_may_edit_unless_one_is_locked(run, alice, bob, two, snapshot, act):
    EDITS[act](run, bob, two)
    locked = person(run, alice, "Locked", locked=True)
    before = snapshot()
    with pytest.raises(Forbidden):
        EDITS[act](run, bob, [*two, locked])
    assert snapshot() == before


def test_each_act_does_what_it_says(run, alice, two):
    run(alice, contacts.set_favourite, two, True)
    run(alice, contacts.set_stage, two[:1], "ambassador")
    run(alice, contacts.add_tags, two, ["Yoga", "yóga", "VIP"])
    run(alice, contacts.remove_tags, two[1:], ["vip", "never heard"])
    rows = run(alice, contacts.list_contacts, ContactFilter()).rows
    assert [(row.favourite, row.stage, row.tags) for row in rows] == [(True, "ambassador", ("VIP", "Yoga")), (True, "discovery", ("Yoga",))]
    run(alice, contacts.archive_contacts, two[:1])
    assert names(run, alice) == ["Ben"] and names(run, alice, archived=True) == ["Ann"]
    run(alice, contacts.unarchive_contacts, two)
    assert names(run, alice, search="yoga") == ["Ann", "Ben"] and names(run, alice, search="vip") == ["Ann"]
    with pytest.raises(Invalid):
        run(alice, contacts.set_stage, two, "nonsense")


def test_nothing_changed_leaves_no_history(outcome, alice, two):
    assert outcome(alice, contacts.set_favourite, two, False).change_set_id is None
    assert outcome(alice, contacts.unarchive_contacts, two).change_set_id is None
    assert outcome(alice, contacts.add_tags, two, ["A"]).change_set_id is not None
    assert outcome(alice, contacts.add_tags, two, ["A"]).change_set_id is None


def test_deleting_says_what_goes_along_and_restoring_brings_it_back(run, alice, two):
    run(alice, interactions.log_interaction, InteractionCreate(kind="call", contact_ids=two[:1]))
    run(alice, interactions.log_interaction, InteractionCreate(kind="call", contact_ids=two))
    run(alice, tasks.create_task, TaskCreate(title="x", contact_ids=two[:1]))
    preview = run(alice, contacts.preview_delete, two[:1])
    assert (preview.contacts, preview.interactions, preview.tasks, preview.files, preview.names) == (1, 1, 1, 0, ("Ann",))
    assert run(alice, contacts.preview_delete, two).interactions == 2
    run(alice, contacts.delete_contacts, two[:1])
    assert names(run, alice) == ["Ben"]
    with pytest.raises(NotFound):
        run(alice, contacts.get_contact, two[0])
    run(alice, contacts.restore_contacts, two[:1])
    assert names(run, alice) == ["Ann", "Ben"]
    with pytest.raises(NotFound):
        run(alice, contacts.restore_contacts, two[:1])


def test_privacy_carries_to_all_that_hangs_on_a_contact_and_back(run, alice, bob, two):
    run(alice, contacts.add_tags, two, ["Yoga"])
    entry = run(alice, interactions.log_interaction, InteractionCreate(kind="call", contact_ids=two))
    run(alice, contacts.set_audience, two[:1], "private")
    assert names(run, bob) == ["Ben"]
    with pytest.raises(NotFound):
        run(bob, interactions.get_interaction, entry.id)
    assert run(bob, contacts.get_contact, two[1]).last_contact_at is None  # the call is private now, and must not show through
    run(alice, contacts.set_audience, two[:1], "team")
    assert run(bob, interactions.get_interaction, entry.id).audience == "team"
    assert run(bob, contacts.get_contact, two[1]).last_contact_at == entry.occurred_at
    assert run(bob, contacts.get_contact, two[0]).tags == ("Yoga",)


def test_many_are_made_at_once_or_none(run, outcome, alice, vera, snapshot):
    items = [ContactCreate(display_name=f"Person {number}", tags=["Imported"], points=[PointInput(kind="email", value=f"p{number}@example.org")]) for number in range(300)]
    ids = run(alice, contacts.bulk_create, items, Source.IMPORT)
    assert len(set(ids)) == 300 and run(alice, contacts.get_contact, ids[7]).display_name == "Person 7"
    assert run(alice, contacts.get_contact, ids[7]).source == "import"
    assert names(run, alice, search="p299@example.org") == ["Person 299"]
    assert run(alice, contacts.bulk_create, [], Source.IMPORT) == []
    before = snapshot()
    with pytest.raises(Invalid) as refused:
        run(alice, contacts.bulk_create, [*items[:2], ContactCreate()], Source.IMPORT)
    assert "2.display_name" in refused.value.fields
    with pytest.raises(Forbidden):
        run(vera, contacts.bulk_create, items, Source.IMPORT)
    assert snapshot() == before
