"""Steps for a task, in its dialog: asked for, on their way, and then a suggestion to approve, edit or reject."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.ai.skills import helping
from crm_app.ai.skills.asking import of_task, order_analysis
from crm_app.ai.skills.cards import Standing
from crm_app.ai.skills.helping import PlanView
from crm_app.components import insight_card, live
from crm_app.components.guard import telling
from crm_app.components.money import Money
from crm_app.components.subscriptions import Changes
from crm_app.components.suggestion_card import SuggestionCard
from crm_app.components.text import block
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.tasks.schemas import Bucket
from crm_app.pages.briefing import frame_words, offer
from crm_app.pages.suggesting import deciding
from crm_app.pages.task_dialog.delegating import Delegating
from crm_app.pages.task_dialog.state import TaskState


class Planning:
    """What stands under the steps. Nobody sees it who may not use AI, and nothing is offered of a task that is done."""

    def __init__(self, state: TaskState, task_id: UUID, refresh: Callable[[], Awaitable[Any]]) -> None:
        self._state, self.task_id, self._refresh = state, task_id, refresh
        self.view: PlanView | None = None

    def show(self) -> None:
        """Make its place; it is filled as soon as the dialog stands."""
        if not (self._state.may_edit and live.viewer().can(Permission.AI_USE)):
            return
        self._over = ui.context.slot.parent
        self._place = block("mc-plan")
        live.on({"analysis": None, "suggestion": None, "task": {self.task_id}, "task_step": {self.task_id}}, self.load, own=True)
        ui.timer(0, self.load, once=True)

    async def load(self, _changes: Changes | None = None) -> None:
        """Ask how it stands; a task that is gone says so itself."""
        try:
            view = await live.read(helping.get_plan, self.task_id)
        except NotFound:
            return
        if view != self.view and not self._place.is_deleted:
            self.view = view
            with self._place.clear():
                self._draw(view)

    def _draw(self, view: PlanView) -> None:
        told = view.told
        if told.standing in (Standing.HIDDEN, Standing.OFF, Standing.UNREAD):
            return
        if told.making or (told.said is None and told.refusal):
            frame_words(told, _("Planning the task"), self.ask)
        elif told.said is None:
            self._offer(view, _("Plan in steps"))
        else:
            self._planned(view)

    def _planned(self, view: PlanView) -> None:
        told = view.told
        if view.suggestion is not None and view.suggestion.state in ("pending", "executed", "rejected"):
            SuggestionCard(view.suggestion, deciding(self._decided, self._over))
        elif len(told.said.steps) < 2:
            insight_card.points(_("It needs no steps"), [told.said.why], told.sources, None)
        if told.refusal:
            insight_card.refused(told.refusal, self.ask)
        if told.analysis:
            insight_card.made_line(told.analysis, Money(told.currency, told.rate), live.viewer(), None, making=told.making)
        if view.suggestion is None or view.suggestion.state != "pending" or view.changed:
            self._offer(view, _("Plan again"))

    def _offer(self, view: PlanView, label: str) -> None:
        if self._state.row is not None and self._state.row.bucket is not Bucket.DONE:
            offer(label, view, self.ask)

    async def ask(self) -> None:
        """Have it planned, anew if it was."""
        with telling():
            again = self.view is not None and self.view.told.analysis is not None
            await live.change(order_analysis, "planning", of_task(self.task_id), again)
        await self.load()

    async def _decided(self) -> None:
        await self._refresh()
        await self.load()


def show_help(state: TaskState, task_id: UUID, refresh: Callable[[], Awaitable[Any]]) -> None:
    """What the assistant can do about an open task: plan it, or draft what it asks for."""
    Planning(state, task_id, refresh).show()
    Delegating(state, task_id, refresh).show()
