"""The meter in front of every call: reserve, ask the model, settle. Two short transactions, and nothing of either around the call itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.ids import new_id
from crm_app.domain.permissions import Permission
from crm_app.domain.spending import queries, rules, telling
from crm_app.domain.spending.models import Period, Scope
from crm_app.domain.spending.schemas import Busy, CallDone, CallPlan, LimitReached, Refusal, Reserved, Settled


def reserve_call(session: Session, actor: Actor, plan: CallPlan) -> Reserved:
    """Set aside the most that a call can cost. LimitReached, and nothing is written, when a limit of the actor, the feature or the team has no room for it.

    Busy where ``plan.seats`` are taken.
    """
    actor.require(Permission.AI_USE)
    rules.check_plan(plan)
    call_id = new_id()
    said = queries.reserve(session, call_id, _written(plan), plan.contact_ids)
    if said.get("busy"):
        raise Busy
    if said["refused"]:
        refusal = _refusal(said)
        raise LimitReached(rules.refusal_sentence(refusal, actor), refusal)
    return Reserved(call_id, said["cost"])


def settle_call(session: Session, actor: Actor, call_id: UUID, done: CallDone) -> Settled:
    """Say what the actor's call did cost. A second time changes nothing; also a call that counted as lost gets its real cost."""
    actor.require(Permission.AI_USE)
    rules.check_done(done)
    said = queries.settle(
        session, call_id, input_tokens=done.input_tokens, output_tokens=done.output_tokens, counted=done.counted, came=rules.storable(done.came)
    )
    telling.tell_of_limits(session, actor, said["meters"])
    return Settled(call_id, said["cost"])


def release_call(session: Session, actor: Actor, call_id: UUID, failure: str, *, charged: bool = False) -> None:
    """The actor's call came to nothing; ``failure`` is a word of ours for what went wrong. A call that was settled stays as it is.

    ``charged``: the provider may have charged it and nobody can tell, as when the line was cut; then it counts with everything that was set aside.
    """
    actor.require(Permission.AI_USE)
    said = queries.release(session, call_id, failure[:60], charged=charged)
    telling.tell_of_limits(session, actor, said["meters"])


def tell_refused(session: Session, actor: Actor, refusal: Refusal) -> None:
    """Say once, to whom a limit concerns, that it lets nothing more through: after a ``LimitReached``, which itself leaves nothing behind.

    What a process that died had set aside is counted first, so that whoever looks where it went finds it spent, and not under way.
    """
    actor.require(Permission.AI_USE)
    queries.sweep(session)
    telling.tell(session, actor, refusal.scope, refusal.meter_id, 100)


def _written(plan: CallPlan) -> dict[str, Any]:
    return {
        "feature": Feature(plan.feature).value, "skill": plan.skill[:60], "model_id": plan.model_id, "model_label": plan.model_label, "local": plan.local,
        "why": rules.storable(plan.why), "job_id": plan.job_id, "input_tokens": plan.input_tokens, "max_output": plan.max_output,
        "input_price": plan.input_price, "output_price": plan.output_price, "lease": plan.lease.total_seconds(), "seats": plan.seats,
        "sent": [{"role": turn.role, "content": rules.storable(turn.content)} for turn in plan.sent],
    }  # fmt: skip


def _refusal(said: dict[str, Any]) -> Refusal:
    return Refusal(
        meter_id=UUID(said["meter"]), scope=Scope(said["scope"]), subject=said["subject"], period=Period(said["period"]),
        limit_micros=said["limit"], left_micros=said["left"], cost_micros=said["cost"], ends_at=datetime.fromisoformat(said["ends_at"]),
    )  # fmt: skip
