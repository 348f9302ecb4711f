"""Reading projects, with how far each is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from crm_app.domain.access import may_edit, may_own
from crm_app.domain.actor import Actor
from crm_app.domain.permissions import Permission
from crm_app.domain.projects.models import Project
from crm_app.domain.projects.schemas import ProjectRow
from crm_app.domain.tasks.models import Status, Task
from crm_app.domain.tasks.queries import IN_TRASH

_OWN = tuple(name for name in ProjectRow.model_fields if name in Project.model_fields)


def list_rows(session: Session, actor: Actor, *, project_id: UUID | None = None, archived: bool | None = None) -> tuple[ProjectRow, ...]:
    """Projects by name: one, or those in the archive or not (None: both). One statement."""
    counts = _counts(project_id)
    found = (
        select(Project, func.coalesce(counts.c.open, 0), func.coalesce(counts.c.done, 0))
        .outerjoin(counts, counts.c.project_id == col(Project.id))
        .where(col(Project.deleted_at).is_(None))
        .order_by(func.lower(Project.title), col(Project.id))
    )
    if project_id is not None:
        found = found.where(Project.id == project_id)
    if archived is not None:
        found = found.where(col(Project.archived_at).is_not(None) if archived else col(Project.archived_at).is_(None))
    return tuple(_view(actor, project, open_tasks, done_tasks) for project, open_tasks, done_tasks in session.exec(found).all())


def count_hues(session: Session) -> dict[str, int]:
    """How many live projects have each colour."""
    return dict(session.exec(select(Project.hue, func.count()).where(col(Project.deleted_at).is_(None)).group_by(Project.hue)).all())


def _view(actor: Actor, project: Project, open_tasks: int, done_tasks: int) -> ProjectRow:
    may_write = actor.can(Permission.TASK_WRITE)
    return ProjectRow(
        **{name: getattr(project, name) for name in _OWN}, open_tasks=open_tasks, done_tasks=done_tasks,
        may_edit=may_write and may_edit(actor, project), may_delete=may_write and may_own(actor, project),
    )  # fmt: skip


def _counts(project_id: UUID | None) -> Any:
    done = col(Task.status) == Status.COMPLETED.value
    found = (
        select(Task.project_id, func.count().filter(~done).label("open"), func.count().filter(done).label("done"))
        .where(col(Task.project_id).is_not(None), col(Task.deleted_at).is_(None), Task.status != Status.CANCELLED.value)
        .where(col(Task.id).not_in(select(IN_TRASH.c.task_id)))
        .group_by(col(Task.project_id))
    )
    return (found if project_id is None else found.where(Task.project_id == project_id)).subquery("counts")
