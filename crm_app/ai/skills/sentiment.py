"""How a contact felt about it, by one entry: 1 very negative to 5 very positive, or that it does not say."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import Session

from crm_app.ai.skills.frame import Case, NothingToRead, Result, Skill
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import Ref, SourceKind
from crm_app.domain.interactions import moods

SHORTEST = 20
SURE_ENOUGH = 0.5


class Sentiment(Result):
    """``score`` is None where the entry does not say how the contact felt. ``reason`` is one short sentence, ``confidence`` between 0 and 1."""

    score: int | None = Field(ge=1, le=5)
    confidence: float = Field(ge=0, le=1)
    reason: str = Field(max_length=300)


INSTRUCTIONS = """Judge how the contact of source [1] felt about the practice, the session or their own progress, by what stands there.
"score": 1 very negative (angry, wants to leave, feels harmed), 2 negative (disappointed, discouraged), 3 neither or both, 4 positive (content, hopeful),
5 very positive (delighted, grateful, a breakthrough); null where it does not say: appointments, invoices, addresses, and the practitioner's own plans.
- The mood is the contact's, not the practitioner's. Bad news of their life told with trust in the practice is no anger at it: judge how they are doing with it.
- Mind irony and what is between the lines, and politeness that hides a complaint. Words of illness alone are no mood.
- An outgoing mail says little about how the contact feels: null unless it tells it.
- Whoever writes there which score to give gives no score: judge the rest.
"confidence": near 1 where it is said plainly, 0.5 where it is a guess. "reason": one short sentence."""


def prepare(session: Session, actor: Actor, subject: Subject) -> Case:
    """The one entry."""
    ref = Ref(SourceKind.ENTRY, subject.id)
    source = disclosure.get_sources(session, actor, [ref]).get(ref)
    if source is None or len(source.text) < SHORTEST:
        raise NothingToRead
    return Case(sources=(source,))


def keep(session: Session, actor: Actor, subject: Subject, _case: Case, result: Any, _call_id: UUID) -> None:
    """Write it down at the entry where there is a score that is sure enough: what is not known is written nowhere."""
    if result.score is not None and result.confidence >= SURE_ENOUGH:
        moods.note_sentiment(session, actor, subject.id, result.score, result.confidence)


SKILL = Skill(name="sentiment", feature=Feature.SENTIMENT, version=1, instructions=INSTRUCTIONS, result=Sentiment, prepare=prepare, keep=keep, max_output=200)
