"""What stands above the list: the search field, the filters that are on, and the menus that set them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from nicegui import events, ui

from crm_app.components import times, words
from crm_app.components.elements import button, icon
from crm_app.components.filter_bar import choices_menu, filter_chip, one_of_menu
from crm_app.components.text import attributes, block
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _
from crm_app.domain.tags.schemas import TagView
from crm_app.pages.contacts.state import ListState

Ask = Callable[[ListState], Awaitable[Any]]


def sorts() -> dict[str, str]:
    """Every order of the list and what it is called."""
    return {
        "name": _("Name"), "-name": _("Name, Z to A"), "-last_contact": _("Latest contact first"), "last_contact": _("Longest silence first"),
        "-created": _("Newest first"), "created": _("Oldest first"), "stage": _("Stage"),
    }


def search_field(state: ListState, on_search: Callable[[str], Awaitable[Any]]) -> ui.input:
    """Searches while one types, a quarter of a second after the last key."""
    field = ui.input(value=state.search, placeholder=_("Name, email, phone, tag, note")).classes("mc-field mc-contacts-search")
    field.props("debounce=250 clearable clear-icon=lu-x type=search autocomplete=off")
    attributes(field, aria_label=_("Search contacts"))
    with field.add_slot("prepend"):
        icon("search")

    async def typed(event: events.ValueChangeEventArguments) -> None:
        await on_search((event.value or "").strip())

    field.on_value_change(typed)
    return field


def filter_row(state: ListState, tags: Sequence[TagView], actor: Actor, ask: Ask) -> None:
    """Chips of what is on, then the menus."""
    with block("mc-row mc-gap-4 mc-wrap mc-grow"):
        for field, operator, value, without in active(state, actor):
            filter_chip(field, operator, value, partial(ask, without))
        choices_menu(_("Stage"), "circle-dot", words.stages(), state.stages, lambda chosen: ask(state.changed(stages=chosen)))
        names = {tag.name: f"{tag.name} ({tag.count:,})" for tag in tags} | {name: name for name in state.tags if name not in {tag.name for tag in tags}}
        choices_menu(_("Tag"), "tag", names, state.tags, lambda chosen: ask(state.changed(tags=chosen)))
        _more(state, ask)
        if state.is_filtered:
            button(_("Clear filters"), kind="ghost", icon="x", on_click=lambda: ask(replace(ListState(), sort=state.sort)))
        block("mc-grow mc-desk-only")
        one_of_menu(sorts()[state.sort], "arrow-up-down", sorts(), state.sort, lambda sort: ask(state.changed(sort=sort)))


def _more(state: ListState, ask: Ask) -> None:
    options = {"favourite": _("Favourites"), "mine": _("Mine"), "archived": _("Archived")}
    on = [name for name in options if getattr(state, name)]
    choices_menu(_("Show only"), "list-filter", options, on, lambda chosen: ask(state.changed(**{name: name in chosen for name in options})))


def active(state: ListState, actor: Actor) -> list[tuple[str, str, str, ListState]]:
    """Each filter that is on in words, with the state without it."""
    found: list[tuple[str, str, str, ListState]] = []
    if state.stages:
        found.append((_("Stage"), _("is"), ", ".join(words.stages()[stage] for stage in state.stages), state.changed(stages=())))
    if state.tags:
        found.append((_("Tag"), _("is"), ", ".join(state.tags), state.changed(tags=())))
    for name, said in (("favourite", _("Favourites")), ("mine", _("Mine")), ("archived", _("Archived"))):
        if getattr(state, name):
            found.append((_("Only"), "", said, state.changed(**{name: False})))
    if state.created_from:
        found.append((_("Added"), _("since"), times.short_date(state.created_from, actor), state.changed(created_from=None)))
    if state.contacted_from:
        found.append((_("Last contact"), _("since"), times.short_date(state.contacted_from, actor), state.changed(contacted_from=None)))
    return found
