"""Reading what changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.changes.models import Change, ChangeSet
from crm_app.domain.interactions.models import Interaction
from crm_app.domain.interactions.rules import search_text


def get_own_set(session: Session, actor: Actor, change_set_id: UUID) -> ChangeSet | None:
    """The actor's own change set, locked until the transaction ends, so that it is undone once."""
    found = select(ChangeSet).where(ChangeSet.id == change_set_id, ChangeSet.actor_id == actor.user_id)
    return session.exec(found.with_for_update()).first()


def read_by_key(session: Session) -> None:
    """Have this transaction use indexes wherever it can: an undo asks for each row by its key, and of a large import there are many."""
    session.connection().execute(text("select set_config('enable_seqscan', 'off', true)"))


def list_steps(session: Session, change_set_id: UUID) -> Sequence[Any]:
    """``(id, table, before, after)`` of each change, the latest first."""
    columns = (col(Change.id), col(Change.table_name), col(Change.before), col(Change.after))
    return session.execute(select(*columns).where(Change.change_set_id == change_set_id).order_by(col(Change.id).desc())).all()


def refold_entries(session: Session, interaction_ids: Collection[UUID]) -> None:
    """Make the search text of these entries anew from what they say now; gone ones are no error."""
    entry = col(Interaction.id)
    for row in session.exec(select(Interaction).where(entry.in_(interaction_ids))).all() if interaction_ids else ():
        row.search_text = search_text(row.subject, row.body)
    session.flush()
