"""What is said of an event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from crm_app.components import event_words
from crm_app.components.agenda import by_day, calendar_link
from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import EventStatus, MeetingType, Response
from crm_app.domain.permissions import Role
from crm_app.domain.times import offset_words
from tests.components.sheet_calendar import row

READER = Actor(UUID(int=1), Role.MEMBER, time_zone="Europe/Lisbon")
NINE = datetime(2026, 4, 15, 8, tzinfo=UTC)  # nine in Lisbon


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "Wednesday 15 April, 09:00 – 10:00"),
        ({"ends_at": NINE}, "Wednesday 15 April, 09:00"),
        ({"ends_at": datetime(2026, 4, 16, 1, tzinfo=UTC)}, "15 Apr, 09:00 – 16 Apr, 02:00"),
        ({"ends_at": datetime(2026, 4, 15, 23, tzinfo=UTC)}, "Wednesday 15 April, 09:00 – 00:00"),
        ({"all_day": True, "start_date": date(2026, 4, 15), "end_date": date(2026, 4, 16)}, "Wednesday 15 April"),
        ({"all_day": True, "start_date": date(2026, 4, 15), "end_date": date(2026, 4, 18)}, "Wednesday 15 April – Friday 17 April"),
    ],
)
def test_when_it_is(more: dict[str, Any], said: str) -> None:
    spoken = event_words.when(row(1, "Coaching", NINE, **more), READER)
    assert spoken.replace(" 2026", "") == said


def test_times_are_the_readers_own() -> None:
    event = row(1, "Coaching", NINE)
    assert event_words.span(event, replace(READER, time_zone="Asia/Kathmandu")) == "13:45 – 14:45"
    assert event_words.span(event, replace(READER, clock="12", locale="en-US")).startswith("9:00")


@pytest.mark.parametrize(
    ("more", "said", "look"),
    [
        ({}, "", ""), ({"status": EventStatus.TENTATIVE}, "Not certain yet", "mc-tentative"), ({"my_response": Response.TENTATIVE}, "Not certain yet", "mc-tentative"),
        ({"my_response": Response.WAITING}, "You have not answered", "mc-tentative"), ({"my_response": Response.DECLINED}, "You do not come", "mc-declined"),
        ({"status": EventStatus.CANCELLED, "my_response": Response.DECLINED}, "Cancelled", "mc-cancelled"), ({"my_response": Response.ACCEPTED}, "", ""),
    ],
)  # fmt: skip
def test_what_is_out_of_the_ordinary_is_said_and_drawn(more: dict[str, Any], said: str, look: str) -> None:
    event = row(1, "Coaching", NINE, **more)
    assert (event_words.standing(event), event_words.looks(event)) == (said, look)
    assert (said in event_words.sentence(event, READER)) is bool(said) or not said


def test_whom_it_is_with() -> None:
    assert event_words.people(row(1, "Alone", NINE)) == "" == event_words.people(row(1, "With one who is nobody", NINE, others=1))
    one = row(1, "Coaching", NINE, who=(3,), others=1)
    assert (event_words.people(one), event_words.drawn(one, READER)["first"]) == ("Tom Brennan", "Tom")
    many = row(1, "Circle", NINE, who=(0, 1, 2, 3), others=8)
    shown = event_words.drawn(many, READER)
    assert (shown["who"], shown["first"], len(shown["faces"])) == ("12 people", "12 people", 3)


def test_where_it_is_and_what_it_is_called() -> None:
    assert event_words.place(row(1, "x", NINE, location=" Room 2 ")) == "Room 2"
    assert event_words.place(row(1, "x", NINE, location="https://meet.example/1", meeting_type=MeetingType.VIDEO)) == "Video"
    assert event_words.place(row(1, "x", NINE, meeting_type=MeetingType.PHONE)) == "Phone"
    assert event_words.title_of(row(1, "  ", NINE)) == "Without a title"
    assert event_words.hue(row(1, "x", NINE, hue="url(evil)")) == "slate"


def test_a_whole_day_is_over_with_the_day_of_its_reader() -> None:
    event = row(1, "Birthday", NINE, all_day=True, start_date=date(2026, 4, 15), end_date=date(2026, 4, 16))
    assert event_words.ends_at(event, READER.zone) == datetime(2026, 4, 15, 23, tzinfo=UTC)


def test_each_day_has_what_happens_on_it_whole_days_first() -> None:
    days = [date(2026, 4, 14) + timedelta(days=number) for number in range(4)]
    night = row(1, "Night", datetime(2026, 4, 15, 21, tzinfo=UTC), 300)
    trip = row(2, "Trip", NINE, all_day=True, start_date=date(2026, 4, 13), end_date=date(2026, 4, 16))
    found = by_day([night, trip, row(3, "Coaching", NINE)], days, READER)
    assert [[event.title for event in found[day]] for day in days] == [["Trip"], ["Trip", "Coaching", "Night"], ["Night"], []]
    assert calendar_link(night, READER) == f"/calendar?date=2026-04-15&event={night.id}" and calendar_link(trip, READER).startswith("/calendar?date=2026-04-13&")


@pytest.mark.parametrize(("zone", "said"), [("Europe/Lisbon", "GMT+1"), ("UTC", "GMT"), ("Asia/Kathmandu", "GMT+5:45"), ("America/St_Johns", "GMT-2:30")])
def test_a_zone_is_said_by_how_far_its_clocks_are_ahead(zone: str, said: str) -> None:
    assert offset_words(NINE, ZoneInfo(zone)) == said
