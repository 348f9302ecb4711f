"""What a writer is told about the colleagues whom they name, before they save."""

from __future__ import annotations

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.entry_access import require_linkable
from crm_app.domain.mentions import queries
from crm_app.domain.mentions.rules import find_mentions
from crm_app.domain.mentions.schemas import Draft, Foreseen
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience


def foresee_mentions(session: Session, actor: Actor, draft: Draft) -> tuple[Foreseen, ...]:
    """Whom the text names, and who of them would not see it: what is private, or about a private contact, is its writer's alone."""
    actor.require(Permission.INTERACTION_WRITE)
    require_linkable(session, actor, draft.contact_ids, actor.user_id)
    people = queries.list_people(session)
    named = find_mentions(draft.text, people)
    hidden = bool(named) and (draft.audience is Audience.PRIVATE or queries.has_private(session, draft.contact_ids))
    return tuple(Foreseen(user_id=person, name=name, sees=not hidden or person == actor.user_id) for person, name in people if person in named)
