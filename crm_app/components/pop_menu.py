"""One menu for many buttons: filled when it opens, so that a page does not carry what nobody opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import helpers, ui
from nicegui.element import Element

from crm_app.components.elements import icon
from crm_app.components.guard import telling
from crm_app.components.menus import with_arrow_keys
from crm_app.components.text import attributes, block, text

Fill = Callable[[], Any]


class PopMenu:
    """``open`` shows it at a button, filled by a function that may be async; the button says that it is open."""

    def __init__(self) -> None:
        self._opener: Element | None = None
        self._place = ui.context.slot
        self._made: ui.menu | None = None

    @property
    def _menu(self) -> ui.menu:
        """Made when it is first needed, in the place where it was announced."""
        if self._made is None:
            with self._place:
                self._made = ui.menu().props("no-parent-event").classes("mc-tall-menu")
            with_arrow_keys(self._made)
            self._made.on("hide", self._hidden)
        return self._made

    async def open(self, opener: Element | str, fill: Fill) -> None:
        """Fill it and show it under ``opener``, an element or the selector of one; an open one moves there."""
        self._hidden()
        await self.refill(fill)
        self._menu.props["target"] = opener if isinstance(opener, str) else f"#{opener.html_id}"
        self._menu.update()
        self._menu.open()
        if isinstance(opener, Element):
            self._opener = attributes(opener, aria_expanded="true")

    async def refill(self, fill: Fill) -> None:
        """Show something else in it while it is open."""
        self._menu.clear()
        with self._menu:
            found = fill()
            if helpers.should_await(found):
                with telling(), self._menu:  # whatever goes wrong is told to the page; what is filled in belongs to the menu
                    await found

    def focus(self) -> None:
        """Take the focus, after its content was replaced under it."""
        self._menu.run_method("focus")

    def close(self) -> None:
        """Close it."""
        if self._made is not None:
            self._made.close()

    def _hidden(self) -> None:
        if self._opener is not None and not self._opener.is_deleted:
            attributes(self._opener, aria_expanded="false")
        self._opener = None


class CheckItem:
    """A row of a menu with a check mark: one of several that can be on together (the menu stays open), or with ``single`` the only one."""

    def __init__(self, label: str, on: bool, act: Callable[[], Any], *, single: bool = False, caption: str = "", before: Callable[[], Any] | None = None) -> None:
        with ui.menu_item(on_click=act, auto_close=single).classes("mc-menu-item") as self.element:
            self._check = icon("check")
            if before:
                before()
            text(label, "mc-truncate")
            if caption:
                block("mc-grow", tag="span")
                text(caption, "mc-cap mc-num")
        attributes(self.element, role="menuitemradio" if single else "menuitemcheckbox")
        self.mark(on)

    def mark(self, on: bool) -> None:
        """Show it as on or off."""
        self._check.classes(add="" if on else "mc-blank", remove="mc-blank" if on else "")
        attributes(self.element, aria_checked="true" if on else "false")
