"""The tasks as a list: a section for each part of the calendar or each group, with rows that are ticked, opened, moved and selected."""

from __future__ import annotations

from functools import partial
from typing import Protocol
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components import live, words
from crm_app.components.drawn_menu import Item
from crm_app.components.elements import button
from crm_app.components.feedback import empty_state
from crm_app.components.task_parts import TaskList, bucket_head
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.projects.schemas import ProjectRow
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.overview_schemas import GroupBy, TaskGroups
from crm_app.domain.tasks.schemas import Bucket, TaskBoard, TaskRow
from crm_app.pages import acts
from crm_app.pages.tasks.bulk import TaskBulk
from crm_app.pages.tasks.moving import move_into, move_items, others
from crm_app.pages.tasks.nav import WAYS
from crm_app.pages.tasks.ordering import place, steps_of
from crm_app.pages.tasks.project import project_head
from crm_app.pages.tasks.sections import Section, sections_of
from crm_app.pages.tasks.view import MANY, TaskView


class Host(Protocol):
    """The page around the list."""

    place: Element
    listed: TaskBoard | TaskGroups
    project: ProjectRow | None
    view: TaskView
    most: int
    bulk: TaskBulk

    async def refresh(self) -> None:
        """Ask again and draw again."""

    async def go(self, view: TaskView) -> None:
        """Show something else."""

    async def add(self) -> None:
        """Begin a task."""

    async def open(self, row: TaskRow) -> None:
        """Open a task."""


class _Part:
    """The place of one section: its heading, its list, and the way to what is not shown.

    Without a list it is bare, and there only for what is dragged.
    """

    def __init__(self, drop: str | None, title: str) -> None:
        self.listed: TaskList | None = None
        with block("mc-task-part") as self.place:
            self.head, self.body, self.rest = block(), block(), block()
        attributes(self.place, data_drop=drop, data_bare=title)


class TaskListing:
    """Draws what the page has asked for."""

    _may_write = False

    def __init__(self, page: Host) -> None:
        self.page = page
        self.parts: dict[str, _Part] = {}
        self.chosen: dict[str, list[UUID]] = {}
        self.sections: list[Section] = []
        self._stands: dict[UUID, tuple[tuple[TaskRow, ...], int]] = {}

    @ui.refreshable_method
    def head(self) -> None:
        """What the project is, where one is open."""
        if self.page.project:
            with block("mc-tasks mc-tasks-head" + ("" if self.page.view.look == "list" else " mc-tasks-short")):
                project_head(self.page.project, self.page.refresh, self.page.place)

    def body(self) -> None:
        """The sections that hold something, or the empty state."""
        with block("mc-tasks") as self.place:
            self.empty = block()
        self._looked: object = None
        self.refresh()

    def refresh(self) -> None:
        """Show what the page knows now. As long as it looks at the same, lists stay where they are, with what is selected and focused in them."""
        view, listed = self.page.view, self.page.view.look == "list"
        actor = live.viewer()
        self._may_write = actor.can(Permission.TASK_WRITE)
        sections = sections_of(self.page.listed, view, actor.week_start) if listed else []
        self.sections = sections = [section for section in sections if section.rows or self._may_write]
        self._stands = {row.id: (section.rows, place) for section in sections for place, row in enumerate(section.rows)}
        wanted = {section.key: bool(section.rows) for section in sections}
        for key in [key for key, part in self.parts.items() if self._looked != view or key not in wanted or (part.listed is not None and not wanted[key])]:
            self.parts.pop(key).place.delete()
            self.choose(key, [])
        self._looked = view
        self.place.set_visibility(listed)
        for number, section in enumerate(sections, start=1):
            self._show(section, number)
        self.empty.clear()
        with self.empty:
            if listed and not sections:
                self._nothing(actor)

    def _show(self, section: Section, number: int) -> None:
        if section.key not in self.parts:
            with self.place:
                self.parts[section.key] = _Part(section.key if section.takes and self._may_write else None, section.title)
        part = self.parts[section.key]
        if self.place.default_slot.children.index(part.place) != number:  # the empty state stands before them
            part.place.move(self.place, number)
        if section.rows:
            self._fill(part, section)

    def _fill(self, part: _Part, section: Section) -> None:
        part.head.clear()
        with part.head:
            bucket_head(section.title, section.count, more=section.more, late=section.late)
        if part.listed is not None:
            part.listed.show(section.rows, section.today, self.page.most)
        else:
            attributes(part.place, data_bare=None)
            with part.body:
                part.listed = self._list(section)
        part.rest.clear()
        if not section.whole:
            with part.rest:
                self._rest(section)

    def _list(self, section: Section) -> TaskList:
        return TaskList(
            section.rows, section.today, live.viewer(), on_toggle=self.toggle, on_open=self.page.open, menu=self.menu, first=self.page.most,
            project=self.page.project is None and self.page.view.group is not GroupBy.PROJECT,
            on_choose=partial(self.choose, section.key) if self._may_write else None, on_move=self.move if self._may_write else None,
            on_place=partial(self._place, section.key) if self._may_write else None,
        )  # fmt: skip

    def _rest(self, section: Section) -> None:
        """The way to what is not shown: a section among others opens alone, one that is alone grows."""
        with block("mc-item"):
            if section.rest:
                said = _("Show all that is done") if section.key == Bucket.DONE.value else _("Show all of “%s”") % section.title
                link(said, section.rest, "mc-crumb mc-cap")
            elif self.page.most < tasks.MOST_SHOWN:
                button(_("Show more"), on_click=self.grow)
            else:
                text(_("The first %s are shown.") % words.number(self.page.most), "mc-cap mc-ink-3")

    async def grow(self) -> None:
        """Show more of each section."""
        self.page.most = min(self.page.most + MANY, tasks.MOST_SHOWN)
        await self.page.refresh()

    def choose(self, key: str, chosen: list[UUID]) -> None:
        """These rows of a section are selected."""
        if self.chosen.get(key, []) == chosen:
            return
        self.chosen[key] = chosen
        self.page.bulk.show([key for keys in self.chosen.values() for key in keys])

    def clear(self) -> None:
        """Nothing is selected any more."""
        for part in self.parts.values():
            if part.listed is not None:
                part.listed.clear_choice()
        self.chosen.clear()
        self.page.bulk.show(())

    def _nothing(self, actor: Actor) -> None:
        view = self.page.view
        if view.is_narrowed:
            ways = empty_state(_("Nothing fits"), _("No task fits the filters that are on."))
        elif view.assistant:
            ways = empty_state(_("Nothing is with the assistant"), _("Open a task and let the assistant draft it. You read and approve what comes of it."))
        elif view.done:
            ways = empty_state(_("Nothing finished yet"), _("What you complete stays here for a while, so that you can take it back."))
        elif view.bucket:
            ways = empty_state(_("Nothing here"), _("No open task falls in this part of the calendar."))
        elif view.project_id:
            ways = empty_state(_("Nothing in this project yet"), _("Write down its first task; what you add here belongs to it."))
        else:
            ways = empty_state(_("All clear"), _("Nothing is waiting. Write down the next thing you promise someone."))
        with ways:
            if view.is_narrowed:
                button(_("Clear filters"), on_click=lambda: self.page.go(view.widened))
            elif view.done or view.bucket:
                button(_("See all open tasks"), href=WAYS["all"])
            elif actor.can(Permission.TASK_WRITE):
                button(_("New task"), icon="plus", on_click=self.page.add)

    def menu(self, row: TaskRow) -> list[Item]:
        """What can be done with a task."""
        items = [Item(_("Open"), lambda: self.page.open(row), icon="pencil")]
        if row.may_edit and row.bucket is not Bucket.DONE:
            rows, here = self._stands.get(row.id, ((row,), 0))
            items += [Item(label, act, icon=icon) for label, icon, act in steps_of(rows, here, self.page.refresh)]
            items += move_items(row, self.sections, self._by, self.page.refresh)
        if row.may_delete:
            items.append(Item(_("Delete"), lambda: acts.delete_task(row, self.page.refresh), icon="trash-2", danger=True))
        return items

    @property
    def _by(self) -> GroupBy | None:
        """By what the list is in groups; None for the parts of the calendar."""
        return self.page.view.group if self.page.view.is_grouped else None

    async def move(self, key: str, to: str) -> None:
        """A row was let go over another section. It is the one that was taken, also where it has come to stand elsewhere meanwhile."""
        row = next((row for section in self.sections for row in section.rows if str(row.id) == key), None)
        target = next((section for section in others(row, self.sections, self._by) if section.key == to), None) if row else None
        if row and target:
            await move_into(row, target, self._by, self.page.refresh)

    async def _place(self, key: str, task: str, beside: str, after: bool) -> None:
        """A row was put somewhere else in its section."""
        await place(next((section.rows for section in self.sections if section.key == key), ()), task, beside, after, self.page.refresh)

    async def toggle(self, row: TaskRow) -> None:
        """Complete or reopen."""
        await acts.toggle_task(row, self.page.refresh)
