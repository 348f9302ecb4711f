"""Events that missed a contact who was made or restored while they came: neither transaction saw the other, so somebody looks once both are over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, or_, text
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import Event, EventAttendee, EventContact
from crm_app.domain.contacts.models import Contact, ContactPoint, PointKind
from crm_app.domain.contacts.scope import visible_to

_DUE = text("select people_with_missed_events(:since)")


def list_people_with_missed_events(session: Session, since: datetime) -> list[UUID]:
    """Who may have events of since then that missed somebody. Asked by nobody, it tells ids alone."""
    return list(session.connection().execute(_DUE, {"since": since}).scalars())


def list_missed(session: Session, actor: Actor, own: Collection[str], since: datetime, limit: int) -> Sequence[Event]:
    """The actor's events of since then that ask a contact who was written since then too, and know nothing of them. ``own`` is nobody's but the actor's."""
    found = select(Event).join(EventAttendee, col(EventAttendee.event_id) == col(Event.id))
    found = found.join(ContactPoint, (col(ContactPoint.kind) == PointKind.EMAIL.value) & (col(ContactPoint.value_norm) == col(EventAttendee.email)))
    found = found.join(Contact, (col(Contact.id) == col(ContactPoint.contact_id)) & visible_to(actor) & col(Contact.deleted_at).is_(None))
    lately = or_(col(ContactPoint.created_at) >= since, col(Contact.updated_at) >= since)
    linked = exists().where(col(EventContact.event_id) == col(Event.id), col(EventContact.contact_id) == col(Contact.id))
    mine = found.where(Event.owner_id == actor.user_id, col(Event.updated_at) >= since, col(EventAttendee.email).not_in(own), lately, ~linked)
    return session.exec(mine.distinct().order_by(col(Event.id)).limit(limit)).all()
