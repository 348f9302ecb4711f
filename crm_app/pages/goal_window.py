"""One goal in a dialog: how it stands, its chart, its check-ins, and a line to check in on any day with a note."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import goal_words, live, times
from crm_app.components.dialog import DialogParts, dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import button, icon_button, pill
from crm_app.components.fields import field
from crm_app.components.goal_chart import goal_chart
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line
from crm_app.components.text import block, text
from crm_app.domain.days import today_of
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import CheckInCreate, CheckInRow, CheckInUpdate, GoalRecord, GoalRow, GoalUpdate
from crm_app.domain.i18n import _
from crm_app.pages.acts import offer_undo
from crm_app.pages.goal_editing import GoalEditor
from crm_app.pages.history import show_history

Refresh = Callable[[], Awaitable[Any]]


async def look_at_goal(goal_id: UUID, refresh: Refresh) -> None:
    """Open a goal with its chart and check-ins."""
    with telling():
        GoalWindow(await live.read(goals.get_goal_record, goal_id), refresh).open()


class GoalWindow:
    """A goal with its chart, its check-ins, and a line to check in on any day with a note."""

    def __init__(self, record: GoalRecord, refresh: Refresh) -> None:
        self.record, self._outer = record, refresh

    def open(self) -> None:
        """Lay the dialog out and show it."""
        with dialog(self.record.goal.title) as self.parts:
            self.body()
        window = self.parts.window
        with self.parts.foot:
            self._foot(self.parts)
        window.on("hide", window.delete)
        window.open()

    async def refresh(self) -> None:
        """Ask again, and redraw what lies beneath."""
        self.record = await live.read(goals.get_goal_record, self.record.goal.id)
        if not self.parts.window.is_deleted:
            self.body.refresh()
        await self._outer()

    @ui.refreshable_method
    def body(self) -> None:
        """How it stands, drawn and listed."""
        goal, actor = self.record.goal, live.viewer()
        with block("mc-goal-facts"):
            text(goal_words.so_far(goal), "mc-strong mc-num")
            text(goal_words.percent(goal), "mc-num")
            text(goal_words.states()[goal.state], f"mc-strong {goal_words.TONES[goal.state]}")
            for said in (goal_words.deadline(goal, actor), goal_words.streak(goal), goal.contact_name):
                if said:
                    text(said, "mc-ink-3")
            if goal.archived_at:
                pill(_("Archived"), icon_name="archive")
        if goal.note:
            text(goal.note, "mc-read mc-ink-2", tag="p")
        goal_chart(goal, self.record.check_ins, today_of(actor), actor)
        if goal.may_edit and not goal.archived_at:
            self._new_check_in(goal)
        if not self.record.check_ins:
            empty_line(_("No check-ins yet."))
            return
        with block("mc-check-ins", tag="table"):
            with block(tag="tr"):
                for head in (_("Day"), _("Value"), _("Note"), ""):
                    text(head, tag="th")
            for row in self.record.check_ins:
                self._check_in(row, goal)

    def _new_check_in(self, goal: GoalRow) -> None:
        draft = Draft(CheckInCreate, day=today_of(live.viewer()))
        with block("mc-goal-new"):
            value = field(draft, "value", label=_("Value, %s") % goal.unit if goal.unit else None).props("step=any autofocus")
            value.on("keydown.enter", partial(self.write, draft))
            field(draft, "day")
            field(draft, "note", long=False).on("keydown.enter", partial(self.write, draft))
            button(_("Check in"), kind="primary", on_click=partial(self.write, draft))

    def _check_in(self, row: CheckInRow, goal: GoalRow) -> None:
        actor = live.viewer()
        with block(tag="tr"):
            text(times.short_date(row.day, actor), "mc-num", tag="td")
            text(goal_words.amount(row.value, goal.unit), "mc-num", tag="td")
            said = " · ".join(part for part in (row.note, row.author_name if row.author_id != actor.user_id else "") if part)
            text(said, "mc-ink-2", tag="td")
            with block(tag="td"):
                if goal.may_edit:
                    with block("mc-row mc-gap-4"):
                        icon_button("pencil", _("Edit the check-in of %s") % times.short_date(row.day, actor), height=24, on_click=partial(self.edit_check_in, row))
                        icon_button("trash-2", _("Delete the check-in of %s") % times.short_date(row.day, actor), height=24, on_click=partial(self.remove, row))

    def _foot(self, parts: DialogParts) -> None:
        goal = self.record.goal
        if goal.may_delete:
            button(_("Delete"), kind="danger", icon="trash-2", on_click=self.delete)
        if goal.may_edit:
            archived = goal.archived_at is not None
            button(_("Bring back") if archived else _("Archive"), kind="ghost", icon="archive-restore" if archived else "archive", on_click=self.archive)
        icon_button("history", _("History"), on_click=lambda: show_history("goal", goal.id, self.refresh))
        block("mc-grow")
        button(_("Close"), kind="ghost", on_click=parts.window.close)
        if goal.may_edit:
            button(_("Edit"), icon="pencil", on_click=self.edit)

    async def write(self, draft: Draft[CheckInCreate]) -> None:
        """Check in with what was typed."""
        data = draft.validated()
        if data is None:
            return
        with telling(draft):
            outcome = await live.change(goals.check_in, self.record.goal.id, data)
            offer_undo(outcome, _("Checked in"), self.refresh)
            await self.refresh()

    def edit_check_in(self, row: CheckInRow) -> None:
        """Change a check-in in a dialog of its own."""
        draft = Draft(CheckInUpdate, row)
        with dialog(_("Check-in"), width="narrow") as parts:
            field(draft, "value").props("step=any autofocus")
            field(draft, "day")
            field(draft, "note")
        parts.window.on("hide", parts.window.delete)

        async def save() -> None:
            data = draft.validated(version=row.version)
            if data is None:
                return
            with telling(draft):
                outcome = await live.change(goals.update_check_in, row.id, data)
                parts.window.close()
                offer_undo(outcome, _("Check-in saved"), self.refresh)
                await self.refresh()

        with parts.foot:
            button(_("Cancel"), kind="ghost", on_click=parts.window.close)
            button(_("Save"), kind="primary", on_click=save)
        parts.window.open()

    async def remove(self, row: CheckInRow) -> None:
        """Take a check-in away."""
        with telling():
            outcome = await live.change(goals.delete_check_in, row.id)
            offer_undo(outcome, _("Check-in deleted"), self.refresh)
            await self.refresh()

    def edit(self) -> None:
        """Change the goal itself."""
        self.parts.window.close()
        GoalEditor(Draft(GoalUpdate, self.record.goal), self._outer, row=self.record.goal).open()

    async def archive(self) -> None:
        """Put it away, or take it up again."""
        with telling():
            archived = self.record.goal.archived_at is not None
            outcome = await live.change(goals.unarchive_goals if archived else goals.archive_goals, [self.record.goal.id])
            self.parts.window.close()
            offer_undo(outcome, _("Brought back") if archived else _("Archived"), self._outer)
            await self._outer()

    async def delete(self) -> None:
        """Put it in the trash."""
        with telling():
            outcome = await live.change(goals.delete_goals, [self.record.goal.id])
            self.parts.window.close()
            offer_undo(outcome, _("Goal deleted"), self._outer)
            await self._outer()
