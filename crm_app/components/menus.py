"""Menus: 32 px rows with an icon, a name and a key; what destroys stands last, after a hairline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.element import Element

from crm_app.components.elements import icon, key_hint
from crm_app.components.text import attributes, block, text


def menu_item(label: str, on_click: Callable[..., Any] | None = None, *, icon_name: str | None = None, key: str | None = None, danger: bool = False) -> Element:
    """One act. ``danger`` draws it red and sets a hairline above it."""
    if danger:
        menu_rule()
    with ui.menu_item("", on_click=on_click).classes("mc-menu-item") as item:
        _content(label, icon_name, key)
    if danger:
        item.classes("mc-danger")
    return item


def menu_link(label: str, href: str, *, icon_name: str | None = None) -> Element:
    """A way to go; a real link, so it can be opened in another tab."""
    with ui.menu_item("").classes("mc-menu-item") as item:
        _content(label, icon_name, None)
    item.props["href"] = href
    return item


def menu_post(label: str, action: str, *, icon_name: str | None = None) -> Element:
    """An act that leaves the page by POST, such as signing out."""
    with block(tag="form") as form:
        attributes(form, method="post", action=action)
        with block("mc-menu-button mc-menu-item", tag="button") as button:
            _content(label, icon_name, None)
        attributes(button, type="submit")
    return form


def menu_rule() -> Element:
    """A hairline between groups."""
    return attributes(block("mc-menu-rule"), role="separator")


def menu_title(label: str) -> Element:
    """A line that says what the menu is about."""
    return text(label, "mc-menu-title mc-truncate", tag="div")


def _content(label: str, icon_name: str | None, key: str | None) -> None:
    if icon_name:
        icon(icon_name)
    text(label)
    if key:
        key_hint(key)
