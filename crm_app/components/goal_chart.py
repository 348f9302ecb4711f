"""The check-ins of a goal over time, with its target and the way that was meant: SVG from tokens, and the same as a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from nicegui.element import Element

from crm_app.components import goal_words, times
from crm_app.components.logo import shape, svg
from crm_app.components.text import attributes, text
from crm_app.domain.actor import Actor
from crm_app.domain.goals.schemas import CheckInRow, GoalRow
from crm_app.domain.i18n import _, ngettext

WIDTH, HEIGHT = 480, 140
LEFT, RIGHT, TOP, BOTTOM = 4, 52, 14, 22


class Scale:
    """Days and values to places on the drawing; what falls on one day or has one value still has room."""

    def __init__(self, days: Sequence[date], values: Sequence[float]) -> None:
        self.first, self.last = min(days), max(max(days), min(days) + timedelta(days=1))
        self.low, self.high = min(values), max(values)
        self._span = (self.high - self.low) or 1.0

    def x(self, day: date) -> float:
        """From the left."""
        return LEFT + (day - self.first).days / (self.last - self.first).days * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """From the top."""
        return TOP + (self.high - value) / self._span * (HEIGHT - TOP - BOTTOM)


def goal_chart(goal: GoalRow, check_ins: Sequence[CheckInRow], today: date, actor: Actor) -> Element:
    """A line through the check-ins (the latest first), the target dashed, the way that was meant dotted. ``role=img`` with a sentence."""
    days = [goal.starts_on, today, *([goal.deadline] if goal.deadline else []), *(row.day for row in check_ins)]
    scale = Scale(days, [goal.start_value, goal.target_value, *(row.value for row in check_ins)])
    with svg(WIDTH, HEIGHT, f"0 0 {WIDTH} {HEIGHT}", "mc-chart mc-goal-chart", label=chart_words(goal, check_ins, actor)) as drawing:
        _line(scale.x(scale.first), scale.y(goal.target_value), scale.x(scale.last), scale.y(goal.target_value), "var(--accent)", "5 4")
        _word(WIDTH - RIGHT + 6, scale.y(goal.target_value) + 4, goal_words.figure(goal.target_value), "mc-accent-ink")
        if goal.deadline:
            _line(scale.x(goal.starts_on), scale.y(goal.start_value), scale.x(goal.deadline), scale.y(goal.target_value), "var(--control)", "1 4")
        _measured(goal, check_ins, scale)
        _word(LEFT, HEIGHT - 4, times.short_date(scale.first, actor))
        end = times.short_date(scale.last, actor)
        _word(WIDTH - RIGHT, HEIGHT - 4, end).props["text-anchor"] = "end"
    return drawing


def chart_words(goal: GoalRow, check_ins: Sequence[CheckInRow], actor: Actor) -> str:
    """What the drawing shows, in a sentence."""
    if not check_ins:
        return _("%s. No check-ins yet.") % goal_words.sentence(goal, actor)
    number = ngettext("%d check-in", "%d check-ins", len(check_ins)) % len(check_ins)
    first, last = check_ins[-1], check_ins[0]
    way = _("from %(first)s on %(begin)s to %(last)s on %(end)s") % {
        "first": goal_words.amount(first.value, goal.unit), "begin": times.short_date(first.day, actor),
        "last": goal_words.amount(last.value, goal.unit), "end": times.short_date(last.day, actor),
    }  # fmt: skip
    return f"{goal_words.sentence(goal, actor)}. {number}, {way}."


def _measured(goal: GoalRow, check_ins: Sequence[CheckInRow], scale: Scale) -> None:
    places = [(scale.x(row.day), scale.y(row.value)) for row in reversed(check_ins)]
    if not check_ins or check_ins[-1].day > goal.starts_on:
        places.insert(0, (scale.x(goal.starts_on), scale.y(goal.start_value)))
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    shape("polyline", points=points, fill="none", stroke="var(--accent)", stroke_width=1.75, stroke_linecap="round", stroke_linejoin="round")
    for x, y in places[-60:]:
        shape("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=2.5, fill="var(--accent)")


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, dashes: str) -> None:
    places = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    shape("line", **places, stroke=colour, stroke_width=1.25, stroke_dasharray=dashes, stroke_linecap="round")


def _word(x: float, y: float, said: str, classes: str = "") -> Element:
    return attributes(text(said, f"mc-chart-word {classes}", tag="text"), x=f"{x:.1f}", y=f"{y:.1f}")
