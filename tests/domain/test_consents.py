"""The ledger of what contacts agree to: what holds, who may record it, and that nothing of it is ever changed (PRIV-03)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from crm_app.domain.audit import service as audit
from crm_app.domain.audit.schemas import AuditFilter
from crm_app.domain.changes import service as changes
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.kinds import Purpose
from crm_app.domain.consents.schemas import ConsentCreate, ConsentStanding, TextCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.unit_of_work import unit_of_work

TODAY = date.today()


@pytest.fixture
def person(run):
    """``person(actor, name, ...)``: the id of a new contact of theirs."""

    def make(actor, name: str = "Ann Lee", **more):
        return run(actor, contacts.create_contact, ContactCreate(display_name=name, **more)).id

    return make


@pytest.fixture
def record(run):
    """``record(actor, contact, purpose, action, ...)``."""

    def said(actor, contact, purpose="ai", action="given", **more):
        ids = contact if isinstance(contact, list) else [contact]
        purposes = purpose if isinstance(purpose, list) else [purpose]
        return run(actor, consents.record_consents, ConsentCreate(contact_ids=ids, purposes=purposes, action=action, **more))

    return said


def standing(run, actor, contact, purpose="ai") -> ConsentStanding:
    return next(state for state in run(actor, consents.get_consents, contact).states if state.purpose == purpose).standing


def test_what_is_given_holds_until_it_is_taken_back(run, record, person, alice):
    ann = person(alice)
    assert standing(run, alice, ann) is ConsentStanding.NEVER
    record(alice, ann, channel="paper", happened_on=TODAY - timedelta(days=3), evidence="Folder 3, page 2")
    view = run(alice, consents.get_consents, ann)
    state = next(state for state in view.states if state.purpose is Purpose.AI)
    assert (state.standing, state.since, state.version) == (ConsentStanding.GIVEN, TODAY - timedelta(days=3), 1)
    assert [(event.channel, event.evidence, event.author_name) for event in view.events] == [("paper", "Folder 3, page 2", "Alice")]
    assert "AI" in view.events[0].wording, "what they agreed to stands with it"
    record(alice, ann, action="withdrawn", channel="phone")
    assert standing(run, alice, ann) is ConsentStanding.WITHDRAWN
    assert len(run(alice, consents.get_consents, ann).events) == 2, "what was given before is still told"
    record(alice, ann)
    assert standing(run, alice, ann) is ConsentStanding.GIVEN, "of one day what was recorded last holds"


def test_a_form_that_is_found_later_does_not_bring_back_what_was_taken_back_since(run, record, person, alice):
    ann = person(alice)
    record(alice, ann, action="withdrawn")
    record(alice, ann, happened_on=TODAY - timedelta(days=100), channel="paper")
    assert standing(run, alice, ann) is ConsentStanding.WITHDRAWN


def test_a_whole_class_brings_its_forms(run, record, person, alice, database):
    three = [person(alice, name) for name in ("Ann", "Ben", "Cleo")]
    done = record(alice, three, ["data_processing", "ai"], channel="paper", evidence="Forms of 27 November")
    assert (done.contacts, done.entries) == (3, 6)
    assert all(standing(run, alice, one, purpose) is ConsentStanding.GIVEN for one in three for purpose in ("data_processing", "ai"))
    assert standing(run, alice, three[0], "marketing") is ConsentStanding.NEVER


def test_a_wording_has_versions_and_what_was_agreed_to_keeps_its_own(run, record, person, alice, olivia):
    ann = person(alice)
    standard = next(one for one in run(alice, consents.list_texts) if one.purpose is Purpose.AI)
    assert (standard.id, standard.version) == (None, 1)
    record(alice, ann)
    second = run(olivia, consents.add_text, TextCreate(purpose="ai", wording="An AI on our own machine may read my notes."))
    assert (second.version, second.author_name) == (2, "Olivia")
    assert run(alice, consents.get_consents, ann).events[0].wording == standard.wording
    record(alice, ann)
    assert [event.version for event in run(alice, consents.get_consents, ann).events] == [2, 1]
    first = next(one for one in run(alice, consents.list_texts) if one.purpose is Purpose.AI and one.version == 1)
    record(alice, ann, text_id=first.id, channel="paper")
    assert run(alice, consents.get_consents, ann).events[0].version == 1, "they had signed the old form"
    with pytest.raises(Invalid):
        run(olivia, consents.add_text, TextCreate(purpose="ai", wording=second.wording))
    with pytest.raises(Forbidden):
        run(alice, consents.add_text, TextCreate(purpose="ai", wording="Mine"))


def test_a_wording_that_nobody_agreed_to_yet_can_be_worded_anew(run, olivia):
    assert run(olivia, consents.add_text, TextCreate(purpose="marketing", wording="Send me things.")).version == 2
    assert [one.version for one in run(olivia, consents.list_texts) if one.purpose is Purpose.MARKETING] == [2, 1]


def test_what_cannot_be_is_said_in_a_sentence(run, record, person, alice, olivia, snapshot):
    ann = person(alice)
    record(alice, ann)
    other = run(olivia, consents.add_text, TextCreate(purpose="marketing", wording="Send me things."))
    before = snapshot()
    for more, field in (
        ({"happened_on": TODAY + timedelta(days=2)}, "happened_on"),
        ({"happened_on": date(1960, 1, 1)}, "happened_on"),
        ({"action": "withdrawn", "happened_on": TODAY - timedelta(days=1)}, "happened_on"),
        ({"text_id": ann}, "text_id"),
        ({"text_id": other.id}, "text_id"),
        ({"text_id": other.id, "purpose": ["ai", "marketing"]}, "text_id"),
    ):
        with pytest.raises(Invalid) as refused:
            record(alice, ann, **more)
        assert list(refused.value.fields) == [field]
    assert snapshot() == before


def test_who_may_record_and_who_may_not(run, record, person, alice, bob, vera, snapshot):
    ann, hidden, locked = person(alice), person(alice, "Hidden", audience="private"), person(alice, "Locked", locked=True)
    record(bob, ann)
    assert run(vera, consents.get_consents, ann).events[0].author_name == "Bob"
    assert run(vera, consents.get_consents, ann).may_record is False
    record(alice, hidden)
    before = snapshot()
    for actor, who, error in ((bob, hidden, NotFound), (bob, [ann, hidden], NotFound), (bob, locked, Forbidden), (vera, ann, Forbidden)):
        with pytest.raises(error):
            record(actor, who, action="withdrawn")
    with pytest.raises(NotFound):
        run(bob, consents.get_consents, hidden)
    assert snapshot() == before


def test_priv_03_nobody_changes_or_removes_what_was_recorded_nor_writes_what_it_says(run, record, person, alice, database):
    ann = person(alice)
    record(alice, ann)
    for statement in (
        "update consent set happened_on = happened_on - 1", "update consent set action = 'withdrawn'", "delete from consent", "truncate consent",
        "update consent_text set wording = 'anything'", "delete from consent_text", f"update contact set ai_consent = false where id = '{ann}'",
    ):  # fmt: skip
        with pytest.raises(ProgrammingError), unit_of_work(alice, "tests.tamper") as session:
            session.connection().execute(text(statement))
    assert standing(run, alice, ann) is ConsentStanding.GIVEN


def test_the_database_says_who_recorded_it_and_when_and_for_whom(run, record, person, alice, bob, database):
    ann, hidden, locked = person(alice), person(alice, "Hidden", audience="private"), person(alice, "Locked", locked=True)
    record(alice, ann)
    insert = (
        "insert into consent (id, owner_id, audience, contact_id, purpose, action, text_id, channel, happened_on, evidence, author_id, created_at) "
        "select gen_random_uuid(), '{me}', 'team', '{who}', '{purpose}', 'given', (select id from consent_text limit 1), 'form', '2020-01-01', '', '{author}', '2020-01-01'"
    )
    with unit_of_work(bob, "tests.insert") as session:
        session.connection().execute(text(insert.format(me=bob.user_id, who=ann, purpose="ai", author=alice.user_id)))
    with database.owner.connect() as connection:
        row = connection.execute(text("select owner_id, author_id, created_at > now() - interval '1 minute' as fresh from consent order by created_at desc limit 1")).one()
    assert (row.owner_id, row.author_id, row.fresh) == (alice.user_id, bob.user_id, True)
    for who, purpose in ((hidden, "ai"), (locked, "ai"), (ann, "marketing")):
        with pytest.raises(Exception, match="no such contact|locked|no such wording"), unit_of_work(bob, "tests.insert") as session:
            session.connection().execute(text(insert.format(me=bob.user_id, who=who, purpose=purpose, author=bob.user_id)))


def test_consent_is_seen_by_whom_the_contact_is_and_goes_where_it_goes(run, record, person, alice, bob, database):
    ann = person(alice)
    record(alice, ann)
    version = run(alice, contacts.get_contact, ann).version
    run(alice, contacts.update_contact, ann, ContactUpdate(version=version, audience="private"))
    with unit_of_work(bob, "tests.look") as session:
        assert session.connection().execute(text("select count(*) from consent")).scalar() == 0
    with database.owner.begin() as connection:
        connection.execute(text("delete from contact where id = :id"), {"id": ann})
        assert connection.execute(text("select count(*) from consent")).scalar() == 0


def test_recording_leaves_a_contact_at_its_version_and_out_of_undo(run, outcome, record, person, alice, bob):
    made = outcome(alice, contacts.create_contact, ContactCreate(display_name="Ann Lee"))
    before = run(alice, contacts.get_contact, made.value.id).version
    record(alice, made.value.id)
    assert run(alice, contacts.get_contact, made.value.id).version == before, "an open form is not stale for it"
    record(bob, made.value.id, "marketing")
    with pytest.raises(Conflict):
        run(alice, changes.undo_change_set, made.change_set_id)
    changed = outcome(alice, contacts.update_contact, made.value.id, ContactUpdate(version=before, company="Norva"))
    record(alice, made.value.id, action="withdrawn")
    run(alice, changes.undo_change_set, changed.change_set_id)
    assert standing(run, alice, made.value.id) is ConsentStanding.WITHDRAWN, "undoing something else brings no consent back"


def test_the_audit_log_tells_what_was_recorded_but_no_words_of_it(run, record, person, alice, olivia):
    ann = person(alice)
    record(alice, ann, "marketing", evidence="her own words")
    record(alice, ann, "marketing", "withdrawn")
    entries = [entry for entry in run(olivia, audit.list_audit, AuditFilter()).entries if entry.action.startswith("consent.")]
    assert [entry.action for entry in entries] == ["consent.withdrawn", "consent.given"]
    assert all(entry.details["purpose"] == "marketing" for entry in entries) and "her own words" not in str(entries)


def test_who_agrees_to_a_purpose_is_found_for_many_at_once(run, record, person, alice, bob):
    ann, ben, hidden = person(alice), person(alice, "Ben"), person(alice, "Hidden", audience="private")
    record(alice, [ann, ben, hidden], "marketing")
    record(alice, ben, "marketing", "withdrawn")
    assert run(alice, consents.find_agreed, [ann, ben, hidden], Purpose.MARKETING) == {ann, hidden}
    assert run(bob, consents.find_agreed, [ann, ben, hidden], Purpose.MARKETING) == {ann}
    assert run(bob, consents.find_agreed, [], Purpose.MARKETING) == frozenset()
