"""Lists that people keep by name, and how many each holds."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter
from crm_app.domain.errors import Conflict, Invalid, NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.rows import now
from crm_app.domain.saved_views import service as views
from crm_app.domain.saved_views.schemas import SavedViewCreate, SavedViewUpdate


def keep(run, actor, name: str, query: str = "stage=curious"):
    return run(actor, views.create_view, SavedViewCreate(name=name, query=query))


def test_views_are_kept_in_the_order_of_their_owner_alone(run, alice, bob, vera):
    first, second, third = (keep(run, alice, name) for name in ("Morning", "Retreat", "Curious"))
    keep(run, vera, "A viewer has views too")
    assert [row.name for row in run(alice, views.list_views)] == ["Morning", "Retreat", "Curious"]
    assert len({row.hue for row in (first, second, third)}) == 3, "each begins with another colour"
    ordered = run(alice, views.order_views, [third.id, first.id])
    assert [row.name for row in ordered] == ["Curious", "Morning", "Retreat"]
    assert run(bob, views.list_views) == ()


def test_a_view_can_be_renamed_and_removed_and_kept_again(run, alice):
    made = keep(run, alice, "Morning")
    changed = run(alice, views.update_view, made.id, SavedViewUpdate(version=made.version, name="Evening", hue="plum"))
    assert (changed.name, changed.hue, changed.query, changed.version) == ("Evening", "plum", made.query, made.version + 1)
    gone = run(alice, views.delete_view, made.id)
    assert run(alice, views.list_views) == () and gone.name == "Evening"


def test_names_are_taken_once_and_a_stale_change_is_a_conflict(run, alice):
    first, second = keep(run, alice, "Morning"), keep(run, alice, "Evening")
    with pytest.raises(Conflict):
        keep(run, alice, "MORNING")
    with pytest.raises(Conflict):
        run(alice, views.update_view, second.id, SavedViewUpdate(version=second.version, name="morning"))
    run(alice, views.update_view, first.id, SavedViewUpdate(version=first.version, name="Dawn"))
    with pytest.raises(Conflict) as refused:
        run(alice, views.update_view, first.id, SavedViewUpdate(version=first.version, name="Noon"))
    assert refused.value.current["name"] == "Dawn"


def test_others_views_are_not_there(run, alice, bob):
    made = keep(run, alice, "Morning")
    for attempt in (
        lambda: run(bob, views.update_view, made.id, SavedViewUpdate(version=made.version, name="Mine now")),
        lambda: run(bob, views.delete_view, made.id),
        lambda: run(bob, views.order_views, [made.id]),
        lambda: run(alice, views.delete_view, uuid4()),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert run(alice, views.list_views) == (made,)


def test_there_is_an_end_to_keeping(run, alice):
    for number in range(views.MOST):
        keep(run, alice, f"View {number}")
    with pytest.raises(Invalid):
        keep(run, alice, "One more")


def test_lists_are_counted_as_they_are_shown(run, alice, bob):
    for name, stage, days in (("Ana", "curious", 30), ("Ben", "curious", 1), ("Cleo", "discovery", 30)):
        made = run(alice, contacts.create_contact, ContactCreate(display_name=name, stage=stage, cadence_days=7))
        run(alice, interactions.log_interaction, InteractionCreate(kind="call", body="x", contact_ids=[made.id], occurred_at=now() - timedelta(days=days)))
    run(bob, contacts.create_contact, ContactCreate(display_name="Secret", stage="curious", audience="private"))
    asked = [ContactFilter(stages=("curious",)), ContactFilter(due=True, sort="due"), ContactFilter(search="cleo"), ContactFilter(archived=True)]
    assert run(alice, contacts.count_lists, asked) == (2, 2, 1, 0)
    page = run(alice, contacts.list_contacts, ContactFilter(due=True, sort="due", limit=1))
    rest = run(alice, contacts.list_contacts, ContactFilter(due=True, sort="due", limit=1, after=page.next_cursor))
    assert {page.rows[0].display_name, rest.rows[0].display_name} == {"Ana", "Cleo"} and rest.next_cursor is None
