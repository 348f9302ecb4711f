"""The job by which all contacts follow a changed default of the team: when they are due, and what counted as the last contact."""

from __future__ import annotations

from uuid import UUID

from crm_app.domain.cadence import service as cadence
from crm_app.domain.jobs import service as jobs
from crm_app.domain.unit_of_work import run_service
from crm_app.jobs.running import Running


def run_recount(running: Running) -> None:
    """Go through all contacts, each part in its own transaction: doing a part twice changes nothing."""
    after, done = UUID(running.job.payload["after"]), int(running.job.payload["done"])
    last: UUID | None = after
    while last is not None:
        last, count = run_service(running.actor, cadence.recount_contacts, last)
        done += count
        running.progress(done, done)
    run_service(running.actor, jobs.finish_job, running.job.id, {"contacts": done}, attempt=running.job.attempts)
