"""The job that brings contacts in from a file."""

from __future__ import annotations

from crm_app.domain.imports import service as imports
from crm_app.domain.unit_of_work import perform
from crm_app.jobs.running import Running


def run_import(running: Running) -> None:
    """Everything of the file, or nothing: contacts, result and the job's end stand in one transaction."""
    perform(running.actor, imports.run_import, running.job.id, attempt=running.job.attempts, progress=running.progress)
