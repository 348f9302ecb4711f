"""Which cards stand on the dashboard, and where. Every choice is kept and shown at once behind the dialog."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components.dialog import dialog
from crm_app.components.elements import button, icon_button
from crm_app.components.fields import switch
from crm_app.components.text import block, text
from crm_app.domain.dashboard.layout import Card, Layout
from crm_app.domain.i18n import _
from crm_app.pages.dashboard.cards import titles

Keep = Callable[[Layout], Awaitable[Any]]


class Arranging:
    """The dialog's rows, and the arrangement as it stands."""

    def __init__(self, layout: Layout, keep: Keep, without: frozenset[Card]) -> None:
        self.layout, self._keep, self._without = layout, keep, without

    async def _now(self, layout: Layout) -> None:
        self.layout = layout
        self.rows.refresh()
        await self._keep(layout)

    @ui.refreshable_method
    def rows(self) -> None:
        """One row a card under the heading of its column."""
        names = (_("Left"), _("Middle"), _("Right"))
        for number, column in enumerate(self._offered(self.layout)):
            text(names[number], "mc-label", tag="h3")
            if not column:
                text(_("Nothing stands here."), "mc-cap", tag="p")
            for card in column:
                self._row(card)
        usual = button(_("The usual order"), kind="ghost", icon="rotate-ccw", on_click=lambda: self._now(Layout()))
        usual.set_enabled(self.layout != Layout())

    def _row(self, card: Card) -> None:
        name, higher, lower = titles()[card], self._moved(card, -1), self._moved(card, 1)
        with block("mc-item mc-arrange"):
            text(name, "mc-grow mc-truncate" + ("" if self.layout.has(card) else " mc-ink-3"))
            up = icon_button("chevron-up", _("Move %s up") % name, height=28, on_click=lambda: self._now(higher)).classes("mc-again")
            down = icon_button("chevron-down", _("Move %s down") % name, height=28, on_click=lambda: self._now(lower)).classes("mc-again")
            up.set_enabled(higher != self.layout)
            down.set_enabled(lower != self.layout)
            switch("", self.layout.has(card), spoken=_("Show %s") % name, on_change=partial(self._toggle, card))

    def _offered(self, layout: Layout) -> tuple[tuple[Card, ...], ...]:
        return layout.without(self._without)

    def _moved(self, card: Card, step: int) -> Layout:
        """A step that can be seen: past cards that are not offered. The same arrangement where there is none."""
        before, after = self.layout, self.layout.moved(card, step)
        while after != before:
            if self._offered(after) != self._offered(self.layout):
                return after
            before, after = after, after.moved(card, step)
        return self.layout

    async def _toggle(self, card: Card, _event: object = None) -> None:
        await self._now(self.layout.toggled(card))


def arrange_dialog(layout: Layout, keep: Keep, *, without: frozenset[Card] = frozenset()) -> None:
    """Open it. ``keep`` gets every new arrangement; ``without`` are cards that are not there for this person at present."""
    arranging = Arranging(layout, keep, without)
    with dialog(_("Arrange the dashboard"), width="narrow") as parts:
        text(_("What you hide is not lost: it comes back to its place when you show it again."), "mc-ink-2", tag="p")
        arranging.rows()
    with parts.foot:
        button(_("Done"), kind="primary", on_click=parts.window.close)
    parts.window.on("hide", parts.window.delete)
    parts.window.open()
