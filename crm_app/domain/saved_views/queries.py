"""Reading one's own saved views."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.saved_views.models import SavedView


def list_own(session: Session, actor: Actor, *, lock: bool = False) -> Sequence[SavedView]:
    """The person's views in their order."""
    found = select(SavedView).where(SavedView.user_id == actor.user_id).order_by(col(SavedView.position), col(SavedView.id))
    return session.exec(found.with_for_update() if lock else found).all()


def get_own(session: Session, actor: Actor, view_id: UUID) -> SavedView | None:
    """One of the person's own views, locked until the transaction ends."""
    found = select(SavedView).where(SavedView.id == view_id, SavedView.user_id == actor.user_id)
    return session.exec(found.with_for_update().execution_options(populate_existing=True)).first()
