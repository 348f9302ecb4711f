"""Rows of the list are made again only where something about their contact, their reader or their day changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.schemas import ContactRow
from crm_app.domain.permissions import Role
from crm_app.pages.contacts.rows import TableRows
from crm_app.pages.list_state import ListState

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
READER = Actor(UUID(int=1), Role.MEMBER, time_zone="Europe/Lisbon")


def contact(name: str, last: timedelta | None = timedelta(days=9), **more: Any) -> ContactRow:
    known = dict.fromkeys(ContactRow.model_fields)
    values: dict[str, Any] = {
        **known, "id": uuid4(), "display_name": name, "stage": "curious", "tags": (), "company": "", "audience": "team", "favourite": False, "owner_id": READER.user_id,
        "owner_name": "Alice", "last_contact_at": NOW - last if last is not None else None, "next_step": "", "points": (), **more,
    }  # fmt: skip
    return ContactRow.model_construct(**values)


@pytest.fixture
def made() -> tuple[TableRows, list[ContactRow]]:
    return TableRows(), [contact("Ana"), contact("Mei", None), contact("Noor", timedelta(hours=3))]


@time_machine.travel(NOW, tick=False)
def test_what_did_not_change_is_the_same_row(made: tuple[TableRows, list[ContactRow]]) -> None:
    rows, people = made
    first = rows.of(people, READER, ListState())
    starred = [people[0].model_copy(update={"favourite": True}), *people[1:]]
    second = rows.of(starred, READER, ListState())
    assert second[0] is not first[0] and second[0]["name_mark"] == "star"
    assert second[1] is first[1]
    assert second[2] is not first[2], "said in hours, so it is told anew"
    assert [row["title"] for row in rows.of(starred[::-1], READER, ListState())] == ["Noor", "Mei", "Ana"]


@pytest.mark.parametrize(
    ("reader", "state"),
    [(replace(READER, locale="de"), ListState()), (replace(READER, time_zone="Asia/Tokyo"), ListState()), (READER, ListState(search="a"))],
    ids=["language", "zone", "list"],
)
@time_machine.travel(NOW, tick=False)
def test_another_reader_or_list_gets_rows_of_its_own(made: tuple[TableRows, list[ContactRow]], reader: Actor, state: ListState) -> None:
    rows, people = made
    first = rows.of(people, READER, ListState())
    assert all(new is not old for new, old in zip(rows.of(people, reader, state), first, strict=True))


def test_at_midnight_days_in_words_are_said_anew(made: tuple[TableRows, list[ContactRow]]) -> None:
    rows, people = made
    people = [contact("Ana", timedelta(days=2), next_step="Call", next_step_on=NOW.date())]
    with time_machine.travel(NOW, tick=False):
        (today,) = rows.of(people, READER, ListState())
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        (tomorrow,) = rows.of(people, READER, ListState())
    assert today["next"] == "Call · Today" and tomorrow["next"] == "Call · Yesterday"
