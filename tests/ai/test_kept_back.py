"""What a model is never told, by whatever way it asks: LLM-09 and LLM-03 across a whole conversation, each with words that must not be in any prompt."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from crm_app.ai import assistant, calling
from crm_app.ai.fake import FakeGateway, calls
from crm_app.ai.tokens import count_question, count_text
from crm_app.ai.types import Ask, Message
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import ProviderCreate, ProviderUpdate, SettingsUpdate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.schemas import TurnCreate
from crm_app.domain.errors import Invalid
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionUpdate
from tests.ai_desk import agree, model_at_hand


@pytest.fixture
def model(olivia: Any) -> Any:
    with model_at_hand(olivia) as fake:
        yield fake


@pytest.fixture
def person(run: Any, alice: Any) -> Any:
    def make(name: str, *, agrees: bool = True, **more: Any) -> UUID:
        key: UUID = run(alice, contacts.create_contact, ContactCreate(display_name=name, **more)).id
        if agrees:
            agree(alice, key)
        return key

    return make


@pytest.fixture
def ask(run: Any, alice: Any) -> Any:
    """``ask("question", talk)``: the turn as it is kept, and its conversation."""

    def put(question: str, talk: UUID | None = None) -> Any:
        begun = run(alice, talks.begin_turn, TurnCreate(question=question, conversation_id=talk))
        *_, last = assistant.answer(lambda: alice, begun.turn_id)
        return last.turn, begun.conversation_id

    return put


def hide(run: Any, olivia: Any) -> None:
    """Have names go out under stand-ins."""
    run(olivia, ai.change_settings, SettingsUpdate(version=run(olivia, ai.get_settings).version, pseudonymise=True))


def test_llm_09_nobody_who_is_named_in_a_question_or_found_for_it_goes_out_by_name(run: Any, alice: Any, olivia: Any, model: FakeGateway, person: Any, ask: Any) -> None:
    hide(run, olivia)
    jane = person("Jane Doe", points=[{"kind": "phone", "value": "+351 912 440 187"}])
    person("Tom Silent", agrees=False)
    data = InteractionCreate(kind="note", body="Jane came with Tom, jane@else.example, and talked of Toms Knee.", contact_ids=[jane])
    run(alice, interactions.log_interaction, data)

    def look(request: Any) -> Any:
        return calls("find_people", words=request.messages[-1].content.split()[2])

    model.add(look, calls("read_person", person="p1"), lambda request: f"{request.messages[1].content.split()[2]} is well.")
    turn, _ = ask("How is Jane Doe, is she with Tom, tom@silent.example, and is it 912 440 187?")
    assert turn.answer == "Jane Doe, is well." and "Read Jane Doe" in turn.steps
    for word in ("Jane", "Doe", "Tom", "silent.example", "else.example", "440"):
        assert word not in model.prompts


def test_what_is_reserved_has_room_for_stand_ins_that_are_longer_than_names(run: Any, alice: Any, olivia: Any, model: FakeGateway, person: Any, database: Any) -> None:
    hide(run, olivia)
    bo = person("Bo")
    model.add("Well.")
    calling.ask(alice, Ask(feature=Feature.SUMMARIES, messages=(Message("user", "Bo " * 2_000),), max_output=10, contact_ids=frozenset({bo})))
    with database.owner.connect() as connection:
        told = connection.exec_driver_sql("select input_estimate from ai_call").scalar_one()
    assert told >= count_text(model.requests[0].messages[0].content) > 4_000


def test_an_answer_that_rests_on_what_was_kept_from_ai_meanwhile_is_not_told_again(run: Any, alice: Any, model: FakeGateway, person: Any, ask: Any) -> None:
    jane = person("Jane Doe")
    note = run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="canary-knee", contact_ids=[jane]))
    model.add(calls("find_people", words="jane"), calls("read_timeline", people=["p1"]), "It was her canary-knee. [1]")
    turn, talk = ask("What was it?")
    assert [source.ref_id for source in turn.sources] == [note.id]
    run(alice, interactions.update_interaction, note.id, InteractionUpdate(version=note.version, ai_allowed=False))
    model.add("I do not know.")
    ask("And now?", talk)
    assert len(model.requests) == 4 and not any("canary-knee" in message.content for message in model.requests[-1].messages)


@pytest.mark.parametrize("asked", [{"words": "una"}, {"words": "Una Silent", "tag": "pregnant"}, {"words": "una clinic"}, {"words": "una", "stages": ["discovery"]}, {"words": "clinic"}, {"tag": "pregnant"}, {"stages": ["discovery"]}])
def test_a_model_learns_nothing_of_somebodys_record_by_asking_whether_they_are_found(run: Any, alice: Any, model: FakeGateway, person: Any, ask: Any, asked: dict[str, Any]) -> None:
    una = person("Una Silent", agrees=False, company="Clinic")
    run(alice, contacts.add_tags, [una], ["pregnant"])
    model.add(calls("find_people", **asked), "I may not know.")
    turn, _ = ask("Who is there?")
    told = model.requests[-1].messages[-1].content
    assert ("1 more match" in told) == (asked == {"words": "una"}), "that there is somebody of that name, and no more"
    assert "Silent" not in told and not turn.cards


def test_nobody_calls_a_machine_elsewhere_their_own_so_that_it_is_told_what_stays_at_home(run: Any, alice: Any, olivia: Any) -> None:
    run(olivia, ai.change_settings, SettingsUpdate(version=1, own_keys=True))
    away = {"provider": "compatible", "base_url": "https://models.example.org/v1", "own": True}
    with pytest.raises(Invalid) as refusal:
        run(alice, ai.create_provider, ProviderCreate(**away, local=True))
    assert "local" in refusal.value.fields
    made = run(alice, ai.create_provider, ProviderCreate(**away))
    with pytest.raises(Invalid):
        run(alice, ai.update_provider, made.id, ProviderUpdate(version=made.version, local=True))
    assert run(olivia, ai.create_provider, ProviderCreate(**{**away, "own": False}, local=True)).local, "an admin answers for the team"


def test_llm_09_what_is_set_aside_has_room_for_stand_ins_that_are_longer_than_names(run, alice, olivia, model, person, database, monkeypatch):
    monkeypatch.setattr(FakeGateway, "count_tokens", lambda self, name, messages, tools=(): count_question(messages, tools))
    hide(run, olivia)
    jo, said = person("Jo Ek", given_name="Jo", family_name="Ek"), (Message("user", "Jo Ek. " * 200),)
    model.add("Well.")
    calling.ask(alice, Ask(feature=Feature.SUMMARIES, messages=said, max_output=200, contact_ids=frozenset({jo})))
    sent = count_question(model.requests[0].messages)
    assert sent > count_question(said) + 200
    with database.owner.connect() as connection:
        assert connection.execute(text("select input_estimate from ai_call")).scalar_one() >= sent
