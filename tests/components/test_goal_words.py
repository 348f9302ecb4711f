"""How far goals are, in words and on their drawing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from crm_app.components import goal_words
from crm_app.components.goal_chart import Scale, chart_words
from crm_app.domain.actor import Actor
from crm_app.domain.goals.schemas import CheckInRow, GoalRow
from crm_app.domain.permissions import Role

ME = Actor(user_id=UUID(int=9), role=Role.MEMBER)
NOW = datetime(2001, 11, 25, 12, tzinfo=UTC)


def goal(**values: Any) -> GoalRow:
    usual = {
        "id": UUID(int=1), "version": 1, "contact_id": None, "contact_name": "", "title": "Sleep", "note": "", "unit": "h", "start_value": 5.0, "target_value": 7.0,
        "current_value": 6.5, "checked_on": None, "check_ins": 0, "starts_on": date(2001, 10, 1), "deadline": date(2001, 12, 1), "rhythm": "weekly", "streak": 3,
        "due": False, "progress": 0.75, "expected": 0.8, "state": "on_track", "owner_id": ME.user_id, "audience": "team", "archived_at": None, "may_edit": True,
        "may_delete": True, "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return GoalRow(**(usual | values))


def check_in(value: float, day: date) -> CheckInRow:
    return CheckInRow(id=UUID(int=2), version=1, goal_id=UUID(int=1), value=value, day=day, note="", author_id=None, author_name="", created_at=NOW, updated_at=NOW)


@pytest.mark.parametrize(
    ("values", "short", "so_far"),
    [
        ({}, "75%", "6.5 of 7 h"), ({"unit": "", "start_value": 0, "target_value": 4, "current_value": 2, "progress": 0.5}, "2 / 4", "2 of 4"),
        ({"unit": "kg", "start_value": 80, "target_value": 72, "current_value": 74}, "75%", "74 kg, from 80 to 72"), ({"progress": 0.999}, "99%", "6.5 of 7 h"),
        ({"progress": 1.0, "current_value": 1234.5}, "100%", "1,234.5 of 7 h"),
    ],
)  # fmt: skip
def test_how_far(values: dict[str, Any], short: str, so_far: str) -> None:
    assert (goal_words.short(goal(**values)), goal_words.so_far(goal(**values))) == (short, so_far)


def test_all_of_it_for_who_cannot_see_it() -> None:
    assert goal_words.sentence(goal(), ME) == "Sleep: 6.5 of 7 h, 75%, on track, until 1 Dec 2001"
    assert chart_words(goal(), [], ME).endswith("No check-ins yet.")
    told = chart_words(goal(), [check_in(6.5, date(2001, 11, 20)), check_in(5.2, date(2001, 10, 9))], ME)
    assert told.endswith("2 check-ins, from 5.2 h on 9 Oct 2001 to 6.5 h on 20 Nov 2001.")


def test_streaks_below_two_are_none() -> None:
    assert [goal_words.streak(goal(streak=number)) for number in (0, 1, 2)] == ["", "", "2 weeks in a row"]


def test_everything_stays_on_the_drawing() -> None:
    days, values = [date(2001, 1, 1), date(2001, 1, 1)], [3.0, 3.0]
    scale = Scale(days, values)
    assert 0 <= scale.x(days[0]) <= 480 and 0 <= scale.y(3.0) <= 140
    wide = Scale([date(2001, 1, 1), date(2001, 3, 1)], [-5.0, 9.0])
    assert wide.x(date(2001, 1, 1)) < wide.x(date(2001, 2, 1)) < wide.x(date(2001, 3, 1)) and wide.y(9.0) < wide.y(-5.0)
