"""A task that the assistant drafts, as a job: over a model that says what a script says, and killed in the middle."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.ai import pending
from crm_app.ai.bound import bind_gateway
from crm_app.ai.errors import KeyRefused
from crm_app.ai.fake import GARBAGE, FakeGateway
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import ModelTier
from crm_app.domain.ai.schemas import ModelCreate, ProviderCreate, SettingsUpdate
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.delegations import service as delegations
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import SuggestionFilter
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.jobs import delegations as work
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner

PLAN = {"kind": "plan", "subject": "", "text": "Two short practices.", "steps": ["Pick two"], "why": "She asked for something shorter."}
ABLE = {"input_price": 1_000_000, "output_price": 5_000_000, "context_tokens": 100_000, "max_output": 8_000, "structured": True}


@pytest.fixture
def model(run, olivia):
    """``model(*script)``: AI is on, and the one model there is says this."""
    run(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=True))
    made = run(olivia, ai.create_provider, ProviderCreate(provider="anthropic", key=SecretStr("not-to-be-seen"), trains=False))
    run(olivia, ai.create_models, made.id, [ModelCreate(name="small-1", label="Small", tier=ModelTier.BALANCED, **ABLE)])

    def says(*script):
        pending.forget_failures()
        fake = FakeGateway(*script)
        bind_gateway(fake)
        return fake

    yield says
    bind_gateway(None)
    pending.forget_failures()


@pytest.fixture
def ana(run, alice):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva"))
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[made.id], purposes=["ai"]))
    run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="She travels a lot.", contact_ids=[made.id], ai_allowed=True))
    return made.id


@pytest.fixture
def task(run, alice, ana):
    return run(alice, tasks.create_task, TaskCreate(title="Plan session 9", contact_ids=[ana]))


def standing(run, actor, task):
    row = run(actor, tasks.get_task, task.id)
    return row.status, row.done_by


def suggested(run, actor):
    return run(actor, suggestions.list_suggestions, SuggestionFilter()).suggestions


def test_a_task_is_drafted_and_waits_for_approval(run, alice, database, model, task):
    fake = model(PLAN)
    run(alice, delegations.delegate_task, task.id)
    JobRunner(HANDLERS).run_pending()
    found = run(alice, delegations.get_delegation, task.id)
    assert (found.state, found.model_label, [step.what for step in found.steps]) == ("waiting", "Small", ["read", "asked", "drafted"])
    assert found.cost_micros > 0 and standing(run, alice, task) == ("waiting_approval", "ai_assistant")
    (view,) = suggested(run, alice)
    assert view.call_id is not None and view.payload["steps"] == ["Pick two"] and view.sources
    assert "She travels a lot." in fake.prompts and "Plan session 9" in fake.prompts
    assert run(alice, tasks.list_steps, task.id) == (), "nothing has changed yet"


@pytest.mark.parametrize("answer", [[GARBAGE, GARBAGE], [KeyRefused()], [{**PLAN, "kind": "delete_everything"}] * 2, [{**PLAN, "task_id": "x"}] * 2])
def test_no_draft_is_told_with_a_reason_and_tried_again(run, alice, model, task, answer):
    model(*answer)
    run(alice, delegations.delegate_task, task.id)
    JobRunner(HANDLERS).run_pending()
    found = run(alice, delegations.get_delegation, task.id)
    assert found.state == "failed" and found.reason.endswith(".") and standing(run, alice, task) == ("pending", "user") and suggested(run, alice) == ()
    model(PLAN)
    run(alice, delegations.delegate_task, task.id)
    JobRunner(HANDLERS).run_pending()
    assert run(alice, delegations.get_delegation, task.id).state == "waiting"


def test_off_until_it_is_switched_on(run, alice, task):
    run(alice, delegations.delegate_task, task.id)
    JobRunner(HANDLERS).run_pending()
    assert run(alice, delegations.get_delegation, task.id).state == "failed"


def test_nobody_who_has_not_agreed_is_spoken_of(run, alice, model, ana, task):
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[ana], purposes=["ai"], action="withdrawn"))
    fake = model(PLAN)
    run(alice, delegations.delegate_task, task.id)
    JobRunner(HANDLERS).run_pending()
    assert "has not agreed" in run(alice, delegations.get_delegation, task.id).reason and fake.requests == []


def test_it_is_stopped_while_a_model_is_asked(run, alice, model, task):
    model(lambda _request: run(alice, delegations.cancel_delegation, task.id) and PLAN)
    run(alice, delegations.delegate_task, task.id)
    JobRunner(HANDLERS).run_pending()
    assert run(alice, delegations.get_delegation, task.id).state == "cancelled" and suggested(run, alice) == ()
    assert standing(run, alice, task) == ("pending", "user")


def test_killed_while_a_model_is_asked_it_is_done_once_by_the_next(run, alice, database, model, task):
    model(PLAN)
    run(alice, delegations.delegate_task, task.id)

    def die(_request):
        raise SystemExit  # as a kill: no handler of ours takes it, and the job is given back to nobody

    model(die, PLAN)
    with pytest.raises(SystemExit):
        JobRunner(HANDLERS).run_pending()
    assert [step.what for step in run(alice, delegations.get_delegation, task.id).steps] == ["read", "asked"]
    with database.owner.begin() as connection:
        connection.execute(text("update job set lease_until = now() - interval '1 second' where state = 'running'"))
    JobRunner(HANDLERS).run_pending()
    assert run(alice, delegations.get_delegation, task.id).state == "waiting" and len(suggested(run, alice)) == 1


def test_a_job_that_got_lost_gives_its_task_back(run, alice, database, task):
    run(alice, delegations.delegate_task, task.id)
    with database.owner.begin() as connection:
        connection.execute(text("delete from job"))
        connection.execute(text("update delegation set created_at = created_at - interval '2 minutes'"))
    work.hand_back_lost(datetime.now(UTC))
    found = run(alice, delegations.get_delegation, task.id)
    assert found.state == "failed" and "interrupted" in found.reason and standing(run, alice, task) == ("pending", "user")
