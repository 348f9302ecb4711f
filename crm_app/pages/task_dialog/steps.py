"""The steps of a task in its dialog: ticked, renamed, moved and removed where they stand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from nicegui import ui

from crm_app.components import live
from crm_app.components.elements import icon, icon_button
from crm_app.components.fields import done_check
from crm_app.components.guard import telling
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import StepCreate, StepRow, StepUpdate

# Alt with an arrow moves a step; Enter goes on to the next one.
_MOVES = """(e) => {
  if (e.altKey && (e.key === "ArrowUp" || e.key === "ArrowDown")) { e.preventDefault(); emit(e.key === "ArrowUp" ? -1 : 1); }
}"""


class Steps:
    """``task_id`` None is a task that is not there yet: its steps wait in ``rows`` until it is added."""

    def __init__(self, task_id: UUID | None, rows: tuple[StepRow, ...], may_edit: bool, on_change: Callable[[bool], Awaitable[Any]]) -> None:
        self.task_id, self.rows, self.may_edit, self._on_change = task_id, rows, may_edit, on_change
        self._boxes: dict[UUID, ui.input] = {}
        self._new: ui.input | None = None
        self._turn = asyncio.Lock()
        self._refused: list[str] = []
        self._editing: UUID | None = None

    @property
    def titles(self) -> list[str]:
        """What the steps say."""
        return [step.title for step in self.rows]

    def begin_with(self, titles: object) -> None:
        """A task that is not there yet begins with these."""
        self.rows = tuple(StepRow(id=uuid4(), title=str(title), done=False) for title in titles) if isinstance(titles, list) else ()
        self.body.refresh()

    async def load(self) -> None:
        """Ask again. A step whose words are being written stays as it is until they are."""
        if self.task_id is not None:
            with telling():
                self.rows = await live.read(tasks.list_steps, self.task_id)
                if self._editing is None:
                    self.body.refresh()

    def show(self) -> None:
        """The section, with the field that adds another step."""
        self.body()
        if self.may_edit:
            with block("mc-task-step"):
                icon("plus", 14, classes="mc-task-step-plus")
                box = ui.input(placeholder=_("Add a step")).classes("mc-field mc-bare mc-grow").props("borderless maxlength=300 autocomplete=off")
            attributes(box, aria_label=_("Add a step"))
            self._new = box
            box.on("keydown.enter.prevent", partial(self._add, box))

    async def keep(self) -> bool:
        """Write down at once what was typed, also in the field that adds a step. False when it stands there unsaved, which its writer has only now been told."""
        typed = [(step, box.value or "") for step in self.rows if (box := self._boxes.get(step.id)) and (box.value or "").strip()]
        kept = [await self._reword(step, words) for step, words in typed]
        if self._new is not None:
            kept.append(await self._add(self._new))
        if all(kept):
            return True
        before, self._refused = self._refused, [*(words for _step, words in typed), (self._new.value or "") if self._new else ""]
        return before == self._refused

    @ui.refreshable_method
    def body(self) -> None:
        """The steps and how many of them are done."""
        self._boxes.clear()
        with block("mc-section-head mc-steps-head"):
            text(_("Steps"), "mc-section mc-grow", tag="h3")
            if self.rows:
                text(_("%(done)s of %(all)s") % {"done": sum(step.done for step in self.rows), "all": len(self.rows)}, "mc-cap mc-num")
        for place, step in enumerate(self.rows):
            self._step(place, step)

    def _step(self, place: int, step: StepRow) -> None:
        with block("mc-task-step") as row:
            check = done_check((_("Take back: %s") if step.done else _("Tick off: %s")) % step.title, step.done, partial(self._tick, step))
            words = ui.input(value=step.title).classes("mc-field mc-bare mc-grow").props("borderless maxlength=300 autocomplete=off")
            words.classes("mc-struck" if step.done else "")
            attributes(words, aria_label=_("Step %d") % (place + 1))
            if self.may_edit:
                self._boxes[step.id] = words
                icon_button("x", _("Remove the step %s") % step.title, on_click=partial(self._remove, step), height=24).classes("mc-reveal")
                words.on("focus", lambda: self._begin(step))
                words.on("blur", partial(self._rename, step, words))
                words.on("keydown", lambda event: self._move(place, step, event.args), js_handler=_MOVES)
            else:
                words.props("readonly")
                attributes(check, disabled=True)
        row.classes("mc-item")

    def _begin(self, step: StepRow) -> None:
        self._editing = step.id

    async def _add(self, box: ui.input) -> bool:
        async with self._turn:
            typed = box.value or ""
            title = typed.strip()
            if not title:
                return True
            here = (*self.rows, StepRow(id=uuid4(), title=title, done=False))
            added = await self._write(tasks.add_step, self.task_id, StepCreate(title=title), here=here, typed=True)
            if added:
                box.set_value((box.value or "").removeprefix(typed))  # what was typed meanwhile is the next one
            return added

    async def _tick(self, step: StepRow) -> None:
        await self._write(tasks.update_step, step.id, StepUpdate(done=not step.done), here=self._with(step, done=not step.done))

    async def _rename(self, step: StepRow, words: ui.input) -> None:
        self._editing = None
        if (words.value or "").strip():
            await self._reword(step, words.value or "")
        else:
            await self._remove(step)

    async def _reword(self, step: StepRow, typed: str) -> bool:
        async with self._turn:
            title, now = typed.strip(), next((each for each in self.rows if each.id == step.id), None)
            if now is None or title == now.title:
                return True
            return await self._write(tasks.update_step, step.id, StepUpdate(title=title), here=self._with(step, title=title), typed=True)

    async def _remove(self, step: StepRow) -> None:
        await self._write(tasks.delete_step, step.id, here=tuple(each for each in self.rows if each.id != step.id))

    async def _move(self, place: int, step: StepRow, by: object) -> None:
        to = place + (1 if by == 1 else -1)
        if 0 <= to < len(self.rows):
            others = [each for each in self.rows if each.id != step.id]
            await self._write(tasks.update_step, step.id, StepUpdate(position=to), here=(*others[:to], step, *others[to:]))

    def _with(self, step: StepRow, **given: Any) -> tuple[StepRow, ...]:
        return tuple(each.model_copy(update=given) if each.id == step.id else each for each in self.rows)

    async def _write(self, service: Callable[..., Any], *arguments: Any, here: tuple[StepRow, ...], typed: bool = False) -> bool:
        """False when it was refused, which has been said. What was ``typed`` then stays where it stands; a tick goes back."""
        done = False
        with telling():
            if self.task_id is None:
                self.rows = here
            else:
                self.rows = (await live.change(service, *arguments)).value
            done = True
        if done or not typed:
            self.body.refresh()
        await self._on_change(done)
        return done
