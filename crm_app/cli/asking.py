"""``mindfulcrm ai ask``: one question to the assistant as a person, and its answer with the records that it rests on."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from crm_app.ai import assistant
from crm_app.ai.types import Wish
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Tier
from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.models import TurnState
from crm_app.domain.conversations.schemas import LONGEST_QUESTION, TurnCreate, TurnView
from crm_app.domain.errors import Invalid, Unavailable
from crm_app.domain.i18n import _
from crm_app.domain.times import machine
from crm_app.domain.unit_of_work import run_service


class Unanswered(Unavailable):
    """There is no answer, and why; ``cost_micros`` is what was paid all the same."""

    def __init__(self, message: str, cost_micros: int) -> None:
        super().__init__(message)
        self.cost_micros = cost_micros


def ask_assistant(actor: Actor, question: str, tier: str | None) -> dict[str, Any]:
    """Ask, and wait: ``{"answer", "sources", "model", "why", "cost_micros", "cost", "seconds", "steps", "suggestions", "conversation"}``.

    A source is ``{"number", "kind", "id", "title", "when"}``.
    ``cost`` is in US dollars. It stands among the person's conversations as one of their own. Unanswered when there is no answer, with why.
    """
    try:
        data = TurnCreate(question=question)
    except ValidationError:
        raise Invalid(_("A question has between 1 and %d characters.") % LONGEST_QUESTION) from None
    begun = run_service(actor, talks.begin_turn, data)
    ended: TurnView | None = None
    for event in assistant.answer(lambda: actor, begun.turn_id, wish=Wish(tier=Tier(tier) if tier else None)):
        ended = event.turn if isinstance(event, assistant.Ended) else ended
    if ended is None or ended.state is not TurnState.DONE:
        raise Unanswered(ended.failure if ended and ended.failure else _("There is no answer."), ended.cost_micros if ended else 0)
    return {
        "answer": ended.answer, "sources": [_source(one.model_dump()) for one in ended.sources], "model": ended.model_label, "why": ended.why,
        "cost_micros": ended.cost_micros, "cost": ended.cost_micros / 1_000_000, "seconds": ended.seconds, "steps": list(ended.steps),
        "suggestions": [str(key) for key in ended.suggestions], "conversation": str(begun.conversation_id),
    }  # fmt: skip


def answer_sentences(result: dict[str, Any]) -> str:
    """The answer for a person to read, with its sources and what it cost."""
    lines = [result["answer"], ""]
    lines += [f"[{one['number']}] {one['title'] or one['kind']}" + (f", {one['when'][:10]}" if one["when"] else "") for one in result["sources"]]
    lines += [f"{len(result['suggestions'])} suggestions wait for a decision."] if result["suggestions"] else []
    return "\n".join([*lines, f"{result['model']}, {result['seconds']:.1f} s, ${result['cost']:.4f}"])


def _source(cited: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": cited["number"], "kind": cited["what"] or cited["kind"], "id": str(cited["ref_id"]), "title": cited["title"],
        "when": machine(cited["when"]) if cited["when"] else None,
    }  # fmt: skip
