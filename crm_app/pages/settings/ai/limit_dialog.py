"""Saying what may be spent in a day and in a month."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.dialog import dialog
from crm_app.components.elements import busy, button
from crm_app.components.fields import text_field
from crm_app.components.guard import telling
from crm_app.components.money import Money
from crm_app.components.text import block, text
from crm_app.domain.i18n import _
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.models import Period, Scope
from crm_app.domain.spending.views import LimitSet, MetersView, MeterView


async def ask_limit(title: str, scope: Scope, subject: str, meters: MetersView | None, money: Money, changed: Callable[[], Awaitable[Any]], hint: str = "") -> None:
    """Ask for both, and keep what was changed. An empty field is what held before anybody said anything."""
    with telling():
        LimitForm(title, scope, subject, meters, money, changed, hint).open()


class LimitForm:
    """The dialog."""

    def __init__(self, title: str, scope: Scope, subject: str, meters: MetersView | None, money: Money, changed: Callable[[], Awaitable[Any]], hint: str) -> None:
        self.scope, self.subject, self.money, self.changed = scope, subject, money, changed
        self._before = {Period.DAY: self._said(meters.day), Period.MONTH: self._said(meters.month)} if meters else dict.fromkeys(Period)
        with ui.context.client, dialog(title, width="narrow") as self._parts, block("mc-col mc-gap-16"):
            text(hint or _("Leave a field empty for what holds unless somebody decides. What runs out begins anew with the next day or month."), "mc-ink-2", tag="p")
            with block("mc-form-grid"):
                labels = {Period.DAY: _("A day (%s)") % money.currency, Period.MONTH: _("A month (%s)") % money.currency}
                self._fields = {period: text_field(label, money.typed(self._before[period])) for period, label in labels.items()}
        self._parts.window.on("hide", self._parts.window.delete)
        with self._parts.foot:
            button(_("Cancel"), kind="ghost", on_click=self._parts.window.close)
            self._go = button(_("Save"), kind="primary", on_click=self.save)

    def open(self) -> None:
        """Show it."""
        self._parts.window.open()

    async def save(self) -> None:
        """Keep what was changed."""
        wanted: dict[Period, int | None] = {}
        for period, element in self._fields.items():
            element.error = None
            try:
                wanted[period] = self.money.read(element.value)
            except ValueError:
                element.error = _("An amount, such as 5 or 2.50")
        if len(wanted) < len(self._fields):
            return
        with telling(), busy(self._go):
            for period, micros in wanted.items():
                if micros != self._before[period]:
                    await live.change(spending.set_limit, LimitSet(scope=self.scope, subject=self.subject, period=period, limit_micros=micros))
            self._parts.window.close()
            feedback.toast(_("Saved"))
            await self.changed()

    def _said(self, meter: MeterView) -> int | None:
        """What somebody has said of this very limit."""
        return meter.own_micros if self.scope is Scope.OWN else meter.given_micros
