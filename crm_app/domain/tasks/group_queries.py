"""Open tasks by project, by priority or by who does them: of each group the most urgent, and how many there are. One statement."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Integer, Text, bindparam, cast, func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.days import today_of
from crm_app.domain.projects.models import Project
from crm_app.domain.tasks.board_queries import URGENT_FIRST, Shape
from crm_app.domain.tasks.models import Task
from crm_app.domain.tasks.overview_schemas import GroupBy, TaskGroup, TaskGroups
from crm_app.domain.tasks.queries import OPEN, Scope, narrow, row_values, with_names
from crm_app.domain.tasks.rules import URGENCY, task_bucket, task_row


def get_groups(session: Session, actor: Actor, scope: Scope, by: GroupBy, most: int) -> TaskGroups:
    """The groups in their order: projects and people by name, those in none last; the most urgent priority first."""
    today, groups = today_of(actor), dict[str, dict[str, Any]]()
    for row in session.connection().execute(_grouped(scope.shape, by), {"most": most, **scope.values(actor)}).all():
        group = groups.setdefault(row.group_key or "", {"total": row.total, "rows": []})
        group["rows"].append(task_row(actor, row_values(row), task_bucket(actor, row, today)))
    found = [TaskGroup(key=key, **group) for key, group in groups.items()]
    return TaskGroups(today=today, by=by, groups=tuple(sorted(found, key=lambda group: _place(by, group))))


def _place(by: GroupBy, group: TaskGroup) -> tuple[Any, ...]:
    if by is GroupBy.PRIORITY:
        return (URGENCY[group.key],)
    name = group.rows[0].project_title if by is GroupBy.PROJECT else group.rows[0].assignee_name
    return not group.key, name.casefold(), group.key


@cache
def _grouped(shape: Shape, by: GroupBy) -> Any:
    key = _KEYS[by]
    placed = select(
        Task.id, key.label("group_key"), func.count().over(partition_by=key).label("total"),
        func.row_number().over(partition_by=key, order_by=URGENT_FIRST).label("place"),
    ).select_from(Task)  # fmt: skip
    if by is GroupBy.PROJECT:  # a project that the asker does not see is none
        placed = placed.outerjoin(Project, (col(Project.id) == col(Task.project_id)) & col(Project.deleted_at).is_(None))
    some = narrow(placed, shape).where(OPEN).subquery("placed")
    page = columns(*some.c).where(some.c.place <= bindparam("most", type_=Integer)).subquery("page")
    return with_names(page.c.group_key, page.c.total, joined=(page, page.c.id == col(Task.id))).order_by(page.c.place)


_KEYS: dict[GroupBy, Any] = {
    GroupBy.PROJECT: cast(col(Project.id), Text), GroupBy.PRIORITY: col(Task.priority), GroupBy.ASSIGNEE: cast(col(Task.assignee_id), Text),
}  # fmt: skip
