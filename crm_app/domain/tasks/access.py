"""The only loader of tasks by their ids."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.errors import Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.permissions import GRANTS, Permission, Role
from crm_app.domain.rows import Audience
from crm_app.domain.tasks.models import Task, TaskStep


def get_visible_tasks(session: Session, actor: Actor, task_ids: Collection[UUID], *, trashed: bool = False, lock: bool = False) -> list[Task]:
    """These tasks in a fixed order (so that two people who lock the same ones never wait for each other); NotFound if one is not visible."""
    wanted = set(task_ids)
    found = (
        select(Task)
        .where(
            col(Task.id).in_(wanted),
            (Task.owner_id == actor.user_id) | (Task.audience == Audience.TEAM.value),
            col(Task.deleted_at).is_not(None) if trashed else col(Task.deleted_at).is_(None),
        )
        .order_by(col(Task.id))
        .execution_options(populate_existing=True)  # triggers may have moved version and audience
    )
    rows = list(session.exec(found.with_for_update() if lock else found).all()) if wanted else []
    if len(rows) != len(wanted):
        raise NotFound
    return rows


def require_teammate(session: Session, person_id: UUID) -> Role:
    """The role of somebody who is to have a task. Raises Invalid when the team never had them, or has them no longer."""
    role = session.exec(select(UserAccount.role).where(UserAccount.id == person_id, col(UserAccount.disabled_at).is_(None))).first()
    if role is None:
        raise Invalid(fields={"assignee_id": _("This person is not in the team.")})
    return Role(role)


def get_visible_step(session: Session, actor: Actor, step_id: UUID) -> TaskStep:
    """The step; NotFound if the actor does not see it. Whether its task is in the trash is asked with the task."""
    visible = (TaskStep.owner_id == actor.user_id) | (TaskStep.audience == Audience.TEAM.value)
    step = session.exec(select(TaskStep).where(TaskStep.id == step_id, visible)).first()
    if step is None:
        raise NotFound(_("That step is not here. Someone may have removed it."))
    return step


def require_assignable(session: Session, task: Task) -> None:
    """Raise Invalid when the assignee is not in the team any more, could not see the task, or may only look."""
    if task.assignee_id is None:
        return
    role = require_teammate(session, task.assignee_id)
    if task.assignee_id != task.owner_id and Permission.TASK_WRITE not in GRANTS[role]:
        raise Invalid(fields={"assignee_id": _("This person can only look, so they couldn't work on it. Choose someone else.")})
    if task.audience == Audience.PRIVATE.value and task.assignee_id != task.owner_id:
        raise Invalid(fields={"assignee_id": _("They couldn't see this task: it is private, or about a contact that only you can see.")})
