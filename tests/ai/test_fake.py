"""The model of the tests says what it is told to, and remembers what it was asked."""

from __future__ import annotations

import math

import pytest
from pydantic import BaseModel

from crm_app.ai.bound import bind_gateway, bound_gateway
from crm_app.ai.errors import AiError, KeyRefused, ModelBusy, ModelDown
from crm_app.ai.fake import GARBAGE, Broken, FakeGateway, Slow, calls
from crm_app.ai.types import Endpoint, Message, Reply, Request


class Mood(BaseModel):
    """How somebody feels."""

    score: int


def question(text: str = "How was it?", seconds: float = 60.0) -> Request:
    return Request(endpoint=Endpoint("openai"), model="small", messages=(Message("user", text),), max_output=50, seconds=seconds)


def test_each_question_takes_the_next_answer() -> None:
    fake = FakeGateway("Well.", {"score": 4}, Mood(score=2), calls("find_people", name="Alex"), Reply("Cut", cut=True))
    assert [fake.complete(question()).text for _ in range(3)] == ["Well.", '{"score": 4}', '{"score":2}']
    asked = fake.complete(question())
    assert asked.tool_calls[0].name == "find_people" and asked.tool_calls[0].arguments == '{"name": "Alex"}' and asked.text == ""
    assert fake.complete(question()).cut
    with pytest.raises(AssertionError):
        fake.complete(question())


def test_it_fails_as_it_is_told_to() -> None:
    fake = FakeGateway(ModelBusy(), KeyRefused(), Broken("Half"), Slow(0.2, "Late"), Slow(0.01, "In time"), always=GARBAGE)
    for kind in (ModelBusy, KeyRefused, ModelDown):
        with pytest.raises(kind) as failure:
            fake.complete(question())
        assert isinstance(failure.value, AiError) and failure.value.message.endswith(".")
    with pytest.raises(ModelDown):
        fake.complete(question(seconds=0.05))
    assert fake.complete(question()).text == "In time"
    assert [fake.complete(question()).text for _ in range(2)] == [GARBAGE, GARBAGE]


def test_a_stream_comes_in_pieces_and_can_be_left() -> None:
    fake = FakeGateway("One two  three.", Broken("Half an"), "Left early on")
    pieces = list(fake.stream(question()))
    assert "".join(piece.text for piece in pieces) == "One two  three." and len(pieces) == 4
    assert pieces[-1].reply is not None and pieces[-1].reply.usage is not None and pieces[-1].reply.usage.output_tokens == 6
    came: list[str] = []
    with pytest.raises(ModelDown):
        for piece in fake.stream(question()):
            came.append(piece.text)
    assert came == ["Half ", "an"] and fake.hung_up == 0
    left = fake.stream(question())
    next(left)
    left.close()
    assert fake.hung_up == 1


def test_what_was_asked_can_be_searched() -> None:
    fake = FakeGateway(lambda request: f"You said {request.messages[-1].content}")
    assert fake.complete(question("canary-7")).text == "You said canary-7"
    vectors = fake.embed(Endpoint("openai"), "small", ["a walk in the park", "the park", "taxes"]).vectors
    assert "canary-7" in fake.prompts and "taxes" in fake.prompts and "canary-8" not in fake.prompts
    near, far = (sum(a * b for a, b in zip(vectors[0], other, strict=True)) for other in vectors[1:])
    assert near > far and all(math.isclose(sum(value * value for value in vector), 1.0) for vector in vectors)


def test_nobody_is_asked_before_a_gateway_is_bound() -> None:
    bind_gateway(None)
    with pytest.raises(RuntimeError):
        bound_gateway()
    fake = FakeGateway("Here")
    bind_gateway(fake)
    assert bound_gateway() is fake
    bind_gateway(None)
