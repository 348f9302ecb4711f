"""Setting and changing goals, and the quick check-in. The record, the dashboard and the page of goals open them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from crm_app.components import goal_words, live, words
from crm_app.components.conflicts import settle
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.keys import CTRL_ENTER
from crm_app.components.text import block
from crm_app.domain.errors import Conflict
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.rules import read_amount
from crm_app.domain.goals.schemas import CheckInCreate, GoalCreate, GoalRow
from crm_app.domain.i18n import _
from crm_app.pages.acts import offer_undo

Refresh = Callable[[], Awaitable[Any]]


async def check_in_quickly(goal: GoalRow, typed: str, refresh: Refresh) -> bool:
    """Write down what was typed into the one field, for today; False when it could not be, so that the text stays where it is."""
    written = False
    if typed.strip():
        with telling():
            value = read_amount(typed, goal.current_value)
            outcome = await live.change(goals.check_in, goal.id, CheckInCreate(value=value))
            written = True
            offer_undo(outcome, _("%(goal)s: %(value)s") % {"goal": goal.title, "value": goal_words.amount(value, goal.unit)}, refresh)
            await refresh()
    return written


def new_goal(refresh: Refresh, contact_id: UUID | None = None) -> None:
    """Set a goal, for a contact or for the practice."""
    GoalEditor(Draft(GoalCreate), refresh, contact_id=contact_id).open()


class GoalEditor:
    """One open dialog over one draft."""

    def __init__(self, draft: Draft[Any], refresh: Refresh, *, contact_id: UUID | None = None, row: GoalRow | None = None) -> None:
        self.draft, self.refresh, self.contact_id, self.row = draft, refresh, contact_id, row

    def open(self) -> None:
        """Lay the dialog out and show it."""
        with dialog(_("Goal") if self.row else _("New goal")) as self.parts:
            self._fields()
        window = self.parts.window
        with self.parts.foot:
            block("mc-grow")
            button(_("Cancel"), kind="ghost", on_click=window.close)
            self.act = button(_("Save") if self.row else _("Set goal"), kind="primary", on_click=self.save, key="Ctrl ⏎")
        window.on("hide", window.delete)
        window.on("keydown", self.save, js_handler=CTRL_ENTER)
        window.open()

    def _fields(self) -> None:
        with block("mc-form-grid"):
            with block("mc-span"):
                field(self.draft, "title", placeholder=_("Sleep 7 h on weekdays")).props("autofocus").on("keydown.enter", self.save)
            field(self.draft, "start_value", hint=_("Where it stands now")).props("step=any")
            field(self.draft, "target_value", hint=_("Less than the start for what should fall")).props("step=any")
            field(self.draft, "unit", placeholder=_("h, kg, clients"))
            field(self.draft, "rhythm", options=goal_words.rhythms()).props(remove="clearable")
            field(self.draft, "starts_on", hint="" if self.row else _("Today, unless you choose a day"))
            field(self.draft, "deadline")
            owner = self.row is None or self.row.owner_id == live.viewer().user_id
            if owner and self.contact_id is None and (self.row is None or self.row.contact_id is None):
                field(self.draft, "audience", options=words.audiences()).props(remove="clearable")
            with block("mc-span"):
                field(self.draft, "note")

    async def save(self) -> None:
        """Write what was typed; a newer state of the goal is shown first."""
        extra = {"version": self.row.version} if self.row else {"contact_id": self.contact_id}
        data = self.draft.validated(**extra)
        if data is None:
            return
        with telling(self.draft), busy(self.act):
            try:
                outcome = await (live.change(goals.update_goal, self.row.id, data) if self.row else live.change(goals.create_goal, data))
            except Conflict:
                await self._conflict()
                return
            self.parts.window.close()
            offer_undo(outcome, _("Goal saved") if self.row else _("Goal set"), self.refresh)
            await self.refresh()

    async def _conflict(self) -> None:
        assert self.row is not None
        theirs = await live.read(goals.get_goal, self.row.id)
        keep_mine = await settle(self.parts.window, self.draft, theirs)
        if keep_mine is not None:
            self.row = theirs
            await (self.save() if keep_mine else self.refresh())
