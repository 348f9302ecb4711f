"""A task that is given to the assistant over REST: followed step by step, its draft edited and approved, or taken back."""

from __future__ import annotations

import pytest

from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.unit_of_work import run_service
from crm_app.jobs.runner import HANDLERS, JobRunner
from tests.ai_desk import model_at_hand

PLAN = {"kind": "plan", "subject": "", "text": "Two short practices.", "steps": ["Pick two"], "why": "She asked for something shorter."}


@pytest.fixture
def fake(database, olivia):
    with model_at_hand(olivia) as gateway:
        yield gateway


@pytest.fixture
def address(alice):
    made = run_service(alice, tasks.create_task, TaskCreate(title="Plan session 9"))
    return f"/tasks/{made.id}/delegation"


def test_it_is_followed_edited_and_approved(client, alice, fake, address):
    fake.add(PLAN)
    hers = client(alice)
    assert hers.get(address).status_code == 404
    given = hers.post(address)
    assert (given.status_code, given.json()["state"], given.json()["steps"]) == (201, "working", [])
    assert hers.post(address).status_code == 409, "it has it already"
    JobRunner(HANDLERS).run_pending()
    found = hers.get(address).json()
    assert (found["state"], [step["what"] for step in found["steps"]], found["cost_micros"] > 0) == ("waiting", ["read", "asked", "drafted"], True)
    draft = f"/suggestions/{found['suggestion_id']}"
    view = hers.get(draft).json()
    edited = hers.patch(draft, json={"version": view["version"], "payload": {**view["payload"], "steps": ["Pick three"]}}).json()
    assert edited["edited"] and edited["payload"]["steps"] == ["Pick three"]
    assert hers.post(f"{draft}/approve", json={"standing": view["standing"]}).status_code == 409, "that is not what it says now"
    assert hers.post(f"{draft}/approve", json={"standing": edited["standing"]}).json()["state"] == "executed"
    assert hers.get(address).json()["state"] == "done"
    assert [step["title"] for step in hers.get(address.replace("delegation", "steps")).json()["items"]] == ["Pick three"]


def test_it_is_stopped_and_the_task_is_ones_own_again(client, alice, fake, address):
    hers = client(alice)
    assert hers.delete(address).status_code == 409, "nothing is under way"
    hers.post(address)
    assert hers.delete(address).json()["state"] == "cancelled"
    assert JobRunner(HANDLERS).run_pending() == 0 and fake.requests == []
    row = hers.get(address.removesuffix("/delegation")).json()
    assert (row["status"], row["done_by"]) == ("pending", "user")


def test_nobody_else_may_follow_or_stop_it(client, alice, bob, vera, fake, address):
    client(alice).post(address)
    assert client(bob).get(address).status_code == 404 and client(bob).delete(address).status_code == 409
    for ask in (client(vera).get, client(vera).post, client(vera).delete):
        assert ask(address).status_code == 403
    assert client(alice).get(address).json()["state"] == "working"
    assert client(alice).post("/tasks/not-an-id/delegation").status_code in (404, 422)
