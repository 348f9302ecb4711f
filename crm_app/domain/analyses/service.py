"""Analyses: wanted, taken in hand, kept, failed, read, forgotten. Nothing here asks a model.

Whoever makes one wants it, with the fingerprint of everything that will be told; takes it in hand, so that nobody else makes it meanwhile; asks
outside any transaction; and stores what came. A person or an entry that may no longer be read meanwhile has taken it along: storing is NotFound then.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from crm_app.domain.actor import Actor
from crm_app.domain.analyses import queries, rules
from crm_app.domain.analyses.access import get_own_analysis
from crm_app.domain.analyses.models import Analysis, AnalysisPart, AnalysisState, SubjectKind
from crm_app.domain.analyses.schemas import AnalysisView, Due, Made, Subject, Wanted
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience, now


def want_analysis(session: Session, actor: Actor, wanted: Wanted) -> AnalysisView:
    """Have an analysis made, unless it is there and was made of the very same: then it is returned as it is (state ``done``)."""
    actor.require(Permission.AI_USE)
    fresh = Analysis(
        owner_id=actor.user_id, audience=Audience.PRIVATE.value, subject_kind=wanted.subject.kind.value, subject_id=wanted.subject.id,
        skill=wanted.skill, wanted_of=wanted.fingerprint,
    )  # fmt: skip
    session.exec(insert(Analysis).values(fresh.model_dump(exclude={"value"})).on_conflict_do_nothing())
    row = queries.find_analysis(session, actor, wanted.subject, wanted.skill, lock=True)
    assert row is not None, "it was written a moment ago"
    if wanted.again or row.wanted_of != wanted.fingerprint:
        row.state, row.wanted_of, row.failure, row.attempts, row.run_after = AnalysisState.PENDING.value, wanted.fingerprint, "", 0, now()
    session.flush()
    _know(session, actor, row, wanted.known)
    return rules.analysis_view(row)


def take_analysis(session: Session, actor: Actor, analysis_id: UUID) -> AnalysisView | None:
    """Take a waiting analysis in hand for five minutes; None when it does not wait, or somebody else has it in hand.

    One that was begun too often without any end fails here.
    """
    actor.require(Permission.AI_USE)
    row = get_own_analysis(session, actor, analysis_id, lock=True)
    if row.state != AnalysisState.PENDING.value or row.run_after > now():
        return None
    if row.attempts >= rules.MOST_ATTEMPTS:
        row.state, row.failure = AnalysisState.FAILED.value, row.failure or _("This was begun several times and was interrupted each time.")
        session.flush()
        return None
    row.attempts, row.run_after = row.attempts + 1, now() + rules.LEASE
    session.flush()
    return rules.analysis_view(row)


def store_analysis(session: Session, actor: Actor, analysis_id: UUID, made: Made) -> AnalysisView:
    """Keep what a model made. NotFound where one of the records may no longer be read, so that nothing of it stays."""
    actor.require(Permission.AI_USE)
    row = get_own_analysis(session, actor, analysis_id, lock=True)
    row.sqlmodel_update(made.model_dump(exclude={"fingerprint", "sources", "known"}))
    row.sources = [source.model_dump(mode="json") for source in made.sources]
    row.made_of, row.made_at, row.failure, row.attempts = made.fingerprint, now(), "", 0
    row.state = AnalysisState.DONE.value if row.wanted_of == made.fingerprint else AnalysisState.PENDING.value
    session.flush()
    if row.state == AnalysisState.DONE.value:
        before = col(AnalysisPart.ref_id).not_in([row.subject_id, *made.known, *(source.id for source in made.sources)])
        session.exec(delete(AnalysisPart).where(col(AnalysisPart.analysis_id) == row.id, before))
    return rules.analysis_view(row)


def fail_analysis(session: Session, actor: Actor, analysis_id: UUID, failure: str, *, may_retry: bool) -> AnalysisView:
    """Note that a try failed, with a sentence for its owner. It waits for its next turn if it ``may_retry`` and was not tried too often."""
    actor.require(Permission.AI_USE)
    row = get_own_analysis(session, actor, analysis_id, lock=True)
    row.failure = failure
    if may_retry and row.attempts < rules.MOST_ATTEMPTS:
        row.run_after = now() + rules.wait_after(row.attempts)
    else:
        row.state = AnalysisState.FAILED.value
    session.flush()
    return rules.analysis_view(row)


def postpone_analysis(session: Session, actor: Actor, analysis_id: UUID, reason: str) -> AnalysisView:
    """Put a taken analysis back for an hour, with the sentence that says why: nothing was tried, since nothing is left to spend."""
    actor.require(Permission.AI_USE)
    row = get_own_analysis(session, actor, analysis_id, lock=True)
    row.attempts, row.run_after, row.failure = max(0, row.attempts - 1), now() + rules.PUT_OFF, reason
    session.flush()
    return rules.analysis_view(row)


def get_analysis(session: Session, actor: Actor, subject: Subject, skill: str) -> AnalysisView | None:
    """What this skill made of the subject for the actor; None when nobody has asked yet, or it may no longer be known."""
    actor.require(Permission.AI_USE)
    row = queries.find_analysis(session, actor, subject, skill)
    return rules.analysis_view(row) if row else None


def list_analyses(session: Session, actor: Actor, skill: str, kind: SubjectKind, subject_ids: Collection[UUID]) -> dict[UUID, AnalysisView]:
    """What this skill made of these subjects for the actor, by their ids."""
    actor.require(Permission.AI_USE)
    return {row.subject_id: rules.analysis_view(row) for row in queries.list_of_subjects(session, actor, skill, kind.value, subject_ids)}


def list_due_analyses(session: Session, actor: Actor, limit: int = 20) -> tuple[Due, ...]:
    """The actor's analyses whose turn has come."""
    actor.require(Permission.AI_USE)
    views = (rules.analysis_view(row) for row in queries.list_waiting(session, actor, now(), limit))
    return tuple(Due(id=view.id, subject=view.subject, skill=view.skill) for view in views)


def forget_analysis(session: Session, actor: Actor, subject: Subject, skill: str) -> None:
    """Let go of what was made of the subject, if anything was."""
    actor.require(Permission.AI_USE)
    row = queries.find_analysis(session, actor, subject, skill, lock=True)
    if row is not None:
        session.exec(delete(Analysis).where(col(Analysis.id) == row.id))


def _know(session: Session, actor: Actor, row: Analysis, known: frozenset[UUID]) -> None:
    """Remember of which records it knows: those of what is told now, and still those of the value that stands there."""
    rows = [{"analysis_id": row.id, "ref_id": ref_id, "owner_id": actor.user_id, "audience": Audience.PRIVATE.value} for ref_id in sorted({row.subject_id, *known})]
    session.exec(insert(AnalysisPart).values(rows).on_conflict_do_nothing())
