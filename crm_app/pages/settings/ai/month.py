"""What this month has cost: how much of how much, by feature, and where it is going."""

from __future__ import annotations

import calendar
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from crm_app.components import live, times
from crm_app.components.elements import button, pill
from crm_app.components.money import Money
from crm_app.components.text import attributes, block, text
from crm_app.domain.ai.features import feature_name
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _
from crm_app.domain.spending.models import Scope
from crm_app.domain.spending.views import ReportView, SpendingView
from crm_app.pages.settings.ai.limit_dialog import ask_limit

HUES = ("teal", "indigo", "amber", "plum", "sky", "coral", "green", "slate")
SHOWN = 6


def projected(spent: int, today: date) -> int:
    """What the month comes to if it goes on like this."""
    return spent * calendar.monthrange(today.year, today.month)[1] // today.day


class MonthCard:
    """The card at the top: everybody's month for those who manage it, else one's own."""

    def __init__(self, report: ReportView, spending: SpendingView, money: Money, *, manages: bool, changed: Callable[[], Awaitable[Any]]) -> None:
        self.report, self.spending, self.money, self.manages, self.changed = report, spending, money, manages, changed

    def draw(self) -> None:
        """The figure, the bar, and what its colours mean."""
        actor, meter = live.viewer(), (self.spending.team if self.manages else self.spending.you).month
        today, spent = today_of(actor), meter.spent_micros
        month = times.month_words(today, actor)
        with block("mc-card mc-ai-month"):
            with block("mc-row mc-gap-8 mc-wrap"):
                with block("mc-grow mc-ai-head"):
                    text(_("%s, all features") % month if self.manages else _("%s, what you asked for") % month, "mc-ink-2", tag="p")
                    with block("mc-row mc-gap-8 mc-ai-sum", tag="p"):
                        text(self.money.say(spent), "mc-ai-figure mc-num")
                        if meter.limit_micros is not None:
                            text(_("of %s") % self.money.say(meter.limit_micros), "mc-ink-2 mc-num")
                self._outlook(projected(spent, today), meter.limit_micros)
                if self.manages:
                    button(_("Change limit"), on_click=self.change)
                button(_("All spending"), kind="ghost", href="/settings/ai?view=spend")
            self._bar(meter.limit_micros, spent, projected(spent, today))
            self._legend()

    def _outlook(self, ahead: int, limit: int | None) -> None:
        if not ahead:
            return
        if limit is not None and ahead > limit:
            pill(_("Heading for %s") % self.money.say(ahead), "warn")
        else:
            pill(_("On track for %s") % self.money.say(ahead), "ok")

    def _bar(self, limit: int | None, spent: int, ahead: int) -> None:
        whole = max(limit or 0, ahead, spent, 1)
        with block("mc-ai-bar") as bar:
            for place, row in enumerate(self.report.features):
                if row.spent_micros:
                    block(f"mc-ai-piece {_hue(place)}", tag="span").style(f"width:{100 * row.spent_micros / whole:.2f}%")
            if ahead > spent:
                block("mc-ai-mark", tag="span").style(f"left:{100 * ahead / whole:.2f}%")
        said = _("%(spent)s of %(limit)s") % {"spent": self.money.say(spent), "limit": self.money.say(limit)} if limit is not None else self.money.say(spent)
        attributes(bar, role="img", aria_label=said)

    def _legend(self) -> None:
        rows = [row for row in self.report.features if row.spent_micros]
        if not rows:
            text(_("Nothing was spent yet."), "mc-cap", tag="p")
            return
        with block("mc-row mc-wrap mc-ai-legend"):
            for place, row in enumerate(rows[:SHOWN]):
                with block("mc-row mc-gap-6", tag="span"):
                    block(f"mc-dot {_hue(place)}", tag="span")
                    text(feature_name(row.feature), "mc-ink-2")
                    text(self.money.say(row.spent_micros), "mc-cap mc-num")
            if len(rows) > SHOWN:
                rest = sum(row.spent_micros for row in rows[SHOWN:])
                text(_("and %s for others") % self.money.say(rest), "mc-cap")

    async def change(self) -> None:
        """How much the team may spend in a month."""
        await ask_limit(_("What the team may spend"), Scope.TEAM, "", self.spending.team, self.money, self.changed)


def _hue(place: int) -> str:
    return f"mc-hue-{HUES[place % len(HUES)]}"
