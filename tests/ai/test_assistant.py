"""The assistant with a scripted model: what it reads, what it is told, what comes of it, and what it can never do."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import text

from crm_app.ai import assistant, working
from crm_app.ai.assistant import Did, Ended, Said
from crm_app.ai.bound import bind_gateway
from crm_app.ai.errors import HungUp, ModelDown
from crm_app.ai.fake import FakeGateway, calls
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import ModelCreate, ProviderCreate, SettingsUpdate
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate
from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.schemas import TurnCreate
from crm_app.domain.errors import Forbidden
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import CheckInCreate, GoalCreate
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.permissions import Role
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.schemas import ProgrammeCreate
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.views import CallFilter
from crm_app.domain.suggestions import service as suggestions

NOW = datetime.now(UTC)
TODAY = NOW.date()


MODEL = ModelCreate(name="small", label="Small model", context_tokens=200_000, max_output=4_000, tools=True, input_price=1_000_000, output_price=2_000_000)


@pytest.fixture
def model(run, olivia):
    """``model(*script)``: AI is switched on, and its one model says that."""
    run(olivia, ai.change_settings, SettingsUpdate(version=run(olivia, ai.get_settings).version, enabled=True))
    made = run(olivia, ai.create_provider, ProviderCreate(provider="anthropic", name="Far", key="sk-test", trains=False))
    run(olivia, ai.create_models, made.id, [MODEL])

    def say(*script, **more):
        fake = FakeGateway(*script, **more)
        bind_gateway(fake)
        return fake

    yield say
    bind_gateway(None)


@pytest.fixture
def person(run):
    """``person(actor, name)``: a contact that agrees to AI unless told."""

    def make(actor, name, agrees=True, **more):
        made = run(actor, contacts.create_contact, ContactCreate(display_name=name, **more))
        if agrees:
            run(actor, consents.record_consents, ConsentCreate(contact_ids=[made.id], purposes=["ai"]))
        return made

    return make


@pytest.fixture
def met(run):
    """``met(actor, contact, when, "words")``: a meeting that took place."""

    def log(actor, who, when, body, kind="meeting", **more):
        return run(actor, interactions.log_interaction, InteractionCreate(kind=kind, body=body, occurred_at=when, contact_ids=[who.id], **more))

    return log


@pytest.fixture
def ask(run):
    """``ask(actor, "question")``: the events, and the turn as it is kept."""

    def put(actor, question, conversation_id=None, about=(), **more):
        begun = run(actor, talks.begin_turn, TurnCreate(question=question, conversation_id=conversation_id, about=about))
        events = list(assistant.answer(lambda: actor, begun.turn_id, **more))
        kept = run(actor, talks.get_turn, begun.turn_id)
        assert isinstance(events[-1], Ended) and events[-1].turn == kept
        return events, kept, begun.conversation_id

    return put


def heard(request):
    """What the last tool told the model."""
    return request.messages[-1].content


def handle_of(request, name):
    """The short name that a tool gave to somebody."""
    return re.search(rf"\b(p\d+) {name}", heard(request))[1]


def cite(request, words):
    """The number of the record that says this."""
    return next(number for number, told in re.findall(r"⟦source (\d+)⟧ (.*?)⟦end of source", heard(request), re.S) if words in told)


def test_meetings_with_alex_last_month(run, alice, person, met, model, ask):
    alex, other = person(alice, "Alex Reed"), person(alice, "Sam Other")
    last = TODAY.replace(day=1) - timedelta(days=10)
    begins, ends = last.replace(day=1), TODAY.replace(day=1) - timedelta(days=1)
    then = datetime(last.year, last.month, last.day, 9, tzinfo=UTC)
    met(alice, alex, then, "Spoke about sleep"), met(alice, alex, then - timedelta(days=70), "Long ago"), met(alice, other, then, "Somebody else's")
    fake = model(
        calls("find_people", words="Alex"),
        lambda request: calls("read_timeline", people=[handle_of(request, "Alex")], kinds=["meeting"], since=str(begins), until=str(ends)),
        lambda request: f"You met **Alex** once: about sleep. [{cite(request, 'Spoke about sleep')}]",
    )
    events, turn, _ = ask(alice, "meetings with Alex last month")
    assert turn.answer == "You met **Alex** once: about sleep. [1]"
    assert [(source.kind, source.what, source.contact_id) for source in turn.sources] == [("entry", "meeting", alex.id)]
    assert turn.steps == ("Searched contacts", "Read 1 entry") and turn.model_label == "Small model" and turn.cost_micros == run(alice, spending.get_spending).you.day.spent_micros > 0
    assert [card.kind for card in turn.cards] == ["people", "meetings"] and len(turn.cards[1].rows) == 1
    assert "Long ago" not in fake.prompts and "Somebody else's" not in fake.prompts and str(alex.id) not in fake.prompts
    assert f"today is {TODAY:%A}, {TODAY}" in fake.requests[0].messages[0].content
    said = [event.text for event in events if isinstance(event, Said)]
    assert len(said) > 3 and said[-1].startswith("You met **Alex**"), "it comes word by word"
    assert [event.step for event in events if isinstance(event, Did)] == list(turn.steps)


def test_summarise_janes_progress(run, alice, person, met, model, ask):
    jane = person(alice, "Jane Doe")
    goal = run(alice, goals.create_goal, GoalCreate(title="Sleep 7 h", unit="h", start_value=5, target_value=7, contact_id=jane.id))
    run(alice, goals.check_in, goal.id, CheckInCreate(value=6.5, note="Better since she walks"))
    met(alice, jane, NOW - timedelta(days=3), "Feels rested", kind="call")
    model(
        calls("find_people", words="jane"),
        lambda request: calls("read_person", person=handle_of(request, "Jane")),
        lambda request: f"Jane sleeps 6.5 h of 7. [{cite(request, 'Sleep 7 h')}] She feels rested. [{cite(request, 'Feels rested')}]",
    )
    _, turn, _ = ask(alice, "summarise Jane's progress")
    assert turn.answer == "Jane sleeps 6.5 h of 7. [1] She feels rested. [2]"
    assert [(source.kind, source.ref_id == goal.id) for source in turn.sources] == [("goal", True), ("entry", False)]
    assert turn.steps == ("Searched contacts", "Read Jane Doe") and turn.contact_ids == {jane.id}


def test_who_have_i_not_spoken_to_since_summer(run, alice, person, met, model, ask):
    summer = date(TODAY.year if TODAY.month > 8 else TODAY.year - 1, 6, 21)
    before = datetime(summer.year, summer.month, summer.day, tzinfo=UTC) - timedelta(days=30)
    quiet, lately, silent = person(alice, "Ruth Adler"), person(alice, "Owen Hughes"), person(alice, "Kim Notasked", agrees=False)
    met(alice, quiet, before, "Said goodbye"), met(alice, lately, NOW - timedelta(days=1), "Well"), met(alice, silent, before, "Hidden words")
    fake = model(calls("find_people", not_spoken_since=str(summer)), "**Ruth** is the one, and one more who does not allow AI.")
    _, turn, _ = ask(alice, "who have I not spoken to since summer")
    (card,) = turn.cards
    assert [(row.name, row.days) for row in card.rows] == [("Ruth Adler", (TODAY - before.date()).days)] and (card.total, card.kept_back) == (1, 1)
    assert "Ruth Adler" in fake.prompts and "1 more match but do not allow AI" in fake.prompts
    assert "Kim" not in fake.prompts and "Owen" not in fake.prompts and turn.contact_ids == {quiet.id}


def test_suggest_the_next_session_for_tom(run, alice, person, met, model, ask, event):
    tom = person(alice, "Tom Ray", points=[{"kind": "email", "value": "tom@mail.example"}])
    run(alice, programmes.create_programme, ProgrammeCreate(contact_id=tom.id, name="Ten sessions", sessions_total=10, starts_on=TODAY))
    met(alice, tom, NOW - timedelta(days=7), "Breath work, wants to go on with it")
    model(
        calls("find_people", words="Tom"),
        lambda request: [calls("read_goals", people=[handle_of(request, "Tom")]), calls("read_calendar", since=str(TODAY), until=str(TODAY + timedelta(days=14)))],
        lambda request: calls("read_person", person="p1"),
        lambda request: f"Go on with breath work [{cite(request, 'Breath work')}], on a Tuesday.",
    )
    _, turn, _ = ask(alice, "suggest the next session for Tom")
    assert turn.answer == "Go on with breath work [1], on a Tuesday."
    assert turn.steps == ("Searched contacts", "Looked at goals", "Checked calendar", "Read Tom Ray")


def test_llm_03_it_reads_as_the_asker_and_no_wider(run, alice, bob, vera, person, met, model, ask):
    mine = person(alice, "Alice's own", audience="private")
    shared = person(alice, "Shared Person")
    met(alice, mine, NOW, "canary-private"), met(alice, shared, NOW, "canary-private-note", audience="private"), met(alice, shared, NOW, "for everybody")
    fake = model(
        calls("find_people"), calls("read_timeline"), calls("read_tasks", status="any"), calls("read_goals"),
        calls("read_calendar", since=str(TODAY - timedelta(days=9)), until=str(TODAY)), "Done.",
    )  # fmt: skip
    ask(bob, "everything")
    assert "for everybody" in fake.prompts and "canary" not in fake.prompts and "Alice's own" not in fake.prompts
    with pytest.raises(Forbidden):
        ask(vera, "everything")
    assert len(fake.requests) == 6


def test_llm_04_ids_that_were_not_given_are_no_records(run, alice, bob, person, met, model, ask):
    hidden = person(bob, "Bob's own", audience="private")
    jane, unread = person(alice, "Jane Doe"), person(alice, "Una Silent", agrees=False)
    met(bob, hidden, NOW, "canary-bob"), met(alice, unread, NOW, "canary-silent")
    wild = [str(hidden.id), str(jane.id), "p1", "p99", "", "e1", "p1' or 1=1", "../p1", "*"]
    fake = model(*(calls("read_person", person=name[:12] if len(name) < 13 else name) for name in wild[:5]), "I do not know.")
    _, turn, _ = ask(alice, "read them all")
    fake.add(*(calls("read_timeline", people=[name]) for name in wild[5:]), calls("read_person"), "I still do not know.")
    ask(alice, "and those")
    assert turn.sources == () and turn.contact_ids == frozenset() and "canary" not in fake.prompts
    answers = [heard(request) for request in fake.requests if request.messages[-1].role == "tool"]
    assert len(answers) == len(wild) + 1 and all("There is no contact" in told or "do not fit" in told for told in answers), answers


@pytest.mark.parametrize("arguments", ["", "[]", "{", '{"person": 3}', '{"words": {"a": 1}}', '{"words": "x", "sql": "drop"}', '{"limit": 9999}', '{"stages": ["boss"]}', "nul", "[" * 5_000])
def test_llm_04_arguments_that_do_not_fit_are_answered_and_do_nothing(run, alice, model, ask, snapshot, arguments):
    from crm_app.ai.types import ToolCall

    fake = model([ToolCall("1", "find_people", arguments), ToolCall("2", "delete_everybody", "{}")], "So be it.")
    _, turn, _ = ask(alice, "do it")
    told = [message.content for message in fake.requests[1].messages if message.role == "tool"]
    assert len(told) == 2 and "no tool 'delete_everybody'" in told[1] and turn.answer == "So be it."


def test_a_round_that_never_ends_ends(alice, model, ask):
    fake = model(always=lambda request: calls("count_things") if request.tools else "That is what I have.")
    _, turn, _ = ask(alice, "count for ever")
    assert len(fake.requests) == assistant.ROUNDS == 6 and turn.answer == "That is what I have." and turn.steps == ("Counted",)


def test_what_was_said_before_is_known_and_forgotten_once_somebody_withdraws(run, alice, person, met, model, ask):
    jane, tom = person(alice, "Jane Doe"), person(alice, "Tom Ray")
    met(alice, jane, NOW, "canary-jane"), met(alice, tom, NOW, "Tom's words")
    fake = model(calls("find_people", words="jane"), calls("read_person", person="p1"), lambda request: f"Jane said canary-jane. [{cite(request, 'canary-jane')}]")
    _, first, talk = ask(alice, "How is Jane?")
    fake.add("As I said, well. [1]")
    _, second, _ = ask(alice, "Sure?", talk)
    assert "Jane said canary-jane." in fake.requests[-1].messages[2].content and "[1]" not in fake.requests[-1].messages[2].content
    assert second.answer == "As I said, well.", "a number means a record of this question alone"
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[jane.id], purposes=["ai"], action="withdrawn"))
    fake.add(calls("read_person", person="p1"), "I may not read that.")
    _, third, _ = ask(alice, "And now?", talk)
    assert not any("canary-jane" in message.content for request in fake.requests[-2:] for message in request.messages)
    assert "has not agreed" in heard(fake.requests[-1]) and third.state == "done"


def test_a_question_about_somebody_who_has_not_agreed_is_refused_before_anything_is_sent(alice, person, model, ask):
    una = person(alice, "Una Silent", agrees=False)
    fake = model()
    _, turn, _ = ask(alice, "How is she?", about=(una.id,))
    assert turn.state == "failed" and "has not agreed" in turn.failure and fake.requests == []


def test_the_record_one_came_from_is_known_by_its_short_name(alice, person, model, ask):
    jane = person(alice, "Jane Doe")
    fake = model(calls("read_person", person="p1"), "Well.")
    _, turn, _ = ask(alice, "How is she?", about=(jane.id,))
    assert "(This is about: p1 Jane Doe)" in fake.requests[0].messages[-1].content and turn.steps == ("Read Jane Doe",)


def test_it_stops_when_it_is_told_and_keeps_what_came(run, alice, model, ask):
    model("One two three four five six seven eight.")
    stop = Event()
    begun = run(alice, talks.begin_turn, TurnCreate(question="Count"))
    events = []
    for event in assistant.answer(lambda: alice, begun.turn_id, stop=stop.is_set):
        events.append(event)
        if isinstance(event, Said) and "three" in event.text:
            stop.set()
    assert events[-1].turn.state == "stopped" and events[-1].turn.answer == "One two three"


def test_whoever_hangs_up_has_what_came_kept(run, alice, model):
    fake = model("One two three four.")
    begun = run(alice, talks.begin_turn, TurnCreate(question="Count"))
    stream = assistant.answer(lambda: alice, begun.turn_id)
    next(stream), next(stream)
    stream.close()
    kept = run(alice, talks.get_turn, begun.turn_id)
    assert (kept.state, kept.answer, fake.hung_up) == ("stopped", "One two", 1)
    (call,) = run(alice, spending.list_calls, CallFilter()).calls
    assert kept.cost_micros == call.cost_micros > 0, "what was stopped says what it did cost"


def test_what_is_stopped_before_anything_came_has_ended_and_counts_as_asked(run, alice, model):
    model(HungUp(maybe_charged=True))
    begun = run(alice, talks.begin_turn, TurnCreate(question="Count"))
    ended = list(assistant.answer(lambda: alice, begun.turn_id))[-1].turn
    (call,) = run(alice, spending.list_calls, CallFilter()).calls
    assert (ended.state, ended.failure) == ("stopped", "") and ended.cost_micros == call.cost_micros > 0


def test_an_answer_that_comes_after_somebody_ended_its_question_is_let_go(run, alice, model, database):
    model("Much too late.")
    begun = run(alice, talks.begin_turn, TurnCreate(question="Count"))
    with database.owner.begin() as connection:
        connection.execute(text("update conversation_turn set heard_at = heard_at - interval '10 seconds'"))
    run(alice, talks.stop_turn, begun.turn_id)
    assert run(alice, talks.get_turn, begun.turn_id).state == "stopped", "nobody was there to hear of it"
    ended = list(assistant.answer(lambda: alice, begun.turn_id))[-1].turn
    assert (ended.state, ended.answer) == ("stopped", "")


def test_stopping_from_another_page_is_heard(run, alice, model, monkeypatch):
    monkeypatch.setattr(working, "LOOK_EVERY", 0.0)
    model("One two three four.")
    begun = run(alice, talks.begin_turn, TurnCreate(question="Count"))
    stream = assistant.answer(lambda: alice, begun.turn_id)
    next(stream)
    run(alice, talks.stop_turn, begun.turn_id)
    assert list(stream)[-1].turn.state == "stopped"


def test_a_model_that_does_not_answer_is_a_sentence_and_no_fact(alice, model, ask):
    model(ModelDown(), always="")
    _, turn, _ = ask(alice, "Hello?")
    assert (turn.state, turn.answer) == ("failed", "") and turn.failure
    _, empty, _ = ask(alice, "Hello?")
    assert empty.state == "failed" and "said nothing" in empty.failure


def test_a_right_that_is_taken_away_meanwhile_is_gone(run, alice, person, met, model):
    jane = person(alice, "Jane Doe")
    met(alice, jane, NOW, "canary-jane")
    fake = model(calls("find_people", words="Jane"), calls("read_person", person="p1"), "Well.")
    begun = run(alice, talks.begin_turn, TurnCreate(question="How is Jane?"))
    stream = assistant.answer(lambda: alice, begun.turn_id)
    assert isinstance(next(stream), Did)
    run(alice, contacts.update_contact, jane.id, ContactUpdate(version=jane.version, ai_allowed=False))
    last = list(stream)[-1].turn
    assert last.state == "failed" and "kept a contact of it from AI" in last.failure and "canary-jane" not in fake.prompts


def test_llm_01_whoever_may_not_ask_any_more_has_no_tool_used_for_them(run, alice, person, model, monkeypatch):
    monkeypatch.setattr(working, "LOOK_EVERY", 3_600.0)  # the tools ask for themselves, not whoever looks once a second whether to stop
    person(alice, "Jane Doe")
    fake = model([calls("find_people", words="Jane"), calls("read_person", person="p1"), calls("propose_task", title="Owned", people=["p1"], why="x")])
    begun = run(alice, talks.begin_turn, TurnCreate(question="How is Jane?"))
    who = [alice]
    stream = assistant.answer(lambda: who[0], begun.turn_id)
    assert isinstance(next(stream), Did)
    who[0] = replace(alice, role=Role.VIEWER)
    last = list(stream)[-1].turn
    assert (last.state, last.steps) == ("failed", ("Searched contacts",)) and len(fake.requests) == 1 and run(alice, suggestions.count_suggestions) == 0


def test_no_key_of_ours_reaches_a_model(run, alice, person, met, model, ask):
    jane = person(alice, "Jane Doe")
    entry = met(alice, jane, NOW, "Well")
    fake = model(calls("find_people"), calls("read_person", person="p1"), calls("read_timeline"), calls("count_things"), "Done.")
    ask(alice, "Everything?")
    uuids = re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", fake.prompts)
    assert uuids == [] and str(entry.id) not in json.dumps(fake.prompts)


PROPOSALS = [
    ("propose_task", {"title": "Call Jane", "people": ["p1"], "due_date": str(TODAY)}), ("propose_note", {"people": ["p1"], "body": "She wants mornings"}),
    ("propose_stage", {"person": "p1", "stage": "core_client"}), ("propose_cadence", {"person": "p1", "days": 30}), ("propose_tags", {"person": "p1", "tags": ["mornings"]}),
]  # fmt: skip


def rows_besides(database):
    """Every table but those of conversations, suggestions and calls."""
    from sqlalchemy import text

    with database.owner.connect() as connection:
        tables = connection.execute(text("select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'")).scalars().all()
        kept = [table for table in tables if not table.startswith(("conversation", "suggestion", "ai_", "audit", "change"))]
        return {table: connection.execute(text(f"select count(*), sum(hashtextextended(to_jsonb(t)::text, 0)) from {table} t")).one() for table in kept}


@pytest.mark.parametrize(("name", "arguments"), PROPOSALS, ids=[name for name, _ in PROPOSALS])
def test_llm_04_what_it_would_change_is_a_suggestion_and_changes_nothing(run, alice, person, met, model, ask, database, name, arguments):
    jane = person(alice, "Jane Doe", stage="curious")
    met(alice, jane, NOW, "I would like mornings")
    fake = model(
        calls("find_people", words="Jane"), calls("read_person", person="p1"),
        lambda request: calls(name, **arguments, why="She said so.", because=[int(cite(request, "I would like mornings")), 99]), "It is for you to decide.",
    )  # fmt: skip
    before = rows_besides(database)
    _, turn, _ = ask(alice, "Do it")
    assert rows_besides(database) == before, heard(fake.requests[-1])
    (made,) = turn.suggestions
    shown = run(alice, suggestions.get_suggestion, made)
    assert (shown.state, shown.rationale, [source.kind for source in shown.sources]) == ("pending", "She said so.", ["entry"])
    assert turn.steps[-1] == "Suggested a change" and "Nothing has been done" in heard(fake.requests[-1])


def test_it_proposes_nothing_about_what_it_was_not_given_and_not_without_end(run, alice, person, model, ask):
    person(alice, "Jane Doe")
    fake = model(
        [calls("propose_stage", person="p1", stage="inactive", why="x"), calls("propose_check_in", goal="g1", value=3, why="x"), calls("propose_task_change", task="t1", why="x")],
        calls("find_people"), [calls("propose_task", title=f"Task {number}", why="x") for number in range(7)], calls("propose_stage", person="p1", stage="boss", why="x"), "Done.",
    )  # fmt: skip
    _, turn, _ = ask(alice, "Do it all")
    assert len(turn.suggestions) == 5 and "There are 5 suggestions" in fake.requests[3].messages[-1].content
    assert all("There is no" in message.content for message in fake.requests[1].messages if message.role == "tool")
    assert "do not fit" in heard(fake.requests[-1])
