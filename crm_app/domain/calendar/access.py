"""The only loaders of one event, and of one change that somebody asks for, by their ids."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import Event, EventChange
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.rows import Audience


def get_visible_event(session: Session, actor: Actor, event_id: UUID, *, lock: bool = False) -> Event:
    """The event if the actor may see it, else NotFound. ``lock`` holds it for this transaction."""
    seen = (col(Event.owner_id) == actor.user_id) | (col(Event.audience) == Audience.TEAM.value)
    found = select(Event).where(Event.id == event_id, seen).execution_options(populate_existing=True)
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row


def require_own_event(actor: Actor, row: Event) -> None:
    """Raise Forbidden unless it stands in the actor's own calendar: whom an event concerns is for its owner to say."""
    if row.owner_id != actor.user_id:
        raise Forbidden(_("Only the person whose calendar this is can change whom it concerns."))


def get_own_change(session: Session, actor: Actor, change_id: UUID, *, lock: bool = False) -> EventChange:
    """A change that the actor has asked for, else NotFound."""
    found = select(EventChange).where(EventChange.id == change_id, EventChange.owner_id == actor.user_id).execution_options(populate_existing=True)
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row
