"""What a model made of a record: kept for one person, made once, tried again when it failed, and gone as soon as it may not be known."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.analyses import queries, rules, service
from crm_app.domain.analyses.models import AnalysisState, SubjectKind
from crm_app.domain.analyses.schemas import Made, SourceRef, Subject, Wanted
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import SensitiveField
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionUpdate
from crm_app.domain.mail import service as mails
from crm_app.domain.rows import now
from crm_app.domain.unit_of_work import anonymous_work
from tests.mailboxes import mail, make_mailbox

SKILL = "insight"


def of(contact_id, fingerprint="one", known=(), **more) -> Wanted:
    return Wanted(subject=Subject(kind=SubjectKind.CONTACT, id=contact_id), skill=SKILL, fingerprint=fingerprint, known=frozenset(known), **more)


def made(fingerprint="one", sources=(), known=(), text="She sleeps better.") -> Made:
    return Made(fingerprint=fingerprint, value={"text": text}, sources=sources, known=frozenset(known), model_label="Small", why="It is fast.", cost_micros=420, call_id=uuid4())


@pytest.fixture
def ana(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Ana"))


def entry_of(run, actor, contact, **more):
    return run(actor, interactions.log_interaction, InteractionCreate(kind="note", body="Slept well", contact_ids=[contact.id], **more))


def keep(run, actor: Actor, wanted: Wanted, **more):
    waiting = run(actor, service.want_analysis, wanted)
    assert run(actor, service.take_analysis, waiting.id) is not None
    return run(actor, service.store_analysis, waiting.id, made(wanted.fingerprint, known=wanted.known, **more))


def read(run, actor: Actor, contact_id):
    return run(actor, service.get_analysis, Subject(kind=SubjectKind.CONTACT, id=contact_id), SKILL)


def test_it_waits_is_taken_once_and_is_kept_with_what_it_cost(run, alice, ana):
    waiting = run(alice, service.want_analysis, of(ana.id))
    assert (waiting.state, waiting.value, waiting.stale) == (AnalysisState.PENDING, None, False)
    assert run(alice, service.take_analysis, waiting.id).attempts == 1
    assert run(alice, service.take_analysis, waiting.id) is None, "somebody has it in hand"
    source = SourceRef(kind="interaction", id=uuid4(), title="Note", when=now())
    done = run(alice, service.store_analysis, waiting.id, made(sources=(source,)))
    assert (done.state, done.value, done.sources, done.model_label, done.cost_micros) == (AnalysisState.DONE, {"text": "She sleeps better."}, (source,), "Small", 420)
    assert run(alice, service.want_analysis, of(ana.id)) == done == read(run, alice, ana.id), "what nothing has changed about is not made again"
    assert run(alice, service.take_analysis, done.id) is None


def test_what_has_changed_is_made_again_and_the_last_one_is_read_meanwhile(run, alice, ana):
    keep(run, alice, of(ana.id))
    again = run(alice, service.want_analysis, of(ana.id, "two"))
    assert (again.state, again.stale, again.value) == (AnalysisState.PENDING, True, {"text": "She sleeps better."})
    run(alice, service.take_analysis, again.id)
    late = run(alice, service.store_analysis, again.id, made("one", text="Late."))
    assert (late.state, late.value) == (AnalysisState.PENDING, {"text": "Late."}), "an answer about what stood before is not the one that is wanted"
    assert run(alice, service.store_analysis, again.id, made("two")).state == AnalysisState.DONE
    assert run(alice, service.want_analysis, of(ana.id, "two", again=True)).state == AnalysisState.PENDING


def test_a_failure_waits_longer_each_time_and_is_told_in_the_end(run, alice, ana, database):
    waiting, waits = run(alice, service.want_analysis, of(ana.id)), []
    for _ in range(rules.MOST_ATTEMPTS):
        with database.owner.begin() as connection:
            connection.execute(text("update analysis set run_after = now() - interval '1 second'"))
        run(alice, service.take_analysis, waiting.id)
        failed = run(alice, service.fail_analysis, waiting.id, "Nobody answered.", may_retry=True)
        waits.append(failed.run_after - now())
    assert (failed.state, failed.failure, failed.value) == (AnalysisState.FAILED, "Nobody answered.", None), "a failure is never a fact"
    assert [round(wait / timedelta(minutes=5)) for wait in waits[:3]] == [1, 6, 36]
    assert run(alice, service.want_analysis, of(ana.id)).state == AnalysisState.FAILED, "it is not tried for ever"
    assert run(alice, service.want_analysis, of(ana.id, again=True)).state == AnalysisState.PENDING
    assert run(alice, service.fail_analysis, waiting.id, "The key is refused.", may_retry=False).state == AnalysisState.FAILED


def test_what_is_interrupted_each_time_is_not_begun_for_ever(run, alice, ana, database):
    waiting = run(alice, service.want_analysis, of(ana.id))
    for _ in range(rules.MOST_ATTEMPTS):
        assert run(alice, service.take_analysis, waiting.id) is not None
        with database.owner.begin() as connection:
            connection.execute(text("update analysis set run_after = now() - interval '1 second'"))
    assert run(alice, service.take_analysis, waiting.id) is None
    ended = read(run, alice, ana.id)
    assert (ended.state, ended.failure) == (AnalysisState.FAILED, "This was begun several times and was interrupted each time.")


def test_what_was_put_off_counts_as_no_try(run, alice, ana):
    waiting = run(alice, service.want_analysis, of(ana.id))
    run(alice, service.take_analysis, waiting.id)
    later = run(alice, service.postpone_analysis, waiting.id, "Today's limit is used up.")
    assert (later.attempts, later.state, later.failure) == (0, AnalysisState.PENDING, "Today's limit is used up.")
    assert later.run_after > now() + timedelta(minutes=50)
    assert run(alice, service.list_due_analyses) == ()


def test_it_is_its_owners_alone(run, alice, bob, vera, ana, snapshot):
    done = keep(run, alice, of(ana.id))
    before = snapshot()
    assert read(run, bob, ana.id) is None
    for act in (lambda who: run(who, service.store_analysis, done.id, made()), lambda who: run(who, service.take_analysis, done.id)):
        with pytest.raises(NotFound):
            act(bob)
        with pytest.raises(Forbidden):
            act(vera)
    with pytest.raises(Forbidden):
        run(vera, service.want_analysis, of(ana.id))
    assert snapshot() == before
    keep(run, bob, of(ana.id), text="Bob's own.")
    assert (read(run, alice, ana.id).value, read(run, bob, ana.id).value) == ({"text": "She sleeps better."}, {"text": "Bob's own."})


def test_whose_turn_has_come_is_told_by_ids_alone(run, alice, bob, ana):
    run(alice, service.want_analysis, of(ana.id))
    keep(run, bob, of(ana.id))
    with anonymous_work() as session:
        assert queries.list_people_with_due_analyses(session, now() + timedelta(seconds=1)) == [alice.user_id]
    (due,) = run(alice, service.list_due_analyses)
    assert (due.skill, due.subject.id) == (SKILL, ana.id)
    assert run(bob, service.list_due_analyses) == ()


@pytest.mark.parametrize("gone", ["never to AI", "deleted", "taken off the team"])
def test_what_may_no_longer_be_read_takes_along_what_was_made_of_it(run, alice, bob, ana, gone):
    entry = entry_of(run, alice, ana, ai_allowed=True)
    for who in (alice, bob):
        keep(run, who, of(ana.id, known=[entry.id]))
    if gone == "never to AI":
        run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, ai_allowed=False))
    elif gone == "deleted":
        run(alice, interactions.delete_interaction, entry.id)
    else:
        run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, audience="private"))
    assert read(run, bob, ana.id) is None
    assert (read(run, alice, ana.id) is None) is (gone != "taken off the team")


def test_an_entry_that_the_last_one_no_longer_knows_leaves_it_alone(run, alice, ana):
    old, new = entry_of(run, alice, ana), entry_of(run, alice, ana)
    keep(run, alice, of(ana.id, known=[old.id]))
    keep(run, alice, of(ana.id, "two", known=[new.id]))
    run(alice, interactions.delete_interaction, old.id)
    assert read(run, alice, ana.id) is not None
    run(alice, interactions.delete_interaction, new.id)
    assert read(run, alice, ana.id) is None


def test_a_person_who_goes_takes_it_along_also_while_it_is_being_made(run, alice, ana):
    waiting = run(alice, service.want_analysis, of(ana.id))
    run(alice, service.take_analysis, waiting.id)
    run(alice, contacts.delete_contacts, [ana.id])
    with pytest.raises(NotFound):
        run(alice, service.store_analysis, waiting.id, made())
    assert read(run, alice, ana.id) is None


def test_a_contact_that_is_taken_from_the_team_leaves_nothing_with_colleagues(run, alice, bob, ana):
    keep(run, alice, of(ana.id))
    keep(run, bob, of(ana.id))
    run(alice, contacts.update_contact, ana.id, ContactUpdate(version=ana.version, audience="private"))
    assert read(run, bob, ana.id) is None and read(run, alice, ana.id) is not None


@pytest.mark.parametrize("purpose", ["ai", "health_notes"])
def test_llm_09_consent_that_is_taken_back_takes_along_what_came_of_it(run, alice, bob, ana, purpose):
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[ana.id], purposes=["ai", "health_notes", "marketing"]))
    for who in (alice, bob):
        keep(run, who, of(ana.id))
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[ana.id], purposes=["marketing"], action="withdrawn"))
    assert read(run, bob, ana.id) is not None
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[ana.id], purposes=[purpose], action="withdrawn"))
    assert read(run, alice, ana.id) is None is read(run, bob, ana.id)


def test_llm_09_an_entry_on_which_somebody_comes_to_stand_who_does_not_agree(run, alice, ana):
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[ana.id], purposes=["ai"]))
    entry, ben = entry_of(run, alice, ana), run(alice, contacts.create_contact, ContactCreate(display_name="Ben"))
    keep(run, alice, of(ana.id, known=[entry.id]))
    run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, contact_ids=[ana.id, ben.id]))
    assert read(run, alice, ana.id) is None


def test_what_the_team_lets_ai_read_of_what_stands_apart(run, alice, olivia, ana):
    run(olivia, disclosure.set_reach, [SensitiveField.HEALTH_GOALS])
    keep(run, alice, of(ana.id))
    run(olivia, disclosure.set_reach, [SensitiveField.HEALTH_GOALS])
    assert read(run, alice, ana.id) is not None, "nothing was changed"
    run(olivia, disclosure.set_reach, [])
    assert read(run, alice, ana.id) is None


def test_the_words_of_a_mail_that_are_taken_from_the_team_go_from_colleagues(run, alice, bob, ana):
    run(alice, contacts.update_contact, ana.id, ContactUpdate(version=ana.version, points=[{"kind": "email", "value": "ana@mail.example"}]))
    make_mailbox(alice, shown="full").land_whole(mail("Sleep", "ana@mail.example", text="I slept."))
    (entry,) = run(bob, interactions.list_timeline, ana.id).entries
    for who in (alice, bob):
        keep(run, who, of(ana.id, known=[entry.id]))
    (row,) = run(alice, mails.get_threads, contact_id=ana.id).rows
    thread = run(alice, mails.get_thread, row.id)
    run(alice, mails.share_thread, thread.id, "subject", version=thread.version)
    assert read(run, bob, ana.id) is None and read(run, alice, ana.id) is not None


def test_forgetting_is_at_once_and_asks_for_nothing_to_be_there(run, alice, ana):
    keep(run, alice, of(ana.id))
    for _ in range(2):
        run(alice, service.forget_analysis, Subject(kind=SubjectKind.CONTACT, id=ana.id), SKILL)
    assert read(run, alice, ana.id) is None


def test_a_fingerprint_knows_where_one_word_ends():
    assert rules.fingerprint_of(["ab", "c"]) != rules.fingerprint_of(["a", "bc"])
    assert rules.fingerprint_of(["ab", "c"]) == rules.fingerprint_of(iter(["ab", "c"]))
