"""What AI may read: LLM-03, LLM-09 and AZ-04, each with words that must not be in anything that goes to a model."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import text

from crm_app.ai.pseudonyms import Mask
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate, SensitiveUpdate
from crm_app.domain.disclosure import identity_queries
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import LONGEST_SOURCE, DossierWish, Ref, SensitiveField, SourceFilter, SourceKind, people_of
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import CheckInCreate, GoalCreate
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionUpdate
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.schemas import ProgrammeCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from tests.mailboxes import mail, make_mailbox

NOW = datetime.now(UTC)
EVERYTHING = SourceFilter(kinds=frozenset(SourceKind), limit=200)


@pytest.fixture
def person(run):
    """``person(actor, name, agrees=True, ...)``: the id of a new contact of theirs that agrees to AI unless told."""

    def make(actor, name: str = "Ann Lee", agrees: bool = True, **more):
        key = run(actor, contacts.create_contact, ContactCreate(display_name=name, **more)).id
        if agrees:
            run(actor, consents.record_consents, ConsentCreate(contact_ids=[key], purposes=["ai"]))
        return key

    return make


@pytest.fixture
def note(run):
    """``note(actor, words, people, ...)``: an entry on their timelines."""
    turn = count()

    def write(actor, body: str, people, **more):
        more.setdefault("occurred_at", NOW - timedelta(days=100) + timedelta(minutes=next(turn)))
        return run(actor, interactions.log_interaction, InteractionCreate(**{"kind": "note", **more}, body=body, contact_ids=people)).id

    return write


def told(run, actor, *people) -> str:
    """All words that can reach a model as this actor: every dossier, everything that is found, everything that is asked for by its id."""
    found = run(actor, disclosure.find_sources, EVERYTHING)
    found += tuple(run(actor, disclosure.get_sources, [source.ref for source in found]).values())
    for key in people:
        if key in run(actor, disclosure.readable_ids, people):
            found += run(actor, disclosure.get_dossier, key).everything
    return "\n".join(source.model_dump_json() for source in found)


def test_a_dossier_holds_what_stands_for_a_contact_and_what_happened_the_newest_first(run, person, note, event, alice):
    ann = person(alice, job_title="Product lead", notes="Loves the sea", tags=["Breathwork"], birth_month=6, birth_day=3)
    first, second = note(alice, "Slept badly", [ann]), note(alice, "Slept well", [ann], subject="Session 8", kind="call", direction="incoming", duration_minutes=12)
    run(alice, tasks.create_task, TaskCreate(title="Prepare session 9", description="Bring the audio", contact_ids=[ann], due_date=date.today(), steps=["Find it"]))
    goal = run(alice, goals.create_goal, GoalCreate(title="Sleep 7 h", contact_id=ann, target_value=7, unit="h"))
    run(alice, goals.check_in, goal.id, CheckInCreate(value=5, note="better"))
    run(alice, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="Twelve sessions", sessions_total=12))
    dossier = run(alice, disclosure.get_dossier, ann)
    assert dossier.name == "Ann Lee"
    assert dossier.facts.text.splitlines() == ["Job: Product lead", "Stage: discovery", "Tags: Breathwork", "Birthday: 06-03", dossier.facts.text.splitlines()[4], "About: Loves the sea"]
    entries = [source for source in dossier.sources if source.kind is SourceKind.ENTRY]
    assert [source.id for source in entries] == [second, first] and people_of(dossier.everything) == {ann}
    assert (entries[0].title, entries[0].text, entries[0].what) == ("Session 8", "Direction: incoming\nMinutes: 12\nSlept well", "call")
    assert [source.when for source in dossier.sources[2:]] == sorted((source.when for source in dossier.sources[2:]), reverse=True)
    assert list(dossier.sources[:2]) == entries, "what was written leads"
    by_kind = {source.kind: source.text for source in dossier.sources}
    assert "[ ] Find it" in by_kind[SourceKind.TASK] and "Bring the audio" in by_kind[SourceKind.TASK]
    assert "From 0 to 7 h\nNow: 5" in by_kind[SourceKind.GOAL] and "5 (better)" in by_kind[SourceKind.GOAL]
    assert "Sessions: 0 of 12 used" in by_kind[SourceKind.PROGRAMME]


def test_what_was_written_leads_and_of_what_is_to_come_the_next_few_stand_at_the_end(run, person, note, event, alice):
    ann = person(alice, points=[{"kind": "email", "value": "ann@x.org"}])
    for week in range(1, 12):
        event(alice, f"Session {week}", NOW + timedelta(days=7 * week), asked=["ann@x.org"])
    notes = [note(alice, f"number {number} " + "x" * 900, [ann]) for number in range(12)]
    dossier = run(alice, disclosure.get_dossier, ann, DossierWish(most=20, most_characters=6_000))
    kinds = [source.kind for source in dossier.sources]
    assert [source.id for source in dossier.sources[:6]] == notes[: -7 : -1] and kinds == [SourceKind.ENTRY] * 6 + [SourceKind.EVENT] * 3
    assert [source.title for source in dossier.sources[6:]] == ["Session 1", "Session 2", "Session 3"] and dossier.more


def test_a_dossier_is_bounded_and_says_so(run, person, note, alice):
    ann = person(alice)
    for number in range(8):
        note(alice, f"number {number} " + "x" * 6_000, [ann])
    dossier = run(alice, disclosure.get_dossier, ann, DossierWish(most_characters=10_000))
    assert [source.text[:8] for source in dossier.sources] == ["number 7", "number 6"] and dossier.more
    assert all(len(source.text) == LONGEST_SOURCE and source.cut for source in dossier.sources)
    assert len(run(alice, disclosure.get_dossier, ann, DossierWish(most=3)).sources) == 3
    since = run(alice, disclosure.get_dossier, ann, DossierWish(since=NOW))
    assert since.sources == () and not since.more


def test_llm_09_without_consent_nothing_of_a_contact_is_read(run, person, note, event, alice):
    ann, silent = person(alice), person(alice, "Silent CANARY-name", agrees=False, notes="CANARY-about")
    note(alice, "CANARY-note", [silent])
    note(alice, "CANARY-class", [ann, silent])
    note(alice, "she came alone", [ann])
    run(alice, tasks.create_task, TaskCreate(title="CANARY-task", contact_ids=[silent]))
    run(alice, tasks.create_task, TaskCreate(title="CANARY-both", contact_ids=[ann, silent]))
    run(alice, goals.create_goal, GoalCreate(title="CANARY-goal", contact_id=silent, target_value=7))
    run(alice, programmes.create_programme, ProgrammeCreate(contact_id=silent, name="CANARY-programme", sessions_total=3))
    words = told(run, alice, ann, silent)
    assert "she came alone" in words and "CANARY" not in words
    with pytest.raises(Forbidden, match="1 contact has not agreed"):
        run(alice, disclosure.get_dossier, silent)
    with pytest.raises(Forbidden, match="2 contacts have not agreed"):
        run(alice, disclosure.require_readable, [ann, silent, person(alice, "Third", agrees=False)])


def test_llm_09_never_to_ai_holds_for_a_note_and_for_a_contact(run, person, note, alice):
    ann = person(alice, notes="About her")
    note(alice, "CANARY-kept", [ann], ai_allowed=False)
    later = note(alice, "CANARY-later", [ann])
    assert "CANARY-later" in told(run, alice, ann)
    run(alice, interactions.update_interaction, later, InteractionUpdate(version=1, ai_allowed=False))
    assert "CANARY" not in told(run, alice, ann) and "About her" in told(run, alice, ann)
    assert run(alice, disclosure.get_sources, [Ref(SourceKind.ENTRY, later)]) == {}
    version = run(alice, contacts.get_contact, ann).version
    run(alice, contacts.update_contact, ann, ContactUpdate(version=version, ai_allowed=False))
    assert told(run, alice, ann) == ""
    with pytest.raises(Forbidden, match="kept a contact of it from AI"):
        run(alice, disclosure.get_dossier, ann)


def test_what_is_taken_back_holds_at_once_and_what_is_given_again_too(run, person, note, alice):
    ann = person(alice)
    entry = note(alice, "CANARY", [ann])
    for action in ("withdrawn", "given", "withdrawn"):
        run(alice, consents.record_consents, ConsentCreate(contact_ids=[ann], purposes=["ai"], action=action))
        assert (ann in run(alice, disclosure.readable_ids, [ann])) is (action == "given")
        assert (Ref(SourceKind.ENTRY, entry) in run(alice, disclosure.get_sources, [Ref(SourceKind.ENTRY, entry)])) is (action == "given")
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[ann], purposes=["data_processing", "health_notes", "marketing"]))
    assert told(run, alice, ann) == "", "agreeing to something else is not agreeing to AI"


def test_az_04_nothing_that_the_actor_does_not_see_is_read_for_them(run, person, note, alice, bob):
    ann, hidden = person(alice), person(alice, "CANARY-hidden", audience="private")
    note(alice, "CANARY-private", [ann], audience="private")
    note(alice, "CANARY-hers", [hidden])
    note(bob, "CANARY-his", [ann], audience="private")
    note(bob, "for all", [ann])
    run(alice, tasks.create_task, TaskCreate(title="CANARY-task", contact_ids=[ann], audience="private"))
    run(alice, contacts.update_sensitive, ann, SensitiveUpdate(health_goals="CANARY-health", private_notes="CANARY-notes"))
    his, hers = told(run, bob, ann, hidden), told(run, alice, ann, hidden)
    assert "for all" in his and [word for word in ("CANARY-private", "CANARY-hers", "CANARY-task", "CANARY-hidden", "CANARY-health", "CANARY-notes") if word in his] == []
    assert "CANARY-his" in his and "CANARY-his" not in hers and "CANARY-private" in hers and "CANARY-hers" in hers
    for asked in (lambda: run(bob, disclosure.get_dossier, hidden), lambda: run(bob, disclosure.require_readable, [ann, hidden])):
        with pytest.raises(NotFound):
            asked()


def test_an_entry_with_somebody_whom_the_actor_does_not_see_is_not_read(run, person, note, alice, bob):
    ann, ben = person(alice), person(bob, "Ben")
    note(alice, "CANARY-both", [ann, ben])
    assert "CANARY-both" in told(run, alice, ann)
    run(bob, contacts.update_contact, ben, ContactUpdate(version=run(bob, contacts.get_contact, ben).version, audience="private"))
    assert "CANARY-both" not in told(run, alice, ann), "whether he still agrees is not hers to know"


def test_what_is_in_the_trash_is_not_read(run, person, note, alice):
    ann, ben = person(alice), person(alice, "Ben CANARY")
    entry = note(alice, "CANARY-entry", [ann])
    note(alice, "CANARY-both", [ann, ben])
    run(alice, interactions.delete_interaction, entry)
    run(alice, contacts.delete_contacts, [ben])
    assert "CANARY" not in told(run, alice, ann, ben)
    with pytest.raises(NotFound):
        run(alice, disclosure.get_dossier, ben)


def test_the_sensitive_part_is_read_where_the_team_says_so_and_the_contact_agrees_to_it(run, person, alice, bob, olivia):
    ann = person(alice)
    run(alice, contacts.update_sensitive, ann, SensitiveUpdate(health_goals="CANARY-health", emergency_contact="CANARY-emergency", private_notes="CANARY-notes"))
    agreed = ConsentCreate(contact_ids=[ann], purposes=["health_notes"])
    assert run(alice, disclosure.get_reach).fields == frozenset() and "CANARY" not in told(run, alice, ann)
    assert run(olivia, disclosure.set_reach, [SensitiveField.HEALTH_GOALS]).fields == {SensitiveField.HEALTH_GOALS}
    assert "CANARY" not in told(run, alice, ann), "she has not agreed to health notes"
    run(alice, consents.record_consents, agreed)
    words = told(run, alice, ann)
    assert "CANARY-health" in words and "CANARY-emergency" not in words and "CANARY-notes" not in words
    assert "CANARY" not in told(run, bob, ann), "it is hers alone"
    run(olivia, disclosure.set_reach, [])
    assert "CANARY" not in told(run, alice, ann)
    with pytest.raises(Forbidden):
        run(alice, disclosure.set_reach, [SensitiveField.HEALTH_GOALS])


def test_of_mail_the_words_are_read_by_whom_they_are_shown_to(run, person, alice, bob):
    ann = person(alice, points=[{"kind": "email", "value": "ann@mail.example"}])
    make_mailbox(alice, "mine", shown="metadata", username="alice@mail.example").land_whole(mail("CANARY-subject", "ann@mail.example", text="CANARY-words"))
    hers, his = told(run, alice, ann), told(run, bob, ann)
    assert "CANARY-subject" in hers and "CANARY-words" in hers and "CANARY" not in his
    assert [source.text for source in run(alice, disclosure.find_sources, SourceFilter(words="CANARY-words"))] == ["Direction: incoming\nCANARY-words"]
    assert run(bob, disclosure.find_sources, SourceFilter(words="CANARY-words")) == ()
    signed = mail("Re: it", "alice@mail.example", "ann@mail.example", text="CANARY-answer\n\n-- \nAlice\nLund")
    make_mailbox(alice, "other", username="alice@mail.example").land_whole(signed)
    assert [source.text for source in run(alice, disclosure.find_sources, SourceFilter(words="CANARY-answer"))] == ["Direction: outgoing\nCANARY-answer"]
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[ann], purposes=["ai"], action="withdrawn"))
    assert "CANARY" not in told(run, alice, ann)


def test_events_are_read_by_their_contacts_and_private_ones_never(run, person, event, alice, database):
    ann = person(alice, points=[{"kind": "email", "value": "ann@mail.example"}])
    person(alice, "Silent", agrees=False, points=[{"kind": "email", "value": "silent@mail.example"}])
    event(alice, "With Ann", asked=["ann@mail.example"], description="bring the mat")
    event(alice, "CANARY-silent", asked=["ann@mail.example", "silent@mail.example"])
    event(alice, "Dentist", description="CANARY-stranger")
    event(alice, "CANARY-private", asked=["ann@mail.example"], private=True)
    words = told(run, alice, ann)
    assert "With Ann" in words and "bring the mat" in words and "Busy" in words and "Dentist" not in words and "CANARY" not in words
    assert [source.title for source in run(alice, disclosure.find_sources, SourceFilter(contact_ids=(ann,)))] == ["With Ann"]


def test_llm_09_an_event_of_nobody_is_time_that_is_taken_and_is_not_found_by_its_words(run, person, event, alice):
    """Who has not agreed, and whoever is in no record here, could be named in it."""
    event(alice, "CANARY with Tom", description="CANARY", asked=["stranger@else.example"])
    [busy] = run(alice, disclosure.find_sources, SourceFilter(kinds=frozenset({SourceKind.EVENT})))
    assert busy.title == "Busy" and busy.text.startswith("From ") and "CANARY" not in busy.text
    assert run(alice, disclosure.get_sources, [busy.ref])[busy.ref] == busy
    assert run(alice, disclosure.find_sources, SourceFilter(kinds=frozenset({SourceKind.EVENT}), words="CANARY")) == ()


def test_llm_09_a_task_of_nobody_that_names_whom_ai_may_not_read_is_not_told(run, person, alice, bob):
    person(alice, "Ann Lee")
    person(alice, "Tom Silent", agrees=False)
    person(bob, "Hanna", audience="private", agrees=False)
    for data in (
        TaskCreate(title="Call TOM"), TaskCreate(title="Call back", description="about Silent's knee"), TaskCreate(title="Plan", steps=["ask Tom"]),
        TaskCreate(title="Buy mats for Ann"), TaskCreate(title="Ask at Hanna's shop"),
    ):  # fmt: skip
        run(alice, tasks.create_task, data)
    found = run(alice, disclosure.find_sources, SourceFilter(kinds=frozenset({SourceKind.TASK})))
    assert {task.title for task in found} == {"Buy mats for Ann", "Ask at Hanna's shop"}, "whom one does not see is nobody"
    assert run(alice, disclosure.find_sources, SourceFilter(kinds=frozenset({SourceKind.TASK}), words="call")) == ()


def test_llm_09_a_goal_of_the_practice_that_names_whom_ai_may_not_read_is_not_told(run, person, alice):
    person(alice, "Tom Silent", agrees=False)
    goal = run(alice, goals.create_goal, GoalCreate(title="Ten new people", target_value=10))
    run(alice, goals.create_goal, GoalCreate(title="Win more like Tom", target_value=7))
    run(alice, goals.check_in, goal.id, CheckInCreate(value=3))
    assert [found.title for found in run(alice, disclosure.find_sources, SourceFilter(kinds=frozenset({SourceKind.GOAL})))] == ["Ten new people"]
    run(alice, goals.check_in, goal.id, CheckInCreate(value=4, note="silent came back"))
    assert run(alice, disclosure.find_sources, SourceFilter(kinds=frozenset({SourceKind.GOAL}))) == ()


def test_llm_09_a_stage_counts_those_who_agree(run, person, alice):
    person(alice, "Ann Lee", stage="curious")
    person(alice, "Tom Silent", agrees=False, stage="curious")
    assert run(alice, disclosure.count_by_stage) == {"curious": 1}


def test_sources_are_found_by_words_kind_time_and_contact(run, person, note, alice):
    ann, ben = person(alice), person(alice, "Ben Žofia")
    old = note(alice, "travelled by train", [ann], occurred_at=NOW - timedelta(days=40), kind="meeting")
    new = note(alice, "the train was late", [ben], occurred_at=NOW - timedelta(days=2), kind="call")
    run(alice, tasks.create_task, TaskCreate(title="Buy a train ticket for 50%"))

    def found(**wanted):
        return [source.id for source in run(alice, disclosure.find_sources, SourceFilter(kinds=frozenset({SourceKind.ENTRY}), **wanted))]

    assert found(words="train") == [new, old] and found(words="train lat") == [new] and found(words="plane") == []
    assert found(contact_ids=(ann,)) == [old] and found(entry_kinds=frozenset({"call"})) == [new]
    assert found(since=NOW - timedelta(days=10)) == [new] and found(until=NOW - timedelta(days=10)) == [old] and found(limit=1) == [new]
    assert [source.title for source in run(alice, disclosure.find_sources, SourceFilter(words="50% tick", kinds=frozenset({SourceKind.TASK})))] == ["Buy a train ticket for 50%"]
    assert [source.title for source in run(alice, disclosure.find_sources, SourceFilter(words="zofia", kinds=frozenset({SourceKind.CONTACT})))] == ["Ben Žofia"]
    assert run(alice, disclosure.find_sources, SourceFilter(words="!!! ???")) == ()


def test_who_may_only_look_reads_nothing_by_ai(run, person, alice, vera):
    ann = person(alice)
    for service, given in (
        (disclosure.readable_ids, [ann]), (disclosure.require_readable, [ann]), (disclosure.get_dossier, ann), (disclosure.find_sources, EVERYTHING),
        (disclosure.get_sources, [Ref(SourceKind.CONTACT, ann)]),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            run(vera, service, given)


def test_what_stands_in_no_consent_and_no_flag_is_not_read_though_somebody_forces_the_gate(run, person, note, alice, database):
    """The conditions are asked of the rows as they stand, so that a flag alone (or a consent alone) opens nothing."""
    ann = person(alice)
    note(alice, "CANARY", [ann])
    for column in ("ai_consent", "ai_allowed"):
        with database.owner.begin() as connection:
            connection.execute(text(f"update contact set {column} = false"))
        assert told(run, alice, ann) == ""
        with database.owner.begin() as connection:
            connection.execute(text(f"update contact set {column} = true"))
    assert "CANARY" in told(run, alice, ann)


def test_people_are_known_by_their_names_and_by_how_they_are_reached(run, person, alice, bob):
    points = [{"kind": "email", "value": "ann@mail.example"}, {"kind": "phone", "value": "+351 912 440 187"}, {"kind": "website", "value": "https://ann.example"}]
    ann = person(alice, "Ann Lee", given_name="Ann", family_name="Lee", street="Rua das Flores 12", points=points)
    hidden = person(alice, "Hidden", audience="private")
    (known,) = run(bob, identity_queries.list_known_as, [ann, hidden])
    assert (known.names, known.emails, known.addresses) == (("Ann Lee", "Ann", "Lee"), ("ann@mail.example",), ("Rua das Flores 12",))
    sent = (mask := Mask([known])).hide("ANN LEE, Rua das Flores 12, +351 912 440 187, ann@mail.example")
    assert sent == "Person_1, Address_1, Phone_1, Mail_1" and mask.show(sent).startswith("ANN LEE")
    assert run(bob, identity_queries.list_known_as, []) == []


@pytest.mark.parametrize("said", [
    "How is ann?", "Wie war Anns Stunde?", "MAY may come; Will will.", "Bo’s Bo", "Is it Lee-Ann or Zoë?", "ask ann.lee@else.example", "Call 912 440 187 or +351 912-440-187.",
    "Žofias Termin", "Zofia and zoe came.", "Zoe\u0308 came.", "Élan came, and Mäy.", "Is Kitty there?", "x" * 3_000 + " Ann\\' | '", "Nobody in particular, on 2026-11-27.",
])  # fmt: skip
def test_llm_09_whoever_is_named_in_a_question_goes_out_under_a_stand_in(run, person, alice, bob, said):
    person(alice, "Ann Lee", points=[{"kind": "phone", "value": "+351 912 440 187"}])
    for name in ("May Will", "Bo", "Zoë Žofia", "Elan (Kitty)"):
        person(alice, name, agrees=False)
    person(bob, "Nobody Particular", audience="private")
    sent = (mask := Mask(run(alice, identity_queries.list_named_in, [said]))).hide(said)
    assert mask.show(sent) == said
    assert not re.search(r"(?i)\b(ann|lee|may|mäy|will|bo|zoë|zoe|žofia|zofia|élan|kitty)s?\b|912|@", sent)
    assert "Nobody in particular, on 2026-11-27." not in said or sent == said, "whom one does not see is nobody, and a day is no number of anybody's"


def test_of_nobody_nobody_is_read(run, alice):
    assert run(alice, disclosure.readable_ids, []) == frozenset()
    assert run(alice, disclosure.require_readable, []) is None
