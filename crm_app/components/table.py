"""One table element for a list of any size: sticky head, sorting, selection, bulk bar, keyset pager, rows by keyboard."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from nicegui import ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments, TableSelectionEventArguments

from crm_app.components.cells import CellKind, Row, template
from crm_app.components.elements import button, icon_button
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _, ngettext


@dataclass(frozen=True)
class Column:
    """A column: the name its rows use, its heading, what stands in it, its width in pixels (None: the flexible one).

    ``from_width`` hides it on narrower windows, so that the name keeps its room; on a phone a row shows person, stage and moment.
    """

    name: str
    label: str
    kind: CellKind = "text"
    width: int | None = None
    sortable: bool = False
    align: Literal["left", "right"] = "left"
    from_width: Literal[0, 1024, 1280, 1440] = 0


# A press on a link, a button or a check does its own thing; a press anywhere else opens the row.
_ROW_PRESS = "(event, row) => { if (!event.target.closest('a, button, .q-checkbox')) emit(row.id); }"

_HEAD = """<q-th :props="props" :aria-sort="props.col.order">
  <button v-if="props.col.by" type="button" class="mc-sort" @click="() => $parent.$emit('sort', props.col.name)">{{ props.col.label }}
    <q-icon v-if="props.col.order === 'ascending'" name="lu-arrow-up" aria-hidden="true"></q-icon>
    <q-icon v-if="props.col.order === 'descending'" name="lu-arrow-down" aria-hidden="true"></q-icon></button>
  <span v-else :class="props.col.unseen">{{ props.col.label }}</span></q-th>"""

# J, K and the arrows walk the rows; X marks the focused one; Enter follows its link by itself.
_WALK = """(e) => {
  if (e.action !== "keydown" || e.ctrlKey || e.metaKey || e.altKey) return;
  const root = getHtmlElement(%s), at = document.activeElement;
  if (!root || !root.offsetParent || document.querySelector(".q-dialog, .q-menu")) return;
  if (at && (at.matches("input:not([type=checkbox]),textarea,select") || at.isContentEditable)) return;
  const step = {j: 1, ArrowDown: 1, k: -1, ArrowUp: -1}[e.key];
  const links = [...root.querySelectorAll(".mc-row-link")], here = links.indexOf(at);
  const mark = () => links.indexOf(document.activeElement) >= 0 && document.activeElement.closest("tr, .mc-person-card").querySelector(".q-checkbox");
  if (step && links.length) {
    e.event.preventDefault();
    if (e.shiftKey) { const box = mark(); if (box && box.getAttribute("aria-checked") !== "true") box.click(); }
    links[Math.min(links.length - 1, Math.max(0, here + step))].focus();
    if (e.shiftKey) { const box = mark(); if (box && box.getAttribute("aria-checked") !== "true") box.click(); }
  } else if (e.key === "x" && mark()) { e.event.preventDefault(); mark().click(); }
}"""


class DataTable:
    """A table over rows that the database sorted and cut. It holds one page of rows, never the list.

    Each row is a flat dict with ``id``, ``href``, ``title`` (its name for the check) and the parts made by ``cells``. ``on_open(id)`` is
    called when a row is pressed, ``on_sort(name)`` when a heading is, ``on_select(ids)`` when the selection changes. With ``card``, the
    template of a row as a card, ``as_cards`` shows the same rows as cards.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        label: str,
        on_open: Callable[[str], Any],
        on_sort: Callable[[str], Any] | None = None,
        on_select: Callable[[list[str]], Any] | None = None,
        card: str | None = None,
    ) -> None:
        self._columns = list(columns)
        self._on_select = on_select
        self.element = ui.table(
            rows=[], columns=self._described(None, False), row_key="id", selection="multiple" if on_select else None, on_select=self._selected,
        ).classes("mc-table")
        for column in self._columns:
            self.element.add_slot(f"body-cell-{column.name}", template(column.kind, column.name))
            self.element.add_slot(f"header-cell-{column.name}", _HEAD)
        if on_select:
            self._checks()
        if card:
            self.element.add_slot("item", card.replace("SELECT", _script(_("Select"))))
            self.element.on("card-click", lambda event: on_open(str(event.args)))
        attributes(self.element, aria_label=label)
        self.element.on("row-click", lambda event: on_open(str(event.args)), js_handler=_ROW_PRESS)
        if on_sort is not None:
            self.element.on("sort", lambda event: self._sort(event, on_sort))
        ui.keyboard(ignore=[]).on("key", js_handler=_WALK % json.dumps(self.element.html_id))

    @property
    def selected(self) -> list[str]:
        """The ids of the selected rows."""
        return [str(row["id"]) for row in self.element.selected]

    def as_cards(self, yes: bool) -> None:
        """Show the rows as cards, or as a table."""
        if bool(self.element.props.get("grid")) != yes:
            self.element.props["grid"] = yes
            self.element.classes(add="mc-cards" if yes else "", remove="" if yes else "mc-cards")
            self.element.update()

    def show(self, rows: Sequence[Row], *, sorted_by: str | None = None, descending: bool = False) -> None:
        """Show this page of rows; what was selected stays selected where it is still on the page."""
        kept = {row["id"] for row in rows} & set(self.selected)
        self.element.columns = self._described(sorted_by, descending)
        self.element.rows = list(rows)
        if len(kept) != len(self.element.selected):
            self._set_selected([row for row in rows if row["id"] in kept])

    def change_row(self, row: Row) -> None:
        """Put ``row`` in the place of the one with its id; nothing happens when that is not on the page."""
        self.element.rows = [row if old["id"] == row["id"] else old for old in self.element.rows]

    def clear_selection(self) -> None:
        """Select nothing."""
        self._set_selected([])

    def _set_selected(self, rows: list[Row]) -> None:
        self.element.selected = rows
        self._tell()

    def _selected(self, _event: TableSelectionEventArguments) -> None:
        self._tell()

    def _tell(self) -> None:
        ids = self.selected
        self.element.classes(add="mc-any-selected" if ids else "", remove="" if ids else "mc-any-selected")
        if self._on_select:
            self._on_select(ids)

    def _sort(self, event: GenericEventArguments, on_sort: Callable[[str], Any]) -> Any:
        sortable = {column.name for column in self._columns if column.sortable}
        return on_sort(event.args) if event.args in sortable else None

    def _checks(self) -> None:
        every, one = _script(_("Select all on this page")), _script(_("Select"))
        check = '<q-checkbox v-model="props.selected" dense :aria-label=\'{}\'></q-checkbox>'
        self.element.add_slot("header-selection", check.format(every))
        self.element.add_slot("body-selection", check.format(f'{one} + " " + props.row.title'))

    def _described(self, sorted_by: str | None, descending: bool) -> list[dict[str, Any]]:
        described = []
        for column in self._columns:
            width = f"width:{column.width}px" if column.width else ""
            narrow = f"mc-from-{column.from_width}" if column.from_width else ""
            order = ("descending" if descending else "ascending") if column.name == sorted_by else ("none" if column.sortable else None)
            described.append({
                "name": column.name, "label": column.label, "field": column.name, "align": column.align, "by": column.sortable, "order": order,
                # A column of faces needs no heading for the eye, only for the ear.
                "unseen": "mc-visually-hidden" if column.kind == "face" else "",
                "headerStyle": width, "style": width, "classes": narrow, "headerClasses": narrow,
            })
        return described


def _script(words: str) -> str:
    """Words of ours as a script string inside a single-quoted attribute."""
    return json.dumps(words).replace("&", "&amp;").replace("'", "&#39;")


class BulkBar:
    """The dark bar at the bottom while something is selected: how many, what can be done, and an x that clears."""

    def __init__(self, on_clear: Callable[[], Any]) -> None:
        with block("mc-bulk") as self.element:
            self._count = text("")
            block("mc-bulk-rule", tag="span")
            self.acts = block("mc-row mc-gap-4")
            icon_button("x", _("Clear the selection"), on_click=on_clear)
        attributes(self.element, role="toolbar", aria_label=_("With the selected"))
        self.show(0)

    def show(self, count: int) -> None:
        """Show the bar for ``count`` selected rows, or hide it for none."""
        self._count.set_text(ngettext("%d selected", "%d selected", count) % count)
        self.element.set_visibility(count > 0)


@contextmanager
def bulk_bar(on_clear: Callable[[], Any]) -> Iterator[BulkBar]:
    """The bulk bar; the block adds its acts as buttons."""
    bar = BulkBar(on_clear)
    with bar.acts:
        yield bar


def pager(shown: str, *, on_previous: Callable[[], Any] | None, on_next: Callable[[], Any] | None) -> Element:
    """Forward and back through a keyset list; None where there is nothing more. ``shown`` says what one sees, such as “51 to 100 of 248”."""
    with block("mc-pager", tag="nav") as element:
        attributes(text(shown, "mc-num"), aria_live="polite")
        with block("mc-row mc-gap-4"):
            back = button(_("Previous"), icon="chevron-left", kind="ghost", height=28, on_click=on_previous)
            forth = button(_("Next"), kind="ghost", height=28, on_click=on_next).props("icon-right=lu-chevron-right")
            back.set_enabled(on_previous is not None)
            forth.set_enabled(on_next is not None)
    return attributes(element, aria_label=_("Pages of the list"))
