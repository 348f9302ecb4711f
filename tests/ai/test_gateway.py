"""The gateway against a server that speaks as OpenAI does, and the Fake against the same expectations."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr
from structlog.testing import capture_logs

from crm_app.ai.errors import (
    AiError,
    AnswerRefused,
    BadAnswer,
    HungUp,
    KeyRefused,
    ModelBusy,
    ModelDown,
    NoSuchModel,
    NotReachable,
    TooLong,
)
from crm_app.ai.fake import Broken, FakeGateway, Slow
from crm_app.ai.gateway import LiteLlmGateway, load_library
from crm_app.ai.providers import PROVIDERS
from crm_app.ai.types import Endpoint, Gateway, Message, Reply, Request, ToolCall, ToolSpec
from crm_app.infrastructure.outbound_addresses import Allowance
from tests.ai.server import Model, Say, running

KEY = "sk-canary-never-shown-9f3"
FIND = ToolSpec("find_people", "Find people by name.", {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]})


class Mood(BaseModel):
    """How somebody feels."""

    model_config = ConfigDict(extra="forbid")

    score: int
    note: str = ""


@pytest.fixture(scope="module")
def server() -> Iterator[Model]:
    with running() as model:
        yield model


@pytest.fixture
def model(server: Model) -> Model:
    server.script.clear()
    server.asked.clear()
    server.hung_up.clear()
    return server


@pytest.fixture(scope="module")
def gateway(server: Model) -> LiteLlmGateway:
    load_library()  # so that no test measures its import
    return LiteLlmGateway()


def asking(model: Model, text: str = "How was it?", **more: object) -> Request:
    given: dict[str, object] = {"endpoint": Endpoint("openai", model.url, SecretStr(KEY), True), "model": "small-1", "messages": (Message("user", text),), "max_output": 50}
    return Request(**{**given, **more})  # type: ignore[arg-type]


Told = Callable[[Say], tuple[Gateway, Request]]


@pytest.fixture(params=["fake", "real"])
def told(request: pytest.FixtureRequest, model: Model, gateway: LiteLlmGateway) -> Told:
    """``told(say)``: a gateway whose model answers that, and a question for it."""

    def prepare(say: Say, **more: object) -> tuple[Gateway, Request]:
        question = asking(model, **more)  # type: ignore[arg-type]
        if request.param == "real":
            model.say(say)
            return gateway, question
        errors: dict[int, AiError] = {401: KeyRefused(), 429: ModelBusy(wait=7), 500: ModelDown(), 404: NoSuchModel()}
        if say.status != 200:
            return FakeGateway(errors[say.status]), question
        if say.cut_after is not None:
            return FakeGateway(Broken(" ".join(say.text.split(" ")[: say.cut_after]))), question
        if say.wait:
            return FakeGateway(Slow(say.wait, say.text)), question
        calls = tuple(ToolCall(f"call_{n}", name, given) for n, (name, given) in enumerate(say.calls))
        return FakeGateway(Reply(say.text, calls, cut=say.finish == "length")), question

    return prepare  # type: ignore[return-value]


def test_an_answer_comes_whole(told: Told) -> None:
    gateway, question = told(Say("It went well."))
    reply = gateway.complete(question)
    assert reply.text == "It went well." and not reply.tool_calls and not reply.cut
    assert reply.usage is not None and reply.usage.input_tokens > 0 and reply.usage.output_tokens > 0


def test_an_answer_comes_in_pieces_and_whole_at_the_end(told: Told) -> None:
    gateway, question = told(Say("One two three four."))
    *pieces, last = gateway.stream(question)
    assert len(pieces) == 4 and "".join(piece.text for piece in pieces) == "One two three four."
    assert last.reply is not None and last.reply.text == "One two three four." and last.reply.usage is not None


@pytest.mark.parametrize("streamed", [False, True])
def test_tools_are_asked_for(told: Told, streamed: bool) -> None:
    arguments = '{"name": "Alex Moreau"}'
    gateway, question = told(Say(calls=[("find_people", arguments), ("find_people", '{"name": "Jane"}')]), tools=(FIND,))  # type: ignore[call-arg]
    reply = list(gateway.stream(question))[-1].reply if streamed else gateway.complete(question)
    assert reply is not None and [(call.id, call.name, call.arguments) for call in reply.tool_calls] == [
        ("call_0", "find_people", arguments), ("call_1", "find_people", '{"name": "Jane"}'),
    ]  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("status", "kind"), [(401, KeyRefused), (429, ModelBusy), (500, ModelDown), (404, NoSuchModel)])
def test_a_refusal_is_one_of_ours(told: Told, status: int, kind: type[AiError], streamed: bool) -> None:
    gateway, question = told(Say(status=status, headers={"retry-after": "7"}))
    with pytest.raises(kind) as failure:
        list(gateway.stream(question)) if streamed else gateway.complete(question)
    assert not failure.value.maybe_charged and "SECRET" not in failure.value.message and KEY not in repr(failure.value)
    assert status != 429 or failure.value.wait == 7


def test_a_stream_that_breaks_hands_on_what_came(told: Told) -> None:
    gateway, question = told(Say("One two three four.", cut_after=2))
    came: list[str] = []
    with pytest.raises(ModelDown) as failure:
        for piece in gateway.stream(question):
            came.append(piece.text)
    assert "".join(came).strip() == "One two" and failure.value.maybe_charged


@pytest.mark.parametrize("streamed", [False, True])
def test_nobody_waits_longer_than_the_question_does(told: Told, streamed: bool) -> None:
    gateway, question = told(Say("Late.", wait=2.0), seconds=0.4)  # type: ignore[call-arg]
    began = time.monotonic()
    with pytest.raises(ModelDown) as failure:
        list(gateway.stream(question)) if streamed else gateway.complete(question)
    assert time.monotonic() - began < 1.9 and failure.value.maybe_charged


def test_an_answer_says_when_it_was_cut_short(told: Told) -> None:
    gateway, question = told(Say("One two", finish="length"))
    assert gateway.complete(question).cut


def test_tokens_are_counted_without_asking(told: Told) -> None:
    gateway, question = told(Say("Well."))
    few = gateway.count_tokens("small-1", question.messages)
    assert 0 < few < gateway.count_tokens("small-1", (Message("user", "How was it? " * 50),)) and gateway.count_tokens("small-1", question.messages, (FIND,)) > few


def test_what_leaves_is_the_question_and_the_key_and_nothing_about_us(model: Model, gateway: LiteLlmGateway) -> None:
    said = (
        Message("system", "Be brief."), Message("user", "Who is Alex?"),
        Message("assistant", "", (ToolCall("call_1", "find_people", '{"name": "Alex"}'),)), Message("tool", "p1: Alex Moreau", tool_call_id="call_1"),
    )  # fmt: skip
    gateway.complete(asking(model, messages=said, tools=(FIND,), schema=Mood, temperature=0.2))
    [(path, headers, body)] = model.asked
    assert path == "/v1/chat/completions" and headers["authorization"] == f"Bearer {KEY}"
    assert not [name for name in headers if name.startswith("x-stainless")] and headers["user-agent"] == "MindfulCRM"
    assert [turn["role"] for turn in body["messages"]] == ["system", "user", "assistant", "tool"] and body["messages"][3]["tool_call_id"] == "call_1"
    assert body["temperature"] == 0.2 and body.get("max_tokens", body.get("max_completion_tokens")) == 50 and body["tools"][0]["function"]["name"] == "find_people"
    form = body["response_format"]["json_schema"]
    assert form["strict"] and form["schema"]["required"] == ["score", "note"] and form["schema"]["additionalProperties"] is False
    assert not {"user", "metadata", "store"} & set(body)


def test_usage_is_the_providers_or_nobodys(model: Model, gateway: LiteLlmGateway) -> None:
    model.say(Say("Well."), Say("Well.", usage=None), Say("Well."), Say("Well.", usage=None))
    whole = [gateway.complete(asking(model)).usage for _ in range(2)]
    streamed = [list(gateway.stream(asking(model)))[-1].reply for _ in range(2)]
    for told in (whole, [reply.usage for reply in streamed if reply]):
        assert told[0] is not None and (told[0].input_tokens, told[0].output_tokens) == (21, 7) and told[1] is None


@pytest.mark.parametrize("raw", [b"", b"<html>busy</html>", b"{", b'{"choices": []}', b"{}", b"null", b'{"choices": [{"message": {"content": null}}]}'])
def test_garbage_is_no_answer(model: Model, gateway: LiteLlmGateway, raw: bytes) -> None:
    model.say(Say(raw=raw), Say(raw=raw))
    for ask in (gateway.complete, lambda question: list(gateway.stream(question))):
        with pytest.raises(AiError) as failure:
            reply = ask(asking(model))
            assert isinstance(reply, Reply) and reply.text == ""
            raise BadAnswer(maybe_charged=True)
        assert failure.value.maybe_charged and "html" not in failure.value.message


@pytest.mark.parametrize(
    ("say", "kind"),
    [
        (Say(status=400, error="This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."), TooLong),
        (Say(status=413), TooLong),
        (Say(status=400, error="Your request was rejected as a result of our safety system. content_policy_violation"), AnswerRefused),
        (Say(status=402), KeyRefused),
        (Say(status=403), KeyRefused),
        (Say(status=429, error="You exceeded your current quota: insufficient_quota"), KeyRefused),
        (Say(status=400, error="response_format is not supported"), NoSuchModel),
        (Say(status=503), ModelDown),
        (Say(status=529), ModelDown),
        (Say(status=307, headers={"location": "http://169.254.169.254/"}), AiError),
    ],
)
def test_each_refusal_finds_its_kind(model: Model, gateway: LiteLlmGateway, say: Say, kind: type[AiError]) -> None:
    model.say(say)
    with pytest.raises(kind):
        gateway.complete(asking(model))
    assert len(model.asked) == 1


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_llm_08_nobody_is_followed_elsewhere_with_a_key(model: Model, gateway: LiteLlmGateway, provider: str) -> None:
    """Not even to where the gate would let us go."""
    model.say(Say(status=307, headers={"location": f"{model.url}/elsewhere"}))
    with pytest.raises(AiError):
        gateway.complete(asking(model, endpoint=Endpoint(provider, model.url, SecretStr(KEY), True)))
    assert len(model.asked) == 1


def test_vectors_come_in_order_and_of_length_one(model: Model, gateway: LiteLlmGateway) -> None:
    found = gateway.embed(asking(model).endpoint, "meaning-1", ["a", "a longer text", "ab"])
    assert [round(vector[1] / vector[0] * 3) for vector in found.vectors] == [1, 13, 2] and found.usage is not None and found.usage.input_tokens == 9
    assert all(math.isclose(sum(value * value for value in vector), 1.0) for vector in found.vectors)
    rows = [{"index": 0, "embedding": [0.0, 0.0]}]
    for raw in (json.dumps({"data": rows}), '{"data": []}', "nonsense"):
        model.say(Say(raw=raw.encode()))
        with pytest.raises(AiError):
            gateway.embed(asking(model).endpoint, "meaning-1", ["a"])


def test_closing_a_stream_hangs_up(model: Model, gateway: LiteLlmGateway) -> None:
    model.say(Say("word " * 400, pause=0.01))
    coming = gateway.stream(asking(model))
    assert next(coming).text == "word "
    coming.close()
    assert model.hung_up.wait(3)


def test_whoever_gave_up_waits_for_nobody(model: Model, gateway: LiteLlmGateway) -> None:
    model.say(Say("Too late.", wait=5.0))
    began = time.monotonic()
    with pytest.raises(HungUp) as failure:
        list(gateway.stream(asking(model, given_up=lambda: time.monotonic() - began > 0.3)))
    assert time.monotonic() - began < 3 and failure.value.maybe_charged and not failure.value.other_model
    model.say(Say("There."))
    assert [piece.text for piece in gateway.stream(asking(model, given_up=lambda: False))][0] == "There."


def test_the_first_piece_does_not_wait_for_the_last(model: Model, gateway: LiteLlmGateway) -> None:
    gateway.complete(asking(model))
    model.say(Say("word " * 10, pause=0.2))
    began = time.monotonic()
    coming = gateway.stream(asking(model))
    next(coming)
    assert time.monotonic() - began < 1.0
    coming.close()


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_that_is_offered_goes_through_the_gate(model: Model, gateway: LiteLlmGateway, name: str) -> None:
    model.say(Say(status=401), Say(status=401))
    question = asking(model, endpoint=Endpoint(name, model.url, SecretStr(KEY), True), tools=(FIND,))
    for ask in (gateway.complete, lambda asked: list(gateway.stream(asked))):
        with pytest.raises(KeyRefused):
            ask(question)
    assert len(model.asked) == 2 and all(KEY in json.dumps([path, headers]) for path, headers, _body in model.asked)


@pytest.mark.parametrize(("name", "path"), [("azure", "/openai/v1"), ("ollama", "/v1")])
def test_an_address_is_known_without_the_path_under_which_it_speaks_as_openai_does(model: Model, gateway: LiteLlmGateway, name: str, path: str) -> None:
    host = model.url.removesuffix("/v1")
    for typed in (host, f"{host}/", f"{host}{path}", f"{host}{path}/"):
        gateway.complete(asking(model, endpoint=Endpoint(name, typed, SecretStr(KEY), True)))
    assert [path_ for path_, _headers, _body in model.asked] == [f"{path}/chat/completions"] * 4


@pytest.mark.parametrize("provider", ["bedrock", "cohere_chat", "huggingface", "no-such", "", "../openai"])
def test_a_provider_that_cannot_be_routed_is_not_asked(model: Model, gateway: LiteLlmGateway, provider: str) -> None:
    with pytest.raises(NoSuchModel):
        gateway.complete(asking(model, endpoint=Endpoint(provider, model.url, SecretStr(KEY), True)))
    assert not model.asked


def test_an_address_inside_is_refused_unless_the_host_has_opened_it(model: Model, gateway: LiteLlmGateway) -> None:
    gateway.complete(asking(model))
    key = SecretStr(KEY)
    for endpoint in (Endpoint("openai", model.url, key), Endpoint("ollama", "http://169.254.169.254", SecretStr(""), True), Endpoint("openai", "http://127.0.0.1:1/v1", key)):
        with pytest.raises(NotReachable):
            gateway.complete(asking(model, endpoint=endpoint))
    for base in ("ftp://example.org", "", "file:///etc/passwd", "http://[::1", "http://somebody@127.0.0.1/", "http://127.0.0.1:99999/"):
        with pytest.raises(AiError):
            gateway.complete(asking(model, endpoint=Endpoint("ollama", base, key, True)))
    assert len(model.asked) == 1
    opened = LiteLlmGateway(frozenset({Allowance("127.0.0.1", model.port)}))
    assert opened.complete(asking(model, endpoint=Endpoint("openai", model.url, key))).text, "the host has opened it for all"


def test_llm_08_keys_stay_out_of_logs_and_errors(model: Model, gateway: LiteLlmGateway, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(0)
    with capture_logs() as logs:
        for say in (Say(status=401, error=f"Incorrect API key provided: {KEY}"), Say(status=500), Say(raw=b"{"), Say("Fine.")):
            model.say(say)
            try:
                gateway.complete(asking(model, f"canary-question {KEY[:0]}"))
            except AiError as error:
                assert KEY not in repr(error) and KEY not in str(error.__cause__) and error.__cause__ is None and error.__suppress_context__
    shown = capfd.readouterr()
    written = caplog.text + shown.out + shown.err + repr(logs)
    assert logs and KEY not in written and "canary-question" not in written and "SECRET-OF" not in written
