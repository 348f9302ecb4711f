"""Who the people of an event could be whom nobody knows by their address: guesses with their reasons, each to be linked by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from crm_app.ai.skills.cards import Standing
from crm_app.ai.skills.helping import Guess, StrangersView
from crm_app.components import insight_card, live
from crm_app.components.elements import button
from crm_app.components.money import Money
from crm_app.components.people import avatar
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _, ngettext
from crm_app.pages.briefing import frame_words, offer

Ask = Callable[[], Awaitable[Any]]
Link = Callable[[Guess], Awaitable[Any]]


def draw(view: StrangersView, ask: Ask, link: Link) -> None:
    """Nothing where everybody is known, or where no model may be asked."""
    told = view.told
    if told.standing in (Standing.HIDDEN, Standing.OFF, Standing.UNREAD) or (told.said is None and not told.making and not told.refusal and view.price is None):
        return
    with block("mc-event-part"):
        text(ngettext("%d person nobody here knows", "%d people nobody here knows", view.count) % view.count, "mc-label", tag="h3")
        if told.making or (told.said is None and told.refusal):
            frame_words(told, _("Looking at the names"), ask)
        elif told.said is None or view.changed:
            offer(_("Who could they be?"), view, ask)
        else:
            _guessed(view, ask, link)


def _guessed(view: StrangersView, ask: Ask, link: Link) -> None:
    told = view.told
    for guess in view.guesses:
        _guess(guess, link)
    if not view.guesses:
        text(_("No other contact fits for certain."), "mc-cap", tag="p")
    if told.refusal:
        insight_card.refused(told.refusal, ask)
    if told.analysis:
        insight_card.made_line(told.analysis, Money(told.currency, told.rate), live.viewer(), ask, making=told.making)


def _guess(guess: Guess, link: Link) -> None:
    sure = _("almost certain") if guess.confidence >= 0.85 else _("likely") if guess.confidence >= 0.6 else _("possible")
    said = " · ".join(part for part in (sure, guess.why) if part)
    with block("mc-event-person"):
        avatar(guess.contact_name, guess.contact_id, 32)
        with block("mc-grow", tag="span"):
            text(_("%(name)s is perhaps %(contact)s") % {"name": guess.name, "contact": guess.contact_name}, "mc-strong mc-block")
            attributes(text(said, "mc-cap mc-block"), title=guess.email)
        button(_("Link"), height=28, icon="user-plus", on_click=partial(link, guess))
