"""What a job shows of itself, and what may end it early."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from crm_app.domain.jobs.models import JobState


class JobView(BaseModel):
    """One job as its owner sees it. ``reason`` is a sentence that says why it failed."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    version: int
    owner_id: UUID
    kind: str
    state: JobState
    payload: dict[str, Any]
    result: dict[str, Any]
    progress_done: int
    progress_total: int
    cancel_requested: bool
    attempts: int
    reason: str
    change_set_id: UUID | None
    created_at: datetime
    updated_at: datetime

    @property
    def finished(self) -> bool:
        """True once nothing more will happen to it by itself."""
        return self.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class JobEnded(Exception):
    """Raised inside a job's work so that its transaction is rolled back; never shown to anybody."""


class JobCancelled(JobEnded):
    """Its owner asked for it to stop."""


class JobLost(JobEnded):
    """The job is no longer this attempt's: its lease ran out and another process took it."""


class JobStopped(JobEnded):
    """This process is going down; the job goes back to the queue."""
