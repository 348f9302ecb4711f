"""Suggesting a change, and deciding about it. Nothing here changes anything before a person says yes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound, TooMany
from crm_app.domain.i18n import _
from crm_app.domain.notifications.kinds import Kind as News
from crm_app.domain.notifications.notify import notify_self
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience, now
from crm_app.domain.suggestions import acting, queries, standing, views
from crm_app.domain.suggestions.access import get_own_suggestion
from crm_app.domain.suggestions.batches import approve_many, reject_many, undo_many
from crm_app.domain.suggestions.deciding import (
    approve_suggestion,
    reject_suggestion,
    revise_suggestion,
    snooze_suggestion,
    undo_suggestion,
)
from crm_app.domain.suggestions.models import Suggestion
from crm_app.domain.suggestions.payloads import Form, kept, read_form
from crm_app.domain.suggestions.schemas import ProposalCreate, SuggestionFilter, SuggestionPage, SuggestionView, Waiting
from crm_app.domain.suggestions.source_queries import SOURCES
from crm_app.domain.tasks.access import get_visible_tasks

__all__ = [
    "approve_many", "approve_suggestion", "count_suggestions", "count_waiting", "find_of_call", "get_suggestion", "list_suggestions", "propose", "reject_many",
    "reject_suggestion", "revise_suggestion", "snooze_suggestion", "undo_many", "undo_suggestion",
]  # fmt: skip
LIFE = timedelta(days=14)
REMEMBERED = timedelta(days=30)
"""So long what was rejected does not come again by itself."""
MOST = 200
MOST_SOURCES = 20


def propose(session: Session, actor: Actor, data: ProposalCreate) -> SuggestionView:
    """Suggest a change to the actor. One that is the same as one that waits takes its place; with ``unasked``, one that was rejected lately stays so.

    Invalid for a payload of another form; NotFound when the actor does not see something that it, its sources or its task name; Forbidden
    where they could not do it by hand.
    """
    actor.require(Permission.AI_USE)
    actor.require(acting.NEEDS[data.kind])
    form = read_form(data.kind, data.payload)
    _require_seen(session, actor, data, form)
    form = acting.complete_form(session, actor, form)
    mark = standing.fingerprint_of(data.kind, form, data.task_id)
    waiting = queries.find_pending(session, actor, mark)
    if waiting is None and data.unasked and (rejected := queries.find_rejected(session, actor, mark, now() - REMEMBERED)):
        return views.view(session, actor, rejected)
    if waiting is None and queries.count_pending(session, actor, now(), snoozed=True) >= MOST:
        raise TooMany(_("There are %d suggestions to decide about. Decide about some of them first.") % MOST)
    row = waiting or Suggestion(owner_id=actor.user_id, audience=Audience.PRIVATE.value, kind=data.kind.value, payload={}, fingerprint=mark)
    _fill(session, actor, row, data, form)
    session.add(row)
    session.flush()
    if data.unasked and waiting is None:
        notify_self(session, actor, News.SUGGESTED, key=f"{now().astimezone(actor.zone).date()}")
    return views.view(session, actor, get_own_suggestion(session, actor, row.id))


def get_suggestion(session: Session, actor: Actor, suggestion_id: UUID) -> SuggestionView:
    """One suggestion to the actor, as it stands now."""
    actor.require(Permission.AI_USE)
    return views.view(session, actor, get_own_suggestion(session, actor, suggestion_id))


def find_of_call(session: Session, actor: Actor, call_id: UUID) -> SuggestionView | None:
    """The latest suggestion to the actor that came of a call, however it was decided; None where none did, or it is gone."""
    actor.require(Permission.AI_USE)
    row = queries.find_of_call(session, actor, call_id)
    return views.view(session, actor, row) if row else None


def list_suggestions(session: Session, actor: Actor, wanted: SuggestionFilter) -> SuggestionPage:
    """A page of what is suggested to the actor, the latest first."""
    actor.require(Permission.AI_USE)
    rows, after = queries.list_page(session, actor, wanted, now())
    return SuggestionPage(suggestions=views.view_all(session, actor, rows), next_cursor=after)


def count_suggestions(session: Session, actor: Actor) -> int:
    """How many wait for the actor now."""
    actor.require(Permission.AI_USE)
    return queries.count_pending(session, actor, now())


def count_waiting(session: Session, actor: Actor) -> Waiting:
    """How many wait for the actor now, and how many they have put off."""
    actor.require(Permission.AI_USE)
    return Waiting(*queries.count_waiting(session, actor, now()))


def _require_seen(session: Session, actor: Actor, data: ProposalCreate, form: Form) -> None:
    """Raise NotFound unless the actor sees every row that is named, whoever named it."""
    if data.task_id is not None:
        get_visible_tasks(session, actor, [data.task_id])
    if not queries.load_seen(session, actor, [form]).holds(form):
        raise NotFound
    for kind in {source.kind for source in data.sources}:
        ids = {source.id for source in data.sources if source.kind == kind}
        if ids - SOURCES[kind](session, actor, ids).keys():
            raise NotFound


def _fill(session: Session, actor: Actor, row: Suggestion, data: ProposalCreate, form: Form) -> None:
    """What a person wrote in one that waits stays; sources come together."""
    fresh = [{"kind": source.kind.value, "id": str(source.id)} for source in data.sources]
    row.sources = [*fresh, *(one for one in row.sources if one not in fresh)][:MOST_SOURCES]
    row.rationale = data.rationale or row.rationale
    row.call_id, row.task_id = data.call_id or row.call_id, data.task_id
    row.expires_at = None if data.task_id else now() + LIFE
    if row.edited:
        return
    row.payload, row.contact_id = kept(form), next((key for key, _name in standing.about(form, queries.load_seen(session, actor, [form]))), None)
    row.basis = standing.basis_of(standing.differences(form, queries.load_seen(session, actor, [form])))
