"""Reading one's own conversations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlmodel import Session, col, delete, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.conversations.models import Conversation, ConversationTurn, TurnContact


def list_own(session: Session, actor: Actor, limit: int) -> Sequence[Conversation]:
    """The person's conversations, the one asked in last first."""
    found = select(Conversation).where(Conversation.user_id == actor.user_id).order_by(col(Conversation.asked_at).desc(), col(Conversation.id).desc())
    return session.exec(found.limit(limit)).all()


def get_own(session: Session, actor: Actor, conversation_id: UUID, *, lock: bool = False) -> Conversation | None:
    """One of the person's own."""
    found = select(Conversation).where(Conversation.id == conversation_id, Conversation.user_id == actor.user_id)
    return session.exec(found.with_for_update().execution_options(populate_existing=True) if lock else found).first()


def get_own_turn(session: Session, actor: Actor, turn_id: UUID, *, lock: bool = False) -> ConversationTurn | None:
    """A question of the person's own."""
    found = select(ConversationTurn).where(ConversationTurn.id == turn_id, ConversationTurn.user_id == actor.user_id)
    return session.exec(found.with_for_update().execution_options(populate_existing=True) if lock else found).first()


def list_turns(session: Session, conversation_id: UUID) -> Sequence[ConversationTurn]:
    """Everything that was asked in a conversation, in order."""
    return session.exec(select(ConversationTurn).where(ConversationTurn.conversation_id == conversation_id).order_by(col(ConversationTurn.id))).all()


def find_whom(session: Session, turn_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Of whom each of these turns speaks, also those who are not visible any more."""
    rows = session.exec(select(TurnContact.turn_id, TurnContact.contact_id).where(col(TurnContact.turn_id).in_(turn_ids))).all()
    found: dict[UUID, set[UUID]] = {turn_id: set() for turn_id in turn_ids}
    for turn_id, contact_id in rows:
        found[turn_id].add(contact_id)
    return {turn_id: frozenset(people) for turn_id, people in found.items()}


def find_names(session: Session, contact_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Those of them whom the actor sees, with their names; one in the trash counts as seen."""
    wanted = list(contact_ids)
    rows = session.exec(select(Contact.id, Contact.display_name).where(col(Contact.id).in_(wanted))).all() if wanted else []
    return {key: name for key, name in rows}


def delete_turn(session: Session, turn: ConversationTurn) -> None:
    """Remove one question with its answer."""
    session.connection().execute(delete(ConversationTurn).where(col(ConversationTurn.id) == turn.id))
    session.expunge(turn)
