"""What was spent: by day, person, feature and model, as a file, and one's own calls with what was sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from crm_app.components import live, times
from crm_app.components.charts import bars
from crm_app.components.choices import Choice, segments
from crm_app.components.elements import button, progress, section
from crm_app.components.guard import telling
from crm_app.components.money import Money
from crm_app.components.page_parts import empty_line
from crm_app.components.text import block, link, text
from crm_app.components.words import number
from crm_app.domain.ai.features import feature_name
from crm_app.domain.ai.schemas import AiView
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.views import Figures, ReportFilter, ReportView
from crm_app.pages.frame import Frame
from crm_app.pages.settings.ai.adding import PLACE
from crm_app.pages.settings.ai.calls import Calls

PERIODS = ("month", "30", "year")
MOST_BARS = 31


def days_of(period: str, today: date) -> tuple[date, date]:
    """The first and the last day of what is looked at."""
    if period == "30":
        return today - timedelta(days=29), today
    return (today.replace(month=1, day=1) if period == "year" else today.replace(day=1)), today


def columns_of(report: ReportView) -> list[tuple[date, int]]:
    """What each day has cost, those without a call too; of more than a month each month."""
    spent = {row.day: row.spent_micros for row in report.days}
    length = (report.last - report.first).days + 1
    days = [report.first + timedelta(days=count) for count in range(length)]
    if length <= MOST_BARS:
        return [(day, spent.get(day, 0)) for day in days]
    months: dict[date, int] = {}
    for day in days:
        months[day.replace(day=1)] = months.get(day.replace(day=1), 0) + spent.get(day, 0)
    return list(months.items())


class SpendPart:
    """``?view=spend``, with ``period`` and, for those who manage it, ``mine``."""

    def __init__(self, frame: Frame, view: AiView, money: Money, again: Callable[[], Awaitable[Any]]) -> None:
        self.frame, self.view, self.money, self.again = frame, view, money, again
        asked = frame.query.get("period", "")
        self.period = asked if asked in PERIODS else "month"
        self.everybody = view.manages and not frame.query.get("mine")

    async def draw(self) -> None:
        """Everything of it."""
        first, last = days_of(self.period, today_of(live.viewer()))
        report = await live.read(spending.get_report, ReportFilter(first=first, last=last, everybody=self.everybody))
        link(_("AI & budgets"), PLACE, "mc-crumb mc-crumb-up")
        with block("mc-row mc-wrap mc-gap-8 mc-ai-asked"):
            named = [Choice("month", _("This month")), Choice("30", _("30 days")), Choice("year", _("This year"))]
            segments(named, self.period, lambda key: self.ask(period=key), label=_("When"))
            if self.view.manages:
                whose = [Choice("all", _("Everybody")), Choice("mine", _("Mine"))]
                segments(whose, "all" if self.everybody else "mine", lambda key: self.ask(mine="1" if key == "mine" else None), label=_("Whose"))
            block("mc-grow")
            asked = {"first": times.day_key(first), "last": times.day_key(last)} | ({"everybody": "true"} if self.everybody else {})
            button(_("CSV"), icon="download", href=f"/downloads/ai-spending.csv?{urlencode(asked)}")
        self._sums(report.total)
        if report.total.calls:
            self._days(report)
            self._parts(report)
        else:
            empty_line(_("Nothing was asked in these days."))
        await Calls(self.money).draw()

    async def ask(self, **values: str | None) -> None:
        """Look at something else; the address says what."""
        with telling():
            self.frame.change(values)
            await self.again()

    def _sums(self, total: Figures) -> None:
        with block("mc-strip"):
            for label, said in (
                (_("Spent"), self.money.say(total.spent_micros)), (_("Calls"), number(total.calls)),
                (_("Set aside"), self.money.say(total.reserved_micros)), (_("Tokens"), number(total.input_tokens + total.output_tokens)),
            ):  # fmt: skip
                with block("mc-stat"), block("mc-grow"):
                    text(label, "mc-label", tag="p")
                    text(said, "mc-figure")

    def _days(self, report: ReportView) -> None:
        columns, actor = columns_of(report), live.viewer()
        by_month = (report.last - report.first).days >= MOST_BARS
        top = max(range(len(columns)), key=lambda place: columns[place][1])
        when = times.month_words(columns[top][0], actor) if by_month else times.day_words(columns[top][0], actor)
        said = _("Most: %(sum)s (%(when)s)") % {"sum": self.money.say(columns[top][1]), "when": when}
        with section(_("By month") if by_month else _("By day")):
            text(said, "mc-cap")
        with block("mc-card mc-ai-chart"):
            bars([micros for _day, micros in columns], top, width=660, height=88, label=said)
            with block("mc-row mc-ai-ends"):
                text(times.short_date(report.first, actor), "mc-cap")
                block("mc-grow")
                text(times.short_date(report.last, actor), "mc-cap")

    def _parts(self, report: ReportView) -> None:
        features = [(feature_name(row.feature), row) for row in report.features]
        people = [(row.name, row) for row in report.people] if self.everybody else []
        for title, rows in ((_("By feature"), features), (_("By person"), people), (_("By model"), [(row.model, row) for row in report.models])):
            if rows:
                with section(title):
                    pass
                self._rows(rows, report.total.spent_micros)

    def _rows(self, rows: Sequence[tuple[str, Figures]], whole: int) -> None:
        with block("mc-group"):
            for name, row in rows:
                with block("mc-group-row mc-slim"):
                    with block("mc-grow"):
                        text(name, "mc-strong mc-truncate", tag="p")
                        text(ngettext("%s call", "%s calls", row.calls) % number(row.calls), "mc-cap", tag="p")
                    with block("mc-ai-share"):
                        progress(row.spent_micros / whole if whole else 0, name)
                    text(self.money.say(row.spent_micros) if row.spent_micros else _("free"), "mc-num mc-ai-cost")
