"""Deciding about several at once: each on its own, so that one that cannot be done keeps no other waiting."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.errors import CrmError
from crm_app.domain.permissions import Permission
from crm_app.domain.suggestions import deciding, queries, views
from crm_app.domain.suggestions.access import get_own_suggestion
from crm_app.domain.suggestions.schemas import Approval, Approvals, Decided, Rejection, Rejections, SuggestionView, Undoing


def approve_many(session: Session, actor: Actor, data: Approvals) -> tuple[Decided, ...]:
    """Do several. One that cannot be done waits as before, with the sentence that says why; the others are done, and are taken back together."""
    actor.require(Permission.AI_USE)
    seen = {key: Approval(standing=standing) for key, standing in data.seen.items()}
    return tuple(_one(session, key, partial(deciding.approve_suggestion, session, actor, key, seen[key])) for key in sorted(seen))


def reject_many(session: Session, actor: Actor, data: Rejections) -> tuple[Decided, ...]:
    """Decide against several, for one reason. One that was decided meanwhile stays as it is, with the sentence that says so."""
    actor.require(Permission.AI_USE)
    reason = Rejection(reason=data.reason)
    return tuple(_one(session, key, partial(deciding.reject_suggestion, session, actor, key, reason)) for key in sorted(data.ids))


def undo_many(session: Session, actor: Actor, data: Undoing) -> tuple[SuggestionView, ...]:
    """Take back what was decided about these, all of it or nothing; what was approved together with one comes back too. Conflict as for one."""
    actor.require(Permission.AI_USE)
    back: set[UUID] = set()
    for key in sorted(data.ids):
        if key not in back:
            done_by = get_own_suggestion(session, actor, key, lock=True).change_set_id
            together = queries.list_decided_together(session, actor, done_by) if done_by else ()
            back |= {key, *(one.id for one in together)}
            deciding.undo_suggestion(session, actor, key)
    return tuple(views.view(session, actor, get_own_suggestion(session, actor, key)) for key in sorted(data.ids))


def _one(session: Session, key: UUID, decide: Callable[[], SuggestionView]) -> Decided:
    """One of them, in a part of the transaction of its own."""
    try:
        with session.begin_nested():
            return Decided(id=key, suggestion=decide(), refusal="")
    except CrmError as refusal:
        return Decided(id=key, suggestion=None, refusal=refusal.message)
