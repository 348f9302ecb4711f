"""Address books as their owner sees them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks import queries
from crm_app.domain.addressbooks.schemas import BookRow


def list_rows(session: Session, actor: Actor, connection_ids: Collection[UUID]) -> dict[UUID, tuple[BookRow, ...]]:
    """The books of these connections by name, for each that has any."""
    rows = queries.list_books(session, actor, connection_ids)
    people = queries.count_people(session, actor, [row.id for row in rows]) if rows else {}
    found: dict[UUID, tuple[BookRow, ...]] = {}
    for row in rows:
        shown = BookRow(id=row.id, version=row.version, connection_id=row.connection_id, name=row.name, synced=row.synced, people=people.get(row.id, 0))
        found[row.connection_id] = (*found.get(row.connection_id, ()), shown)
    return found
