"""Goals as rows: with a bar on a record, with a ring on the dashboard and on their own page. Each takes a check-in in its place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from nicegui import Client, ui
from nicegui.element import Element

from crm_app.components import goal_words
from crm_app.components.charts import ring
from crm_app.components.elements import button, progress, tooltip
from crm_app.components.text import attributes, block, text
from crm_app.domain.actor import Actor
from crm_app.domain.goals.schemas import GoalRow, State
from crm_app.domain.i18n import _

CheckIn = Callable[[GoalRow, str], Awaitable[bool]]
"""Takes what was typed; True when it was written down."""
OnGoal = Callable[[GoalRow], Any]


@dataclass(slots=True)
class _Half:
    """A field that is open: what is typed in it so far, and whether the cursor is there."""

    typed: str = ""
    writing: bool = True


_open: WeakKeyDictionary[Client, dict[UUID, _Half]] = WeakKeyDictionary()
"""The open fields of each tab: a list is drawn anew whenever somebody changed something, and what is half typed in it must not go."""


class CheckInField:
    """One field that a press opens: type how far it is (``6.5``, or ``+1``), Enter writes it down, Escape puts it away.

    Drawn anew it is as it was left: open, with what is half typed and the cursor.
    """

    def __init__(self, goal: GoalRow, write: CheckIn) -> None:
        self.goal, self._write = goal, write
        self._halves = _open.setdefault(ui.context.client, {})
        half = self._halves.get(goal.id)
        with block("mc-check-in") as self.element:
            now = goal_words.figure(goal.current_value)
            self.field = ui.input(value=half.typed if half else "", placeholder=_("Now %s; type how far, or +1") % now).classes("mc-field mc-grow")
            self.field.props("maxlength=20 autocomplete=off inputmode=decimal")
            if goal.unit:
                text(goal.unit, "mc-cap")
        attributes(self.field, aria_label=_("How far: %s") % goal.title)
        self.field.on_value_change(self._typed)
        self.field.on("focus", lambda: self._holds(True))
        self.field.on("blur", lambda: self._holds(False))
        self.field.on("keydown.enter", self._enter)
        self.field.on("keydown.escape.stop", self.close)
        self.element.set_visibility(half is not None)
        if half is not None and half.writing:
            self.field.run_method("focus")

    def toggle(self) -> None:
        """Open it and put the cursor in, or put it away."""
        if self.element.visible:
            self.close()
            return
        self._halves[self.goal.id] = _Half(self.field.value or "")
        self.element.set_visibility(True)
        self.field.run_method("focus")

    def close(self) -> None:
        """Put it away."""
        self._halves.pop(self.goal.id, None)
        self.element.set_visibility(False)

    def _typed(self) -> None:
        if half := self._halves.get(self.goal.id):
            half.typed = self.field.value or ""

    def _holds(self, writing: bool) -> None:
        if half := self._halves.get(self.goal.id):
            half.writing = writing

    async def _enter(self) -> None:
        half = self._halves.pop(self.goal.id, None)  # written down it is closed, also where it is drawn anew before this comes back
        if await self._write(self.goal, self.field.value or ""):
            if not self.field.is_deleted:
                self.field.set_value("")
                self.close()
        elif half is not None:
            self._halves[self.goal.id] = half


def goal_bars(goals: Sequence[GoalRow], actor: Actor, *, on_check_in: CheckIn, on_open: OnGoal) -> None:
    """Title, how far, and a bar for each, as on a contact's record. What is behind its time says so."""
    for goal in goals:
        with block("mc-goal"):
            with block("mc-row mc-gap-8"):
                _title(goal, on_open)
                if goal.state in (State.AT_RISK, State.OFF_TRACK, State.REACHED):
                    text(goal_words.states()[goal.state], f"mc-cap mc-nowrap {goal_words.TONES[goal.state]}")
                opener = _opener(goal)
                text(goal_words.short(goal), "mc-cap mc-num mc-nowrap mc-ink-2")
            progress(goal.progress, goal_words.sentence(goal, actor), thick=True)
            _wire(goal, opener, on_check_in)


def goal_rings(goals: Sequence[GoalRow], actor: Actor, *, on_check_in: CheckIn, on_open: OnGoal, person: bool = False) -> None:
    """Ring, title, "42 of 60 · on track" and the share for each, as on the dashboard. With ``person`` a contact's goal names its contact."""
    for goal in goals:
        with block("mc-goal mc-goal-ring"):
            with block("mc-row mc-gap-10"):
                ring(goal.progress, label=goal_words.sentence(goal, actor))
                with block("mc-grow mc-truncate"):
                    _title(goal, on_open).classes("mc-strong mc-block")
                    with block("mc-cap mc-truncate"):
                        text(goal_words.so_far(goal) + " · ")
                        text(goal_words.states()[goal.state], goal_words.TONES[goal.state])
                        for more in (goal.contact_name if person else "", goal_words.streak(goal)):
                            if more:
                                text(f" · {more}")
                opener = _opener(goal)
                text(goal_words.percent(goal), "mc-strong mc-num mc-nowrap")
            _wire(goal, opener, on_check_in)


def _title(goal: GoalRow, on_open: OnGoal) -> Element:
    title = text(goal.title, "mc-goal-title mc-truncate mc-grow", tag="button").on("click", lambda: on_open(goal))
    return attributes(title, type="button", title=goal.title)


def _opener(goal: GoalRow) -> ui.button | None:
    if not goal.may_edit or goal.archived_at:
        return None
    waits = goal.due and goal.state is not State.REACHED
    opener = button(icon="plus", kind="ghost", height=24).classes("mc-square mc-goal-in" + ("" if waits else " mc-reveal"))
    with opener:
        tooltip(_("Check in")).props.update({"anchor": "top middle", "self": "bottom middle"})  # above: the field opens beneath
    attributes(opener, aria_label=_("Check in: %s") % goal.title)
    return opener


def _wire(goal: GoalRow, opener: ui.button | None, on_check_in: CheckIn) -> None:
    if opener is not None:
        field = CheckInField(goal, on_check_in)
        opener.on_click(field.toggle)
