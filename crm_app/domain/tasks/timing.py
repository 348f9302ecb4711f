"""The time that is spent on a task: one timer for each person, and what was counted can be corrected."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now
from crm_app.domain.tasks import parts, queries
from crm_app.domain.tasks.models import Task, TaskTime
from crm_app.domain.tasks.rules import CLOSED
from crm_app.domain.tasks.schemas import TaskRow

_STOP = text("update task_time set minutes = worked_minutes(started_at) where id = :id")


def start_timer(session: Session, actor: Actor, task_id: UUID) -> TaskRow:
    """Count the actor's time on an open task from now on. What ran for them on another one stops; started again, it goes on."""
    actor.require(Permission.TASK_WRITE)
    task = parts.editable(session, actor, [task_id])[0]
    if task.status in CLOSED:
        raise Invalid(_("This task is closed. Open it again to work on it."))
    running = queries.get_running_time(session, actor.user_id)
    if running is None or running.task_id != task_id:
        if running is not None:
            session.execute(_STOP, {"id": running.id})
        session.add(_time(actor, task, started_at=now()))
        session.flush()
    return queries.get_rows(session, actor, [task])[0]


def stop_timer(session: Session, actor: Actor, task_id: UUID) -> TaskRow:
    """Stop the actor's timer on this task and count its minutes, a begun one as a whole. Where none of theirs runs, nothing changes."""
    actor.require(Permission.TASK_WRITE)
    task = parts.editable(session, actor, [task_id])[0]
    running = queries.get_running_time(session, actor.user_id)
    if running is not None and running.task_id == task_id:
        session.execute(_STOP, {"id": running.id})
    return queries.get_rows(session, actor, [task])[0]


def correct_minutes(session: Session, actor: Actor, task: Task, minutes: int) -> None:
    """Have a task count so many minutes. Who may is asked by those who call this."""
    missing = minutes - queries.count_minutes(session, task.id)
    if missing:
        session.add(_time(actor, task, minutes=missing))
        session.flush()


def _time(actor: Actor, task: Task, **given: Any) -> TaskTime:
    """Owner and audience are the trigger's: what stands here only satisfies NOT NULL."""
    return TaskTime(task_id=task.id, person_id=actor.user_id, owner_id=task.owner_id, audience=task.audience, **given)
