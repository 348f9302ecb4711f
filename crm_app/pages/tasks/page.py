"""What someone means to do: by day, by status or in a calendar, all of it or one project, with quick add, a dialog, and undo for everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import live
from crm_app.components.choices import segments
from crm_app.components.elements import button
from crm_app.components.guard import telling
from crm_app.components.shell import top_bar
from crm_app.components.subscriptions import Changes
from crm_app.components.text import block
from crm_app.domain.days import today_of
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectRow
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.models import Status
from crm_app.domain.tasks.overview_schemas import TaskCalendar, TaskGroups
from crm_app.domain.tasks.schemas import Bucket, StatusBoard, TaskBoard, TaskRow
from crm_app.pages.frame import Frame, key_of
from crm_app.pages.quick_line import QuickLine
from crm_app.pages.task_dialog import edit_task, new_task
from crm_app.pages.tasks.approvals import Approvals
from crm_app.pages.tasks.board import TaskBoardView
from crm_app.pages.tasks.bulk import TaskBulk
from crm_app.pages.tasks.calendar import TaskCalendarView
from crm_app.pages.tasks.filters import TaskFilters
from crm_app.pages.tasks.listing import TaskListing
from crm_app.pages.tasks.nav import TOPICS, KnownWays, TaskWays, look_choices, project_way, way
from crm_app.pages.tasks.sections import ids_of
from crm_app.pages.tasks.view import TaskView, look_of, uuid_of


class TasksPage:
    """The list, the board or the calendar of one view. What is shown stands in the address."""

    listed: TaskBoard | TaskGroups
    columns: StatusBoard | None = None
    month: TaskCalendar | None = None
    _drawn: dict[str, object]
    project: ProjectRow | None = None

    def __init__(self, frame: Frame, project_id: UUID | None = None) -> None:
        self.frame, self.project_id = frame, project_id
        self.place = ui.context.slot.parent  # what opens over the page belongs here, not to a part that is drawn anew under it
        self.seen: set[UUID] = set()
        self.known = KnownWays()
        self.read_address()
        self.filters = TaskFilters(lambda: self.view, self.go)
        self.ways = TaskWays(lambda: self.here, lambda: self.known.items(self.view.as_look))
        self.listing = TaskListing(self)
        self.quick = QuickLine(self.begins, lambda: self.known.projects, self.refresh)
        self.cards = TaskBoardView(self.refresh, self.open, lambda status: self.add(status))
        self.calendar = TaskCalendarView(self, self.listing.menu)
        self.approvals = Approvals(lambda: self.view, self.refresh, self.place)
        self.bulk = TaskBulk(lambda: self.known.projects, self.listing.clear, self.refresh)

    def read_address(self) -> None:
        """Take the view from the address. A bucket alone (from a figure that counts everyone's) shows everyone's."""
        query = self.frame.query
        self.view = TaskView.read(query, self.frame.whose("team" if query.get("bucket") else "mine"), self.project_id)
        self.most = self.view.first

    @property
    def here(self) -> str:
        """The way inside the tasks that is open."""
        if self.project_id:
            return project_way(self.project_id, self.view.as_look)
        return way("done" if self.view.done else "assistant" if self.view.assistant else "mine" if self.view.mine else "all", self.view.as_look)

    async def load(self) -> None:
        """Ask for what is shown, and for the figures of the ways; one answer for all of it."""
        view = self.view
        asked: list[tuple[Any, ...]] = [self.question(view), *KnownWays.QUESTIONS, *self.approvals.questions()]
        asked += [(projects.get_project, view.project_id)] if view.project_id else []
        found, *known = await live.read_together(*asked)
        self.project = known.pop() if view.project_id else None
        self.known.take(*known[: (ways := len(KnownWays.QUESTIONS))])
        self.approvals.take(known[ways:])
        await self.filters.load()
        self.seen.clear()
        self.seen.update(self.take(found))

    def question(self, view: TaskView) -> tuple[Any, ...]:
        """What is asked of the server for what is shown."""
        if view.look == "board":
            return self.cards.question(view)
        if view.look == "calendar":
            return self.calendar.question(view)
        if view.group and view.is_grouped:
            return partial(tasks.get_task_groups, most=self.most), view.group, view.mine, view.narrowing
        return partial(tasks.get_task_board, buckets=view.buckets, most=self.most, narrowing=view.narrowing), None, view.mine

    def take(self, found: TaskBoard | TaskGroups | StatusBoard | TaskCalendar) -> set[UUID]:
        """Keep the answer; which tasks it shows."""
        self.columns = found if isinstance(found, StatusBoard) else None
        self.month = found if isinstance(found, TaskCalendar) else None
        if isinstance(found, (TaskBoard, TaskGroups)):
            self.listed = found
        return ids_of(found)

    async def refresh(self, changes: Changes | None = None) -> None:
        """Ask again and draw again."""
        with telling():
            try:
                await self.load()
            except NotFound as error:
                if self.project_id is None:
                    raise
                self.frame.show_gone(error)
                return
            await self.draw()

    async def draw(self) -> None:
        """Put what was asked onto the page, unless that was left meanwhile. What has not changed stays as it is, with the focus that may be in it."""
        if self.frame_of_all.is_deleted:
            return
        before, self._drawn = self._drawn, self._shows()
        for part, redraw in (("ways", self.ways.refresh), ("chips", self.filters.chips.refresh), ("head", self.listing.head.refresh)):
            if before[part] != self._drawn[part]:
                redraw()
        self.approvals.rows.refresh()
        self.listing.refresh()
        await self.draw_looks()

    def _shows(self) -> dict[str, object]:
        """What the parts show that are drawn anew when that has changed."""
        return {"ways": (self.here, self.known.items(self.view.as_look)), "chips": (self.view, dict(self.filters.people)), "head": (self.project, self.view.look)}

    async def draw_looks(self) -> None:
        """The board or the calendar, where it is asked for; it has the whole width to itself."""
        look = self.view.look
        self.board_host.set_visibility(look == "board")
        self.month_host.set_visibility(look == "calendar")
        self.filters.show()
        self.quick_host.set_visibility(look == "list" and not self.view.done)
        self.frame_of_all.classes(add="" if look == "list" else "mc-board-wide", remove="mc-board-wide" if look == "list" else "")
        if self.columns is not None:
            self.cards.show(self.columns)
        if self.month is not None:
            await self.calendar.show(self.month)

    async def go(self, view: TaskView) -> None:
        """Show something else on this page."""
        with telling():
            self.view, self.most = view, view.first
            self.frame.go_on(view.address)
            await self.refresh()

    async def choose_look(self, look: str) -> None:
        """As a list, as a board or as a calendar."""
        await self.go(replace(self.view, look=look_of(look), bucket=None, done=False))

    async def moved(self) -> None:
        """The address names something else."""
        self.read_address()
        if self.frame.query.get("whose") in ("mine", "team") and not self.project_id:
            with telling():
                await self.frame.choose_whose("mine" if self.view.mine else "team")
        self.looks.value = self.view.look
        await self.refresh()
        await self.open_from_address()

    async def open_from_address(self) -> None:
        """``?new=1`` begins a task, ``?open=<id>`` opens one."""
        with telling():
            query = self.frame.query
            begin, opened = query.get("new") == "1", uuid_of(query.get("open"))
            self.frame.replace({name: query.getlist(name) for name in query if name not in ("new", "open")})
            if begin and live.viewer().can(Permission.TASK_WRITE):
                await self.add()
            elif opened:
                await self.open(await live.read(tasks.get_task, opened))

    def begins(self) -> dict[str, Any]:
        """What a new task has from where it is added: the day that is shown, else today; in a project it belongs to it."""
        return {"due_date": self._day(), "project_id": self.project_id}

    async def add(self, status: Status = Status.PENDING, *, day: date | None = None) -> None:
        """Open the dialog for a new task, on this day where one is given."""
        with telling(), self.place:
            await new_task(self.refresh, day or self._day(), (), project_id=self.project_id, status=status)

    async def open(self, row: TaskRow) -> None:
        """Open the dialog for a task."""
        with telling(), self.place:
            await edit_task(row, self.refresh)

    def _day(self) -> date | None:
        today = today_of(live.viewer()) + timedelta(days=int(self.view.bucket is Bucket.TOMORROW))
        return None if self.project_id and not self.view.bucket else today

    def lay_out(self) -> None:
        """The bar, the ways, the list, the board and the calendar."""
        self._drawn = self._shows()
        may_write = live.viewer().can(Permission.TASK_WRITE)
        with block("mc-page mc-tasks-page"):
            with top_bar(_("Tasks")):
                self.ways.select()
                self.looks = segments(look_choices(), self.view.look, self.choose_look, label=_("How the tasks are shown"))
                self.filters.grouper()
                self.filters.opener()
                if may_write:
                    button(_("New task"), kind="primary", icon="plus", key="T", on_click=lambda: self.add()).classes("mc-desk-only")
            with block("mc-with-inner-nav") as self.frame_of_all:
                self.ways.column()
                with block("mc-task-main"):
                    self.filters.chips()
                    with block("mc-scroll"):
                        self.approvals.rows()
                        self.listing.head()
                        with block("mc-tasks mc-tasks-quick") as self.quick_host:
                            if may_write:
                                self.quick.draw()
                        self.listing.body()
                    with block("mc-board-host") as self.board_host:
                        self.cards.build()
                    with block("mc-month-host") as self.month_host:
                        self.calendar.build()
                    if may_write:
                        self.bulk.draw()


async def tasks_page(frame: Frame) -> None:
    """All tasks."""
    await _show(TasksPage(frame))


async def project_page(frame: Frame, project_id: str) -> None:
    """The tasks of one project."""
    await _show(TasksPage(frame, key_of(project_id)))


async def _show(page: TasksPage) -> None:
    await page.load()
    page.lay_out()
    await page.draw_looks()
    live.on(TOPICS, page.refresh, shown=page.seen)
    page.frame.on_query(page.moved)
    await page.open_from_address()
