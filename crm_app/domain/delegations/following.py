"""What becomes of a task when somebody decides about the draft of it."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.delegations.access import find_latest
from crm_app.domain.delegations.models import DelegationState
from crm_app.domain.errors import NotFound
from crm_app.domain.tasks import parts, rules
from crm_app.domain.tasks.access import get_visible_tasks
from crm_app.domain.tasks.models import DoneBy, Status, Task


def approved(session: Session, actor: Actor, task_id: UUID, *, was_the_work: bool) -> None:
    """The draft was approved: ``was_the_work`` closes the task, else (it was a plan) it is its person's to do."""
    row = find_latest(session, actor, task_id, states=(DelegationState.WAITING,))
    if row is not None:
        row.state = DelegationState.DONE.value
        hand_back(session, actor, task_id, Status.COMPLETED if was_the_work else Status.PENDING)


def rejected(session: Session, actor: Actor, task_id: UUID) -> None:
    """The draft was rejected: the task is its person's again."""
    row = find_latest(session, actor, task_id, states=(DelegationState.WAITING,))
    if row is not None:
        row.state = DelegationState.CANCELLED.value
        hand_back(session, actor, task_id)


def withdrawn(session: Session, actor: Actor, task_id: UUID, suggestion_id: UUID, reason: str) -> None:
    """The draft may not be read any more: say why, and give the task back."""
    row = find_latest(session, actor, task_id)
    if row is not None and row.suggestion_id == suggestion_id and row.state != DelegationState.WORKING:
        row.state, row.reason = DelegationState.FAILED.value, reason[:500]
        hand_back(session, actor, task_id)


def reopened(session: Session, actor: Actor, task_id: UUID) -> None:
    """The decision was taken back: the draft waits again, unless the task was given to the assistant once more."""
    row = find_latest(session, actor, task_id)
    if row is not None and row.state in (DelegationState.DONE, DelegationState.CANCELLED) and row.suggestion_id is not None:
        row.state = DelegationState.WAITING.value
        task = _task(session, actor, task_id)
        if task is not None and task.status not in rules.CLOSED:
            rules.set_status(task, Status.WAITING_APPROVAL)
            task.done_by = DoneBy.AI_ASSISTANT.value
        session.flush()


def hand_back(session: Session, actor: Actor, task_id: UUID, status: Status = Status.PENDING) -> None:
    """Have a task be its person's again, unless somebody has moved it since, or it is gone."""
    task = _task(session, actor, task_id)
    if task is None or task.done_by != DoneBy.AI_ASSISTANT.value:
        session.flush()
        return
    task.done_by = DoneBy.USER.value
    if task.status in (Status.IN_PROGRESS, Status.WAITING_APPROVAL):
        parts.close(session, actor, task, status)
    session.flush()
    parts.written(session, actor, [task], parts.contacts_of(session, [task]))


def _task(session: Session, actor: Actor, task_id: UUID) -> Task | None:
    try:
        return get_visible_tasks(session, actor, [task_id], lock=True)[0]
    except NotFound:
        return None
