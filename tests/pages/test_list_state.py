"""What stands in the address of the list, what the first row understands, and what the pages call things."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from starlette.datastructures import QueryParams

from crm_app.components import words
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Stage
from crm_app.domain.days import today_of
from crm_app.domain.interactions.models import Kind
from crm_app.domain.permissions import Role
from crm_app.domain.tasks.models import Priority, Status
from crm_app.pages.contacts.filters import chip_words
from crm_app.pages.contacts.parsing import name_and_points
from crm_app.pages.contacts.rows import next_sort, sorted_by
from crm_app.pages.frame import address
from crm_app.pages.list_state import FIELDS, PARAMETERS, Filter, ListState, record_address

ACTOR = Actor(user_id=uuid4(), role=Role.MEMBER, time_zone="Europe/Lisbon")


SAMPLES = {
    ("stage", "is"): ("curious", "core_client"), ("stage", "is_not"): ("inactive",), ("tag", "all"): ("Back pain", "Žen & co"), ("tag", "any"): ("sleep", "yoga"),
    ("owner", "is"): ("me", str(uuid4())), ("last", "within"): ("120",), ("last", "before"): ("30",), ("last", "since"): ("2026-11-01",), ("last", "never"): ("1",),
    ("added", "within"): ("7",), ("added", "since"): ("2026-11-01",), ("favourite", "is"): ("1",), ("due", "is"): ("1",), ("birthday", "within"): ("14",),
    ("programme", "is"): ("1",), ("archived", "is"): ("1",),
}


def test_the_address_holds_the_whole_state() -> None:
    filters = tuple(Filter(*key, SAMPLES[key]) for key in [("stage", "is"), ("tag", "any"), ("owner", "is"), ("last", "before"), ("favourite", "is"), ("archived", "is")])
    state = ListState(search="Žofia & co", filters=filters, sort="-last_contact", view="board", after="abc")
    query = address("/contacts", state.to_query()).partition("?")[2]
    assert ListState.from_query(QueryParams(query)) == state


@pytest.mark.parametrize("key", PARAMETERS, ids=" ".join)
def test_every_filter_stands_in_the_address_is_asked_and_has_words(key: tuple[str, str]) -> None:
    found = Filter(*key, SAMPLES[key])
    state = ListState(filters=(found,))
    assert ListState.from_query(QueryParams(address("/contacts", state.to_query()).partition("?")[2])) == state and state.is_filtered
    asked = state.to_filter(ACTOR).model_dump(exclude_defaults=True)
    assert len(set(asked) - {"limit", "sort", "search", "after"}) == 1
    words_ = chip_words(found, {}, ACTOR)
    assert words_.key == key[0] and words_.field and (words_.value or words_.operator or key[0] in ("favourite", "due", "programme", "archived"))


def test_a_field_narrows_the_list_in_one_way_at_a_time() -> None:
    state = ListState(after="abc").narrowed("tag", "all", ("yoga",)).narrowed("stage", "is", ("curious",)).narrowed("tag", "any", ("yoga", "sleep"))
    assert [found.field for found in state.filters] == [name for name in FIELDS if name in ("stage", "tag")] and state.after is None
    assert state.filter_of("tag") == Filter("tag", "any", ("yoga", "sleep")) and state.narrowed("tag", "any", ()).filter_of("tag") is None


def test_days_are_counted_back_from_the_readers_today() -> None:
    state = ListState(filters=(Filter("last", "within", ("30",)), Filter("added", "within", ("7",))))
    asked, today = state.to_filter(ACTOR), today_of(ACTOR)
    assert asked.contacted_from == today - timedelta(days=30) and asked.created_from == today - timedelta(days=7)
    assert ListState(filters=(Filter("owner", "is", ("me",)),)).to_filter(ACTOR).owners == (ACTOR.user_id,)


def test_a_record_knows_the_list_that_one_came_from() -> None:
    state = ListState(search="a&b=c", filters=(Filter("stage", "is", ("curious",)),), sort="created", view="board", after="abc", column="curious")
    came_from = QueryParams(record_address(uuid4(), state).partition("?")[2])["from"]
    assert ListState.from_address(came_from) == state
    assert ListState.from_address(QueryParams(record_address(uuid4(), ListState()).partition("?")[2])["from"]) == ListState()
    assert state.to_filter(ACTOR).stages == ("curious",)


def test_the_usual_state_needs_no_query() -> None:
    assert address("/contacts", ListState().to_query()) == "/contacts"


@pytest.mark.parametrize("query", ["sort=zz&stage=zz&created_from=never&view=zz&column=zz&contacted=-3&owner=nobody&silent=99999", "stage=" + "&stage=".join(["curious"] * 50), "q=" + "x" * 5000])
def test_a_strange_address_still_opens(query: str) -> None:
    state = ListState.from_query(QueryParams(query))
    assert state.to_filter(ACTOR).limit == 50 and len(state.search) <= 200 and state.filters in ((), (Filter("stage", "is", ("curious",)),))


@pytest.mark.parametrize(("query", "mine"), [("whose=mine", True), ("whose=team", False), ("", False), ("whose=zz", False), ("whose=mine&owner=me", False)])
def test_mine_or_the_teams_stands_in_the_address(query: str, mine: bool) -> None:
    """Asking for somebody's people in particular says more than the switch."""
    state = ListState.from_query(QueryParams(query))
    assert state.to_filter(ACTOR).mine is mine
    assert ListState.from_query(QueryParams(address("/contacts", state.to_query()).partition("?")[2])) == state
    assert ListState.from_address(state.came_from()).whose == state.whose == state.cleared().whose


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
