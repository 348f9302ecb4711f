"""Choosing from a drive for a contact: its folders and files as our server sees them, file by file or a whole folder that stays in step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import feedback, live, times
from crm_app.components.dialog import dialog
from crm_app.components.elements import busy, button, icon
from crm_app.components.fields import search_field
from crm_app.components.guard import telling
from crm_app.components.mail_words import size_words
from crm_app.components.page_parts import empty_line
from crm_app.components.text import attributes, block, text
from crm_app.domain.drives import service as drives
from crm_app.domain.drives.browsing import browse
from crm_app.domain.drives.schemas import ContactDrives, DriveItem, DriveListing, DriveRow, Pick
from crm_app.domain.drives.source import SHARED, SHARED_DRIVES
from crm_app.domain.errors import CrmError
from crm_app.domain.i18n import _, ngettext

WALK = """(e) => {
  const all = [...e.currentTarget.querySelectorAll('.mc-drive-folder, .mc-check[role=checkbox]:not([aria-disabled=true])')];
  const here = all.findIndex((one) => one.contains(document.activeElement)), step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (!step || here < 0) return;
  e.preventDefault();
  (all[here + step] || all[here]).focus();
}"""
"""The arrow keys walk the rows."""


class DrivePicker:
    """``path`` are the folders that one has gone into, each with its name and the shared drive that it lies in.

    ``picked`` are the files that are chosen, also in folders that are not shown just now.
    """

    def __init__(self, contact_id: UUID, found: ContactDrives, drive: DriveRow, changed: Callable[[], Awaitable[Any]]) -> None:
        self._contact_id, self._drive, self._changed = contact_id, drive, changed
        self._linked = {link.ref for link in found.links if link.connection_id == drive.id}
        self.path: list[tuple[str, str, str]] = []
        self.picked: dict[str, str] = {}
        self._words = ""
        self._items: list[DriveItem] = []
        self._after = self._trouble = ""
        self._asked = 0
        self._waits, self._partly = True, False

    async def open(self) -> None:
        """Show it at once, and what lies there as soon as that is known."""
        with ui.context.client, dialog(_("From Google Drive"), width="wide") as parts:
            self._window = parts.window
            search_field(_("Search by name"), on_change=self._typed).props("autofocus")
            self._crumbs()
            with attributes(block("mc-drive-list"), aria_live="polite") as self._list:
                self._rows()
            self._list.on("keydown", js_handler=WALK)
        parts.window.on("hide", parts.window.delete)
        with parts.foot:
            self._foot()
        parts.window.open()
        await self._look()

    @property
    def _folder(self) -> str:
        return self.path[-1][0] if self.path else ""

    async def _look(self, *, further: bool = False) -> None:
        """Ask for what lies there. An answer that comes after another question was asked is no longer wanted."""
        self._asked += 1
        mine, self._waits, self._trouble = self._asked, True, ""
        if not further:
            self._items, self._after = [], ""
        self._draw()
        try:
            owner = await live.resolve_viewer()
            asked = {"folder": self._folder, "words": self._words, "after": self._after if further else "", "drive": self.path[-1][2] if self.path else ""}
            answer = await asyncio.to_thread(partial(browse, owner, self._drive.id, **asked))
        except CrmError as error:
            answer, trouble = DriveListing(items=(), after=self._after), error.message
        else:
            trouble = ""
        if mine != self._asked or self._window.is_deleted:
            return
        self._items, self._after, self._trouble, self._waits = [*self._items, *answer.items], answer.after, trouble, False
        self._partly = answer.partly
        self._draw()

    def _draw(self) -> None:
        self._crumbs.refresh()
        self._rows.refresh()
        self._foot.refresh()

    @ui.refreshable_method
    def _crumbs(self) -> None:
        """Where one is; each folder on the way leads back to it."""
        with attributes(block("mc-row mc-wrap mc-gap-4 mc-drive-path", tag="nav"), aria_label=_("Where you are")):
            if self._words:
                text(_("Called “%s”, anywhere in the drive") % self._words, "mc-cap")
                return
            for place, (_ref, name, _of) in enumerate([("", self._drive.name, ""), *self.path]):
                if place:
                    icon("chevron-right", 14, "mc-ink-3")
                if place < len(self.path):
                    button(name, kind="ghost", height=28, on_click=partial(self._back, place))
                else:
                    attributes(text(name, "mc-strong mc-drive-here"), aria_current="location")

    @ui.refreshable_method
    def _rows(self) -> None:
        if not (self.path or self._words or self._trouble or (self._waits and not self._items)):
            for ref, name in ((SHARED, _("Shared with me")), (SHARED_DRIVES, _("Shared drives"))):
                self._row(DriveItem(ref=ref, name=name, folder=True, size=0, modified=None, refusal=""))
        for item in self._items:
            self._row(item)
        if self._waits:
            text(_("Looking into Google Drive…"), "mc-cap mc-drive-note", tag="p")
        elif self._trouble:
            with block("mc-row mc-gap-8 mc-drive-note"):
                text(self._trouble, "mc-ink-2 mc-grow")
                button(_("Try again"), height=28, on_click=self._look)
        elif not self._items and (self.path or self._words):
            empty_line(self._nothing())
        else:
            self._further()

    def _further(self) -> None:
        if self._partly:
            text(_("Google has not searched every shared drive. Look into the one that it lies in."), "mc-cap mc-drive-note", tag="p")
        if self._after:
            button(_("Show more"), kind="ghost", icon="chevron-down", on_click=partial(self._look, further=True))

    def _nothing(self) -> str:
        if self._words:
            return _("Nothing is called like that.")
        return _("This account is a member of no shared drive.") if self._folder == SHARED_DRIVES else _("Nothing lies in this folder.")

    def _row(self, item: DriveItem) -> None:
        if item.folder:
            with block("mc-drive-row mc-drive-folder", tag="button").on("click", partial(self._into, item)) as row:
                icon("folder", 18, "mc-ink-3")
                text(item.name, "mc-grow mc-truncate")
                if item.shortcut:
                    text(_("Shortcut"), "mc-cap")
                icon("chevron-right", 16, "mc-ink-3")
            attributes(row, type="button", title=item.name)
            return
        with block("mc-drive-row" + (" mc-drive-off" if item.refusal else "")):
            if item.refusal:
                icon("file-text", 18, "mc-ink-3")
            else:
                check = ui.checkbox(value=item.ref in self.picked, on_change=partial(self._pick, item)).classes("mc-check")
                attributes(check, aria_label=_("Choose %s") % item.name)
            with block("mc-grow mc-file-said"):
                attributes(text(item.name, "mc-truncate mc-block", tag="p"), title=item.name)
                text(item.refusal or self._facts(item), "mc-cap mc-num", tag="p")

    def _facts(self, item: DriveItem) -> str:
        actor = live.viewer()
        day = times.short_date(times.day_of(item.modified, actor), actor) if item.modified else ""
        known = _("chosen already") if item.ref in self._linked else ""
        size = size_words(item.size) if item.size else "" if item.shortcut and not item.modified else "Google Docs"
        return " · ".join(fact for fact in (size, day, _("Shortcut") if item.shortcut else "", known) if fact)

    @ui.refreshable_method
    def _foot(self) -> None:
        button(_("Cancel"), kind="ghost", on_click=self._window.close)
        many = len(self.picked)
        if many:
            self._go = button(ngettext("Add %d file", "Add %d files", many) % many, kind="primary", on_click=self._add)
        elif self.path and self._folder not in (SHARED, SHARED_DRIVES) and not self._words:
            with_all = _("This folder is in step") if self._folder in self._linked else _("Keep this whole folder in step")
            self._go = button(with_all, kind="primary", icon="refresh-cw", on_click=self._keep)
            self._go.set_enabled(self._folder not in self._linked and not self._trouble)

    async def _typed(self, event: Any) -> None:
        words = (event.value or "").strip()
        if words != self._words:
            self._words = words
            await self._look()

    async def _into(self, item: DriveItem) -> None:
        self.path.append((item.ref, item.name, item.drive))
        self._words = ""
        await self._look()

    async def _back(self, place: int) -> None:
        self.path = self.path[:place]
        await self._look()

    def _pick(self, item: DriveItem, event: Any) -> None:
        if event.value:
            self.picked[item.ref] = item.name
        else:
            self.picked.pop(item.ref, None)
        self._foot.refresh()

    async def _add(self) -> None:
        await self._link([Pick(ref=ref, name=name) for ref, name in self.picked.items()], _("They come in from Google Drive now"))

    async def _keep(self) -> None:
        ref, name, _of = self.path[-1]
        await self._link([Pick(ref=ref, name=name, folder=True)], _("“%s” comes in now, and stays in step") % name)

    async def _link(self, picks: list[Pick], said: str) -> None:
        with telling(), busy(self._go):
            await live.change(drives.link_files, self._drive.id, self._contact_id, picks)
            self._window.close()
            feedback.toast(said)
            await self._changed()
