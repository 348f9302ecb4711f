"""Asking for a connection to be synced, tried or read again, and what came of it. The work itself is a job's (``running``)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections import queries, rules, views
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.models import Connection, ConnectionState
from crm_app.domain.connections.queries import SYNC, TEST
from crm_app.domain.connections.schemas import ProblemView, RunView
from crm_app.domain.errors import Conflict, Invalid, NotFound, TooMany
from crm_app.domain.i18n import _
from crm_app.domain.jobs import queries as job_queries
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import Job, JobState
from crm_app.domain.jobs.schemas import JobView
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

TESTS_A_MINUTE = 10
DAYS_OF_A_MONTH = 31


def sync_now(session: Session, actor: Actor, connection_id: UUID, *, full: bool = False, dry: bool = False, since: date | None = None) -> JobView:
    """Have it synced at once. What waits or runs already is returned, unless something in particular is asked of it while it runs: Conflict.

    ``full`` looks at everything over there and not only at what has changed; ``dry`` changes nothing and counts what it would have; ``since``
    reads everything anew, and from now on back to that day (at most 24 months). Conflict while the connection is paused.
    """
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_connection(session, actor, connection_id, lock=True)
    if row.state == ConnectionState.PAUSED:
        raise Conflict(_("This connection is paused. Resume it first."))
    anew = since is not None
    if since is not None:
        _reach_back(row, since, dry=dry)
        if not dry:
            queries.forget_marks(session, actor, row.id)
    return _ask(session, actor, row, full=full or anew, dry=dry, anew=anew and dry, asked=True)


def enqueue_due(session: Session, actor: Actor, connection_id: UUID) -> JobView:
    """The clock's own turn of a connection: nothing in particular, and nothing new while one waits or runs."""
    return _ask(session, actor, get_own_connection(session, actor, connection_id, lock=True), asked=False)


def test_connection(session: Session, actor: Actor, connection_id: UUID) -> JobView:
    """Have it tried, without bringing anything in but the list of its calendars. TooMany after ten in a minute: nobody maps a network by it."""
    actor.require(Permission.CONNECTION_MANAGE)
    return enqueue_test(session, actor, get_own_connection(session, actor, connection_id, lock=True))


def enqueue_test(session: Session, actor: Actor, row: Connection) -> JobView:
    """The same of a row that is the actor's, and locked."""
    if job_queries.count_recent(session, actor, TEST, now() - timedelta(minutes=1)) >= TESTS_A_MINUTE:
        raise TooMany(_("That was tried often. Wait a minute."), wait=60)
    return jobs.enqueue_job(session, actor, TEST, {"connection_id": str(row.id), "name": row.name})


def list_runs(session: Session, actor: Actor, connection_id: UUID, limit: int = 20) -> tuple[RunView, ...]:
    """The latest runs, newest first."""
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_connection(session, actor, connection_id)
    return tuple(RunView.model_validate(run) for run in queries.list_runs(session, actor, row.id, max(1, min(limit, 200))))


def list_problems(session: Session, actor: Actor, connection_id: UUID, limit: int = 50) -> tuple[ProblemView, ...]:
    """What is not here and why: what failed first, the latest first."""
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_connection(session, actor, connection_id)
    return tuple(views.problem(found, name) for found, name in queries.list_problems(session, actor, row.id, max(1, min(limit, 10_000))))


def retry_problems(session: Session, actor: Actor, connection_id: UUID, problem_ids: Collection[UUID] = ()) -> JobView:
    """Read these things again now, also those that were given up; without ids all that failed. NotFound when one of them is no problem any more."""
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_connection(session, actor, connection_id, lock=True)
    if row.state == ConnectionState.PAUSED:
        raise Conflict(_("This connection is paused. Resume it first."))
    problems = queries.list_failed(session, actor, connection_id, problem_ids)
    if len(problems) != len(set(problem_ids)) and problem_ids:
        raise NotFound
    for problem in problems:
        problem.tries, problem.etag, problem.retry_at = 0, "", None
    session.flush()
    return _ask(session, actor, row, full=True, asked=True)


def stop_job(session: Session, actor: Actor, connection_id: UUID) -> None:
    """End what waits or runs for a connection: at once, or at its next step."""
    job = job_queries.find_open_job(session, actor, SYNC, "connection_id", str(connection_id))
    if job is not None:
        jobs.request_cancel(session, actor, job.id)


def _ask(session: Session, actor: Actor, row: Connection, *, full: bool = False, dry: bool = False, anew: bool = False, asked: bool) -> JobView:
    """The connection's row is locked, so that there is never more than one job of it; the index ``job_one_sync`` vouches for that."""
    job = job_queries.find_open_job(session, actor, SYNC, "connection_id", str(row.id))
    wanted = {"full": full, "dry": dry, "anew": anew}
    if job is None:
        payload: dict[str, Any] = {"connection_id": str(row.id), "name": row.name, "asked": asked, **wanted}
        return jobs.enqueue_job(session, actor, SYNC, payload)
    if any(wanted.values()) and {**job.payload, **wanted} != job.payload:
        _widen(session, job, wanted)
    return jobs.get_job(session, actor, job.id)


def _widen(session: Session, job: Job, wanted: dict[str, bool]) -> None:
    if job.state != JobState.QUEUED:
        raise Conflict(_("This is being synced just now. Ask again when it is done."))
    job.payload = {**job.payload, **wanted, "asked": True}
    session.flush()


def _reach_back(row: Connection, since: date, *, dry: bool) -> None:
    days = (now().date() - since).days
    if days < 0:
        raise Invalid(fields={"since": _("Choose a day that has been.")})
    months = -(-days // DAYS_OF_A_MONTH) or 1
    if months > rules.MOST_MONTHS:
        raise Invalid(fields={"since": _("Calendars are read back to 24 months at most.")})
    if not dry:
        row.history_months = max(row.history_months, months)
