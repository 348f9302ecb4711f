"""What follows when suggestions were withdrawn, which the database does by itself: their owner is told why, and their task is a person's again."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.delegations import following
from crm_app.domain.notifications.kinds import Kind as News
from crm_app.domain.notifications.notify import notify_self
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now
from crm_app.domain.suggestions import views
from crm_app.domain.suggestions.access import get_own_suggestion
from crm_app.domain.suggestions.models import State


def tell_withdrawn(session: Session, actor: Actor, suggestion_ids: Collection[UUID]) -> int:
    """Tell the actor that these of theirs were withdrawn, once for each person and day; of how many they had not been told. NotFound for another's."""
    actor.require(Permission.AI_USE)
    told = 0
    for suggestion_id in sorted(suggestion_ids):
        row = get_own_suggestion(session, actor, suggestion_id, lock=True)
        if row.state != State.WITHDRAWN or row.decided_at is not None:
            continue
        row.decided_at = now()
        if row.task_id is not None:
            following.withdrawn(session, actor, row.task_id, row.id, views.withdrawn_words())
        about = ("contact", row.contact_id) if row.contact_id else None
        notify_self(session, actor, News.WITHDRAWN, about=about, key=f"{now().astimezone(actor.zone).date()}")
        told += 1
    session.flush()
    return told
