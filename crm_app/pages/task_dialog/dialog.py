"""The dialog in which a task is written and changed. An open task saves as it is changed; what is typed of a new one is kept until it is added."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.elements import busy, button, icon_button
from crm_app.components.guard import telling
from crm_app.components.keys import CTRL_ENTER
from crm_app.components.pop_menu import PopMenu
from crm_app.components.subscriptions import Changes
from crm_app.components.text import Text, attributes, block, text
from crm_app.domain.accounts.views import PersonView
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.projects.schemas import ProjectRow
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import Bucket, StepRow
from crm_app.pages.acts import delete_task, offer_undo, toggle_task
from crm_app.pages.history import show_history
from crm_app.pages.task_dialog.activity import Activity
from crm_app.pages.task_dialog.beginning import kept_task
from crm_app.pages.task_dialog.choices import TaskChoices
from crm_app.pages.task_dialog.grid import TaskGrid
from crm_app.pages.task_dialog.planning import show_help
from crm_app.pages.task_dialog.state import TaskState
from crm_app.pages.task_dialog.steps import Steps
from crm_app.pages.task_dialog.wording import Wording

Refresh = Callable[[], Awaitable[Any]]
Loaded = tuple[Sequence[PersonView], Sequence[ProjectRow], tuple[StepRow, ...]]


class TaskDialog:
    """One open dialog over one task."""

    saved: Text

    def __init__(self, state: TaskState, refresh: Refresh, loaded: Loaded) -> None:
        self.state, self._beneath = state, refresh
        team, known, steps = loaded
        self.words = Wording(state, self._say, self.refresh, self._enter)
        self.steps = Steps(state.row.id if state.row else None, steps, state.may_edit, self._step_changed)
        self.grid = TaskGrid(TaskChoices(state, self._put, team, known), self._work)
        state.names = {str(each.id): each.name for each in team} | {str(each.id): each.title for each in known}
        state.on_saved, state.on_taken, state.on_theirs = self._say_saved, self._taken, self.words.take_theirs
        self._over = self._keeping = self._waits = False
        self.kept = kept_task(state, self.words, self.steps, self._taken)

    def open(self) -> None:
        """Lay it out and show it."""
        with ui.dialog() as self.window, block("mc-dialog mc-task-dialog"):
            self.grid.choices.menu = PopMenu()
            with block("mc-dialog-head"):
                self.grid.crumb()
                block("mc-grow")
                self._more()
                icon_button("x", _("Close"), on_click=self._close)
            with block("mc-dialog-body"):
                self.kept.offer()
                self.words.show()
                self.words.show_meanwhile()
                self.grid.show()
                self.steps.show()
                if self.state.row is not None:
                    show_help(self.state, self.state.row.id, self._taken_back)
                    Activity(self.state.row.id, self._taken_back).show()
            with block("mc-dialog-foot"):
                self._foot()
            if self.state.row is None:
                self.kept.watch()
            else:
                key = self.state.row.id
                live.on({"task": {key}, "task_step": {key}, "task_tag": {key}, "task_time": {key}}, self._changed_elsewhere)
        attributes(self.window, aria_label=_("Task") if self.state.row else _("New task"))
        self.window.on("keydown", self._finish, js_handler=CTRL_ENTER)
        self.window.on("hide", self._hidden)
        self.window.open()

    def _more(self) -> None:
        if self.state.row is not None:
            key = self.state.row.id
            with icon_button("ellipsis", _("More")):
                DrawnMenu([Item(_("History"), lambda: show_history("task", key, self._taken_back), icon="history")])

    def _foot(self) -> None:
        state = self.state
        if state.row is not None and state.row.may_delete:
            button(_("Delete"), kind="ghost", icon="trash-2", on_click=self._delete)
        block("mc-grow")
        self.saved = text("", "mc-cap mc-desk-only")
        attributes(self.saved, role="status")
        button(_("Close"), on_click=self._close)
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
        if self.state.row is None:
            self.grid.follow()
        elif saved:
            await self.refresh()
        else:
            self._say(_("Not saved"))

    async def _work(self, starting: bool) -> None:
        """Start the reader's timer on it, or stop it."""
        if await self.state.work(tasks.start_timer if starting else tasks.stop_timer):
            await self.refresh()

    async def _mentions_said(self, given: dict[str, Any]) -> bool:
        """Whoever is mentioned and would not see it any more is named before it is saved."""
        before = dict(self.state.values)
        self.state.values.update(given)
        said = await self.words.said()
        if not said:
            self.state.values.update(before)
        return said

    async def _keep(self) -> bool:
        """Save at once what was typed and not saved yet. False when it stands there unsaved and its writer has only now been told why."""
        self._keeping = True
        try:
            return await self.words.keep() and await self.steps.keep()
        finally:
            self._keeping = False
            if self._waits:
                await self.refresh()

    async def refresh(self) -> None:
        """Draw anew what lies beneath; while several things are saved one after the other, once after all of them."""
        self._waits = self._keeping
        if not self._keeping:
            await self._beneath()

    async def _close(self) -> None:
        if await self._keep():
            self.window.close()

    async def _hidden(self) -> None:
        """Closed by Escape or a press outside: what was typed is saved as well, and it opens again when that has to wait for its writer."""
        if self.window.value:
            return
        if self.state.row is None and not self._over:
            await self.kept.keep()
        if self._over or self.state.row is None or await self._keep():
            self.window.delete()
        else:
            self.window.open()

    async def _enter(self) -> None:
        """Enter in the title adds a new task; an open one is saved at once."""
        if self.state.row is None:
            await self._finish()
        else:
            await self.words.keep()

    async def _finish(self) -> None:
        """Add the new task, or mark the open one as done (or open again), and close."""
        if self.state.row is None:
            await self._add()
        elif self.state.may_edit and await self._keep():
            self._end()
            await toggle_task(self.state.row, self.refresh)

    async def _add(self) -> None:
        self.state.values.update(title=self.words.typed("title"), description=self.words.typed("description"))
        await self.steps.keep()
        data = self.state.new(self.steps.titles)
        if data is None:
            self.words.title.run_method("focus")
            return
        with telling(), busy(self.act):
            if not await self.words.said():
                return
            outcome = await live.change(tasks.create_task, data)
            await self.kept.forget()
            self._end()
            offer_undo(outcome, _("Task added"), self.refresh)
            await self.refresh()

    async def _delete(self) -> None:
        if self.state.row is not None:
            await self._keep()  # so that an undo brings that back as well
            self._end()
            await delete_task(self.state.row, self.refresh)

    def _taken(self) -> None:
        self.words.follow()
        self.grid.follow()

    def _end(self) -> None:
        self._over = True
        self.window.close()

    def _say(self, words: str) -> None:
        self.saved.set_text(words)

    def _say_saved(self) -> None:
        self._say(_("Saved just now"))

    async def _step_changed(self, saved: bool) -> None:
        if self.state.row is None:
            return
        if saved:
            self._say_saved()
            await self.refresh()
        else:
            self._say(_("Not saved"))

    async def _taken_back(self) -> None:
        """Something was undone from here: the dialog follows as it does when somebody else changed the task."""
        await self._changed_elsewhere()
        await self.refresh()

    async def _changed_elsewhere(self, _changes: Changes | None = None) -> None:
        """Somebody else changed it: what is not being typed follows, and of what is it is said who changed it."""
        if self.state.row is None or self._over:
            return
        with telling():
            try:
                row = await self.state.newest()
            except NotFound:
                self._end()
                feedback.toast(_("This task is not here any more."), kind="bad")
                return
            self.state.take(row)
            await self.steps.load()
            changed = self.words.changed_meanwhile()
            self.words.say_meanwhile(changed, await self.state.who_changed_it() if changed else "")
