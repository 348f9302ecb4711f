"""The only loaders of conversations by id: somebody else's, whatever the asker's role, is not found."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.conversations import queries
from crm_app.domain.conversations.models import Conversation, ConversationTurn
from crm_app.domain.errors import NotFound


def own_conversation(session: Session, actor: Actor, conversation_id: UUID, *, lock: bool = False) -> Conversation:
    """One of the asker's own. ``lock`` holds it until the transaction ends."""
    row = queries.get_own(session, actor, conversation_id, lock=lock)
    if row is None:
        raise NotFound
    return row


def own_turn(session: Session, actor: Actor, turn_id: UUID, *, lock: bool = False) -> ConversationTurn:
    """A question of the asker's own. ``lock`` holds it until the transaction ends."""
    row = queries.get_own_turn(session, actor, turn_id, lock=lock)
    if row is None:
        raise NotFound
    return row
