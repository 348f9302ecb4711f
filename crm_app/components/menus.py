"""Menus: 32 px rows with an icon, a name and a key; what destroys stands last, after a hairline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.element import Element

from crm_app.components.elements import icon, key_hint
from crm_app.components.text import attributes, block, text

# Up, Down, Home and End walk an open menu, as they do everywhere else.
_WALK = """(e) => {
  const step = {ArrowDown: 1, ArrowUp: -1, Home: "first", End: "last"}[e.key];
  if (!step || e.target.matches("input")) return;
  const all = [...e.currentTarget.querySelectorAll(".q-item:not(.disabled), button:not([disabled])")];
  const here = all.indexOf(document.activeElement);
  const next = step === "first" ? all[0] : step === "last" ? all[all.length - 1] : all[(here + step + all.length) % all.length];
  e.preventDefault();
  e.stopPropagation();
  if (next) (here < 0 && step === -1 ? all[all.length - 1] : next).focus();
}"""


def with_arrow_keys(menu: ui.menu) -> ui.menu:
    """Let the arrow keys walk this menu's rows."""
    menu.on("keydown", js_handler=_WALK)
    return menu


def menu_item(
    label: str, on_click: Callable[..., Any] | None = None, *, icon_name: str | None = None, key: str | None = None, danger: bool = False, stays: bool = False
) -> Element:
    """One act. ``danger`` draws it red and sets a hairline above it; with ``stays`` the menu stays open."""
    if danger:
        menu_rule()
    with ui.menu_item("", on_click=on_click, auto_close=not stays).classes("mc-menu-item") as item:
        _content(label, icon_name, key)
    if danger:
        item.classes("mc-danger")
    return attributes(item, role="menuitem")


def menu_link(label: str, href: str, *, icon_name: str | None = None) -> Element:
    """A way to go; a real link, so it can be opened in another tab."""
    with ui.menu_item("").classes("mc-menu-item") as item:
        _content(label, icon_name, None)
    return attributes(item, role="menuitem", href=href)


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
