"""Between our words and those of providers. What they say about a failure decides which of our errors it is, and goes no further."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel

from crm_app.ai.errors import AiError, AnswerRefused, BadAnswer, KeyRefused, ModelBusy, ModelDown, NoSuchModel, NotReachable, TooLong
from crm_app.ai.types import Embedded, Message, Reply, ToolCall, ToolSpec, Usage
from crm_app.infrastructure.outbound import NotTrusted, Refused
from crm_app.infrastructure.outbound_http import TooLarge
from crm_app.infrastructure.outbound_httpx import Line


def sent_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Turns as OpenAI writes them; LiteLLM turns these into whatever the provider speaks."""
    return [_sent(message) for message in messages]


def _sent(message: Message) -> dict[str, Any]:
    written: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        calls = [{"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}} for call in message.tool_calls]
        written.update(tool_calls=calls, content=message.content or None)
    if message.role == "tool":
        written["tool_call_id"] = message.tool_call_id
    return written


def sent_tools(tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    """Tools as a model is told of them."""
    return [{"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}} for tool in tools]


def sent_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """The form that an answer must have, as strictly as providers can hold a model to it."""
    return {"type": "json_schema", "json_schema": {"name": schema.__name__, "schema": strict(schema.model_json_schema()), "strict": True}}


def strict(part: Any) -> Any:
    """A JSON schema in which every object has all of its properties and no other, which is what providers can enforce."""
    if isinstance(part, list):
        return [strict(each) for each in part]
    if not isinstance(part, dict):
        return part
    tight = {name: strict(value) for name, value in part.items() if name != "default"}
    if isinstance(part.get("properties"), dict):
        tight["properties"] = {name: strict(value) for name, value in part["properties"].items()}
        tight.update(additionalProperties=False, required=list(part["properties"]))
    return tight


def read_reply(answer: Any) -> Reply:
    """A whole answer. Raises ``BadAnswer`` when there is none in it."""
    if not getattr(answer, "choices", None):
        raise BadAnswer(maybe_charged=True)
    said = answer.choices[0].message
    calls = tuple(ToolCall(str(call.id or ""), str(call.function.name or ""), str(call.function.arguments or "{}")) for call in said.tool_calls or ())
    return Reply(str(said.content or ""), calls, _usage(getattr(answer, "usage", None)), answer.choices[0].finish_reason == "length")


class Gathered:
    """A streamed answer while it comes: text at once, and tool calls in pieces that are told apart by their place."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._calls: dict[int, list[str]] = {}
        self._cut = False

    def take(self, chunk: Any) -> str:
        """Keep one chunk and return its text. One without choices, as the last often is, has none."""
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self._cut = self._cut or choice.finish_reason == "length"
        for part in choice.delta.tool_calls or ():
            call = self._calls.setdefault(part.index, ["", "", ""])
            call[0] = call[0] or str(part.id or "")
            call[1] += str(part.function.name or "")
            call[2] += str(part.function.arguments or "")
        text = str(choice.delta.content or "")
        self._text.append(text)
        return text

    def reply(self, chunks: Iterable[Any]) -> Reply:
        """All of it, with what the provider says it was, if it says so anywhere in ``chunks``. Raises ``BadAnswer`` when nothing came."""
        calls = tuple(ToolCall(call[0], call[1], call[2] or "{}") for _place, call in sorted(self._calls.items()))
        text, told = "".join(self._text), [_usage(getattr(chunk, "usage", None)) for chunk in chunks]
        if not text and not calls:
            raise BadAnswer(maybe_charged=True)
        return Reply(text, calls, next((usage for usage in reversed(told) if usage), None), self._cut)


def read_vectors(answer: Any, asked: int) -> Embedded:
    """Vectors of length one, in the order of the texts. Raises ``BadAnswer`` when one is missing or is none."""
    rows = sorted(((int(_of(row, "index", place)), _of(row, "embedding", ())) for place, row in enumerate(answer.data or ())), key=lambda row: row[0])
    vectors = [[float(value) for value in row] for _place, row in rows]
    lengths = [math.sqrt(sum(value * value for value in vector)) for vector in vectors]
    if len(vectors) != asked or not all(length > 0 and math.isfinite(length) for length in lengths) or len({len(vector) for vector in vectors}) > 1:
        raise BadAnswer(maybe_charged=True)
    unit = tuple(tuple(value / length for value in vector) for vector, length in zip(vectors, lengths, strict=True))
    return Embedded(unit, _usage(getattr(answer, "usage", None)))


def _of(row: Any, name: str, otherwise: Any) -> Any:
    found = row.get(name) if isinstance(row, dict) else getattr(row, name, None)
    return otherwise if found is None else found


def _usage(told: Any) -> Usage | None:
    """What a provider counted; LiteLLM writes noughts where it said nothing."""
    given, came = getattr(told, "prompt_tokens", 0) or 0, getattr(told, "completion_tokens", 0) or 0
    return Usage(int(given), int(came)) if given or came else None


def error_of(failure: Exception, line: Line) -> AiError:
    """Which of our errors that is. What the gate itself has seen counts more than what a library made of it."""
    if isinstance(failure, AiError):
        return failure
    if isinstance(line.trouble, Refused | NotTrusted | TooLarge):
        return NotReachable(maybe_charged=line.reached)
    if line.trouble is not None:
        return ModelDown(maybe_charged=line.reached)
    status = line.status or 0
    if 200 <= status < 300:
        return ModelDown(maybe_charged=True) if "eof" in _kinds(failure) else BadAnswer(maybe_charged=True)
    names = _kinds(failure)
    if "contextwindowexceedederror" in names or status == 413:
        return TooLong()
    if "contentpolicyviolationerror" in names or "content_policy" in str(failure):
        return AnswerRefused()
    if status in (401, 402, 403):
        return KeyRefused()
    if status == 429:
        return KeyRefused() if "insufficient_quota" in str(failure) else ModelBusy(wait=line.wait)
    if status in (400, 404, 405, 422):
        return NoSuchModel()
    return ModelDown(wait=line.wait) if line.reached else NoSuchModel()


def _kinds(failure: BaseException) -> set[str]:
    """The names of an error and of all that caused it, in lower case; ``eof`` for an answer that ended before its end."""
    found: set[str] = set()
    at: BaseException | None = failure
    while at is not None and len(found) < 50:
        found |= {kind.__name__.lower() for kind in type(at).__mro__}
        found |= {"eof"} if "finish_reason" in str(at) or "RemoteProtocolError" in type(at).__name__ else set()
        at = at.__cause__ or at.__context__
    return found
