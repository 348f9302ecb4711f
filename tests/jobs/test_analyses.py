"""What is made in the background: asked for, tried again, and looked for by the clock; only of those who agree, only what is on, only what can be paid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from crm_app.ai.errors import ModelDown
from crm_app.ai.skills.asking import MAKE, of_contact, of_event, order_analysis
from crm_app.ai.skills.frame import NothingToRead
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import FeatureUpdate, SettingsUpdate
from crm_app.domain.analyses import service as analyses
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.errors import Forbidden, Unavailable
from crm_app.domain.interactions import moods
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.jobs import service as jobs
from crm_app.domain.mail import service as mails
from crm_app.domain.rows import now
from crm_app.jobs.analyses import AT_ONCE, look_for_new, resume_due
from crm_app.jobs.runner import HANDLERS, JobRunner
from tests.ai_desk import agree, model_at_hand
from tests.mailboxes import mail, make_mailbox

INSIGHT = {"summary": [{"text": "She sleeps.", "sources": [2]}], "risks": [], "next_steps": [], "confidence": 0.8}
MOOD = {"score": 4, "confidence": 0.9, "reason": "Glad."}


@pytest.fixture
def fake(database, olivia):
    with model_at_hand(olivia) as gateway:
        yield gateway


@pytest.fixture
def only(run, olivia, fake):
    """``only(feature)``: nothing else is on."""

    def switch(*wanted):
        for feature in Feature:
            run(olivia, ai.choose_feature, feature, FeatureUpdate(enabled=feature in wanted))

    return switch


@pytest.fixture
def ana(run, alice):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", points=[{"kind": "email", "value": "ana@mail.example"}]))
    agree(alice, made.id)
    return made.id


def note(run, actor, contact_id, days=1, **more):
    when = datetime.now(UTC) - timedelta(days=days)
    return run(actor, interactions.log_interaction, InteractionCreate(kind="note", body="Slept seven hours at last.", contact_ids=[contact_id], occurred_at=when, **more))


def work():
    return JobRunner(HANDLERS).run_pending([MAKE])


def insight(run, actor, contact_id):
    return run(actor, analyses.get_analysis, of_contact(contact_id), "insight")


def test_what_somebody_asks_for_is_under_way_at_once_and_made_by_a_job(fake, run, alice, ana):
    note(run, alice, ana)
    fake.add(INSIGHT)
    for _ in range(2):
        assert run(alice, order_analysis, "insight", of_contact(ana)).state == "pending"
    assert fake.requests == [] and work() == 1, "asked for twice, made once"
    assert insight(run, alice, ana).state == "done"
    assert run(alice, order_analysis, "insight", of_contact(ana)).state == "done" and work() == 0
    (job,) = run(alice, jobs.list_jobs)
    assert (job.state, job.result["state"]) == ("done", "done")
    fake.add(INSIGHT)
    assert run(alice, order_analysis, "insight", of_contact(ana), True).state == "pending" and work() == 1


def test_whoever_may_not_and_what_is_off_or_empty_begins_nothing(fake, run, alice, vera, olivia, ana):
    with pytest.raises(Forbidden):
        run(vera, order_analysis, "insight", of_contact(ana))
    with pytest.raises(NothingToRead):
        run(alice, order_analysis, "insight", of_contact(ana))
    note(run, alice, ana)
    run(olivia, ai.choose_feature, Feature.INSIGHT, FeatureUpdate(enabled=False))
    with pytest.raises(Unavailable):
        run(alice, order_analysis, "insight", of_contact(ana))
    assert insight(run, alice, ana) is None and work() == 0


def test_a_failure_is_tried_again_in_its_time(fake, run, alice, ana, database):
    note(run, alice, ana)
    fake.add(ModelDown(), INSIGHT)
    run(alice, order_analysis, "insight", of_contact(ana))
    work()
    assert insight(run, alice, ana).failure and resume_due(now()) == 0
    with database.owner.begin() as connection:
        connection.execute(text("update analysis set run_after = now() - interval '1 second'"))
    assert resume_due(now()) == 1 and work() == 1
    assert (insight(run, alice, ana).state, insight(run, alice, ana).failure) == ("done", "")


def test_what_waits_while_it_is_switched_off_goes_on_waiting(fake, run, alice, olivia, ana):
    note(run, alice, ana)
    run(alice, order_analysis, "insight", of_contact(ana))
    run(alice, jobs.request_cancel, run(alice, jobs.list_jobs)[0].id)
    run(olivia, ai.choose_feature, Feature.INSIGHT, FeatureUpdate(enabled=False))
    assert resume_due(now()) == 0
    run(olivia, ai.choose_feature, Feature.INSIGHT, FeatureUpdate(enabled=True))
    assert resume_due(now()) == 1


def test_the_clock_reads_moods_of_those_who_agree_and_of_nothing_twice(fake, only, run, alice, bob, ana):
    only(Feature.SENTIMENT)
    silent = run(alice, contacts.create_contact, ContactCreate(display_name="Silent")).id
    note(run, alice, ana)
    for contact_id, more in ((silent, {}), (ana, {"days": 20}), (ana, {"ai_allowed": False})):
        note(run, alice, contact_id, **more)
    fake.add(MOOD)
    assert look_for_new(now()) == 1 and work() == 1
    assert len(run(alice, moods.get_mood, ana).points) == 1
    assert look_for_new(now()) == 0


def test_nobody_is_flooded(fake, only, run, alice, ana):
    only(Feature.SENTIMENT)
    for _ in range(AT_ONCE + 3):
        note(run, alice, ana)
    assert look_for_new(now()) == AT_ONCE


def test_while_models_are_off_the_clock_looks_for_nobody(fake, run, alice, olivia, ana):
    note(run, alice, ana)
    run(olivia, ai.change_settings, SettingsUpdate(version=run(olivia, ai.get_settings).version, enabled=False))
    assert look_for_new(now()) == 0


def test_the_clock_prepares_tomorrows_sessions(fake, only, run, alice, ana, event):
    only(Feature.BRIEFING)
    note(run, alice, ana)
    soon = event(alice, "Session nine", datetime.now(UTC) + timedelta(hours=5), asked=["ana@mail.example"])
    event(alice, "Far away", datetime.now(UTC) + timedelta(days=5), asked=["ana@mail.example"])
    line = {"text": "She slept.", "sources": [3]}
    fake.add({"last_time": [line], "since_then": [], "goals": [], "open_points": [], "ideas": [], "confidence": 0.7})
    assert look_for_new(now()) == 1 and work() == 1
    assert run(alice, analyses.get_analysis, of_event(soon), "brief").state == "done"


def test_the_clock_sums_up_a_thread_that_has_grown(fake, only, run, alice, ana):
    only(Feature.SUMMARIES)
    box = make_mailbox(alice)
    box.land_whole(mail("Form", "ana@mail.example", text="Could you sign?", message_id="a@x"))
    assert look_for_new(now()) == 0, "one mail needs no summary"
    box.land_whole(mail("Re: Form", "alice@example.org", "ana@mail.example", text="Yes.", answers="a@x"), ref="Sent")
    fake.add({"summary": [{"text": "A form is to be signed.", "sources": [1]}], "actions": [], "needs_reply": False, "confidence": 0.9})
    assert look_for_new(now()) == 1 and work() == 1 and look_for_new(now()) == 0
    (thread,) = run(alice, mails.get_threads, contact_id=ana).rows
    assert run(alice, analyses.get_analysis, Subject(kind="mail", id=thread.id), "mail_summary").state == "done"


def test_the_clock_makes_an_insight_anew_a_day_after_something_has_come(fake, only, run, alice, ana, database):
    only(Feature.INSIGHT)
    note(run, alice, ana)
    assert look_for_new(now()) == 0, "the first one is made when somebody asks"
    fake.add(INSIGHT)
    run(alice, order_analysis, "insight", of_contact(ana))
    work()
    with database.owner.begin() as connection:
        connection.execute(text("update analysis set made_at = now() - interval '21 hours'"))
        connection.execute(text("update interaction set created_at = now() - interval '22 hours'"))
    assert look_for_new(now()) == 0
    note(run, alice, ana)
    assert look_for_new(now()) == 2, "the insight, and whether another stage is due"


def test_the_clock_thinks_of_the_next_session_of_whoever_was_met(fake, only, run, alice, ana, event):
    only(Feature.PLANNING)
    entry = InteractionCreate(kind="meeting", body="Again in two weeks.", contact_ids=[ana], occurred_at=now() - timedelta(hours=3))
    run(alice, interactions.log_interaction, entry)
    assert look_for_new(now()) == 1
    event(alice, "Next", now() + timedelta(days=9), asked=["ana@mail.example"])
    other = run(alice, contacts.create_contact, ContactCreate(display_name="Ben")).id
    run(alice, interactions.log_interaction, entry.model_copy(update={"contact_ids": [other]}))
    assert look_for_new(now()) == 0


def test_consent_that_is_taken_back_before_the_job_leaves_nothing(fake, run, alice, ana):
    note(run, alice, ana)
    run(alice, order_analysis, "insight", of_contact(ana))
    agree(alice, ana, action="withdrawn")
    assert work() == 1 and insight(run, alice, ana) is None and fake.requests == []
    (job,) = run(alice, jobs.list_jobs)
    assert (job.state, job.result["state"]) == ("done", "refused")
