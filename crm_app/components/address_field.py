"""To whom a mail goes: chips for those who are named, contacts found by their name, and any address that somebody types."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components.elements import tag
from crm_app.components.people import avatar
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _
from crm_app.domain.letters.rules import pieces_of, written

MOST_FOUND = 6


@dataclass(frozen=True)
class Addressee:
    """A contact whom the typed text may mean, and where they are written to."""

    id: UUID
    name: str
    address: str
    photo: str | None = None


Find = Callable[[str], Awaitable[Iterable[Addressee]]]


class AddressField:
    """``line`` is what stands in it, as in the head of a mail: ``Ana <ana@example.org>, ben@example.org``. What is half typed belongs to it."""

    def __init__(self, label: str, line: str, find: Find, on_change: Callable[[], Any]) -> None:
        self._people, self._find, self._changed = pieces_of(line), find, on_change
        self._found: list[Addressee] = []
        self._seeking = asyncio.Lock()
        with block("mc-field-box mc-addresses"):
            caption = text(label, "mc-field-label", tag="label")
            with block("mc-picker"):
                self._chips()
                self.input = ui.input(placeholder=_("A name or an address")).classes("mc-field").props("autocomplete=off spellcheck=false autocapitalize=none")
            attributes(caption, for_=self.input.html_id)
            self.input.on_value_change(self._typed)
            self.input.on("keydown.enter.prevent", self._take_first)
            self.input.on("blur", self._keep)
        with self.input, ui.menu().props("no-focus no-refocus fit no-parent-event") as self._menu:
            self._list = attributes(block(), role="listbox", aria_label=label)

    @property
    def line(self) -> str:
        """Everybody who is named."""
        typed = (self.input.value or "").strip(" ,;")
        return ", ".join([*self._people, *([typed] if typed else [])])

    def say(self, sentence: str | None) -> None:
        """What is wrong with it, or nothing."""
        self.input.error = sentence

    @ui.refreshable_method
    def _chips(self) -> None:
        if self._people:
            with block("mc-row mc-wrap mc-gap-4 mc-picked"):
                for number, one in enumerate(self._people):
                    tag(one, on_remove=lambda gone=number: self._remove(gone))

    async def _typed(self) -> None:
        self.say(None)
        typed = self.input.value or ""
        if "," in typed or ";" in typed:
            self._add(typed)
            return
        self._changed()
        if not self._seeking.locked():
            await self._seek()

    async def _seek(self) -> None:
        """Find whom the text may mean that stands there now: one search at a time, however quickly somebody types."""
        async with self._seeking:
            sought = None
            while (typed := (self.input.value or "").strip()) != sought:
                self._found = [one for one in await self._find(typed) if one.address][:MOST_FOUND] if typed and "@" not in typed else []
                sought = typed
        if self.input.is_deleted:
            return
        self._list.clear()
        with self._list:
            for one in self._found:
                with ui.menu_item(on_click=lambda taken=one: self._add(written(taken.address, taken.name))).classes("mc-menu-item") as item:
                    avatar(one.name, one.id, size=20, photo=one.photo)
                    text(one.name, "mc-truncate mc-none")
                    text(one.address, "mc-cap mc-truncate")
                attributes(item, role="option")
        self._menu.set_value(bool(self._found))

    async def _take_first(self) -> None:
        """Enter takes what is an address, else the first one of those that the text means."""
        typed = (self.input.value or "").strip()
        if "@" not in typed:
            await self._seek()
            if not self._found:
                return
            typed = written(self._found[0].address, self._found[0].name)
        self._add(typed)

    def _keep(self) -> None:
        """Whoever goes on has typed it to its end."""
        if "@" in (self.input.value or ""):
            self._add(self.input.value)

    def _add(self, typed: str) -> None:
        self._people += [one for one in pieces_of(typed) if one not in self._people]
        self._found = []
        self._menu.close()
        self.input.set_value("")
        self._redraw()

    def _remove(self, number: int) -> None:
        if number < len(self._people):
            self._people.pop(number)
        self._redraw()

    def _redraw(self) -> None:
        self._chips.refresh()
        self._changed()
