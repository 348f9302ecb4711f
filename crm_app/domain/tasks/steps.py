"""The steps of a task: written by whoever may change the task, the last one to write wins."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.editing import given_fields
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.tasks import parts, queries
from crm_app.domain.tasks.access import get_visible_step, get_visible_tasks
from crm_app.domain.tasks.models import TaskStep
from crm_app.domain.tasks.schemas import StepCreate, StepRow, StepUpdate

MOST = 100


def list_steps(session: Session, actor: Actor, task_id: UUID) -> tuple[StepRow, ...]:
    """The steps of a task in their order."""
    actor.require(Permission.TASK_READ)
    get_visible_tasks(session, actor, [task_id])
    return _rows(session, task_id)


def add_step(session: Session, actor: Actor, task_id: UUID, data: StepCreate) -> tuple[StepRow, ...]:
    """Put a step after the others."""
    actor.require(Permission.TASK_WRITE)
    task = parts.editable(session, actor, [task_id])[0]
    known = queries.list_steps(session, task_id)
    if len(known) >= MOST:
        raise Invalid(_("A task has at most %d steps.") % MOST)
    parts.add_steps(session, task, [data.title], known[-1].position + 1 if known else 0)
    return _rows(session, task_id)


def update_step(session: Session, actor: Actor, step_id: UUID, data: StepUpdate) -> tuple[StepRow, ...]:
    """Rename a step, tick it, or move it to another place."""
    step = _editable(session, actor, step_id)
    given = given_fields(data)
    place = given.pop("position", None)
    step.sqlmodel_update(given)
    if place is not None:
        others = [each for each in queries.list_steps(session, step.task_id, lock=True) if each.id != step_id]
        for position, each in enumerate([*others[:place], step, *others[place:]]):
            each.position = position
    session.flush()
    return _rows(session, step.task_id)


def delete_step(session: Session, actor: Actor, step_id: UUID) -> tuple[StepRow, ...]:
    """Remove a step. It can be undone."""
    step = _editable(session, actor, step_id)
    session.delete(step)
    session.flush()
    return _rows(session, step.task_id)


def _editable(session: Session, actor: Actor, step_id: UUID) -> TaskStep:
    actor.require(Permission.TASK_WRITE)
    parts.editable(session, actor, [get_visible_step(session, actor, step_id).task_id])
    return get_visible_step(session, actor, step_id)  # once more: whoever held the task until now may have removed it


def _rows(session: Session, task_id: UUID) -> tuple[StepRow, ...]:
    return tuple(StepRow.model_validate(step) for step in queries.list_steps(session, task_id))
