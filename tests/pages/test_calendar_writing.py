"""Writing in one's own calendars on the calendar page: who is offered it, the form, moving, deleting, and what is on its way."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.calendar import service as calendars
from crm_app.domain.calendar.writing_schemas import ChangeView
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactView
from crm_app.domain.days import today_of
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.unit_of_work import run_service
from tests.calendars import Feed, land_one, make_feed
from tests.cluster import Database
from tests.pages.conftest import Person, Visit

Landed = Callable[..., UUID]
TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def work(alice: Actor, house: object) -> Feed:
    """A calendar that takes changes."""
    return make_feed(alice, "Work", writable=True, username="alice@calendar.example")


@pytest.fixture
def landed(database: Database, work: Feed) -> Landed:
    """An event of it."""

    def land(title: str, starts: datetime = TODAY, minutes: int = 60, **more: object) -> UUID:
        read = land_one(work, title, starts, minutes, **more)  # type: ignore[arg-type]
        with database.owner.connect() as connection:
            return UUID(str(connection.execute(text("select id from event where uid = :uid"), {"uid": read.uid}).scalar_one()))

    return land


@pytest.fixture
def ana(person: Person, alice: Actor) -> ContactView:
    return person(alice, "Ana Silva", points=[{"kind": "email", "value": "ana@mail.example"}])


def changes(actor: Actor) -> tuple[ChangeView, ...]:
    return run_service(actor, calendars.list_changes)


def becomes(database: Database, state: str, reason: str = "") -> None:
    """What a job makes of the change that waits."""
    with database.owner.begin() as connection:
        connection.execute(text("update event_change set state = :state, reason = :reason, ended_at = now() where state = 'waiting'"), {"state": state, "reason": reason})


def test_only_who_may_write_in_a_calendar_of_theirs_is_offered_it(visit: Visit, alice: Actor, vera: Actor, feed: Callable[..., Feed], ana: ContactView) -> None:
    land_one(feed(alice), "Breathwork", TODAY, asked=["ana@mail.example"])
    page = visit(alice, "/calendar").sees("Breathwork")
    assert not page.has("New event")
    page.press("Breathwork")
    assert not page.has("Edit") and not page.has("Delete") and not page.has("Reschedule")
    page.shortcut("n").on_hours("begin", day=TODAY.date().isoformat(), top=540, foot=600)
    assert page.dialog == ""
    assert not visit(vera, "/calendar?whose=team").sees("Breathwork").has("New event")


def test_an_event_is_begun_with_its_people_and_stands_there_while_it_is_saved(visit: Visit, alice: Actor, work: Feed, ana: ContactView, person: Person, database: Database) -> None:
    person(alice, "Nuno Reis")
    page = visit(alice, "/calendar").on_hours("begin", day=TODAY.date().isoformat(), top=14 * 60, foot=15 * 60 + 15)
    assert (page.dialog, page.value("From"), page.value("To")) == ("New event", "14:00", "15:15")
    page.press("Add event")
    assert page.error("Title") == "What is this event called?" and changes(alice) == ()
    page.fill("Title", "Intake").fill("From", "16:00")
    assert page.value("To") == "17:15", "its end goes along"
    page.fill("To", "15:00").press("Add event")
    assert page.error("To") == "It ends before it begins." and page.value("Title") == "Intake"
    page.fill("To", "16:45").enter("People", "Ana").sees("Your calendar may send an invitation.")
    page.enter("People", "Nuno").sees("No e-mail address is known here: Nuno Reis. They are not invited.")
    page.fill("Place", "Room 2").press("Add event").sees("Intake")
    (asked,) = changes(alice)
    assert asked.wish is not None and asked.wish.people is not None
    assert (asked.wish.starts_at, asked.wish.location, [one.email for one in asked.wish.people]) == (TODAY.replace(hour=16), "Room 2", ["ana@mail.example"])
    assert page.press("Intake").toasts[-1] == "This is just being saved in your calendar."
    becomes(database, "refused", "This calendar is full.")
    land_one(work, "Another", TODAY)
    page.sees("“Intake” could not be saved: This calendar is full.")
    assert page.toasts[-1] == "This calendar is full."
    page.press("Dismiss").sees_not("could not be saved")
    assert changes(alice) == ()


def test_who_waits_for_a_time_is_dropped_onto_the_hours_or_pressed(visit: Visit, alice: Actor, work: Feed, ana: ContactView) -> None:
    due = today_of(alice) + timedelta(days=2)
    run_service(alice, tasks.create_task, TaskCreate(title="Second intake", contact_ids=[ana.id], due_date=due))
    page = visit(alice, "/calendar").sees("Follow-ups without a slot", "Ana Silva", "Second intake")
    page.on_hours("begin", day=TODAY.date().isoformat(), top=840, foot=900, dropped=str(ana.id))
    assert (page.dialog, page.value("Title"), page.value("From")) == ("New event", "Second intake, Ana Silva", "14:00")
    page.sees("Your calendar may send an invitation.").press("Add event")
    (asked,) = changes(alice)
    assert asked.wish is not None and asked.wish.people is not None and [one.email for one in asked.wish.people] == ["ana@mail.example"]
    page.press("Find a time: Ana Silva, Second intake")
    assert page.value("Title") == "Second intake, Ana Silva"
    page.press("Cancel").on_hours("begin", day=TODAY.date().isoformat(), top=840, foot=900, dropped="somebody else")
    assert page.value("Title") == ""
    page.press("Cancel")
    land_one(work, "Second intake", TODAY + timedelta(days=1), asked=["ana@mail.example"])
    page.sees_not("Follow-ups without a slot")


def kept(actor: Actor, key: str) -> str:
    """What is kept of a form a moment after something was typed into it."""
    for _turn in range(300):
        if found := run_service(actor, contacts.get_draft, key):
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing of {key} is kept")


def test_an_event_that_is_being_typed_outlives_a_reload(visit: Visit, alice: Actor, work: Feed, landed: Landed, ana: ContactView) -> None:
    page = visit(alice, "/calendar").on_hours("begin", day=TODAY.date().isoformat(), top=14 * 60, foot=15 * 60 + 15)
    page.fill("Title", "Intake").enter("People", "Ana").sees("Your calendar may send an invitation.")
    assert "Intake" in kept(alice, "event-form:new")
    page.reload()
    page.press("New event").sees("What was typed here before").press("Go on with it").sees_not("What was typed here before")
    assert (page.value("Title"), page.value("From"), page.value("To")) == ("Intake", "14:00", "15:15")
    page.press("Add event").sees("Intake")
    (asked,) = changes(alice)
    assert asked.wish is not None and asked.wish.people is not None and [one.email for one in asked.wish.people] == ["ana@mail.example"]
    assert run_service(alice, contacts.get_draft, "event-form:new") == ""
    found = landed("Coaching", TODAY + timedelta(hours=6))
    page = visit(alice, f"/calendar?event={found}").press("Edit").fill("Place", "Room 2").escape()
    page.reload()
    page.press("Edit").sees("What was typed here before").press("Go on with it")
    assert page.value("Place") == "Room 2"
    page.press("Cancel")
    page.press("Edit").sees_not("What was typed here before")


def test_a_change_that_its_calendar_keeps_waiting_is_listed_and_can_be_withdrawn(visit: Visit, alice: Actor, work: Feed, database: Database) -> None:
    page = visit(alice, "/calendar").on_hours("begin", day=TODAY.date().isoformat(), top=840, foot=900).fill("Title", "Intake").press("Add event").sees("Intake")
    assert not page.has("Withdraw"), "a moment is no news"
    with database.owner.begin() as connection:
        connection.execute(text("update event_change set created_at = created_at - interval '1 minute'"))
    land_one(work, "Another", TODAY)
    page.sees("“Intake” waits for Work").press("Withdraw").sees_not("Intake")
    assert changes(alice) == ()


def test_moving_asks_where_others_come_shows_where_it_goes_and_is_taken_back(visit: Visit, alice: Actor, work: Feed, landed: Landed, ana: ContactView, database: Database) -> None:
    alone, together = str(landed("Own practice")), str(landed("Coaching", TODAY + timedelta(hours=3), asked=["ana@mail.example", "b@mail.example"], recurring=True))
    page = visit(alice, "/calendar?view=day").on_hours("move", id=alone, days=0, minutes=90)
    assert changes(alice)[0].wish.starts_at == TODAY + timedelta(minutes=90)  # type: ignore[union-attr]
    page.sees("13:30 – 14:30")
    page.on_hours("move", id=alone, days=0, minutes=15)  # while one is on its way there is no other
    assert len(changes(alice)) == 1
    becomes(database, "done")
    land_one(work, "Another", TODAY + timedelta(hours=6))
    page.sees("Another").press("Undo")
    assert changes(alice)[0].wish.starts_at == TODAY  # type: ignore[union-attr]
    becomes(database, "done")
    page.on_hours("move", id=together, days=1, minutes=0).sees("Ana Silva and 1 other may be told by it.", "Only this one, not the whole series.")
    page.press("Cancel")
    assert changes(alice) == ()
    page.on_hours("stretch", id=together, minutes=-15).press("Move")
    assert changes(alice)[0].wish.ends_at == TODAY + timedelta(hours=3, minutes=45)  # type: ignore[union-attr]


def test_an_event_is_changed_in_its_panel_and_what_is_typed_stays_where_it_was_changed_meanwhile(visit: Visit, alice: Actor, landed: Landed, database: Database) -> None:
    landed("Coaching")
    page = visit(alice, "/calendar").press("Coaching").press("Reschedule").fill("From", "13:00")
    with database.owner.begin() as connection:
        connection.execute(text("update event set title = 'Coaching with Ana'"))
    page.press("Save").sees("Someone else saved this first").press("Save mine")
    (asked,) = changes(alice)
    assert asked.wish is not None and asked.wish.model_fields_set == {"starts_at", "ends_at"} and asked.wish.ends_at == TODAY + timedelta(hours=2)
    page.sees("A change of this is on its way to your calendar.")
    assert not page.has("Edit")


def test_deleting_asks_once_and_says_what_happens(visit: Visit, alice: Actor, landed: Landed) -> None:
    landed("Coaching", asked=["a@mail.example", "b@mail.example"])
    page = visit(alice, "/calendar").press("Coaching").press("Delete").sees("It is deleted in your calendar Work too. 2 other people may be told by it.")
    page.press("Delete").sees_not("Reschedule")
    assert [change.what for change in changes(alice)] == ["delete"]
