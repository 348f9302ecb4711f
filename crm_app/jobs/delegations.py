"""A task that the assistant drafts, as a job: it reads, asks and suggests, and may be interrupted between any two of these."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import OperationalError

from crm_app.ai import delegating
from crm_app.domain.delegations import lost_queries, running
from crm_app.domain.delegations.schemas import Material
from crm_app.domain.errors import CrmError
from crm_app.domain.i18n import _, in_locale
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.jobs.schemas import JobEnded
from crm_app.domain.unit_of_work import anonymous_work, run_service
from crm_app.jobs.defects import report
from crm_app.jobs.running import Running


def run_delegation(held: Running) -> None:
    """Draft one task. What keeps it from being drafted is a sentence on the task, which is its person's again."""
    with in_locale(held.actor.locale):
        try:
            material: Material = run_service(held.actor, running.begin_draft, held.job)
            held.stop_if_asked()
            run_service(held.actor, running.note_asking, held.job)
            drafted = delegating.draft_task(held.actor, material)
            run_service(held.actor, running.land_draft, held.job, material, drafted)
        except (JobEnded, OperationalError):
            raise
        except CrmError as refusal:
            run_service(held.actor, running.fail_draft, held.job, refusal.message)
        except Exception as defect:  # noqa: BLE001  a defect with one draft must not be paid for again and again; the log has it
            reference = report("a draft of a task failed", defect, job=str(held.job.id))
            run_service(held.actor, running.fail_draft, held.job, _("Something went wrong on our side. If you ask for help, mention %s.") % reference)


def hand_back_lost(_moment: datetime) -> None:
    """Tasks whose job was given up, or got lost, are their people's again."""
    with anonymous_work() as session:
        lost = lost_queries.list_lost(session, _moment)
        people = {owner: find_owner(session, owner) for owner in {owner for _job, owner in lost}}
    for job_id, owner in lost:
        actor = people[owner]
        if actor is not None:
            with in_locale(actor.locale):
                run_service(actor, running.give_up, job_id)
