"""What the calendar's address says, and which days that means."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
import time_machine
from starlette.datastructures import QueryParams

from crm_app.domain.actor import Actor
from crm_app.domain.permissions import Role
from crm_app.pages.calendar.view import CalendarView

READER = Actor(UUID(int=1), Role.MEMBER, time_zone="Europe/Lisbon")
TODAY = date(2026, 4, 15)


def view(query: str = "", whose: str = "mine", actor: Actor = READER) -> CalendarView:
    return CalendarView.read(QueryParams(query), whose, actor)


@pytest.fixture(autouse=True)
def _a_wednesday():
    with time_machine.travel("2026-04-15T12:00:00Z", tick=False):
        yield


@pytest.mark.parametrize("query", ["", "date=nonsense&view=year&zone=Mars&event=1", "date=0001-01-01", "date=9999-12-31"])
def test_what_makes_no_sense_is_a_week_around_today(query: str) -> None:
    assert view(query) == CalendarView(TODAY, TODAY)
    assert view(query).address == "/calendar?whose=mine"


def test_an_address_is_found_again() -> None:
    key = UUID(int=7)
    found = view(f"view=agenda&date=2026-05-01&zone=Asia/Kathmandu&event={key}&note=1", "team")
    assert (found.look, found.day, found.mine, found.event, found.note) == ("agenda", date(2026, 5, 1), False, key, True)
    assert view(found.address.partition("?")[2], "team") == CalendarView(found.day, TODAY, "agenda", False, "Asia/Kathmandu", key)
    assert found.also is not None and str(found.also) == "Asia/Kathmandu"


def test_ones_own_zone_is_no_second_one() -> None:
    assert view("zone=Europe/Lisbon").also is None


@pytest.mark.parametrize(("look", "first", "count"), [("day", TODAY, 1), ("week", date(2026, 4, 13), 7), ("month", date(2026, 3, 30), 35), ("agenda", TODAY, 28)])
def test_which_days_are_shown(look: str, first: date, count: int) -> None:
    days = view(f"view={look}").days(READER)
    assert days == [first + timedelta(days=number) for number in range(count)]


@pytest.mark.parametrize(
    ("look", "by", "day"),
    [("day", 1, date(2026, 4, 16)), ("week", -1, date(2026, 4, 8)), ("month", 1, date(2026, 5, 15)), ("agenda", 1, date(2026, 4, 22))],
)
def test_the_time_before_and_after(look: str, by: int, day: date) -> None:
    turned = view(f"view={look}&event={UUID(int=7)}").turned(by)
    assert (turned.day, turned.look, turned.event) == (day, look, None)


def test_a_month_turns_to_the_last_day_of_a_shorter_one_and_time_has_ends() -> None:
    assert view("view=month&date=2026-01-31").turned(1).day == date(2026, 2, 28)
    edge = CalendarView(date(2199, 12, 1), TODAY, "month")
    assert edge.turned(1) is edge
