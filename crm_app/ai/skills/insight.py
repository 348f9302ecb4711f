"""How it stands with a contact: a few sentences with their sources, what to do next and by when, and what one should not miss."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field
from sqlmodel import Session

from crm_app.ai.skills.frame import Case, Cited, NothingToRead, Result, Skill
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import DossierWish


class Timeframe(StrEnum):
    """By when something would be good to do."""

    TODAY = "today"
    THIS_WEEK = "this_week"
    THIS_MONTH = "this_month"
    LATER = "later"


class Level(StrEnum):
    """How much something weighs."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class NextStep(Cited):
    """Something that the practitioner could do."""

    timeframe: Timeframe


class Risk(Cited):
    """Something that speaks for this contact drifting away, or not being well served."""

    level: Level


class Insight(Result):
    """Two to four sentences, what to do next, what to watch. ``confidence`` between 0 and 1: how far the sources carry it."""

    summary: tuple[Cited, ...] = Field(max_length=5)
    next_steps: tuple[NextStep, ...] = Field(max_length=4)
    risks: tuple[Risk, ...] = Field(max_length=3)
    confidence: float = Field(ge=0, le=1)

    @property
    def says_something(self) -> bool:
        """An insight without a sentence that has a source is none."""
        return bool(self.summary)


INSTRUCTIONS = """Say how it stands with the contact of source [1], for somebody who meets them soon and has half a minute.
- "summary": two to four short sentences. What has changed lately, what matters most to the contact now, how the relationship goes. The newest weighs most.
  Do not retell single entries and do not repeat the facts of source [1] (name, job, stage).
- "next_steps": at most three things that the practitioner could do, each with a timeframe, drawn from what was promised, asked, planned or left open. None
  that is done already, and none where the sources call for none.
- "risks": at most two signs that the contact is drifting away, is dissatisfied, or needs care that this practice may not give. None where there is none.
- "confidence": near 1 where several recent sources agree, below 0.4 where there are one or two or where they are old."""


def prepare(session: Session, actor: Actor, subject: Subject) -> Case:
    """Everything about the contact that may be read, the newest first, as far as it fits."""
    dossier = disclosure.get_dossier(session, actor, subject.id, DossierWish(most=50, most_characters=18_000))
    if not dossier.sources:
        raise NothingToRead
    return Case(sources=dossier.everything)


SKILL = Skill(name="insight", feature=Feature.INSIGHT, version=1, instructions=INSTRUCTIONS, result=Insight, prepare=prepare)
