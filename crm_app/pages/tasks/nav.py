"""The ways inside the tasks, with their figures; where there is no room for them, one button opens them as a menu."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import live, words
from crm_app.components.choices import Choice
from crm_app.components.elements import button
from crm_app.components.menus import menu_link, menu_rule
from crm_app.components.pop_menu import PopMenu
from crm_app.components.shell import top_bar
from crm_app.components.task_nav import NavItem, task_nav
from crm_app.components.text import attributes, block
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectRow
from crm_app.domain.tasks import service as tasks
from crm_app.pages.frame import Query, address
from crm_app.pages.tasks.project import new_project

Items = tuple[list[NavItem], list[NavItem], list[NavItem]]
TOPICS = ("task", "task_contact", "task_step", "task_tag", "task_time", "project")

FIGURES, ARCHIVE = "/tasks/figures", "/tasks/archive"
WAYS = {"mine": "/tasks?whose=mine", "all": "/tasks?whose=team", "assistant": "/tasks?whose=mine&show=assistant", "done": "/tasks?show=done"}


def open_words(count: int) -> str:
    """How many tasks are open; beyond what is counted there are more."""
    return words.number(count) + ("+" if count >= tasks.MOST_COUNTED else "") if count else ""


def look_choices() -> list[Choice]:
    """The ways of looking at tasks."""
    return [Choice("list", _("List"), icon="list"), Choice("board", _("Board"), icon="square-kanban"), Choice("calendar", _("Calendar"), icon="calendar-days")]


def way(name: str, look: Query) -> str:
    """The address of one of the ``WAYS``, looked at in the same way as now; what is done is always a list."""
    return WAYS[name] if name in ("done", "assistant") else address("/tasks", {"whose": {"mine": "mine", "all": "team"}[name], **look})


def project_way(project_id: UUID, look: Query) -> str:
    """The address of a project, looked at in the same way as now."""
    return address(f"/tasks/projects/{project_id}", look)


def views(mine: str, everyone: str, assistant: str, look: Query) -> list[NavItem]:
    """Whose tasks, what the assistant does of them, what is done, and how it goes."""
    delegated = [NavItem(way("assistant", look), _("With the assistant"), assistant, icon="sparkles")] if live.viewer().can(Permission.AI_USE) else []
    return [
        NavItem(way("mine", look), _("My tasks"), mine, icon="circle-user"), *delegated, NavItem(way("all", look), _("All tasks"), everyone, icon="list"),
        NavItem(way("done", look), _("Completed"), icon="circle-check"), NavItem(FIGURES, _("Figures"), icon="gauge"),
    ]  # fmt: skip


def project_items(projects: Sequence[ProjectRow], look: Query) -> list[NavItem]:
    """Each project with its ring and how many of its tasks are open."""
    return [
        NavItem(project_way(row.id, look), row.title, words.number(row.open_tasks) if row.open_tasks else "", hue=row.hue, progress=row.progress)
        for row in projects
    ]  # fmt: skip


class KnownWays:
    """What the ways show: how many tasks are open, and the projects."""

    QUESTIONS = ((tasks.count_open_tasks,), (projects.list_projects, None), (tasks.count_with_assistant,))

    def __init__(self) -> None:
        self.counts = ("", "", "")
        self.projects: tuple[ProjectRow, ...] = ()
        self.archived: tuple[ProjectRow, ...] = ()

    def take(self, counts: tuple[int, int], every: Sequence[ProjectRow], assistant: int) -> None:
        """Keep the answers to ``QUESTIONS``."""
        self.counts = (open_words(counts[0]), open_words(counts[1]), open_words(assistant))
        self.projects = tuple(row for row in every if not row.archived_at)
        self.archived = tuple(row for row in every if row.archived_at)

    def items(self, look: Query) -> Items:
        """The ways among the tasks, the projects in use, and the archive where something is in it."""
        put_away = [NavItem(ARCHIVE, _("Archived projects"), words.number(len(self.archived)), icon="archive")] if self.archived else []
        return views(*self.counts, look), project_items(self.projects, look), put_away


class TaskWays:
    """Draws them both ways from what the page knows."""

    def __init__(self, current: Callable[[], str], items: Callable[[], Items]) -> None:
        self._current, self._items = current, items
        self._place = ui.context.slot.parent  # the page: what opens over it stays when the ways are drawn anew

    @ui.refreshable_method
    def column(self) -> None:
        """The column at the left."""
        task_nav(*self._items(), self._current(), self._add if live.viewer().can(Permission.TASK_WRITE) else None)

    def _add(self) -> None:
        with self._place:
            new_project()

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
        ways, in_use, put_away = self._items()
        for item in ways:
            menu_link(item.label, item.href, icon_name=item.icon)
        if in_use or put_away:
            menu_rule()
        for item in (*in_use, *put_away):
            menu_link(item.label, item.href, icon_name=item.icon or "circle-dot")

    def refresh(self) -> None:
        """Draw both again."""
        self.column.refresh()
        self.select.refresh()


@contextmanager
def beside_ways(title: str, ways: TaskWays, acts: Callable[[], Any] | None = None) -> Iterator[None]:
    """A page among the tasks that is no list of them: its bar with what ``acts`` adds to it, the ways at its side; the block fills the rest."""
    with block("mc-page mc-tasks-page"):
        with top_bar(title):
            ways.select()
            if acts:
                acts()
        with block("mc-with-inner-nav"):
            ways.column()
            with block("mc-task-main"), block("mc-scroll"), block("mc-tasks"):
                yield
