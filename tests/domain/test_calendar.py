"""Calendars as pages ask for them: days of the reader, what is shown to whom, and what is good to know before an event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event as listen

from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.schemas import AwayCreate
from crm_app.domain.calendar import service as calendars
from crm_app.domain.calendar.models import EventStatus
from crm_app.domain.calendar.reading_schemas import ReadAttendee
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.dashboard import service as dashboard
from crm_app.domain.days import today_of
from crm_app.domain.errors import Forbidden, Invalid, NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.permissions import Permission
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from tests.calendars import item_of, land_one, make_feed, read_event

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = date(2026, 11, 25)


@pytest.fixture
def ana(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", points=[PointInput(kind="email", value="Ana@mail.example")]))


@pytest.fixture
def secret(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Kim Hidden", audience="private", points=[PointInput(kind="email", value="kim@mail.example")]))


def titles(found) -> list[str]:
    return [row.title for row in found]


def test_a_day_holds_what_touches_it_in_the_readers_zone(run, alice, event):
    event(alice, "late before", datetime(2026, 11, 24, 23, tzinfo=UTC), 120)
    event(alice, "noon", NOON)
    event(alice, "night", datetime(2026, 11, 25, 23, 30, tzinfo=UTC))
    event(alice, "next day", datetime(2026, 11, 26, 0, tzinfo=UTC))
    event(alice, "ends as it begins", datetime(2026, 11, 25, 0, tzinfo=UTC), 0)
    event(alice, "over at midnight", datetime(2026, 11, 24, 23, tzinfo=UTC), 60)
    assert titles(run(alice, calendars.get_range, DAY, 1).events) == ["late before", "ends as it begins", "noon", "night"]
    tokyo = replace(alice, time_zone="Asia/Tokyo")
    assert titles(run(tokyo, calendars.get_range, date(2026, 11, 26), 1).events) == ["night", "next day"]


def test_what_lasts_all_day_is_on_its_days_in_every_zone(run, alice, event):
    midnight = datetime(2026, 11, 25, tzinfo=ZoneInfo("Pacific/Auckland"))
    event(alice, "retreat", midnight, 2 * 1440, all_day=True, start_date=DAY, end_date=date(2026, 11, 27))
    for zone in ("UTC", "Pacific/Honolulu", "Pacific/Kiritimati"):
        reader = replace(alice, time_zone=zone)
        found = [bool(run(reader, calendars.get_range, DAY + timedelta(days=by), 1).events) for by in (-1, 0, 1, 2)]
        assert found == [False, True, True, False], zone


def test_what_lasts_for_months_is_on_every_day_of_it(run, alice, event):
    event(alice, "sabbatical", datetime(2026, 6, 1, tzinfo=UTC), 300 * 1440)
    assert titles(run(alice, calendars.get_range, DAY, 7).events) == ["sabbatical"]


def test_a_colleague_sees_what_concerns_the_teams_contacts_and_nothing_else(run, alice, bob, vera, event, ana, secret):
    event(alice, "with Ana", NOON, asked=["ana@mail.example"])
    event(alice, "with Kim", NOON, asked=["kim@mail.example"])
    event(alice, "with both", NOON, asked=["kim@mail.example", "ana@mail.example"])
    event(alice, "dentist", NOON)
    assert sorted(titles(run(alice, calendars.get_range, DAY, 1).events)) == ["dentist", "with Ana", "with Kim", "with both"]
    for colleague in (bob, vera):
        (row,) = run(colleague, calendars.get_range, DAY, 1).events
        assert (row.title, row.calendar_name, row.hue, row.mine) == ("with Ana", "", "slate", False)
        assert [person.name for person in row.contacts] == ["Ana Silva"]
    assert run(bob, calendars.get_range, DAY, 1, mine=True).events == ()


def test_meetings_that_a_connection_keeps_private_stay_so(run, alice, bob, feed, ana):
    land_one(feed(alice, audience="private"), "with Ana", NOON, asked=["ana@mail.example"])
    assert titles(run(alice, calendars.get_range, DAY, 1).events) == ["with Ana"]
    assert run(bob, calendars.get_range, DAY, 1).events == ()


def test_calendars_that_are_not_shown_are_left_out(run, alice, feed):
    land_one(feed(alice, "Holidays", shown=False), "Thanksgiving", NOON)
    land_one(feed(alice, "Work", hue="plum"), "Session", NOON)
    found = run(alice, calendars.get_range, DAY, 1)
    assert [(row.title, row.calendar_name, row.hue) for row in found.events] == [("Session", "Work", "plum")]
    assert [row.name for row in found.calendars] == ["Holidays", "Work"]


def test_a_range_has_limits(run, alice):
    for first, days in ((DAY, 0), (DAY, 63), (date.max, 1), (date.min, 1)):
        with pytest.raises(Invalid):
            run(alice, calendars.get_range, first, days)


def test_a_key_without_calendars_reads_none(run, alice, event, ana):
    made = event(alice, "with Ana", asked=["ana@mail.example"])
    narrow = replace(alice, scopes=frozenset({Permission.CONTACT_READ.value, Permission.DASHBOARD_READ.value, Permission.TASK_READ.value, Permission.INTERACTION_READ.value}))
    for service, *arguments in ((calendars.get_range, DAY, 1), (calendars.get_event, made), (calendars.get_contact_meetings, ana.id)):
        with pytest.raises(Forbidden):
            run(narrow, service, *arguments)
    assert run(narrow, contacts.get_contact, ana.id).next_meeting is None
    assert run(narrow, dashboard.load_dashboard).agenda == ()
    assert run(alice, contacts.get_contact, ana.id).next_meeting.title == "with Ana"


def test_an_event_opened_tells_what_is_good_to_know_before(run, alice, bob, event, ana):
    starts = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="Sleeps better", contact_ids=[ana.id], occurred_at=starts - timedelta(days=7)))
    run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="Private", contact_ids=[ana.id], occurred_at=starts - timedelta(days=6), audience="private"))
    run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="Later", contact_ids=[ana.id], occurred_at=starts + timedelta(minutes=5)))
    run(alice, tasks.create_task, TaskCreate(title="Send the audio", contact_ids=[ana.id]))
    asked = [ReadAttendee(email="ANA@mail.example", name="Ana", response="accepted"), ReadAttendee(email="lena@mail.example"), ReadAttendee(email="alice@example.org", response="tentative")]
    made = event(alice, "Breathwork", starts, asked=asked, description="Bring a mat", location="Studio", organiser="alice@example.org", time_zone="Europe/Lisbon")
    view = run(alice, calendars.get_event, made)
    assert (view.title, view.description, view.location, view.my_response, view.others, view.noted, view.mine) == ("Breathwork", "Bring a mat", "Studio", "tentative", 1, True, True)
    assert [(one.email, one.contact_id) for one in view.attendees] == [("ana@mail.example", ana.id), ("lena@mail.example", None)]
    assert [entry.body for entry in view.last_entries] == ["Private", "Sleeps better"]
    assert view.next_steps == ("Send the audio",)
    assert [entry.body for entry in run(bob, calendars.get_event, made).last_entries] == ["Sleeps better"]


def test_nobody_opens_what_they_do_not_see(run, alice, bob, charlie, event, secret, ana):
    made = event(alice, "with Kim", asked=["kim@mail.example"])
    for stranger in (bob, charlie):
        with pytest.raises(NotFound):
            run(stranger, calendars.get_event, made)
        with pytest.raises(NotFound):
            run(stranger, calendars.get_contact_meetings, secret.id)


def test_a_contacts_meetings_are_those_to_come_and_those_that_were(run, alice, bob, event, ana):
    now = datetime.now(UTC).replace(microsecond=0)
    for by in (-3, -2, -1, 1, 2):
        event(alice, f"day {by}", now + timedelta(days=by), asked=["ana@mail.example"])
    event(alice, "now", now - timedelta(minutes=10), asked=["ana@mail.example"])
    found = run(bob, calendars.get_contact_meetings, ana.id, past=2)
    assert (titles(found.coming), titles(found.past), found.more_past) == (["now", "day 1", "day 2"], ["day -1", "day -2"], True)
    assert run(bob, contacts.get_contact, ana.id).next_meeting.title == "day 1"


def test_the_next_step_is_the_nearest_of_tasks_and_meetings(run, alice, bob, feed, event, ana, secret):
    today = datetime.now(UTC).date()
    run(alice, tasks.create_task, TaskCreate(title="Write to Ana", contact_ids=[ana.id], due_date=today + timedelta(days=3)))
    land_one(feed(alice, audience="private"), "in private", datetime.now(UTC) + timedelta(hours=5), asked=["ana@mail.example"])
    assert run(bob, contacts.get_contact, ana.id).next_step == "Write to Ana", "what is private shows through no figure"
    starts = datetime.now(UTC) + timedelta(days=2)
    event(alice, "Breathwork", starts, asked=["ana@mail.example"])
    found = run(bob, contacts.get_contact, ana.id)
    assert (found.next_step, found.next_step_on) == ("Breathwork", starts.date())
    event(alice, "with Kim", starts, asked=["kim@mail.example"])
    assert run(alice, contacts.get_contact, secret.id).next_step == "with Kim", "a private contact's figures count its owner's own"


def test_the_agenda_is_today_where_its_reader_is(run, alice, bob, event, feed, ana):
    assert run(alice, dashboard.load_dashboard).has_calendar is False
    tokyo = replace(alice, time_zone="Asia/Tokyo")
    begins = datetime.combine(datetime.now(ZoneInfo("Asia/Tokyo")).date(), datetime.min.time(), ZoneInfo("Asia/Tokyo"))
    event(alice, "yesterday", begins - timedelta(hours=2))
    event(alice, "with Ana", begins + timedelta(hours=1), asked=["ana@mail.example"])
    event(alice, "own", begins + timedelta(hours=2))
    event(alice, "called off", begins + timedelta(hours=3), status=EventStatus.CANCELLED)
    event(alice, "declined", begins + timedelta(hours=3), asked=[ReadAttendee(email="alice@example.org", response="declined")])
    view = run(tokyo, dashboard.load_dashboard)
    assert (titles(view.agenda), view.has_calendar) == (["with Ana", "own"], True)
    colleague = replace(bob, time_zone="Asia/Tokyo")
    view = run(colleague, dashboard.load_dashboard)
    assert (titles(view.agenda), view.has_calendar) == (["with Ana"], False)
    assert run(colleague, dashboard.load_dashboard, True).agenda == ()


@pytest.fixture
def planner(alice):
    """A calendar into which alice can write."""
    return make_feed(alice, "Work", writable=True, username="alice@calendar.example")


def test_whom_one_owes_a_meeting_is_named_until_one_is_planned(run, alice, bob, vera, planner):
    moment, day = datetime.now(UTC), today_of(alice)
    since = (moment - timedelta(days=10)).astimezone(alice.zone).date()

    def waiting(actor=alice):
        return [(row.name, row.task, row.due_on) for row in run(actor, calendars.get_range, DAY, 1).follow_ups]

    def met(name, days_ago, **fields):
        made = run(alice, contacts.create_contact, ContactCreate(display_name=name, **fields))
        run(alice, interactions.log_interaction, InteractionCreate(kind="call", body="talked", contact_ids=[made.id], occurred_at=moment - timedelta(days=days_ago)))
        return made

    def asked(title, person, days, **fields):
        return run(alice, tasks.create_task, TaskCreate(title=title, contact_ids=[person.id], due_date=day + timedelta(days=days), **fields))

    jonas, ruth = met("Jonas Lind", 40, cadence_days=30), met("Ruth Adler", 38, cadence_days=30)
    met("Fine", 2, cadence_days=30)
    put_off = met("Put off", 50, cadence_days=30)
    run(alice, cadence.snooze_contacts, [put_off.id], day + timedelta(days=3))
    asked("Race recovery", ruth, 3)
    asked("Much later", jonas, 20)
    asked("Bob's to do", met("Other", 1), 1, assignee_id=bob.user_id)
    done = asked("Done", met("Over", 1), 1)
    run(alice, tasks.complete_tasks, [done.id])
    assert waiting() == [("Ruth Adler", "Race recovery", day + timedelta(days=3)), ("Jonas Lind", "", since)]
    assert waiting(bob) == waiting(vera) == [], "bob has no calendar to write in"
    soon = moment + timedelta(days=2)
    land_one(planner, "Call with Ruth Adler", soon)
    land_one(planner, "Call with Jonas Lind", soon, status=EventStatus.CANCELLED)
    assert waiting() == [("Jonas Lind", "", since)], "what is cancelled is no meeting"
    run(alice, cadence.create_away, AwayCreate(starts_on=day, ends_on=day + timedelta(days=1)))
    assert waiting() == [], "nobody is due while one is away"


def test_a_week_is_three_statements(run, database, alice, event, ana):
    for by in range(20):
        event(alice, f"session {by}", NOON + timedelta(hours=by), asked=["ana@mail.example", f"guest{by}@mail.example"])
    said: list[str] = []
    listen.listen(database.app, "before_cursor_execute", lambda *args: said.append(args[2]))
    assert len(run(alice, calendars.get_range, DAY, 7).events) == 20
    assert len([one for one in said if "set_config" not in one and "publish_changes" not in one]) == 3


def test_meetings_without_a_note_are_named_until_somebody_writes(run, alice, event, ana):
    now = datetime.now(UTC).replace(microsecond=0)
    event(alice, "two hours ago", now - timedelta(hours=2), asked=["ana@mail.example"])
    event(alice, "long ago", now - timedelta(days=20), asked=["ana@mail.example"])
    event(alice, "dentist", now - timedelta(hours=2))
    event(alice, "to come", now + timedelta(hours=2), asked=["ana@mail.example"])
    today = now.date()
    assert titles(run(alice, calendars.get_range, today, 1).unnoted) == ["two hours ago"]
    run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="Went well", contact_ids=[ana.id]))
    found = run(alice, calendars.get_range, now.date() - timedelta(days=1), 3)
    assert found.unnoted == ()
    assert {row.title: row.noted for row in found.events} == {"two hours ago": True, "dentist": False, "to come": False}


def test_a_second_look_of_the_same_page_writes_nothing(run, database, alice, feed, ana):
    calendar = feed(alice)
    items = [item_of(read_event(f"session {by}", NOON + timedelta(days=by * 40), asked=["ana@mail.example"]), ref=f"{by}", etag="1") for by in range(-3, 4)]
    assert calendar.land(items, token="t").created == 7
    assert calendar.land(items, token="t", present={item.ref for item in items}) == type(calendar.land(items))()
