"""The kept lists as tabs above the list, and what can be done with the one that is on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nicegui.element import Element

from crm_app.components import live
from crm_app.components.menus import menu_item
from crm_app.components.pop_menu import PopMenu
from crm_app.components.view_links import ViewLink, ViewTabs
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.pages.list_state import ListState
from crm_app.pages.saved_views import SavedViews

EVERYONE = "all"


class ListViews:
    """The tabs follow the state of the list and what the tab's ``SavedViews`` knows."""

    def __init__(self, views: SavedViews, state: Callable[[], ListState]) -> None:
        self._views = views
        self._state = state
        self._menu = PopMenu()
        self._shown: object = None
        may_keep = live.viewer().can(Permission.PROFILE_WRITE)
        self._tabs = ViewTabs(self._open, (lambda: views.keep(state())) if may_keep else None)
        views.on_change(self.show)

    def show(self) -> None:
        """Mark the tab that the list is now."""
        state = self._state()
        everyone = ViewLink(EVERYONE, _("All people"), "/contacts", "slate")
        plain = not state.is_filtered and state.sort == ListState().sort
        now = ([everyone, *self._views.links()], EVERYONE if plain else self._views.key_of(state))
        if now != self._shown:
            self._shown = now
            self._tabs.show(*now)

    async def _open(self, opener: Element, key: str) -> None:
        await self._menu.open(opener, partial(self._fill, key))

    def _fill(self, key: str) -> None:
        menu_item(_("Rename"), partial(self._views.rename, key), icon_name="pencil")
        menu_item(_("Move left"), partial(self._views.move, key, -1), icon_name="arrow-left")
        menu_item(_("Move right"), partial(self._views.move, key, 1), icon_name="arrow-right")
        menu_item(_("Remove"), partial(self._views.remove, key), icon_name="trash-2", danger=True)
