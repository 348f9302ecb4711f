"""Suggestions as their owner sees them now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.disclosure.schemas import SourceKind
from crm_app.domain.i18n import _
from crm_app.domain.letters.schemas import SenderView
from crm_app.domain.rows import now
from crm_app.domain.suggestions import acting, queries, standing
from crm_app.domain.suggestions.models import Kind, State, Suggestion
from crm_app.domain.suggestions.payloads import Form, read_form
from crm_app.domain.suggestions.schemas import SourceView, SuggestionView
from crm_app.domain.suggestions.source_queries import SOURCES
from crm_app.domain.suggestions.standing import Seen

KEPT = {"id", "version", "kind", "payload", "rationale", "edited", "task_id", "call_id", "snoozed_until", "expires_at", "decided_at", "reason", "created_at"}
Links = dict[tuple[str, str], SourceView]


def view(session: Session, actor: Actor, row: Suggestion) -> SuggestionView:
    """One suggestion."""
    return view_all(session, actor, [row])[0]


def view_all(session: Session, actor: Actor, rows: Sequence[Suggestion]) -> tuple[SuggestionView, ...]:
    """Suggestions with what stands now, and with the sources that the actor still sees."""
    forms = {row.id: form_of(row) for row in rows if row.state != State.WITHDRAWN}
    seen = queries.load_seen(session, actor, forms.values())
    senders = acting.senders_for(session, actor, (forms[row.id] for row in rows if row.state == State.PENDING))
    links = _links(session, actor, rows)
    return tuple(_view(row, forms[row.id], seen, senders, links) if row.id in forms else _withdrawn(row) for row in rows)


def form_of(row: Suggestion) -> Form:
    """What a row holds."""
    return read_form(Kind(row.kind), row.payload)


def withdrawn_words() -> str:
    """Why one was withdrawn."""
    return _("It was withdrawn: somebody whom it is about no longer agrees to AI, or is never to be read by it.")


def is_over(row: Suggestion) -> bool:
    """Whether nobody may decide about it any more, though it was pending."""
    return row.expires_at is not None and row.expires_at <= now()


def _view(row: Suggestion, form: Form, seen: Seen, senders: Sequence[SenderView], links: Links) -> SuggestionView:
    state = State.EXPIRED if row.state == State.PENDING and is_over(row) else State(row.state)
    changes = standing.differences(form, seen)
    basis = standing.basis_of(changes)
    waits = state is State.PENDING
    signature = acting.signature_under(form, senders) if waits else ""
    return SuggestionView(
        **row.model_dump(include=KEPT),
        state=state, about=standing.about(form, seen), subject=standing.subject(form, seen), changes=changes,
        standing=standing.standing_of(form, basis, signature), signature=signature,
        sources=tuple(one for source in row.sources if (one := links.get((source["kind"], source["id"])))),
        stale=waits and basis != row.basis, trouble=acting.trouble_of(form, seen, senders) if waits else "",
        letter_id=row.result.get("letter_id"), may_undo=state in (State.EXECUTED, State.REJECTED),
    )  # fmt: skip


def _withdrawn(row: Suggestion) -> SuggestionView:
    """Nothing of what it said: that came of what may not be read any more."""
    return SuggestionView(
        **row.model_dump(include=KEPT), state=State.WITHDRAWN, about=(), subject="", changes=(), standing="", signature="", sources=(), stale=False,
        trouble=withdrawn_words(), letter_id=None, may_undo=False,
    )  # fmt: skip


def _links(session: Session, actor: Actor, rows: Iterable[Suggestion]) -> Links:
    wanted: dict[SourceKind, set[UUID]] = {}
    for row in rows:
        for source in row.sources:
            wanted.setdefault(SourceKind(source["kind"]), set()).add(UUID(source["id"]))
    return {
        (kind.value, str(key)): SourceView(kind=kind, id=key, title=found.title, link=found.link)
        for kind, ids in wanted.items()
        for key, found in SOURCES[kind](session, actor, ids).items()
    }  # fmt: skip
