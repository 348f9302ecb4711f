"""What the list says of itself: how many there are, and what to do where there is nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm_app.components import feedback
from crm_app.components.elements import button
from crm_app.components.page_parts import step_card
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.schemas import ContactBoard as BoardView
from crm_app.domain.contacts.schemas import ContactPage
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission


def figures(view: ContactPage | BoardView) -> tuple[int, bool, bool]:
    """How many there are, whether that is only counted so far, and whether anybody is shown."""
    if isinstance(view, ContactPage):
        return view.total, view.total_is_capped, bool(view.rows)
    return sum(column.total for column in view.columns), any(column.total_is_capped for column in view.columns), any(column.rows for column in view.columns)


def nothing(clear: Callable[[], Any]) -> None:
    """Nobody fits the filters."""
    with feedback.empty_state(_("Nobody matches"), _("No one fits all of these filters. Fewer of them, or another spelling, may find who you look for.")):
        button(_("Clear filters"), icon="x", on_click=clear)


def nobody(actor: Actor) -> None:
    """There is nobody yet: where to begin."""
    ways = feedback.empty_state(_("Your people will live here"), _("Bring in the contacts you already have, or start with one person you are seeing this week."))
    with ways:
        if actor.can(Permission.CONTACT_IMPORT):
            step_card(_("Import a file"), _("CSV, vCard or Excel"), "file-up", "/contacts/import")
        if actor.can(Permission.CONTACT_WRITE):
            step_card(_("Add by hand"), _("Just a name is enough"), "user-plus", "/contacts?new=1")
