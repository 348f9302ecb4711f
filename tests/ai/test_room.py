"""What tools tell is cut to what the model that was chosen can still hold, and both the model and whoever asks are told that something was left out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from crm_app.ai.fake import FakeGateway, calls
from crm_app.ai.hygiene import CUT
from crm_app.ai.prompting import FULL, LET_GO, specs
from crm_app.ai.tokens import count_question, count_text
from crm_app.ai.tools.handles import Handles
from crm_app.ai.tools.reading import Reading
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import ModelUpdate
from crm_app.domain.ai.selector import MARGIN
from crm_app.domain.conversations.models import TurnState
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import SourceFilter
from tests.ai import test_assistant as desk

ask, met, model, person = desk.ask, desk.met, desk.model, desk.person
LEFT_OUT = "Left out what did not fit"


@pytest.fixture
def holding(run, olivia, model, monkeypatch):
    """``holding(tokens, *script)``: a model that holds so many, by the product's own count of them."""
    monkeypatch.setattr(FakeGateway, "count_tokens", lambda self, name, messages, tools=(): count_question(messages, tools))

    def make(tokens, *script, **more):
        (small,) = run(olivia, ai.list_models)
        run(olivia, ai.update_model, small.id, ModelUpdate(version=small.version, context_tokens=tokens))
        return model(*script, **more)

    return make


def fits(fake, tokens):
    """Whether everything that was sent, with an answer, is no more than the model holds."""
    return all(count_question(request.messages, request.tools) + request.max_output + MARGIN <= tokens for request in fake.requests)


def long_story(alice, person, met):
    jane = person(alice, "Jane Roe")
    for day in range(12):
        met(alice, jane, desk.NOW - timedelta(days=day), f"Day {day}. " + "She sleeps better since we walk in the morning, and told me of her week at length. " * 17, kind="note")
    return jane


def test_a_small_model_gets_as_much_as_it_holds_and_answers(alice, person, met, holding, ask):
    long_story(alice, person, met)
    fake = holding(12_000, calls("read_timeline", limit=20), lambda request: f"Better. [{told(request)[-1]}] [99]")
    _, turn, _ = ask(alice, "How is Jane?")
    assert turn.state is TurnState.DONE and turn.answer.startswith("Better. [1]") and "99" not in turn.answer
    assert "more did not fit" in desk.heard(fake.requests[1]) and turn.steps[-1] == LEFT_OUT
    assert 1 <= len(told(fake.requests[1])) < 12 and fits(fake, 12_000)


def test_a_large_model_gets_all_of_it(alice, person, met, holding, ask):
    long_story(alice, person, met)
    fake = holding(200_000, calls("read_timeline", limit=20), "Better.")
    _, turn, _ = ask(alice, "How is Jane?")
    assert len(told(fake.requests[1])) == 12 and LEFT_OUT not in turn.steps


@pytest.mark.parametrize("tokens", [8_400, 10_000, 16_000, 30_000])
def test_however_much_is_asked_for_what_is_sent_fits_and_there_is_an_answer(alice, person, met, holding, ask, tokens):
    """Eight tools at once in every round, as long as there are any; then an answer of what was read."""
    long_story(alice, person, met)
    greedy = [calls("read_timeline", limit=20), calls("find_people"), *(calls("read_timeline", limit=number) for number in range(10, 16))]
    fake = holding(tokens, always=lambda request: greedy if request.tools else "That is what I have.")
    _, turn, _ = ask(alice, "How is everybody?")
    assert (turn.state, turn.answer) == (TurnState.DONE, "That is what I have.") and fits(fake, tokens)
    assert LEFT_OUT in turn.steps and any(message.content == FULL or "did not fit" in message.content or CUT in message.content for message in fake.requests[-1].messages)


def test_a_model_that_holds_eight_thousand_tokens_reads_in_three_rounds_and_more(alice, person, met, holding, ask):
    """What was read first makes room for what is read next, and says so; whom it was about is still known by the names that were given."""
    long_story(alice, person, met)
    fake = holding(8_192, calls("find_people", words="Jane"), calls("read_timeline", people=["p1"], limit=4), calls("read_timeline", limit=3), calls("read_person", person="p1"), "Better.")
    _, turn, _ = ask(alice, "How is Jane?")
    assert (turn.state, turn.answer) == (TurnState.DONE, "Better.") and fits(fake, 8_192) and len(fake.requests) == 5
    assert [bool(request.tools) for request in fake.requests[:4]] == [True] * 4, "it may ask in each of these rounds"
    results = [message.content for message in fake.requests[-1].messages if message.role == "tool"]
    let_go = [said.startswith(LET_GO) for said in results[1:]]
    assert any(let_go) and let_go == sorted(let_go, reverse=True) and "⟦source" in results[-1], "the oldest go first, but for a line that is short; what was read last stays"
    assert all("p1" in said for said in results) and LEFT_OUT in turn.steps


def test_a_model_that_holds_much_is_told_of_tools_at_length_and_loses_nothing(alice, person, met, holding, ask):
    long_story(alice, person, met)
    fake = holding(200_000, *(calls("read_timeline", limit=20) for _ in range(4)), "Better.")
    ask(alice, "How is Jane?")
    assert all(request.tools == specs() for request in fake.requests[:5]) and LET_GO not in fake.prompts
    told_briefly = {tool.name: tool.parameters for tool in specs(brief=True)}
    assert all(told_briefly[tool.name]["properties"].keys() == tool.parameters["properties"].keys() and told_briefly[tool.name].get("required") == tool.parameters.get("required") for tool in specs())
    assert count_question((), specs(brief=True)) < 0.65 * count_question((), specs())


def test_a_record_that_is_longer_than_what_is_left_is_shortened_and_says_so(run, alice, person, met):
    jane = person(alice, "Jane Roe")
    for day in range(2):
        met(alice, jane, desk.NOW - timedelta(days=day), "It began well. " * 90, kind="note")
    reading = Reading(alice, Handles({}), room=200)
    said = reading.tell(run(alice, disclosure.find_sources, SourceFilter(contact_ids=(jane.id,))), {jane.id: "Jane Roe"})
    assert "It began well." in said and CUT in said and reading.cut and count_text(said) < 230
    assert said.endswith("(1 more did not fit. Ask for a shorter time or fewer people.)") and [one.number for one in reading.cited.values()] == [1]


def test_lines_beyond_the_room_are_left_out_whole(alice):
    reading = Reading(alice, Handles({}))
    people = "\n".join(f"- p{number} Somebody Whose Name Is Long, stage curious" for number in range(200))
    said = reading.fitting(people, 400)
    assert said.endswith(CUT) and reading.cut and count_text(said) <= 400 and set(said.splitlines()[:-1]) < set(people.splitlines())
    assert Reading(alice, Handles({})).fitting("one\ntwo", 400) == "one\ntwo"


def told(request):
    """The numbers of the records that the last tool told."""
    return [int(number) for number in re.findall(r"⟦source (\d+)⟧", desk.heard(request))]
