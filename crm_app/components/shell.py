"""The frame around every page: sidebar or phone bar, one panel, skip link, toasts, keys. Built once for each tab."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from nicegui import Client, ui
from nicegui.element import Element

from crm_app.components import feedback, keys, script, shortcuts, words
from crm_app.components.dialog import DialogParts
from crm_app.components.drawn_menu import Item, account_menu
from crm_app.components.elements import icon, icon_button, key_hint, tooltip
from crm_app.components.logo import logo
from crm_app.components.notices import Bell, bell_link
from crm_app.components.people import avatar
from crm_app.components.side_timer import SideTimer
from crm_app.components.sync_state import SyncState
from crm_app.components.text import attributes, block, text
from crm_app.components.view_links import SideViews
from crm_app.domain.i18n import _


@dataclass(frozen=True)
class ShellView:
    """Whom the frame is for: the team's name, the person's name, address and id, and whether they may add things and ask the assistant."""

    team_name: str
    user_name: str
    user_email: str
    user_id: str
    may_add: bool = True
    may_ask: bool = True


@dataclass(frozen=True)
class Place:
    """One way to go: its address, icon, name, and the key after ``g``."""

    href: str
    icon: str
    label: str
    key: str


def places() -> list[Place]:
    """Where the main navigation leads."""
    return [
        Place("/", "house", _("Dashboard"), "d"),
        Place("/contacts", "users", _("Contacts"), "c"),
        Place("/calendar", "calendar", _("Calendar"), "k"),
        Place("/tasks", "square-check-big", _("Tasks"), "t"),
        Place("/mail", "mail", _("Mail"), "m"),
    ]


def assistant_place() -> Place:
    """The assistant, where somebody may ask it."""
    return Place("/assistant", "sparkles", _("Assistant"), "a")


def things_to_make() -> list[tuple[str, str, str, str]]:
    """What can be made from anywhere: (href, icon, name, key). Each page opens its form when its address says ``new=1``."""
    return [
        ("/contacts?new=1", "user-plus", _("New contact"), "C"),
        ("/tasks?new=1", "square-check-big", _("New task"), "T"),
    ]


class Shell:
    """The frame. ``main`` is the panel that a page fills; the navigation follows the address by itself."""

    def __init__(self, view: ShellView) -> None:
        self._view = view
        self._links: list[tuple[str, Element]] = []
        self._sheet: DialogParts | None = None
        self.on_find: Callable[[], Any] | None = None
        self.on_add: Callable[[], Any] | None = None
        client = ui.context.client
        _free_the_landmark(client)
        self._collapsed = script.kept("mc_sidebar")
        with block("mc-shell" + (" mc-collapsed" if self._collapsed else "")) as self.frame:
            self._sidebar()
            self.main = block("mc-main", tag="main")
            self.timer.phone_place()
            self._bottom_bar()
        ui.skip_link(_("Skip to the content"), target=self.main)
        feedback.make_host()
        keys.bind_keys(self._keys())
        client.sub_pages_router.on_path_changed(self.show_place)
        self.show_place(client.sub_pages_router.current_path)

    def show_place(self, path: str) -> None:
        """Mark the navigation item that ``path`` belongs to."""
        here = urlsplit(path).path
        for href, element in self._links:
            inside = here == "/" if href == "/" else here == href or here.startswith(href + "/")
            attributes(element, aria_current="page" if inside else None)

    def set_count(self, href: str, count: int | None) -> None:
        """Show a figure beside a navigation item; None or 0 shows nothing, and beyond 999 nobody counts."""
        for link_href, element in self._links:
            for label in (child for child in element.descendants() if "mc-nav-count" in child.classes):
                if link_href == href and hasattr(label, "set_text"):
                    label.set_text("" if not count else words.number(count) if count < 1_000 else words.number(999) + "+")

    def toggle_sidebar(self) -> None:
        """Collapse the sidebar to its icons, or open it; the browser remembers."""
        self._collapsed = not self._collapsed
        self.frame.classes(toggle="mc-collapsed")
        script.keep("mc_sidebar", self._collapsed)

    def _keys(self) -> dict[str, Callable[[], Any]]:
        ways = {f"g {place.key}": place.href for place in self._places()}
        if self._view.may_add:
            ways |= {key.lower(): href for href, _icon, _label, key in things_to_make()}
        go: dict[str, Callable[[], Any]] = {name: partial(ui.navigate.to, href) for name, href in ways.items()}
        return {**go, "/": self.find, "mod+k": self.find, "[": self.toggle_sidebar, "mod+z": feedback.undo_last, "?": self.show_keys}

    def _places(self) -> list[Place]:
        return [*places(), *([assistant_place()] if self._view.may_ask else [])]

    def find(self) -> Any:
        """Open the palette, which the pages bring."""
        return self.on_find() if self.on_find else None

    def add(self) -> Any:
        """Open the sheet of a phone's plus, which the pages bring."""
        return self.on_add() if self.on_add else None

    def show_keys(self) -> None:
        """Open the sheet of keys."""
        # Made at the first use: it would be forty elements on every tab that never asks.
        if self._sheet is None:
            with self.frame:
                self._sheet = shortcuts.make_sheet()
        self._sheet.window.open()

    def _sidebar(self) -> None:
        with block("mc-sidebar", tag="nav") as side:
            with block("mc-team"):
                logo()
                text(self._view.team_name, "mc-side-text mc-truncate")
            with block("mc-search-link", tag="button").on("click", self.find) as search:
                icon("search")
                text(_("Search or jump to…"), "mc-side-text mc-grow mc-truncate")
                key_hint("Ctrl K")
            attributes(search, type="button", aria_label=_("Search or jump to"), aria_haspopup="dialog", aria_keyshortcuts="Control+K /")
            for place in self._places():
                self._nav_item(place)
            self.views = SideViews()
            block("mc-nav-space")
            self.timer = SideTimer()
            self.sync = SyncState()
            self.bell = Bell(self.frame)
            self._nav_item(Place("/settings", "settings", _("Settings"), ""))
            self._user_row()
        attributes(side, aria_label=_("Main"))

    def _nav_item(self, place: Place) -> None:
        with block("mc-nav", tag="a") as item:
            icon(place.icon)
            text(place.label, "mc-side-text")
            text("", "mc-nav-count")
            tooltip(place.label).classes("mc-side-tip")
        attributes(item, href=place.href, aria_label=place.label)
        self._links.append((place.href, item))

    def _user_row(self) -> None:
        with block("mc-user-row"):
            with block("mc-nav mc-user", tag="button") as user:
                avatar(self._view.user_name, self._view.user_id)
                text(self._view.user_name, "mc-side-text mc-truncate")
                account_menu(self._view.user_email)
            attributes(user, type="button", aria_label=_("Your account"))
            icon_button("panel-left", _("Collapse or open the sidebar"), on_click=self.toggle_sidebar, key="[").classes("mc-collapse")

    def _plus(self) -> None:
        with block("mc-bottom-item", tag="button").on("click", self.add) as plus:
            with block("mc-bottom-plus", tag="span"):
                icon("plus", 20)
        attributes(plus, type="button", aria_label=_("Add"), aria_haspopup="dialog")

    def _bottom_bar(self) -> None:
        dashboard, contacts, calendar, tasks, mail = places()
        with block("mc-bottom", tag="nav") as bar:
            self._bottom_link(dashboard)
            self._bottom_link(contacts)
            if self._view.may_add:
                self._plus()
            self._bottom_link(tasks)
            if self._view.may_ask:
                self._bottom_link(assistant_place())
            with block("mc-bottom-item", tag="button") as more:
                icon("menu")
                text(_("More"))
                account_menu(self._view.user_email, [Item(place.label, icon=place.icon, href=place.href) for place in (calendar, mail)])
            attributes(more, type="button")
        attributes(bar, aria_label=_("Main, phone"))

    def _bottom_link(self, place: Place) -> None:
        with block("mc-bottom-item", tag="a") as item:
            icon(place.icon)
            text(place.label)
        attributes(item, href=place.href)
        self._links.append((place.href, item))


def _free_the_landmark(client: Client) -> None:
    """NiceGUI's page is a ``<main>`` around everything, navigation too. Ours is the panel, and there can be only one."""
    for element in client.layout.descendants():
        if element.tag == "q-page":
            element.tag = "div"


@contextmanager
def shell(view: ShellView) -> Iterator[Shell]:
    """The frame around the block, which stands in its main panel: put ``ui.sub_pages`` there."""
    frame = Shell(view)
    with frame.main:
        yield frame


@contextmanager
def top_bar(title: str, *, count: str = "", crumbs: Sequence[tuple[str, str]] = (), borderless: bool = False, bell: bool = True) -> Iterator[Element]:
    """The 52 px bar of a page: crumbs as (name, href), the title as its only ``h1``, a count; the block adds actions at the right.

    On a phone the bell stands last, unless ``bell`` is False.
    """
    ui.page_title(f"{title} · MindfulCRM")
    with block("mc-top" + (" mc-borderless" if borderless else "")) as bar:
        for name, href in crumbs:
            icon_button("arrow-left", _("Back to %s") % name, href=href).classes("mc-phone-only mc-back")
            attributes(text(name, "mc-crumb mc-desk-only", tag="a"), href=href)
            icon("chevron-right", 14, "mc-ink-3 mc-desk-only")
        text(title, "mc-heading mc-truncate", tag="h1")
        if count:
            text(count, "mc-count")
        block("mc-grow")
        yield bar
        if bell:
            bell_link()
