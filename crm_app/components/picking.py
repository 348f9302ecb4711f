"""Choosing several suggestions of a card: a check in front of each that shows itself where one points or tabs, and what is done with all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components.elements import button, icon_button
from crm_app.components.keys import bind_keys
from crm_app.components.suggestion_words import headline
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.suggestions.schemas import SuggestionView

Many = Callable[[Sequence[SuggestionView]], Awaitable[Any]]
WALK = """(e) => {
  const all = [...e.currentTarget.querySelectorAll('.mc-pick[role=checkbox]')], here = all.findIndex((one) => one.contains(document.activeElement));
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (!step || here < 0) return;
  e.preventDefault();
  (all[here + step] || all[here]).focus();
}"""
"""For ``on("keydown", …)`` of the card: the arrow keys walk its checks."""


class Picks:
    """Which are chosen, also while the card is drawn anew around them. A approves the chosen, R rejects them, Escape lets go of them."""

    def __init__(self, approve: Many, reject: Many) -> None:
        self._approve, self._reject = approve, reject
        self._views: dict[UUID, SuggestionView] = {}
        self._boxes: dict[UUID, ui.checkbox] = {}
        self._all: ui.checkbox | None = None
        self._drawing = False
        self.chosen: set[UUID] = set()

    def take(self, views: Sequence[SuggestionView]) -> None:
        """These are shown from now on; what is not among them is not chosen any more."""
        self._views, self._boxes, self._all = {view.id: view for view in views}, {}, None
        self.chosen &= self._views.keys()

    @property
    def picked(self) -> list[SuggestionView]:
        """The chosen ones, in the order in which they stand."""
        return [view for key, view in self._views.items() if key in self.chosen]

    def box(self, view: SuggestionView) -> None:
        """The check of one. Where there is only one there is nothing to choose."""
        if len(self._views) > 1:
            box = ui.checkbox(value=view.id in self.chosen, on_change=lambda event: self._pick(view.id, bool(event.value))).classes("mc-check mc-pick")
            attributes(box, aria_label=_("Select: %s") % headline(view))
            self._boxes[view.id] = box

    def head(self, count: Callable[[], Any]) -> None:
        """At the right of the card's head: ``count`` draws how many there are, until something is chosen."""
        self._count = block("mc-row mc-gap-8")
        with self._count:
            count()
        self._acts = attributes(block("mc-row mc-gap-4 mc-picking-acts"), role="toolbar", aria_label=_("With the selected"))
        self._show()

    def all_box(self) -> None:
        """The check of all, in front of the card's heading."""
        if len(self._views) > 1:
            self._all = ui.checkbox(value=self._state(), on_change=lambda event: self._pick_all(bool(event.value))).classes("mc-check mc-pick")
            attributes(self._all, aria_label=_("Select all"))

    def _state(self) -> bool | None:
        return None if 0 < len(self.chosen) < len(self._views) else bool(self.chosen)

    def _pick(self, key: UUID, on: bool) -> None:
        if not self._drawing:
            (self.chosen.add if on else self.chosen.discard)(key)
            self._show()

    def _pick_all(self, on: bool) -> None:
        if not self._drawing:
            self.chosen = set(self._views) if on else set()
            self._show()

    def _show(self) -> None:
        self._drawing = True  # a check that is set from here tells of it as one that is pressed does
        if self._all is not None:
            self._all.value = self._state()
        for key, box in self._boxes.items():
            box.value = key in self.chosen
        self._drawing = False
        self._count.set_visibility(not self.chosen)
        self._acts.set_visibility(bool(self.chosen))
        self._acts.clear()
        if not self.chosen:
            return
        with self._acts:
            text(ngettext("%d selected", "%d selected", len(self.chosen)) % len(self.chosen), "mc-cap mc-num mc-picked-count")
            button(_("Approve"), icon="check", height=28, key="A", on_click=self._approve_all).classes("mc-approve")
            button(_("Reject"), kind="ghost", height=28, key="R", on_click=self._reject_all)
            icon_button("x", _("Clear the selection"), height=28, on_click=self.clear)
            bind_keys({"a": self._approve_all, "r": self._reject_all, "escape": self.clear})

    def clear(self) -> None:
        """Nothing is chosen any more."""
        self._pick_all(False)

    async def _approve_all(self) -> None:
        await self._with_all(self._approve)

    async def _reject_all(self) -> None:
        await self._with_all(self._reject)

    async def _with_all(self, act: Many) -> None:
        picked, self.chosen = self.picked, set()
        if picked:
            await act(picked)
