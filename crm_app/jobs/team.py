"""The job that hands somebody's things over to a colleague."""

from __future__ import annotations

from crm_app.domain.team import service as team
from crm_app.domain.unit_of_work import perform
from crm_app.jobs.running import Running


def run_hand_over(running: Running) -> None:
    """Everything, or nothing: what moved, the audit entry and the job's end stand in one transaction."""
    perform(running.actor, team.run_hand_over, running.job.id, attempt=running.job.attempts, progress=running.progress)
