"""The calendars of a connection as rows: colour, name, whether it is synced, whether it is shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from nicegui import ui
from nicegui.element import Element

from crm_app.components.fields import switch
from crm_app.components.pop_menu import CheckItem, PopMenu
from crm_app.components.text import attributes, block, text
from crm_app.components.words import hues
from crm_app.domain.connections.schemas import CalendarRow
from crm_app.domain.i18n import _

Choose = Callable[[CalendarRow, dict[str, Any]], Awaitable[CalendarRow | None]]
"""Changes one calendar (``synced``, ``shown``, ``hue``) and returns it as it stands now; None when that was refused."""


class CalendarRows:
    """The rows. What is changed here is in step at once and draws nothing anew, so that the focus stays where it is."""

    def __init__(self, rows: Sequence[CalendarRow], choose: Choose, after: Callable[[], Any] | None = None) -> None:
        self.rows = tuple(rows)
        self._choose, self._after = choose, after
        self._menu = PopMenu()
        self._shown: list[ui.switch] = []
        self._dots: list[Element] = []
        self._openers: list[Element] = []

    def show(self, rows: Sequence[CalendarRow]) -> None:
        """Draw these, if they are others than stand here."""
        if tuple(rows) != self.rows:
            self.rows = tuple(rows)
            self.body.refresh()

    @ui.refreshable_method
    def body(self) -> None:
        """One row each."""
        self._shown, self._dots, self._openers = [], [], []
        for number, row in enumerate(self.rows):
            with block("mc-conn-cal"):
                self._colour(number)
                with block("mc-grow"):
                    attributes(text(row.name, "mc-truncate mc-block", tag="p"), title=row.name)
                switch(_("Sync"), row.synced, spoken=_("Sync %s") % row.name, on_change=partial(self._switched, number, "synced"))
                shown = switch(_("Show"), row.shown, spoken=_("Show %s") % row.name, on_change=partial(self._switched, number, "shown"))
                shown.set_enabled(row.synced)
                self._shown.append(shown)

    def _colour(self, number: int) -> None:
        with block("mc-hue-button", tag="button") as opener:
            self._dots.append(block(f"mc-dot mc-hue-{self.rows[number].hue}", tag="span"))
        attributes(opener, type="button", aria_haspopup="menu", aria_expanded="false")
        opener.on("click", lambda: self._menu.open(opener, lambda: self._fill(number)))
        self._openers.append(opener)
        self._name_colour(number)

    def _name_colour(self, number: int) -> None:
        row = self.rows[number]
        said = _("Colour of %(name)s: %(hue)s") % {"name": row.name, "hue": hues().get(row.hue, row.hue)}
        attributes(self._openers[number], aria_label=said)

    def _fill(self, number: int) -> None:
        for hue, name in hues().items():
            CheckItem(
                name, hue == self.rows[number].hue, partial(self._recolour, number, hue), single=True, before=partial(block, f"mc-dot mc-hue-{hue}", tag="span")
            )

    async def _switched(self, number: int, name: str, event: Any) -> None:
        if bool(event.value) != getattr(self.rows[number], name):  # drawing a switch anew says nothing new
            await self._change(number, {name: bool(event.value)})
            if name == "synced":
                self._shown[number].set_enabled(self.rows[number].synced)

    async def _recolour(self, number: int, hue: str) -> None:
        self._menu.close()
        await self._change(number, {"hue": hue})
        self._dots[number].classes(replace=f"mc-dot mc-hue-{self.rows[number].hue}")
        self._name_colour(number)

    async def _change(self, number: int, values: dict[str, Any]) -> None:
        changed = await self._choose(self.rows[number], values)
        if changed is not None:
            self.rows = tuple(changed if row.id == changed.id else row for row in self.rows)
        if changed is None:
            self.body.refresh()  # a refusal leaves the switch where it was
        if self._after:
            self._after()
