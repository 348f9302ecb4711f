"""Where a contact without a photo may have one in public: names to look at and to keep, of somebody who agreed to that. Nothing is fetched here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from crm_app.ai.skills.cards import Standing
from crm_app.ai.skills.helping import Offered
from crm_app.ai.skills.photo_handles import Guess, Service
from crm_app.components import insight_card, live
from crm_app.components.elements import button
from crm_app.components.money import Money
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.i18n import _
from crm_app.pages.briefing import frame_words, offer

Ask = Callable[[], Awaitable[Any]]
Keep = Callable[[Guess], Awaitable[Any]]
NAMES = {
    Service.INSTAGRAM: "Instagram", Service.LINKEDIN: "LinkedIn", Service.FACEBOOK: "Facebook", Service.MASTODON: "Mastodon", Service.GITHUB: "GitHub",
}  # fmt: skip
PLACES = {
    Service.INSTAGRAM: "https://www.instagram.com/%s/", Service.LINKEDIN: "https://www.linkedin.com/in/%s/", Service.FACEBOOK: "https://www.facebook.com/%s",
    Service.GITHUB: "https://github.com/%s", Service.WEBSITE: "https://%s/",
}  # fmt: skip


def draw(view: Offered, name: str, ask: Ask, keep: Keep) -> None:
    """Nothing for whoever has a photo, or has not agreed to being looked for."""
    told = view.told
    if told.standing in (Standing.HIDDEN, Standing.OFF, Standing.UNREAD) or (told.standing is Standing.NONE and view.price is None):
        return
    with block("mc-told-part"):
        text(_("A photo of %s") % name, "mc-label", tag="h3")
        if told.making or (told.said is None and told.refusal):
            frame_words(told, _("Reading the record"), ask)
        elif told.said is None:
            text(_("They agreed that a public picture is looked for. Nothing is fetched: you look, and put it on."), "mc-cap", tag="p")
            offer(_("Where to look"), view, ask)
        else:
            _guessed(view, ask, keep)


def place_of(guess: Guess) -> str:
    """Where the name would be found."""
    if guess.service is Service.MASTODON:
        name, _at, host = guess.handle.partition("@")
        return f"https://{host or 'mastodon.social'}/@{name}"
    return PLACES[guess.service] % guess.handle


def label_of(guess: Guess) -> str:
    """What the service is called."""
    return NAMES.get(guess.service) or _("Website")


def _guessed(view: Offered, ask: Ask, keep: Keep) -> None:
    told = view.told
    for guess in told.said.guesses:
        with block("mc-event-person"):
            with block("mc-grow", tag="span"):
                attributes(link(f"{label_of(guess)} · {guess.handle}", place_of(guess), "mc-link mc-truncate mc-block"), title=place_of(guess))
                text(guess.text, "mc-cap mc-block")
            button(_("Keep"), height=28, icon="link-2", on_click=partial(keep, guess))
    if not told.said.guesses:
        text(_("The record names no place to look."), "mc-cap", tag="p")
    if told.refusal:
        insight_card.refused(told.refusal, ask)
    if told.analysis:
        insight_card.made_line(told.analysis, Money(told.currency, told.rate), live.viewer(), ask, making=told.making)
