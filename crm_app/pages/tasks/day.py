"""All that is due on one day, over the calendar: a list like any other, with a way to add to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Protocol

from nicegui.element import Element

from crm_app.components import live, times, words
from crm_app.components.dialog import DialogParts, dialog
from crm_app.components.drawn_menu import Item
from crm_app.components.elements import button
from crm_app.components.guard import telling
from crm_app.components.task_parts import TaskList
from crm_app.components.text import text
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.overview_schemas import CalendarDay, TaskCalendar
from crm_app.domain.tasks.schemas import TaskRow
from crm_app.pages import acts
from crm_app.pages.tasks.view import TaskView

MOST = 200


class Host(Protocol):
    """The page around it."""

    place: Element
    view: TaskView

    async def refresh(self) -> None:
        """Ask again and draw again."""

    async def add(self, *, day: date | None = None) -> None:
        """Begin a task on a day."""

    async def open(self, row: TaskRow) -> None:
        """Open a task."""


class DaySheet:
    """One day at a time; ``menu`` says what can be done with a task of its list."""

    def __init__(self, page: Host, menu: Callable[[TaskRow], Sequence[Item]]) -> None:
        self.page, self._task_menu = page, menu
        self._day: date | None = None
        self._parts: DialogParts | None = None
        self._list: TaskList | None = None

    async def open(self, day: date) -> None:
        """Show what is due on a day, one at a time: a second press before it stands there means nothing new."""
        if self._day is not None:
            return
        self._day = day
        with telling():
            try:
                found = await self._ask(day)
            finally:
                self._day = None
            self._day, self._list = day, None
            with self.page.place, dialog(times.long_date(day, live.viewer()), width="normal") as parts:
                self._note = text("", "mc-cap", tag="p")
            self._parts = parts
            parts.window.on("hide", self._closed)
            with parts.foot:
                button(_("Close"), kind="ghost", on_click=parts.window.close)
                if live.viewer().can(Permission.TASK_WRITE):
                    button(_("New task"), icon="plus", on_click=lambda: self.page.add(day=day))
            self._draw(found.days[0], found.today)
            parts.window.open()

    async def refresh(self) -> None:
        """Ask again for the day that is open, if one is."""
        if self._day is None or self._parts is None:
            return
        day = self._day
        found = await self._ask(day)
        if self._parts is not None and self._day == day:
            self._draw(found.days[0], found.today)

    async def _ask(self, day: date) -> TaskCalendar:
        return await live.read(tasks.get_task_calendar, day, 1, self.page.view.mine, self.page.view.narrowing, most=MOST)

    def _draw(self, found: CalendarDay, today: date) -> None:
        assert self._parts is not None
        due = found.open + found.closed
        self._note.set_text(
            _("The first %s are shown.") % words.number(MOST) if due > MOST else "" if due else _("Nothing is due on this day.")
        )
        if self._list is not None:
            self._list.show(found.rows, today, MOST)
        elif found.rows:
            with self._parts.body:
                self._list = TaskList(
                    found.rows, today, live.viewer(), on_toggle=self._toggle, on_open=self.page.open, menu=self._task_menu, first=MOST, project=True
                )

    async def _toggle(self, row: TaskRow) -> None:
        await acts.toggle_task(row, self.page.refresh)

    def _closed(self) -> None:
        if self._parts is not None:
            self._parts.window.delete()
        self._day = self._parts = self._list = None
