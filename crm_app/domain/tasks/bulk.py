"""What is done to many tasks at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.editing import given_fields
from crm_app.domain.permissions import Permission
from crm_app.domain.projects.access import get_visible_project
from crm_app.domain.tasks import parts, rules
from crm_app.domain.tasks.access import require_assignable, require_teammate
from crm_app.domain.tasks.schemas import TaskChange, TaskRow

MAY_BE_EMPTY = frozenset({"due_date", "project_id", "assignee_id"})


def change_tasks(session: Session, actor: Actor, task_ids: Sequence[UUID], data: TaskChange) -> tuple[TaskRow, ...]:
    """Give tasks a status, a priority, a day, somebody to do them, a project or further tags, all of them or none."""
    actor.require(Permission.TASK_WRITE)
    tasks = parts.editable(session, actor, task_ids)
    given = given_fields(data, MAY_BE_EMPTY)
    status, tags = given.pop("status", None), given.pop("add_tags", ())
    if given.get("project_id"):
        get_visible_project(session, actor, given["project_id"])
    if given.get("assignee_id"):
        require_teammate(session, given["assignee_id"])
    about = parts.contacts_of(session, tasks)
    for task in tasks:
        before = task.assignee_id
        task.sqlmodel_update(given)
        if "due_date" in given:
            if task.due_date:
                task.due_date = rules.written_day(task, task.due_date, actor.zone)
            rules.check_due(task, actor)
            rules.check_repeat(task, anew=False)
        if status is not None and status.value != task.status:
            parts.close(session, actor, task, status)
        session.flush()
        if task.assignee_id != before:
            require_assignable(session, task)
            parts.tell_assignee(session, actor, task)
    parts.add_tags(session, actor, tasks, tags)
    return parts.written(session, actor, tasks, about)
