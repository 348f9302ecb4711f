"""Asking for something to be different in a calendar: who may, what may be asked, and that nothing here changes before the provider has taken it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from crm_app.domain.calendar import service as calendars
from crm_app.domain.calendar.models import ChangeState
from crm_app.domain.calendar.writing_schemas import EventWish, Invited, NewEventWish
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from tests.calendars import item_of, land_one, make_feed, read_event

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MOVED = EventWish(starts_at=NOON + timedelta(days=1), ends_at=NOON + timedelta(days=1, hours=1))
NEW = NewEventWish(title="Intake", starts_at=NOON, ends_at=NOON + timedelta(minutes=50))


@pytest.fixture
def work(alice):
    return make_feed(alice, writable=True, username="alice@calendar.example")


def landed(run, actor, feed, *args, **more):
    """The row of an event that has come in."""
    land_one(feed, *args, **more)
    return run(actor, calendars.get_range, NOON.date(), 1).events[-1]


def count(database, what: str) -> int:
    with database.owner.connect() as connection:
        return int(connection.execute(text(f"select count(*) from {what}")).scalar_one())


def test_a_wish_is_kept_with_its_job_and_nothing_else_changes(run, alice, work, database, snapshot):
    row = landed(run, alice, work, "Session", NOON)
    assert row.movable
    asked = run(alice, calendars.change_event, row.id, row.version, MOVED)
    assert (asked.what, asked.state, asked.event_id, asked.title) == ("change", "waiting", row.id, "Session")
    assert asked.wish.starts_at == MOVED.starts_at and asked.wish.model_fields_set == {"starts_at", "ends_at"}
    assert run(alice, calendars.get_event, row.id).starts_at == NOON
    assert run(alice, calendars.get_change, asked.id) == asked == run(alice, calendars.list_changes)[0]
    assert count(database, "job where kind = 'calendar.write' and state = 'queued'") == 1


def test_a_new_event_has_its_hours_where_its_maker_is(run, alice, work, database):
    asked = run(alice, calendars.create_event, work.calendar_id, NEW)
    assert (asked.what, asked.state, asked.event_id, asked.title, asked.wish.time_zone) == ("create", "waiting", None, "Intake", "UTC")
    days = NewEventWish(title="Retreat", start_date=date(2026, 12, 1), end_date=date(2026, 12, 3), people=(Invited(email="Ana@Mail.example"), Invited(email="alice@calendar.example")))
    asked = run(alice, calendars.create_event, work.calendar_id, days)
    assert asked.wish.people == (Invited(email="ana@mail.example"),) and asked.wish.time_zone is None
    assert len(run(alice, calendars.list_changes)) == 2


@pytest.mark.parametrize("service", [calendars.change_event, calendars.delete_event])
def test_only_its_owner_changes_an_event(run, alice, bob, vera, work, snapshot, service):
    run(alice, contacts.create_contact, ContactCreate(display_name="Ana", points=[PointInput(kind="email", value="ana@mail.example")]))
    wish = (MOVED,) if service is calendars.change_event else ()
    hidden, shown = landed(run, alice, work, "Own", NOON), landed(run, alice, work, "With Ana", NOON + timedelta(hours=2), asked=["ana@mail.example"])
    before = snapshot()
    for actor, row, refusal in ((bob, hidden, NotFound), (bob, shown, Forbidden), (vera, shown, Forbidden), (vera, hidden, Forbidden)):
        with pytest.raises(refusal):
            run(actor, service, row.id, row.version, *wish)
    with pytest.raises(Conflict) as stale:
        run(alice, service, hidden.id, hidden.version + 1, *wish)
    assert stale.value.current["title"] == "Own" and snapshot() == before
    assert not run(bob, calendars.get_event, shown.id).movable


def test_only_its_owner_writes_into_a_calendar_or_sees_what_was_asked(run, alice, bob, vera, olivia, work, snapshot):
    asked = run(alice, calendars.create_event, work.calendar_id, NEW)
    before = snapshot()
    for actor, refusal in ((bob, NotFound), (olivia, NotFound), (vera, Forbidden)):
        with pytest.raises(refusal):
            run(actor, calendars.create_event, work.calendar_id, NEW)
        for service in (calendars.get_change, calendars.withdraw_change):
            with pytest.raises(refusal):
                run(actor, service, asked.id)
    assert run(bob, calendars.list_changes) == () and snapshot() == before


def test_what_takes_no_changes_is_not_asked(run, alice, feed, work, database):
    closed = landed(run, alice, feed(alice), "Read only", NOON)
    theirs = landed(run, alice, work, "Invited", NOON + timedelta(hours=1), organiser="boss@mail.example")
    gone = landed(run, alice, work, "Called off", NOON + timedelta(hours=2), status="cancelled")
    own = landed(run, alice, work, "My own", NOON + timedelta(hours=3), organiser="alice@calendar.example")
    assert [row.movable for row in (closed, theirs, gone, own)] == [False, False, False, True]
    for row in (closed, theirs, gone):
        with pytest.raises(Forbidden):
            run(alice, calendars.change_event, row.id, row.version, MOVED)
    with pytest.raises(Forbidden):
        run(alice, calendars.create_event, closed.calendar_id, NEW)
    with database.owner.begin() as connection:
        connection.execute(text("update connection set state = 'paused'"))
    assert not run(alice, calendars.get_event, own.id).movable
    with pytest.raises(Conflict):
        run(alice, calendars.change_event, own.id, own.version, MOVED)
    assert count(database, "event_change") == 0


def test_one_change_of_a_thing_at_a_time(run, alice, work, snapshot):
    first, second = (read_event(name, NOON + timedelta(hours=by), uid="weekly", recurrence_id=f"2026112{by}T120000Z", recurring=True) for by, name in enumerate(("one", "two")))
    work.land([item_of(first, second, ref="weekly.ics", recurs=True)])
    one, two = run(alice, calendars.get_range, NOON.date(), 1).events
    run(alice, calendars.change_event, one.id, one.version, MOVED)
    before = snapshot()
    for row in (one, two):
        with pytest.raises(Conflict, match="on its way"):
            run(alice, calendars.delete_event, row.id, row.version)
    assert snapshot() == before


def test_what_waits_can_be_withdrawn_until_it_is_told(run, alice, work, database):
    asked = run(alice, calendars.create_event, work.calendar_id, NEW)
    with database.owner.begin() as connection:
        connection.execute(text("update job set state = 'running', attempts = 1"))
    with pytest.raises(Conflict, match="just now"):
        run(alice, calendars.withdraw_change, asked.id)
    with database.owner.begin() as connection:
        connection.execute(text("update job set state = 'queued'"))
    run(alice, calendars.withdraw_change, asked.id)
    assert (count(database, "event_change"), count(database, "job where state = 'cancelled'")) == (0, 1)


LONG = [Invited(email=f"p{number}@mail.example") for number in range(51)]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("title", {"title": ""}), ("title", {"title": "x" * 501}), ("location", {"location": "x" * 501}), ("description", {"description": "x" * 20_001}),
        ("ends_at", {"starts_at": NOON, "ends_at": NOON - timedelta(minutes=1)}), ("ends_at", {"starts_at": NOON, "ends_at": NOON + timedelta(days=31, minutes=1)}),
        ("ends_at", {"starts_at": NOON}), ("starts_at", {"ends_at": NOON}), ("end_date", {"start_date": NOON.date(), "end_date": NOON.date()}),
        ("starts_at", {"starts_at": NOON, "ends_at": NOON, "start_date": NOON.date(), "end_date": NOON.date()}),
        ("starts_at", {"starts_at": NOON.replace(year=1899), "ends_at": NOON.replace(year=1899)}),
        ("start_date", {"start_date": date(2201, 1, 1), "end_date": date(2201, 1, 2)}),
        ("time_zone", {"starts_at": NOON, "ends_at": NOON, "time_zone": "Mars/Olympus"}), ("time_zone", {"time_zone": "Europe/Berlin"}),
        ("people", {"people": tuple(LONG)}), ("people", {"people": (Invited(email="nobody"),)}),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_by_its_field(run, alice, work, snapshot, field, wrong):
    row = landed(run, alice, work, "Session", NOON)
    before = snapshot()
    with pytest.raises(Invalid) as refused:
        run(alice, calendars.change_event, row.id, row.version, EventWish(**wrong))
    assert list(refused.value.fields) == [field] and snapshot() == before


def test_a_wish_for_nothing_and_half_an_event_are_refused(run, alice, work):
    row = landed(run, alice, work, "Session", NOON)
    with pytest.raises(Invalid, match="Nothing"):
        run(alice, calendars.change_event, row.id, row.version, EventWish())
    for wish, field in ((NewEventWish(title=" ", starts_at=NOON, ends_at=NOON), "title"), (NewEventWish(title="x"), "starts_at")):
        with pytest.raises(Invalid) as refused:
            run(alice, calendars.create_event, work.calendar_id, wish)
        assert list(refused.value.fields) == [field]


def test_a_wish_goes_with_the_person_whom_it_names(run, alice, work, database):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", points=[PointInput(kind="email", value="ana@mail.example")]))
    run(alice, calendars.create_event, work.calendar_id, NEW.model_copy(update={"title": "With ana silva"}))
    run(alice, calendars.create_event, work.calendar_id, NewEventWish(**{**NEW.model_dump(), "people": (Invited(email="Ana@mail.example"),)}))
    row = landed(run, alice, work, "Session", NOON, asked=["ana@mail.example"])
    run(alice, calendars.change_event, row.id, row.version, MOVED)
    kept = run(alice, calendars.create_event, work.calendar_id, NEW)
    run(alice, contacts.delete_contacts, [made.id])
    with database.owner.begin() as connection:
        connection.execute(text("delete from contact where id = :id"), {"id": made.id})
    assert [one.id for one in run(alice, calendars.list_changes)] == [kept.id]


def test_it_goes_with_its_calendar_and_is_forgotten_after_a_week(run, alice, work, database):
    run(alice, calendars.create_event, work.calendar_id, NEW)
    old: UUID = run(alice, calendars.create_event, work.calendar_id, NEW).id
    with database.owner.begin() as connection:
        connection.execute(text("update event_change set state = :done, ended_at = now() - interval '8 days' where id = :id"), {"done": ChangeState.DONE.value, "id": old})
        connection.execute(text("select tidy_syncs(now())"))
    assert count(database, "event_change") == 1
    with database.owner.begin() as connection:
        connection.execute(text("delete from connection"))
    assert count(database, "event_change") == 0
