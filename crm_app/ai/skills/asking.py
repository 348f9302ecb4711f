"""Having a skill's answer made in the background: whoever wants one sees at once that it is under way, and is told when it is there."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from crm_app.ai.skills import SKILLS, frame
from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import SettingsView
from crm_app.domain.analyses.models import AnalysisState, SubjectKind
from crm_app.domain.analyses.schemas import AnalysisView, Due, Subject
from crm_app.domain.errors import Unavailable
from crm_app.domain.i18n import _
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.queries import find_open_job
from crm_app.domain.permissions import Permission

MAKE = "analyses.make"


class Order(BaseModel):
    """What a job is to make. ``key`` names it among the actor's jobs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    skill: str
    subject: Subject
    key: str


def order_analysis(session: Session, actor: Actor, skill: str, subject: Subject, again: bool = False) -> AnalysisView:
    """Have a skill say something about a subject, unless it has and nothing has changed since. Unavailable where it is switched off.

    NotFound and Forbidden where it may not be read, ``NothingToRead`` where there is nothing.
    """
    actor.require(Permission.AI_USE)
    if SKILLS[skill].feature not in features_on(session, actor):
        raise Unavailable(_("This is switched off. An admin can switch it on in Settings, AI & budgets."))
    view, _case = frame.want_analysis(session, actor, SKILLS[skill], subject, again)
    if view.state is AnalysisState.PENDING:
        _enqueue(session, actor, skill, subject)
    return view


def resume_analysis(session: Session, actor: Actor, due: Due) -> bool:
    """Have one made that waits and whose turn has come; False where its feature is switched off, so that it goes on waiting."""
    actor.require(Permission.AI_USE)
    if due.skill not in SKILLS or SKILLS[due.skill].feature not in features_on(session, actor):
        return False
    _enqueue(session, actor, due.skill, due.subject)
    return True


def features_on(session: Session, actor: Actor, settings: SettingsView | None = None) -> frozenset[Feature]:
    """What models are used for at present: nothing while they are switched off. Who has read the team's decisions passes them."""
    if not (settings or ai.get_settings(session, actor)).enabled:
        return frozenset()
    return frozenset(row.feature for row in ai.list_features(session, actor) if row.enabled)


def of_contact(contact_id: UUID) -> Subject:
    """A contact as the subject of a skill."""
    return Subject(kind=SubjectKind.CONTACT, id=contact_id)


def of_event(event_id: UUID) -> Subject:
    """An event as the subject of a skill."""
    return Subject(kind=SubjectKind.EVENT, id=event_id)


def of_task(task_id: UUID) -> Subject:
    """A task as the subject of a skill."""
    return Subject(kind=SubjectKind.TASK, id=task_id)


def of_thread(thread_id: UUID) -> Subject:
    """A thread of mail as the subject of a skill."""
    return Subject(kind=SubjectKind.MAIL, id=thread_id)


def _enqueue(session: Session, actor: Actor, skill: str, subject: Subject) -> None:
    order = Order(skill=skill, subject=subject, key=f"{skill}:{subject.kind.value}:{subject.id}")
    if find_open_job(session, actor, MAKE, "key", order.key) is None:
        jobs.enqueue_job(session, actor, MAKE, order.model_dump(mode="json"))
