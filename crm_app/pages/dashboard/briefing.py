"""The day as a model tells it, asked for by its reader: nothing is asked because a page is opened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from crm_app.ai.skills.asking import order_analysis
from crm_app.ai.skills.cards import Standing, Told
from crm_app.components import insight_card, live
from crm_app.components.elements import button
from crm_app.components.guard import telling
from crm_app.components.money import Money
from crm_app.components.text import block, text
from crm_app.domain.dashboard.schemas import DashboardView
from crm_app.domain.i18n import _
from crm_app.pages.briefing import foreseen, frame_words


class Briefing:
    """Today's briefing as it was loaded, and the ways to have one."""

    told: Told | None = None

    def __init__(self, refresh: Callable[[], Awaitable[Any]]) -> None:
        self._refresh = refresh

    def is_there(self, view: DashboardView) -> bool:
        """Whether there is one, or something to tell and somebody who may have it told."""
        if self.told is None or view.assistant is None or self.told.standing in (Standing.HIDDEN, Standing.OFF, Standing.UNREAD):
            return False
        return self.told.standing is not Standing.NONE or bool(view.agenda or view.tasks or view.reconnect.rows)

    def draw(self) -> None:
        """Its sentences with their sources; or that it is under way, or why there is none; or the way to have one."""
        told, actor = self.told, live.viewer()
        if told is None:
            return
        with block("mc-told-day"):
            if told.standing is Standing.NONE:
                text(_("Who comes, what to know of them and what cannot wait, with sources."), "mc-cap", tag="p")
                with block("mc-told-acts mc-told-offer"):
                    button(_("Brief me"), kind="ai", icon="sparkles", height=28, on_click=self.ask)
                    foreseen("daily", told)
                return
            if told.said is None:
                frame_words(told, _("Reading the day"), self.ask)
                return
            said, sources = told.said, told.sources
            insight_card.sentences((said.opening, *said.people), sources, None)
            insight_card.points(_("Cannot wait"), said.attention, sources, None)
            insight_card.source_chips(sources, insight_card.cited_in((said.opening,), said.people, said.attention), None, actor)
            if told.refusal:
                insight_card.refused(told.refusal, self.ask)
            if told.analysis:
                insight_card.made_line(told.analysis, Money(told.currency, told.rate), actor, self.ask, making=told.making)

    async def ask(self) -> None:
        """Have the day told, anew if it was."""
        if self.told is not None:
            with telling():
                await live.change(order_analysis, "daily", self.told.subject, self.told.analysis is not None)
            await self._refresh()
