"""A person's yes, no, or not now. What was decided can be taken back; it then waits again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.changes import queries as changes
from crm_app.domain.changes import service as undoing
from crm_app.domain.delegations import following
from crm_app.domain.editing import require_version
from crm_app.domain.errors import Conflict, Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now
from crm_app.domain.suggestions import acting, queries, standing, views
from crm_app.domain.suggestions.access import get_own_suggestion
from crm_app.domain.suggestions.models import Kind, State, Suggestion
from crm_app.domain.suggestions.payloads import CadenceChange, Form, MoreTags, StageChange, TaskChanges, kept, read_form
from crm_app.domain.suggestions.schemas import Approval, Rejection, Revision, Snooze, SuggestionView

FURTHEST = timedelta(days=366)
CHANGING = (StageChange, CadenceChange, MoreTags, TaskChanges)
"""Forms that change what is there: it is held while somebody says yes to what they saw of it."""


def approve_suggestion(session: Session, actor: Actor, suggestion_id: UUID, data: Approval) -> SuggestionView:
    """Do what is suggested, as the actor, once. Conflict when it was decided already, has expired, or is not what the actor saw (``data.standing``).

    Whatever the actor may not do, or no longer sees, is refused as by hand, and it waits as before.
    """
    row = _pending(session, actor, suggestion_id)
    before = views.form_of(row)
    form = before if data.payload is None else _edited(row, before, data.payload)
    seen = queries.load_seen(session, actor, [form, before], lock=isinstance(form, CHANGING))
    if not seen.holds(form):
        raise NotFound(_("What this is about is not here any more, or you no longer see it."))
    signature = acting.signature_under(before, acting.senders_for(session, actor, [before]))
    if standing.standing_of(before, standing.basis_of(standing.differences(before, seen)), signature) != data.standing:
        raise Conflict(_("This has changed since you looked. Here is what it says now."), views.view(session, actor, row).model_dump(mode="json"))
    row.result = acting.execute(session, actor, form, seen)
    if row.task_id is not None:
        following.approved(session, actor, row.task_id, was_the_work=not isinstance(form, TaskChanges))
    row.payload, row.edited = kept(form), row.edited or form != before
    return _decided(session, actor, row, State.EXECUTED)


def reject_suggestion(session: Session, actor: Actor, suggestion_id: UUID, data: Rejection) -> SuggestionView:
    """Decide against it. Conflict when it was decided already."""
    row = _pending(session, actor, suggestion_id)
    row.reason = data.reason
    if row.task_id is not None:
        following.rejected(session, actor, row.task_id)
    return _decided(session, actor, row, State.REJECTED)


def snooze_suggestion(session: Session, actor: Actor, suggestion_id: UUID, data: Snooze) -> SuggestionView:
    """Put it off until a time within a year, or have it wait again at once. It expires no sooner than two weeks after that."""
    row = _pending(session, actor, suggestion_id)
    if data.until is not None and not now() < data.until <= now() + FURTHEST:
        raise Invalid(fields={"until": _("Choose a time to come, within a year.")})
    row.snoozed_until = data.until
    if row.expires_at is not None and data.until is not None:
        row.expires_at = max(row.expires_at, data.until + timedelta(days=14))
    return _saved(session, actor, row)


def revise_suggestion(session: Session, actor: Actor, suggestion_id: UUID, data: Revision) -> SuggestionView:
    """Keep what the actor made of it, undecided. Conflict when it is no longer at ``data.version``."""
    row = _pending(session, actor, suggestion_id)
    require_version(row, data.version, views.view(session, actor, row))
    before = views.form_of(row)
    form = _edited(row, before, data.payload)
    if not queries.load_seen(session, actor, [form]).holds(form):
        raise NotFound
    if form != before:
        row.payload, row.edited = kept(form), True
    return _saved(session, actor, row)


def undo_suggestion(session: Session, actor: Actor, suggestion_id: UUID) -> SuggestionView:
    """Take back what was decided: it, and what was approved together with it, waits again. Conflict when what it did can't be taken back any more."""
    actor.require(Permission.AI_USE)
    acting.require_person(actor)
    row = get_own_suggestion(session, actor, suggestion_id, lock=True)
    if row.state not in (State.EXECUTED, State.REJECTED):
        raise Conflict(_("This has not been decided, so there is nothing to take back."))
    change_set_id, together = row.change_set_id, [row]
    if change_set_id is not None:
        together = list(queries.list_decided_together(session, actor, change_set_id))
        for one in together:
            if one.result.get("letter_id"):
                acting.take_back_letter(session, actor, one.result)
        done = changes.get_own_set(session, actor, change_set_id)
        if done is not None and done.undone_at is None:
            undoing.undo_change_set(session, actor, change_set_id)
    for key in [one.id for one in together]:
        _reopen(session, actor, get_own_suggestion(session, actor, key, lock=True))
    session.flush()
    return views.view(session, actor, get_own_suggestion(session, actor, suggestion_id))


def _pending(session: Session, actor: Actor, suggestion_id: UUID) -> Suggestion:
    """A suggestion that waits, held; only a person may decide about it."""
    actor.require(Permission.AI_USE)
    acting.require_person(actor)
    row = get_own_suggestion(session, actor, suggestion_id, lock=True)
    if row.state == State.WITHDRAWN:
        raise Conflict(views.withdrawn_words(), views.view(session, actor, row).model_dump(mode="json"))
    if row.state != State.PENDING:
        raise Conflict(_("This has been decided already."), views.view(session, actor, row).model_dump(mode="json"))
    if views.is_over(row):
        raise Conflict(_("This suggestion has expired. Ask for it again if you still want it."))
    return row


def _edited(row: Suggestion, before: Form, values: dict[str, object]) -> Form:
    form = read_form(Kind(row.kind), values)
    acting.require_same_target(before, form)
    return form


def _decided(session: Session, actor: Actor, row: Suggestion, state: State) -> SuggestionView:
    row.state, row.decided_at, row.snoozed_until = state.value, now(), None
    row.change_set_id = session.info["change_set_id"] if state is State.EXECUTED else None
    return _saved(session, actor, row)


def _reopen(session: Session, actor: Actor, row: Suggestion) -> None:
    """Have it wait again. Where the same has been suggested anew meanwhile, what stands in this one takes that one's place."""
    newer = queries.find_pending(session, actor, row.fingerprint)
    if newer is not None:
        session.delete(newer)
        session.flush()
    row.state, row.decided_at, row.change_set_id, row.result, row.reason = State.PENDING.value, None, None, {}, ""
    if row.expires_at is not None:
        row.expires_at = max(row.expires_at, now() + timedelta(days=1))
    session.flush()
    session.refresh(row)  # meanwhile somebody on it may have said no, and then it is withdrawn
    if row.task_id is not None and row.state == State.PENDING:
        following.reopened(session, actor, row.task_id)


def _saved(session: Session, actor: Actor, row: Suggestion) -> SuggestionView:
    session.flush()
    return views.view(session, actor, get_own_suggestion(session, actor, row.id))
