"""The calendar of tasks: what is due on each of some days where its reader is, and how many that are.

One statement: a range of an index by day is read once, counted and put in order there, and no more rows leave the database than are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Date, DateTime, Integer, bindparam, case, cast, func, literal
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.days import day_begins, today_of
from crm_app.domain.tasks.board_queries import FURTHEST, PLACE, Shape
from crm_app.domain.tasks.models import Task
from crm_app.domain.tasks.overview_schemas import CalendarDay, TaskCalendar
from crm_app.domain.tasks.queries import OPEN, Scope, narrow, row_values, with_names
from crm_app.domain.tasks.rules import URGENCY, WHOLE_DAY, task_bucket, task_row

_DAY = case(
    (col(Task.due_at).is_(None), cast(col(Task.due_date) - bindparam("first", type_=Date), Integer)),
    else_=func.width_bucket(col(Task.due_at), bindparam("begins", type_=ARRAY(DateTime(timezone=True)))) - 1,
)
"""On which of the days a task is due, from 0: by its day as it was written, or where it has a time by the moments at which the reader's days begin."""


def get_calendar(session: Session, actor: Actor, scope: Scope, days: Sequence[date], most: int) -> TaskCalendar:
    """What is due on ``days``, which follow one another; of each up to ``most`` rows."""
    today, after = today_of(actor), days[-1] + timedelta(days=1)
    values = {
        "first": days[0], "begins": [day_begins(day, actor.zone) for day in (*days, after)], "days": len(days), "most": most,
        "nearest": days[0] - FURTHEST, "furthest": days[-1] + FURTHEST,
    }  # fmt: skip
    shown: list[dict[str, Any]] = [{"rows": []} for _ in days]
    for row in session.connection().execute(_by_day(scope.shape), {**values, **scope.values(actor)}).all():
        day = shown[row.day]
        day["open"], day["closed"] = row.open_ones, row.all_ones - row.open_ones
        day["rows"].append(task_row(actor, row_values(row), task_bucket(actor, row, today)))
    return TaskCalendar(today=today, days=tuple(CalendarDay(day=day, **found) for day, found in zip(days, shown, strict=True)))


@cache
def _by_day(shape: Shape) -> Any:
    urgent: Any = (case((OPEN, 0), else_=1).label("closed"), Task.due_at, case(URGENCY, value=col(Task.priority)).label("urgency"), *PLACE)
    due = col(Task.due_date).between(bindparam("nearest", type_=Date), bindparam("furthest", type_=Date))
    some = narrow(select(Task.id, _DAY.label("day"), *urgent), shape).where(due).subquery("near")
    known = columns(bindparam("begins", type_=ARRAY(DateTime(timezone=True))).label("begins")).subquery("known")
    near = some.c
    of_day = {"partition_by": near.day}
    since: Any = cast(func.floor(func.extract("epoch", near.due_at - known.c.begins[near.day + 1])), Integer)
    rank = func.coalesce(near.place_rank, case((near.due_at.is_(None), WHOLE_DAY), else_=since) * 4 + near.urgency)
    by_hand = (rank, func.coalesce(near.place_beside, near.id), func.coalesce(near.place_turn, 0))
    placed = (
        columns(
            near.id, near.day, func.count().over(**of_day).label("all_ones"), func.count().filter(near.closed == 0).over(**of_day).label("open_ones"),
            func.row_number().over(**of_day, order_by=(near.closed, *by_hand, near.id)).label("place"),
        )
        .select_from(some.join(known, literal(True)))
        .where(near.day >= 0, near.day < bindparam("days", type_=Integer))
        .subquery("placed")
    )  # fmt: skip
    page = columns(*placed.c).where(placed.c.place <= bindparam("most", type_=Integer)).subquery("page")
    found = with_names(page.c.day, page.c.all_ones, page.c.open_ones, joined=(page, page.c.id == col(Task.id)))
    return found.order_by(page.c.day, page.c.place)
