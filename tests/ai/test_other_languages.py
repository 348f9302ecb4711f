"""Providers with a language of their own: what they are sent has the whole question in it, and what they say is understood."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from crm_app.ai.gateway import LiteLlmGateway
from crm_app.ai.types import Endpoint, Message, Request, ToolSpec
from tests.ai.server import Model, Say, running

FIND = ToolSpec("find_people", "Find people by name.", {"type": "object", "properties": {"name": {"type": "string"}}})
USAGE = {"input_tokens": 21, "output_tokens": 7}
EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "m1", "type": "message", "role": "assistant", "model": "c", "content": [], "stop_reason": None, "usage": {"input_tokens": 21, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "It went "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "well."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t1", "name": "find_people", "input": {}}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"name": '}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '"Alex"}'}},
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {"output_tokens": 7}},
    {"type": "message_stop"},
]
WHOLE = {
    "id": "m1", "type": "message", "role": "assistant", "model": "c", "stop_reason": "tool_use", "usage": USAGE,
    "content": [{"type": "text", "text": "It went well."}, {"type": "tool_use", "id": "t1", "name": "find_people", "input": {"name": "Alex"}}],
}  # fmt: skip
PARTS = [{"text": "It went well."}, {"functionCall": {"name": "find_people", "args": {"name": "Alex"}}}]
GEMINI = {"candidates": [{"index": 0, "content": {"role": "model", "parts": PARTS}, "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 21, "candidatesTokenCount": 7, "totalTokenCount": 28}}


class Mood(BaseModel):
    """How somebody feels."""

    model_config = ConfigDict(extra="forbid")

    score: int


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with running() as server:
        yield server


def _events(*told: dict[str, Any]) -> Say:
    lines = "".join((f"event: {event['type']}\n" if "type" in event else "") + f"data: {json.dumps(event)}\n\n" for event in told)
    return Say(raw=lines.encode(), headers={"content-type": "text/event-stream"})


@pytest.mark.parametrize(("provider", "whole", "streamed"), [("anthropic", WHOLE, _events(*EVENTS)), ("gemini", GEMINI, _events(GEMINI))], ids=["anthropic", "gemini"])
def test_what_they_say_is_understood(model: Model, provider: str, whole: dict[str, Any], streamed: Say) -> None:
    gateway = LiteLlmGateway()
    messages = (Message("system", "Be brief."), Message("user", "How was it?"))
    request = Request(endpoint=Endpoint(provider, model.url, SecretStr("k"), True), model="small-1", messages=messages, max_output=50, tools=(FIND,))
    model.say(Say(raw=json.dumps(whole).encode()), streamed)
    replies = [gateway.complete(request)]
    *pieces, last = gateway.stream(request)
    assert "".join(piece.text for piece in pieces) == "It went well." and last.reply is not None
    replies.append(last.reply)
    for reply in replies:
        [call] = reply.tool_calls
        assert reply.text == "It went well." and call.name == "find_people" and json.loads(call.arguments) == {"name": "Alex"} and not reply.cut
        assert reply.usage is not None and (reply.usage.input_tokens, reply.usage.output_tokens) == (21, 7)
    for _path, _headers, body in model.asked[-2:]:
        sent = json.dumps(body)
        assert all(words in sent for words in ("Be brief.", "How was it?", "find_people", "50"))


@pytest.mark.parametrize("provider", ["anthropic", "gemini", "mistral", "openrouter"])
def test_the_form_that_an_answer_must_have_reaches_them(model: Model, provider: str) -> None:
    said = {"anthropic": {**WHOLE, "content": [{"type": "text", "text": '{"score": 4}'}]}, "gemini": {**GEMINI, "candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": '{"score": 4}'}]}, "finishReason": "STOP"}]}}
    model.say(Say(raw=json.dumps(said[provider]).encode()) if provider in said else Say('{"score": 4}'))
    name = {"anthropic": "claude-haiku-4-5", "gemini": "gemini-2.5-flash"}.get(provider, "small-1")
    request = Request(endpoint=Endpoint(provider, model.url, SecretStr("k"), True), model=name, messages=(Message("user", "How?"),), max_output=50, schema=Mood)
    assert Mood.model_validate_json(LiteLlmGateway().complete(request).text).score == 4
    assert "score" in json.dumps(model.asked[-1][2])
