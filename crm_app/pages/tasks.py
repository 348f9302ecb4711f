"""What someone means to do: buckets by day, quick add, an editor, and undo for everything."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from nicegui import ui

from crm_app.components import live
from crm_app.components.choices import Choice, Choices, segments
from crm_app.components.drawn_menu import Item
from crm_app.components.elements import button
from crm_app.components.feedback import empty_state
from crm_app.components.guard import telling
from crm_app.components.page_parts import quick_add
from crm_app.components.shell import top_bar
from crm_app.components.subscriptions import Changes
from crm_app.components.task_parts import TaskList, bucket_head
from crm_app.components.text import block, link, text
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import Bucket, TaskBoard, TaskRow
from crm_app.pages import acts
from crm_app.pages.frame import Frame
from crm_app.pages.task_editing import edit_task, new_task

TOPICS = ("task", "task_contact")
A_FEW, MANY = tasks.SHOWN, 200
OPEN = tuple(bucket for bucket in Bucket if bucket is not Bucket.DONE)
ADDRESSES = {"mine": "/tasks?whose=mine", "all": "/tasks?whose=team", "done": "/tasks?show=done"}


def bucket_words() -> dict[Bucket, str]:
    """What each bucket is called."""
    return {
        Bucket.OVERDUE: _("Overdue"), Bucket.TODAY: _("Today"), Bucket.TOMORROW: _("Tomorrow"), Bucket.THIS_WEEK: _("This week"),
        Bucket.LATER: _("Later"), Bucket.DONE: _("Done lately"),
    }  # fmt: skip


class TasksPage:
    """The list. Whose tasks, and which bucket alone, stand in the address."""

    board: TaskBoard
    views: Choices

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.seen: set[UUID] = set()
        self.read_address()

    def read_address(self) -> None:
        """Take the state from the address. A bucket alone (from a figure that counts everyone's) shows everyone's."""
        query = self.frame.query
        wanted = query.get("bucket")
        self.bucket = Bucket(wanted) if wanted in {bucket.value for bucket in OPEN} else None
        self.done = query.get("show") == "done"
        self.mine = self.frame.whose("team" if self.bucket else "mine") == "mine"
        self.shown = (Bucket.DONE,) if self.done else (self.bucket,) if self.bucket else OPEN
        self.most = A_FEW if len(self.shown) > 1 else MANY

    @property
    def view(self) -> str:
        """Which of the three views this is."""
        return "done" if self.done else "mine" if self.mine else "all"

    async def load(self) -> None:
        """Ask for the board."""
        self.board = await live.read(tasks.get_task_board, mine=self.mine, buckets=self.shown, most=self.most)
        self.seen.clear()
        self.seen.update(row.id for rows in self.board.buckets.values() for row in rows)

    async def refresh(self, changes: Changes | None = None) -> None:
        """Ask again and draw again."""
        with telling():
            await self.load()
            self.body.refresh()

    async def choose(self, view: str) -> None:
        """Another of the three views; whose tasks is remembered."""
        with telling():
            if view != "done":
                await self.frame.choose_whose("mine" if view == "mine" else "team")
            ui.navigate.to(ADDRESSES[view])

    async def moved(self) -> None:
        """The address names something else."""
        self.read_address()
        self.views.value = self.view
        await self.refresh()
        await self.open_from_address()

    async def open_from_address(self) -> None:
        """``?new=1`` begins a task, ``?open=<id>`` opens one."""
        with telling():
            query = self.frame.query
            begin, opened = query.get("new") == "1", _uuid(query.get("open"))
            self.frame.replace({name: query.getlist(name) for name in query if name not in ("new", "open")})
            if begin and live.viewer().can(Permission.TASK_WRITE):
                await self.add()
            elif opened:
                await self.open(await live.read(tasks.get_task, opened))

    @ui.refreshable_method
    def body(self) -> None:
        """The buckets that hold something, or the empty state."""
        actor = live.viewer()
        with block("mc-tasks"):
            if actor.can(Permission.TASK_WRITE) and not self.done:
                quick_add(_("Add a task and press Enter"), self.quick, max_length=300)
            if not any(self.board.buckets.get(bucket) for bucket in self.shown):
                self._nothing(actor)
            for bucket in self.shown:
                self._bucket(bucket, actor)

    def _bucket(self, bucket: Bucket, actor: Actor) -> None:
        rows = self.board.buckets.get(bucket, ())
        if not rows:
            return
        count, more = self.board.counts.get(bucket, len(rows)), bucket in self.board.capped
        bucket_head(bucket_words()[bucket], count, more=more, late=bucket is Bucket.OVERDUE)
        TaskList(rows, self.board.today, actor, on_toggle=self.toggle, on_open=self.open, menu=self._menu, first=self.most)
        if count > len(rows) or more:
            self._rest(bucket)

    def _rest(self, bucket: Bucket) -> None:
        """The way to what is not shown: a bucket among others opens alone, one that is alone grows."""
        with block("mc-item"):
            if len(self.shown) > 1:
                whose = "mine" if self.mine else "team"
                link(_("Show all of “%s”") % bucket_words()[bucket], f"/tasks?bucket={bucket.value}&whose={whose}", "mc-crumb mc-cap")
            elif self.most < tasks.MOST_SHOWN:
                button(_("Show more"), on_click=self.grow)
            else:
                text(_("The first %s are shown.") % f"{self.most:,}", "mc-cap mc-ink-3")

    async def grow(self) -> None:
        """Show more of the bucket that stands alone."""
        self.most = min(self.most + MANY, tasks.MOST_SHOWN)
        await self.refresh()

    def _nothing(self, actor: Actor) -> None:
        if self.done:
            ways = empty_state(_("Nothing finished yet"), _("What you complete stays here for a while, so that you can take it back."))
        elif self.bucket:
            ways = empty_state(_("Nothing here"), _("No open task falls in this part of the calendar."))
        else:
            ways = empty_state(_("All clear"), _("Nothing is waiting. Write down the next thing you promise someone."))
        with ways:
            if self.done or self.bucket:
                button(_("See all open tasks"), href=ADDRESSES["all"])
            elif actor.can(Permission.TASK_WRITE):
                button(_("New task"), icon="plus", on_click=self.add)

    def _menu(self, row: TaskRow) -> list[Item]:
        items = [Item(_("Open"), lambda: self.open(row), icon="pencil")]
        if row.may_edit and row.bucket is not Bucket.DONE:
            items.append(Item(_("Tomorrow"), lambda: acts.postpone_task(row, 1, self.refresh), icon="arrow-right"))
            items.append(Item(_("In a week"), lambda: acts.postpone_task(row, 7, self.refresh), icon="calendar-days"))
        if row.may_delete:
            items.append(Item(_("Delete"), lambda: acts.delete_task(row, self.refresh), icon="trash-2", danger=True))
        return items

    async def toggle(self, row: TaskRow) -> None:
        """Complete or reopen."""
        await acts.toggle_task(row, self.refresh)

    async def quick(self, title: str) -> bool:
        """Add a task for the day that is shown, else for today."""
        return await acts.quick_task(title, self.refresh, due=_day_of(self.bucket, self.board.today))

    async def add(self) -> None:
        """Open the editor for a new task."""
        with telling():
            await new_task(self.refresh, due=_day_of(self.bucket, self.board.today))

    async def open(self, row: TaskRow) -> None:
        """Open the editor for a task."""
        with telling():
            await edit_task(row, self.refresh)


async def tasks_page(frame: Frame) -> None:
    """Load, lay out, wire."""
    page = TasksPage(frame)
    await page.load()
    with block("mc-page"):
        with top_bar(_("Tasks")):
            options = [Choice("mine", _("Mine")), Choice("all", _("Everyone's")), Choice("done", _("Done"))]
            page.views = segments(options, page.view, page.choose, label=_("Which tasks"))
            if live.viewer().can(Permission.TASK_WRITE):
                button(_("New task"), kind="primary", icon="plus", key="T", on_click=page.add).classes("mc-desk-only")
        with block("mc-scroll"):
            page.body()
    live.on(TOPICS, page.refresh, shown=page.seen)
    frame.on_query(page.moved)
    await page.open_from_address()


def _day_of(bucket: Bucket | None, today: date) -> date:
    return today + timedelta(days=1) if bucket is Bucket.TOMORROW else today


def _uuid(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
