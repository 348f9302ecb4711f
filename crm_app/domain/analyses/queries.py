"""What is read of the analyses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.analyses.models import Analysis, AnalysisState
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.contacts.scope import among

_DUE = text("select people_with_due_analyses(:moment)")


def find_analysis(session: Session, actor: Actor, subject: Subject, skill: str, *, lock: bool = False) -> Analysis | None:
    """What this skill made of the subject for the actor, or is to make of it."""
    found = select(Analysis).where(
        Analysis.owner_id == actor.user_id, Analysis.subject_kind == subject.kind.value, Analysis.subject_id == subject.id, Analysis.skill == skill
    )  # fmt: skip
    found = found.execution_options(populate_existing=True)
    return session.exec(found.with_for_update() if lock else found).first()


def list_of_subjects(session: Session, actor: Actor, skill: str, kind: str, subject_ids: Collection[UUID]) -> Sequence[Analysis]:
    """What this skill made of these subjects of one kind for the actor."""
    found = select(Analysis).where(Analysis.owner_id == actor.user_id, Analysis.subject_kind == kind, Analysis.skill == skill)
    return session.exec(found.where(among(col(Analysis.subject_id), subject_ids))).all()


def list_waiting(session: Session, actor: Actor, moment: datetime, limit: int) -> Sequence[Analysis]:
    """The actor's analyses whose turn has come, the one that waits longest first."""
    found = select(Analysis).where(Analysis.owner_id == actor.user_id, Analysis.state == AnalysisState.PENDING.value, col(Analysis.run_after) <= moment)
    return session.exec(found.order_by(col(Analysis.run_after), col(Analysis.id)).limit(limit)).all()


def list_people_with_due_analyses(session: Session, moment: datetime) -> list[UUID]:
    """Whose analyses wait and may be tried now. Asked by nobody, it tells ids alone."""
    return list(session.connection().execute(_DUE, {"moment": moment}).scalars())
