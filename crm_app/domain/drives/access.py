"""The only loader of links into a drive by their ids. Nobody sees another's, whatever their role."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.models import Connection, ConnectionKind
from crm_app.domain.drives.models import DriveLink
from crm_app.domain.errors import NotFound


def get_own_link(session: Session, actor: Actor, link_id: UUID, *, lock: bool = False) -> DriveLink:
    """A link of one of the actor's own connections, else NotFound."""
    found = select(DriveLink).where(DriveLink.id == link_id, col(DriveLink.owner_id) == actor.user_id).execution_options(populate_existing=True)
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row


def get_own_drive(session: Session, actor: Actor, connection_id: UUID, *, lock: bool = False) -> Connection:
    """An own connection to a drive, else NotFound."""
    row = get_own_connection(session, actor, connection_id, lock=lock)
    if row.kind != ConnectionKind.GOOGLE_DRIVE:
        raise NotFound
    return row
