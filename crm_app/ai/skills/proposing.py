"""How a skill suggests what it would change: never a write, and nothing that stops the answer from being kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.ai.skills.frame import Case, Cited, suggest
from crm_app.domain.actor import Actor
from crm_app.domain.disclosure.schemas import Source
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.models import Kind
from crm_app.domain.suggestions.schemas import ProposalCreate, SourceRef


def propose(session: Session, actor: Actor, kind: Kind, payload: dict[str, Any], why: Cited, case: Case, call_id: UUID, *, unasked: bool = True) -> bool:
    """Suggest one change to the actor, with the statement that speaks for it and the sources that it cites; False where it cannot be suggested.

    With ``unasked`` nobody has just asked for it: what was rejected lately does not come again.
    """
    sources = tuple(SourceRef(kind=source.kind, id=source.id) for source in cited(case, why))
    data = ProposalCreate(kind=kind, payload=payload, rationale=why.text[:1_000], sources=sources, call_id=call_id, unasked=unasked)
    return suggest(session, lambda: suggestions.propose(session, actor, data))


def cited(case: Case, said: Cited) -> list[Source]:
    """The sources that a statement cites."""
    return [case.sources[number - 1] for number in said.sources if 1 <= number <= len(case.sources)]


def people_of(case: Case, said: Cited) -> list[str]:
    """Whom the cited sources are about, as the forms of suggestions take them."""
    return sorted({str(key) for source in cited(case, said) for key in source.contact_ids})
