"""Address books as their owner sees them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks import queries
from crm_app.domain.addressbooks.models import WRITABLE
from crm_app.domain.addressbooks.schemas import BookRow


def list_rows(session: Session, actor: Actor, connection_ids: Collection[UUID]) -> dict[UUID, tuple[BookRow, ...]]:
    """The books of these connections by name, for each that has any."""
    rows = queries.list_books(session, actor, connection_ids)
    people = queries.count_people(session, actor, [row.id for row in rows]) if rows else {}
    kinds = queries.list_kinds(session, actor, connection_ids) if rows else {}
    found: dict[UUID, tuple[BookRow, ...]] = {}
    for row in rows:
        kept = row.model_dump(include={"id", "version", "connection_id", "name", "synced", "two_way", "refused"})
        shown = BookRow(**kept, people=people.get(row.id, 0), may_write=kinds.get(row.connection_id) in WRITABLE)
        found[row.connection_id] = (*found.get(row.connection_id, ()), shown)
    return found
