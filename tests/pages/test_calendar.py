"""The calendar: what is shown of whom, how one goes about in it, an event opened, and a note written of a session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from crm_app.domain.actor import Actor
from crm_app.domain.calendar import service as calendars
from crm_app.domain.contacts.schemas import ContactView
from crm_app.domain.days import in_month, today_of, week_begins
from crm_app.domain.interactions import service as interactions
from crm_app.domain.times import long_date, month_words
from crm_app.domain.unit_of_work import run_service
from tests.calendars import Feed, item_of, land_one, read_event
from tests.pages.conftest import Entry, Person, Visit

Event = Callable[..., UUID]


def noon(days: int = 0, hour: int = 12) -> datetime:
    """An hour of a day around today, where alice is."""
    return datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=days)


@pytest.fixture
def ana(person: Person, alice: Actor) -> ContactView:
    return person(alice, "Ana Silva", points=[{"kind": "email", "value": "ana@mail.example"}])


def test_without_a_calendar_the_page_says_so_and_leads_to_where_one_is_connected(visit: Visit, alice: Actor, vera: Actor) -> None:
    page = visit(alice, "/calendar").sees("No calendar is connected yet")
    assert page.can_press("Connect a calendar")
    assert not visit(vera, "/calendar").sees("No calendar is connected yet").has("Connect a calendar")


def test_the_week_shows_its_events_and_the_address_says_how_it_is_looked_at(visit: Visit, alice: Actor, event: Event, ana: ContactView) -> None:
    today = today_of(alice)
    event(alice, "Breathwork", noon(), 719, asked=["ana@mail.example"])  # until the day's last minute: not a session without a note yet
    event(alice, "In three months", noon(92))
    page = visit(alice, "/calendar").sees(f"{long_date(today, alice)} Breathwork", "Ana Silva").sees_not("In three months")
    assert page.press("Month").path == "/calendar?view=month&whose=mine"
    page.sees(month_words(today, alice), f"{long_date(today, alice)} Breathwork")
    page.press("After").sees(month_words(in_month(today, 1), alice))
    page.press("Today").press("Agenda").sees("Breathwork")
    assert page.path == "/calendar?view=agenda&whose=mine"
    page.press("Day").sees("Breathwork").press("After").sees_not("Breathwork").sees("Nothing stands on this day.")
    page.reload().sees("Nothing stands on this day.").press("Before").sees("Breathwork")


def test_a_day_of_the_week_and_of_the_small_month_opens(visit: Visit, alice: Actor, event: Event) -> None:
    today = today_of(alice)
    event(alice, "Breathwork", noon())
    page = visit(alice, "/calendar").press(f"{long_date(today, alice)}, today, 1 event").sees("Breathwork")
    assert page.path == "/calendar?view=day&whose=mine"
    other = today.replace(day=1 if today.day > 8 else 20)
    page.press("Week").press(long_date(other, alice))
    assert page.path.startswith("/calendar?date=") and week_begins(other, alice.week_start) != week_begins(today, alice.week_start)


def test_nonsense_in_the_address_is_left_out(visit: Visit, alice: Actor, event: Event) -> None:
    event(alice, "Breathwork", noon())
    for query in ("view=nonsense&date=2026-13-40&zone=Moon/Base&event=x", "date=0001-01-01", "date=9999-12-31&view=month"):
        visit(alice, f"/calendar?{query}").sees("Breathwork")


def test_an_event_opens_with_what_is_good_to_know_and_closes(visit: Visit, alice: Actor, event: Event, ana: ContactView, entry: Entry) -> None:
    entry(alice, ana, "Sleeps better since March", occurred_at=noon(-9))
    made = event(alice, "Breathwork", noon(0, 23), asked=["ana@mail.example", "guest@mail.example"], location="Studio", url="https://meet.example/abc", meeting_type="video", description="Bring a mat")
    page = visit(alice, "/calendar").press("Breathwork")
    page.sees("Sleeps better since March", "Join video call", "Studio", "Bring a mat", "2 people are asked", "by their address")
    assert page.path == f"/calendar?whose=mine&event={made}"
    page.reload().sees("Sleeps better since March").press("Close").sees_not("Sleeps better since March")
    assert page.path == "/calendar?whose=mine"
    event(alice, "Open evening", noon(0, 21), asked=[f"guest{number:02}@mail.example" for number in range(12)])
    page.press("Open evening").sees("12 people are asked", "guest07@").sees_not("guest08@").press("and 4 more").sees("guest11@").sees_not("and 4 more")


def test_a_link_that_leads_nowhere_good_is_words(visit: Visit, alice: Actor, event: Event) -> None:
    event(alice, "Odd", noon(), url="javascript:alert(1)", location="javascript:alert(2)", meeting_type="video")
    page = visit(alice, "/calendar").press("Odd").sees("javascript:alert(2)")
    assert not page.has("Join video call") and not page.has("Open its page")


def test_a_person_is_linked_and_unlinked_by_hand_with_undo(visit: Visit, alice: Actor, event: Event, ana: ContactView, person: Person) -> None:
    person(alice, "Kim Park")
    made = event(alice, "Breathwork", noon(), asked=["ana@mail.example"])
    page = visit(alice, f"/calendar?event={made}").press("Link a person").fill("Link a person", "Kim").press("Kim Park")
    page.sees("Linked to Kim Park", "linked by hand")
    assert {row.name for row in run_service(alice, calendars.get_event, made).contacts} == {"Ana Silva", "Kim Park"}
    page.press("Unlink Ana Silva").sees("No longer linked to Ana Silva")
    assert {row.name for row in run_service(alice, calendars.get_event, made).contacts} == {"Kim Park"}
    page.press("Undo", beside="No longer linked to Ana Silva").sees("Undone", "by their address")


def test_a_session_without_a_note_is_written_of_where_it_stands(visit: Visit, alice: Actor, event: Event, ana: ContactView) -> None:
    event(alice, "Breathwork", datetime.now(UTC) - timedelta(hours=3), asked=["ana@mail.example"])
    page = visit(alice, "/calendar").sees("Sessions without a note")
    page.press("Write a note: Breathwork, Ana Silva").fill("What happened", "Box breathing felt steady").press("Save").sees("Note saved").sees_not("Sessions without a note")
    (found,) = run_service(alice, interactions.list_timeline, ana.id).entries
    assert (found.kind, found.body) == ("meeting", "Box breathing felt steady")
    page.press("Undo", beside="Note saved").sees("Undone", "Sessions without a note")


@pytest.mark.parametrize("hour", [0, 23], ids=["when it is over", "before it begins"])
def test_what_is_typed_is_kept_when_the_panel_closes_and_when_its_event_goes(
    hour: int, visit: Visit, alice: Actor, feed: Callable[[Actor], Feed], ana: ContactView
) -> None:
    mine = feed(alice)
    read = read_event("Breathwork", noon(0, hour), 10, asked=["ana@mail.example"])
    mine.land([item_of(read, ref="one.ics")])
    page = visit(alice, "/calendar").press("Breathwork").press("Log note").fill("What happened", "Half a sentence")
    land_one(mine, "Another", noon(0, 15))
    page.sees("Another")
    assert page.value("What happened") == "Half a sentence"
    mine.land(gone=["one.ics"])
    page.sees("This event is no longer there.")
    assert page.value("What happened") == "Half a sentence"
    page.fill("What happened", "A whole sentence").press("Save").sees("Note saved")
    assert "A whole sentence" in [one.body for one in run_service(alice, interactions.list_timeline, ana.id).entries]


def test_calendars_are_hidden_and_shown(visit: Visit, alice: Actor, feed: Callable[..., Feed]) -> None:
    land_one(feed(alice, "Holidays", hue="plum"), "Thanksgiving", noon())
    land_one(feed(alice, "Sessions"), "Breathwork", noon())
    page = visit(alice, "/calendar").sees("Thanksgiving", "Breathwork").press("Holidays").sees_not("Thanksgiving").sees("Breathwork")
    page.reload().sees("Breathwork").sees_not("Thanksgiving").press("Holidays").sees("Thanksgiving")


def test_a_colleague_sees_what_concerns_the_team_live_and_changes_nothing(visit: Visit, alice: Actor, bob: Actor, vera: Actor, event: Event, ana: ContactView) -> None:
    his = visit(bob, "/calendar?whose=team")
    made = event(alice, "Breathwork", noon(), asked=["ana@mail.example"])
    event(alice, "Dentist", noon())
    his.sees("Breathwork").sees_not("Dentist").press("Breathwork").sees("A colleague's calendar")
    assert not his.has("Link a person") and not his.has("Unlink Ana Silva")
    assert his.press("Mine").sees_not("Breathwork").path.startswith("/calendar?whose=mine")
    hers = visit(vera, f"/calendar?whose=team&event={made}").sees("Ana Silva")
    assert not hers.has("Log note") and not hers.has("Link a person")


def test_somebody_elses_event_is_not_found(visit: Visit, alice: Actor, bob: Actor, event: Event) -> None:
    made = event(alice, "Dentist", noon())
    page = visit(bob, f"/calendar?event={made}")
    assert not page.has("Dentist") and page.dialog == ""


def test_more_than_is_shown_at_once_says_so(visit: Visit, alice: Actor, feed: Callable[[Actor], Feed], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendars, "MOST_EVENTS", 5)
    mine = feed(alice)
    mine.land([item_of(read_event(f"Event {number}", noon(), uid=f"{number}@x")) for number in range(9)])
    visit(alice, "/calendar").sees("these are the first 5 events")


def test_a_second_zone_stands_in_the_address(visit: Visit, alice: Actor, event: Event) -> None:
    event(alice, "Breathwork", noon())
    page = visit(alice, "/calendar?zone=Asia/Kathmandu").sees("Asia/Kathmandu", "Breathwork")
    assert page.press("Month").path == "/calendar?view=month&whose=mine&zone=Asia%2FKathmandu"


def test_the_way_there_is_in_the_navigation(visit: Visit, alice: Actor, house: Any) -> None:
    page = visit(alice, "/").press("Calendar")
    assert page.path.startswith("/calendar")


def test_the_dashboard_shows_what_takes_place_today_and_leads_to_it(visit: Visit, alice: Actor, event: Event, ana: ContactView) -> None:
    page = visit(alice, "/").sees("What stands in your calendar appears here.")
    made = event(alice, "Breathwork", noon(0, 23), 59, asked=["ana@mail.example"])
    event(alice, "Tomorrow's", noon(1))
    page.sees("Breathwork", "1 event left").sees_not("Tomorrow's")
    page.press("Breathwork").sees("by their address")
    assert page.path == f"/calendar?whose=team&event={made}" or page.path == f"/calendar?whose=mine&event={made}"


def test_a_day_on_which_nothing_stands_says_so_on_the_dashboard(visit: Visit, alice: Actor, event: Event) -> None:
    event(alice, "Tomorrow's", noon(1))
    visit(alice, "/").sees("Nothing stands in the calendar today.")


def test_a_record_shows_the_next_meeting_and_all_that_are_to_come_live(visit: Visit, alice: Actor, event: Event, ana: ContactView) -> None:
    soon = noon(1)
    made = event(alice, "Breathwork", soon, asked=["ana@mail.example"])
    page = visit(alice, f"/contacts/{ana.id}").sees("Next meeting", "Tomorrow, 12:00")
    page.press("Meetings").sees("To come", f"{long_date(soon.date(), alice)} Breathwork")
    event(alice, "Follow-up", noon(8), asked=["ana@mail.example"])
    page.sees("Follow-up")
    page.press("Tomorrow, 12:00")
    assert f"event={made}" in page.path
