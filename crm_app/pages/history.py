"""The history of one record in a dialog, read when it is opened: who changed what, and undo from there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components import feedback, live
from crm_app.components.dialog import confirm, dialog
from crm_app.components.elements import button
from crm_app.components.guard import telling
from crm_app.components.history_parts import history_act
from crm_app.components.page_parts import empty_line
from crm_app.components.text import block
from crm_app.components.words import number
from crm_app.domain.changes import service as changes
from crm_app.domain.changes.schemas import HistoryAct, HistoryPage
from crm_app.domain.i18n import _

Refresh = Callable[[], Awaitable[Any]]


FIRST = 20
# In which tables something is told of by the id of the record: its own, and what hangs on it.
HANGING = {
    "contact": (
        "contact", "contact_point", "contact_tag", "contact_sensitive", "task_contact", "interaction_contact", "goal", "goal_check_in", "programme",
        "document",
    ),
    "task": ("task", "task_step", "task_tag", "task_time"), "interaction": ("interaction",), "project": ("project",),
}  # fmt: skip
# And in which by another one: a link's change stands under its contact, a contact's goal too.
ELSEWHERE = {"task": ("task_contact",), "goal": ("goal", "goal_check_in")}


async def show_history(subject: str, row_id: UUID, refresh: Refresh) -> None:
    """Open the history of a contact, an entry, a task, a project or a goal. ``refresh`` draws the page anew after something was taken back."""
    with telling():
        page = await live.read(changes.list_history, subject, row_id)
        with ui.context.client, dialog(_("History")) as parts:
            HistoryList(subject, row_id, refresh).draw(page)
        parts.window.on("hide", parts.window.delete)
        with parts.foot:
            button(_("Close"), kind="ghost", on_click=parts.window.close)
        parts.window.open()


class HistoryList:
    """The acts on one record, in whatever is open while it is drawn. Further ones appear in it as they happen."""

    body: Element
    end: Element

    def __init__(self, subject: str, row_id: UUID, refresh: Refresh) -> None:
        self.subject, self.row_id, self.refresh = subject, row_id, refresh
        self.cursor: str | None = None
        self.shown = 0

    def draw(self, page: HistoryPage) -> None:
        """Show a first page, and stay in step with what follows."""
        self.body = block("mc-acts")
        self.end = block("mc-stream-end")
        with self.body:  # goes with it, however often the list is drawn
            live.on({**dict.fromkeys(HANGING.get(self.subject, ()), {self.row_id}), **dict.fromkeys(ELSEWHERE.get(self.subject, ()))}, self.again, own=True)
        self.fill(page)

    def fill(self, page: HistoryPage) -> None:
        """Show a first page."""
        self.body.clear()
        self.shown = 0
        if not page.acts:
            with self.body:
                empty_line(_("Nothing has been changed since it was written down here."))
        self.grow(page)

    def grow(self, page: HistoryPage) -> None:
        """Add older acts at the end."""
        with self.body:
            for act in page.acts:
                history_act(act, page, live.viewer(), self.subject, self.undo)
        self.cursor = page.next_cursor
        self.shown += len(page.acts)
        self.end.clear()
        if self.cursor:
            with self.end:
                button(_("Show older"), kind="ghost", icon="chevron-down", on_click=self.more)

    async def again(self, *_changes: object) -> None:
        """From the top, and as far as it was shown."""
        with telling():
            self.fill(await live.read(changes.list_history, self.subject, self.row_id, None, max(FIRST, self.shown)))

    async def more(self) -> None:
        """Older acts."""
        with telling():
            self.grow(await live.read(changes.list_history, self.subject, self.row_id, self.cursor))

    async def undo(self, act: HistoryAct) -> None:
        """Take an act back; one that touched more than this record says so first."""
        with telling():
            if act.records > 1:
                said = _("This was done to %s records at once. All of it is taken back, or nothing.") % number(act.records)
                if not await confirm(_("Undo all of it?"), said, act=_("Undo")):
                    return
            await live.change(changes.undo_change_set, act.change_set_id)
            feedback.toast(_("Undone"))
            await self.again()
            await self.refresh()
