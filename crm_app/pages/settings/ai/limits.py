"""What people may spend, for those who say so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui.element import Element

from crm_app.components import live
from crm_app.components.elements import button, section
from crm_app.components.guard import telling
from crm_app.components.money import Money
from crm_app.components.people import avatar
from crm_app.components.text import block, text
from crm_app.domain.i18n import _
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.models import Scope
from crm_app.domain.spending.views import MeterView, PersonSpending
from crm_app.pages.settings.ai.limit_dialog import ask_limit


class People:
    """Folded, since a team may be large; asked for when it is opened."""

    def __init__(self, money: Money, changed: Callable[[], Awaitable[Any]]) -> None:
        self.money, self.changed = money, changed
        self.space: Element

    def draw(self) -> None:
        """The heading, and room for the rows."""
        with section(_("What people may spend")):
            self.opener = button(_("Show"), height=28, icon="users-round", on_click=self.show)
        self.space = block("")
        with self.space:
            text(_("Each person has a limit for a day and for a month. Anybody can ask for less for themselves."), "mc-cap", tag="p")

    async def show(self) -> None:
        """Ask for them, and draw them."""
        with telling():
            rows = await live.read(spending.list_people_spending)
            self.opener.set_visibility(False)
            with self.space.clear(), block("mc-group"):
                for row in rows:
                    self._row(row)

    def _row(self, row: PersonSpending) -> None:
        with block("mc-group-row"):
            avatar(row.name, row.user_id, 32)
            with block("mc-grow"):
                text(row.name, "mc-strong mc-truncate", tag="p")
                text(f"{self._said(row.day, _('today'))} · {self._said(row.month, _('this month'))}", "mc-cap mc-num", tag="p")
            with block("mc-row mc-gap-8 mc-group-end"):
                button(_("Change"), height=28, on_click=lambda: self.change(row))

    def _said(self, meter: MeterView, when: str) -> str:
        spent = self.money.say(meter.spent_micros)
        if meter.limit_micros is None:
            return _("%(spent)s %(when)s") % {"spent": spent, "when": when}
        return _("%(spent)s of %(limit)s %(when)s") % {"spent": spent, "limit": self.money.say(meter.limit_micros), "when": when}

    async def change(self, row: PersonSpending) -> None:
        """What this person may spend."""
        await ask_limit(_("What %s may spend") % row.name, Scope.USER, str(row.user_id), row, self.money, self._again)

    async def _again(self) -> None:
        await self.show()
