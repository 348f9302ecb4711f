"""LLM-04: what stands around a suggestion, each wall by itself: who may have one made, whose it is, what it may name, and what is held while it is done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.ai import access as models
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import ProviderCreate, SettingsUpdate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.delegations import access as delegations
from crm_app.domain.delegations import service as delegating
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import GoalCreate
from crm_app.domain.permissions import Permission
from crm_app.domain.spending import ledger_queries
from crm_app.domain.spending import service as spending
from crm_app.domain.suggestions import queries
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.access import get_own_suggestion
from crm_app.domain.suggestions.acting import NEEDS
from crm_app.domain.suggestions.models import Kind
from crm_app.domain.suggestions.payloads import GoalCheckIn, NewLetter
from crm_app.domain.suggestions.schemas import Approval, Approvals, ProposalCreate, Rejection, Revision
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from tests.cluster import until_waiting
from tests.domain.test_metering import PLAN
from tests.mailboxes import mail, make_mailbox


@pytest.fixture
def ana(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva")).id


def suggest(run, actor: Actor, kind: str, payload: dict, **more):
    return run(actor, suggestions.propose, ProposalCreate(kind=kind, payload=payload, **more))


@pytest.mark.parametrize("kind", Kind)
def test_llm_04_nothing_is_suggested_that_its_person_or_token_may_not_do(run, alice, ana, database, kind):
    """A token that may use AI and do everything but this: the suggestion would be done by somebody else's right."""
    narrow = replace(alice, via="api", scopes=frozenset({one.value for one in Permission} - {NEEDS[kind].value}))
    with pytest.raises(Forbidden):
        suggest(run, narrow, kind.value, {"contact_id": str(ana)})
    with pytest.raises(Invalid):
        suggest(run, alice, kind.value, {"nothing": "of its form"})


def test_llm_04_a_letter_is_for_somebody(run, alice, ana):
    for more in ({}, {"recipients": "eve@evil.example"}):
        with pytest.raises(Invalid) as refusal:
            suggest(run, alice, "write_letter", {"body": "Hi", **more})
        assert set(refusal.value.fields) == {"contact_id"}


def test_llm_04_what_a_person_makes_of_it_names_nobody_whom_they_do_not_see(run, alice, bob, ana):
    hidden = run(bob, contacts.create_contact, ContactCreate(display_name="Secret", audience="private")).id
    view = suggest(run, alice, "create_task", {"title": "Call her", "contact_ids": [str(ana)]})
    payload = {**view.payload, "contact_ids": [str(hidden)]}
    with pytest.raises(NotFound):
        run(alice, suggestions.revise_suggestion, view.id, Revision(version=view.version, payload=payload))
    with pytest.raises(NotFound):
        run(alice, suggestions.approve_suggestion, view.id, Approval(standing=view.standing, payload=payload))
    assert run(alice, suggestions.get_suggestion, view.id) == view


def test_llm_04_whose_it_is_is_asked_even_where_no_row_security_would_help(run, alice, bob, olivia, ana, database):
    mine = suggest(run, alice, "change_stage", {"contact_id": str(ana), "stage": "new_client"}).id
    task = run(alice, tasks.create_task, TaskCreate(title="Call her", contact_ids=[ana])).id
    job = run(alice, delegating.delegate_task, task).job_id
    goal = run(alice, goals.create_goal, GoalCreate(title="Sleep", unit="h", start_value=5, target_value=7, audience="private")).id
    call = run(alice, spending.reserve_call, PLAN).call_id
    make_mailbox(alice, username="alice@mail.example").land_whole(mail("Hello", "ana@mail.example", "alice@mail.example"))
    run(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=True, own_keys=True))
    provider = run(alice, ai.create_provider, ProviderCreate(provider="anthropic", key="sk-own", own=True)).id
    with database.owner.connect() as connection:
        letter = connection.execute(text("select id from email")).scalar_one()
    answer = NewLetter(answers_id=letter, body="Hi")
    with Session(database.owner) as session:
        for who, sees in ((alice, True), (bob, False), (olivia, False)):
            found = (
                lambda who=who: get_own_suggestion(session, who, mine), lambda who=who: delegations.get_of_job(session, who, job),
                lambda who=who: ledger_queries.get_own_call(session, who, call), lambda who=who: models.get_provider(session, who, provider),
            )  # fmt: skip
            for find in found:
                if sees:
                    assert find()
                else:
                    with pytest.raises(NotFound):
                        find()
            assert (delegations.find_latest(session, who, task) is not None) is sees
            seen = queries.load_seen(session, who, [GoalCheckIn(goal_id=goal, value=6), answer])
            assert (goal in seen.goals, letter in seen.mails) == (sees, sees)


def test_llm_04_what_it_changes_is_held_between_looking_and_doing(run, alice, ana, database):
    """Somebody else is changing the stage at that very moment: it is waited for, and what they made of it is not overwritten unseen."""
    view = suggest(run, alice, "change_stage", {"contact_id": str(ana), "stage": "new_client"})
    with ThreadPoolExecutor(1) as other, database.owner.begin() as connection:
        connection.execute(text("update contact set stage = 'ambassador' where id = :id"), {"id": ana})
        said = other.submit(run, alice, suggestions.approve_suggestion, view.id, Approval(standing=view.standing))
        until_waiting(database, 1)
        connection.commit()
        with pytest.raises(Conflict):
            said.result(20)
    assert run(alice, contacts.get_contact, ana).stage == "ambassador"


def test_llm_04_of_several_one_that_cannot_be_done_leaves_nothing_half_done(run, alice, ana, database):
    """A letter to somebody without an address is written and cannot be sent: the note beside it is made, and no draft stays."""
    make_mailbox(alice, sends=True)
    letter = suggest(run, alice, "write_letter", {"contact_id": str(ana), "subject": "Sunday", "body": "Hi"})
    note = suggest(run, alice, "add_note", {"contact_ids": [str(ana)], "body": "She slept well."})
    done = run(alice, suggestions.approve_many, Approvals(seen={one.id: one.standing for one in (letter, note)}))
    assert {one.id: bool(one.refusal) for one in done} == {letter.id: True, note.id: False}
    with database.owner.connect() as connection:
        assert connection.execute(text("select (select count(*) from mail_draft), (select count(*) from outbox), (select count(*) from interaction)")).one() == (0, 0, 1)


def test_what_was_rejected_long_ago_comes_again_by_itself(run, alice, ana, database):
    form = {"contact_id": str(ana), "stage": "new_client"}
    no = suggest(run, alice, "change_stage", form)
    run(alice, suggestions.reject_suggestion, no.id, Rejection())
    assert suggest(run, alice, "change_stage", form, unasked=True).id == no.id
    with database.owner.begin() as connection:
        connection.execute(text("update suggestion set decided_at = decided_at - interval '31 days'"))
    assert suggest(run, alice, "change_stage", form, unasked=True).state == "pending"
