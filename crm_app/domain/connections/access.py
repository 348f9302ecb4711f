"""The only loaders of connections and their calendars by their ids. Nobody sees another's, whatever their role."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import Calendar
from crm_app.domain.connections.models import Connection
from crm_app.domain.errors import NotFound


def get_own_connection(session: Session, actor: Actor, connection_id: UUID, *, lock: bool = False) -> Connection:
    """The actor's own connection, else NotFound."""
    found = select(Connection).where(Connection.id == connection_id, Connection.owner_id == actor.user_id).execution_options(populate_existing=True)
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row


def get_own_calendar(session: Session, actor: Actor, calendar_id: UUID, *, lock: bool = False) -> Calendar:
    """A calendar of one of the actor's own connections, else NotFound."""
    found = select(Calendar).where(Calendar.id == calendar_id, col(Calendar.owner_id) == actor.user_id).execution_options(populate_existing=True)
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row
