"""Between our words and those of providers. What they say about a failure decides which of our errors it is, and goes no further."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel

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
from crm_app.ai.types import Embedded, Message, Reply, ToolCall, ToolSpec, Usage
from crm_app.domain.spending.rules import MOST_TOKENS
from crm_app.infrastructure.outbound import GivenUp, NotTrusted, Refused
from crm_app.infrastructure.outbound_http import TooLarge
from crm_app.infrastructure.outbound_httpx import Line

_THOUGHT = re.compile(r"\A\s*<think>(?:.*?</think>\s*|.*\Z)", re.S)
_UNSEEN = re.compile("[\x00\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_THINKING = re.compile(r"\A\s*(?:<(?:t(?:h(?:i(?:n(?:k)?)?)?)?)?\Z|<think>(?!.*</think>))|\A\s+\Z", re.S)


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
    return _reply(str(said.content or ""), calls, _usage(getattr(answer, "usage", None)), str(answer.choices[0].finish_reason))


def read_whole(content: bytes) -> Reply:
    """An answer that came whole although it was asked for in pieces. Raises ``BadAnswer`` when it is none."""
    try:
        told = json.loads(content)
        choice = told["choices"][0]
        said, usage = choice["message"], told.get("usage")
        asked = [(call.get("id"), call["function"]["name"], call["function"].get("arguments")) for call in said.get("tool_calls") or ()]
        calls = tuple(ToolCall(str(key or ""), str(name or ""), given if isinstance(given, str) else json.dumps(given or {})) for key, name, given in asked)
        counted = _usage(SimpleNamespace(**usage)) if isinstance(usage, dict) else None
        reply = _reply(str(said.get("content") or ""), calls, counted, str(choice.get("finish_reason")))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise BadAnswer(maybe_charged=True) from None
    if not reply.text and not reply.tool_calls:
        raise BadAnswer(maybe_charged=True)
    return reply


def _reply(text: str, calls: Sequence[ToolCall], usage: Usage | None, finish: str) -> Reply:
    """An answer, with every tool call under an id of its own, and without what a model thought aloud before it spoke."""
    text = _readable(text[_said_from(text) :])
    if finish == "content_filter" and not text and not calls:
        raise AnswerRefused(maybe_charged=True)
    known = [call.id for call in calls]
    own = len(set(known)) == len(known) and all(known)
    asked = (replace(call, id=call.id if own else f"call_{place}", arguments=_readable(call.arguments)) for place, call in enumerate(calls))
    return Reply(text, tuple(asked), usage, finish == "length")


def _said_from(text: str) -> int:
    """Where what is said begins, after what was thought."""
    thought = _THOUGHT.match(text)
    return thought.end() if thought else 0


def _readable(text: str) -> str:
    """Text that can be kept and sent on: characters that came in halves are put together; what is none, is unseen, or turns a line around is left out."""
    return _UNSEEN.sub("", text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class Gathered:
    """A streamed answer while it comes: text at once, and tool calls in pieces that are told apart by their place and their id."""

    def __init__(self) -> None:
        self._text, self._shown, self._speaks = "", 0, False
        self._calls: list[tuple[Any, list[str]]] = []
        self._finish = ""

    def take(self, chunk: Any) -> str:
        """Keep one chunk and return what can be shown of it. One without choices, as the last often is, has nothing; nor has a second answer beside the first."""
        if not chunk.choices or chunk.choices[0].index:
            return ""
        choice = chunk.choices[0]
        self._finish = str(choice.finish_reason or self._finish)
        for part in choice.delta.tool_calls or ():
            call = self._call(part.index, str(part.id or ""))
            name = str(part.function.name or "")
            call[1] += "" if name == call[1] else name
            call[2] += str(part.function.arguments or "")
        self._text += str(choice.delta.content or "")
        if not self._speaks:
            if _THINKING.match(self._text):
                return ""
            self._speaks, self._shown = True, _said_from(self._text)
        end = len(self._text) - ("\ud800" <= self._text[-1:] <= "\udbff")  # half a character waits for its other half
        fresh, self._shown = self._text[self._shown : end], end
        return _readable(fresh)

    @property
    def came(self) -> bool:
        """Whether anything came at all."""
        return bool(self._text or self._calls)

    def reply(self, chunks: Iterable[Any]) -> Reply:
        """All of it, with what the provider says it was, if it says so anywhere in ``chunks``. Raises ``BadAnswer`` when nothing came."""
        calls = tuple(ToolCall(call[0], call[1], call[2] or "{}") for _place, call in self._calls)
        told = [_usage(getattr(chunk, "usage", None)) for chunk in chunks]
        reply = _reply(self._text, calls, next((usage for usage in reversed(told) if usage), None), self._finish)
        if not reply.text and not calls:
            raise BadAnswer(maybe_charged=True)
        return reply

    def _call(self, place: Any, key: str) -> list[str]:
        """The call that this is a piece of: some servers number every call alike, and then another id begins another call."""
        for known, call in reversed(self._calls):
            if known == place and (not key or not call[0] or key == call[0]):
                call[0] = call[0] or key
                return call
        self._calls.append((place, [key, "", ""]))
        return self._calls[-1][1]


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
    """What a provider counted; LiteLLM writes noughts where it said nothing. None for what no question can have: then we count ourselves."""
    counts = [getattr(told, name, 0) for name in ("prompt_tokens", "completion_tokens")]
    given, came = (int(count) if isinstance(count, int | float) and math.isfinite(count) else 0 for count in counts)
    return Usage(given, came) if 0 < given <= MOST_TOKENS and 0 <= came <= MOST_TOKENS else None


def error_of(failure: Exception, line: Line) -> AiError:
    """Which of our errors that is. What the gate itself has seen counts more than what a library made of it."""
    if isinstance(failure, AiError):
        return failure
    if isinstance(line.trouble, GivenUp):
        return HungUp(maybe_charged=line.reached)
    if isinstance(line.trouble, TooLarge):
        return BadAnswer(maybe_charged=True)
    if isinstance(line.trouble, Refused | NotTrusted):
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
