"""The lists that somebody keeps by name, read once for each tab: the sidebar and the list's page show the same ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components import feedback, live, words
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.text import block
from crm_app.components.view_links import SideViews, ViewLink
from crm_app.domain.contacts import service as contacts
from crm_app.domain.i18n import _
from crm_app.domain.saved_views import service as saved_views
from crm_app.domain.saved_views.schemas import SavedViewCreate, SavedViewRow, SavedViewUpdate
from crm_app.pages.frame import address
from crm_app.pages.list_state import ListState

RECONNECT = "due=1&owner=me&sort=due"
COUNTED, PAUSE = 1_000, 20.0
TOPICS = ("contact", "contact_tag", "interaction_contact", "tag")


class SavedViews:
    """What is kept, how many each list holds, and who shows it. Counts are taken again at most every twenty seconds."""

    def __init__(self, side: SideViews, rows: tuple[SavedViewRow, ...]) -> None:
        self._side = side
        self._told: list[tuple[Element, Callable[[], Any]]] = []
        self._counts: dict[str, str] = {}
        self._counted = 0.0
        self._waiting = False
        self.rows = rows
        self._tell()

    def links(self) -> list[ViewLink]:
        """Whom to reconnect with, then one's own views."""
        own = [(str(row.id), row.name, row.query, row.hue) for row in self.rows]
        return [
            ViewLink(key, name, address_of(query), hue, self._counts.get(query, ""), own=key != "reconnect")
            for key, name, query, hue in (("reconnect", _("Reconnect"), RECONNECT, "coral"), *own)
        ]

    def ways(self) -> list[tuple[str, str, str, str]]:
        """Each list as (name, what it is, icon, address)."""
        return [(link.name, _("Saved view"), "list-filter", link.href) for link in self.links()]

    def key_of(self, state: ListState) -> str:
        """The view that a list is, whatever page of it and however it looks; empty when it is none of them."""
        here = _canonical(state)
        queries = {"reconnect": RECONNECT, **{str(row.id): row.query for row in self.rows}}
        return next((key for key, query in queries.items() if _canonical(ListState.from_address(query)) == here), "")

    def on_change(self, callback: Callable[[], Any]) -> None:
        """Call back whenever names or counts have changed, until the page around this call is gone."""
        self._told.append((ui.context.slot.parent, callback))

    async def load(self) -> None:
        """Ask for everything again, after something was done to the views."""
        with telling():
            self.rows = await live.read(saved_views.list_views)
            self._tell()
            await self._count()

    async def count(self) -> None:
        """Ask how many each list holds."""
        with telling():
            await self._count()

    async def stale(self, *_changes: object) -> None:
        """Something that lists depend on has changed."""
        wait = self._counted + PAUSE - time.monotonic()
        if self._waiting:
            return
        if wait > 0:
            self._waiting = True
            ui.timer(wait, self._late, once=True)
        else:
            await self.count()

    async def _late(self) -> None:
        self._waiting = False
        await self.count()

    async def _count(self) -> None:
        self._counted = time.monotonic()
        queries = [RECONNECT, *(row.query for row in self.rows)]
        actor = live.viewer()
        counts = await live.read(contacts.count_lists, [ListState.from_address(query).to_filter(actor) for query in queries])
        self._counts = {query: words.number(COUNTED) + "+" if count > COUNTED else words.number(count) for query, count in zip(queries, counts, strict=True)}
        self._tell()

    def _tell(self) -> None:
        self._side.show(self.links())
        self._told = [(owner, callback) for owner, callback in self._told if not owner.is_deleted]
        for _owner, callback in self._told:
            callback()

    async def keep(self, state: ListState) -> None:
        """Ask for a name, and keep the list under it."""
        await self._ask(Draft(SavedViewCreate), _("Keep this list"), _("Keep"), lambda draft: self._create(draft, state))

    async def rename(self, key: str) -> None:
        """Another name or colour."""
        row = self._row(key)
        await self._ask(Draft(SavedViewUpdate, row), _("Rename view"), _("Save"), lambda draft: self._update(draft, row))

    async def remove(self, key: str) -> None:
        """Take a view from the list of views; undo keeps it again."""
        with telling():
            gone = (await live.change(saved_views.delete_view, UUID(key))).value
            feedback.toast(_("“%s” is removed; nothing happened to the people in it") % gone.name, undo=lambda: self._again(gone))
            await self.load()

    async def move(self, key: str, step: int) -> None:
        """One place to the left or right."""
        ids = [row.id for row in self.rows]
        here = ids.index(UUID(key))
        there = min(max(here + step, 0), len(ids) - 1)
        ids.insert(there, ids.pop(here))
        with telling():
            await live.change(saved_views.order_views, ids)
            await self.load()

    async def _again(self, gone: SavedViewRow) -> None:
        with telling():
            await live.change(saved_views.create_view, SavedViewCreate(name=gone.name, query=gone.query, hue=gone.hue))  # type: ignore[arg-type]
            await self.load()

    async def _create(self, draft: Draft[Any], state: ListState) -> bool:
        data = draft.validated(query=state.changed().came_from())
        if data is None:
            return False
        await live.change(saved_views.create_view, data)
        return True

    async def _update(self, draft: Draft[Any], row: SavedViewRow) -> bool:
        data = draft.validated(version=row.version)
        if data is None:
            return False
        await live.change(saved_views.update_view, row.id, data)
        return True

    def _row(self, key: str) -> SavedViewRow:
        return next(row for row in self.rows if str(row.id) == key)

    async def _ask(self, draft: Draft[Any], title: str, act: str, write: Callable[[Draft[Any]], Any]) -> None:
        with ui.context.client, dialog(title, width="narrow") as parts, block("mc-col mc-gap-16"):
            name = field(draft, "name", placeholder=_("Core clients")).props("autofocus")
            field(draft, "hue", options=hues())
        parts.window.on("hide", parts.window.delete)

        async def save() -> None:
            with telling(draft), busy(save_button):
                if await write(draft):
                    parts.window.close()
                    feedback.toast(_("Kept"))
                    await self.load()

        name.on("keydown.enter", save)
        with parts.foot:
            button(_("Cancel"), kind="ghost", on_click=parts.window.close)
            save_button = button(act, kind="primary", on_click=save)
        parts.window.open()


def hues() -> dict[str, str]:
    """The colours that a view can have."""
    return {
        "coral": _("Coral"), "teal": _("Teal"), "sky": _("Sky"), "amber": _("Amber"), "plum": _("Plum"), "green": _("Green"), "indigo": _("Indigo"),
        "slate": _("Slate"),
    }  # fmt: skip


def address_of(query: str) -> str:
    """Where a kept list is; what the list does not know any more is left out. It holds what was kept, whichever way the switch stands."""
    state = ListState.from_address(query)
    return address("/contacts", replace(state, whose=state.whose or "team").to_query())


def _canonical(state: ListState) -> tuple[Any, ...]:
    return state.search, state.filters, state.sort, state.whose == "mine"
