"""What the mood of entries is read from."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.interactions.models import Interaction, InteractionContact
from crm_app.domain.rows import Audience

MOST = 400


def list_moods(session: Session, actor: Actor, contact_id: UUID, since: datetime) -> list[tuple[datetime, int]]:
    """``(when, mood)`` of a contact's entries that have one and that the actor sees, the latest 400 of them, the earliest first."""
    seen = (col(Interaction.owner_id) == actor.user_id) | (col(Interaction.audience) == Audience.TEAM.value)
    found = (
        select(Interaction.occurred_at, Interaction.sentiment)
        .join(InteractionContact, col(InteractionContact.interaction_id) == col(Interaction.id))
        .where(InteractionContact.contact_id == contact_id, col(InteractionContact.occurred_at) >= since, col(Interaction.sentiment).is_not(None), seen)
        .where(col(Interaction.deleted_at).is_(None))
        .order_by(col(InteractionContact.occurred_at).desc(), col(Interaction.id).desc())
    )
    rows = session.exec(found.limit(MOST)).all()
    return [(when, mood) for when, mood in reversed(rows) if mood is not None]
