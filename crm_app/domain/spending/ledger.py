"""One's own calls, and what was sent in each of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.paging import encode_cursor
from crm_app.domain.permissions import Permission
from crm_app.domain.spending import ledger_queries
from crm_app.domain.spending.models import AiCall
from crm_app.domain.spending.views import CallFilter, CallPage, CallRow, CallView, PaidAnswer, TurnView


def list_calls(session: Session, actor: Actor, wanted: CallFilter) -> CallPage:
    """A page of the actor's calls, newest first. Invalid for a cursor of another list."""
    actor.require(Permission.AI_USE)
    rows = ledger_queries.list_calls(session, actor, wanted)
    shown = rows[: wanted.limit]
    more = encode_cursor(shown[-1].started_at, shown[-1].id) if len(rows) > wanted.limit else None
    return CallPage(calls=tuple(CallRow(**_of(row, CallRow)) for row in shown), next_cursor=more)


def get_call(session: Session, actor: Actor, call_id: UUID) -> CallView:
    """One of the actor's calls, with what was sent and what came while that is kept. Nobody else's, not even for those who manage the team."""
    actor.require(Permission.AI_USE)
    row = ledger_queries.get_own_call(session, actor, call_id)
    content = ledger_queries.find_content(session, row)
    turns = tuple(TurnView(**turn) for turn in content.sent) if content else ()
    about = tuple(ledger_queries.list_spoken_of(session, row))
    own: dict[str, Any] = {"kept": content is not None, "sent": turns, "came": content.came if content else "", "contact_ids": about}
    return CallView(**_of(row, CallView), **own)


def list_paid_answers(session: Session, actor: Actor, job_id: UUID, skill: str) -> tuple[PaidAnswer, ...]:
    """What models have answered already to a job of the actor's that was interrupted afterwards, the newest first: it is not asked and paid for twice."""
    actor.require(Permission.AI_USE)
    rows = ledger_queries.list_paid_of_job(session, actor, job_id, skill)
    return tuple(PaidAnswer(call_id=row.id, text=came, model_label=row.model_label, cost_micros=row.cost_micros) for row, came in rows)


def _of(row: AiCall, view: type[CallRow]) -> dict[str, Any]:
    return row.model_dump(include=set(view.model_fields))
