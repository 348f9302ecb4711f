"""A job in the hands of a handler."""

from __future__ import annotations

import threading

from crm_app.domain.actor import Actor
from crm_app.domain.jobs import service
from crm_app.domain.jobs.schemas import JobCancelled, JobStopped, JobView
from crm_app.domain.unit_of_work import run_service


class Running:
    """A job in the hands of this process. A handler calls ``progress`` between its steps, and nothing else."""

    def __init__(self, job: JobView, actor: Actor, stopping: threading.Event) -> None:
        self.job, self.actor, self._stopping = job, actor, stopping

    def progress(self, done: int, total: int) -> None:
        """Show how far it is, in a transaction of its own. Raises JobEnded when the work must stop; let it pass."""
        if self._stopping.is_set():
            raise JobStopped
        if run_service(self.actor, service.report_progress, self.job.id, done, total, attempt=self.job.attempts):
            raise JobCancelled

    def stop_if_asked(self) -> None:
        """Raises JobStopped when this process is going down, for work that shows how far it is in a transaction of its own making."""
        if self._stopping.is_set():
            raise JobStopped

    def renew(self) -> None:
        """Keep the lease while a step takes long."""
        run_service(self.actor, service.renew_lease, self.job.id, attempt=self.job.attempts)
