"""Which records a question is about: their ids alone. What may be read of them is ``disclosure``'s to say."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import Event, EventContact, EventStatus, LinkHow
from crm_app.domain.interactions.models import Interaction, InteractionContact
from crm_app.domain.mail.models import Direction, Email
from crm_app.domain.rows import Audience


def list_thread_entries(session: Session, actor: Actor, thread_id: UUID, limit: int) -> list[UUID]:
    """The entries of a thread's latest mails that the actor sees, the newest first."""
    seen = (col(Email.owner_id) == actor.user_id) | (col(Email.audience) == Audience.TEAM.value)
    found = select(Email.interaction_id).where(Email.thread_id == thread_id, col(Email.interaction_id).is_not(None), seen).order_by(col(Email.sent_at).desc())
    return [key for key in session.exec(found.limit(limit)).all() if key]


def list_own_letters(session: Session, actor: Actor, contact_id: UUID | None, limit: int) -> list[UUID]:
    """The entries of the latest mails that the actor has sent and whose words are here, with ``contact_id`` to that contact alone."""
    found = select(Email.interaction_id).where(
        Email.owner_id == actor.user_id, Email.direction == Direction.OUT.value, col(Email.interaction_id).is_not(None), col(Email.has_body)
    )  # fmt: skip
    if contact_id:
        link = InteractionContact
        found = found.join(link, col(link.interaction_id) == col(Email.interaction_id)).where(link.contact_id == contact_id)
    rows = session.exec(found.order_by(col(Email.sent_at).desc()).limit(limit)).all()
    return list(dict.fromkeys(key for key in rows if key))


def find_next_event(session: Session, actor: Actor, contact_id: UUID, moment: datetime) -> UUID | None:
    """A contact's next event that the actor sees and that takes place."""
    seen = (col(Event.owner_id) == actor.user_id) | (col(Event.audience) == Audience.TEAM.value)
    found = (
        select(Event.id)
        .join(EventContact, col(EventContact.event_id) == col(Event.id))
        .where(EventContact.contact_id == contact_id, EventContact.how != LinkHow.REMOVED.value, col(EventContact.starts_at) >= moment, seen)
        .where(Event.status != EventStatus.CANCELLED.value, col(Event.all_day).is_(False))
        .order_by(col(EventContact.starts_at), col(Event.id))
    )
    return session.exec(found.limit(1)).first()


def list_days_events(session: Session, actor: Actor, since: datetime, until: datetime, limit: int) -> list[UUID]:
    """The actor's own events that begin in this time, the earliest first."""
    found = select(Event.id).where(
        Event.owner_id == actor.user_id, col(Event.starts_at) >= since, col(Event.starts_at) < until, Event.status != EventStatus.CANCELLED.value
    )  # fmt: skip
    return list(session.exec(found.order_by(col(Event.starts_at), col(Event.id)).limit(limit)).all())


def list_last_times(session: Session, actor: Actor, contact_id: UUID, kinds: tuple[str, ...], limit: int) -> list[datetime]:
    """When a contact was last met in one of these ways, as far as the actor sees it, the latest first."""
    seen = (col(Interaction.owner_id) == actor.user_id) | (col(Interaction.audience) == Audience.TEAM.value)
    found = (
        select(Interaction.occurred_at)
        .join(InteractionContact, col(InteractionContact.interaction_id) == col(Interaction.id))
        .where(InteractionContact.contact_id == contact_id, col(Interaction.kind).in_(kinds), col(Interaction.deleted_at).is_(None), seen)
        .order_by(col(InteractionContact.occurred_at).desc())
    )
    return list(session.exec(found.limit(limit)).all())
