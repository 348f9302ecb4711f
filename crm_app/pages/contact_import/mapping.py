"""The step in which columns become fields: what the file says, with samples, and what is made of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from crm_app.components import words
from crm_app.components.elements import banner, busy, button
from crm_app.components.fields import select_field
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.imports.mapping import FIELDS, Column
from crm_app.domain.imports.schemas import ImportView
from crm_app.pages.contact_import_words import source_words

Go = Callable[[dict[int, str], str, str], Awaitable[Any]]


class MappingStep:
    """``go`` gets the columns that were changed, who may see new people, and how dates are written; ``turn`` another sheet's name."""

    def __init__(self, view: ImportView, go: Go, turn: Callable[[str], Awaitable[Any]], discard: Callable[[], Awaitable[Any]]) -> None:
        self.view = view
        self.go = go
        self.turn = turn
        self.discard = discard
        self.changed: dict[int, str] = {}

    def draw(self) -> None:
        """What is known of the file, its columns, and the choices that hold for all of it."""
        form = ngettext("%(file)s: %(count)s record from %(source)s", "%(file)s: %(count)s records from %(source)s", self.view.total)
        about = form % {"file": self.view.name, "count": words.number(self.view.total), "source": source_words(self.view.source)}
        text(about, "mc-read mc-ink-2", tag="p")
        mapping = self.view.mapping
        for problem in self.view.problems[:5]:
            if problem.line or not (mapping and mapping.sheets):  # which sheet is read stands in the choice below
                with banner(problem.reason):
                    pass
        with block("mc-form-grid mc-import-choices"):
            if mapping is not None and len(mapping.sheets) > 1:
                sheet = select_field(_("Sheet"), {name: name for name in mapping.sheets}, mapping.sheet)
                sheet.on_value_change(lambda event: self.turn(event.value))
            self.audience = select_field(_("Who can see new people"), words.audiences(), self.view.audience.value)
            self.order = None
            if mapping is not None:
                orders = {"dmy": _("Day first: 31/12/1990"), "mdy": _("Month first: 12/31/1990")}
                order = mapping.date_order
                self.order = select_field(_("Dates in numbers"), orders, order if order in orders else "dmy")
        if mapping is not None:
            self._columns(mapping.columns)
        with block("mc-row mc-import-foot"):
            button(_("Discard"), kind="ghost", on_click=self.discard)
            block("mc-grow")
            self.next = button(_("Show what will happen"), kind="primary", icon="eye", on_click=self.forward)

    def _columns(self, columns: tuple[Column, ...]) -> None:
        shown = [column for column in columns if any(column.samples)]
        with attributes(block("mc-import-columns", tag="table"), aria_label=_("Columns of the file")):
            with block(tag="thead"), block(tag="tr"):
                for label in (_("In the file"), _("For example"), _("Becomes")):
                    attributes(text(label, "mc-label", tag="th"), scope="col")
            with block(tag="tbody"):
                for column in shown:
                    self._column(column)
        empty = len(columns) - len(shown)
        if empty:
            text(ngettext("%d empty column is left out.", "%d empty columns are left out.", empty) % empty, "mc-cap", tag="p")

    def _column(self, column: Column) -> None:
        with block(tag="tr"):
            attributes(text(column.header or _("Column %d") % (column.index + 1), "mc-strong mc-break", tag="th"), scope="row")
            text(" · ".join(sample for sample in column.samples if sample)[:120], "mc-ink-2 mc-break", tag="td")
            with block(tag="td"):
                if column.field not in FIELDS:
                    text(_("Goes with its neighbour"), "mc-cap")
                    return
                choice = ui.select({key: _(label) for key, label in FIELDS.items()}, value=column.field).classes("mc-field")
                attributes(choice, aria_label=_("What “%s” becomes") % (column.header or column.index + 1))
                choice.on_value_change(lambda event: self.changed.__setitem__(column.index, event.value))

    async def forward(self) -> None:
        """On to the preview."""
        with busy(self.next):
            await self.go(self.changed, str(self.audience.value), str(self.order.value) if self.order else "")
