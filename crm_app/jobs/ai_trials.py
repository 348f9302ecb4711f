"""The trial of a provider of models: one short question through the one meter, and what came of it in a sentence."""

from __future__ import annotations

import time
from uuid import UUID

from crm_app.ai.bound import bound_gateway
from crm_app.ai.errors import AiError
from crm_app.ai.types import Endpoint, Message, Request, Usage
from crm_app.domain.ai import trying
from crm_app.domain.ai.trying import QUESTION, TrialPlan
from crm_app.domain.errors import CrmError, NotFound
from crm_app.domain.i18n import _, in_locale
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.schemas import JobCancelled
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.schemas import CallDone
from crm_app.domain.unit_of_work import run_service
from crm_app.jobs.running import Running

SECONDS = 30.0


def run_trial(held: Running) -> None:
    """Ask, and say whether it answers; what a provider said about a failure is for nobody."""
    with in_locale(held.actor.locale):
        try:
            plan = run_service(held.actor, trying.begin_trial, UUID(held.job.payload["provider_id"]))
            result = _ask(held, plan)
        except NotFound:  # it was let go of meanwhile
            raise JobCancelled from None
        except CrmError as refusal:
            result = {"answer": "refused", "sentence": refusal.message}
        run_service(held.actor, jobs.finish_job, held.job.id, result, attempt=held.job.attempts)


def _ask(held: Running, plan: TrialPlan) -> dict[str, str]:
    model = plan.model
    endpoint, began = Endpoint(model.provider, model.base_url, plan.key, model.inner_allowed), time.monotonic()
    try:
        usage = _question(endpoint, plan)
    except AiError as error:
        run_service(held.actor, spending.release_call, plan.call_id, error.word, charged=error.maybe_charged)
        return {"answer": error.word, "sentence": error.message}
    run_service(held.actor, spending.settle_call, plan.call_id, CallDone(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens))
    return {"answer": "works", "sentence": _("%(model)s answered within %(seconds).1f seconds.") % {"model": model.label, "seconds": time.monotonic() - began}}


def _question(endpoint: Endpoint, plan: TrialPlan) -> Usage:
    model, gateway = plan.model, bound_gateway()
    if model.embedding:
        return gateway.embed(endpoint, model.name, [QUESTION]).usage or Usage(len(QUESTION), 0)
    asked = Request(endpoint=endpoint, model=model.name, messages=(Message("user", QUESTION),), max_output=trying.MOST, seconds=SECONDS)
    reply = gateway.complete(asked)
    return reply.usage or Usage(len(QUESTION), trying.MOST)
