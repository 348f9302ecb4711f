"""The navigation inside the tasks: whose they are, what is done, and the projects with how far each is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui.element import Element

from crm_app.components.elements import icon, icon_button
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _


@dataclass(frozen=True)
class NavItem:
    """One way to go: its address, its name, a figure at its right, and an icon, or (``hue``) a ring that is full as far as ``progress`` says."""

    href: str
    label: str
    count: str = ""
    icon: str = ""
    hue: str = ""
    progress: float = 0


def task_nav(views: Sequence[NavItem], projects: Sequence[NavItem], further: Sequence[NavItem], current: str, on_add: Callable[[], Any] | None) -> Element:
    """``further`` stands below the projects; ``current`` is the address that is open; ``on_add`` makes a project."""
    with block("mc-inner-nav mc-task-nav", tag="nav") as nav:
        for item in views:
            _item(item, current)
        with block("mc-row mc-nav-projects"):
            text(_("Projects"), "mc-nav-heading mc-grow", tag="h2")
            if on_add:
                icon_button("plus", _("New project"), on_click=on_add, height=24)
        for item in (*projects, *further):
            _item(item, current)
    return attributes(nav, aria_label=_("Tasks and projects"))


def ring(progress: float, hue: str) -> Element:
    """A ring that is full as far as something is done. Silent beside figures that say it."""
    part = max(0.0, min(1.0, progress)) * 100
    element = block(f"mc-ring mc-hue-{hue}", tag="span").style(f"background:conic-gradient(var(--hd) {part:.0f}%, var(--track, var(--line)) 0)")
    return attributes(element, aria_hidden="true")


def _item(item: NavItem, current: str) -> None:
    with block("mc-nav", tag="a") as link:
        if item.hue:
            ring(item.progress, item.hue)
        else:
            icon(item.icon)
        text(item.label, "mc-truncate")
        text(item.count, "mc-nav-count")
    attributes(link, href=item.href, title=item.label, aria_label=item.label, aria_current="page" if item.href == current else None)
