"""Giving a task to the assistant, and taking it back."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.delegations import following
from crm_app.domain.delegations.access import find_latest
from crm_app.domain.delegations.models import Delegation, DelegationState
from crm_app.domain.delegations.schemas import DelegationView
from crm_app.domain.errors import Conflict, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.jobs import service as jobs
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience
from crm_app.domain.tasks import parts, rules
from crm_app.domain.tasks.access import get_visible_tasks
from crm_app.domain.tasks.models import DoneBy, Status

DELEGATE = "tasks.delegate"


def delegate_task(session: Session, actor: Actor, task_id: UUID) -> DelegationView:
    """Have the assistant draft a task. NotFound and Forbidden as for changing it; Conflict when it is closed, or is with the assistant already."""
    actor.require(Permission.AI_USE)
    task = parts.editable(session, actor, [task_id])[0]
    if task.status in rules.CLOSED:
        raise Conflict(_("This task is closed. Reopen it first."))
    if task.done_by == DoneBy.AI_ASSISTANT.value:
        raise Conflict(_("The assistant has this task already."))
    row = Delegation(owner_id=actor.user_id, audience=Audience.PRIVATE.value, task_id=task_id)
    row.job_id = jobs.enqueue_job(session, actor, DELEGATE, {"delegation_id": str(row.id)}, total=3).id
    session.add(row)
    rules.set_status(task, Status.IN_PROGRESS)
    task.done_by = DoneBy.AI_ASSISTANT.value
    session.flush()
    return view(row)


def cancel_delegation(session: Session, actor: Actor, task_id: UUID) -> DelegationView:
    """Stop the work on a task; it is its person's again. What was drafted waits for its own decision. Conflict when nothing is under way."""
    actor.require(Permission.AI_USE)
    get_visible_tasks(session, actor, [task_id])
    row = find_latest(session, actor, task_id, states=(DelegationState.WORKING,))
    if row is None:
        raise Conflict(_("The assistant is not working on this task."))
    row.state = DelegationState.CANCELLED.value
    following.hand_back(session, actor, task_id)
    with suppress(Conflict, NotFound):  # it has ended, or is long forgotten
        jobs.request_cancel(session, actor, row.job_id or row.id)
    return view(row)


def get_delegation(session: Session, actor: Actor, task_id: UUID) -> DelegationView:
    """How far the actor's latest delegation of a task is. NotFound when there was none."""
    actor.require(Permission.AI_USE)
    get_visible_tasks(session, actor, [task_id])
    row = find_latest(session, actor, task_id)
    if row is None:
        raise NotFound
    return view(row)


def view(row: Delegation) -> DelegationView:
    """A delegation as its owner sees it."""
    return DelegationView.model_validate(row)
