"""Whoever no longer agrees to AI takes along what it had in mind about them: nothing of it waits, is shown, or is done, and whoever it waited for is told."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate
from crm_app.domain.delegations import running
from crm_app.domain.delegations import service as delegations
from crm_app.domain.delegations.schemas import Draft, Drafted
from crm_app.domain.errors import Conflict, NotFound
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import GoalCreate
from crm_app.domain.ids import new_id
from crm_app.domain.interactions import moods
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionUpdate
from crm_app.domain.jobs import service as jobs
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.schemas import NotificationFilter
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions import withdrawing
from crm_app.domain.suggestions.schemas import Approval, Approvals, ProposalCreate, Rejection, Revision, Snooze, SourceRef, SuggestionFilter
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.jobs.suggestions import tell_withdrawn, tidy

SECRET = "She cried about her mother"
DRAFT = Draft(kind="note", subject="Call", text=SECRET, steps=(), why="So it was said.")


def agree(run, actor, contact_id, action="given", purpose="ai"):
    run(actor, consents.record_consents, ConsentCreate(contact_ids=[contact_id], purposes=[purpose], action=action))


@pytest.fixture
def ana(run, alice):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva")).id
    agree(run, alice, made)
    return made


@pytest.fixture
def noted(run, alice, ana):
    """A note to suggest, of an entry that was read."""
    entry = run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="x", contact_ids=[ana]))
    payload = {"contact_ids": [str(ana)], "body": SECRET}
    view = run(alice, suggestions.propose, ProposalCreate(kind="add_note", payload=payload, rationale=SECRET, sources=[SourceRef(kind="entry", id=entry.id)]))
    return entry, view


def of(run, actor, view):
    return run(actor, suggestions.get_suggestion, view.id)


def whole(database, view):
    with database.owner.connect() as connection:
        return str(connection.execute(text("select s::text from suggestion s where id = :id"), {"id": view.id}).scalar())


def never(run, actor, contact_id):
    run(actor, contacts.update_contact, contact_id, ContactUpdate(version=run(actor, contacts.get_contact, contact_id).version, ai_allowed=False))


@pytest.mark.parametrize("how", ["withdrawn", "never to AI", "a colleague hears of it"])
def test_nothing_waits_about_somebody_who_said_no(run, database, alice, bob, ana, noted, how):
    if how == "never to AI":
        never(run, alice, ana)
    else:
        agree(run, bob if how == "a colleague hears of it" else alice, ana, "withdrawn")
    view = of(run, alice, noted[1])
    assert (view.state, view.payload, view.rationale, view.sources, view.about) == ("withdrawn", {}, "", (), ())
    assert "no longer agrees" in view.trouble and SECRET not in whole(database, view)
    assert run(alice, suggestions.list_suggestions, SuggestionFilter()).suggestions == () and run(alice, suggestions.count_suggestions) == 0
    assert run(alice, suggestions.list_suggestions, SuggestionFilter(state="withdrawn")).suggestions == (view,)


def test_it_can_be_decided_about_no_more_and_says_why(run, alice, ana, noted):
    view = noted[1]
    agree(run, alice, ana, "withdrawn")
    for act, data in (
        (suggestions.approve_suggestion, Approval(standing=view.standing)), (suggestions.reject_suggestion, Rejection()),
        (suggestions.revise_suggestion, Revision(version=view.version, payload=view.payload)),
        (suggestions.snooze_suggestion, Snooze(until=datetime.now(UTC) + timedelta(days=1))),
    ):  # fmt: skip
        with pytest.raises(Conflict, match="no longer agrees"):
            run(alice, act, view.id, data)
    with pytest.raises(Conflict):
        run(alice, suggestions.undo_suggestion, view.id)
    (one,) = run(alice, suggestions.approve_many, Approvals(seen={view.id: view.standing}))
    assert "no longer agrees" in one.refusal
    assert len(run(alice, interactions.list_timeline, ana).entries) == 1, "nothing was written"


@pytest.mark.parametrize("kind", ["task", "goal", "cadence", "source"])
def test_whatever_leads_to_them_leads_to_the_suggestion(run, alice, ana, kind):
    task = run(alice, tasks.create_task, TaskCreate(title="Call", contact_ids=[ana]))
    goal = run(alice, goals.create_goal, GoalCreate(title="Sleep", target_value=7, contact_id=ana))
    asked = {
        "task": ProposalCreate(kind="update_task", payload={"task_id": str(task.id), "title": "Call soon"}),
        "goal": ProposalCreate(kind="check_in_goal", payload={"goal_id": str(goal.id), "value": 6.5}),
        "cadence": ProposalCreate(kind="set_cadence", payload={"contact_id": str(ana), "days": 3}),
        "source": ProposalCreate(kind="create_task", payload={"title": "Buy tea"}, sources=[SourceRef(kind="task", id=task.id)]),
    }[kind]
    view, other = run(alice, suggestions.propose, asked), run(alice, suggestions.propose, ProposalCreate(kind="create_task", payload={"title": "Pay the rent"}))
    agree(run, alice, ana, "withdrawn")
    assert of(run, alice, view).state == "withdrawn" and of(run, alice, other).state == "pending"


def test_another_purpose_ends_nothing_but_health_notes_do(run, alice, ana, noted):
    agree(run, alice, ana, "withdrawn", "marketing")
    assert of(run, alice, noted[1]).state == "pending"
    agree(run, alice, ana, "withdrawn", "health_notes")
    assert of(run, alice, noted[1]).state == "withdrawn"


def test_an_entry_that_is_never_to_be_read_takes_along_what_was_drawn_from_it(run, alice, ana, noted):
    entry, view = noted
    run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, ai_allowed=False))
    assert of(run, alice, view).state == "withdrawn"


def test_what_was_decided_stays_and_does_not_come_back_by_undo(run, alice, ana, noted):
    view = noted[1]
    done = run(alice, suggestions.approve_suggestion, view.id, Approval(standing=view.standing))
    agree(run, alice, ana, "withdrawn")
    assert of(run, alice, done).state == "executed", "a person wanted it"
    undone = run(alice, suggestions.undo_suggestion, view.id)
    assert undone.state == "withdrawn" and len(run(alice, interactions.list_timeline, ana).entries) == 1


def test_agreeing_anew_brings_nothing_back_but_lets_it_be_suggested_again(run, alice, ana, noted):
    agree(run, alice, ana, "withdrawn")
    payload = {"contact_ids": [str(ana)], "body": SECRET}
    assert run(alice, suggestions.propose, ProposalCreate(kind="add_note", payload=payload)).state == "withdrawn", "also what comes late"
    agree(run, alice, ana)
    assert of(run, alice, noted[1]).state == "withdrawn"
    assert run(alice, suggestions.propose, ProposalCreate(kind="add_note", payload=payload)).state == "pending"


def test_its_owner_is_told_once_and_nobody_else_may_ask(run, alice, bob, ana, noted):
    run(alice, suggestions.propose, ProposalCreate(kind="set_cadence", payload={"contact_id": str(ana), "days": 3}))
    agree(run, bob, ana, "withdrawn")
    assert (tell_withdrawn(datetime.now(UTC)), tell_withdrawn(datetime.now(UTC))) == (2, 0)
    told = [row for row in run(alice, notifications.list_notifications, NotificationFilter()).notifications if row.kind == "withdrawn"]
    assert [row.headline for row in told] == ["Ana Silva"], "two of one person are one piece of news"
    assert not run(bob, notifications.list_notifications, NotificationFilter()).notifications
    with pytest.raises(NotFound):
        run(bob, withdrawing.tell_withdrawn, [noted[1].id])
    assert run(alice, withdrawing.tell_withdrawn, [noted[1].id]) == 0


def test_what_was_withdrawn_is_forgotten_like_what_was_decided(run, database, alice, ana, noted):
    agree(run, alice, ana, "withdrawn")
    tidy(datetime.now(UTC) + timedelta(days=91))
    with pytest.raises(NotFound):
        of(run, alice, noted[1])


def test_a_task_whose_draft_was_withdrawn_is_its_persons_again(run, database, alice, ana):
    task = run(alice, tasks.create_task, TaskCreate(title="Sum up the call", contact_ids=[ana]))
    given, worker = run(alice, delegations.delegate_task, task.id), alice.on_behalf("job")
    held = run(worker, jobs.claim_own_job, given.job_id)
    material = run(worker, running.begin_draft, held)
    run(worker, running.land_draft, held, material, Drafted(DRAFT, new_id(), "A model", 2_000))
    agree(run, alice, ana, "withdrawn")
    tell_withdrawn(datetime.now(UTC))
    found, row = run(alice, delegations.get_delegation, task.id), run(alice, tasks.get_task, task.id)
    assert (found.state, row.status, row.done_by) == ("failed", "pending", "user") and "no longer agrees" in found.reason
    with database.owner.connect() as connection:
        assert SECRET not in str(connection.execute(text("select s::text from suggestion s")).scalars().all())


def test_a_mood_that_a_model_read_goes_and_one_that_a_person_set_stays(run, database, alice, ana):
    read, said = (run(alice, interactions.log_interaction, InteractionCreate(kind="call", body="x", contact_ids=[ana])) for _ in range(2))
    with database.owner.begin() as connection:
        connection.execute(text("update interaction set sentiment = 2 where id = :id"), {"id": said.id})
    run(alice, moods.note_sentiment, read.id, 5, 0.9)
    assert run(alice, moods.get_mood, ana).mean == pytest.approx(3.5)
    agree(run, alice, ana, "withdrawn")
    assert [value for _when, value in run(alice, moods.get_mood, ana).points] == [2]
    assert run(alice, interactions.get_interaction, said.id).version == said.version
    agree(run, alice, ana)
    assert run(alice, moods.note_sentiment, read.id, 4, 0.9)
    fresh = run(alice, interactions.get_interaction, read.id)
    run(alice, interactions.update_interaction, read.id, InteractionUpdate(version=fresh.version, ai_allowed=False))
    assert [value for _when, value in run(alice, moods.get_mood, ana).points] == [2]


LATE = """
import sys
from uuid import UUID
from sqlalchemy import create_engine
from crm_app.domain import unit_of_work
from crm_app.domain.actor import Actor
from crm_app.domain.permissions import Role
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import ProposalCreate
from crm_app.infrastructure.database import sqlalchemy_url

dsn, who, ana = sys.argv[1:]
unit_of_work.bind(create_engine(sqlalchemy_url(dsn)))
actor = Actor(user_id=UUID(who), role=Role.MEMBER)
print("there", flush=True)
print(unit_of_work.run_service(actor, suggestions.propose, ProposalCreate(kind="change_stage", payload={"contact_id": ana, "stage": "ambassador"})).state.value)
"""


def test_whoever_suggests_while_consent_is_being_withdrawn_waits_for_it(run, database, alice, ana):
    command = [sys.executable, "-c", LATE, database.server.app_dsn(database.name), str(alice.user_id), str(ana)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as late:
        with unit_of_work(alice, "consents.record_consents") as session:
            consents.record_consents(session, alice, ConsentCreate(contact_ids=[ana], purposes=["ai"], action="withdrawn"))
            assert late.stdout and late.stdout.readline().strip() == "there"
            with pytest.raises(subprocess.TimeoutExpired):
                late.wait(2)
        assert late.stdout.read().strip() == "withdrawn"
