"""What the assistant has for the day, in its own violet, and what models cost: neither is there where no models are used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components import charts, words
from crm_app.components.elements import card
from crm_app.components.money import Money
from crm_app.components.picking import Picks
from crm_app.components.suggestion_rows import put_off_button, review_rows
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.actor import Actor
from crm_app.domain.dashboard.schemas import AssistantDay, DashboardView
from crm_app.domain.i18n import _, current_locale, ngettext
from crm_app.domain.suggestions.schemas import SuggestionView
from crm_app.domain.times import month_names
from crm_app.pages import suggesting
from crm_app.pages.dashboard.briefing import Briefing
from crm_app.pages.put_off import show_put_off

Refresh = Callable[[], Awaitable[Any]]
ALL = "/tasks?whose=mine"
SPENT = "/settings/ai?view=spend"


def waiting_words(day: AssistantDay | None) -> None:
    """How much waits to be decided about, after what else waits, and the way there."""
    if day and day.waiting:
        text(" · ", tag="span")
        link(ngettext("%d suggestion to review", "%d suggestions to review", day.waiting) % day.waiting, ALL, "mc-plain-link mc-ai-ink mc-strong")


def assistant_card(view: DashboardView, actor: Actor, refresh: Refresh, *, briefing: Briefing, picks: Picks) -> None:
    """The day's briefing, and the latest suggestions, each to be read and decided about in a dialog."""
    day = view.assistant
    if day is None:
        return

    async def review(suggestion: SuggestionView, *_event: Any) -> None:
        with ui.context.client.layout:  # outside what is drawn anew when something changes
            suggesting.review(suggestion, refresh)

    async def dismiss(suggestion: SuggestionView, *_event: Any) -> None:
        await suggesting.reject(suggestion, refresh)

    briefed = briefing.is_there(view)
    with card(_("Briefing") if briefed else _("Assistant"), ai=True):
        if briefed:
            briefing.draw()
        if day.suggestions:
            review_rows(day.suggestions, day.waiting, picks=picks, review=review, dismiss=dismiss)
        with block("mc-row mc-gap-8 mc-reviews-foot"):
            if day.waiting > len(day.suggestions):
                link(_("Show all %s") % words.number(day.waiting), ALL, "mc-crumb mc-cap")
            block("mc-grow")
            put_off_button(day.put_off, partial(show_put_off, refresh))


def spend_card(view: DashboardView, actor: Actor, refresh: Refresh) -> None:
    """What models have cost its reader this month, of what they may, day by day; it leads to what it was spent on."""
    spend = view.assistant.spend if view.assistant else None
    if spend is None:
        return
    money = Money(spend.currency, spend.rate)
    with block("mc-card mc-spend", tag="a") as box:
        with block("mc-row mc-between"):
            text(_("AI spend"), "mc-section", tag="h2")
            text(month_names(current_locale())[view.today.month], "mc-cap")
        with block("mc-row mc-baseline"):
            text(money.words(spend.spent_micros), "mc-figure")
            text(_("of %s") % money.words(spend.limit_micros) if spend.limit_micros is not None else _("no limit"), "mc-cap mc-num")
        said = _("Today %(today)s, this month %(month)s") % {
            "today": money.words(spend.by_day[view.today.day - 1]), "month": money.words(spend.spent_micros),
        }  # fmt: skip
        charts.days_of_month(spend.by_day, view.today.day, label=said)
    attributes(box, href=SPENT)
