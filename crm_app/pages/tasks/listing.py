"""The tasks as a list: a bucket for each part of the calendar, with rows that are ticked, opened, moved and selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
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
from crm_app.components.text import block, link, text
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.projects.schemas import ProjectRow
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import Bucket, TaskBoard, TaskRow
from crm_app.pages import acts
from crm_app.pages.postponing import days_ahead, move_to_day
from crm_app.pages.tasks.bulk import TaskBulk
from crm_app.pages.tasks.nav import WAYS
from crm_app.pages.tasks.project import project_head
from crm_app.pages.tasks.view import TaskView

MANY = 200


class Host(Protocol):
    """The page around the list."""

    place: Element
    board: TaskBoard
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


def bucket_words() -> dict[Bucket, str]:
    """What each bucket is called."""
    return {
        Bucket.OVERDUE: _("Overdue"), Bucket.TODAY: _("Today"), Bucket.TOMORROW: _("Tomorrow"), Bucket.THIS_WEEK: _("This week"),
        Bucket.LATER: _("Later"), Bucket.DONE: _("Done lately"),
    }  # fmt: skip


class _Part:
    """The place of one bucket: its heading, its list if it holds something, and the way to what is not shown."""

    def __init__(self) -> None:
        self.listed: TaskList | None = None
        with block() as self.place:
            self.head, self.body, self.rest = block(), block(), block()


class TaskListing:
    """Draws what the page has asked for."""

    def __init__(self, page: Host) -> None:
        self.page = page
        self.parts: dict[Bucket, _Part] = {}
        self.chosen: dict[Bucket, list[UUID]] = {}

    @ui.refreshable_method
    def head(self) -> None:
        """What the project is, where one is open."""
        if self.page.project:
            with block("mc-tasks mc-tasks-head" + ("" if self.page.view.look == "list" else " mc-tasks-short")):
                project_head(self.page.project, self.page.refresh, self.page.place)

    def body(self) -> None:
        """The buckets that hold something, or the empty state."""
        with block("mc-tasks") as self.place:
            self.empty = block()
        self._looked: object = None
        self.refresh()

    def refresh(self) -> None:
        """Show what the page knows now. As long as it looks at the same, lists stay where they are, with what is selected and focused in them."""
        view = self.page.view
        shown = view.buckets if view.look == "list" else ()
        if self._looked != (view, shown):
            self._begin(view, shown)
        rows = {bucket: self.page.board.buckets.get(bucket, ()) for bucket in shown}
        for bucket, part in self.parts.items():
            self._show(part, bucket, rows[bucket])
        self.empty.clear()
        with self.empty:
            if shown and not any(rows.values()):
                self._nothing(live.viewer())

    def _begin(self, view: TaskView, shown: Sequence[Bucket]) -> None:
        self._looked = (view, shown)
        for part in self.parts.values():
            part.place.delete()
        self.parts.clear()
        self.chosen.clear()
        self.page.bulk.show(())
        self.place.set_visibility(bool(shown))
        with self.place:
            self.parts.update((bucket, _Part()) for bucket in shown)

    def _show(self, part: _Part, bucket: Bucket, rows: Sequence[TaskRow]) -> None:
        part.head.clear()
        part.rest.clear()
        if not rows:
            part.body.clear()
            part.listed = None
            self.choose(bucket, [])
            return
        count, more, today = self.page.board.counts.get(bucket, len(rows)), bucket in self.page.board.capped, self.page.board.today
        with part.head:
            bucket_head(bucket_words()[bucket], count, more=more, late=bucket is Bucket.OVERDUE)
        if part.listed is not None:
            part.listed.show(rows, today, self.page.most)
        else:
            with part.body:
                part.listed = self._list(bucket, rows, today)
        with part.rest:
            if count > len(rows) or more:
                self._rest(bucket)

    def _list(self, bucket: Bucket, rows: Sequence[TaskRow], today: date) -> TaskList:
        actor = live.viewer()
        return TaskList(
            rows, today, actor, on_toggle=self.toggle, on_open=self.page.open, menu=self.menu, first=self.page.most, project=self.page.project is None,
            on_choose=partial(self.choose, bucket) if actor.can(Permission.TASK_WRITE) else None,
        )  # fmt: skip

    def _rest(self, bucket: Bucket) -> None:
        """The way to what is not shown: a bucket among others opens alone, one that is alone grows."""
        with block("mc-item"):
            if len(self.page.view.buckets) > 1 and bucket is not Bucket.DONE:
                link(_("Show all of “%s”") % bucket_words()[bucket], replace(self.page.view, bucket=bucket).address, "mc-crumb mc-cap")
            elif len(self.page.view.buckets) > 1:
                link(_("Show all that is done"), "/tasks?show=done", "mc-crumb mc-cap")
            elif self.page.most < tasks.MOST_SHOWN:
                button(_("Show more"), on_click=self.grow)
            else:
                text(_("The first %s are shown.") % words.number(self.page.most), "mc-cap mc-ink-3")

    async def grow(self) -> None:
        """Show more of the bucket that stands alone."""
        self.page.most = min(self.page.most + MANY, tasks.MOST_SHOWN)
        await self.page.refresh()

    def choose(self, bucket: Bucket, chosen: list[UUID]) -> None:
        """These rows of a bucket are selected."""
        if self.chosen.get(bucket, []) == chosen:
            return
        self.chosen[bucket] = chosen
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
            items += [Item(_("Due: %s") % label, partial(move_to_day, row, day, self.page.refresh), icon="calendar") for label, day in days_ahead()]
            items.append(Item(_("A week later"), lambda: acts.postpone_task(row, 7, self.page.refresh), icon="calendar-days"))
        if row.may_delete:
            items.append(Item(_("Delete"), lambda: acts.delete_task(row, self.page.refresh), icon="trash-2", danger=True))
        return items

    async def toggle(self, row: TaskRow) -> None:
        """Complete or reopen."""
        await acts.toggle_task(row, self.page.refresh)
