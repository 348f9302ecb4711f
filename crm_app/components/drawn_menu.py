"""A menu drawn from plain values. It looks like the ones of ``menus`` and costs a page one element, however many lines it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui.events import GenericEventArguments

from crm_app.components.drawn import Drawn
from crm_app.components.text import attributes
from crm_app.domain.i18n import _


@dataclass(frozen=True)
class Item:
    """One line: an act, a way to go (``href``, a real link), or something sent by POST such as signing out.

    ``danger`` draws it red after a hairline.
    """

    label: str
    act: Callable[[], Any] | None = None
    icon: str | None = None
    key: str | None = None
    danger: bool = False
    href: str | None = None
    post: str | None = None

    def drawn(self) -> dict[str, Any]:
        """What the browser needs of it."""
        values = {"label": self.label, "icon": self.icon, "key": self.key, "danger": self.danger, "href": self.href, "post": self.post}
        return {name: value for name, value in values.items() if value}


class DrawnMenu(Drawn, component="vue/drawn_menu.js"):
    """Opens from the element around it. ``place`` is Quasar's word for where, if not below."""

    def __init__(self, items: Sequence[Item], *, title: str = "", place: str = "") -> None:
        super().__init__()
        self.items = list(items)
        self.put(items=[item.drawn() for item in self.items], title=title or None)
        if place:
            self.props(place)
        self.on("pick", self._picked)
        if self.parent_slot:
            attributes(self.parent_slot.parent, aria_haspopup="menu")

    def _picked(self, event: GenericEventArguments) -> Any:
        return act_of(self.items, event.args)


def act_of(items: Sequence[Item], number: object) -> Any:
    """Do what a line does, and return what that returned; a number that no line has does nothing."""
    act = items[number].act if isinstance(number, int) and 0 <= number < len(items) else None
    return act() if act else None


def account_menu(address: str, also: Sequence[Item] = ()) -> DrawnMenu:
    """What one's own name opens: where one's settings are, and the way out. ``also`` stands first: where a phone's bar has no room for the way."""
    items = [
        *also, Item(_("Notifications"), icon="bell", href="/notifications"), Item(_("Settings"), icon="settings", href="/settings"),
        Item(_("Sign out"), icon="log-out", post="/signout"),
    ]
    return DrawnMenu(items, title=address, place='anchor="top left" self="bottom left" :offset="[0, 6]"')
