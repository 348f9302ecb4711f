"""The only loader of one analysis by its id."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, select

from crm_app.domain.actor import Actor
from crm_app.domain.analyses.models import Analysis
from crm_app.domain.errors import NotFound


def get_own_analysis(session: Session, actor: Actor, analysis_id: UUID, *, lock: bool = False) -> Analysis:
    """An analysis that was made for the actor, else NotFound. ``lock`` holds it for this transaction."""
    found = select(Analysis).where(Analysis.id == analysis_id, Analysis.owner_id == actor.user_id).execution_options(populate_existing=True)
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row
