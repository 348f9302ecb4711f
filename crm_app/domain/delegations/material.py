"""What a task is drafted from: itself, and what AI may read of whom it is about, as its person."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.delegations.schemas import Material
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import DossierWish, Ref, Source, SourceKind
from crm_app.domain.letters import service as letters
from crm_app.domain.permissions import Permission
from crm_app.domain.suggestions import remembering
from crm_app.domain.tasks import parts
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskRow

MOST_PEOPLE, MOST_SOURCES = 3, 20
WISH = DossierWish(most=12, most_characters=8_000)


def get_material(session: Session, actor: Actor, task_id: UUID) -> Material:
    """What would be told of a task if it were given to the assistant now, to say what that costs. Refused as giving it is."""
    actor.require(Permission.AI_USE)
    parts.editable(session, actor, [task_id])
    return material_of(session, actor, tasks.get_task(session, actor, task_id), None)


def material_of(session: Session, actor: Actor, task: TaskRow, job_id: UUID | None) -> Material:
    """Forbidden, with who has not agreed, where AI may not read whom the task is about."""
    people = [contact_id for contact_id, _called in task.contacts]
    disclosure.require_readable(session, actor, people)
    return Material(
        job_id=job_id, title=task.title, description=task.description, sources=_read(session, actor, people), contact_ids=frozenset(people),
        steps=tuple(step.title for step in tasks.list_steps(session, actor, task.id)),
        can_write=len(people) == 1 and bool(letters.get_new_letter(session, actor, contact_id=people[0]).fresh.recipients),
        rejected=remembering.list_rejections(session, actor, task_id=task.id),
    )  # fmt: skip


def _read(session: Session, actor: Actor, people: list[UUID]) -> tuple[Source, ...]:
    found: dict[Ref, Source] = {}
    for contact_id in people[:MOST_PEOPLE]:
        dossier = disclosure.get_dossier(session, actor, contact_id, WISH)
        found |= {source.ref: source for source in dossier.everything if source.ref.kind is not SourceKind.TASK}
    return tuple(found.values())[:MOST_SOURCES]
