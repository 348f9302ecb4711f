"""The day in half a minute: who comes, what to know of them, who is drifting away, what cannot wait."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field
from sqlmodel import Session

from crm_app.ai.skills.frame import Case, Cited, NothingToRead, Result, Skill
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.analyses import finding_queries
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.schemas import DueFilter
from crm_app.domain.days import day_begins, today_of
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import DossierWish, Ref, Source, SourceFilter, SourceKind
from crm_app.domain.tasks.models import Status

MOST_EVENTS = 12
MOST_PEOPLE = 8
MOST_DUE = 4
CHARACTERS = 1_600


class Daily(Result):
    """``opening`` is one sentence about the day as a whole; ``people`` a line for each who comes, in the order of the day; ``attention`` what cannot wait."""

    opening: Cited
    people: tuple[Cited, ...] = Field(max_length=MOST_PEOPLE)
    attention: tuple[Cited, ...] = Field(max_length=5)
    confidence: float = Field(ge=0, le=1)

    @property
    def says_something(self) -> bool:
        """At least one line that has a source."""
        return bool(self.opening.sources or self.people or self.attention)


INSTRUCTIONS = """Tell the practitioner their day, to be read over the first tea.
- "opening": one sentence about the shape of the day: how many sessions, when the first begins, where there is room. Cite events.
- "people": for each who comes today, in the order of the day, one sentence: their first name, the time, and the one thing that matters most from last time.
- "attention": at most five: tasks that are due or overdue, promises that wait, somebody who has not been heard of for long. The most pressing first.
- Times of events are given in UTC and to be told in the zone that is named below. Leave out what is past by more than a day unless it waits for something.
- "confidence": near 1 where the sources say it, lower where people come of whom little is known."""


def prepare(session: Session, actor: Actor, subject: Subject) -> Case:
    """Today's own events with a little of each person, the actor's open tasks that are due, and whom they have not heard of for long."""
    today = today_of(actor)
    since, until = day_begins(today, actor.zone), day_begins(today + timedelta(days=1), actor.zone)
    refs = [Ref(SourceKind.EVENT, key) for key in finding_queries.list_days_events(session, actor, since, until, MOST_EVENTS)]
    found = disclosure.get_sources(session, actor, refs)
    events = [found[ref] for ref in refs if ref in found]
    coming = list(dict.fromkeys(key for event in events for key in sorted(event.contact_ids)))[:MOST_PEOPLE]
    tasks = [task for task in disclosure.find_sources(session, actor, SourceFilter(kinds=frozenset({SourceKind.TASK}), until=until, limit=60)) if _open(task)]
    due = cadence.list_due(session, actor, DueFilter(mine=True, limit=MOST_DUE)).rows
    waiting = [row.contact_id for row in due if row.contact_id not in coming]
    people = [source for key in [*coming, *disclosure.readable_ids(session, actor, waiting)] for source in _little(session, actor, key)]
    everything = {source.ref: source for source in (*events, *people, *tasks[:15])}
    if not everything:
        raise NothingToRead
    return Case(sources=tuple(everything.values()), told=f"The day is {today.isoformat()}, in the zone {actor.time_zone}.")


def _little(session: Session, actor: Actor, contact_id: object) -> tuple[Source, ...]:
    wish = DossierWish(kinds=frozenset({SourceKind.ENTRY}), most=3, most_characters=CHARACTERS)
    return disclosure.get_dossier(session, actor, contact_id, wish).everything  # type: ignore[arg-type]


def _open(task: Source) -> bool:
    return task.what not in (Status.COMPLETED.value, Status.CANCELLED.value)


SKILL = Skill(name="daily", feature=Feature.BRIEFING, version=1, instructions=INSTRUCTIONS, result=Daily, prepare=prepare, max_output=1_000)
