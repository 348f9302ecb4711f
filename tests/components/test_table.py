"""The table shows a page of plain values, opens, sorts and selects; its cells never hold markup made from data."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from nicegui.testing import User

from crm_app.components import cells, table
from crm_app.domain.actor import Actor
from crm_app.domain.permissions import Role

VUE = Path(table.__file__).parent / "vue"
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
        if listener.type == kind:
            shown.element._handle_event({"listener_id": listener.id, "args": args})


async def test_rows_open_headings_sort_and_only_sortable_ones(opened: Opened) -> None:
    calls: list[tuple[str, Any]] = []
    holder: list[table.DataTable] = []
    user = await opened(lambda: holder.append(made(calls)))
    with user:
        send(holder[0], "open", "2")
        send(holder[0], "open", "not on the page")
        send(holder[0], "sort", "stage")
        send(holder[0], "sort", "name")
        send(holder[0], "sort", "password_hash")
        send(holder[0], "sort", ["stage"])
    assert calls == [("open", "2"), ("sort", "stage")]
    assert [column["order"] for column in holder[0].element.columns] == [None, "descending"]


async def test_selection_survives_a_new_page_only_where_its_rows_do(opened: Opened) -> None:
    calls: list[tuple[str, Any]] = []
    holder: list[table.DataTable] = []
    user = await opened(lambda: holder.append(made(calls)))
    shown = holder[0]
    with user:
        send(shown, "choose", ["2", "1"])
        assert calls[-1] == ("select", ["1", "2"])
        assert shown.element.values["round"] == 0, "the browser knows what it was told to select"
        shown.show([row("2", "Sofia"), row("3", "Hanna")])
        assert calls[-1] == ("select", ["2"]) and shown.element.values["chosen"] == ["2"] and shown.element.values["round"] == 1
        shown.show([row("2", "Sofia"), row("4", "Noor")])
        assert shown.element.values["round"] == 1, "what is selected is the browser's own as long as it stays"
        shown.clear_selection()
    assert calls[-1] == ("select", []) and shown.element.values["chosen"] == [] and shown.element.values["round"] == 2


@pytest.mark.parametrize("forged", [["9"], "1", [1, 2], {"1": True}, None], ids=["elsewhere", "text", "numbers", "object", "nothing"])
async def test_only_rows_that_are_shown_can_be_selected(opened: Opened, forged: Any) -> None:
    calls: list[tuple[str, Any]] = []
    holder: list[table.DataTable] = []
    user = await opened(lambda: holder.append(made(calls)))
    with user:
        send(holder[0], "choose", forged)
    assert calls == [("select", [])] and holder[0].selected == []


async def test_the_same_rows_become_cards_and_one_row_can_change(opened: Opened) -> None:
    holder: list[table.DataTable] = []
    user = await opened(lambda: holder.append(made([])))
    shown = holder[0]
    with user:
        shown.as_cards(True)
        shown.change_row(row("2", "Sofia Marchetti"))
        shown.change_row(row("9", "Nobody"))
    assert shown.element.values["cards"] is True
    assert [made_row["title"] for made_row in shown.element.values["rows"]] == ["Leila", "Sofia Marchetti"]


async def test_only_what_changed_is_sent_while_the_same_rows_are_shown(opened: Opened) -> None:
    holder: list[table.DataTable] = []
    user = await opened(lambda: holder.append(made([])))
    shown, sent = holder[0], []
    shown.element.run_method = lambda *call: sent.append(call)
    shown.element.update = lambda: sent.append(("everything",))
    sofia = row("2", "Sofia Marchetti")
    with user:
        shown.show([row("1", "Leila"), row("2", "Sofia")], sorted_by="stage", descending=True)
        assert sent == [], "nothing changed"
        shown.show([row("1", "Leila"), sofia], sorted_by="stage", descending=True)
        assert sent == [("change", [sofia])] and shown.element.values["rows"][1] == sofia, "whoever comes later gets it too"
        for rows, order in (([sofia, row("1", "Leila")], True), ([sofia], True), ([sofia], False), ([], False)):
            sent.clear()
            shown.show(rows, sorted_by="stage", descending=order)
            assert sent == [("everything",)] and shown.element.values["rows"] == rows


def test_cells_hold_plain_values_and_the_browser_binds_them() -> None:
    made_row = {
        **cells.person("name", "<img onerror=x>", 1, photo="javascript:alert(1)"), **cells.tags("tags", ["a", "b", "c"]), **cells.moment("last", datetime.now(UTC), VIEWER),
        **cells.trend("trend", "Stable", "stable", [1, 2]), **cells.with_icon("next", "Call", "phone"), **cells.face("owner", "Ines", 1), **cells.words("note", "x"),
    }
    assert all(isinstance(value, (str, int, bool, type(None))) for value in made_row.values())
    assert made_row["name_photo"] is None and made_row["tags_more"] == "+1"
    assert not [key for key in made_row if key.startswith(":")]
    drawing = VUE / "data_table.js"
    for kind in set(get_args(cells.CellKind)) - {"text"}:
        assert f"column.kind === '{kind}'" in drawing.read_text(encoding="utf-8"), f"nothing draws {kind}"


@pytest.mark.parametrize("path", sorted(VUE.glob("*.js")), ids=lambda path: path.stem)
def test_what_draws_plain_values_never_makes_markup_or_code_of_them(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"v-html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|:is=\"(?!'nicegui-|[\w.\[\]]+\.href \? 'a' : '(?:div|button)')", source)


async def test_a_pager_stays_the_same_element_and_leads_where_it_says(opened: Opened) -> None:
    pagers: list[table.Pager] = []
    went: list[str] = []
    user = await opened(lambda: pagers.append(table.Pager()))
    pager = pagers[-1]
    pager.show("60 people", on_previous=None, on_next=lambda: went.append("on"))
    await user.should_see("60 people")
    before = {element.id for element in pager.element.descendants()}
    user.find("Next").click()
    assert went == ["on"]
    pager.show("61 people", on_previous=lambda: went.append("back"), on_next=None)
    await user.should_see("61 people")
    assert {element.id for element in pager.element.descendants()} == before
    user.find("Previous").click()
    user.find("Next").click()
    assert went == ["on", "back"], "where there is nothing more, nothing happens"


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
