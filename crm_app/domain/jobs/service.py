"""The memory of background work: put it in the queue, follow it, stop it, end it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from crm_app.domain.actor import Actor
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.domain.jobs import queries
from crm_app.domain.jobs.models import Job, JobState
from crm_app.domain.jobs.schemas import JobLost, JobView
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.notify import notify_self
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

LEASE = timedelta(seconds=60)
NEEDS = MappingProxyType({
    "ai.try": Permission.AI_USE,
    "contacts.import": Permission.CONTACT_IMPORT, "contacts.export": Permission.CONTACT_EXPORT, "contacts.recount": Permission.TAG_WRITE,
    "team.hand_over": Permission.CONTACT_WRITE, "connections.sync": Permission.CONNECTION_MANAGE, "connections.test": Permission.CONNECTION_MANAGE,
    "letters.file": Permission.MAIL_WRITE, "calendar.write": Permission.CALENDAR_WRITE, "tasks.delegate": Permission.AI_USE,
    "analyses.make": Permission.AI_USE,
})  # fmt: skip


def enqueue_job(
    session: Session, actor: Actor, kind: str, payload: Mapping[str, Any], total: int = 0, *, state: JobState = JobState.QUEUED, after: timedelta = timedelta()
) -> JobView:
    """Remember a piece of work for the actor, to be taken up ``after`` a while; ``state`` DRAFT keeps it until ``start_job``."""
    actor.require(NEEDS.get(kind, Permission.CONTACT_WRITE))
    job = Job(owner_id=actor.user_id, kind=kind, payload=dict(payload), progress_total=total, state=state.value, run_after=now() + after)
    session.add(job)
    session.flush()
    return JobView.model_validate(job)


def start_job(session: Session, actor: Actor, job_id: UUID) -> JobView:
    """Put a draft, or a job that failed or was cancelled, into the queue. Conflict when it waits, runs or is done."""
    job = queries.get_own_job(session, actor, job_id, lock=True)
    actor.require(NEEDS.get(job.kind, Permission.CONTACT_WRITE))
    if job.state not in (JobState.DRAFT, JobState.FAILED, JobState.CANCELLED):
        raise Conflict(_("This has already been started."), {"state": job.state})
    job.state, job.reason, job.attempts, job.progress_done, job.cancel_requested = JobState.QUEUED.value, "", 0, 0, False
    job.run_after, job.lease_until = now(), None
    return _saved(session, actor, job)


def get_job(session: Session, actor: Actor, job_id: UUID) -> JobView:
    """One of the actor's own jobs; NotFound for anybody else's."""
    return JobView.model_validate(queries.get_own_job(session, actor, job_id))


def list_jobs(session: Session, actor: Actor, kinds: Collection[str] = (), limit: int = 20) -> tuple[JobView, ...]:
    """The actor's latest jobs, newest first."""
    return tuple(JobView.model_validate(job) for job in queries.list_own_jobs(session, actor, kinds, min(limit, 200)))


def request_cancel(session: Session, actor: Actor, job_id: UUID) -> JobView:
    """Stop a job: at once if it waits, at its next step if it runs. Conflict when it has ended."""
    job = queries.get_own_job(session, actor, job_id, lock=True)
    if job.state == JobState.RUNNING:
        job.cancel_requested = True
    elif job.state in (JobState.DRAFT, JobState.QUEUED):
        job.state = JobState.CANCELLED.value
    else:
        raise Conflict(_("This has already ended."), {"state": job.state})
    return _saved(session, actor, job)


def report_progress(session: Session, actor: Actor, job_id: UUID, done: int, total: int, *, attempt: int | None = None) -> bool:
    """Note how far a running job is and renew its lease; True when its owner wants it to stop. JobLost when it is another attempt's."""
    return bool(_step(session, actor, job_id, attempt, progress_done=done, progress_total=total, lease_until=now() + LEASE))


def renew_lease(session: Session, actor: Actor, job_id: UUID, *, attempt: int | None = None) -> bool:
    """Keep a running job for another minute; True when its owner wants it to stop."""
    return bool(_step(session, actor, job_id, attempt, lease_until=now() + LEASE))


def finish_job(
    session: Session, actor: Actor, job_id: UUID, result: Mapping[str, Any], *, change_set_id: UUID | None = None, attempt: int | None = None
) -> None:
    """Mark a running job as done. Call it last, in the transaction that did the work, so that both stand or fall together."""
    _step(session, actor, job_id, attempt, state=JobState.DONE.value, result=dict(result), change_set_id=change_set_id, lease_until=None)


def fail_job(
    session: Session, actor: Actor, job_id: UUID, reason: str, *, attempt: int | None = None, result: Mapping[str, Any] | None = None, tell: bool = True
) -> None:
    """Mark a running job as failed, with a sentence for its owner, who is told unless what the job is about says so itself."""
    _step(session, actor, job_id, attempt, state=JobState.FAILED.value, reason=reason, lease_until=None, **({"result": dict(result)} if result else {}))
    if tell:
        notify_self(session, actor, Kind.JOB_FAILED, about=("job", job_id), detail=reason)


def claim_own_job(session: Session, actor: Actor, job_id: UUID) -> JobView | None:
    """Take up one's own job by name, for whoever does the work themselves; None while another process has it, or it has ended."""
    actor.require(NEEDS.get(queries.get_own_job(session, actor, job_id).kind, Permission.CONTACT_WRITE))
    job = queries.find_free_job(session, actor, job_id, now())
    if job is None:
        return None
    job.state, job.attempts, job.lease_until = JobState.RUNNING.value, job.attempts + 1, now() + LEASE
    return _saved(session, actor, job)


def cancel_job(session: Session, actor: Actor, job_id: UUID, *, attempt: int | None = None) -> None:
    """Mark a running job as cancelled: its work has been rolled back."""
    _step(session, actor, job_id, attempt, state=JobState.CANCELLED.value, reason="", lease_until=None)


def release_job(session: Session, actor: Actor, job_id: UUID, *, after: timedelta = timedelta(), attempt: int | None = None) -> None:
    """Give a running job back to the queue, to be taken up again ``after`` a while."""
    _step(session, actor, job_id, attempt, state=JobState.QUEUED.value, lease_until=None, run_after=now() + after)


def _step(session: Session, actor: Actor, job_id: UUID, attempt: int | None, **values: Any) -> bool:
    """Change a running job if it still belongs to this attempt. A process that was given up for dead changes nothing."""
    held = [col(Job.id) == job_id, col(Job.owner_id) == actor.user_id, col(Job.state) == JobState.RUNNING.value]
    if attempt is not None:
        held.append(col(Job.attempts) == attempt)
    cancel = session.connection().execute(update(Job).where(*held).values(**values).returning(col(Job.cancel_requested))).scalar()
    if cancel is None:
        raise JobLost
    return bool(cancel)


def _saved(session: Session, actor: Actor, job: Job) -> JobView:
    session.flush()
    return JobView.model_validate(queries.get_own_job(session, actor, job.id))
