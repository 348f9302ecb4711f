"""Lists that somebody keeps by name: as tabs above the list, and as a section of the sidebar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nicegui.element import Element

from crm_app.components.elements import icon_button
from crm_app.components.text import Text, attributes, block, text
from crm_app.domain.i18n import _


@dataclass(frozen=True)
class ViewLink:
    """A kept list: its key, name, address, hue, and how many it holds ("9", "1,000+", or nothing while that is not known);
    ``own`` ones can be renamed, moved and removed."""

    key: str
    name: str
    href: str
    hue: str
    count: str = ""
    own: bool = False


def _but_for_counts(links: Sequence[ViewLink]) -> list[ViewLink]:
    return [replace(link, count="") for link in links]


class SideViews:
    """The sidebar's section; it is there while there is something to list. Where only figures change, only they are sent."""

    def __init__(self) -> None:
        self._shown: list[ViewLink] = []
        self._rows: list[tuple[Element, Text]] = []
        with block("mc-side-views") as self.element:
            text(_("Saved views"), "mc-side-text mc-side-head", tag="h2")
            self._list = block("mc-col")
        self.element.set_visibility(False)

    def show(self, links: Sequence[ViewLink]) -> None:
        """Show these."""
        if _but_for_counts(links) != self._shown:
            self._draw(links)
        for link, (row, count) in zip(links, self._rows, strict=True):
            if count.text != link.count:
                count.set_text(link.count)
                attributes(row, aria_label=f"{link.name} {link.count}".strip())

    def _draw(self, links: Sequence[ViewLink]) -> None:
        self._shown, self._rows = _but_for_counts(links), []
        self._list.clear()
        with self._list:
            for link in links:
                with block("mc-nav mc-side-view", tag="a") as row:
                    block(f"mc-dot mc-hue-{link.hue}", tag="span")
                    text(link.name, "mc-side-text mc-truncate")
                    self._rows.append((row, text("", "mc-nav-count")))
                attributes(row, href=link.href, title=link.name, aria_label=link.name)
        self.element.set_visibility(bool(links))


class ViewTabs:
    """Quiet pills above the list. ``on_menu(button, key)`` is called for the one that is on, ``on_keep()`` by the plus."""

    def __init__(self, on_menu: Callable[[Element, str], Any], on_keep: Callable[[], Any] | None) -> None:
        self._on_menu = on_menu
        self._shown: object = None
        self._links: list[tuple[Element, Text]] = []
        with block("mc-view-tabs") as self.element:
            self._tabs = block("mc-tabs")
            self._keep = icon_button("plus", _("Keep this list as a view"), on_click=on_keep, height=28) if on_keep else None
        attributes(self._tabs, role="navigation", aria_label=_("Saved views"))

    def show(self, links: Sequence[ViewLink], current: str) -> None:
        """Show these; ``current`` is the key of the one that the list is now, or empty."""
        own = next((link.key for link in links if link.key == current and link.own), "")  # carries a button
        if (_but_for_counts(links), own) != self._shown:
            self._shown = (_but_for_counts(links), own)
            self._draw(links, own)
        for link, (tab, count) in zip(links, self._links, strict=True):
            attributes(tab, aria_current="true" if link.key == current else None)
            count.set_text(link.count)
        if self._keep is not None:
            self._keep.set_visibility(not current)

    def _draw(self, links: Sequence[ViewLink], own: str) -> None:
        self._links = []
        self._tabs.clear()
        with self._tabs:
            for link in links:
                with block("mc-tab", tag="a") as tab:
                    text(link.name, "mc-truncate")
                    self._links.append((tab, text("", "mc-count")))
                attributes(tab, href=link.href)
                if link.key == own:
                    more = icon_button("ellipsis", _("More about “%s”") % link.name, height=24)
                    more.on("click", lambda key=link.key, at=more: self._on_menu(at, key))
                    attributes(more, aria_haspopup="menu")
