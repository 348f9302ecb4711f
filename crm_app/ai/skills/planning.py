"""A task in steps: what to do first, how long it takes, and by when it would have to begin."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from crm_app.ai.skills import proposing
from crm_app.ai.skills.frame import Case, Cited, NothingToRead, Result, Skill
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import DossierWish, Ref, Source, SourceKind
from crm_app.domain.suggestions.models import Kind

MOST_PEOPLE = 3


class Step(BaseModel):
    """One thing to do, with about how many minutes it takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=3, max_length=200)
    minutes: int = Field(ge=5, le=480)


class Plan(Result):
    """Steps in the order in which they are done. ``begin_on`` is the day on which one would have to begin, None where no day is set or it is all one go."""

    steps: tuple[Step, ...] = Field(max_length=8)
    begin_on: date | None
    why: Cited
    confidence: float = Field(ge=0, le=1)

    @property
    def says_something(self) -> bool:
        """That a task needs no steps is an answer as well, where a source says so."""
        return bool(self.why.sources)


INSTRUCTIONS = """Divide the task of source [1] into steps for a practitioner who has half an hour at a time.
- "steps": three to seven things that can be done in one sitting, each beginning with a verb, in the order in which they are done, each with its minutes.
  None where the task is one small thing. None that source [1] has already among its steps, ticked or not.
- Draw on the other sources for what is special about these people: what they asked for, what they have already, what they do not bear.
- Nothing to buy, to book or to tell anybody that no source speaks of. No health advice.
- "begin_on": the latest day to begin so that the steps are done by the day that is set, two steps a day at most, not before today; else null.
- "why": one sentence on what the plan rests on, with its sources. "confidence": near 1 where the task says what is wanted."""


def prepare(session: Session, actor: Actor, subject: Subject) -> Case:
    """The task, and a little of each of its people."""
    ref = Ref(SourceKind.TASK, subject.id)
    task = disclosure.get_sources(session, actor, [ref]).get(ref)
    if task is None:
        raise NothingToRead
    wish = DossierWish(kinds=frozenset({SourceKind.ENTRY, SourceKind.GOAL, SourceKind.EVENT}), most=12, most_characters=4_000)
    found: dict[Ref, Source] = {ref: task}
    for contact_id in sorted(task.contact_ids)[:MOST_PEOPLE]:
        found |= {source.ref: source for source in disclosure.get_dossier(session, actor, contact_id, wish).everything if source.ref not in found}
    return Case(sources=tuple(found.values()))


def keep(session: Session, actor: Actor, subject: Subject, case: Case, result: Any, call_id: UUID) -> None:
    """Suggest the steps."""
    if len(result.steps) > 1:
        steps = [step.title for step in result.steps]
        proposing.propose(session, actor, Kind.UPDATE_TASK, {"task_id": str(subject.id), "steps": steps}, result.why, case, call_id, unasked=False)


SKILL = Skill(name="planning", feature=Feature.PLANNING, version=1, instructions=INSTRUCTIONS, result=Plan, prepare=prepare, keep=keep, max_output=700)
