"""The contact list as a board by stage: a card that is moved to another column changes the contact's stage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, cast
from uuid import UUID

from nicegui import ui

from crm_app.components import live, theme, words
from crm_app.components.board import Board, BoardColumn
from crm_app.components.guard import telling
from crm_app.components.menus import menu_link, menu_rule, menu_title
from crm_app.components.pop_menu import CheckItem, PopMenu
from crm_app.components.text import block
from crm_app.domain.contacts import bulk
from crm_app.domain.contacts import schemas as seen
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import Stage
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.pages.acts import offer_undo
from crm_app.pages.contacts.rows import board_card
from crm_app.pages.frame import key_of
from crm_app.pages.list_state import ListState, record_address

COLUMN_SIZE = 30


def board_question(state: ListState, sizes: Mapping[str, int]) -> tuple[Any, ...]:
    """What is asked of the server, as the live bridge takes it: as many cards as are open now."""
    wanted = state.to_filter(live.viewer()).model_copy(update={"after": None, "limit": COLUMN_SIZE})
    return contacts.get_board, wanted, {stage: max(COLUMN_SIZE, size) for stage, size in sizes.items()}


class ContactBoard:
    """The board over the list's state; ``refresh`` asks for all of it again."""

    def __init__(self, state: Callable[[], ListState], refresh: Callable[[], Awaitable[Any]], add: Callable[[str], Awaitable[Any]]) -> None:
        self._state = state
        self._refresh = refresh
        self._cursors: dict[str, str | None] = {}
        may_write = live.viewer().can(Permission.CONTACT_WRITE)
        with block("mc-board-place") as self.element:
            self._board = Board(
                movable=may_write, on_move=self._moved, on_menu=self._open_menu, on_more=self._more, on_pick=self._pick, on_add=add if may_write else None
            )
            self._menu = PopMenu()

    @property
    def sizes(self) -> dict[str, int]:
        """How many cards each column shows."""
        return {column.key: len(column.cards) for column in self._board.columns}

    def show(self, view: seen.ContactBoard) -> None:
        """Put the answer onto the page."""
        self._cursors = {column.stage: column.next_cursor for column in view.columns}
        self._board.show([self._column(column) for column in view.columns])

    def _column(self, column: seen.BoardColumn) -> BoardColumn:
        count = words.number(column.total) + ("+" if column.total_is_capped else "")
        cards = [self._card(column.stage, row) for row in column.rows]
        return BoardColumn(column.stage, words.stages()[column.stage], theme.STAGE_HUES[column.stage], count, cards, column.next_cursor is not None)

    def _card(self, stage: str, row: seen.ContactRow) -> dict[str, Any]:
        return board_card(row, live.viewer(), replace(self._state(), column=stage))

    async def _more(self, stage: str) -> None:
        after = self._cursors.get(stage)
        if after is None:
            return
        with telling():
            asked = replace(self._state(), column=stage, after=after).to_filter(live.viewer())
            page = await live.read(contacts.list_contacts, asked.model_copy(update={"limit": COLUMN_SIZE}))
            self._cursors[stage] = page.next_cursor
            self._board.append(stage, [self._card(stage, row) for row in page.rows], page.next_cursor is not None)

    async def _moved(self, key: str, _from: str, to: str) -> None:
        with telling():
            await self._move(key_of(key), to)

    async def _move(self, contact_id: UUID, stage: str) -> None:
        try:
            with telling():
                outcome = await live.change(bulk.set_stage, [contact_id], cast(Stage, stage))
                offer_undo(outcome, _("Moved to %s") % words.stages()[stage], self._refresh)
        finally:
            await self._refresh()  # also when it was refused: the card goes back to where it belongs

    async def _open_menu(self, key: str, stage: str, at: str) -> None:
        with telling():
            await self._menu.open(at, partial(self._fill_menu, key_of(key), stage))

    def _fill_menu(self, contact_id: UUID, stage: str) -> None:
        menu_link(_("Open"), record_address(contact_id, replace(self._state(), column=stage)), icon_name="user")
        if not live.viewer().can(Permission.CONTACT_WRITE):
            return
        menu_rule()
        menu_title(_("Move to"))
        for key, label in words.stages().items():
            dot = partial(block, f"mc-dot mc-hue-{theme.STAGE_HUES[key]}", tag="span")
            CheckItem(label, key == stage, partial(self._move, contact_id, key), single=True, before=dot)

    def _pick(self, key: str, stage: str) -> None:
        with telling():
            ui.navigate.to(record_address(key_of(key), replace(self._state(), column=stage)))
