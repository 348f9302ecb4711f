"""The only loader of one entry by its id."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound
from crm_app.domain.interactions.models import Interaction
from crm_app.domain.rows import Audience

# The index's own columns are as long as the text again, and nobody reads them.
WITHOUT_INDEX = (defer(Interaction.search_text), defer(Interaction.search_vector))  # type: ignore[arg-type]


def get_visible_interaction(session: Session, actor: Actor, interaction_id: UUID, *, trashed: bool = False, lock: bool = False) -> Interaction:
    """The entry if the actor may see it, else NotFound. ``trashed`` looks in the trash, ``lock`` holds it for this transaction."""
    found = select(Interaction).options(*WITHOUT_INDEX).where(
        Interaction.id == interaction_id,
        (Interaction.owner_id == actor.user_id) | (Interaction.audience == Audience.TEAM.value),
        col(Interaction.deleted_at).is_not(None) if trashed else col(Interaction.deleted_at).is_(None),
    )  # fmt: skip
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row
