"""What stands in the address of the list, what the first row understands, and what the pages call things."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from starlette.datastructures import QueryParams

from crm_app.components import words
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Stage
from crm_app.domain.interactions.models import Kind
from crm_app.domain.permissions import Role
from crm_app.domain.tasks.models import Priority, Status
from crm_app.pages.contacts.parsing import name_and_points
from crm_app.pages.contacts.rows import next_sort, sorted_by
from crm_app.pages.contacts.state import ListState
from crm_app.pages.frame import address

ACTOR = Actor(user_id=uuid4(), role=Role.MEMBER, time_zone="Europe/Lisbon")


def test_the_address_holds_the_whole_state() -> None:
    state = ListState(
        search="Žofia & co", stages=("curious", "core_client"), tags=("Back pain",), favourite=True, archived=True,
        created_from=date(2026, 11, 1), sort="-last_contact", after="abc",
    )  # fmt: skip
    query = address("/contacts", state.to_query()).partition("?")[2]
    assert ListState.from_query(QueryParams(query)) == state


def test_the_usual_state_needs_no_query() -> None:
    assert address("/contacts", ListState().to_query()) == "/contacts"


@pytest.mark.parametrize("query", ["sort=zz&stage=zz&created_from=never", "stage=" + "&stage=".join(["curious"] * 50), "q=" + "x" * 5000])
def test_a_strange_address_still_opens(query: str) -> None:
    state = ListState.from_query(QueryParams(query))
    assert state.to_filter().limit == 50 and len(state.search) <= 200 and len(state.stages) <= 1


def test_another_question_begins_at_its_first_page() -> None:
    assert ListState(after="abc").changed(search="ana").after is None


def test_a_heading_turns_its_order_around() -> None:
    assert next_sort("last", "name") == "-last_contact" and next_sort("last", "-last_contact") == "last_contact"
    assert sorted_by("-last_contact") == ("last", True) and sorted_by("created") == (None, False)


@pytest.mark.parametrize(
    ("typed", "name", "values"),
    [
        ("Ana Silva", "Ana Silva", []),
        ("Ana Silva <ana@example.org>", "Ana Silva", ["ana@example.org"]),
        ("Ana Silva, ana@example.org, +351 912 000 000", "Ana Silva", ["ana@example.org", "+351 912 000 000"]),
        ("ana@example.org", "", ["ana@example.org"]),
        ("Studio 54", "Studio 54", []),
    ],
)
def test_the_first_row_takes_a_name_and_ways_to_reach(typed: str, name: str, values: list[str]) -> None:
    found, points = name_and_points(typed)
    assert found == name and [point.value for point in points] == values


def test_everything_has_a_name() -> None:
    assert set(words.stages()) == {stage.value for stage in Stage} and set(words.kinds()) == {kind.value for kind in Kind}
    assert set(words.priorities()) == {priority.value for priority in Priority} and set(words.statuses()) == {status.value for status in Status}


@pytest.mark.parametrize(
    ("month", "day", "today", "next_one"),
    [(6, 3, date(2026, 6, 3), date(2026, 6, 3)), (6, 3, date(2026, 6, 4), date(2027, 6, 3)), (2, 29, date(2026, 1, 1), date(2026, 3, 1)), (2, 29, date(2028, 1, 1), date(2028, 2, 29))],
)
def test_the_next_birthday(month: int, day: int, today: date, next_one: date) -> None:
    assert words.next_birthday(month, day, today) == next_one


def test_a_birthday_may_lack_its_year() -> None:
    assert words.birthday(None, 6, 3, ACTOR)[0] == "3 June" and words.birthday(1990, 6, 3, ACTOR)[0] == "3 June 1990"
    assert words.birthday(None, None, None, ACTOR) == ("", "") and words.birthday(1990, None, None, ACTOR)[0] == "1990"
