"""What was done to a task, at the end of its dialog: asked for when it is opened there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from crm_app.components import live
from crm_app.components.elements import icon
from crm_app.components.guard import telling
from crm_app.components.text import attributes, block, text
from crm_app.domain.changes import service as changes
from crm_app.domain.i18n import _
from crm_app.pages.history import HistoryList


class Activity:
    """A heading that unfolds the acts under it, each with who, when, and every field from what to what. ``refresh`` is called after an undo."""

    def __init__(self, task_id: UUID, refresh: Callable[[], Awaitable[Any]]) -> None:
        self.task_id, self._refresh = task_id, refresh
        self._unfolded = False

    def show(self) -> None:
        """The section, folded."""
        with block("mc-section-head mc-steps-head mc-activity"), block("mc-section", tag="h3"), block("mc-fold mc-section", tag="button") as self._head:
            icon("chevron-right", 14)
            text(_("Activity"))
        attributes(self._head, type="button", aria_expanded="false").on("click", self._fold)
        self._place = block()

    async def _fold(self) -> None:
        self._unfolded = not self._unfolded
        attributes(self._head, aria_expanded="true" if self._unfolded else "false")
        self._place.clear()
        if not self._unfolded:
            return
        with telling():
            page = await live.read(changes.list_history, "task", self.task_id)
            if self._unfolded and not self._place.is_deleted:
                self._place.clear()
                with self._place:
                    HistoryList("task", self.task_id, self._refresh).draw(page)
