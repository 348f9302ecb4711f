"""The tasks as a board by status: a card that is moved to another column has another status."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.components import live, words
from crm_app.components.board import Board, BoardColumn, task_card
from crm_app.components.guard import telling
from crm_app.components.menus import menu_item, menu_rule, menu_title
from crm_app.components.pop_menu import CheckItem, PopMenu
from crm_app.components.text import block
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.models import Status
from crm_app.domain.tasks.schemas import StatusBoard, StatusColumn, TaskChange, TaskRow
from crm_app.pages.acts import delete_task, offer_undo
from crm_app.pages.frame import key_of
from crm_app.pages.postponing import days_ahead, move_to_day
from crm_app.pages.tasks.ordering import place, steps_of
from crm_app.pages.tasks.view import TaskView

HUES = {Status.PENDING: "slate", Status.IN_PROGRESS: "teal", Status.WAITING_APPROVAL: "indigo", Status.COMPLETED: "green"}
MORE = 30
Refresh = Callable[[], Awaitable[Any]]


class TaskBoardView:
    """The board; ``refresh`` asks for all of it again, ``open_task`` opens one and ``add`` begins one in a status."""

    def __init__(self, refresh: Refresh, open_task: Callable[[TaskRow], Awaitable[Any]], add: Callable[[Status], Awaitable[Any]]) -> None:
        self._refresh, self._open, self._add = refresh, open_task, add
        self.sizes: dict[str, int] = {}
        self._rows: dict[str, TaskRow] = {}
        self._columns: dict[str, tuple[TaskRow, ...]] = {}

    def build(self) -> None:
        """Make the board, empty."""
        may_write = live.viewer().can(Permission.TASK_WRITE)
        with block("mc-board-place mc-task-board"):
            self._board = Board(
                movable=may_write, on_move=self._moved, on_menu=self._open_menu, on_more=self._more, on_pick=self._pick,
                on_add=(lambda status: self._add(Status(status))) if may_write else None, said={"none": _("Nothing here"), "add": _("Add a task")},
                on_place=self._place if may_write else None,
            )  # fmt: skip
            self._menu = PopMenu()

    def question(self, view: TaskView) -> tuple[Any, ...]:
        """What is asked of the server: as many cards as are open now."""
        return tasks.get_status_board, view.mine, view.narrowing, tuple(sorted(self.sizes.items()))

    def show(self, found: StatusBoard) -> None:
        """Put the answer onto the page."""
        self._columns = {column.status.value: column.rows for column in found.columns}
        self._rows = {str(row.id): row for column in found.columns for row in column.rows}
        self._board.show([self._column(column, found) for column in found.columns])

    def _column(self, column: StatusColumn, found: StatusBoard) -> BoardColumn:
        self.sizes[column.status.value] = max(MORE, len(column.rows))
        count = words.number(column.total) + ("+" if column.total_is_capped else "")
        cards = [task_card(row, live.viewer(), found.today) for row in column.rows]
        more = column.total_is_capped or column.total > len(column.rows)
        return BoardColumn(column.status.value, words.statuses()[column.status.value], HUES[column.status], count, cards, more and len(cards) < tasks.MOST_SHOWN)

    async def _more(self, status: str) -> None:
        if status in self.sizes:
            self.sizes[status] += MORE
            await self._refresh()

    async def _moved(self, key: str, _from: str, to: str) -> None:
        with telling():
            await self._move(key_of(key), to)

    async def _move(self, task_id: UUID, status: str) -> None:
        try:
            with telling():
                outcome = await live.change(tasks.change_tasks, [task_id], TaskChange.model_validate({"status": status}))
                offer_undo(outcome, _("Moved to %s") % words.statuses()[status], self._refresh)
        finally:
            await self._refresh()  # also when it was refused: the card goes back to where it belongs

    async def _place(self, key: str, beside: str, after: bool) -> None:
        """A card was put somewhere else in its column."""
        await place(next((rows for rows in self._columns.values() if key in {str(row.id) for row in rows}), ()), key, beside, after, self._refresh)

    async def _open_menu(self, key: str, status: str, at: str) -> None:
        row = self._rows.get(key)
        if row is not None:
            with telling():
                await self._menu.open(at, partial(self._fill_menu, row, status))

    def _fill_menu(self, row: TaskRow, status: str) -> None:
        menu_item(_("Open"), partial(self._open, row), icon_name="pencil")
        if not row.may_edit:
            return
        rows = self._columns.get(status, ())
        here = next((place for place, one in enumerate(rows) if one.id == row.id), None)
        for label, icon, act in steps_of(rows, here, self._refresh) if here is not None else ():
            menu_item(label, act, icon_name=icon)
        menu_rule()
        menu_title(_("Move to"))
        for each in (Status.PENDING, Status.IN_PROGRESS, Status.COMPLETED):
            dot = partial(block, f"mc-dot mc-hue-{HUES[each]}", tag="span")
            CheckItem(words.statuses()[each.value], each.value == status, partial(self._move, row.id, each.value), single=True, before=dot)
        if status != Status.COMPLETED.value:
            menu_rule()
            for label, day in days_ahead():
                menu_item(_("Due: %s") % label, partial(move_to_day, row, day, self._refresh), icon_name="calendar")
        if row.may_delete:
            menu_item(_("Delete"), partial(delete_task, row, self._refresh), icon_name="trash-2", danger=True)

    async def _pick(self, key: str, _status: str) -> None:
        row = self._rows.get(key)
        if row is not None:
            await self._open(row)
