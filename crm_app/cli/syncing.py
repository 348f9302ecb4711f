"""``mindfulcrm sync``."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import UUID

from crm_app.domain.actor import Actor
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.connections.queries import SYNC
from crm_app.domain.connections.schemas import ConnectionView
from crm_app.domain.errors import Conflict, NotFound
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.isolation import Sandbox
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.jobs.schemas import JobView
from crm_app.domain.unit_of_work import run_service
from crm_app.infrastructure.logs import configure_logs
from crm_app.jobs.connections import run_sync
from crm_app.jobs.runner import run_here
from crm_app.jobs.sources import bind_accounts
from crm_app.settings import Settings

LOOK_SECONDS = 0.3
COUNTED = ("seen", "created", "updated", "deleted", "skipped", "failed")
MOST_PROBLEMS = 10_000


def sync_account(sandbox: Sandbox, settings: Settings, actor: Actor, name: str) -> tuple[dict[str, Any], str]:
    """Sync the connection of this name to its end, here or, when the server is at it already, there.

    Returns ``{"seen", "created", "updated", "deleted", "skipped", "failed", "problems": [{"item", "reason"}]}`` and why it failed, if it did.
    """
    configure_logs("ERROR")  # to standard error: what a script reads is the result alone
    bind_sandbox(sandbox)
    bind_accounts(settings)
    found = _named(actor, name)
    job = _done(actor, _asked(actor, found))
    problems = run_service(actor, connections.list_problems, found.id, MOST_PROBLEMS)
    result: dict[str, Any] = {counted: job.result.get(counted, 0) for counted in COUNTED}
    result["problems"] = [{"item": problem.item or problem.calendar, "reason": problem.reason} for problem in problems]
    return result, "" if job.state == JobState.DONE else job.reason or "It was stopped."


def sync_object(result: dict[str, Any], name: str, fault: str) -> str:
    """The result as JSON; why the whole failed is its first problem, since a script reads nothing else."""
    whole = [{"item": name, "reason": fault}] if fault else []
    return json.dumps({**result, "problems": [*whole, *result["problems"]]}, ensure_ascii=False)


def sync_sentence(result: dict[str, Any]) -> str:
    """The result in words, one line for each problem."""
    figures = ", ".join(f"{result[counted]} {counted}" for counted in COUNTED)
    return "\n".join([f"{figures}.", *(f"{problem['item']}: {problem['reason']}" for problem in result["problems"])])


def _named(actor: Actor, name: str) -> ConnectionView:
    found = [view for view in run_service(actor, connections.get_connections).connections if view.name.casefold() == name.strip().casefold()]
    if not found:
        raise NotFound(f"There is no connection called {name}. Make one with `mindfulcrm connect`.")
    return found[0]


def _asked(actor: Actor, found: ConnectionView) -> UUID:
    """A look at everything, asked for once the run that may be under way is over."""
    while True:
        try:
            return run_service(actor, connections.sync_now, found.id, full=True).id
        except Conflict:
            open_jobs = [job for job in run_service(actor, jobs.list_jobs, [SYNC]) if not job.finished and job.payload["connection_id"] == str(found.id)]
            if found.state == ConnectionState.PAUSED or not open_jobs:
                raise
            _done(actor, open_jobs[0].id)


def _done(actor: Actor, job_id: UUID) -> JobView:
    """The job at its end: done here if nobody else has it, also when whoever had it died over it."""
    while True:
        claimed = run_service(actor, jobs.claim_own_job, job_id)
        job = run_here(run_sync, claimed, actor) if claimed else run_service(actor, jobs.get_job, job_id)
        if job.finished:
            return job
        time.sleep(LOOK_SECONDS)
