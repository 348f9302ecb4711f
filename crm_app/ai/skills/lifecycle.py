"""Which stage a contact has come to, where that is another one than the one that is set."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import Session

from crm_app.ai.skills import proposing
from crm_app.ai.skills.frame import Case, Cited, NothingToRead, Result, Skill
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.contacts.models import Stage
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import DossierWish
from crm_app.domain.suggestions.models import Kind

SURE_ENOUGH = 0.7


class Lifecycle(Result):
    """``stage`` is the one that fits, which may be the one that is set. ``why`` is one sentence."""

    stage: Stage
    why: Cited
    confidence: float = Field(ge=0, le=1)

    @property
    def says_something(self) -> bool:
        """A stage without a source is a guess."""
        return bool(self.why.sources)


INSTRUCTIONS = """Say which stage the relationship with the contact of source [1] has come to, by what happened and not by what is wished.
- "discovery": known by name, no real exchange yet. "curious": has asked, or has come to a first talk or a trial. "new_client": has begun to pay, up to about
  three months or five sessions. "core_client": comes regularly for longer than that. "ambassador": a client who brings others, or speaks for the practice.
- "needs_reconnecting": was a client and has been silent for about three times as long as usual, or for more than two months, without a farewell or an agreed
  pause. "inactive": has said goodbye, or has been silent for more than half a year. "collaborator": works with the practice and is no client.
- An agreed pause (pregnancy, a journey, an operation) is no silence. A single bulk mail or an invoice is no exchange.
- Where the stage of source [1] fits, give that one. "why": one sentence with its sources, source [1] alone is not enough.
- "confidence": near 1 where days and numbers speak for themselves, below 0.7 where two stages could be meant."""


def prepare(session: Session, actor: Actor, subject: Subject) -> Case:
    """What is known of the contact."""
    dossier = disclosure.get_dossier(session, actor, subject.id, DossierWish(most=40, most_characters=14_000))
    if not dossier.sources:
        raise NothingToRead
    return Case(sources=dossier.everything)


def keep(session: Session, actor: Actor, subject: Subject, case: Case, result: Any, call_id: UUID) -> None:
    """Suggest the stage where it is another one and it is sure enough."""
    if result.confidence >= SURE_ENOUGH and f"Stage: {result.stage.value}" not in case.sources[0].text.splitlines():
        proposing.propose(session, actor, Kind.CHANGE_STAGE, {"contact_id": str(subject.id), "stage": result.stage.value}, result.why, case, call_id)


SKILL = Skill(name="lifecycle", feature=Feature.INSIGHT, version=1, instructions=INSTRUCTIONS, result=Lifecycle, prepare=prepare, keep=keep, max_output=300)
