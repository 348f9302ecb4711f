"""Lists and menus that the browser draws from plain values: what is sent, and that only what was offered can be done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid4

import pytest
from nicegui import ui
from nicegui.element import Element
from nicegui.testing import User

from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.task_parts import FIRST, TaskList
from crm_app.domain.actor import Actor
from crm_app.domain.permissions import Role
from crm_app.domain.rows import Audience
from crm_app.domain.tasks.models import Priority, Status
from crm_app.domain.tasks.schemas import Bucket, TaskRow

Opened = Callable[[Callable[[], Any]], Awaitable[User]]
VIEWER = Actor(UUID(int=1), Role.MEMBER, time_zone="Europe/Lisbon")
TODAY = date(2026, 11, 25)


def task(title: str = "Call Ana", **changes: Any) -> TaskRow:
    values: dict[str, Any] = {
        "id": uuid4(), "version": 1, "title": title, "description": "", "status": Status.PENDING, "priority": Priority.HIGH, "due_date": TODAY, "due_time": None,
        "due_zone": None, "remind_minutes": None, "owner_id": VIEWER.user_id, "assignee_id": VIEWER.user_id, "assignee_name": "Alice", "audience": Audience.TEAM, "contacts": (),
        "mentions": (),
        "bucket": Bucket.TODAY, "completed_at": None, "may_edit": True, "may_delete": True, "created_at": datetime.now(UTC), "updated_at": datetime.now(UTC),
    }  # fmt: skip
    return TaskRow(**{**values, **changes})


def send(element: Element, kind: str, args: Any) -> None:
    """What the browser would send."""
    for listener in element._event_listeners.values():
        if listener.type == kind:
            element._handle_event({"listener_id": listener.id, "args": args})


async def listed(opened: Opened, tasks: list[TaskRow], **more: Any) -> tuple[User, TaskList, list[tuple[str, str]]]:
    done: list[tuple[str, str]] = []
    holder: list[TaskList] = []

    def menu(row: TaskRow) -> list[Item]:
        opening = Item("Open", lambda: done.append(("menu open", row.title)))
        return [opening, Item("Delete", lambda: done.append(("delete", row.title)), danger=True)] if row.may_delete else [opening]

    async def noted(kind: str, row: TaskRow) -> None:
        done.append((kind, row.title))

    def build() -> None:
        acts = {"on_toggle": lambda row: noted("toggle", row), "on_open": lambda row: noted("open", row)}
        holder.append(TaskList(tasks, TODAY, VIEWER, **acts, menu=menu, **more))

    user = await opened(build)
    return user, holder[0], done


async def test_a_row_says_what_when_and_whom(opened: Opened) -> None:
    ana, mei = uuid4(), uuid4()
    about = task("Call Ana", contacts=((ana, "Ana Silva"), (mei, "Mei")), due_time=time(9, 30))
    late = task("Send the journal", bucket=Bucket.OVERDUE, due_date=date(2026, 11, 20), may_edit=False)
    closed = task("Book the room", bucket=Bucket.DONE, status=Status.COMPLETED)
    _user, shown, _done = await listed(opened, [about, late, closed])
    first, second, third = shown.values["rows"]
    assert (first["who"], first["others"], first["href"], first["due"], first["initials"]) == ("Ana Silva", " +1", f"/contacts/{ana}", "09:30", "AS")
    assert first["check"] == "Complete: Call Ana" and first["editable"] and not first["late"] and not first["done"]
    assert second["late"] and not second["editable"] and "who" not in second
    assert third["done"] and third["check"] == "Reopen: Book the room"


async def test_on_a_record_a_row_leaves_out_whom_it_is_about(opened: Opened) -> None:
    _user, shown, _done = await listed(opened, [task(contacts=((uuid4(), "Ana Silva"),))], person=False)
    assert "who" not in shown.values["rows"][0]


async def test_what_is_pressed_reaches_its_task_and_nothing_else(opened: Opened) -> None:
    one, other = task("One"), task("Other", may_delete=False)
    user, shown, done = await listed(opened, [one, other])
    with user:
        send(shown, "toggle", str(one.id))
        send(shown, "open", str(other.id))
        send(shown, "pick", [str(one.id), 1])
        for forged in (str(uuid4()), None, 1, [str(one.id)]):
            send(shown, "toggle", forged)
            send(shown, "open", forged)
            send(shown, "pick", [forged, 0])
        for line in (1, -1, 99, "0", None):
            send(shown, "pick", [str(other.id), line])
        for shape in (None, "x", [str(one.id)], [str(one.id), 0, 0], {}):
            send(shown, "pick", shape)
    await asyncio.sleep(0.1)
    assert sorted(done) == [("delete", "One"), ("open", "Other"), ("toggle", "One")]


async def test_a_drag_is_heard_only_where_it_may_be_and_as_two_texts(opened: Opened) -> None:
    one, moved = task("One"), []

    async def move(key: str, to: str) -> None:
        moved.append((key, to))

    user, shown, _done = await listed(opened, [one], on_move=move)
    assert shown.values["movable"]
    with user:
        for forged in (None, "x", 7, [str(one.id), "today"], {}, {"id": str(one.id)}, {"id": 1, "to": "today"}, {"id": str(one.id), "to": ["today"]}):
            send(shown, "move", forged)
        send(shown, "move", {"id": str(one.id), "to": "today"})
    await asyncio.sleep(0.1)
    assert moved == [(str(one.id), "today")]
    _user, still, _done = await listed(opened, [one])
    assert "movable" not in still.values and not [one for one in still._event_listeners.values() if one.type == "move"]


async def test_rows_with_the_same_menu_share_it(opened: Opened) -> None:
    _user, shown, _done = await listed(opened, [task(), task(), task(may_delete=False)])
    assert shown.values["menus"] == {"Open Delete": [{"label": "Open"}, {"label": "Delete", "danger": True}], "Open": [{"label": "Open"}]}
    assert [row["menu"] for row in shown.values["rows"]] == ["Open Delete", "Open Delete", "Open"]


async def test_a_long_list_begins_short_and_grows(opened: Opened) -> None:
    user, shown, _done = await listed(opened, [task(f"Task {number}") for number in range(FIRST + 40)])
    assert len(shown.values["rows"]) == FIRST and shown.values["more"] == "Show 40 more"
    with user:
        send(shown, "more", None)
    assert len(shown.values["rows"]) == FIRST + 40 and shown.values["more"] is None


@pytest.mark.parametrize("forged", [2, -1, "0", None, [0], 0.0], ids=str)
async def test_a_menu_does_what_its_line_says_and_nothing_for_other_numbers(opened: Opened, forged: Any) -> None:
    done: list[str] = []
    holder: list[DrawnMenu] = []

    def build() -> None:
        with ui.button("More"):
            holder.append(DrawnMenu([Item("Edit", lambda: done.append("edit"), icon="pencil", key="E"), Item("Settings", href="/settings", icon="settings")], title="a@b"))

    user = await opened(build)
    with user:
        send(holder[0], "pick", forged)
        assert done == []
        send(holder[0], "pick", 1)
        assert done == [], "a link leads somewhere by itself"
        send(holder[0], "pick", 0)
    assert done == ["edit"]
    assert holder[0].values["items"] == [{"label": "Edit", "icon": "pencil", "key": "E"}, {"label": "Settings", "icon": "settings", "href": "/settings"}]
    assert holder[0].parent_slot.parent.props["aria-haspopup"] == "menu"


async def test_a_place_is_heard_only_where_it_may_be_and_as_two_texts_and_a_side(opened: Opened) -> None:
    one, placed = task("One"), []

    async def place(key: str, beside: str, after: bool) -> None:
        placed.append((key, beside, after))

    user, shown, _done = await listed(opened, [one], on_place=place)
    with user:
        for forged in (None, "x", 7, [str(one.id), "y"], {}, {"id": str(one.id)}, {"id": 1, "beside": "y"}, {"id": str(one.id), "beside": ["y"]}):
            send(shown, "place", forged)
        send(shown, "place", {"id": str(one.id), "beside": "y", "after": True})
        send(shown, "place", {"id": str(one.id), "beside": "y", "after": "yes"})
    await asyncio.sleep(0.1)
    assert placed == [(str(one.id), "y", True), (str(one.id), "y", False)]
    _user, still, _done = await listed(opened, [one])
    assert not [one for one in still._event_listeners.values() if one.type == "place"]
