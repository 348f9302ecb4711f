"""What one can do to all tasks that are selected, each with its undo."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import live, words
from crm_app.components.elements import button
from crm_app.components.guard import telling
from crm_app.components.menus import menu_item, menu_rule
from crm_app.components.pop_menu import PopMenu
from crm_app.components.table import BulkBar, bulk_bar
from crm_app.components.text import attributes, block
from crm_app.domain.i18n import _
from crm_app.domain.projects.schemas import ProjectRow
from crm_app.domain.tags import service as tags
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskChange
from crm_app.pages.acts import offer_undo
from crm_app.pages.postponing import postpone_items

Refresh = Callable[[], Awaitable[Any]]


class TaskBulk:
    """The bar of the selected tasks. ``clear`` takes the selection away, ``refresh`` asks for the list again."""

    bar: BulkBar | None = None

    def __init__(self, projects: Callable[[], Sequence[ProjectRow]], clear: Callable[[], Any], refresh: Refresh) -> None:
        self._projects, self._clear, self._refresh = projects, clear, refresh
        self.chosen: list[UUID] = []

    def draw(self) -> None:
        """The bar, unseen until something is selected."""
        with bulk_bar(self._clear) as self.bar:
            self._menu = PopMenu()
            button(_("Done"), icon="check", on_click=self._done)
            self._opener(_("Move to a day"), "calendar-days", self._days)
            self._opener(_("Project"), "folder", self._fill_projects)
            self._opener(_("Assign"), "user-check", self._people)
            self._opener(_("Priority"), "flag", self._priorities)
            self._opener(_("Tag"), "tag", self._tags)
            button(_("Delete"), icon="trash-2", on_click=self._delete)

    def show(self, chosen: Sequence[UUID]) -> None:
        """So many are selected."""
        self.chosen = list(chosen)
        if self.bar is not None:
            self.bar.show(len(chosen))

    def _opener(self, label: str, glyph: str, fill: Callable[[], Any]) -> None:
        opener = button(label, icon=glyph)
        opener.on("click", lambda: self._menu.open(opener, fill))
        attributes(opener, aria_haspopup="menu")

    def _days(self) -> None:
        postpone_items(lambda day: self._change(TaskChange(due_date=day), _("moved")), self._menu.close)

    def _fill_projects(self) -> None:
        menu_item(_("No project"), partial(self._change, TaskChange(project_id=None), _("taken out of their project")))
        for row in self._projects():
            menu_item(row.title, partial(self._change, TaskChange(project_id=row.id), _("moved to %s") % row.title))

    async def _people(self) -> None:
        for person in await live.read(tasks.list_assignees):
            menu_item(person.name, partial(self._change, TaskChange(assignee_id=person.id), _("given to %s") % person.name))

    def _priorities(self) -> None:
        for key, label in words.priorities().items():
            menu_item(label, partial(self._change, TaskChange.model_validate({"priority": key}), _("changed")))

    async def _tags(self) -> None:
        typed = ui.input(placeholder=_("New tag, then Enter")).classes("mc-field mc-menu-box").props("maxlength=60")
        attributes(typed, aria_label=_("New tag"))
        typed.on("keydown.enter", lambda: self._tag(typed.value or ""))
        known = await live.read(tags.list_tags)
        if known:
            menu_rule()
        with block("mc-menu-scroll"):
            for each in known:
                menu_item(each.name, partial(self._tag, each.name))

    async def _tag(self, name: str) -> None:
        if name.strip():
            self._menu.close()
            await self._change(TaskChange(add_tags=[name.strip()]), _("tagged %s") % name.strip())

    async def _done(self) -> None:
        await self._carry_out(tasks.complete_tasks, _("completed"))

    async def _delete(self) -> None:
        await self._carry_out(tasks.delete_tasks, _("deleted"))

    async def _change(self, data: TaskChange, said: str) -> None:
        await self._carry_out(tasks.change_tasks, said, data)

    async def _carry_out(self, service: Callable[..., Any], said: str, *arguments: Any) -> None:
        with telling():
            ids = self.chosen
            outcome = await live.change(service, ids, *arguments)
            self._clear()
            offer_undo(outcome, f"{words.things('task', len(ids))} {said}", self._refresh)
            await self._refresh()
