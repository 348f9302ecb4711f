"""One table element for a list of any size: sticky head, sorting, selection, bulk bar, keyset pager, rows by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from nicegui.events import GenericEventArguments

from crm_app.components import theme
from crm_app.components.cells import CellKind, Row
from crm_app.components.drawn import Drawn
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


class TableElement(Drawn, component="vue/data_table.js"):
    """What the browser draws. ``rows`` is the page of rows that is shown; ``chosen`` what is selected of it."""

    def __init__(self, label: str, choosing: bool) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.columns: list[dict[str, Any]] = []
        self.chosen: list[str] = []
        self._round = 0
        words = {"every": _("Select all on this page"), "one": _("Select")}
        self.put(label=label, choosing=choosing, words=words, sprite=theme.asset("icons.svg"), cards=False)
        self.send()

    def send(self, *, chosen: list[str] | None = None) -> None:
        """Send the rows and columns. ``chosen`` replaces what is selected in the browser; None leaves that to it."""
        if chosen is not None:
            self.chosen = chosen
            self._round += 1
        self.put(rows=self.rows, columns=self.columns, chosen=list(self.chosen), round=self._round)

    def send_changed(self, rows: list[Row]) -> None:
        """Send only those of ``rows`` that differ from what is shown in the same place: nothing else has to travel or be drawn."""
        changed = [row for row, old in zip(rows, self.rows, strict=True) if row != old]
        self.rows = rows
        self.values.update(rows=rows)
        if changed:
            self.run_method("change", changed)


class DataTable:
    """A table over rows that the database sorted and cut. It holds one page of rows, never the list.

    Each row is a flat dict with ``id``, ``href``, ``title`` (its name for the check) and the parts made by ``cells``. ``on_open(id)`` is
    called when a row is pressed, ``on_sort(name)`` when a heading is, ``on_select(ids)`` when the selection changes.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        label: str,
        on_open: Callable[[str], Any],
        on_sort: Callable[[str], Any] | None = None,
        on_select: Callable[[list[str]], Any] | None = None,
    ) -> None:
        self._columns = list(columns)
        self._on_select = on_select
        self.element = TableElement(label, choosing=on_select is not None)
        self.element.columns = self._described(None, False)
        self.element.on("open", lambda event: on_open(str(event.args)) if self._has(event.args) else None)
        if on_sort is not None:
            self.element.on("sort", lambda event: self._sort(event, on_sort))
        if on_select is not None:
            self.element.on("choose", self._chosen)

    @property
    def selected(self) -> list[str]:
        """The ids of the selected rows."""
        return list(self.element.chosen)

    def show(self, rows: Sequence[Row], *, sorted_by: str | None = None, descending: bool = False) -> None:
        """Show this page of rows; what was selected stays selected where it is still on the page."""
        there = {row["id"] for row in rows}
        kept = [key for key in self.element.chosen if key in there]
        lost = len(kept) != len(self.element.chosen)
        columns = self._described(sorted_by, descending)
        if columns == self.element.columns and [row["id"] for row in rows] == [row["id"] for row in self.element.rows]:
            self.element.send_changed(list(rows))
            return
        self.element.rows, self.element.columns = list(rows), columns
        self.element.send(chosen=kept if lost else None)
        if lost:
            self._tell()

    def change_row(self, row: Row) -> None:
        """Put ``row`` in the place of the one with its id; nothing happens when that is not on the page."""
        self.element.send_changed([row if old["id"] == row["id"] else old for old in self.element.rows])

    def as_cards(self, yes: bool) -> None:
        """Show the same rows as cards, or as a table. Cards need a person, a stage, tags, a moment, something with an icon and a face."""
        if self.element.values["cards"] != yes:
            self.element.put(cards=yes)

    def clear_selection(self) -> None:
        """Select nothing."""
        self.element.send(chosen=[])
        self._tell()

    def _has(self, key: object) -> bool:
        return any(row["id"] == key for row in self.element.rows)

    def _chosen(self, event: GenericEventArguments) -> None:
        # The browser draws its checks itself; only rows that are shown count, whatever it says.
        said = set(event.args) if isinstance(event.args, list) and all(isinstance(key, str) for key in event.args) else set()
        self.element.chosen = [str(row["id"]) for row in self.element.rows if row["id"] in said]
        self._tell()

    def _tell(self) -> None:
        if self._on_select:
            self._on_select(self.selected)

    def _sort(self, event: GenericEventArguments, on_sort: Callable[[str], Any]) -> Any:
        sortable = {column.name for column in self._columns if column.sortable}
        return on_sort(event.args) if isinstance(event.args, str) and event.args in sortable else None

    def _described(self, sorted_by: str | None, descending: bool) -> list[dict[str, Any]]:
        described = []
        for column in self._columns:
            order = ("descending" if descending else "ascending") if column.name == sorted_by else ("none" if column.sortable else None)
            described.append({
                "name": column.name, "label": column.label, "kind": column.kind, "align": column.align, "order": order,
                "style": f"width:{column.width}px" if column.width else None,
                "narrow": f"mc-col-{column.name}" + (f" mc-from-{column.from_width}" if column.from_width else ""),
                # A column of faces needs no heading for the eye, only for the ear.
                "unseen": column.kind == "face",
            })
        return described


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


class Pager:
    """Forward and back through a keyset list. It stays the same element while the list changes, so that the focus stays on what was pressed."""

    def __init__(self) -> None:
        self._ways: dict[str, Callable[[], Any] | None] = {}
        with block("mc-pager", tag="nav") as self.element:
            self._shown = text("", "mc-num")
            with block("mc-row mc-gap-4"):
                self._back = button(_("Previous"), icon="chevron-left", kind="ghost", height=28, on_click=lambda: self._go("back")).classes("mc-again")
                self._forth = button(_("Next"), kind="ghost", height=28, on_click=lambda: self._go("forth")).classes("mc-again").props("icon-right=lu-chevron-right")
        attributes(self._shown, aria_live="polite")
        attributes(self.element, aria_label=_("Pages of the list"))

    def show(self, shown: str, *, on_previous: Callable[[], Any] | None, on_next: Callable[[], Any] | None) -> None:
        """``shown`` says what one sees, such as “51 to 100 of 248”; a way is None where there is nothing more."""
        self._ways = {"back": on_previous, "forth": on_next}
        self._shown.set_text(shown)
        self._back.set_enabled(on_previous is not None)
        self._forth.set_enabled(on_next is not None)

    def _go(self, way: str) -> Any:
        go = self._ways[way]
        return go() if go else None
