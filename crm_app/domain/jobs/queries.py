"""Looking jobs up, and the functions by which the scheduler, who is nobody, finds its work."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound
from crm_app.domain.jobs.models import Job, JobState
from crm_app.domain.permissions import Role

_CLAIM = text("select job_id, owner from claim_job(:kinds, :lease)")
_ACTOR = text("select user_id, role, name, email, time_zone, locale, week_start, clock from auth_actor(:who)")
_PURGE = text("select contacts, interactions, tasks from purge_trash(:keep)")
_PURGE_PLANS = text("select purge_goals(:keep), purge_programmes(:keep), purge_documents(:keep)")
_TIDY = text("select tidy_up()")
_OLDEST = text("select oldest from job_figures(:moment)")


class Claim(NamedTuple):
    """A job that this process now holds until its lease ends."""

    job_id: UUID
    owner_id: UUID


class Purged(NamedTuple):
    """How many rows left the trash for good."""

    contacts: int
    interactions: int
    tasks: int


def read_oldest(session: Session, moment: datetime) -> float:
    """For how many seconds the job that waits longest, whoever's it is, has been due; 0 when none waits."""
    return float(session.connection().execute(_OLDEST, {"moment": moment}).scalar_one())


def get_own_job(session: Session, actor: Actor, job_id: UUID, *, lock: bool = False) -> Job:
    """The actor's own job, else NotFound: nobody sees another's."""
    found = select(Job).where(Job.id == job_id, Job.owner_id == actor.user_id).execution_options(populate_existing=True)
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row


def find_free_job(session: Session, actor: Actor, job_id: UUID, moment: datetime) -> Job | None:
    """The actor's own job while it waits, or its holder's lease has run out; nobody waits for a row that somebody else just takes."""
    free = (col(Job.state) == JobState.QUEUED.value) | ((col(Job.state) == JobState.RUNNING.value) & (col(Job.lease_until) < moment))
    found = select(Job).where(Job.id == job_id, Job.owner_id == actor.user_id, free).execution_options(populate_existing=True)
    return session.exec(found.with_for_update(skip_locked=True)).first()


def find_open_job(session: Session, actor: Actor, kind: str, name: str, value: str) -> Job | None:
    """The actor's own job of a kind that waits or runs and has this in its payload."""
    waits = col(Job.state).in_((JobState.QUEUED.value, JobState.RUNNING.value))
    found = select(Job).where(Job.owner_id == actor.user_id, Job.kind == kind, waits, col(Job.payload)[name].astext == value)
    return session.exec(found.with_for_update().execution_options(populate_existing=True)).first()


def count_recent(session: Session, actor: Actor, kind: str, since: datetime) -> int:
    """How many jobs of a kind the actor has asked for since then."""
    return session.exec(select(func.count()).where(Job.owner_id == actor.user_id, Job.kind == kind, col(Job.created_at) > since)).one()


def list_own_jobs(session: Session, actor: Actor, kinds: Collection[str], limit: int) -> Sequence[Job]:
    """The actor's latest jobs."""
    found = select(Job).where(Job.owner_id == actor.user_id).order_by(col(Job.created_at).desc(), col(Job.id).desc()).limit(limit)
    return session.exec(found.where(col(Job.kind).in_(kinds)) if kinds else found).all()


def claim_next(session: Session, kinds: Sequence[str], lease: timedelta) -> Claim | None:
    """Take the next due job of these kinds, also one whose holder let its lease run out."""
    row = session.connection().execute(_CLAIM, {"kinds": list(kinds), "lease": lease}).first()
    return Claim(row.job_id, row.owner) if row else None


def find_owner(session: Session, user_id: UUID) -> Actor | None:
    """The person for whom a job runs, or None when they may no longer sign in."""
    row: Any = session.connection().execute(_ACTOR, {"who": user_id}).first()
    return row and Actor(**{**row._asdict(), "role": Role(row.role)}, via="job")


def purge_trash(session: Session, keep: timedelta) -> Purged:
    """Remove for good what has been in the trash for longer than ``keep``, its history included."""
    session.connection().execute(_PURGE_PLANS, {"keep": keep})
    return Purged(*session.connection().execute(_PURGE, {"keep": keep}).one())


def tidy_up(session: Session) -> None:
    """Remove what nobody waits for any more: kept answers, abandoned uploads, old sign-ins."""
    session.connection().execute(_TIDY)
