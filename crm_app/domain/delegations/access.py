"""The only loader of delegations. Nobody sees another's."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.delegations.models import Delegation, DelegationState
from crm_app.domain.errors import NotFound


def find_latest(session: Session, actor: Actor, task_id: UUID, *, states: tuple[DelegationState, ...] = tuple(DelegationState)) -> Delegation | None:
    """The actor's latest delegation of a task in one of these states, held for this transaction."""
    found = select(Delegation).where(Delegation.task_id == task_id, Delegation.owner_id == actor.user_id, col(Delegation.state).in_(states))
    return session.exec(found.order_by(col(Delegation.id).desc()).limit(1).with_for_update().execution_options(populate_existing=True)).first()


def get_of_job(session: Session, actor: Actor, job_id: UUID) -> Delegation:
    """The delegation that a job works on, held for this transaction; else NotFound."""
    found = select(Delegation).where(Delegation.job_id == job_id, Delegation.owner_id == actor.user_id)
    row = session.exec(found.with_for_update().execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound
    return row
