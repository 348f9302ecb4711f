"""What an event of a calendar is: whether it is work with somebody, of what kind, which session it is, what it was about, what comes of it."""

from __future__ import annotations

from enum import StrEnum
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
from crm_app.domain.disclosure.schemas import Ref, Source, SourceKind
from crm_app.domain.suggestions.models import Kind

SURE_ENOUGH = 0.7
MOST_TASKS = 3
MOST_PEOPLE = 5


class Sort(StrEnum):
    """What takes place."""

    FIRST_MEETING = "first_meeting"
    SESSION = "session"
    GROUP_CLASS = "group_class"
    WORKSHOP = "workshop"
    CALL = "call"
    SUPERVISION = "supervision"
    ADMINISTRATION = "administration"
    PRIVATE = "private"
    OTHER = "other"


class StageHint(Cited):
    """The stage that the event speaks for."""

    stage: Stage


class EventFacts(Result):
    """``relevant``: it is the practice's work with clients or those who may become some. ``session`` is its number where it is written. ``topics`` are a
    few words each. ``stage`` only where the event itself shows that another one is due.
    """

    relevant: bool
    sort: Sort
    session: int | None = Field(ge=1, le=999)
    topics: tuple[str, ...] = Field(max_length=5)
    actions: tuple[Cited, ...] = Field(max_length=4)
    stage: StageHint | None
    confidence: float = Field(ge=0, le=1)


INSTRUCTIONS = """Source [1] is an entry of the practitioner's calendar; those after it, if any, are the contacts whom it concerns. Say what it is.
- "relevant": true for the practice's work with clients, prospects or collaborators; false for what is private, for machines' reminders, travel, blocked time.
- "sort": "first_meeting" for a free first talk or an intake; "session" for one client or a couple; "group_class" for what recurs with several;
  "workshop" for retreats and single events with several; "call" for a short talk by phone or video; "supervision" for the practitioner's own learning;
  "administration" for bookkeeping, rooms, suppliers; "private"; "other" where none fits.
- "session": the number of the session where it is written ("Session 8", "8/12", "3rd appointment"), else null. Do not count.
- "topics": at most five, of one to three words, in lower case, of what is written about the content. None where nothing is.
- "actions": what the practitioner is to do about it, where it says so (bring, send, prepare, call back).
- "stage": only where this entry shows it: "curious" for a booked first meeting of somebody in discovery, "new_client" for a first paid session or a start
  of a programme, "inactive" for a farewell. Null where the contact has that stage already, and wherever it is not plain.
- "confidence": near 1 where it says so itself, 0.5 where a title could be anything."""


def prepare(session: Session, actor: Actor, subject: Subject) -> Case:
    """The event and the facts of those whom it concerns."""
    ref = Ref(SourceKind.EVENT, subject.id)
    event = disclosure.get_sources(session, actor, [ref]).get(ref)
    if event is None or not event.contact_ids:
        raise NothingToRead
    people = [Ref(SourceKind.CONTACT, key) for key in sorted(event.contact_ids)[:MOST_PEOPLE]]
    facts = disclosure.get_sources(session, actor, people)
    return Case(sources=(event, *(_briefly(facts[one]) for one in people if one in facts)))


def keep(session: Session, actor: Actor, _subject: Subject, case: Case, result: Any, call_id: UUID) -> None:
    """Suggest tasks for what is to be done, and another stage where one contact alone is concerned and it is sure enough."""
    if not result.relevant or result.confidence < SURE_ENOUGH:
        return
    people = sorted(str(key) for key in case.sources[0].contact_ids)
    for action in result.actions[:MOST_TASKS]:
        proposing.propose(session, actor, Kind.CREATE_TASK, {"title": action.text[:300], "contact_ids": people}, action, case, call_id)
    if result.stage is not None and result.stage.sources and len(people) == 1:
        proposing.propose(session, actor, Kind.CHANGE_STAGE, {"contact_id": people[0], "stage": result.stage.stage.value}, result.stage, case, call_id)


def _briefly(facts: Source) -> Source:
    """Who somebody is and where they stand, without what is written about them."""
    lines = [line for line in facts.text.splitlines() if line.startswith(("Stage:", "Last contact:"))]
    return facts.model_copy(update={"text": "\n".join(lines)})


SKILL = Skill(name="events", feature=Feature.EVENTS, version=1, instructions=INSTRUCTIONS, result=EventFacts, prepare=prepare, keep=keep, max_output=500)
