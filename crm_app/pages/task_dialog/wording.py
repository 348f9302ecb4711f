"""Title and description of a task in its dialog: saved a moment after the last key, and at once when a key or the way out asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components.elements import button
from crm_app.components.mentions import Mentioning
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _
from crm_app.pages.mentioning import colleagues_for
from crm_app.pages.task_dialog.state import TaskState

Refresh = Callable[[], Awaitable[Any]]
PAUSE = 0.6
"""Seconds without a key after which an open task saves what is typed into it. The wait is on the server: a key that saves never overtakes the text."""


class Wording:
    """The two boxes over one task. ``say`` is told how it stands with saving, ``refresh`` is called after it; ``enter`` is Enter in the title."""

    def __init__(self, state: TaskState, say: Callable[[str], Any], refresh: Refresh, enter: Refresh) -> None:
        self.state, self._say, self._refresh, self._enter = state, say, refresh, enter
        self._turns = {"title": 0, "description": 0}
        self._base = {name: str(state[name]) for name in self._turns}  # what stood in each box when it was last in step with what is saved
        self._theirs: set[str] = set()
        self._refused: dict[str, str] = {}
        self._saving = asyncio.Lock()

    def show(self) -> None:
        """Both boxes, and under them whom the description names."""
        self.title = self._box("title", _("Title"), _("What is to be done?"), "mc-task-name", 300)
        self.description = self._box("description", _("Description"), _("Description"), "mc-task-words", 20_000)
        self._mentions = Mentioning(self.description, colleagues_for(lambda: self.state.contact_ids), lambda: str(self.state["audience"]))
        self.boxes = {"title": self.title, "description": self.description}
        self.title.on("keydown.enter.prevent", self._enter)
        if self.state.row is None:
            self.title.props("autofocus")

    def show_meanwhile(self) -> None:
        """The place where it is said what somebody else changed while it was being written."""
        self.meanwhile = attributes(block("mc-meanwhile"), role="status")

    def typed(self, name: str) -> str:
        """What stands in a box."""
        return self.boxes[name].value or ""

    def writing(self) -> set[str]:
        """The boxes in which something was typed since they were in step with what is saved."""
        return {name for name in self.boxes if self.typed(name) != self._base[name]}

    def changed_meanwhile(self) -> list[str]:
        """The boxes that are being written and of which something else has been saved since."""
        return [name for name in sorted(self.writing()) if self._moved(name)]

    async def said(self) -> bool:
        """Ask this before saving: False when somebody is named who would not see it and that has only now been said."""
        return await self._mentions.said()

    async def keep(self) -> bool:
        """Save at once what was typed into an open task. False when it stands there unsaved and its writer has only now been told why."""
        if self.state.row is None or not self.state.may_edit:
            return True
        return all([await self._save(name) for name in self.boxes])

    def follow(self) -> None:
        """Show what is saved; what is being written stays."""
        self._show({name for name in self.boxes.keys() - self.writing() if self._moved(name)})

    def take_theirs(self, names: Collection[str]) -> None:
        """Their writer lets stand what somebody else saved."""
        self._theirs.update(names)
        self._show(self.boxes.keys() & set(names))

    def _moved(self, name: str) -> bool:
        """Something else is saved now. The blank that is typed before the next word is none of it."""
        return str(self.state[name]).strip() != self._base[name].strip()

    def _show(self, names: Collection[str]) -> None:
        for name in names:
            self._base[name] = self.state[name]
            self.boxes[name].set_value(self.state[name])

    def say_meanwhile(self, changed: Collection[str], who: str) -> None:
        """Somebody else changed what is being written: say so, and offer theirs."""
        self.meanwhile.clear()
        words = {
            "title": _("%(who)s changed the title meanwhile: “%(now)s”"),
            "description": _("%(who)s changed the description meanwhile: “%(now)s”"),
        }
        for name in changed:
            with self.meanwhile, block("mc-banner mc-warn"):
                text(words[name] % {"who": who, "now": self.state[name][:200]}, "mc-grow")
                button(_("Take theirs"), height=28, on_click=partial(self._take_theirs, name))

    def _box(self, name: str, label: str, placeholder: str, classes: str, most: int) -> ui.textarea:
        box = ui.textarea(value=self.state[name], placeholder=placeholder).classes(f"mc-field mc-bare {classes}")
        box.props(f"borderless autogrow rows=1 maxlength={most}")
        if not self.state.may_edit:
            box.props("readonly")
        box.on_value_change(lambda event: self._typed(name, event.value or ""))
        attributes(box, aria_label=label)
        return box

    async def _typed(self, name: str, words: str) -> None:
        if self.state.row is None:
            self.state.values[name] = words
            return
        self._turns[name] += 1
        turn = self._turns[name]
        await asyncio.sleep(PAUSE)
        if turn == self._turns[name]:
            await self._save(name)

    async def _save(self, name: str) -> bool:
        self._turns[name] += 1  # whatever waits for its moment is saved by this
        async with self._saving:
            words = self.typed(name)
            if words == self._base[name]:
                return True
            if name == "title" and not words.strip():
                self._say(_("A task needs a title."))
                return True
            if name == "description" and not await self.said():
                self._say(_("Not saved yet: look at who is mentioned."))
                return False
            self._say(_("Saving…"))
            self._theirs.discard(name)
            if not await self.state.put(**{name: words}):
                return self._told(name, words)
            if name not in self._theirs:
                self._base[name] = words
        await self._refresh()
        return True

    def _told(self, name: str, words: str) -> bool:
        """What cannot be saved keeps the dialog open once, so that it is seen and can be copied; asked again for the same, it lets go."""
        self._say(_("Not saved"))
        before, self._refused[name] = self._refused.get(name), words
        return before == words

    def _take_theirs(self, name: str) -> None:
        self._show([name])
        self.meanwhile.clear()
