"""A process that drafts a task and is killed at any step: the next one goes on, one draft comes of it, and its answer is paid for once."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.delegations import service as delegations
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.views import CallFilter
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import SuggestionFilter
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from tests.ai_desk import agree, model_at_hand
from tests.jobs.killing import FOREVER, process_of_arguments

COUNT = 24


@pytest.fixture
def worker(database, tmp_path):
    """``worker(steps)``: a process that does what is due, or dies after so many steps; and the file of what was asked."""
    with process_of_arguments("tests.jobs.delegation_process", database, str(tmp_path / "asked")) as run:
        yield lambda steps: run(f"run {steps}"), tmp_path / "asked"


@pytest.fixture
def given(run, database, alice, olivia):
    """``given()``: another task of which the assistant has been given the draft; nothing of the one before is left to do."""
    with model_at_hand(olivia):
        ana = run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva"))
        agree(alice, ana.id)

        def give():
            task = run(alice, tasks.create_task, TaskCreate(title="Plan session 9", contact_ids=[ana.id]))
            run(alice, delegations.delegate_task, task.id)
            return task.id

        yield give


def due_again(database):
    """The lease of whoever died has run out; nothing else has happened."""
    with database.owner.begin() as connection:
        connection.execute(text("update job set lease_until = now() - interval '1 second' where state = 'running'"))


def require_one(run, alice, task_id, asked, died_after):
    row = run(alice, delegations.get_delegation, task_id)
    assert (row.state, [step.what for step in row.steps]) == ("waiting", ["read", "asked", "drafted"]), died_after
    drafts = run(alice, suggestions.list_suggestions, SuggestionFilter(task_id=task_id)).suggestions
    assert [view.id for view in drafts] == [row.suggestion_id], f"{died_after}: one draft"
    (task,) = (run(alice, tasks.get_task, task_id),)
    assert (task.status, task.done_by) == ("waiting_approval", "ai_assistant"), died_after
    calls = [call for call in run(alice, spending.list_calls, CallFilter()).calls if call.job_id == row.job_id]
    paid = [call for call in calls if call.state == "settled"]
    assert len(paid) == 1 and row.cost_micros == paid[0].cost_micros > 0, f"{died_after}: one answer is paid for"
    assert len(calls) <= 2 and all(call.state in ("settled", "reserved") for call in calls), f"{died_after}: what died on the way is set aside, and swept"
    lines = asked.read_text().splitlines() if asked.exists() else []
    assert len(lines) <= len(calls), f"{died_after}: no model was asked that the ledger knows nothing of"


def test_killed_at_any_step_one_draft_comes_of_it_and_one_cost(run, database, alice, given, worker):
    work, asked = worker
    task_id = given()
    said, total = work(FOREVER).split()
    assert said == "done" and int(total) > 40
    require_one(run, alice, task_id, asked, "left alone")
    for number in range(COUNT):
        asked.unlink(missing_ok=True)
        steps = number * int(total) // COUNT
        task_id = given()
        assert work(steps) == "killed", f"after step {steps}"
        for _once_more in range(2):
            due_again(database)
            assert work(FOREVER).startswith("done")
        require_one(run, alice, task_id, asked, f"after step {steps}")
        with database.owner.begin() as connection:  # what nobody came back for is a matter of the sweep, and takes no place from the next one
            connection.execute(text("update ai_call set lease_until = now() - interval '1 second' where state = 'reserved'"))
            connection.execute(text("select ai_sweep()"))
