"""Entries that a sync writes: who stands on them. Owner, audience, kind and time of a link are the trigger's."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col

from crm_app.domain.inserting import insert_rows
from crm_app.domain.interactions.models import Interaction, InteractionContact


def link_people(session: Session, entries: Iterable[tuple[Interaction, Collection[UUID]]]) -> None:
    """Put entries, which have been flushed, on these timelines, in one statement."""
    rows: list[dict[str, Any]] = [
        {"interaction_id": row.id, "contact_id": contact_id, "owner_id": row.owner_id, "audience": row.audience, "kind": row.kind, "occurred_at": row.occurred_at}
        for row, people in entries
        for contact_id in sorted(people)
    ]
    insert_rows(session, "interaction_contact", ("interaction_id", "contact_id", "owner_id", "audience", "kind", "occurred_at"), rows)


def change_people(session: Session, entry: Interaction, on: set[UUID], wanted: set[UUID]) -> set[UUID]:
    """Have an entry that stands ``on`` these timelines on the ``wanted`` ones; it is never taken off its last. Whom that concerns."""
    away, fresh = on - wanted, wanted - on
    if not wanted:
        return set()
    if away:
        link = InteractionContact
        session.execute(delete(link).where(col(link.interaction_id) == entry.id, col(link.contact_id).in_(away)))
    session.flush()
    link_people(session, [(entry, fresh)])
    return away | fresh
