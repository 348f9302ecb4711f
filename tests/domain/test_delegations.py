"""A task that is given to the assistant: visible steps, a draft to approve, and its person's again whatever becomes of it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.delegations import running
from crm_app.domain.delegations import service as delegations
from crm_app.domain.delegations.schemas import Draft, Drafted, Material
from crm_app.domain.errors import Conflict, Forbidden, NotFound
from crm_app.domain.ids import new_id
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.schemas import JobCancelled, JobLost
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import Approval, Rejection, SuggestionFilter
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate, TaskNarrowing
from tests.mailboxes import make_mailbox

PLAN = Draft(kind="plan", subject="", text="Two short practices.", steps=("Pick two", "Write them down"), why="She asked for something shorter.")
LETTER = Draft(kind="letter", subject="How was Sunday?", text="Hi Ana, how was Sunday?", steps=(), why="Her race was on Sunday.")


@pytest.fixture
def ana(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", points=[PointInput(kind="email", value="ana@mail.example")])).id


@pytest.fixture
def agrees(run, alice, ana):
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[ana], purposes=["ai"]))
    return ana


@pytest.fixture
def task(run, alice, agrees):
    return run(alice, tasks.create_task, TaskCreate(title="Write to Ana", description="Something shorter", contact_ids=[agrees]))


@pytest.fixture
def given(run, alice, task):
    return run(alice, delegations.delegate_task, task.id)


@pytest.fixture
def held(run, alice, given):
    """The job, taken up by a worker."""
    return run(alice.on_behalf("job"), jobs.claim_own_job, given.job_id)


@pytest.fixture
def land(run, alice, held):
    """``land(draft)``: all steps of the job; the suggestion that came of it."""

    def do(draft):
        worker = alice.on_behalf("job")
        material = run(worker, running.begin_draft, held)
        run(worker, running.note_asking, held)
        run(worker, running.land_draft, held, material, Drafted(draft, new_id(), "A model", 2_000))
        return run(alice, suggestions.list_suggestions, SuggestionFilter()).suggestions[0]

    return do


def standing(run, actor, task):
    row = run(actor, tasks.get_task, task.id)
    return row.status, row.done_by


def approve(run, actor, view):
    return run(actor, suggestions.approve_suggestion, view.id, Approval(standing=view.standing))


def test_it_is_with_the_assistant_until_its_draft_waits(run, alice, task, given, land):
    assert (given.state, standing(run, alice, task)) == ("working", ("in_progress", "ai_assistant"))
    assert run(alice, tasks.count_with_assistant) == 1
    assert [row.id for rows in run(alice, tasks.get_task_board, narrowing=TaskNarrowing(done_by="ai_assistant")).buckets.values() for row in rows] == [task.id]
    view = land(PLAN)
    found = run(alice, delegations.get_delegation, task.id)
    assert [step.what for step in found.steps] == ["read", "asked", "drafted"] and found.steps[0].count == 1
    assert (found.state, found.model_label, found.cost_micros, found.suggestion_id) == ("waiting", "A model", 2_000, view.id)
    assert standing(run, alice, task) == ("waiting_approval", "ai_assistant")
    assert (view.kind, view.task_id, view.expires_at) == ("update_task", task.id, None)
    assert run(alice, tasks.list_steps, task.id) == ()


def test_an_approved_plan_is_its_persons_to_do_and_undoing_brings_the_draft_back(run, alice, task, land):
    view = land(PLAN)
    approve(run, alice, view)
    assert standing(run, alice, task) == ("pending", "user")
    assert [step.title for step in run(alice, tasks.list_steps, task.id)] == ["Pick two", "Write them down"]
    assert run(alice, tasks.get_task, task.id).description == "Something shorter\n\nTwo short practices."
    assert run(alice, delegations.get_delegation, task.id).state == "done"
    run(alice, suggestions.undo_suggestion, view.id)
    assert standing(run, alice, task) == ("waiting_approval", "ai_assistant") and run(alice, tasks.list_steps, task.id) == ()
    assert run(alice, delegations.get_delegation, task.id).state == "waiting"


def test_an_approved_letter_is_the_work_itself(run, alice, task, land):
    make_mailbox(alice, sends=True)
    view = land(LETTER)
    assert (view.kind, view.payload["recipients"]) == ("write_letter", "Ana Silva <ana@mail.example>")
    approve(run, alice, view)
    assert standing(run, alice, task) == ("completed", "user")
    run(alice, suggestions.undo_suggestion, view.id)
    assert standing(run, alice, task) == ("waiting_approval", "ai_assistant")


@pytest.mark.parametrize("more", [{"kind": "sql"}, {"recipients": "eve@evil.example"}, {"text": ""}, {"text": "x" * 6_001}, {"steps": ("x",) * 13}])
def test_a_draft_has_its_form_or_is_none(more):
    with pytest.raises(ValidationError):
        Draft.model_validate({**PLAN.model_dump(), **more})


def test_a_letter_is_for_one_person_who_can_be_written_to_and_a_note_no_wider_than_its_task(run, alice, task, agrees):
    ben = run(alice, contacts.create_contact, ContactCreate(display_name="Ben"))
    both = run(alice, tasks.create_task, TaskCreate(title="Write to both", contact_ids=[agrees, ben.id], audience="private"))
    for given, can_write in ((task, False), (both, True)):
        told = Material(None, given.title, "", (), (), frozenset(), can_write=can_write)
        kind, payload = running._payload(given, told, LETTER)
        assert kind == "add_note" and payload["audience"] == given.audience
        assert set(payload["contact_ids"]) == {str(key) for key, _name in given.contacts}


def test_a_rejected_draft_gives_the_task_back(run, alice, task, land):
    view = land(PLAN)
    run(alice, suggestions.reject_suggestion, view.id, Rejection(reason="Not like this"))
    assert standing(run, alice, task) == ("pending", "user") and run(alice, delegations.get_delegation, task.id).state == "cancelled"
    run(alice, suggestions.undo_suggestion, view.id)
    assert standing(run, alice, task) == ("waiting_approval", "ai_assistant")
    run(alice, suggestions.reject_suggestion, view.id, Rejection())
    assert run(alice, delegations.delegate_task, task.id).state == "working", "and it can be given once more"


def test_whoever_has_not_agreed_is_not_read(run, alice, ana):
    task = run(alice, tasks.create_task, TaskCreate(title="Write to Ana", contact_ids=[ana]))
    given = run(alice, delegations.delegate_task, task.id)
    held = run(alice.on_behalf("job"), jobs.claim_own_job, given.job_id)
    with pytest.raises(Forbidden, match="has not agreed"):
        run(alice.on_behalf("job"), running.begin_draft, held)


def test_a_failure_says_why_and_can_be_tried_again(run, alice, task, held):
    run(alice.on_behalf("job"), running.fail_draft, held, "Nobody answered.")
    found = run(alice, delegations.get_delegation, task.id)
    assert (found.state, found.reason, standing(run, alice, task)) == ("failed", "Nobody answered.", ("pending", "user"))
    assert run(alice, jobs.get_job, held.id).state == "failed"
    again = run(alice, delegations.delegate_task, task.id)
    assert again.state == "working" and again.id != found.id


def test_it_is_stopped_in_the_middle(run, alice, task, held):
    worker = alice.on_behalf("job")
    material = run(worker, running.begin_draft, held)
    assert run(alice, delegations.cancel_delegation, task.id).state == "cancelled"
    assert standing(run, alice, task) == ("pending", "user")
    with pytest.raises(JobCancelled):
        run(worker, running.land_draft, held, material, Drafted(PLAN, new_id(), "A model", 0))
    assert run(alice, suggestions.count_suggestions) == 0
    with pytest.raises(Conflict):
        run(alice, delegations.cancel_delegation, task.id)


def test_a_worker_that_was_given_up_lands_nothing(run, alice, database, task, held):
    worker = alice.on_behalf("job")
    material = run(worker, running.begin_draft, held)
    with database.owner.begin() as connection:
        connection.execute(text("update job set attempts = attempts + 1"))
    with pytest.raises(JobLost):
        run(worker, running.land_draft, held, material, Drafted(PLAN, new_id(), "A model", 0))
    assert run(alice, suggestions.count_suggestions) == 0 and standing(run, alice, task) == ("in_progress", "ai_assistant")


def test_a_task_that_went_meanwhile_is_let_go_of(run, alice, task, held):
    run(alice, tasks.delete_tasks, [task.id])
    with pytest.raises(JobCancelled):
        run(alice.on_behalf("job"), running.begin_draft, held)


def test_only_one_at_a_time_and_only_what_is_open(run, alice, bob, task, given):
    for actor in (alice, bob):
        with pytest.raises(Conflict):
            run(actor, delegations.delegate_task, task.id)
    done = run(alice, tasks.create_task, TaskCreate(title="Done", status="completed"))
    with pytest.raises(Conflict):
        run(alice, delegations.delegate_task, done.id)


def test_who_may(run, alice, bob, vera, snapshot):
    hidden = run(alice, tasks.create_task, TaskCreate(title="Secret", audience="private"))
    shared = run(alice, tasks.create_task, TaskCreate(title="Shared"))
    before = snapshot()
    for act in (delegations.delegate_task, delegations.cancel_delegation, delegations.get_delegation):
        with pytest.raises(NotFound):
            run(bob, act, hidden.id)
        with pytest.raises(Forbidden):
            run(vera, act, shared.id)
    assert snapshot() == before
    given = run(bob, delegations.delegate_task, shared.id)
    with pytest.raises(NotFound):
        run(alice, delegations.get_delegation, shared.id)
    with pytest.raises(JobCancelled):
        run(alice, running.begin_draft, run(bob, jobs.get_job, given.job_id))
