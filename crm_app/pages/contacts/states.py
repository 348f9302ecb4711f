"""What the list says of itself: how many there are, and what to do where there is nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from crm_app.components import feedback, live, words
from crm_app.components.elements import button
from crm_app.components.page_parts import step_card
from crm_app.components.table import Pager
from crm_app.components.whose import MINE
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.schemas import ContactBoard as BoardView
from crm_app.domain.contacts.schemas import ContactPage
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.pages.list_state import ListState


def figures(view: ContactPage | BoardView) -> tuple[int, bool, bool]:
    """How many there are, whether that is only counted so far, and whether anybody is shown."""
    if isinstance(view, ContactPage):
        return view.total, view.total_is_capped, bool(view.rows)
    return sum(column.total for column in view.columns), any(column.total_is_capped for column in view.columns), any(column.rows for column in view.columns)


def ids(view: ContactPage | BoardView) -> set[UUID]:
    """Everybody who is shown."""
    rows = view.rows if isinstance(view, ContactPage) else (row for column in view.columns for row in column.rows)
    return {row.id for row in rows}


def below_says(view: ContactPage | BoardView, state: ListState) -> object:
    """What kind of thing ``below`` shows; what a pager says is not part of it."""
    anyone = figures(view)[2]
    return (anyone, any(cursors(view))) if anyone else (anyone, state.is_filtered or bool(state.after), state.whose)


def cursors(view: ContactPage | BoardView) -> tuple[str | None, str | None]:
    """The pages before and after."""
    return (view.previous_cursor, view.next_cursor) if isinstance(view, ContactPage) else (None, None)


def turn(pager: Pager, view: ContactPage | BoardView, state: ListState, ask: Callable[[ListState], Any]) -> None:
    """Let the pager lead from this page."""
    (total, capped, _anyone), (back, on) = figures(view), cursors(view)
    shown = words.people(total) + ("+" if capped else "")
    pager.show(shown, on_previous=(lambda: ask(state.at(back))) if back else None, on_next=(lambda: ask(state.at(on))) if on else None)


def below(view: ContactPage | BoardView, state: ListState, ask: Callable[[ListState], Any], everyone: Callable[[], Any]) -> Pager | None:
    """What stands under the list: the pager, or why it is empty and the way on (fewer filters, the team's people too, the first person)."""
    if figures(view)[2]:
        if not any(cursors(view)):
            return None
        pager = Pager()
        turn(pager, view, state, ask)
        return pager
    if state.is_filtered or state.after:
        nothing(lambda: ask(state.cleared()))
    elif state.whose == MINE:
        not_mine(everyone)
    else:
        nobody(live.viewer())
    return None


def nothing(clear: Callable[[], Any]) -> None:
    """Nobody fits the filters."""
    with feedback.empty_state(_("Nobody matches"), _("No one fits all of these filters. Fewer of them, or another spelling, may find who you look for.")):
        button(_("Clear filters"), icon="x", on_click=clear)


def not_mine(everyone: Callable[[], Any]) -> None:
    """None of the team's people are the reader's own."""
    with feedback.empty_state(_("Nobody is yours yet"), _("You are looking at the people whom you own. The team may know others.")):
        button(_("Show the team's people"), icon="users", on_click=everyone)


def nobody(actor: Actor) -> None:
    """There is nobody yet: where to begin."""
    ways = feedback.empty_state(_("Your people will live here"), _("Bring in the contacts you already have, or start with one person you are seeing this week."))
    with ways:
        if actor.can(Permission.CONTACT_IMPORT):
            step_card(_("Import a file"), _("CSV, vCard or Excel"), "file-up", "/contacts/import")
        if actor.can(Permission.CONTACT_WRITE):
            step_card(_("Add by hand"), _("Just a name is enough"), "user-plus", "/contacts?new=1")
