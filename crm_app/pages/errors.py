"""What stands in the panel when a page cannot: nothing at this address, not allowed, or it failed to load."""

from __future__ import annotations

from nicegui import ui

from crm_app.components.elements import button
from crm_app.components.feedback import error_state
from crm_app.components.shell import top_bar
from crm_app.components.text import block
from crm_app.domain.i18n import _


def not_found(sentence: str = "") -> None:
    """Nothing is here, or it belongs to someone else; which of the two is never said."""
    with block("mc-page"):
        with top_bar(_("Not here")):
            pass
        ways = error_state(
            _("There is nothing here"), sentence or _("It may have been deleted, or it belongs to someone else. Everything you have is still there."), level=2
        )
        with ways:
            button(_("Go to your contacts"), kind="primary", icon="users", href="/contacts")
            button(_("Dashboard"), href="/")


def not_allowed(sentence: str) -> None:
    """The page is there, but this person's role may not use it; the sentence says whom to ask."""
    with block("mc-page"):
        with top_bar(_("Not allowed")):
            pass
        with error_state(_("This is not open to you"), sentence, level=2):
            button(_("Go to your contacts"), kind="primary", icon="users", href="/contacts")
            button(_("Dashboard"), href="/")


def failed_to_load(sentence: str, reference: str = "") -> None:
    """The page could not be made; trying again is one press."""
    with block("mc-page"):
        with top_bar(_("That did not load")):
            pass
        ways = error_state(_("We could not load this page"), sentence, reference=reference, on_retry=ui.navigate.reload, level=2)
        with ways:
            button(_("Dashboard"), href="/")
