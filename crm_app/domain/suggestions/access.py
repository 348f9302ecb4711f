"""The only loader of suggestions by their ids. Nobody sees another's, whatever their role."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, select

from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.suggestions.models import Suggestion


def get_own_suggestion(session: Session, actor: Actor, suggestion_id: UUID, *, lock: bool = False) -> Suggestion:
    """A suggestion to the actor, else NotFound. ``lock`` holds it until the transaction ends, so that it is decided once."""
    found = select(Suggestion).where(Suggestion.id == suggestion_id, Suggestion.owner_id == actor.user_id).execution_options(populate_existing=True)
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound(_("That suggestion is not here any more."))
    return row
