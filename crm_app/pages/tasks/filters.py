"""Narrowing the tasks: by priority, person, tag or words in the title; each filter that is on is a chip with an x."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components import live, words
from crm_app.components.elements import button, tag
from crm_app.components.guard import telling
from crm_app.components.menus import menu_rule, menu_title
from crm_app.components.pop_menu import CheckItem, PopMenu
from crm_app.components.text import attributes, block
from crm_app.domain.i18n import _
from crm_app.domain.tags import service as tags
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.models import Priority
from crm_app.domain.tasks.overview_schemas import GroupBy
from crm_app.pages.tasks.sections import group_choices
from crm_app.pages.tasks.view import TaskView

Change = Callable[[TaskView], Awaitable[Any]]


class TaskFilters:
    """``view()`` is what is shown now, ``change`` shows something else."""

    def __init__(self, view: Callable[[], TaskView], change: Change) -> None:
        self._view, self._change = view, change
        self.people: dict[Any, str] = {}
        self._menu = PopMenu()

    def opener(self) -> None:
        """The button in the bar."""
        opener = button(_("Filter"), icon="list-filter", kind="ghost").classes("mc-task-filter")
        opener.on("click", lambda: self._open(opener))
        attributes(opener, aria_haspopup="menu")

    def grouper(self) -> None:
        """The button in the bar that puts a list into groups; unseen where there is no list to group."""
        self._group = button(_("Group"), icon="layout-grid", kind="ghost").classes("mc-task-filter")
        self._group.on("click", lambda: self._menu.open(self._group, self._fill_groups))
        attributes(self._group, aria_haspopup="menu")

    def show(self) -> None:
        """Say by what the list is grouped."""
        view = self._view()
        known = {choice.key: choice.label for choice in group_choices()}
        self._group.set_visibility(view.look == "list" and not view.done and view.bucket is None)
        self._group.set_text(_("By %s") % known[view.group.value].lower() if view.group else _("Group"))

    def _fill_groups(self) -> None:
        view = self._view()
        for choice in group_choices():
            if choice.key == GroupBy.PROJECT.value and view.project_id:
                continue
            group = GroupBy(choice.key) if choice.key else None
            CheckItem(choice.label, view.group is group, partial(self._take, group=group), single=True)

    @ui.refreshable_method
    def chips(self) -> None:
        """What is on."""
        view = self._view()
        if not view.is_narrowed:
            return
        with block("mc-row mc-wrap mc-gap-6 mc-task-chips"):
            if view.project_id and view.mine:
                self._chip(_("Only mine"), mine=False)
            if view.search:
                self._chip(_("Title: %s") % view.search, search="")
            if view.priority:
                self._chip(_("Priority: %s") % words.priorities()[view.priority.value], priority=None)
            if view.assignee_id:
                self._chip(_("Assigned to %s") % self.people.get(view.assignee_id, _("somebody")), assignee_id=None)
            if view.tag:
                self._chip(_("Tag: %s") % view.tag, tag="")

    async def load(self) -> None:
        """Who the people are that a chip may name."""
        if self._view().assignee_id and not self.people:
            with telling():
                self.people = {person.id: person.name for person in await live.read(tasks.list_assignees)}

    def _chip(self, label: str, **off: Any) -> None:
        tag(label, on_remove=lambda: self._change(replace(self._view(), **off)))

    async def _open(self, opener: ui.button) -> None:
        with telling():
            await self._menu.open(opener, self._fill)

    async def _fill(self) -> None:
        view = self._view()
        people, known = await live.read_together((tasks.list_assignees,), (tags.list_tags,))
        self.people = {person.id: person.name for person in people}
        box = ui.input(value=view.search, placeholder=_("Words in the title")).classes("mc-field mc-menu-box").props("autocomplete=off maxlength=200")
        attributes(box, aria_label=_("Words in the title"))
        box.on("keydown.enter", lambda: self._take(search=(box.value or "").strip()))
        menu_title(_("Priority"))
        for priority in reversed(Priority):
            chosen = view.priority is priority
            CheckItem(words.priorities()[priority.value], chosen, partial(self._take, priority=None if chosen else priority), single=True)
        if len(people) > 1:
            menu_rule()
            menu_title(_("Assigned to"))
            for person in people:
                chosen = view.assignee_id == person.id
                CheckItem(person.name, chosen, partial(self._take, assignee_id=None if chosen else person.id), single=True)
        if known:
            menu_rule()
            menu_title(_("Tag"))
            for each in known[:40]:
                chosen = view.tag == each.name
                CheckItem(each.name, chosen, partial(self._take, tag="" if chosen else each.name), single=True)

    async def _take(self, **given: Any) -> None:
        self._menu.close()
        await self._change(replace(self._view(), **given))
