"""A model that says what a script tells it, and remembers what it was asked.

    fake = FakeGateway("Good morning.", calls("find_people", name="Alex"), {"stage": "new"}, ModelBusy(), Broken("Half an an"))
    bind_gateway(fake)

Each question takes the next answer of the script. When it has none left, ``always`` is the answer; without that, asking is a fault of the test.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from threading import Lock
from typing import Any

from pydantic import BaseModel

from crm_app.ai.errors import AiError, ModelDown
from crm_app.ai.types import Embedded, Endpoint, Message, Piece, Reply, Request, ToolCall, ToolSpec, Usage

GARBAGE = '```json\n{"summary": "It went w'
DIMENSIONS = 64


@dataclass(frozen=True, slots=True)
class Broken:
    """An answer of which this much comes before the line is cut. Whoever waits for the whole answer gets nothing."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Slow:
    """An answer that takes so long: longer than the question waits for, and it is as if nobody answered."""

    seconds: float
    then: Any


Scripted = str | Mapping[str, Any] | Sequence[Any] | BaseModel | Reply | ToolCall | AiError | Broken | Slow | Callable[[Request], Any]
"""Text; JSON, or an instance of a schema; a whole reply; one tool call or several; an error; or a function of the request that returns one of these."""


def calls(name: str, /, **arguments: Any) -> ToolCall:
    """A tool that the model asks for."""
    return ToolCall(f"call_{name}", name, json.dumps(arguments, ensure_ascii=False))


class FakeGateway:
    """See the module. ``requests`` and ``embedded`` are what was asked, ``hung_up`` how many streams were closed before their end, ``always`` what it says
    once it has said everything else."""

    def __init__(self, *script: Scripted, always: Scripted | None = None) -> None:
        self.requests: list[Request] = []
        self.embedded: list[str] = []
        self.hung_up = 0
        self.always = always
        self._script, self._lock = list(script), Lock()

    def add(self, *script: Scripted) -> None:
        """Have more to say."""
        self._script.extend(script)

    @property
    def prompts(self) -> str:
        """Everything that left for a model, in one text to search in."""
        asked = [json.dumps([_sent(request) for request in self.requests], ensure_ascii=False, default=str), *self.embedded]
        return "\n".join(asked)

    def count_tokens(self, model: str, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> int:
        """A token for every three characters, and a few for each message and tool."""
        spoken = sum(len(message.content) + sum(len(call.name) + len(call.arguments) for call in message.tool_calls) for message in messages)
        told = sum(len(tool.name) + len(tool.description) + len(json.dumps(tool.parameters)) for tool in tools)
        return math.ceil((spoken + told) / 3) + 4 * (len(messages) + len(tools))

    def complete(self, request: Request) -> Reply:
        """The next answer of the script, whole."""
        answer = self._next(request)
        if isinstance(answer, Broken):
            raise ModelDown(maybe_charged=True)
        return self._reply(request, answer)

    def stream(self, request: Request) -> Generator[Piece, None, None]:
        """The next answer of the script, a word at a time."""
        answer = self._next(request)
        broken = isinstance(answer, Broken)
        reply = self._reply(request, answer.text if isinstance(answer, Broken) else answer)
        ended = False
        try:
            for word in re.findall(r"\s*\S+\s*", reply.text):
                yield Piece(text=word)
            ended = True
            if broken:
                raise ModelDown(maybe_charged=True)
            yield Piece(reply=reply)
        finally:
            self.hung_up += not ended

    def embed(self, endpoint: Endpoint, model: str, texts: Sequence[str], seconds: float = 60.0) -> Embedded:
        """Vectors of which words a text has, so that texts with words in common are near each other."""
        with self._lock:
            self.embedded.extend(texts)
        return Embedded(tuple(_vector(text) for text in texts), Usage(sum(map(len, texts)) // 3 + len(texts), 0))

    def _next(self, request: Request) -> Any:
        with self._lock:
            self.requests.append(request)
            assert self._script or self.always is not None, "the model was asked more often than the test said"
            answer = self._script.pop(0) if self._script else self.always
        while callable(answer) or isinstance(answer, Slow):
            if isinstance(answer, Slow):
                time.sleep(min(answer.seconds, request.seconds))
                answer = ModelDown(maybe_charged=True) if answer.seconds >= request.seconds else answer.then
            else:
                answer = answer(request)
        if isinstance(answer, AiError):
            raise answer
        return answer

    def _reply(self, request: Request, answer: Any) -> Reply:
        reply = _as_reply(answer)
        if reply.usage is None:
            written = sum(len(call.name) + len(call.arguments) for call in reply.tool_calls) + len(reply.text)
            out = min(request.max_output, math.ceil(written / 3) + 1)
            reply = replace(reply, usage=Usage(self.count_tokens(request.model, request.messages, request.tools), out))
        return reply


def _as_reply(answer: Any) -> Reply:
    if isinstance(answer, Reply):
        return answer
    if isinstance(answer, str):
        return Reply(answer)
    if isinstance(answer, ToolCall):
        return Reply("", (answer,))
    if isinstance(answer, BaseModel):
        return Reply(answer.model_dump_json())
    if isinstance(answer, Sequence) and answer and all(isinstance(each, ToolCall) for each in answer):
        return Reply("", tuple(answer))
    return Reply(json.dumps(answer, ensure_ascii=False))


def _sent(request: Request) -> dict[str, Any]:
    form = request.schema.model_json_schema() if request.schema else None
    return {
        "messages": [[message.role, message.content, [[call.name, call.arguments] for call in message.tool_calls]] for message in request.messages],
        "tools": [[tool.name, tool.description, dict(tool.parameters)] for tool in request.tools],
        "schema": form,
    }


def _vector(text: str) -> tuple[float, ...]:
    raw = [0.0] * DIMENSIONS
    for word in re.findall(r"\w+", text.lower()) or [""]:
        digest = blake2b(word.encode(), digest_size=4).digest()
        raw[digest[0] % DIMENSIONS] += 1.0 if digest[1] % 2 else -1.0
        raw[digest[2] % DIMENSIONS] += 1.0
    length = math.sqrt(sum(value * value for value in raw)) or 1.0
    return tuple(value / length for value in raw) if any(raw) else (1.0, *raw[1:])
