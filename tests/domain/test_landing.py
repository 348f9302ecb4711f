"""From a calendar to events, contacts and meetings: what comes, changes, goes; what a person said; and that nothing is told twice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from crm_app.domain.calendar import service as calendars
from crm_app.domain.calendar import settling
from crm_app.domain.calendar.landing import Landed, land_items
from crm_app.domain.calendar.models import EventStatus
from crm_app.domain.calendar.reading_schemas import ReadAttendee
from crm_app.domain.changes import service as changes
from crm_app.domain.connections import service as connections
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate, PointInput
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.imports import service as imports
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionUpdate
from crm_app.domain.jobs.queries import purge_trash
from crm_app.domain.permissions import Role
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.schemas import ProgrammeCreate
from crm_app.domain.unit_of_work import anonymous_work, unit_of_work
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.jobs import meetings as duty
from tests.calendars import item_of, land_one, read_event
from tests.domain.people import exported

NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)


@pytest.fixture
def person(run):
    """``person(actor, name)``: a contact with the address of their first name."""

    def made(actor, name: str, audience: str = "team", *more: str):
        points = [PointInput(kind="email", value=f"{name.split()[0]}@mail.example"), *(PointInput(kind="email", value=one) for one in more)]
        return run(actor, contacts.create_contact, ContactCreate(display_name=name, audience=audience, points=points))

    return made


@pytest.fixture
def ana(person, alice):
    return person(alice, "Ana Silva")


def rows(database, statement: str, **values):
    with database.owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), values)]


def count(database, table: str) -> int:
    return rows(database, f"select count(*) from {table}")[0][0]


def written(database) -> str:
    """Which transaction wrote each row of the calendar and of the timeline last."""
    tables = ("calendar", "calendar_item", "event", "event_attendee", "event_contact", "interaction", "interaction_contact", "contact", "change", "programme")
    return str([rows(database, f"select xmin, ctid from {table} order by 2") for table in tables])


def timeline(run, actor, contact_id):
    return run(actor, interactions.list_timeline, contact_id).entries


# What comes, changes and goes.


def test_a_page_says_what_came_changed_and_went(feed, alice, ana):
    calendar = feed(alice)
    one, two, three = (read_event(f"{by}", TOMORROW, uid=f"{by}") for by in range(3))
    assert calendar.land([item_of(one, ref="1"), item_of(two, ref="2"), item_of(three, ref="3")]) == Landed(created=3)
    moved = one.model_copy(update={"starts_at": TOMORROW + timedelta(hours=1)})
    assert calendar.land([item_of(moved, ref="1"), item_of(two, ref="2")], gone=["3", "unknown"]) == Landed(updated=1, deleted=1)
    assert calendar.land([], present={"2"}, unread=["1"]) == Landed()
    assert calendar.land([], present={"2"}) == Landed(deleted=1)
    nothing = item_of(one, ref="task").__class__("task", "1", b"", item_of(one).read.model_copy(update={"events": ()}))
    assert calendar.land([nothing]) == Landed(skipped=1)


def test_what_is_the_same_is_not_written_again(database, feed, alice, ana):
    calendar = feed(alice)
    items = [item_of(read_event(f"{by}", NOW + timedelta(days=by), uid=f"{by}", asked=["ana@mail.example"]), ref=f"{by}", etag="1") for by in range(-3, 4)]
    calendar.land(items, token="one")
    before = written(database)
    assert calendar.land(items, token="one", present={item.ref for item in items}) == Landed()
    assert written(database) == before
    assert calendar.land([item_of(items[0].read.events[0], ref="-3", etag="2")], token="one") == Landed(), "another etag alone is no news"


def test_one_change_over_there_changes_one_event_here(database, feed, alice, ana):
    calendar = feed(alice)
    items = [item_of(read_event(f"{by}", TOMORROW, uid=f"{by}", asked=["ana@mail.example"]), ref=f"{by}") for by in range(5)]
    calendar.land(items)
    before = dict(rows(database, "select uid, xmin::text from event"))
    calendar.land([item_of(items[2].read.events[0].model_copy(update={"title": "new"}), ref="2")])
    after = dict(rows(database, "select uid, xmin::text from event"))
    assert [uid for uid in before if before[uid] != after[uid]] == ["2"]


def test_an_occurrence_that_is_read_no_more_goes_and_history_stays(feed, database, alice):
    calendar = feed(alice)
    series = [read_event("Class", NOW + timedelta(days=by), uid="class", recurrence_id=f"{by}", recurring=True) for by in (-500, -100, 5)]
    calendar.land([item_of(*series, ref="1", recurs=True)])
    assert calendar.land([item_of(series[2], ref="1", recurs=True)]) == Landed(deleted=1)
    assert rows(database, "select recurrence_id from event order by 1") == [("-500",), ("5",)], "what lies before the window is not read, and not lost"
    assert calendar.land([item_of(series[2], ref="2", recurs=True)], gone=["1"]) == Landed(), "a renamed file is the same event"
    assert rows(database, "select recurrence_id from event order by 1") == [("-500",), ("5",)]


def test_nobody_lands_in_a_calendar_that_is_not_theirs(run, feed, alice, bob, vera, snapshot):
    calendar = feed(alice)
    with unit_of_work(alice, "tests.look") as session:
        row = calendar.row(session)
    before = snapshot()
    for stranger, refusal in ((bob, NotFound), (vera, Forbidden)):
        with pytest.raises(refusal), unit_of_work(stranger, "tests.land") as session:
            land_items(session, stranger, row, [item_of(read_event())])
    assert snapshot() == before


def test_names_and_uids_without_end_do_not_stop_a_sync(feed, database, alice):
    assert feed(alice).land([item_of(read_event("x", uid="u" * 5_000), ref="1")]).created == 1
    assert feed(alice).land([item_of(read_event("x", uid="u" * 5_000), ref="1")]).created == 1


# Whom an event concerns.


def test_any_of_a_contacts_addresses_is_a_match(run, feed, alice, person):
    kim = person(alice, "Kim Lee", "team", "second@mail.example")
    land_one(feed(alice), "a", TOMORROW, asked=["SECOND@mail.example"])
    assert [row.title for row in run(alice, calendars.get_contact_meetings, kim.id).coming] == ["a"]


def test_ones_own_addresses_are_never_a_match(run, feed, alice, person):
    me = run(alice, contacts.create_contact, ContactCreate(display_name="Alice Self", points=[PointInput(kind="email", value="alice@example.org"), PointInput(kind="email", value="a@home.example")]))
    land_one(feed(alice, username="A@home.example"), "a", TOMORROW, asked=["alice@example.org", "a@home.example"], organiser="a@home.example")
    assert run(alice, calendars.get_contact_meetings, me.id).coming == ()


def test_a_colleagues_private_contact_is_no_match(run, feed, alice, bob, person):
    hidden = person(bob, "Ana Hidden", "private")
    land_one(feed(alice), "a", TOMORROW, asked=["ana@mail.example"])
    assert run(bob, calendars.get_contact_meetings, hidden.id).coming == ()


def test_a_feed_without_attendees_is_matched_by_what_it_says(run, feed, alice, person, ana):
    calendar = feed(alice, kind="ics")
    for title, description in (("Ana Silva – breathwork", ""), ("Booking", "Invitee: Ana@mail.example"), ("Silva Ana", ""), ("Mariana Silva", ""), ("Ana", "")):
        calendar.land([item_of(read_event(title, TOMORROW, description=description))])
    assert sorted(row.title for row in run(alice, calendars.get_contact_meetings, ana.id).coming) == ["Ana Silva – breathwork", "Booking", "Silva Ana"]
    person(alice, "ana SILVA")
    calendar.land([item_of(read_event("with Ana Silva", TOMORROW))])
    assert len(run(alice, calendars.get_contact_meetings, ana.id).coming) == 3, "a name that two bear is nobody's"


def test_an_address_that_is_gained_finds_earlier_events(run, database, feed, alice, bob, ana):
    land_one(feed(alice), "yesterday", YESTERDAY, asked=["new@mail.example"])
    land_one(feed(bob), "bob's", TOMORROW, asked=["new@mail.example"])
    run(alice, contacts.update_contact, ana.id, ContactUpdate(version=ana.version, points=[PointInput(kind="email", value="ana@mail.example"), PointInput(kind="email", value="New@mail.example")]))
    assert [row.title for row in run(alice, calendars.get_contact_meetings, ana.id).past] == ["yesterday"]
    assert [entry.subject for entry in timeline(run, alice, ana.id)] == ["yesterday"]
    assert run(alice, calendars.get_contact_meetings, ana.id).coming == ()
    duty.settle(datetime.now(UTC))
    assert [row.title for row in run(alice, calendars.get_contact_meetings, ana.id).coming] == ["bob's"]
    assert duty.settle(datetime.now(UTC)) == 0


def test_a_new_contact_finds_the_events_that_name_it(run, feed, alice, person):
    land_one(feed(alice, kind="ics"), "Yoga: Kim Lee", YESTERDAY)
    land_one(feed(alice), "asked", TOMORROW, asked=["kim@mail.example"])
    kim = person(alice, "Kim Lee")
    found = run(alice, calendars.get_contact_meetings, kim.id)
    assert ([row.title for row in found.past], [row.title for row in found.coming]) == (["Yoga: Kim Lee"], ["asked"])


def test_an_address_that_is_given_up_keeps_its_meetings(run, feed, alice, ana):
    calendar, read = feed(alice), read_event("Session", YESTERDAY, asked=["ana@mail.example"])
    calendar.land([item_of(read, ref="1")])
    run(alice, contacts.update_contact, ana.id, ContactUpdate(version=ana.version, points=[PointInput(kind="email", value="other@mail.example")]))
    calendar.land([item_of(read.model_copy(update={"location": "Studio"}), ref="1")])
    assert len(run(alice, calendars.get_contact_meetings, ana.id).past) == 1
    calendar.land([item_of(read.model_copy(update={"attendees": (ReadAttendee(email="kim@mail.example"),)}), ref="1")])
    assert run(alice, calendars.get_contact_meetings, ana.id).past == (), "who is no longer asked is no longer concerned"
    assert timeline(run, alice, ana.id) == ()


# What a person says.


def test_a_link_by_hand_works_is_told_survives_and_is_undone(run, outcome, feed, alice, ana, person):
    calendar, read = feed(alice), read_event("Session", TOMORROW)
    calendar.land([item_of(read, ref="1")])
    (row,) = run(alice, calendars.get_range, TOMORROW.date(), 1).events
    done = outcome(alice, calendars.link_contact, row.id, ana.id)
    assert [(one.name, one.how) for one in done.value.contacts] == [("Ana Silva", "hand")]
    lines = run(alice, changes.list_history, "contact", ana.id).acts[0].lines
    assert [(line.table, line.kind) for line in lines] == [("event_contact", "made")]
    calendar.land([item_of(read.model_copy(update={"title": "Changed", "starts_at": TOMORROW + timedelta(hours=2)}), ref="1")])
    assert [one.name for one in run(alice, calendars.get_event, row.id).contacts] == ["Ana Silva"]
    run(alice, changes.undo_change_set, done.change_set_id)
    assert run(alice, calendars.get_event, row.id).contacts == ()
    assert run(alice, contacts.get_contact, ana.id).next_meeting is None


def test_who_is_taken_off_stays_off_until_somebody_puts_them_back(run, outcome, feed, alice, ana):
    calendar, read = feed(alice), read_event("Session", YESTERDAY, asked=["ana@mail.example"])
    calendar.land([item_of(read, ref="1")])
    (row,) = run(alice, calendars.get_contact_meetings, ana.id).past
    assert len(timeline(run, alice, ana.id)) == 1
    done = outcome(alice, calendars.unlink_contact, row.id, ana.id)
    assert (done.value.contacts, timeline(run, alice, ana.id), run(alice, contacts.get_contact, ana.id).last_contact_at) == ((), (), None)
    calendar.land([item_of(read.model_copy(update={"title": "Changed"}), ref="1")])
    assert run(alice, calendars.get_event, row.id).contacts == ()
    run(alice, calendars.link_contact, row.id, ana.id)
    assert [entry.subject for entry in timeline(run, alice, ana.id)] == ["Changed"]
    run(alice, calendars.unlink_contact, row.id, ana.id)


def test_taking_off_is_undone_with_its_meeting(run, outcome, feed, alice, ana):
    calendar, read = feed(alice), read_event("Session", YESTERDAY, asked=["ana@mail.example"])
    calendar.land([item_of(read, ref="1")])
    (row,) = run(alice, calendars.get_contact_meetings, ana.id).past
    done = outcome(alice, calendars.unlink_contact, row.id, ana.id)
    run(alice, changes.undo_change_set, done.change_set_id)
    assert [one.how for one in run(alice, calendars.get_event, row.id).contacts] == ["address"]
    assert [entry.subject for entry in timeline(run, alice, ana.id)] == ["Session"]


def test_only_its_owner_says_whom_an_event_concerns(run, alice, bob, vera, olivia, charlie, event, ana, person, snapshot):
    shared, own = event(alice, "with Ana", asked=["ana@mail.example"]), event(alice, "dentist")
    hidden = person(bob, "Kim Hidden", "private")
    before = snapshot()
    for act in (calendars.link_contact, calendars.unlink_contact):
        for colleague in (bob, olivia):
            with pytest.raises(Forbidden):
                run(colleague, act, shared, ana.id)
        with pytest.raises(Forbidden):
            run(vera, act, shared, ana.id)
        for stranger in (bob, charlie):
            with pytest.raises(NotFound):
                run(stranger, act, own, ana.id)
        with pytest.raises(NotFound):
            run(alice, act, own, hidden.id)
    with pytest.raises(NotFound):
        run(alice, calendars.unlink_contact, own, ana.id)
    assert snapshot() == before


# Meetings on the timeline.


def test_what_took_place_is_one_meeting_that_moves_last_contact(run, bob, feed, alice, ana):
    land_one(feed(alice), "Breathwork", YESTERDAY, 90, asked=["ana@mail.example"])
    (entry,) = timeline(run, bob, ana.id)
    assert (entry.kind, entry.subject, entry.body, entry.duration_minutes, entry.occurred_at, entry.audience, entry.author_name) == (
        "meeting", "Breathwork", "", 90, YESTERDAY, "team", "Alice",
    )  # fmt: skip
    found = run(bob, contacts.get_contact, ana.id)
    assert (found.last_contact_at, found.last_contact_kind) == (YESTERDAY, "meeting")


@pytest.mark.parametrize(
    "how",
    [
        {"status": "cancelled"}, {"asked": [ReadAttendee(email="ana@mail.example"), ReadAttendee(email="alice@example.org", response="declined")]}, {"asked": []},
        {"all_day": True, "start_date": YESTERDAY.date(), "end_date": YESTERDAY.date() + timedelta(days=1)}, {"starts": TOMORROW},
    ],
)  # fmt: skip
def test_what_did_not_take_place_is_no_meeting(run, feed, alice, ana, how):
    land_one(feed(alice), **{"title": "x", "starts": YESTERDAY, "asked": ["ana@mail.example"]} | how)
    assert timeline(run, alice, ana.id) == ()


def test_an_event_that_ends_becomes_a_meeting_within_a_minute(run, database, feed, alice, ana):
    land_one(feed(alice), "Session", NOW + timedelta(hours=5), 30, asked=["ana@mail.example"])
    assert run(alice, contacts.get_contact, ana.id).next_step == "Session"
    assert duty.settle(NOW + timedelta(hours=5, minutes=10)) == 0
    later = NOW + timedelta(hours=5, minutes=31)
    assert duty.settle(later) == 1
    assert len(timeline(run, alice, ana.id)) == 1
    before = written(database)
    assert duty.settle(later) == 0
    assert written(database) == before


def test_the_meeting_follows_its_event_while_nobody_has_written(run, database, feed, alice, ana, person):
    kim = person(alice, "Kim Lee")
    calendar, read = feed(alice), read_event("Session", YESTERDAY, asked=["ana@mail.example"])
    calendar.land([item_of(read, ref="1")])
    (entry,) = timeline(run, alice, ana.id)
    moved = read.model_copy(update={"title": "Longer", "starts_at": YESTERDAY - timedelta(hours=1), "attendees": (ReadAttendee(email="kim@mail.example"),)})
    calendar.land([item_of(moved, ref="1")])
    assert timeline(run, alice, ana.id) == ()
    (followed,) = timeline(run, alice, kim.id)
    assert (followed.id, followed.subject, followed.duration_minutes) == (entry.id, "Longer", 120)
    calendar.land([item_of(moved.model_copy(update={"status": EventStatus.CANCELLED}), ref="1")])
    assert (timeline(run, alice, kim.id), run(alice, contacts.get_contact, kim.id).last_contact_at) == ((), None)
    calendar.land([item_of(moved, ref="1")])
    assert len(timeline(run, alice, kim.id)) == 1
    calendar.land([item_of(moved.model_copy(update={"starts_at": TOMORROW, "ends_at": TOMORROW + timedelta(hours=1)}), ref="1")])
    assert timeline(run, alice, kim.id) == ()
    assert duty.settle(TOMORROW + timedelta(hours=2)) == 1
    assert len(timeline(run, alice, kim.id)) == 1
    calendar.land([], gone=["1"])
    assert (timeline(run, alice, kim.id), count(database, "interaction")) == ((), 0)


@pytest.mark.parametrize("edit", [{"body": "Slept better"}, {"subject": "First session"}, {"occurred_at": YESTERDAY - timedelta(hours=3)}])
def test_what_somebody_wrote_stays_whatever_becomes_of_the_event(run, feed, alice, bob, ana, edit):
    calendar, read = feed(alice), read_event("Session", YESTERDAY, asked=["ana@mail.example"])
    calendar.land([item_of(read, ref="1")])
    (entry,) = timeline(run, alice, ana.id)
    run(bob, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, **edit))
    (edited,) = timeline(run, alice, ana.id)
    for how in ({"title": "Moved", "starts_at": YESTERDAY - timedelta(hours=5)}, {"status": EventStatus.CANCELLED}):
        calendar.land([item_of(read.model_copy(update=how), ref="1")])
        assert timeline(run, alice, ana.id) == (edited,)
    calendar.land([], gone=["1"])
    assert timeline(run, alice, ana.id) == (edited,)
    calendar.land([item_of(read, ref="1")])
    assert timeline(run, alice, ana.id) == (edited,), "what comes back finds its meeting again"


def test_a_meeting_that_was_deleted_is_not_made_again(run, database, feed, alice, ana):
    calendar, read = feed(alice), read_event("Session", YESTERDAY, asked=["ana@mail.example"])
    calendar.land([item_of(read, ref="1")])
    (entry,) = timeline(run, alice, ana.id)
    run(alice, interactions.delete_interaction, entry.id)
    calendar.land([item_of(read.model_copy(update={"title": "Changed"}), ref="1")])
    duty.settle(datetime.now(UTC))
    assert timeline(run, alice, ana.id) == ()
    with anonymous_work() as session:
        purge_trash(session, timedelta())
    calendar.land([item_of(read.model_copy(update={"title": "Changed again"}), ref="1")])
    duty.settle(datetime.now(UTC))
    assert (timeline(run, alice, ana.id), count(database, "interaction")) == ((), 0)


def test_one_event_in_two_calendars_is_one_meeting(run, database, feed, alice, ana):
    first, second = feed(alice, "Work"), feed(alice, "Home", audience="private")
    read = read_event("Session", YESTERDAY, asked=["ana@mail.example"])
    first.land([item_of(read, ref="1")])
    second.land([item_of(read.model_copy(update={"attendees": ()}), ref="a")])
    assert len(timeline(run, alice, ana.id)) == 1
    first.land([], gone=["1"])
    assert timeline(run, alice, ana.id) == (), "the other calendar does not say with whom"
    second.land([item_of(read, ref="a")])
    (entry,) = timeline(run, alice, ana.id)
    assert entry.audience == "private", "what one of two connections keeps private is private"
    second.land([], gone=["a"])
    assert count(database, "interaction") == 0


@pytest.mark.parametrize("lose", [
    lambda run, who, calendar: calendar.land([], gone=["1"]),
    lambda run, who, calendar: run(who, connections.delete_connection, calendar.connection_id),
], ids=["the event goes", "the account goes"])  # fmt: skip
def test_whom_somebody_took_off_is_not_back_when_that_calendar_has_it_no_more(run, database, feed, alice, ana, person, lose):
    work, home, kim = feed(alice, "Work"), feed(alice, "Home"), person(alice, "Kim Own")
    read = read_event("Session", YESTERDAY, asked=["ana@mail.example"])
    for calendar in (work, home):
        calendar.land([item_of(read, ref="1")])
    (event_id,) = rows(database, f"select id from event where calendar_id = '{work.calendar_id}'")[0]
    run(alice, calendars.link_contact, event_id, kim.id)
    run(alice, calendars.unlink_contact, event_id, ana.id)
    assert (len(timeline(run, alice, kim.id)), timeline(run, alice, ana.id)) == (1, ())
    lose(run, alice, work)
    (left,) = run(alice, calendars.get_range, YESTERDAY.date(), 1).events
    assert left.id != event_id and [one.name for one in left.contacts] == ["Kim Own"]
    assert (len(timeline(run, alice, kim.id)), timeline(run, alice, ana.id)) == (1, ())


@pytest.mark.parametrize("called_off_first", [False, True])
def test_who_is_asked_where_it_was_called_off_was_not_met(run, feed, alice, ana, called_off_first):
    """Whichever of the two calendars is read first."""
    kept, read = feed(alice, "Home"), read_event("Session", YESTERDAY, asked=["ana@mail.example"])
    called_off = [item_of(read.model_copy(update={"status": EventStatus.CANCELLED}), ref="1")]
    pages = [(kept, [item_of(read.model_copy(update={"attendees": ()}), ref="a")]), (feed(alice, "Work"), called_off)]
    for calendar, page in reversed(pages) if called_off_first else pages:
        calendar.land(page)
    assert timeline(run, alice, ana.id) == ()
    kept.land([item_of(read, ref="a")])
    assert len(timeline(run, alice, ana.id)) == 1


def test_a_colleague_at_the_same_event_does_not_tell_it_twice(run, database, feed, alice, bob, ana, person):
    programme = run(alice, programmes.create_programme, ProgrammeCreate(name="Ten", sessions_total=10, contact_id=ana.id, starts_on=YESTERDAY.date() - timedelta(days=2)))
    kim = person(bob, "Kim Own", "private")
    read = read_event("Session", YESTERDAY, uid="shared", asked=["ana@mail.example"])
    hers, his = feed(alice), feed(bob)
    hers.land([item_of(read, ref="1")])
    his.land([item_of(read, ref="1")])
    assert len(timeline(run, bob, ana.id)) == 1
    assert run(alice, programmes.get_programme, programme.id).used == 1
    (row,) = (one for one in run(bob, calendars.get_range, YESTERDAY.date(), 1).events if one.mine)
    run(bob, calendars.link_contact, row.id, kim.id)
    assert (len(timeline(run, bob, ana.id)), len(timeline(run, bob, kim.id))) == (1, 1)


def test_a_contact_who_has_become_a_colleagues_own_stops_no_sync(run, feed, alice, bob, person):
    kim, ann = person(bob, "Kim Lee"), person(bob, "Ann Lee")
    calendar, read = feed(alice), read_event("Session", NOW + timedelta(hours=5), asked=["kim@mail.example"])
    past = read_event("Before", YESTERDAY, asked=["ann@mail.example"])
    calendar.land([item_of(read, ref="1"), item_of(past, ref="2")])
    run(bob, contacts.set_audience, [kim.id, ann.id], "private")
    assert duty.settle(TOMORROW) == 1
    assert timeline(run, bob, kim.id) == ()
    assert calendar.land([item_of(past.model_copy(update={"title": "Renamed"}), ref="2"), item_of(read.model_copy(update={"title": "Other"}), ref="1")]).updated == 2
    feed(alice).land([item_of(read, ref="1")])
    assert duty.settle(TOMORROW) == 2


def test_sessions_of_a_programme_follow_meetings(run, feed, alice, ana):
    programme = run(alice, programmes.create_programme, ProgrammeCreate(name="Ten", sessions_total=10, contact_id=ana.id, starts_on=YESTERDAY.date() - timedelta(days=30)))
    calendar = feed(alice)
    calendar.land([item_of(read_event("x", YESTERDAY - timedelta(days=by), uid=f"{by}", asked=["ana@mail.example"]), ref=f"{by}") for by in range(3)])
    assert run(alice, programmes.get_programme, programme.id).used == 3
    calendar.land([], gone=["1"])
    assert run(alice, programmes.get_programme, programme.id).used == 2


def test_a_calendar_that_is_taken_away_leaves_its_meetings(run, database, feed, alice, ana):
    calendar = feed(alice)
    read = read_event("Session", YESTERDAY, asked=["ana@mail.example"])
    calendar.land([item_of(read, ref="1")])
    with database.owner.begin() as connection:
        connection.execute(text("delete from connection"))
    assert (count(database, "event"), len(timeline(run, alice, ana.id))) == (0, 1)
    again = feed(alice)
    again.land([item_of(read, ref="1")])
    assert len(timeline(run, alice, ana.id)) == 1
    again.land([item_of(read.model_copy(update={"title": "Renamed"}), ref="1")])
    assert [entry.subject for entry in timeline(run, alice, ana.id)] == ["Renamed"], "nobody had touched it"


def test_a_feed_that_moves_on_leaves_its_meetings(run, database, feed, alice, ana):
    calendar = feed(alice, kind="ics")
    reads = [read_event(f"{by}", NOW + timedelta(days=by), uid=f"{by}", asked=["ana@mail.example"]) for by in (-9, -5, 5)]
    calendar.land([item_of(read, ref=read.uid) for read in reads])
    assert calendar.land([], present={"-5", "5"}) == Landed(deleted=1)
    assert [entry.subject for entry in timeline(run, alice, ana.id)] == ["-5", "-9"]
    calendar.land([item_of(read_event("-7", NOW - timedelta(days=7), uid="-7"), ref="-7")])
    calendar.land([], present={"-7", "5"})
    assert [entry.subject for entry in timeline(run, alice, ana.id)] == ["-9"], "one that was taken out of the middle was taken back"


# Who sees it.


def test_an_event_is_as_wide_as_its_narrowest_contact(run, database, feed, alice, bob, ana, person):
    kim = person(alice, "Kim Lee")
    land_one(feed(alice), "both", TOMORROW, asked=["ana@mail.example", "kim@mail.example"])
    seen = "select audience from event union all select audience from event_attendee union all select audience from event_contact"
    assert set(rows(database, seen)) == {("team",)}
    run(alice, contacts.set_audience, [kim.id], "private")
    assert set(rows(database, seen)) == {("private",)}
    assert run(bob, contacts.get_contact, ana.id).next_meeting is None
    run(alice, contacts.set_audience, [kim.id], "team")
    assert set(rows(database, seen)) == {("team",)}
    run(alice, calendars.unlink_contact, run(alice, contacts.get_contact, kim.id).next_meeting.id, kim.id)
    run(alice, contacts.set_audience, [kim.id], "private")
    assert set(rows(database, "select audience from event")) == {("team",)}, "who was taken off has no say"


def test_what_was_done_by_hand_is_hidden_with_its_event(run, database, event, alice, bob, ana, person):
    kim = person(alice, "Kim Lee")
    made = event(alice, "dentist", TOMORROW)
    run(alice, calendars.link_contact, made, ana.id)
    run(alice, calendars.link_contact, made, kim.id)
    assert any(line.table == "event_contact" for act in run(bob, changes.list_history, "contact", ana.id).acts for line in act.lines)
    run(alice, contacts.set_audience, [kim.id], "private")
    assert not any(line.table == "event_contact" for act in run(bob, changes.list_history, "contact", ana.id).acts for line in act.lines)


def test_meetings_follow_what_their_connection_shares(run, database, feed, alice, bob, ana):
    calendar = feed(alice)
    land_one(calendar, "Session", YESTERDAY, asked=["ana@mail.example"])
    for audience, seen in (("private", 0), ("team", 1)):
        with database.owner.begin() as connection:
            connection.execute(text("update connection set meetings_audience = :audience"), {"audience": audience})
        assert (len(timeline(run, bob, ana.id)), len(run(bob, calendars.get_contact_meetings, ana.id).past)) == (seen, seen)


def test_what_is_marked_private_over_there_stays_its_owners(run, database, feed, alice, bob, ana):
    calendar = feed(alice)
    read = land_one(calendar, "Supervision", YESTERDAY, asked=["ana@mail.example"], private=True)
    land_one(calendar, "Quiet", TOMORROW, asked=["ana@mail.example"], private=True)
    told = lambda who: (len(timeline(run, who, ana.id)), len(run(who, calendars.get_contact_meetings, ana.id).coming))  # noqa: E731
    assert (told(alice), told(bob)) == ((1, 1), (0, 0))
    assert run(bob, contacts.get_contact, ana.id).next_meeting is None
    calendar.land([item_of(read.model_copy(update={"private": False}), ref=f"{read.uid}.ics")])
    assert told(bob)[0] == 0, "what was said in confidence is not told later"
    shared = land_one(calendar, "Session", YESTERDAY, asked=["ana@mail.example"])
    assert told(bob)[0] == 1
    calendar.land([item_of(shared.model_copy(update={"private": True}), ref=f"{shared.uid}.ics")])
    assert told(bob)[0] == 0 and len(timeline(run, alice, ana.id)) == 2
    for audience in ("private", "team"):
        with database.owner.begin() as connection:
            connection.execute(text("update connection set meetings_audience = :audience"), {"audience": audience})
    assert len(run(bob, calendars.get_contact_meetings, ana.id).coming) == 0
    assert [entry.subject for entry in timeline(run, bob, ana.id)] == ["Supervision"]


def test_a_viewer_who_had_a_calendar_settles_nothing(run, database, feed, alice, ana):
    land_one(feed(alice), "Session", NOW + timedelta(hours=5), asked=["ana@mail.example"])
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set role = 'viewer' where id = :who"), {"who": alice.user_id})
    assert duty.settle(TOMORROW) == 0
    with pytest.raises(Forbidden):
        run(replace(alice, role=Role.VIEWER), settling.settle_events, TOMORROW)


# What travels.


def test_events_travel_with_their_contact_and_are_not_taken_in(run, database, feed, alice, bob, ana):
    land_one(feed(alice), "Breathwork", TOMORROW, asked=[ReadAttendee(email="ana@mail.example", name="Ana S.", response="accepted")], description="Bring a mat", location="Studio")
    land_one(feed(alice, audience="private"), "in private", TOMORROW, asked=["ana@mail.example"])
    (card,) = json.loads(exported(run, alice, "json"))["contacts"]
    assert [one["title"] for one in card["events"]] == ["Breathwork", "in private"]
    assert {"description": "Bring a mat", "location": "Studio"}.items() <= card["events"][0].items()
    assert card["events"][0]["attendees"] == [{"email": "ana@mail.example", "name": "Ana S.", "response": "accepted"}]
    data = exported(run, bob, "json")
    assert [one["title"] for one in json.loads(data)["contacts"][0]["events"]] == ["Breathwork"]
    with ProcessSandbox(1) as sandbox:
        bind_sandbox(sandbox)
        again = run(alice, imports.import_file, "mine.json", data)
    assert (again.skipped, again.failed, count(database, "event")) == (1, 0, 2)


def test_calendars_stay_with_whose_they_are_when_things_are_handed_over(run, database, feed, alice, bob, olivia, ana):
    calendar, read = feed(alice), read_event("Session", YESTERDAY, asked=["ana@mail.example"])
    calendar.land([item_of(read, ref="1")])
    _hand_over(olivia, alice, bob)
    owners = "select distinct owner_id from {}"
    assert {rows(database, owners.format(table))[0][0] for table in ("connection", "calendar", "calendar_item", "event", "event_attendee", "event_contact")} == {alice.user_id}
    assert rows(database, owners.format("interaction")) == [(bob.user_id,)]
    calendar.land([item_of(read.model_copy(update={"title": "Changed"}), ref="1")])
    assert [entry.subject for entry in timeline(run, bob, ana.id)] == ["Session"], "the meeting is his by now, and is not told twice"


def _hand_over(olivia, alice, bob):
    with unit_of_work(olivia, "tests.hand_over") as session:
        call = text("select team_hand_over(:leaver, :heir, false, '', 1000)")
        while session.connection().execute(call, {"leaver": alice.user_id, "heir": bob.user_id}).scalar():
            pass
