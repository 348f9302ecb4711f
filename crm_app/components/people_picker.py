"""Choosing people by typing a name: chips for who is chosen, suggestions that the server finds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from nicegui import ui

from crm_app.components.elements import tag
from crm_app.components.people import avatar
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _

Person = tuple[UUID, str]


@dataclass(frozen=True)
class Found:
    """Somebody whom the typed text may mean. ``more`` tells two of one name apart."""

    id: UUID
    name: str
    more: str = ""
    photo: str | None = None


Find = Callable[[str], Awaitable[Iterable[Found]]]


class PeoplePicker:
    """``chosen`` holds who is chosen, in order. ``find(text)`` returns the people that the text may mean."""

    def __init__(self, label: str, chosen: Iterable[Person], find: Find, *, single: bool = False, on_change: Callable[[], None] | None = None) -> None:
        self.chosen: dict[UUID, str] = dict(chosen)
        self._find = find
        self._single = single
        self._on_change = on_change
        with block("mc-picker"):
            self._chips()
            self._input = ui.input(placeholder=_("Type a name")).classes("mc-field").props("autocomplete=off")
            attributes(self._input, aria_label=label)
            self._input.on_value_change(self._typed)
            self._input.on("keydown.enter.prevent", self._take_first)
        with self._input, ui.menu().props("no-focus no-refocus fit no-parent-event") as self._menu:
            self._list = attributes(block(), role="listbox", aria_label=label)
        self._found: list[Found] = []
        self._sought = ""
        self._seeking = asyncio.Lock()

    @property
    def ids(self) -> list[UUID]:
        """Who is chosen."""
        return list(self.chosen)

    def show(self, chosen: Iterable[Person]) -> None:
        """These are chosen now; a name that is half typed stays."""
        if self.chosen != dict(chosen := tuple(chosen)):
            self.chosen = dict(chosen)
            self._chips.refresh()

    @ui.refreshable_method
    def _chips(self) -> None:
        if not self.chosen:
            return
        with block("mc-row mc-wrap mc-gap-4 mc-picked"):
            for person_id, name in self.chosen.items():
                tag(name, on_remove=lambda gone=person_id: self._remove(gone))

    async def _typed(self) -> None:
        if not self._seeking.locked():  # else the search that is under way goes on to what stands there now
            await self._seek()

    async def _seek(self) -> None:
        """Find whom the text may mean that stands there now: one search at a time, however quickly somebody types."""
        async with self._seeking:
            before = self._sought
            while (typed := (self._input.value or "").strip()) != self._sought:
                self._found = [person for person in await self._find(typed) if person.id not in self.chosen][:8] if typed else []
                self._sought = typed
            if before != self._sought:
                self._offer()

    def _offer(self) -> None:
        self._list.clear()
        with self._list:
            for person in self._found:
                with ui.menu_item(on_click=lambda taken=person: self._take(taken)).classes("mc-menu-item") as item:
                    avatar(person.name, person.id, size=20, photo=person.photo)
                    text(person.name, "mc-truncate mc-none")
                    text(person.more, "mc-cap mc-truncate")
                attributes(item, role="option")
        self._menu.set_value(bool(self._found))

    async def _take_first(self) -> None:
        """Enter takes the first one of those that the text means, however quickly it comes after it."""
        await self._seek()
        if self._found:
            self._take(self._found[0])

    def _take(self, person: Found) -> None:
        if self._single:
            self.chosen.clear()
        self.chosen[person.id] = person.name
        self._found = []
        self._menu.close()
        self._input.set_value("")
        self._redraw()

    def _remove(self, person_id: UUID) -> None:
        self.chosen.pop(person_id, None)
        self._redraw()

    def _redraw(self) -> None:
        self._chips.refresh()
        if self._on_change:
            self._on_change()


def people_of(kept: object) -> list[Person]:
    """People as they were kept among what somebody was typing: pairs of an id and a name. Whatever else it is, is nobody."""
    pairs = [tuple(pair) for pair in kept if isinstance(pair, list)] if isinstance(kept, list) else []
    return [(key, str(pair[1])) for pair in pairs if len(pair) == 2 and (key := _id_of(pair[0])) is not None]


def _id_of(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
