"""Skills: what they read and whom they never read, what becomes of an answer, and that none is an answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event as listening

from crm_app.ai.errors import KeyRefused, ModelBusy, ModelDown
from crm_app.ai.fake import GARBAGE
from crm_app.ai.skills import SKILLS, helping
from crm_app.ai.skills.frame import NothingToRead, make, told_as
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import FeatureUpdate, ModelUpdate
from crm_app.domain.analyses import service as analyses
from crm_app.domain.analyses.models import AnalysisState
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.calendar import service as calendar
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.days import today_of
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.interactions import moods
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.mail import service as mails
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import SuggestionFilter
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from tests.ai_desk import agree, model_at_hand
from tests.mailboxes import mail, make_mailbox

INSIGHT = {
    "summary": [{"text": "Sleep is what matters to her now.", "sources": [2]}], "risks": [], "confidence": 0.8,
    "next_steps": [{"text": "Answer her question", "timeframe": "this_week", "sources": [2, 7]}],
}  # fmt: skip


@pytest.fixture
def fake(database, olivia):
    with model_at_hand(olivia) as gateway:
        yield gateway


@pytest.fixture
def ana(run, alice):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", points=[{"kind": "email", "value": "ana@mail.example"}]))
    agree(alice, made.id)
    return made.id


def note(run, actor, contact_id, body="Slept seven hours for the first time.", **more):
    more = {"kind": "note", "body": body, "contact_ids": [contact_id], "occurred_at": datetime.now(UTC) - timedelta(days=1)} | more
    return run(actor, interactions.log_interaction, InteractionCreate(**more))


def on(kind: str, key: UUID) -> Subject:
    return Subject(kind=kind, id=key)


def waiting(run, actor):
    return run(actor, suggestions.list_suggestions, SuggestionFilter()).suggestions


def test_an_insight_is_asked_for_once_and_again_when_something_has_come(fake, run, alice, ana):
    note(run, alice, ana)
    fake.add(INSIGHT, INSIGHT)
    first = make(alice, SKILLS["insight"], on("contact", ana))
    assert (first.state, first.model_label, first.failure) == (AnalysisState.DONE, "Small", "") and first.cost_micros > 0
    assert [source.kind for source in first.sources] == ["contact", "entry"]
    told = told_as(SKILLS["insight"], first.value)
    assert told.next_steps[0].sources == (2,), "a source that was not given is none"
    assert make(alice, SKILLS["insight"], on("contact", ana)) == first and len(fake.requests) == 1
    note(run, alice, ana, "Travels on Friday.")
    assert make(alice, SKILLS["insight"], on("contact", ana)).made_at > first.made_at and len(fake.requests) == 2
    assert "Slept seven hours" in fake.requests[0].messages[1].content and "Slept seven hours" not in fake.requests[0].messages[0].content


def test_another_language_is_another_answer(fake, run, alice, ana):
    note(run, alice, ana)
    fake.add(INSIGHT, INSIGHT)
    make(alice, SKILLS["insight"], on("contact", ana))
    make(replace(alice, locale="de"), SKILLS["insight"], on("contact", ana))
    assert "the code de" in fake.requests[1].messages[0].content


def test_az_04_a_colleagues_private_note_and_one_that_is_never_for_ai_reach_no_model(fake, run, alice, bob, ana):
    note(run, alice, ana)
    note(run, bob, ana, "zqcanary of bob", audience="private")
    note(run, alice, ana, "zqcanary never", ai_allowed=False)
    other = run(alice, contacts.create_contact, ContactCreate(display_name="Zqcanary Other"))
    note(run, alice, ana, "zqcanary with somebody who does not agree", contact_ids=[ana, other.id])
    fake.add(INSIGHT)
    make(alice, SKILLS["insight"], on("contact", ana))
    assert "zqcanary" not in fake.prompts.lower()


def test_llm_09_nobody_who_does_not_agree_is_asked_about(fake, run, alice, vera):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ben"))
    note(run, alice, made.id)
    for who in (alice, vera):
        with pytest.raises(Forbidden):
            make(who, SKILLS["insight"], on("contact", made.id))
    assert fake.requests == [] and run(alice, analyses.get_analysis, on("contact", made.id), "insight") is None


def test_llm_09_consent_that_is_taken_back_while_the_model_thinks_leaves_nothing(fake, run, alice, ana):
    note(run, alice, ana)

    def answer(_request):
        agree(alice, ana, action="withdrawn")
        return INSIGHT

    fake.add(answer)
    with pytest.raises(NotFound):
        make(alice, SKILLS["insight"], on("contact", ana))
    assert run(alice, analyses.get_analysis, on("contact", ana), "insight") is None


def test_where_there_is_nothing_no_model_is_asked(fake, alice, ana):
    for skill in ("insight", "brief", "follow_up", "lifecycle", "next_session"):
        with pytest.raises(NothingToRead):
            make(alice, SKILLS[skill], on("contact", ana))
    assert fake.requests == []


@pytest.mark.parametrize(
    ("script", "state", "words"),
    [
        ([ModelBusy()], "pending", "often"), ([ModelDown()], "pending", ""), ([KeyRefused()], "failed", "key"), ([GARBAGE, GARBAGE], "pending", ""),
        ([{**INSIGHT, "summary": [{"text": "Invented.", "sources": [9]}]}], "pending", ""), ([{**INSIGHT, "stage": "friend"}] * 2, "pending", ""),
    ],
)  # fmt: skip
def test_no_answer_is_a_failure_with_a_sentence_and_never_a_fact(fake, run, alice, ana, script, state, words):
    note(run, alice, ana)
    fake.add(*script)
    failed = make(alice, SKILLS["insight"], on("contact", ana))
    assert (failed.state, failed.value) == (state, None)
    assert failed.failure.endswith(".") and words in failed.failure
    assert make(alice, SKILLS["insight"], on("contact", ana)).state == state, "it is not tried again before its time"


def test_a_failed_refresh_keeps_what_was_made_before(fake, run, alice, ana):
    note(run, alice, ana)
    fake.add(INSIGHT, KeyRefused())
    make(alice, SKILLS["insight"], on("contact", ana))
    failed = make(alice, SKILLS["insight"], on("contact", ana), again=True)
    assert (failed.state, failed.stale, failed.value["confidence"]) == ("failed", True, 0.8) and failed.failure


def test_without_money_it_is_put_off_and_says_until_when(fake, run, alice, olivia, ana):
    note(run, alice, ana)
    (small,) = run(olivia, ai.list_models)
    run(olivia, ai.update_model, small.id, ModelUpdate(version=small.version, output_price=5_000_000_000))
    put_off = make(alice, SKILLS["insight"], on("contact", ana))
    assert (put_off.state, put_off.attempts, put_off.value, fake.requests) == ("pending", 0, None, [])
    assert put_off.failure.endswith(".") and put_off.run_after > datetime.now(UTC) + timedelta(minutes=30)


def test_what_is_switched_off_says_so(fake, run, alice, olivia, ana):
    note(run, alice, ana)
    run(olivia, ai.choose_feature, Feature.INSIGHT, FeatureUpdate(enabled=False))
    off = make(alice, SKILLS["insight"], on("contact", ana))
    assert (off.state, fake.requests) == ("failed", []) and off.failure


@pytest.mark.parametrize(("answer", "kept"), [({"score": 4, "confidence": 0.9}, [4]), ({"score": None, "confidence": 0.9}, []), ({"score": 2, "confidence": 0.3}, [])])
def test_a_mood_is_written_where_it_is_said_and_never_by_default(fake, run, alice, ana, answer, kept):
    entry = note(run, alice, ana)
    fake.add({**answer, "reason": "She is glad."})
    assert make(alice, SKILLS["sentiment"], on("interaction", entry.id)).state == "done"
    assert [value for _, value in run(alice, moods.get_mood, ana).points] == kept


def test_a_mood_that_failed_is_none(fake, run, alice, ana):
    entry = note(run, alice, ana)
    fake.add(ModelDown())
    make(alice, SKILLS["sentiment"], on("interaction", entry.id))
    assert run(alice, moods.get_mood, ana).points == ()


def test_a_thread_is_summed_up_and_what_is_ours_to_do_is_suggested_not_done(fake, run, alice, ana):
    box = make_mailbox(alice)
    box.land_whole(mail("Certificate", "ana@mail.example", text="Could you send it by the 15th?", message_id="a@x"))
    box.land_whole(mail("Re: Certificate", "alice@example.org", "ana@mail.example", text="I will.", answers="a@x"), ref="Sent")
    (thread,) = run(alice, mails.get_threads, contact_id=ana).rows
    fake.add({
        "summary": [{"text": "She needs the certificate.", "sources": [1]}], "needs_reply": False, "confidence": 0.9,
        "actions": [
            {"text": "Send the certificate", "whose": "us", "due": "2030-05-15", "sources": [1]}, {"text": "Wait", "whose": "them", "due": None, "sources": [1]},
            {"text": "Invented", "whose": "us", "due": None, "sources": [8]},
        ],
    })  # fmt: skip
    done = make(alice, SKILLS["mail_summary"], on("mail", thread.id))
    assert done.state == "done" and "by the 15th" in fake.prompts
    (suggested,) = waiting(run, alice)
    assert (suggested.payload["title"], suggested.payload["due_date"], suggested.about) == ("Send the certificate", "2030-05-15", ((ana, "Ana Silva"),))
    assert suggested.call_id == done.call_id and run(alice, contacts.get_contact, ana).open_tasks == ()


def test_an_event_is_told_apart_and_another_stage_is_suggested(fake, run, alice, ana, event):
    key = event(alice, "First paid session 1/10", asked=["ana@mail.example"])
    said = {"relevant": True, "sort": "session", "session": 1, "topics": ["hips"], "actions": [{"text": "Bring the form", "sources": [1]}], "confidence": 0.9}
    fake.add({**said, "stage": {"text": "It is the first paid one.", "stage": "new_client", "sources": [1]}})
    assert make(alice, SKILLS["events"], on("event", key)).value["session"] == 1
    assert {suggested.kind for suggested in waiting(run, alice)} == {"change_stage", "create_task"}
    assert run(alice, contacts.get_contact, ana).stage != "new_client"


def test_what_is_not_sure_or_not_ours_suggests_nothing(fake, run, alice, ana, event):
    key = event(alice, "Dentist", asked=["ana@mail.example"])
    said = {"relevant": False, "sort": "private", "session": None, "topics": [], "actions": [{"text": "Bring the card", "sources": [1]}], "stage": None, "confidence": 0.9}
    fake.add(said)
    make(alice, SKILLS["events"], on("event", key))
    assert waiting(run, alice) == ()


def test_a_brief_reads_the_event_and_its_people_and_a_day_reads_them_all(fake, run, alice, ana, event):
    note(run, alice, ana)
    key = event(alice, "Session nine", asked=["ana@mail.example"])
    line = {"text": "She slept.", "sources": [3]}
    fake.add({"last_time": [line], "since_then": [], "goals": [], "open_points": [], "ideas": [], "confidence": 0.7})
    brief = make(alice, SKILLS["brief"], on("event", key))
    assert [source.kind for source in brief.sources] == ["event", "contact", "entry"] and brief.value["last_time"][0]["sources"] == [3]
    fake.add({"opening": {"text": "One session.", "sources": [1]}, "people": [], "attention": [], "confidence": 0.5})
    run(alice, tasks.create_task, TaskCreate(title="Send the letter", due_date=today_of(alice), contact_ids=[ana]))
    assert make(alice, SKILLS["daily"], on("day", alice.user_id)).state == "done"
    assert "Session nine" in fake.requests[1].messages[1].content or datetime.now(UTC).hour == 23
    assert "Send the letter" in fake.requests[1].messages[1].content


def test_a_letter_is_drafted_in_ones_own_voice_and_sent_by_nobody(fake, run, alice, ana):
    make_mailbox(alice, sends=True).land_whole(mail("Hello", "alice@example.org", "ana@mail.example", text="Dear Ana, warmly as ever, A."), ref="Sent")
    note(run, alice, ana, "Agreed: breathing before bed.", occurred_at=datetime.now(UTC))
    why = {"text": "It takes up the breathing.", "sources": [2]}
    fake.add({"subject": "Yesterday", "body": "Dear Ana,\nbreathe before bed.\nA.", "why": why, "missing": [], "confidence": 0.8})
    make(alice, SKILLS["follow_up"], on("contact", ana))
    said = fake.requests[0].messages[1].content
    assert "warmly as ever" in said and "for their voice: [3]" in said
    (suggested,) = waiting(run, alice)
    assert (suggested.kind, suggested.payload["subject"], suggested.letter_id) == ("write_letter", "Yesterday", None)


def test_the_next_session_another_stage_and_steps_are_suggested(fake, run, alice, ana):
    note(run, alice, ana, "Again in two weeks.", kind="meeting")
    why, day = {"text": "It was agreed.", "sources": [2]}, today_of(alice) + timedelta(days=13)
    fake.add({"on": day.isoformat(), "basis": "agreed", "minutes": 60, "topic": "", "why": why, "confidence": 0.9})
    make(alice, SKILLS["next_session"], on("contact", ana))
    assert "Days of the last sessions" in fake.prompts
    fake.add({"stage": "new_client", "why": why, "confidence": 0.9})
    make(alice, SKILLS["lifecycle"], on("contact", ana))
    task = run(alice, tasks.create_task, TaskCreate(title="Prepare the retreat", contact_ids=[ana]))
    fake.add({"steps": [{"title": "Book the hall", "minutes": 20}, {"title": "Write to all", "minutes": 30}], "begin_on": None, "why": {"text": "So it says.", "sources": [1]}, "confidence": 0.7})
    make(alice, SKILLS["planning"], on("task", task.id))
    found = {suggested.kind: suggested.payload for suggested in waiting(run, alice)}
    assert found["create_task"]["title"] == f"Offer Ana Silva a session on {day.isoformat()}"
    assert found["change_stage"]["stage"] == "new_client" and list(found["update_task"]["steps"]) == ["Book the hall", "Write to all"]


def test_a_public_name_is_guessed_and_nothing_is_fetched(fake, run, alice, ana):
    note(run, alice, ana, "Find me as @ana.moves on Instagram.")
    with pytest.raises(NothingToRead):
        make(alice, SKILLS["photo_handles"], on("contact", ana))
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[ana], purposes=["photo"]))
    fake.add({"guesses": [{"text": "She says so.", "service": "instagram", "handle": "@ana.moves", "confidence": 0.95, "sources": [2]}]})
    assert make(alice, SKILLS["photo_handles"], on("contact", ana)).value["guesses"][0]["handle"] == "ana.moves"
    with pytest.raises(ValueError, match="handle"):
        SKILLS["photo_handles"].result.model_validate({"guesses": [{"text": "x", "service": "website", "handle": "javascript:alert(1)", "confidence": 1, "sources": [1]}]})


def test_the_strangers_of_an_event_are_compared_by_their_names_alone_and_nobody_twice(fake, run, alice, ana, event):
    ben, silent = (run(alice, contacts.create_contact, ContactCreate(display_name=name, notes="zqcanary")).id for name in ("Ben Ito", "Ben Zqcanary"))
    run(alice, contacts.create_contact, ContactCreate(display_name="Zoe", points=[{"kind": "email", "value": "zoe@mail.example"}]))
    agree(alice, ben)
    key = event(alice, "Class", asked=["anna.silva@x.example", "ben@x.example", "ben.i@x.example", "quentin@x.example", "zoe@mail.example"])
    strangers = [guest.email.partition("@")[0] for guest in helping.attendance.unknown(run(alice, calendar.get_event, key).attendees)]
    assert sorted(strangers) == ["anna.silva", "ben", "ben.i", "quentin"], "one whose address is known is no stranger"
    first = run(alice, helping.get_strangers, key)
    assert (first.count, first.guesses, first.told.standing) == (4, (), "none") and 0 < first.price.usual_micros < first.price.most_micros
    row = {name: number for number, name in enumerate(strangers, 1)}
    who = {"Ana Silva": None, "Ben Ito": None}

    def answer(request):
        told = request.messages[1].content
        who.update({name: number for number in (1, 2) for name in who if f"⟦source {number}⟧ contact · {name}" in told})
        said = [(row["anna.silva"], who["Ana Silva"]), (row["ben"], who["Ben Ito"]), (row["ben.i"], who["Ben Ito"]), (row["quentin"], 99), (7, who["Ana Silva"])]
        return {"matches": [{"row": number, "person": person, "confidence": 0.9, "why": "name"} for number, person in said]}

    fake.add(answer)
    make(alice, SKILLS["attendance"], on("event", key))
    found = run(alice, helping.get_strangers, key)
    assert [(guess.name, guess.contact_id) for guess in found.guesses] == [("anna silva", ana)] and not found.changed
    assert "zqcanary" not in fake.prompts.lower() and "@" not in fake.requests[0].messages[1].content
    run(alice, calendar.link_contact, key, ana)
    assert run(alice, helping.get_strangers, key).guesses == ()


def test_a_full_class_of_strangers_asks_the_database_no_more_often_than_one(fake, run, database, alice, ana, event):
    counted = []
    for asked in (["anna.silva@x.example"], [f"anna.silva{number}.of.{chr(97 + number) * 3}@x.example" for number in range(12)]):
        key, said = event(alice, "Class", asked=asked), []
        listen = lambda *args, said=said: said.append(args[2])  # noqa: E731
        listening.listen(database.app, "before_cursor_execute", listen)
        assert run(alice, helping.get_strangers, key).price is not None
        listening.remove(database.app, "before_cursor_execute", listen)
        counted.append(len(said))
    assert counted[0] == counted[1]


def test_an_answer_about_other_strangers_than_there_are_now_is_not_shown(fake, run, alice, bob, ana, event):
    key = event(alice, "Class", asked=["anna.silva@x.example"])
    fake.add({"matches": [{"row": 1, "person": 1, "confidence": 0.9, "why": "name"}]})
    make(alice, SKILLS["attendance"], on("event", key))
    assert len(run(alice, helping.get_strangers, key).guesses) == 1
    other = run(alice, contacts.create_contact, ContactCreate(display_name="Anna Silvan"))
    agree(alice, other.id)
    found = run(alice, helping.get_strangers, key)
    assert found.changed and found.guesses == () and found.price is not None
    assert run(bob, helping.get_strangers, event(bob, "Alone")).told.standing == "hidden"
