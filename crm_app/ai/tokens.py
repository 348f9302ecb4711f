"""How many tokens a text is at most, told without any model's own vocabulary: reading one takes seconds and a hundred megabytes, and each has another.

A tokenizer cuts a text into words, figures and marks before it looks any of them up. What each of these costs at most in the vocabularies of
today is counted here: English comes out about a quarter too high, and scripts that few vocabularies know well, higher. A test holds it against real ones.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

from crm_app.ai.types import Message, ToolSpec

EACH_MESSAGE = 6
EACH_TOOL = 14
_PIECES = re.compile(r"(?P<word>[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+)|(?P<figure>[0-9]+)|(?P<space>[^\S\n]+|\n+)|(?P<mark>[!-/:-@\[-`{-~]+)|(?P<other>.)", re.S)
_LONG = 18


def count_text(text: str) -> int:
    """Tokens of one text, at most."""
    return math.ceil(sum(_cost(match) for match in _PIECES.finditer(text)))


def count_question(messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> int:
    """Tokens of everything that is sent, at most."""
    called = [f"{call.name} {call.arguments}" for message in messages for call in message.tool_calls]
    told = [f"{tool.name} {tool.description} {json.dumps(dict(tool.parameters), ensure_ascii=False)}" for tool in tools]
    texts = [message.content for message in messages] + called + told
    return sum(map(count_text, texts)) + EACH_MESSAGE * (len(messages) + 1) + EACH_TOOL * (len(called) + len(told))


def _cost(match: re.Match[str]) -> float:
    kind, length = match.lastgroup, len(match[0])
    if kind == "word":
        return _word(match[0])
    if kind == "space":
        return 0 if match[0] == " " else 1 + length / 8
    return 0.75 * length if kind in ("figure", "mark") else _script(match[0])


def _word(word: str) -> float:
    """A short word is one token. What is no word at all, as an encoded file, comes apart into pairs of letters."""
    if not word.isascii():
        return max(1, 0.7 * len(word) + 0.8 * sum(letter >= "\u1e00" for letter in word))
    if len(word) > _LONG or not (word.islower() or word.istitle()):
        return max(1, 0.6 * len(word))
    return 1 if len(word) <= 4 else 0.35 * len(word)


def _script(character: str) -> float:
    """A letter beyond Latin: the fewer vocabularies know its script, the more of its bytes are tokens of their own."""
    if "\u0400" <= character <= "\u04ff":
        return 0.7
    if "\u2e80" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7af":
        return 1.35
    size = len(character.encode("utf-8", "replace"))
    known = "\u0900" <= character <= "\u0eff"
    return {1: 1.0, 2: 1.25, 3: 1.9 if known else 2.8, 4: 4.0}[size]
