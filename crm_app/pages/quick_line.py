"""The line in which a task is written in one go; what it understood stands under it, and a wrong guess is taken back by a press."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import events, ui
from pydantic import ValidationError

from crm_app.components import feedback, live, repeat_words, times, words
from crm_app.components.draft import problems
from crm_app.components.elements import icon, tag
from crm_app.components.guard import telling
from crm_app.components.page_parts import quick_add
from crm_app.components.text import attributes, block
from crm_app.domain.i18n import _
from crm_app.domain.projects.schemas import ProjectRow
from crm_app.domain.rows import now
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.quick_add import Piece, QuickTask, understand
from crm_app.domain.tasks.quick_days import Calendar
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.text import fold
from crm_app.pages.acts import find_people, offer_undo

_ICONS = {"day": "calendar", "time": "clock", "priority": "flag", "tag": "tag", "person": "user", "project": "folder", "repeat": "repeat", "estimate": "timer"}
Person = tuple[UUID, str]
PAUSE = 0.2
"""Seconds without a key after which it is read what was typed. Enter reads it at once."""


class QuickLine:
    """``begin()`` is what a new task has that the line does not say; ``projects()`` are the names that a plus may mean."""

    def __init__(self, begin: Callable[[], dict[str, Any]], projects: Callable[[], Sequence[ProjectRow]], refresh: Callable[[], Awaitable[Any]]) -> None:
        self._begin, self._projects, self._refresh = begin, projects, refresh
        self._read = QuickTask("")
        self._leave: set[str] = set()
        self._people: dict[str, Person | None] = {}
        self._turn = 0

    def draw(self, said: str = "") -> None:
        """The field, which says ``said`` while it is empty, and under it what was understood."""
        self._field = quick_add(said or _("Add a task and press Enter"), self.add, max_length=300)
        self._field.on_value_change(self._typed)
        self.chips()

    @ui.refreshable_method
    def chips(self) -> None:
        """One chip for each part that was understood."""
        if not self._read.pieces:
            return
        with attributes(block("mc-row mc-wrap mc-gap-6 mc-quick-chips"), role="group", aria_label=_("Understood")):
            for piece in self._read.pieces:
                said = self._said(piece)
                if said:
                    with tag(said, on_remove=partial(self._take_back, piece)) as chip:
                        icon(_ICONS[piece.kind], 12).move(chip, target_index=0)

    async def add(self, line: str) -> bool:
        """Make the task; False when it could not be made, so that the line stays where it was typed."""
        made = False
        self._turn += 1  # what waits to be read is read here
        with telling():
            await self._understand(line)
            data = self._data(line)
            if data is None:
                return False
            outcome = await live.change(tasks.create_task, data)
            made = True
            self._leave.clear()
            self._people.clear()
            await self._again()  # of the next line, which may be under way
            offer_undo(outcome, _("Task added"), self._refresh)
            await self._refresh()
        return made

    def _data(self, line: str) -> TaskCreate | None:
        if not any(sign.isalnum() or sign > "\x7f" for sign in self._read.title):
            if line.strip():
                feedback.toast(_("Say also what is to be done."), kind="bad")
            return None
        try:
            return TaskCreate.model_validate(self._values())
        except ValidationError as error:
            feedback.toast(" ".join(problems(error).values()), kind="bad")
            return None

    async def _typed(self, event: events.ValueChangeEventArguments) -> None:
        self._turn += 1
        turn = self._turn
        await asyncio.sleep(PAUSE)
        if turn == self._turn and not self._field.is_deleted:  # somebody who typed may have gone on to another page
            await self._again()

    async def _understand(self, line: str) -> None:
        actor = live.viewer()
        self._leave = {text for text in self._leave if text in line}
        calendar = Calendar(now().astimezone(actor.zone), actor.week_start, actor.locale or "en")
        names = [row.title for row in self._projects()]
        read = understand(line, calendar, names, self._leave)
        for name in read.people:
            if name not in self._people:
                self._people[name] = await self._find(name)
        unknown = {piece.text for piece in read.pieces if piece.kind == "person" and self._person(piece) is None}
        self._read = understand(line, calendar, names, self._leave | unknown) if unknown else read

    async def _find(self, name: str) -> Person | None:
        found = await find_people(name)
        fits = [one for one in found if any(word.startswith(fold(name)) for word in (fold(one.name), *fold(one.name).split()))]
        return (fits[0].id, fits[0].name) if fits else None

    def _person(self, piece: Piece) -> Person | None:
        return self._people.get(piece.text.removeprefix("@").strip('"'))

    def _take_back(self, piece: Piece) -> Any:
        self._leave.add(piece.text)
        return self._again()

    async def _again(self) -> None:
        with telling():
            await self._understand(self._field.value or "")
            self.chips.refresh()

    def _values(self) -> dict[str, Any]:
        read, given = self._read, self._begin()
        said: dict[str, Any] = {
            "title": read.title, "due_date": read.due_date, "due_time": read.due_time, "priority": read.priority, "tags": list(read.tags),
            "estimate_minutes": read.estimate_minutes, "recurrence": read.recurrence, "repeat_from": "done" if read.from_done else None,
            "project_id": next((row.id for row in self._projects() if row.title == read.project), None),
            "contact_ids": [person[0] for name in read.people if (person := self._people.get(name))],
        }  # fmt: skip
        return {**given, **{name: value for name, value in said.items() if value not in (None, "", [])}}

    def _said(self, piece: Piece) -> str:
        read, actor = self._read, live.viewer()
        if piece.kind == "day" and read.due_date:
            return times.day_words(read.due_date, actor, today=_today())
        if piece.kind == "time" and read.due_time:
            day = times.day_words(read.due_date, actor, today=_today()) if read.due_date else ""
            return times.time_words(read.due_time, actor) if any(one.kind == "day" for one in read.pieces) else f"{day} {times.time_words(read.due_time, actor)}"
        if piece.kind == "person":
            person = self._person(piece)
            return person[1] if person else ""
        known = {
            "priority": words.priorities()[read.priority.value] if read.priority else "", "tag": piece.text, "project": read.project,
            "repeat": repeat_words.repeats(read.recurrence), "estimate": repeat_words.minutes(read.estimate_minutes) if read.estimate_minutes else "",
        }  # fmt: skip
        return known.get(piece.kind, "")


def _today() -> date:
    return now().astimezone(live.viewer().zone).date()
