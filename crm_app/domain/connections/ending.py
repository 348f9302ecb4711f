"""How a run ends: its row, the connection's times, what its owner is told, and the end of the job, all in one transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections import queries, rules, views
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.models import Connection, ConnectionState, RunState, SyncRun
from crm_app.domain.connections.plans import COUNTED, Counts, Plan
from crm_app.domain.i18n import _
from crm_app.domain.jobs import service as jobs
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.notify import notify_self
from crm_app.domain.rows import now


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed. ``sign_in``: only the owner can mend that. ``after`` is how many seconds of patience the provider asked for."""

    reason: str
    sign_in: bool = False
    after: float | None = None


def end_well(session: Session, actor: Actor, plan: Plan, counts: Counts) -> None:
    """Everything that was there has been looked at. After a whole look the run says what of it is not here, whenever that was found out."""
    row = get_own_connection(session, actor, plan.connection_id, lock=True)
    if plan.whole:
        counts.seen = max(counts.seen, counts.total)
        if not plan.dry:
            counts.skipped, counts.failed = queries.count_not_here(session, actor, row.id)
    _close(session, actor, plan, RunState.DONE, counts=counts)
    if not plan.dry:
        moment = now()
        row.last_ok_at, row.next_run_at = moment, moment + rules.next_turn(row.interval_minutes, rules.CHANCE)
        row.failures, row.reason = 0, ""
        if plan.whole:
            row.last_full_at = plan.moment
        if row.state == ConnectionState.SIGN_IN_NEEDED:
            row.state = ConnectionState.ACTIVE.value
        session.flush()
    jobs.finish_job(session, actor, plan.job_id, _result(counts), attempt=plan.attempt)


def end_badly(session: Session, actor: Actor, plan: Plan, counts: Counts, failure: Failure) -> None:
    """What came in stays; the rest is tried again later and later, or, when nobody lets us in, once the owner has acted. They are told when it is theirs to know."""
    row = get_own_connection(session, actor, plan.connection_id, lock=True)
    _close(session, actor, plan, RunState.FAILED, failure.reason, counts)
    if not plan.dry:
        moment = now()
        row.failures, row.reason = row.failures + 1, failure.reason
        row.next_run_at = moment + rules.wait_after(row.failures, failure.after, rules.CHANCE)
        shut_out(session, actor, row, failure)
    jobs.fail_job(session, actor, plan.job_id, failure.reason, attempt=plan.attempt, result=_result(counts), tell=False)


def shut_out(session: Session, actor: Actor, row: Connection, failure: Failure) -> None:
    """What a failure means for the connection and its owner, however it was met: nobody is asked again where nobody lets us in."""
    if failure.sign_in and row.state == ConnectionState.ACTIVE:
        row.state, row.reason = ConnectionState.SIGN_IN_NEEDED.value, failure.reason
    session.flush()
    _tell(session, actor, row, failure)


def end_early(session: Session, actor: Actor, plan: Plan, counts: Counts) -> None:
    """Somebody stopped it. What came in stays; a first import that is stopped is not taken up again by itself."""
    row = get_own_connection(session, actor, plan.connection_id, lock=True)
    _close(session, actor, plan, RunState.CANCELLED, _("It was stopped."), counts)
    if row.last_ok_at is None and row.state == ConnectionState.ACTIVE and not plan.dry:
        row.state = ConnectionState.PAUSED.value
    session.flush()
    jobs.cancel_job(session, actor, plan.job_id, attempt=plan.attempt)


def _close(session: Session, actor: Actor, plan: Plan, state: RunState, reason: str = "", counts: Counts | None = None) -> None:
    run: SyncRun | None = queries.find_run(session, actor, plan.run_id)
    if run is not None:
        run.sqlmodel_update({"state": state.value, "reason": reason, "ended_at": now(), **(_result(counts) if counts else {})})
        session.flush()


def _result(counts: Counts) -> dict[str, Any]:
    return {name: value for name, value in asdict(counts).items() if name in COUNTED}


def _tell(session: Session, actor: Actor, row: Connection, failure: Failure) -> None:
    """Once for each time that it was well."""
    since = row.last_ok_at or row.created_at
    if failure.sign_in:
        notify_self(session, actor, Kind.CONNECTION_TROUBLE, about=("connection", row.id), key=f"sign_in:{since.isoformat()}", detail=failure.reason)
    elif views.is_stale(row, now()):
        detail = _("Nothing has come in for more than a day. %s") % failure.reason
        notify_self(session, actor, Kind.CONNECTION_TROUBLE, about=("connection", row.id), key=f"stale:{since.isoformat()}", detail=detail)
