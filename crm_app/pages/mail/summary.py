"""What a model makes of the thread that is open, above its mails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from crm_app.ai.skills.asking import order_analysis
from crm_app.ai.skills.cards import Standing, Told
from crm_app.components import insight_card, live, times
from crm_app.components.elements import button
from crm_app.components.guard import telling
from crm_app.components.money import Money
from crm_app.components.text import block, text
from crm_app.domain.i18n import _
from crm_app.domain.mail.schemas import ThreadView
from crm_app.pages.briefing import foreseen, frame_words

FEWEST = 2
"""A single mail is its own summary."""


def draw_summary(told: Told | None, thread: ThreadView, refresh: Callable[[], Awaitable[Any]]) -> None:
    """The summary, or a way to it; nothing where models may not read this, or where there is nothing to sum up."""
    if told is None or told.standing in (Standing.HIDDEN, Standing.OFF, Standing.UNREAD) or len(thread.messages) < FEWEST:
        return
    again = partial(_order, told, refresh)
    with block("mc-mail-summary"):
        if told.standing is Standing.NONE:
            with block("mc-told-acts mc-told-offer"):
                button(_("Sum up"), kind="ai", icon="sparkles", height=28, on_click=again)
                foreseen("mail_summary", told)
        elif told.said is None:
            frame_words(told, _("Reading the thread"), again)
        else:
            _draw(told, again)


def _draw(told: Told, again: Callable[[], Awaitable[Any]]) -> None:
    said, actor = told.said, live.viewer()
    whose = {"us": _("yours"), "them": _("theirs")}
    with block("mc-told-brief"):
        insight_card.sentences(said.summary, told.sources, None)
        if said.needs_reply:
            text(_("They wait for an answer."), "mc-strong", tag="p")

        def beside(action: Any) -> str:
            return " · ".join([whose[action.whose.value], *([times.short_date(action.due, actor)] if action.due else [])])

        insight_card.points(_("To do"), said.actions, told.sources, None, beside)
        if told.refusal:
            insight_card.refused(told.refusal, again)
        if told.analysis:
            insight_card.made_line(told.analysis, Money(told.currency, told.rate), actor, again, making=told.making)


async def _order(told: Told, refresh: Callable[[], Awaitable[Any]]) -> None:
    with telling():
        await live.change(order_analysis, "mail_summary", told.subject, told.analysis is not None)
    await refresh()
