"""The assistant's tools in the hands of another assistant, which somebody has given a token of theirs (see ``crm_app.api.mcp``).

It reads what AI may read for that person, and suggests changes to them; it changes nothing. What it is told goes through the ledger as everything
that a model is told does: whose records they were stands there, and what was said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.ai import outer_names, tools
from crm_app.ai.tools.handles import Handles, NoSuchHandle
from crm_app.ai.tools.reading import Reading
from crm_app.ai.types import ToolCall, ToolSpec
from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.conversations.schemas import Cited
from crm_app.domain.errors import Unavailable
from crm_app.domain.i18n import _
from crm_app.domain.meaning.schemas import Asked
from crm_app.domain.permissions import Permission
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.schemas import CallDone, CallPlan, Turn
from crm_app.domain.unit_of_work import run_service

P = Permission
READS = {
    "find_people": (P.CONTACT_READ,), "find_notes": (P.INTERACTION_READ, P.MAIL_READ, P.DOCUMENT_READ), "read_timeline": (P.INTERACTION_READ, P.MAIL_READ),
    "read_calendar": (P.CALENDAR_READ,), "read_tasks": (P.TASK_READ,),
    "read_goals": (P.GOAL_READ, P.PROGRAMME_READ), "read_files": (P.DOCUMENT_READ,), "count_things": (P.CONTACT_READ, P.DASHBOARD_READ),
    "read_person": (P.CONTACT_READ, P.INTERACTION_READ, P.MAIL_READ, P.CALENDAR_READ, P.TASK_READ, P.GOAL_READ, P.PROGRAMME_READ, P.DOCUMENT_READ),
}  # fmt: skip
"""What a tool reads: a token that is narrowed must allow all of it. What a tool suggests, its suggestion asks for itself."""


@dataclass(frozen=True, slots=True)
class Told:
    """What another assistant is told: ``text``, and the records that it rests on. ``refused``: it asked for something that cannot be."""

    text: str
    records: tuple[Cited, ...] = ()
    refused: bool = False


class Keys(Handles):
    """Records by their own ids. Whoever holds the token may read by id as over REST; a short name that stays the same needs a conversation."""

    def __init__(self) -> None:
        super().__init__({})

    def give(self, kind: str, key: UUID) -> str:
        """The id."""
        return str(key)

    def find(self, name: str, kind: str) -> UUID:
        """The id, if it is one. NoSuchHandle otherwise; whether there is such a record, and for whom, is asked afterwards."""
        try:
            return UUID(name.strip())
        except ValueError:
            raise NoSuchHandle(f"{name[:40]!r} is no id of a {kind}. Look it up with another tool first.") from None


def list_specs() -> tuple[ToolSpec, ...]:
    """Every tool, as another assistant is told of it: those that read, and those that suggest."""
    return tuple(tool.spec for tool in tools.BY_NAME.values())


def answer_other(actor: Actor, name: str, arguments: Mapping[str, Any]) -> Told:
    """``tell_other`` of what was asked with names in place of stand-ins, and with what a search means, which is read first. Blocking, outside any transaction."""
    given = run_service(actor, outer_names.show_names, arguments)
    return run_service(actor, tell_other, name, given, tools.understand(actor, ToolCall("", name, json.dumps(given))))


def tell_other(session: Session, actor: Actor, name: str, arguments: Mapping[str, Any], understood: Asked | None = None) -> Told:
    """What a tool says to whoever acts with a token of the actor's. Unavailable while AI is off or what it reads stays at home, Forbidden for whom it is not
    and where a narrowed token may not read what the tool does; else a refusal is told as text."""
    actor.require(Permission.AI_USE)
    for needed in READS.get(name, ()):
        actor.require(needed)
    settings = ai.get_settings(session, actor)
    if not settings.enabled:
        raise Unavailable(_("AI is switched off here. An admin switches it on in Settings, AI & budgets."))
    if settings.local_only or ai.get_preference(session, actor).local_only:
        raise Unavailable(_("What AI reads stays on machines of the practice here, and nobody knows where another assistant is."))
    reading = Reading(actor, Keys(), set(), understood=understood)
    result = tools.use_tool(session, actor, ToolCall("", name, json.dumps(dict(arguments))), reading)
    told = _hidden(session, Told(result.text, tuple(reading.cited.values()), refused=not result.step), reading)
    if not told.refused:
        _note(session, actor, name, told, reading)
    return told


def _hidden(session: Session, told: Told, reading: Reading) -> Told:
    """As it leaves: people under stand-ins, where the team has them."""
    mask = outer_names.mask_for(session, reading.actor, [told.text, *(record.title for record in told.records)], reading.contact_ids)
    if mask is None:
        return told
    return replace(told, text=mask.hide(told.text), records=tuple(record.model_copy(update={"title": mask.hide(record.title)}) for record in told.records))


def _note(session: Session, actor: Actor, name: str, told: Told, reading: Reading) -> None:
    """What leaves by a token is in the ledger as what leaves for a model of ours is. It costs nothing here."""
    plan = CallPlan(
        feature=Feature.ASSISTANT, skill=name, model_label=_("Another assistant, by token"), input_tokens=0, max_output=0, input_price=0, output_price=0, local=True,
        why=_("It was asked for with one of your tokens."), sent=(Turn("tool", told.text),), contact_ids=frozenset(reading.contact_ids),
    )  # fmt: skip
    call = spending.reserve_call(session, actor, plan)
    spending.settle_call(session, actor, call.call_id, CallDone(input_tokens=0, output_tokens=0))
