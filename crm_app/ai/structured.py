"""Holding an answer to the form that was asked for, and saying once what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from crm_app.ai.tokens import count_text
from crm_app.ai.types import Message

M = TypeVar("M", bound=BaseModel)

MOST_SAID = 6_000
MOST_FAULTS = 12
_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.S)


class Unfit(ValueError):
    """The answer does not have the form. ``faults`` say where and why, without a word of the answer."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


def fitting(schema: type[M], text: str) -> M:
    """The answer as an instance of ``schema``. Raises ``Unfit``."""
    fenced = _FENCED.match(text)
    try:
        return schema.model_validate_json(fenced[1] if fenced else text)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)[:MOST_FAULTS]
        raise Unfit([f"{'.'.join(map(str, fault['loc'])) or 'all of it'}: {fault['type']}" for fault in found]) from None


def mending(messages: Sequence[Message], text: str, unfit: Unfit) -> tuple[Message, ...]:
    """The same question, the answer that did not fit, and what is wrong with it."""
    asked = "Your answer does not have the form that was asked for:\n- " + "\n- ".join(unfit.faults) + "\nAnswer again with nothing but JSON of that form."
    return *messages, Message("assistant", text[:MOST_SAID] or "(nothing)"), Message("user", asked)


def form_tokens(schema: type[BaseModel]) -> int:
    """How many tokens the form itself takes, at most: providers send it along."""
    return count_text(json.dumps(schema.model_json_schema()))
