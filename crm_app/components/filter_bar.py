"""What narrows a list: menus with many choices, and one chip for each filter that is on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components.elements import button, icon
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _


def choices_menu(label: str, icon_name: str, options: Mapping[str, str], chosen: Sequence[str], on_change: Callable[[tuple[str, ...]], Any]) -> None:
    """A ghost button with a menu in which several things can be on. ``options`` maps a value to its words."""
    with button(label, kind="ghost", icon=icon_name) as opener, ui.menu().classes("mc-tall-menu"):
        if not options:
            text(_("Nothing to choose from yet"), "mc-menu-title", tag="div")
        for value, words in options.items():
            after: tuple[str, ...] = tuple(item for item in chosen if item != value) if value in chosen else (*chosen, value)
            _item(words, value in chosen, "menuitemcheckbox", partial(on_change, after))
    attributes(opener, aria_haspopup="menu")


def one_of_menu(label: str, icon_name: str, options: Mapping[str, str], chosen: str, on_change: Callable[[str], Any]) -> None:
    """A ghost button that says what is chosen, with a menu to choose something else."""
    with button(label, kind="ghost", icon=icon_name) as opener, ui.menu():
        for value, words in options.items():
            _item(words, value == chosen, "menuitemradio", partial(on_change, value))
    attributes(opener, aria_haspopup="menu")


def _item(words: str, is_on: bool, role: str, act: Callable[[], Any]) -> None:
    with ui.menu_item(on_click=act).classes("mc-menu-item") as item:
        icon("check", classes="" if is_on else "mc-blank")
        text(words, "mc-truncate")
    attributes(item, role=role, aria_checked="true" if is_on else "false")


def filter_chip(field: str, operator: str, value: str, on_clear: Callable[[], Any]) -> None:
    """One filter that is on: field, operator, value, and a way to take it off."""
    with block("mc-filter", tag="span"):
        text(field, "mc-ink-3")
        if operator:
            text(operator, "mc-ink-3")
        text(value, "mc-filter-value mc-truncate")
        with block(tag="button").on("click", on_clear) as clear:
            icon("x", 12)
        attributes(clear, type="button", aria_label=_("Clear the filter: %s") % field)
