"""The table shows a page of plain values, opens, sorts and selects; its cells never hold markup made from data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from nicegui.testing import User

from crm_app.components import cells, table
from crm_app.domain.actor import Actor
from crm_app.domain.permissions import Role

Opened = Callable[[Callable[[], Any]], Awaitable[User]]
VIEWER = Actor(UUID(int=1), Role.MEMBER, time_zone="Europe/Lisbon")


def row(key: str, name: str) -> cells.Row:
    return {"id": key, "href": f"/contacts/{key}", "title": name, **cells.person("name", name, key), **cells.stage("stage", "Curious", "curious")}


def made(calls: list[tuple[str, Any]]) -> table.DataTable:
    columns = [table.Column("name", "Name", "person"), table.Column("stage", "Stage", "stage", 172, sortable=True)]
    shown = table.DataTable(
        columns, label="Contacts", on_open=lambda key: calls.append(("open", key)), on_sort=lambda name: calls.append(("sort", name)), on_select=lambda ids: calls.append(("select", ids))
    )
    shown.show([row("1", "Leila"), row("2", "Sofia")], sorted_by="stage", descending=True)
    return shown


def send(shown: table.DataTable, kind: str, args: Any) -> None:
    """What the browser would send."""
    for listener in shown.element._event_listeners.values():
        if listener.type in (kind, "rowClick" if kind == "row-click" else ""):
            shown.element._handle_event({"listener_id": listener.id, "args": args})


async def test_rows_open_headings_sort_and_only_sortable_ones(opened: Opened) -> None:
    calls: list[tuple[str, Any]] = []
    holder: list[table.DataTable] = []
    user = await opened(lambda: holder.append(made(calls)))
    with user:
        send(holder[0], "row-click", "2")
        send(holder[0], "sort", "stage")
        send(holder[0], "sort", "name")
        send(holder[0], "sort", "password_hash")
    assert calls == [("open", "2"), ("sort", "stage")]
    assert [column["order"] for column in holder[0].element.columns] == [None, "descending"]


async def test_selection_survives_a_new_page_only_where_its_rows_do(opened: Opened) -> None:
    calls: list[tuple[str, Any]] = []
    holder: list[table.DataTable] = []
    user = await opened(lambda: holder.append(made(calls)))
    shown = holder[0]
    with user:
        send(shown, "selection", {"added": True, "rows": shown.element.rows, "keys": ["1", "2"]})
        assert calls[-1] == ("select", ["1", "2"])
        shown.show([row("2", "Sofia"), row("3", "Hanna")])
        assert calls[-1] == ("select", ["2"])
        shown.clear_selection()
    assert calls[-1] == ("select", []) and "mc-any-selected" not in shown.element.classes


def test_cells_hold_plain_values_and_templates_bind_them() -> None:
    made_row = {
        **cells.person("name", "<img onerror=x>", 1, photo="javascript:alert(1)"), **cells.tags("tags", ["a", "b", "c"]), **cells.moment("last", datetime.now(UTC), VIEWER),
        **cells.trend("trend", "Stable", "stable", [1, 2]), **cells.with_icon("next", "Call", "phone"), **cells.face("owner", "Ines", 1), **cells.words("note", "x"),
    }
    assert all(isinstance(value, (str, int, bool, type(None))) for value in made_row.values())
    assert made_row["name_photo"] is None and made_row["tags_more"] == "+1"
    assert not [key for key in made_row if key.startswith(":")]
    for kind in cells.TEMPLATES:
        assert "v-html" not in cells.template(kind, "name")
    with pytest.raises(ValueError, match="cannot name"):
        cells.template("text", 'x"><script>')


async def test_the_bulk_bar_says_how_many(opened: Opened) -> None:
    holder: dict[str, Any] = {}

    def build() -> None:
        with table.bulk_bar(lambda: None) as holder["bar"]:
            pass

    user = await opened(build)
    bar = holder["bar"]
    assert not bar.element.visible
    with user:
        bar.show(3)
    await user.should_see("3 selected")
