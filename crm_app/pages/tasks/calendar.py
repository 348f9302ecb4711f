"""The tasks as a calendar of the days they are due on: one that is moved to another day is due then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, Protocol

from nicegui.element import Element

from crm_app.components import live, times
from crm_app.components.elements import button, icon_button
from crm_app.components.guard import telling
from crm_app.components.menus import menu_item, menu_rule, menu_title
from crm_app.components.month import Month
from crm_app.components.pop_menu import PopMenu
from crm_app.components.text import block, text
from crm_app.domain.days import month_weeks, next_month, today_of
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.overview import FIRST_YEAR, LAST_YEAR
from crm_app.domain.tasks.overview_schemas import TaskCalendar
from crm_app.domain.tasks.schemas import Bucket, TaskRow
from crm_app.pages import acts
from crm_app.pages.postponing import move_to_day, postpone_items
from crm_app.pages.tasks.day import DaySheet
from crm_app.pages.tasks.view import TaskView

A_FEW = 6
"""Tasks that are shown of a day; the day itself shows them all."""


class Host(Protocol):
    """The page around the calendar."""

    place: Element
    view: TaskView

    async def refresh(self) -> None:
        """Ask again and draw again."""

    async def go(self, view: TaskView) -> None:
        """Show something else."""

    async def add(self, *, day: date | None = None) -> None:
        """Begin a task on a day."""

    async def open(self, row: TaskRow) -> None:
        """Open a task."""


class TaskCalendarView:
    """The calendar of one month. ``menu`` says what can be done with a task in the list of a single day."""

    def __init__(self, page: Host, menu: Callable[[TaskRow], Any]) -> None:
        self.page = page
        self.sheet = DaySheet(page, menu)

    @property
    def month(self) -> date:
        """The month that is shown: the one of the address, else this one."""
        return self.page.view.month or today_of(live.viewer()).replace(day=1)

    def build(self) -> None:
        """Make the calendar, empty."""
        may_write = live.viewer().can(Permission.TASK_WRITE)
        with block("mc-row mc-gap-4 mc-month-bar"):
            self._title = text("", "mc-heading mc-grow", tag="h2")
            icon_button("chevron-left", _("The month before"), on_click=lambda: self._turn(-1)).classes("mc-again")
            button(_("Today"), on_click=lambda: self._go(today_of(live.viewer())))
            icon_button("chevron-right", _("The month after"), on_click=lambda: self._turn(1)).classes("mc-again")
        self._month = Month(
            on_move=self.move, on_menu=self._open_menu, on_pick=self.page.open, on_toggle=self._toggle, on_day=self.sheet.open, on_go=self._go,
            on_add=(lambda day: self.page.add(day=day)) if may_write else None,
        )  # fmt: skip
        self._menu = PopMenu()

    def question(self, view: TaskView) -> tuple[Any, ...]:
        """What is asked of the server: the whole weeks of the month."""
        weeks = month_weeks(self.month, live.viewer().week_start)
        return partial(tasks.get_task_calendar, most=A_FEW), weeks[0], len(weeks), view.mine, view.narrowing

    async def show(self, found: TaskCalendar) -> None:
        """Put the answer onto the page, and what is open of one day anew."""
        self._title.set_text(times.month_words(self.month, live.viewer()))
        self._month.show(found, self.month, live.viewer())
        await self.sheet.refresh()

    async def _turn(self, by: int) -> None:
        await self._go(next_month(self.month, by))

    async def _go(self, day: date) -> None:
        if FIRST_YEAR < day.year < LAST_YEAR:
            await self.page.go(replace(self.page.view, month=day.replace(day=1)))

    async def _toggle(self, row: TaskRow) -> None:
        await acts.toggle_task(row, self.page.refresh)

    async def move(self, row: TaskRow, day: date) -> None:
        """Have a task due on another day, with undo."""
        await move_to_day(row, day, self.page.refresh)

    async def _open_menu(self, row: TaskRow, _day: date, at: str) -> None:
        with telling():
            await self._menu.open(at, partial(self._fill_menu, row))

    def _fill_menu(self, row: TaskRow) -> None:
        menu_item(_("Open"), partial(self.page.open, row), icon_name="pencil")
        if row.may_edit:
            done = row.bucket is Bucket.DONE
            menu_item(_("Reopen") if done else _("Mark done"), partial(self._toggle, row), icon_name="undo-2" if done else "check")
            menu_rule()
            menu_title(_("Move to"))
            postpone_items(partial(self.move, row), self._menu.close)
        if row.may_delete:
            menu_item(_("Delete"), partial(acts.delete_task, row, self.page.refresh), icon_name="trash-2", danger=True)
