"""What narrows a list: one chip for each filter that is on (field, operator, value, x), and a way to add another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from nicegui.element import Element

from crm_app.components.elements import button, icon
from crm_app.components.people import avatar
from crm_app.components.text import Text, attributes, block
from crm_app.domain.i18n import _

Part = Literal["field", "operator", "value"]
Edit = Callable[[Element, str, Part], Any]


@dataclass(frozen=True)
class FilterWords:
    """A filter as its chip says it. ``operators`` is how many there are: a single one is no button. ``faces`` are (name, id)."""

    key: str
    field: str
    operator: str = ""
    value: str = ""
    operators: int = 1
    faces: tuple[tuple[str, object], ...] = ()


class FilterBar:
    """Chips that stay the same elements while their words change, so that an open menu keeps its place.

    ``on_edit(button, key, part)`` is called when a part of a chip is pressed, and with an empty key by "Filter"; ``on_clear(key)`` by an x.
    """

    def __init__(self, on_edit: Edit, on_clear: Callable[[str], Any], on_clear_all: Callable[[], Any]) -> None:
        self._on_edit = on_edit
        self._on_clear = on_clear
        self._chips: dict[str, _Chip] = {}
        self._place = block("mc-filter-chips")
        self._add = button(_("Filter"), kind="ghost", icon="plus", height=28).classes("mc-filter-add")
        self._add.on("click", lambda: on_edit(self._add, "", "field"))
        attributes(self._add, aria_haspopup="menu", aria_label=_("Add a filter"))
        self._all = button(_("Clear"), kind="ghost", height=28, on_click=on_clear_all)
        attributes(self._all, aria_label=_("Clear all filters"))

    def show(self, filters: Sequence[FilterWords]) -> None:
        """Show these filters, in this order."""
        wanted = {found.key: found for found in filters}
        for key in set(self._chips) - set(wanted):
            self._chips.pop(key).element.delete()
        for index, (key, words) in enumerate(wanted.items()):
            if key not in self._chips:
                with self._place:
                    self._chips[key] = _Chip(key, words, self._on_edit, self._on_clear)
            self._chips[key].show(words)
            self._chips[key].element.move(target_index=index)
        self._all.set_visibility(len(wanted) > 1)

    def value_button(self, key: str) -> Element:
        """Where the value of a filter is pressed; the button that adds one while there is none."""
        return self._chips[key].value if key in self._chips else self._add


class _Chip:
    def __init__(self, key: str, words: FilterWords, on_edit: Edit, on_clear: Callable[[str], Any]) -> None:
        self._words: FilterWords | None = None
        with block("mc-filter", tag="span") as self.element:
            self._field = self._button(lambda at: on_edit(at, key, "field"), "mc-ink-3")
            self.operator = self._button(lambda at: on_edit(at, key, "operator"), "mc-ink-3") if words.operators > 1 else block("mc-ink-3", tag="span")
            self.value = self._button(lambda at: on_edit(at, key, "value"), "mc-filter-value")
            clear = block("mc-filter-clear", tag="button").on("click", partial(on_clear, key))
            with clear:
                icon("x", 12)
        attributes(clear, type="button", aria_label=_("Remove the filter: %s") % words.field)

    def _button(self, edit: Callable[[Element], Any], classes: str) -> Element:
        element = block(classes, tag="button")
        element.on("click", lambda: edit(element))
        return attributes(element, type="button", aria_haspopup="menu")

    def show(self, words: FilterWords) -> None:
        if words == self._words:
            return
        self._words = words
        for place, said in ((self._field, words.field), (self.operator, words.operator), (self.value, words.value)):
            place.clear()
            place.set_visibility(bool(said))
            with place:
                for name, identity in words.faces[:3] if place is self.value else ():
                    avatar(name, identity, 16)
                attributes(Text(said, classes="mc-truncate"), title=said)
