"""Answers as servers give them that only nearly speak as OpenAI does: each is understood as far as it can be, and anything else is one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from crm_app.ai.errors import AnswerRefused, BadAnswer, ModelDown
from crm_app.ai.gateway import LiteLlmGateway
from crm_app.ai.patience import PatientGateway, Resting
from crm_app.ai.types import Endpoint, Message, Reply, Request, Usage
from tests.ai.server import USAGE, Model, Say, running


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with running() as server:
        yield server


def asking(model: Model, key: str = "k") -> Request:
    return Request(endpoint=Endpoint("openai", model.url, SecretStr(key), True), model="small-1", messages=(Message("user", "How was it?"),), max_output=50)


def delta(finish: str | None = None, place: int = 0, usage: Any = None, **said: Any) -> dict[str, Any]:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": place, "delta": said, "finish_reason": finish}]}
    return chunk | ({"usage": usage} if usage is not None else {})


def call(place: int | None, key: str | None, name: str | None, arguments: str) -> dict[str, Any]:
    return ({} if place is None else {"index": place}) | {"id": key, "type": "function", "function": {"name": name, "arguments": arguments}}


def streamed(*chunks: dict[str, Any], done: bool = True) -> Say:
    events = [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks]
    return Say(raw=b"".join([*events, b"data: [DONE]\n\n" if done else b""]), headers={"content-type": "text/event-stream"})


def told(model: Model, say: Say) -> tuple[str, Reply]:
    """What was shown while it came, and the whole of it."""
    model.say(say)
    pieces = list(LiteLlmGateway().stream(asking(model)))
    assert pieces[-1].reply is not None
    return "".join(piece.text for piece in pieces), pieces[-1].reply


def test_an_answer_that_comes_whole_although_pieces_were_asked_for_is_taken(model: Model) -> None:
    whole = {"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": "All well."}, "finish_reason": "stop"}], "usage": USAGE}
    assert told(model, Say(raw=json.dumps(whole).encode()))[1] == Reply("All well.", (), Usage(21, 7))
    whole["choices"][0]["message"] = {"content": None, "tool_calls": [{"id": "a", "function": {"name": "find_people", "arguments": {"words": "Jane"}}}]}  # type: ignore[index]
    asked = told(model, Say(raw=json.dumps(whole).encode()))[1].tool_calls
    assert [(one.id, one.name, json.loads(one.arguments)) for one in asked] == [("a", "find_people", {"words": "Jane"})]
    for broken in (b"", b"{", b'{"choices":', b"<html>", b'{"error": {"message": "x"}}', b'{"choices": []}', b'{"choices": [{"message": {}}]}', b"[" * 100_000, b'{"a":' + b"[" * 100_000):
        with pytest.raises(BadAnswer) as failure:
            told(model, Say(raw=broken))
        assert failure.value.maybe_charged


def test_a_stream_that_says_it_is_over_is_over_and_one_that_breaks_off_is_not(model: Model) -> None:
    assert told(model, streamed(delta(content="All well.")))[1].text == "All well."
    with pytest.raises(ModelDown):
        told(model, streamed(delta(content="All well."), done=False))


@pytest.mark.parametrize("usage", [
    {"prompt_tokens": -10, "completion_tokens": -5}, {"prompt_tokens": 10**15, "completion_tokens": 5}, {"completion_tokens": 5}, {"prompt_tokens": None, "completion_tokens": 5},
    {"prompt_tokens": 0, "completion_tokens": 0},
])  # fmt: skip
def test_a_count_that_no_question_can_have_is_none(model: Model, usage: dict[str, Any]) -> None:
    assert told(model, streamed(delta(content="Well."), delta("stop", usage=usage)))[1].usage is None


def test_what_is_no_text_is_left_out_and_halves_of_characters_find_each_other(model: Model) -> None:
    raw = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"Fi\\u0000ne \\ud83d"}}]}\n\ndata: {"id":"c","choices":[{"index":0,"delta":{"content":"\\ude00 \\ud800 \\u202eend"}}]}\n\n'
    shown, reply = told(model, Say(raw=raw + b"data: [DONE]\n\n", headers={"content-type": "text/event-stream"}))
    assert shown == reply.text == "Fine 😀 \ufffd end"


def test_what_a_model_thinks_aloud_before_it_speaks_is_not_its_answer(model: Model) -> None:
    said = [delta(content=piece) for piece in ("<th", "ink>They may", " want X.</thi", "nk>\n\nAll ", "well <think> so.")]
    assert told(model, streamed(*said, delta("stop")))[0] == "All well <think> so."
    assert told(model, streamed(*said, delta("stop")))[1].text == "All well <think> so."
    with pytest.raises(BadAnswer):
        told(model, streamed(delta(content="<think>for ever"), delta("length")))
    assert told(model, streamed(delta(reasoning_content="Hm."), delta(content="Well."), delta("stop")))[1].text == "Well."
    whole = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "<think>x</think>{}"}, "finish_reason": "stop"}]}
    model.say(Say(raw=json.dumps(whole).encode()))
    assert LiteLlmGateway().complete(asking(model)).text == "{}"


def test_only_the_first_of_several_answers_counts_and_one_that_was_kept_back_is_declined(model: Model) -> None:
    assert told(model, streamed(delta(content="One."), delta(place=1, content="Two."), delta("stop")))[1].text == "One."
    with pytest.raises(AnswerRefused):
        told(model, streamed(delta("content_filter", content="")))
    with pytest.raises(BadAnswer):
        told(model, Say("word " * 2_500_000))


@pytest.mark.parametrize("pieces", [
    [call(0, "a", "find_people", '{"words":'), call(0, "a", "find_people", '"Jane"}'), call(1, "b", "count_things", "{}")],
    [call(0, "a", "find_people", '{"words":"Jane"}'), call(0, "b", "count_things", "{}")],
    [call(0, "a", "find_people", '{"words":'), call(0, None, None, '"Jane"}'), call(1, "a", "count_things", "{}")],
    [call(0, None, "find_people", '{"words":"Jane"}'), call(1, "", "count_things", "{}")],
], ids=["names again", "one place for all", "one id for all", "no id"])  # fmt: skip
def test_tool_calls_are_told_apart_however_a_server_numbers_them(model: Model, pieces: list[dict[str, Any]]) -> None:
    calls = told(model, streamed(*[delta(tool_calls=[piece]) for piece in pieces], delta("tool_calls")))[1].tool_calls
    assert [(one.name, one.arguments) for one in calls] == [("find_people", '{"words":"Jane"}'), ("count_things", "{}")]
    assert len({one.id for one in calls}) == 2 and all(one.id for one in calls)


def test_whoever_is_asked_too_often_with_one_key_still_answers_another(model: Model) -> None:
    patient = PatientGateway(LiteLlmGateway(), sleep=lambda _seconds: None)
    model.say(*[Say(status=500)] * 6)
    with pytest.raises(ModelDown):
        patient.complete(asking(model, "one"))
    with pytest.raises(Resting):
        patient.complete(asking(model, "one"))
    model.say()
    assert patient.complete(asking(model, "another")).text == "Good morning to you."


def test_the_hosts_environment_sends_no_question_elsewhere_and_says_no_more_of_us() -> None:
    program = """
import json
from tests.ai.server import running
from crm_app.ai.gateway import LiteLlmGateway
from crm_app.ai.types import Endpoint, Message, Request
with running() as model:
    reply = LiteLlmGateway().complete(Request(endpoint=Endpoint("openai", model.url, inner_allowed=True), model="m", messages=(Message("user", "SECRET-WORDS"),), max_output=5))
    print(json.dumps([reply.text, model.asked[0][1]]))
"""
    elsewhere = {name: "http://127.0.0.1:9" for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "LITELLM_PROXY_API_BASE")}
    more = {"USE_LITELLM_PROXY": "True", "LITELLM_LOG": "DEBUG", "OPENAI_LOG": "debug", "OPENAI_ORG_ID": "org-of-host", "OPENAI_PROJECT_ID": "proj-of-host", "OPENAI_API_KEY": "sk-of-host"}
    ended = subprocess.run([sys.executable, "-c", program], env={**os.environ, **elsewhere, **more}, capture_output=True, text=True, timeout=120)
    text, headers = json.loads(ended.stdout.splitlines()[-1])
    assert text == "Good morning to you." and not {"of-host"} & {part for value in headers.values() for part in value.split("-", 1)}, headers
    assert not any(name.startswith("openai-") for name in headers) and "SECRET-WORDS" not in ended.stdout + ended.stderr


def test_an_answer_beyond_all_bounds_is_a_bad_one_that_may_have_been_paid(model: Model) -> None:
    whole = {"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": "a" * 10_000_000}, "finish_reason": "stop"}]}
    with pytest.raises(BadAnswer) as failure:
        told(model, Say(raw=json.dumps(whole).encode()))
    assert failure.value.maybe_charged
