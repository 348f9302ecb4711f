"""Letting the assistant draft a task, at the end of its dialog: a switch, how far it is, the draft to review, and why none came."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.ai import delegating
from crm_app.components import live
from crm_app.components.elements import button, icon
from crm_app.components.fields import switch
from crm_app.components.following import run_apart
from crm_app.components.guard import telling
from crm_app.components.money import Money
from crm_app.components.subscriptions import Changes
from crm_app.components.text import attributes, block, text
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import SettingsView
from crm_app.domain.delegations import service as delegations
from crm_app.domain.delegations.models import DelegationState
from crm_app.domain.delegations.schemas import DelegationView, Step
from crm_app.domain.errors import CrmError, Forbidden, NotFound
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.permissions import Permission
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.tasks.schemas import Bucket
from crm_app.pages import suggesting
from crm_app.pages.task_dialog.state import TaskState


class Delegating:
    """The box. Nobody sees it who may not use AI, and nothing is offered while the team has it switched off."""

    def __init__(self, state: TaskState, task_id: UUID, refresh: Callable[[], Awaitable[Any]]) -> None:
        self._state, self.task_id, self._refresh = state, task_id, refresh
        self.found: DelegationView | None = None
        self._settings: SettingsView

    def show(self) -> None:
        """Make its place; it is filled as soon as the dialog stands."""
        if not (self._state.may_edit and live.viewer().can(Permission.AI_USE)):
            return
        self._over = ui.context.slot.parent
        self._place = block()
        live.on({"delegation": {self.task_id}}, self.load)
        ui.timer(0, self.load, once=True)

    async def load(self, _changes: Changes | None = None) -> None:
        """Ask how far it is."""
        with telling():
            self._settings = await live.read(ai.get_settings)
            try:
                self.found = await live.read(delegations.get_delegation, self.task_id)
            except NotFound:
                self.found = None
            if not self._place.is_deleted:
                self._place.clear()
                with self._place:
                    self._draw()

    def _draw(self) -> None:
        state = self.found.state if self.found else None
        if state is DelegationState.WORKING:
            self._working()
        elif state is DelegationState.WAITING:
            self._box(_("A draft waits for your approval"), _("Nothing is changed or sent before you say so."), (_("Review"), self._review), self.found)
        elif self._settings.enabled and self._state.row is not None and self._state.row.bucket is not Bucket.DONE:
            if state is DelegationState.FAILED and self.found:
                self._box(_("The assistant could not draft this"), self.found.reason, (_("Try again"), self._begin), None)
            else:
                self._offer()
                ui.timer(0, self._reckon, once=True)

    def _offer(self) -> None:
        with block("mc-delegate"):
            icon("sparkles", 18, "mc-ai-ink")
            with block("mc-grow"):
                text(_("Let the assistant draft this"), "mc-strong", tag="p")
                text(_("It will prepare a draft for you to approve. Nothing is shared by itself."), "mc-cap mc-ink-2", tag="p")
                self._price = attributes(text("", "mc-cap mc-num", tag="p"), role="status")
            self._switch = attributes(switch("", on_change=self._begin), aria_label=_("Let the assistant draft this"))

    async def _reckon(self) -> None:
        """Say about what it costs before it is given, or what keeps it from being drafted."""
        money, who = Money(self._settings.currency, self._settings.rate), live.resolver()
        try:
            found = await run_apart(lambda: delegating.estimate_draft(who(), self.task_id))
            price = money.foreseen(found.usual_micros, found.most_micros)
            said, able = _("It costs %(price)s, asked of %(model)s.") % {"price": price, "model": found.model_label}, True
            if not found.most_micros:
                said = _("It costs nothing: %s is asked.") % found.model_label
        except CrmError as refusal:
            said, able = refusal.message, not isinstance(refusal, Forbidden)  # whoever does not agree will not meanwhile; a model may answer again
        if not self._place.is_deleted and not self._price.is_deleted:
            self._price.set_text(said)
            self._switch.set_enabled(able)

    def _working(self) -> None:
        self._box(_("The assistant is drafting this"), _("You can close this and go on; it will wait for your approval."), (_("Stop"), self._stop), self.found)

    def _box(self, title: str, said: str, act: tuple[str, Callable[[], Any]], found: DelegationView | None) -> None:
        with block("mc-delegate"):
            icon("sparkles", 18, "mc-ai-ink")
            with block("mc-grow"):
                text(title, "mc-strong", tag="p")
                text(said, "mc-cap mc-ink-2", tag="p")
                if found is not None:
                    self._steps(found)
            button(act[0], height=28, on_click=act[1])

    def _steps(self, found: DelegationView) -> None:
        with block("mc-delegate-steps") as steps:
            for number, step in enumerate(found.steps, start=1):
                under_way = found.state is DelegationState.WORKING and number == len(found.steps) and step.what == "asked"
                with block(tag="span"):
                    icon("ellipsis" if under_way else "check", 14, "mc-ai-ink")
                    text(_("Writing") if under_way else step_words(step, found))
        attributes(steps, role="status")

    async def _begin(self, *_event: Any) -> None:
        with telling():
            try:
                await live.change(delegations.delegate_task, self.task_id)
            finally:
                await self._refresh()
                await self.load()

    async def _stop(self) -> None:
        with telling():
            try:
                await live.change(delegations.cancel_delegation, self.task_id)
            finally:
                await self._refresh()
                await self.load()

    async def _review(self) -> None:
        if self.found is None or self.found.suggestion_id is None:
            return
        with telling():
            view = await live.read(suggestions.get_suggestion, self.found.suggestion_id)
            with self._over or ui.context.client.layout:
                suggesting.review(view, self._decided)

    async def _decided(self) -> None:
        await self._refresh()
        await self.load()


def step_words(step: Step, found: DelegationView) -> str:
    """What a step was."""
    if step.what == "read":
        return ngettext("Read %d record", "Read %d records", step.count) % step.count if step.count else _("Read the task")
    if step.what == "asked":
        return _("Asked %s") % found.model_label if found.model_label else _("Asked a model")
    return _("Wrote a draft")
