"""The assistant with a model that says what no model should: every question ends in an answer or a sentence, and costs what it did."""

from __future__ import annotations

from typing import Any

import pytest

from crm_app.ai import assistant, tools
from crm_app.ai.errors import ModelDown
from crm_app.ai.tools.handles import Handles, NoSuchHandle
from crm_app.ai.tools.reading import Reading
from crm_app.ai.types import Reply, ToolCall
from crm_app.cli.asking import Unanswered, ask_assistant
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.models import TurnState
from crm_app.domain.conversations.schemas import LONGEST_ANSWER, TurnCreate
from crm_app.domain.errors import Invalid
from crm_app.domain.suggestions import service as suggestions
from tests.ai_desk import agree, model_at_hand


@pytest.fixture
def model(olivia: Any) -> Any:
    with model_at_hand(olivia) as fake:
        yield fake


def call(name: str, arguments: str, key: str = "a") -> ToolCall:
    return ToolCall(key, name, arguments)


def test_an_answer_longer_than_any_is_kept_as_far_as_answers_go(model: Any, alice: Any) -> None:
    model.add("word " * 20_000)
    assert 30_000 < len(ask_assistant(alice, "How is Jane?", None)["answer"]) <= LONGEST_ANSWER


@pytest.mark.parametrize(("name", "arguments"), [
    ("read_timeline", '{"since": "0001-01-01", "until": "9999-12-31"}'), ("read_calendar", '{"since": "0001-01-01", "until": "9999-12-31"}'),
    ("find_people", '{"not_spoken_since": "0001-01-01", "spoken_since": "9999-12-31"}'), ("propose_task", '{"title": "x", "why": "y", "due_date": "9999-12-31"}'),
    ("find_people", '{"words": ' + "[" * 50_000), ("find_people", "[1]"), ("find_people", '{"limit": ' + "9" * 5_000 + "}"), ("", "{}"), ("x" * 5_000, "{}"),
    ("propose_note", '{"people": ["p1"], "why": "x", "body": "' + "x" * 500_000 + '"}'),
])  # fmt: skip
def test_whatever_a_tool_is_asked_for_the_question_goes_on(model: Any, alice: Any, name: str, arguments: str) -> None:
    model.add(call(name, arguments), "I could not look that up.")
    assert ask_assistant(alice, "How is Jane?", None)["answer"] == "I could not look that up."
    assert len(model.requests[-1].messages[-2].tool_calls[0].arguments) < 20_000, "what it said is not sent back at any length"


def test_a_thousand_tools_at_once_are_not_used(model: Any, alice: Any) -> None:
    model.add([call("count_things", "{}", f"c{place}") for place in range(1_000)], "Enough.")
    assert ask_assistant(alice, "How many?", None)["answer"] == "Enough."
    last = model.requests[-1].messages
    assert [message.tool_call_id for message in last if message.role == "tool"] == [one.id for one in last[-1 - len(last[2].tool_calls)].tool_calls]
    assert sum(message.content.startswith("There is no room") for message in last) == len(last[2].tool_calls) - assistant.MOST_CALLS


def test_llm_04_a_tool_that_was_not_offered_is_not_used_and_what_was_said_is_told_again_in_short(model: Any, alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str] = []
    use = tools.use_tool
    monkeypatch.setattr(tools, "use_tool", lambda session, actor, call, reading: (used.append(call.name), use(session, actor, call, reading))[1])
    model.always = Reply("word " * 10_000, (call("count_things", "{}"),))
    assert len(ask_assistant(alice, "How many?", None)["answer"]) > 30_000
    assert len(model.requests) == 6 and not model.requests[-1].tools and used == ["count_things"] * 5
    assert all(len(message.content) <= 12_000 for request in model.requests for message in request.messages if message.role == "assistant")


def test_llm_04_a_short_name_is_one_record_of_one_kind_and_of_somebody_who_agrees(run: Any, alice: Any) -> None:
    """A name that was given while somebody agreed is worth nothing afterwards, and whoever something is suggested about is spoken of from then on."""
    jane = run(alice, contacts.create_contact, ContactCreate(display_name="Jane Doe")).id
    handles = Handles({"p1": ("contact", jane)})
    assert handles.find("p1", "contact") == jane
    for name, kind in (("p1", "task"), ("p2", "contact"), (str(jane), "contact")):
        with pytest.raises(NoSuchHandle):
            handles.find(name, kind)
    wanted, reading = call("propose_task", '{"title": "Call", "people": ["p1"], "why": "x"}'), Reading(alice, handles)
    assert "Nothing has been done" not in run(alice, tools.use_tool, wanted, reading).text and run(alice, suggestions.count_suggestions) == 0
    agree(alice, jane)
    assert "Nothing has been done" in run(alice, tools.use_tool, wanted, reading).text and reading.contact_ids == {jane}


def test_what_was_paid_before_it_failed_is_said(model: Any, alice: Any) -> None:
    model.add(Reply("", (call("count_things", "{}"),)), ModelDown())
    with pytest.raises(Unanswered) as failed:
        ask_assistant(alice, "How many?", None)
    assert failed.value.cost_micros > 0 and failed.value.message == ModelDown().message


@pytest.mark.parametrize("question", ["", "  \n", "x" * 4_001, "\x00"])
def test_what_is_no_question_is_refused_in_words(alice: Any, question: str) -> None:
    with pytest.raises(Invalid, match="between 1 and 4000"):
        ask_assistant(alice, question, None)


def test_what_no_table_holds_is_left_out_of_a_question(run: Any, model: Any, alice: Any) -> None:
    model.add("Well.")
    begun = run(alice, talks.begin_turn, TurnCreate(question="How\x00 is \ud800Jane?"))
    ended = list(assistant.answer(lambda: alice, begun.turn_id))[-1]
    assert ended.turn.state is TurnState.DONE and ended.turn.question == "How is Jane?"
