"""A brief before a session, as it stands on the record and beside an event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from crm_app.ai.skills.cards import Told
from crm_app.components import insight_card, live
from crm_app.components.ai_money import Money
from crm_app.components.text import block, text
from crm_app.domain.i18n import _

Act = Callable[[], Awaitable[Any]]


def draw_brief(told: Told, contact_id: UUID | None, again: Act) -> None:
    """What to know before the session, each line with its sources; or why it is not there."""
    if told.said is None:
        frame_words(told, _("Preparing the session"), again)
        return
    said, sources = told.said, told.sources
    with block("mc-told-brief"):
        text(_("Before the session"), "mc-section", tag="h3")
        insight_card.points(_("Last time"), said.last_time, sources, contact_id)
        insight_card.points(_("Since then"), said.since_then, sources, contact_id)
        insight_card.points(_("Goals"), said.goals, sources, contact_id)
        insight_card.points(_("Open"), said.open_points, sources, contact_id)
        insight_card.points(_("Ideas"), said.ideas, sources, contact_id)
        cited = insight_card.cited_in(said.last_time, said.since_then, said.goals, said.open_points, said.ideas)
        insight_card.source_chips(sources, cited, contact_id, live.viewer())
        if told.refusal:
            insight_card.refused(told.refusal, again)
        if told.analysis:
            insight_card.made_line(told.analysis, Money(told.currency, told.rate), live.viewer(), again, making=told.making)


def frame_words(told: Told, doing: str, again: Act) -> None:
    """That it is under way, or why it is not there, with a way to try again."""
    if told.making:
        insight_card.working(doing)
    elif told.refusal:
        insight_card.refused(told.refusal, again)
