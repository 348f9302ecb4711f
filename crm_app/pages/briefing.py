"""A brief before a session, as it stands on the record and beside an event; and how anything is offered that a model would make."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.ai.skills import helping
from crm_app.ai.skills.cards import Told
from crm_app.ai.skills.helping import Offered
from crm_app.components import insight_card, live
from crm_app.components.elements import button
from crm_app.components.money import Money
from crm_app.components.text import attributes, block, text
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


def offer(label: str, offered: Offered, ask: Act) -> None:
    """A button that has something made, beside what that would cost. Nothing where there is nothing to read or nobody to ask."""
    if (price := offered.price) is None:
        return
    money = Money(offered.told.currency, offered.told.rate)
    with block("mc-told-acts mc-told-offer"):
        button(label, kind="ai", icon="sparkles", height=28, on_click=ask)
        attributes(text(money.foreseen(price.usual_micros, price.most_micros), "mc-cap mc-num"), title=f"{price.model_label}: {price.why}")


def foreseen(skill: str, told: Told, what: str = "") -> None:
    """What having it made would cost, said near its button: asked for once the page is there, since everything must be read for it.
    The line is held open for it meanwhile; ``what`` says of which button, where there are several."""
    money, place = Money(told.currency, told.rate), attributes(text("\u00a0", "mc-cap mc-num"), role="status")

    async def reckon() -> None:
        price = await live.read(helping.get_price, skill, told.subject)
        if price is not None and not place.is_deleted:
            said = money.foreseen(price.usual_micros, price.most_micros)
            place.set_text(_("%(what)s: %(price)s") % {"what": what, "price": said} if what else said)
            attributes(place, title=f"{price.model_label}: {price.why}")

    ui.timer(0, reckon, once=True)


def frame_words(told: Told, doing: str, again: Act) -> None:
    """That it is under way, or why it is not there, with a way to try again."""
    if told.making:
        insight_card.working(doing)
    elif told.refusal:
        insight_card.refused(told.refusal, again)
