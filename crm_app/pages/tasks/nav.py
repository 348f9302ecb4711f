"""The ways inside the tasks, with their figures; where there is no room for them, one button opens them as a menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import words
from crm_app.components.elements import button
from crm_app.components.menus import menu_link, menu_rule
from crm_app.components.pop_menu import PopMenu
from crm_app.components.task_nav import NavItem, task_nav
from crm_app.components.text import attributes
from crm_app.domain.i18n import _
from crm_app.domain.projects.schemas import ProjectRow
from crm_app.domain.tasks import service as tasks
from crm_app.pages.frame import Query, address

WAYS = {"mine": "/tasks?whose=mine", "all": "/tasks?whose=team", "done": "/tasks?show=done"}


def open_words(count: int) -> str:
    """How many tasks are open; beyond what is counted there are more."""
    return words.number(count) + ("+" if count >= tasks.MOST_COUNTED else "") if count else ""


def way(name: str, look: Query) -> str:
    """The address of one of the ``WAYS``, looked at in the same way as now; what is done is always a list."""
    return WAYS[name] if name == "done" else address("/tasks", {"whose": {"mine": "mine", "all": "team"}[name], **look})


def project_way(project_id: UUID, look: Query) -> str:
    """The address of a project, looked at in the same way as now."""
    return address(f"/tasks/projects/{project_id}", look)


def views(mine: str, everyone: str, look: Query) -> list[NavItem]:
    """Whose tasks, and what is done."""
    return [
        NavItem(way("mine", look), _("My tasks"), mine, icon="circle-user"), NavItem(way("all", look), _("All tasks"), everyone, icon="list"),
        NavItem(way("done", look), _("Completed"), icon="circle-check"),
    ]  # fmt: skip


def project_items(projects: Sequence[ProjectRow], look: Query) -> list[NavItem]:
    """Each project with its ring and how many of its tasks are open."""
    return [
        NavItem(project_way(row.id, look), row.title, words.number(row.open_tasks) if row.open_tasks else "", hue=row.hue, progress=row.progress)
        for row in projects
    ]  # fmt: skip


class TaskWays:
    """Draws them both ways from what the page knows."""

    def __init__(self, current: Callable[[], str], items: Callable[[], tuple[list[NavItem], list[NavItem]]], on_add: Callable[[], Any] | None) -> None:
        self._current, self._items, self._on_add = current, items, on_add

    @ui.refreshable_method
    def column(self) -> None:
        """The column at the left."""
        task_nav(*self._items(), self._current(), self._on_add)

    @ui.refreshable_method
    def select(self) -> None:
        """The button in the bar, where the column has no room."""
        every = [item for items in self._items() for item in items]
        here = next((item.label for item in every if item.href == self._current()), _("Tasks"))
        menu = PopMenu()
        opener = button(here, icon="list-checks", kind="ghost").classes("mc-task-select")
        opener.on("click", partial(menu.open, opener, self._fill))
        attributes(opener, aria_haspopup="menu", aria_label=_("Which tasks: %s") % here)

    def _fill(self) -> None:
        ways, projects = self._items()
        for item in ways:
            menu_link(item.label, item.href, icon_name=item.icon)
        if projects:
            menu_rule()
        for item in projects:
            menu_link(item.label, item.href, icon_name="circle-dot")

    def refresh(self) -> None:
        """Draw both again."""
        self.column.refresh()
        self.select.refresh()
