"""The team's tags, and who may change them."""

from __future__ import annotations

import pytest

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.ids import new_id
from crm_app.domain.tags import service as tags

ACTS = {
    "create": lambda run, who, key: run(who, tags.create_tag, "Another"),
    "rename": lambda run, who, key: run(who, tags.rename_tag, key, "Pilates"),
    "delete": lambda run, who, key: run(who, tags.delete_tag, key),
}


@pytest.fixture
def yoga(run, alice):
    return run(alice, tags.create_tag, "Yoga")


def test_a_tag_is_made_renamed_counted_and_deleted(run, alice, bob, yoga):
    ann = run(alice, contacts.create_contact, ContactCreate(display_name="Ann", tags=["yoga"]))
    hidden = run(bob, contacts.create_contact, ContactCreate(display_name="Ben", tags=["YOGA"], audience="private"))
    assert [(tag.name, tag.count) for tag in run(alice, tags.list_tags)] == [("Yoga", 1)] and run(bob, tags.list_tags)[0].count == 2
    renamed = run(bob, tags.rename_tag, yoga.id, " Hatha  yoga ".replace("  ", " "))
    assert (renamed.name, renamed.version) == ("Hatha yoga", 2) and run(alice, contacts.get_contact, ann.id).tags == ("Hatha yoga",)
    run(alice, contacts.delete_contacts, [ann.id])
    assert run(alice, tags.list_tags)[0].count == 0
    run(alice, tags.delete_tag, yoga.id)
    assert run(alice, tags.list_tags) == () and run(bob, contacts.get_contact, hidden.id).tags == ()


def test_names_are_one_without_case_and_accents(run, alice, yoga, snapshot):
    other = run(alice, tags.create_tag, "Énergie")
    before = snapshot()
    for name in ("yoga", "YOGA", "Yóga "):
        with pytest.raises(Conflict):
            run(alice, tags.create_tag, name)
        with pytest.raises(Conflict):
            run(alice, tags.rename_tag, other.id, name)
    assert snapshot() == before
    assert run(alice, tags.rename_tag, yoga.id, "YOGA").name == "YOGA"


@pytest.mark.parametrize("name", ["", "  ", "!!", "x" * 61, "\x00"])
def test_a_tag_needs_a_name(run, alice, yoga, name):
    with pytest.raises(Invalid):
        run(alice, tags.create_tag, name)
    with pytest.raises(Invalid):
        run(alice, tags.rename_tag, yoga.id, name)


@pytest.mark.parametrize("act", ["rename", "delete"])
def test_a_tag_that_is_not_there_is_not_found(run, alice, yoga, snapshot, act):
    before = snapshot()
    with pytest.raises(NotFound):
        ACTS[act](run, alice, new_id())
    assert snapshot() == before


@pytest.mark.parametrize("act", ACTS)
def test_a_viewer_is_refused_and_changes_nothing(run, vera, yoga, snapshot, act):
    before = snapshot()
    with pytest.raises(Forbidden):
        ACTS[act](run, vera, yoga.id)
    assert snapshot() == before and [tag.name for tag in run(vera, tags.list_tags)] == ["Yoga"]
