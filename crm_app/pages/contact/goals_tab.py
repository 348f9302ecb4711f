"""A contact's goals in the stream's place: each with its chart and its latest check-ins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from crm_app.components import goal_words, live, times
from crm_app.components.elements import button, pill
from crm_app.components.goal_chart import goal_chart
from crm_app.components.page_parts import empty_line
from crm_app.components.text import block, text
from crm_app.domain.days import today_of
from crm_app.domain.goals.schemas import GoalRecord
from crm_app.domain.i18n import _
from crm_app.pages.goal_window import look_at_goal

LATEST = 4


def draw_goals(records: Sequence[GoalRecord], refresh: Callable[[], Awaitable[Any]]) -> None:
    """One card for each goal, those in the archive last. Opening one shows all of its check-ins."""
    if not records:
        empty_line(_("No goals yet. Set one with the plus beside “Goals”."))
    for record in records:
        _goal(record, refresh)


def _goal(record: GoalRecord, refresh: Callable[[], Awaitable[Any]]) -> None:
    goal, actor = record.goal, live.viewer()
    with block("mc-goal-card", tag="article"):
        with block("mc-row mc-gap-8"):
            text(goal.title, "mc-section mc-truncate mc-grow", tag="h3")
            if goal.archived_at:
                pill(_("Archived"), icon_name="archive")
            button(_("All check-ins"), kind="ghost", height=28, on_click=partial(look_at_goal, goal.id, refresh))
        with block("mc-goal-facts"):
            text(goal_words.so_far(goal), "mc-strong mc-num")
            text(goal_words.percent(goal), "mc-num")
            text(goal_words.states()[goal.state], f"mc-strong {goal_words.TONES[goal.state]}")
            for said in (goal_words.deadline(goal, actor), goal_words.streak(goal)):
                if said:
                    text(said, "mc-ink-3")
        goal_chart(goal, record.check_ins, today_of(actor), actor)
        for row in record.check_ins[:LATEST]:
            with block("mc-row mc-gap-8 mc-goal-line"):
                text(times.short_date(row.day, actor), "mc-cap mc-num")
                text(goal_words.amount(row.value, goal.unit), "mc-num")
                text(row.note, "mc-ink-2 mc-truncate mc-grow")
