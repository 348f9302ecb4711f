"""What the assistant can do for a question: it reads, and proposes, as whoever asks, and knows records by the short names that it was given."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session

from crm_app.ai.tools import numbers, people, proposing, records, searching
from crm_app.ai.tools.reading import Reading, ToolResult
from crm_app.ai.tools.tool import Tool
from crm_app.ai.types import ToolCall
from crm_app.domain.actor import Actor
from crm_app.domain.errors import CrmError
from crm_app.domain.meaning.schemas import Asked
from crm_app.domain.permissions import Permission

READING: tuple[Tool[Any], ...] = (*people.TOOLS, *searching.TOOLS, *records.TOOLS, *numbers.TOOLS)
PROPOSING: tuple[Tool[Any], ...] = tuple(proposing.TOOLS)
BY_NAME = {tool.name: tool for tool in (*READING, *PROPOSING)}


def understand(actor: Actor, call: ToolCall) -> Asked | None:
    """What a call means, where its tool looks for meanings. Blocking: before ``use_tool``, in no transaction. None where there is none or it may not be."""
    if call.name != searching.NAME:
        return None
    try:
        return searching.understand(actor, searching.Search.model_validate(json.loads(call.arguments or "{}")))
    except (ValidationError, ValueError, RecursionError, CrmError):
        return None


def use_tool(session: Session, actor: Actor, call: ToolCall, reading: Reading) -> ToolResult:
    """What comes of this call, in one transaction as ``actor``. A call that cannot be is answered with why, for the model to do better.

    Forbidden for whoever may use AI no more, though they might when the round began.
    """
    actor.require(Permission.AI_USE)
    tool = BY_NAME.get(call.name)
    if tool is None:
        return ToolResult(f"There is no tool {call.name[:40]!r}. There are: {', '.join(BY_NAME)}.", "")
    try:
        asked = tool.arguments.model_validate(json.loads(call.arguments or "{}"))
    except (ValidationError, ValueError, RecursionError) as error:
        return ToolResult(f"Those arguments do not fit: {_why(error)}", "")
    try:
        return tool.run(session, reading, asked)
    except CrmError as error:
        return ToolResult(error.message, "")


def _why(error: Exception) -> str:
    """What did not fit, without what was given."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'arguments'}: {one['msg']}" for one in error.errors(include_input=False, include_url=False)[:5])
    return "they are not JSON"
