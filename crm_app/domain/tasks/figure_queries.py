"""The figures of tasks: how many are open and late, how many of those that were due lately were completed, and where.

One statement: what is open, and what was due within the period, is read once and counted by project.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Date, DateTime, bindparam, case, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col

from crm_app.domain.actor import Actor
from crm_app.domain.days import day_begins, today_of
from crm_app.domain.projects.models import Project
from crm_app.domain.tasks.board_queries import FURTHEST, Shape
from crm_app.domain.tasks.models import DoneBy, Status, Task
from crm_app.domain.tasks.overview_schemas import Counts, ProjectFigures, TaskFigures
from crm_app.domain.tasks.queries import OPEN, Scope, narrow

PERIOD_DAYS = 30
_COUNTS = tuple(Counts.model_fields)


def get_figures(session: Session, actor: Actor, scope: Scope) -> TaskFigures:
    """What ``TaskFigures`` holds, as of today where the actor is."""
    today = today_of(actor)
    since, tomorrow = today - timedelta(days=PERIOD_DAYS), today + timedelta(days=1)
    days: dict[str, Any] = {"nearest": since - FURTHEST, "furthest": today + FURTHEST}
    for name, day in (("since", since), ("today", today), ("tomorrow", tomorrow)):
        days |= {f"{name}_day": day, f"{name}_begins": day_begins(day, actor.zone)}
    found = session.connection().execute(_by_project(scope.shape), {**days, **scope.values(actor)}).all()
    parts = tuple(
        ProjectFigures(project_id=row.project_id, title=row.title or "", hue=row.hue or "", **{name: getattr(row, name) for name in _COUNTS}) for row in found
    )
    whole = {name: sum(getattr(part, name) for part in parts) for name in _COUNTS}
    return TaskFigures(today=today, since=since, until=today - timedelta(days=1), projects=tuple(part for part in parts if part.says_something), **whole)


@cache
def _by_project(shape: Shape) -> Any:
    late, due_before_tomorrow = _due_before("today"), _due_before("tomorrow")
    lately = (Task.status != Status.CANCELLED.value) & late & ~_due_before("since")
    done = lately & (Task.status == Status.COMPLETED.value)
    count = func.count().filter
    found: Any = (
        columns(
            col(Project.id).label("project_id"), col(Project.title), col(Project.hue), count(OPEN).label("open"), count(OPEN & late).label("overdue"),
            count(OPEN & due_before_tomorrow & ~late).label("due_today"), count(lately).label("due"), count(done).label("done"),
            count(done & (Task.done_by == DoneBy.AI_ASSISTANT.value)).label("by_assistant"),
        )
        .select_from(Task)
        .outerjoin(Project, (col(Project.id) == col(Task.project_id)) & col(Project.deleted_at).is_(None))
        .where(or_(OPEN, col(Task.due_date).between(bindparam("nearest", type_=Date), bindparam("furthest", type_=Date))))
        .group_by(col(Project.id), col(Project.title), col(Project.hue))
        .order_by(func.lower(Project.title).nulls_last(), col(Project.id))
    )  # fmt: skip
    return narrow(found, shape)


def _due_before(name: str) -> Any:
    """Due before one of the days where the reader is: one without a time by the day that was written, one with a time by its moment."""
    day = col(Task.due_date) < bindparam(f"{name}_day", type_=Date)
    return case((col(Task.due_at).is_(None), day), else_=col(Task.due_at) < bindparam(f"{name}_begins", type_=DateTime(timezone=True)))
