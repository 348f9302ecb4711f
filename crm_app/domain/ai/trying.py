"""Trying a provider: one short question that speaks of nobody, also while AI is switched off for everything else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from pydantic import SecretStr
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.ai import access, keys, queries
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.selector import Candidate
from crm_app.domain.errors import Conflict, TooMany
from crm_app.domain.i18n import _
from crm_app.domain.jobs import queries as job_queries
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.schemas import JobView
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.schemas import CallPlan, Turn

TRY: Final = "ai.try"
TRIES_A_MINUTE: Final = 10
QUESTION: Final = "Answer with the one word OK."
MOST: Final = 64
_COUNTED: Final = 32


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """Which model is asked, with the provider's key in memory only, and the call that was set aside for it."""

    model: Candidate
    call_id: UUID
    key: SecretStr = field(repr=False)


def try_provider(session: Session, actor: Actor, provider_id: UUID) -> JobView:
    """Have its cheapest model asked for one word. TooMany after ten in a minute: nobody maps a network by it. Conflict while it has no model."""
    actor.require(Permission.AI_USE)
    row = access.get_managed_provider(session, actor, provider_id)
    if _cheapest(session, actor, row.id) is None:
        raise Conflict(_("Add a model first, with its price: there is nobody to ask yet."))
    if job_queries.count_recent(session, actor, TRY, now() - timedelta(minutes=1)) >= TRIES_A_MINUTE:
        raise TooMany(_("That was tried often. Wait a minute."), wait=60)
    return jobs.enqueue_job(session, actor, TRY, {"provider_id": str(row.id), "name": row.name})


def begin_trial(session: Session, actor: Actor, provider_id: UUID) -> TrialPlan:
    """Set aside what the question can cost. Conflict when there is no model any more; LimitReached when that is not left."""
    row = access.get_managed_provider(session, actor, provider_id)
    model = _cheapest(session, actor, row.id)
    if model is None:
        raise Conflict(_("Add a model first, with its price: there is nobody to ask yet."))
    plan = CallPlan(
        feature=Feature.SEARCH if model.embedding else Feature.ASSISTANT, skill="trial", model_id=model.model_id, model_label=model.label, local=model.local,
        input_tokens=_COUNTED, max_output=0 if model.embedding else MOST, input_price=model.input_price or 0, output_price=model.output_price or 0,
        why=_("Somebody tried the provider."), sent=(Turn("user", QUESTION),),
    )  # fmt: skip
    reserved = spending.reserve_call(session, actor, plan)
    return TrialPlan(model, reserved.call_id, keys.open_key(session, actor, row.id))


def _cheapest(session: Session, actor: Actor, provider_id: UUID) -> Candidate | None:
    """The model that a trial asks: one that answers, if there is one, whose price is known."""
    found = [one for one in queries.list_candidates(session, actor, own_keys=True, resting=True) if one.provider_id == provider_id]
    priced = [one for one in found if one.local or (one.input_price is not None and (one.embedding or one.output_price is not None))]
    return min(priced, key=lambda one: (one.embedding, (one.input_price or 0) + (one.output_price or 0), one.label), default=None)
