"""Conversations with the assistant: kept for whoever asked, and for nobody else.

What answers is ``crm_app.ai.assistant``; here is only what is kept of it. A question is kept before it is answered (``begin_turn``), and its
answer once it has ended, however it did (``settle_turn``), so that a closed page loses nothing that was paid for.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.access import get_visible_contacts
from crm_app.domain.conversations import queries
from crm_app.domain.conversations.access import own_conversation, own_turn
from crm_app.domain.conversations.models import Conversation, ConversationTurn, TurnContact, TurnState
from crm_app.domain.conversations.schemas import ConversationRow, ConversationView, Talk, TurnBegun, TurnCreate, TurnDone, TurnView
from crm_app.domain.editing import require_version
from crm_app.domain.errors import Conflict, Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.mentions.rules import find_mentions
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

SHOWN = 200
SILENT = timedelta(seconds=40)
"""A question of which nobody was heard for so long is answered by nobody any more: its process has gone. The first one of a process takes its time."""
ASLEEP = timedelta(seconds=6)
"""After this silence whoever wants it stopped need not wait for anybody to hear of it."""
OPEN = (TurnState.RUNNING, TurnState.STOPPING)
TITLE = 60


def list_conversations(session: Session, actor: Actor) -> tuple[ConversationRow, ...]:
    """The asker's conversations, the one they asked in last first."""
    actor.require(Permission.AI_USE)
    return tuple(ConversationRow.model_validate(row) for row in queries.list_own(session, actor, SHOWN))


def get_conversation(session: Session, actor: Actor, conversation_id: UUID) -> ConversationView:
    """One with all that was said. What speaks of somebody whom the asker does not see any more is hidden; what nobody answers any more has failed."""
    actor.require(Permission.AI_USE)
    row = own_conversation(session, actor, conversation_id)
    turns = _views(session, actor, queries.list_turns(session, row.id))
    about = queries.find_names(session, [row.about_id] if row.about_id else [])
    return ConversationView(id=row.id, version=row.version, title=row.title, asked_at=row.asked_at, about=next(iter(about.items()), None), turns=turns)


def begin_turn(session: Session, actor: Actor, data: TurnCreate) -> TurnBegun:
    """Keep a question that is about to be answered. Conflict while another one of the conversation is; NotFound for contacts that the asker does not see."""
    actor.require(Permission.AI_USE)
    get_visible_contacts(session, actor, data.about)
    row = own_conversation(session, actor, data.conversation_id, lock=True) if data.conversation_id else _new(session, actor, data)
    before = list(queries.list_turns(session, row.id))
    if any(_open(turn) and turn.id != data.replaces for turn in before):
        raise Conflict(_("The question before this one is still being answered. Stop it, or wait for it."))
    about = list(data.about)
    if data.replaces is not None:
        if not before or before[-1].id != data.replaces:
            raise Invalid(_("Only the last question of a conversation can be asked otherwise."))
        about += _still_named(session, before[-1], data.question)
        queries.delete_turn(session, before[-1])
    row.asked_at = now()
    if len(before) == (data.replaces is not None):
        row.title = _title(data.question)
    turn = ConversationTurn(user_id=actor.user_id, conversation_id=row.id, question=data.question)
    session.add(turn)
    session.flush()
    _name(session, actor, turn, about)
    return TurnBegun(conversation_id=row.id, turn_id=turn.id)


def get_talk(session: Session, actor: Actor, turn_id: UUID) -> Talk:
    """What whoever answers this question needs of the conversation: of earlier turns, those that ended well and are not hidden from the asker."""
    actor.require(Permission.AI_USE)
    turn = own_turn(session, actor, turn_id)
    row = own_conversation(session, actor, turn.conversation_id)
    before = [each for each in queries.list_turns(session, row.id) if each.id < turn.id and each.state == TurnState.DONE]
    views = tuple(view for view in _views(session, actor, before) if not view.hidden)
    about = queries.find_names(session, queries.find_whom(session, [turn.id])[turn.id])
    handles = {name: (kind, UUID(key)) for name, (kind, key) in row.handles.items()}
    return Talk(conversation_id=row.id, question=turn.question, before=views, handles=handles, about=tuple(about.items()))


def get_turn(session: Session, actor: Actor, turn_id: UUID) -> TurnView:
    """One question with its answer, as far as it has come."""
    actor.require(Permission.AI_USE)
    return _views(session, actor, [own_turn(session, actor, turn_id)])[0]


def hear_turn(session: Session, actor: Actor, turn_id: UUID) -> bool:
    """Whoever answers says that they are at it; whether they are to go on."""
    actor.require(Permission.AI_USE)
    turn = own_turn(session, actor, turn_id, lock=True)
    turn.heard_at = now()
    session.flush()
    return turn.state == TurnState.RUNNING


def stop_turn(session: Session, actor: Actor, turn_id: UUID) -> None:
    """Let the answer end where it is; nothing happens to one that has ended. One that nobody seems to answer has ended with this."""
    actor.require(Permission.AI_USE)
    turn = own_turn(session, actor, turn_id, lock=True)
    if turn.state == TurnState.RUNNING:
        alone = turn.heard_at < now() - ASLEEP
        turn.state = (TurnState.STOPPED if alone else TurnState.STOPPING).value
        turn.ended_at = now() if alone else None
    session.flush()


def settle_turn(session: Session, actor: Actor, turn_id: UUID, done: TurnDone) -> TurnView:
    """Keep how an answer ended, with whom it speaks of and the short names that were given for it. Conflict once it has ended.

    Where somebody was erased or hidden while it was written, nothing of it is kept but what it cost.
    """
    actor.require(Permission.AI_USE)
    turn = own_turn(session, actor, turn_id, lock=True)
    if turn.state not in OPEN:
        raise Conflict(_("That question has been answered already."))
    row = own_conversation(session, actor, turn.conversation_id, lock=True)
    if not done.contact_ids <= queries.find_names(session, done.contact_ids).keys():
        done = TurnDone(state=TurnState.FAILED, failure=_("Somebody of whom this answer spoke has gone meanwhile. Ask again."),
                        model_label=done.model_label, cost_micros=done.cost_micros, seconds=done.seconds)  # fmt: skip
    turn.sqlmodel_update(done.model_dump(mode="json", exclude={"contact_ids", "handles"}))
    turn.ended_at = now()
    row.handles = {**row.handles, **{name: [kind, str(key)] for name, (kind, key) in done.handles.items()}}
    session.flush()
    _name(session, actor, turn, done.contact_ids)
    return _views(session, actor, [turn])[0]


def rename_conversation(session: Session, actor: Actor, conversation_id: UUID, title: str, version: int) -> ConversationRow:
    """Another title. Conflict when it is no longer at ``version``."""
    actor.require(Permission.AI_USE)
    row = own_conversation(session, actor, conversation_id, lock=True)
    require_version(row, version, ConversationRow.model_validate(row))
    if not 0 < len(title := " ".join(title.split())) <= 120:
        raise Invalid(fields={"title": _("A title has between 1 and 120 letters.")})
    row.title = title
    session.flush()
    session.refresh(row)
    return ConversationRow.model_validate(row)


def delete_conversation(session: Session, actor: Actor, conversation_id: UUID) -> None:
    """Remove a conversation with everything that was said in it, at once. What it cost stays in the ledger."""
    actor.require(Permission.AI_USE)
    session.delete(own_conversation(session, actor, conversation_id, lock=True))
    session.flush()


def _new(session: Session, actor: Actor, data: TurnCreate) -> Conversation:
    if data.replaces is not None:
        raise NotFound
    row = Conversation(user_id=actor.user_id, title=_title(data.question), about_id=data.about[0] if data.about else None)
    session.add(row)
    session.flush()
    return row


def _title(question: str) -> str:
    words = " ".join(question.split())
    return words if len(words) <= TITLE else f"{words[:TITLE].rsplit(' ', 1)[0]}…"


def _still_named(session: Session, turn: ConversationTurn, question: str) -> list[UUID]:
    """Whom the question names by an at sign, of those of whom it spoke before it was asked otherwise."""
    names = queries.find_names(session, queries.find_whom(session, [turn.id])[turn.id])
    return list(find_mentions(question, names.items()))


def _open(turn: ConversationTurn) -> bool:
    return turn.state in OPEN and turn.heard_at > now() - SILENT


def _name(session: Session, actor: Actor, turn: ConversationTurn, contact_ids: Collection[UUID]) -> None:
    known = queries.find_whom(session, [turn.id])[turn.id]
    session.add_all(TurnContact(user_id=actor.user_id, turn_id=turn.id, contact_id=key) for key in dict.fromkeys(contact_ids) if key not in known)
    session.flush()


def _views(session: Session, actor: Actor, turns: Collection[ConversationTurn]) -> tuple[TurnView, ...]:
    whom = queries.find_whom(session, [turn.id for turn in turns])
    seen = queries.find_names(session, frozenset().union(*whom.values()))
    return tuple(_view(turn, whom[turn.id], hidden=not whom[turn.id] <= seen.keys()) for turn in turns)


def _view(turn: ConversationTurn, whom: frozenset[UUID], hidden: bool) -> TurnView:
    """``hidden`` leaves what was asked, by whom we serve, and what it cost."""
    whole = TurnView.model_validate(turn)
    if whole.state in OPEN and not _open(turn):
        whole = whole.model_copy(update={"state": TurnState.FAILED, "failure": _("This was broken off when the application stopped. Ask again.")})
    if hidden:
        return whole.model_copy(update={"answer": "", "failure": "", "steps": (), "sources": (), "cards": (), "suggestions": (), "hidden": True})
    return whole.model_copy(update={"contact_ids": whom})
