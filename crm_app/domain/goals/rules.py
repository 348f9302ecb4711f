"""Pure rules of goals: progress, how it stands, streaks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from crm_app.domain.access import Whose, may_edit, may_own
from crm_app.domain.actor import Actor
from crm_app.domain.days import today_of, week_begins
from crm_app.domain.errors import Invalid
from crm_app.domain.goals.models import Goal, Rhythm
from crm_app.domain.goals.schemas import MOST, GoalRecord, GoalRow, Milestone, State
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission

ON_TRACK_WITHIN = 0.10
"""A goal is on track while it is no more than a tenth of the whole way behind its time."""
AT_RISK_WITHIN = 0.25
"""And at risk while it is no more than a quarter behind; beyond that it is off track."""
SLACK = 1e-9
"""What adding and dividing fractions may be off by."""
_THOUSAND_OR_ONE = re.compile(r"[-+\u2212]?[1-9]\d{0,2}[.,]\d{3}")
STREAK_DAYS = 1_000
"""A streak is counted over as many days with check-ins at most."""


def progress_of(start: float, target: float, current: float | None) -> float:
    """How much of the way is done, from 0 to 1: ``(current - start) / (target - start)``, clamped.

    The same for falling targets: from 80 to 72, 76 is a half. Without a check-in nothing is done. A goal that starts at its target,
    which the database refuses, would be done or not.
    """
    if current is None:
        return 0.0
    if target == start:
        return float(current == target)
    return min(1.0, max(0.0, (current - start) / (target - start)))


def expected_of(starts_on: date, deadline: date | None, today: date) -> float | None:
    """How much of the time has gone, from 0 to 1: ``(today - start) / (deadline - start)``, clamped; None without a deadline.

    All of it has gone on the deadline itself, also where that is not after the start.
    """
    if deadline is None:
        return None
    if today >= deadline:
        return 1.0
    if today <= starts_on:
        return 0.0
    return (today - starts_on).days / (deadline - starts_on).days


def state_of(progress: float, expected: float | None, late: bool) -> State:
    """How a goal stands: what is done against the time that has gone.

    * reached: all of it is done;
    * under way: there is no deadline;
    * off track: the deadline is past (``late``), or ``expected - progress`` is above 0.25;
    * at risk: that gap is above 0.10;
    * on track: otherwise.

    More progress never makes it worse, and a later day never makes it better.
    """
    if progress >= 1:
        return State.REACHED
    if expected is None:
        return State.UNDER_WAY
    behind = expected - progress - SLACK
    if late or behind > AT_RISK_WITHIN:
        return State.OFF_TRACK
    return State.AT_RISK if behind > ON_TRACK_WITHIN else State.ON_TRACK


def period_of(day: date, rhythm: Rhythm, week_start: int) -> int:
    """The number of the day, week or month that a day falls in; the next one's is one more. ``week_start`` 0 is Monday."""
    if rhythm is Rhythm.MONTHLY:
        return day.year * 12 + day.month
    return week_begins(day, week_start).toordinal() // 7 if rhythm is Rhythm.WEEKLY else day.toordinal()


def streak_of(days: Iterable[date], rhythm: Rhythm, today: date, week_start: int) -> tuple[int, bool]:
    """``(streak, due)``: how many periods of the rhythm in a row had a check-in, and whether this one still waits for its own.

    Counted back from the period of today, or from the one before while today's is not over: a streak breaks only when a whole
    period has passed without a check-in. Several in one period count once. Without a rhythm it is ``(0, False)``.
    """
    if rhythm is Rhythm.NONE:
        return 0, False
    kept = {period_of(day, rhythm, week_start) for day in days}
    current = period_of(today, rhythm, week_start)
    due = current not in kept
    last = current - due
    streak = 0
    while last - streak in kept:
        streak += 1
    return streak, due


def read_amount(typed: str, current: float) -> float:
    """The value that somebody typed, with a point or a comma; ``+1`` adds to the current one. Raises Invalid for anything else.

    ``1,000`` is a thousand to some and one to others, so it is asked again.
    """
    if _THOUSAND_OR_ONE.fullmatch(typed.strip()):
        raise Invalid(fields={"value": _("Leave out the separator: 1000 for a thousand, 1 for one.")})
    plain = typed.strip().replace("\u2212", "-").replace(" ", "").replace(",", ".")
    try:
        value = float(plain) + (current if plain.startswith("+") else 0)
    except ValueError:
        value = math.nan
    if not abs(value) <= MOST:
        raise Invalid(fields={"value": _("Type a number, such as 6.5, or +1 for one more.")})
    return value


def milestone(before: float, after: float) -> int | None:
    """The tenth of the way in percent that was reached by going from one progress to the next, if any: 68 % to 73 % reaches 70."""
    reached = int(after * 10 + SLACK * 10)
    return reached * 10 if reached > int(before * 10 + SLACK * 10) else None


def milestones(record: GoalRecord, zone: ZoneInfo) -> Iterator[Milestone]:
    """Each tenth of the way that a check-in was the first to reach, in the order of time. What is beyond the first that a check-in passes is not told again."""
    goal, best = record.goal, 0.0
    for row in reversed(record.check_ins):
        progress = progress_of(goal.start_value, goal.target_value, row.value)
        reached = milestone(best, progress)
        if reached is not None:
            same = row.created_at.astimezone(zone).date() == row.day
            yield Milestone(goal_id=goal.id, title=goal.title, percent=reached, at=row.created_at if same else datetime.combine(row.day, time(12), zone))
        best = max(best, progress)


def check_goal(goal: Goal) -> None:
    """Raise Invalid for a goal that leads nowhere, or that ends before it starts."""
    faults = {}
    if goal.target_value == goal.start_value:
        faults["target_value"] = "Choose a target other than the start."
    if goal.deadline is not None and goal.deadline < goal.starts_on:
        faults["deadline"] = "The deadline is before the start."
    if faults:
        raise Invalid(fields=faults)


def check_day(actor: Actor, day: date | None) -> date:
    """The day of a check-in, today where none is given. Raises Invalid for one to come."""
    today = today_of(actor)
    if day is not None and day > today:
        raise Invalid(fields={"day": _("This day is still to come.")})
    return day or today


def goal_row(actor: Actor, values: dict[str, Any], days: Iterable[date], today: date) -> GoalRow:
    """A goal as ``actor`` sees it. ``values`` are its own fields, ``contact_name`` (or None) and ``check_ins``; ``days`` those of its check-ins."""
    may_write, owned = actor.can(Permission.GOAL_WRITE), Whose(values["owner_id"], values["audience"])
    current, start, target = values["current_value"], values["start_value"], values["target_value"]
    rhythm, deadline = Rhythm(values["rhythm"]), values["deadline"]
    progress, expected = progress_of(start, target, current), expected_of(values["starts_on"], deadline, today)
    streak, due = streak_of(days, rhythm, today, actor.week_start)
    shown = values | {"contact_name": values["contact_name"] or "", "current_value": start if current is None else current}
    return GoalRow(
        **shown, progress=progress, expected=expected, state=state_of(progress, expected, deadline is not None and today > deadline),
        streak=streak, due=due and progress < 1, may_edit=may_write and may_edit(actor, owned), may_delete=may_write and may_own(actor, owned),
    )  # fmt: skip
