"""Trying a provider of models: one word through the meter, whatever comes of it."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.ai.bound import bind_gateway
from crm_app.ai.errors import ModelDown
from crm_app.ai.fake import FakeGateway
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import ModelCreate, ProviderCreate, ProviderView
from crm_app.domain.ai.trying import QUESTION
from crm_app.domain.errors import Conflict, Forbidden, TooMany
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.schemas import JobCancelled
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.models import Period, Scope
from crm_app.domain.spending.views import LimitSet
from crm_app.jobs.ai_trials import run_trial
from crm_app.jobs.running import Running

KEY = "sk-violet-kettle"
DEAR = ModelCreate(name="dear", input_price=9_000_000, output_price=90_000_000, context_tokens=8_000, max_output=1_000)
CHEAP = ModelCreate(name="cheap", input_price=1_000_000, output_price=2_000_000, context_tokens=8_000, max_output=1_000)
UNKNOWN = ModelCreate(name="unknown", context_tokens=8_000, max_output=1_000)
VECTORS = ModelCreate(name="vectors", input_price=1, output_price=0, context_tokens=8_000, embedding=True)


@pytest.fixture
def gateway():
    made = FakeGateway("OK")
    bind_gateway(made)
    yield made
    bind_gateway(None)


@pytest.fixture
def provider(run, olivia):
    def make(*models: ModelCreate) -> ProviderView:
        made = run(olivia, ai.create_provider, ProviderCreate(provider="anthropic", key=SecretStr(KEY)))
        return run(olivia, ai.create_models, made.id, models)

    return make


def tried(run, actor, provider_id: UUID):
    """What the trial came to."""
    waiting = run(actor, ai.try_provider, provider_id)
    job = run(actor, jobs.claim_own_job, waiting.id)
    run_trial(Running(job, actor, threading.Event()))
    return run(actor, jobs.get_job, waiting.id)


def calls(database):
    with database.owner.connect() as connection:
        return connection.execute(text("select model_label, state, failure, cost_micros, reserved_micros from ai_call order by id")).all()


def test_the_cheapest_of_known_price_is_asked_one_word_also_while_ai_is_off(run, database, olivia, provider, gateway):
    job = tried(run, olivia, provider(DEAR, UNKNOWN, CHEAP, VECTORS).id)
    assert job.result["answer"] == "works" and "cheap answered within" in job.result["sentence"] and KEY not in str(job)
    (request,) = gateway.requests
    assert (request.model, request.endpoint.provider, request.endpoint.key.get_secret_value()) == ("cheap", "anthropic", KEY)
    assert [message.content for message in request.messages] == [QUESTION]
    ((label, state, _failure, cost, _reserved),) = calls(database)
    assert (label, state) == ("cheap", "settled") and cost > 0


def test_what_goes_wrong_is_one_sentence_and_costs_nothing(run, database, olivia, provider):
    bind_gateway(FakeGateway(ModelDown()))
    job = tried(run, olivia, provider(CHEAP).id)
    assert job.result == {"answer": "down", "sentence": "The model does not answer just now. Try again in a minute."}
    ((_label, state, failure, cost, _reserved),) = calls(database)
    assert (state, failure, cost) == ("released", "down", 0)
    bind_gateway(None)


def test_a_limit_holds_for_a_trial_too(run, database, olivia, provider, gateway):
    made = provider(CHEAP)
    run(olivia, spending.set_limit, LimitSet(scope=Scope.TEAM, period=Period.MONTH, limit_micros=0))
    job = tried(run, olivia, made.id)
    assert job.result["answer"] == "refused" and "The team's limit for a month is $0.00" in job.result["sentence"] and gateway.requests == []


def test_a_provider_that_only_reads_meaning_is_asked_for_that(run, olivia, provider, gateway):
    assert tried(run, olivia, provider(VECTORS).id).result["answer"] == "works"


def test_a_provider_that_went_meanwhile_is_asked_nothing(run, olivia, provider, gateway):
    made = provider(CHEAP)
    waiting = run(olivia, ai.try_provider, made.id)
    job = run(olivia, jobs.claim_own_job, waiting.id)
    run(olivia, ai.delete_provider, made.id)
    with pytest.raises(JobCancelled):
        run_trial(Running(job, olivia, threading.Event()))
    assert gateway.requests == []


def test_who_may_try_it_and_how_often(run, olivia, alice, vera, provider):
    nobody = provider(UNKNOWN)
    with pytest.raises(Conflict, match="Add a model first"):
        run(olivia, ai.try_provider, nobody.id)
    run(olivia, ai.create_models, nobody.id, [CHEAP])
    for nosy in (alice, vera):
        with pytest.raises(Forbidden):
            run(nosy, ai.try_provider, nobody.id)
    for _ in range(10):
        run(olivia, ai.try_provider, nobody.id)
    with pytest.raises(TooMany):
        run(olivia, ai.try_provider, nobody.id)
