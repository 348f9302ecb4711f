"""The steps of drafting a task, each in a transaction of its own: a process may die between any two, and the next one goes on. The job calls these."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.delegations import following, material
from crm_app.domain.delegations.access import get_of_job
from crm_app.domain.delegations.models import Delegation, DelegationState
from crm_app.domain.delegations.schemas import Draft, Drafted, Material
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.schemas import JobCancelled, JobView
from crm_app.domain.permissions import Permission
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.models import Kind
from crm_app.domain.suggestions.schemas import ProposalCreate, SourceRef
from crm_app.domain.tasks import parts, rules
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.models import Status
from crm_app.domain.tasks.schemas import TaskRow


def begin_draft(session: Session, actor: Actor, job: JobView) -> Material:
    """Read what may be read. Forbidden, with who has not agreed, where AI may not read whom the task is about; JobCancelled when it is wanted no more."""
    actor.require(Permission.AI_USE)
    row, task = _held(session, actor, job)
    found = material.material_of(session, actor, task, job.id)
    row.steps = [{"what": "read", "count": len(found.sources)}]
    jobs.report_progress(session, actor, job.id, 1, 3, attempt=job.attempts)
    return found


def note_asking(session: Session, actor: Actor, job: JobView) -> None:
    """A model is asked now."""
    actor.require(Permission.AI_USE)
    row = _held(session, actor, job)[0]
    row.steps = [*(step for step in row.steps if step["what"] == "read"), {"what": "asked", "count": 0}]
    jobs.report_progress(session, actor, job.id, 2, 3, attempt=job.attempts)


def land_draft(session: Session, actor: Actor, job: JobView, told: Material, drafted: Drafted) -> None:
    """Suggest what was drafted, and have the task wait for approval; the job is done with that."""
    actor.require(Permission.AI_USE)
    row, task = _held(session, actor, job)
    kind, payload = _payload(task, told, drafted.draft)
    data = ProposalCreate(
        kind=kind, payload=payload, rationale=drafted.draft.why, sources=tuple(SourceRef(kind=one.kind, id=one.id) for one in told.sources),
        task_id=task.id, call_id=drafted.call_id, unasked=True,
    )  # fmt: skip
    row.suggestion_id = suggestions.propose(session, actor, data).id
    row.steps = [*row.steps, {"what": "drafted", "count": 0}]
    row.state, row.model_label, row.cost_micros = DelegationState.WAITING.value, drafted.model_label[:200], drafted.cost_micros
    rules.set_status(parts.editable(session, actor, [task.id])[0], Status.WAITING_APPROVAL)
    session.flush()
    jobs.finish_job(session, actor, job.id, {"suggestion_id": str(row.suggestion_id)}, attempt=job.attempts)


def fail_draft(session: Session, actor: Actor, job: JobView, reason: str) -> None:
    """Nothing came of it: say why, and give the task back to its person, who may try again."""
    actor.require(Permission.AI_USE)
    row = get_of_job(session, actor, job.id)
    if row.state == DelegationState.WORKING:
        row.state, row.reason = DelegationState.FAILED.value, reason[:500]
        following.hand_back(session, actor, row.task_id)
    jobs.fail_job(session, actor, job.id, reason, attempt=job.attempts)


def give_up(session: Session, actor: Actor, job_id: UUID) -> None:
    """The job of this work was given up or got lost: say so, and give the task back."""
    actor.require(Permission.AI_USE)
    row = get_of_job(session, actor, job_id)
    if row.state == DelegationState.WORKING:
        row.state, row.reason = DelegationState.FAILED.value, _("The assistant was interrupted and did not finish this.")
        following.hand_back(session, actor, row.task_id)


def _held(session: Session, actor: Actor, job: JobView) -> tuple[Delegation, TaskRow]:
    """What the job works on, as long as it is wanted and its person may still change it."""
    try:
        row = get_of_job(session, actor, job.id)
        if row.state != DelegationState.WORKING:
            raise JobCancelled
        parts.editable(session, actor, [row.task_id])
        return row, tasks.get_task(session, actor, row.task_id)
    except NotFound:  # it went to the trash, or was made private by somebody else
        raise JobCancelled from None


def _payload(task: TaskRow, told: Material, draft: Draft) -> tuple[Kind, dict[str, Any]]:
    """As what a draft is suggested. A letter without anybody to get it, or a note about nobody, is a plan."""
    people = [str(contact_id) for contact_id, _called in task.contacts]
    if draft.kind == "letter" and told.can_write and len(people) == 1:
        return Kind.WRITE_LETTER, {"contact_id": people[0], "subject": draft.subject, "body": draft.text}
    if draft.kind != "plan" and people:
        return Kind.ADD_NOTE, {"contact_ids": people, "subject": draft.subject, "body": draft.text, "audience": task.audience.value}
    known = {title.casefold() for title in told.steps}
    steps = [step.strip()[:300] for step in draft.steps if step.strip() and step.strip().casefold() not in known]
    whole = "\n\n".join(part for part in (task.description, draft.text) if part)
    return Kind.UPDATE_TASK, {"task_id": str(task.id), "description": whole[:20_000], "steps": steps}
