"""The dialog in which a task is written and changed; the task list, the board and the record open it. An open task saves as it is changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.elements import busy, button, icon_button
from crm_app.components.guard import telling
from crm_app.components.mentions import Mentioning
from crm_app.components.pop_menu import PopMenu
from crm_app.components.subscriptions import Changes
from crm_app.components.text import Text, attributes, block, text
from crm_app.domain.accounts.views import PersonView
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectRow
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import Bucket, StepRow, TaskRow
from crm_app.pages.acts import delete_task, offer_undo, toggle_task
from crm_app.pages.history import show_history
from crm_app.pages.mentioning import colleagues_for
from crm_app.pages.task_dialog.choices import TaskChoices
from crm_app.pages.task_dialog.grid import TaskGrid
from crm_app.pages.task_dialog.state import TaskState
from crm_app.pages.task_dialog.steps import Steps

Refresh = Callable[[], Awaitable[Any]]
Loaded = tuple[Sequence[PersonView], Sequence[ProjectRow], tuple[StepRow, ...]]
_DONE_KEY = "(e) => { if ((e.ctrlKey || e.metaKey) && e.key === 'Enter') { e.preventDefault(); emit(); } }"


async def new_task(refresh: Refresh, due: date | None = None, people: tuple[tuple[UUID, str], ...] = (), **begin: Any) -> None:
    """Write a new task; whoever writes it does it, unless they give it to somebody else. ``begin`` are fields that are known already."""
    team, known = await live.read_together((tasks.list_assignees,), (projects.list_projects,))
    state = TaskState(None, due_date=due, contacts=people, **{"assignee_id": live.viewer().user_id, **begin})
    TaskDialog(state, refresh, (team, known, ())).open()


async def edit_task(row: TaskRow, refresh: Refresh) -> None:
    """Change a task, as far as its reader may."""
    team, known, steps = await live.read_together((tasks.list_assignees,), (projects.list_projects,), (tasks.list_steps, row.id))
    TaskDialog(TaskState(row), refresh, (team, known, steps)).open()


class TaskDialog:
    """One open dialog over one task."""

    saved: Text

    def __init__(self, state: TaskState, refresh: Refresh, loaded: Loaded) -> None:
        self.state, self.refresh = state, refresh
        team, known, steps = loaded
        self.steps = Steps(state.row.id if state.row else None, steps, state.may_edit, self._step_changed)
        self.grid = TaskGrid(TaskChoices(state, self._put, team, known))
        state.on_saved, state.on_taken = self._say_saved, self._taken

    def open(self) -> None:
        """Lay it out and show it."""
        with ui.dialog() as self.window, block("mc-dialog mc-task-dialog"):
            self.grid.choices.menu = PopMenu()
            with block("mc-dialog-head"):
                self.grid.crumb()
                block("mc-grow")
                self._more()
                icon_button("x", _("Close"), on_click=self.window.close)
            with block("mc-dialog-body"):
                self._words()
                self.meanwhile = attributes(block("mc-meanwhile"), role="status")
                self.grid.show()
                self.steps.show()
            with block("mc-dialog-foot"):
                self._foot()
            if self.state.row is not None:
                key = self.state.row.id
                live.on({"task": {key}, "task_step": {key}, "task_tag": {key}}, self._changed_elsewhere)
        attributes(self.window, aria_label=_("Task") if self.state.row else _("New task"))
        self.window.on("keydown", self._finish, js_handler=_DONE_KEY)
        self.window.on("hide", self.window.delete)
        self.window.open()

    def _more(self) -> None:
        if self.state.row is not None:
            key = self.state.row.id
            with icon_button("ellipsis", _("More")):
                DrawnMenu([Item(_("History"), lambda: show_history("task", key, self.refresh), icon="history")])

    def _words(self) -> None:
        self.title = ui.textarea(value=self.state["title"], placeholder=_("What is to be done?")).classes("mc-field mc-bare mc-task-name")
        self.title.props("borderless autogrow rows=1 maxlength=300 debounce=600")
        attributes(self.title, aria_label=_("Title"))
        self.description = ui.textarea(value=self.state["description"], placeholder=_("Description")).classes("mc-field mc-bare mc-task-words")
        self.description.props("borderless autogrow rows=1 maxlength=20000 debounce=600")
        attributes(self.description, aria_label=_("Description"))
        self.mentions = Mentioning(self.description, colleagues_for(lambda: self.state.contact_ids), lambda: str(self.state["audience"]))
        if not self.state.may_edit:
            self.title.props("readonly")
            self.description.props("readonly")
        elif self.state.row is None:
            self.title.props("autofocus")
        self.title.on("keydown.enter.prevent", self._enter)
        self.title.on_value_change(lambda event: self._typed("title", event.value or ""))
        self.description.on_value_change(lambda event: self._typed("description", event.value or ""))

    def _foot(self) -> None:
        state = self.state
        if state.row is not None and state.row.may_delete:
            button(_("Delete"), kind="ghost", icon="trash-2", on_click=self._delete)
        block("mc-grow")
        self.saved = text("", "mc-cap mc-desk-only")
        attributes(self.saved, role="status")
        button(_("Close"), on_click=self.window.close)
        if state.row is None:
            self.act = button(_("Add task"), kind="primary", on_click=self._finish, key="Ctrl ⏎")
        elif state.may_edit:
            closed = state.row.bucket is Bucket.DONE
            self.act = button(_("Reopen") if closed else _("Mark done"), kind="primary", icon=None if closed else "check", on_click=self._finish, key="Ctrl ⏎")
        else:
            self.act = button(_("Mark done"), kind="primary", disabled_because=_("Only somebody who may change it can do that."))

    async def _put(self, **given: Any) -> None:
        if ("audience" in given or "contacts" in given) and not await self._mentions_said(given):
            return
        saved = await self.state.put(**given)
        self._taken()
        if saved and self.state.row is not None:
            await self.refresh()

    async def _mentions_said(self, given: dict[str, Any]) -> bool:
        """Whoever is mentioned and would not see it any more is named before it is saved."""
        before = dict(self.state.values)
        self.state.values.update(given)
        said = await self.mentions.said()
        if not said:
            self.state.values.update(before)
        return said

    async def _typed(self, name: str, words: str) -> None:
        if words == self.state[name]:
            return
        if self.state.row is None:
            self.state.values[name] = words
        elif name == "title" and not words.strip():
            self.saved.set_text(_("A task needs a title."))
        elif name == "description" and not await self.mentions.said():
            self.saved.set_text(_("Not saved yet: look at who is mentioned."))
        else:
            self.saved.set_text(_("Saving…"))
            if await self.state.put(**{name: words}):
                await self.refresh()

    async def _enter(self) -> None:
        """Enter in the title adds a new task; an open one is saved as it is."""
        if self.state.row is None:
            await self._finish()

    async def _finish(self) -> None:
        """Add the new task, or mark the open one as done (or open again), and close."""
        if self.state.row is not None:
            if self.state.may_edit:
                self.window.close()
                await toggle_task(self.state.row, self.refresh)
            return
        self.state.values.update(title=self.title.value or "", description=self.description.value or "")
        data = self.state.new(self.steps.titles)
        if data is None:
            self.title.run_method("focus")
            return
        with telling(), busy(self.act):
            if not await self.mentions.said():
                return
            outcome = await live.change(tasks.create_task, data)
            self.window.close()
            offer_undo(outcome, _("Task added"), self.refresh)
            await self.refresh()

    async def _delete(self) -> None:
        if self.state.row is not None:
            self.window.close()
            await delete_task(self.state.row, self.refresh)

    def _say_saved(self) -> None:
        self.saved.set_text(_("Saved just now"))

    async def _step_changed(self) -> None:
        if self.state.row is not None:
            self._say_saved()
            await self.refresh()

    def _taken(self) -> None:
        self.grid.crumb.refresh()
        self.grid.show.refresh()

    async def _changed_elsewhere(self, _changes: Changes) -> None:
        """Somebody else changed it: what is not being typed follows, and of what is it is said who changed it."""
        before, typed = self.state.row, {"title": self.title, "description": self.description}
        if before is None:
            return
        with telling():
            try:
                row = await self.state.newest()
            except NotFound:
                self.window.close()
                feedback.toast(_("This task is not here any more."), kind="bad")
                return
            writing = {name for name, box in typed.items() if (box.value or "") != getattr(before, name)}
            self.state.take(row)
            changed = [name for name in writing if getattr(row, name) != getattr(before, name)]
            for name, box in typed.items():
                if name not in writing:
                    box.set_value(getattr(row, name))
            await self.steps.load()
            self._meanwhile(changed, await self.state.who_changed_it() if changed else "")

    def _meanwhile(self, changed: Sequence[str], who: str) -> None:
        self.meanwhile.clear()
        boxes = {
            "title": (_("%(who)s changed the title meanwhile: “%(now)s”"), self.title),
            "description": (_("%(who)s changed the description meanwhile: “%(now)s”"), self.description),
        }
        for name in changed:
            words, box = boxes[name]
            with self.meanwhile, block("mc-banner mc-warn"):
                text(words % {"who": who, "now": self.state[name][:200]}, "mc-grow")
                button(_("Take theirs"), height=28, on_click=partial(self._take_theirs, name, box))

    def _take_theirs(self, name: str, box: ui.textarea) -> None:
        box.set_value(self.state[name])
        self.meanwhile.clear()
