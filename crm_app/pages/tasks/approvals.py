"""What waits for approval, above the list of one's own tasks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from nicegui import ui
from nicegui.element import Element

from crm_app.components import live
from crm_app.components.suggestion_rows import approval_rows, put_off_button
from crm_app.components.text import block
from crm_app.domain.permissions import Permission
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import SuggestionFilter, SuggestionView
from crm_app.pages import suggesting
from crm_app.pages.put_off import show_put_off
from crm_app.pages.tasks.view import TaskView

FIRST, MOST = 3, 50


class Approvals:
    """The latest of them; nothing stands there where none wait, or where other tasks are looked at."""

    def __init__(self, view: Callable[[], TaskView], refresh: Callable[..., Awaitable[Any]], place: Element | None) -> None:
        self._view, self._refresh, self._place = view, refresh, place
        self.waiting: tuple[SuggestionView, ...] = ()
        self.total, self.put_off, self.most = 0, 0, FIRST
        self.picks = suggesting.picks(refresh)
        live.on(("suggestion",), refresh)

    def questions(self) -> list[tuple[Any, ...]]:
        """What to ask for with the tasks, if they are shown here and to this person: what ``take`` takes."""
        view = self._view()
        shown = view.mine and view.look == "list" and not (view.done or view.project_id or view.bucket)
        if not shown or not live.viewer().can(Permission.AI_USE):
            return []
        return [(suggestions.list_suggestions, SuggestionFilter(limit=self.most)), (suggestions.count_waiting,)]

    def take(self, answers: Sequence[Any]) -> None:
        """Keep the answers to ``questions``."""
        self.waiting, self.total, self.put_off = (), 0, 0
        if answers:
            page, (self.total, self.put_off) = answers
            self.waiting = page.suggestions

    @ui.refreshable_method
    def rows(self) -> None:
        """The block."""
        if self.waiting:
            with block("mc-tasks mc-tasks-head"):
                approval_rows(
                    self.waiting, self.total, picks=self.picks, approve=partial(suggesting.approve, refresh=self._refresh), preview=self._preview,
                    dismiss=partial(suggesting.reject, refresh=self._refresh), see_all=self._see_all, put_off=self.put_off, see_put_off=self._see_put_off,
                )  # fmt: skip
        elif self.put_off:
            with block("mc-tasks mc-tasks-head mc-only-put-off"):
                put_off_button(self.put_off, self._see_put_off)

    async def _preview(self, view: SuggestionView, *_event: Any) -> None:
        with self._place or ui.context.client.layout:
            suggesting.review(view, self._refresh)

    async def _see_all(self) -> None:
        self.most = MOST
        await self._refresh()

    async def _see_put_off(self) -> None:
        await show_put_off(self._refresh)
