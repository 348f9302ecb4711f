"""What to know before a session: where it was left, what happened since, what is open. For an event with its contacts, or for one contact."""

from __future__ import annotations

from pydantic import Field
from sqlmodel import Session

from crm_app.ai.skills.frame import Case, Cited, NothingToRead, Result, Skill
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.analyses.models import SubjectKind
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import DossierWish, Ref, Source, SourceKind

MOST_PEOPLE = 6
CHARACTERS = 18_000


class Brief(Result):
    """Read in a minute, right before the door opens. ``last_time`` and ``since_then`` are what happened, ``goals`` how far they are, ``open_points`` what
    was promised, asked or left open, ``ideas`` what could be done in the session.
    """

    last_time: tuple[Cited, ...] = Field(max_length=4)
    since_then: tuple[Cited, ...] = Field(max_length=4)
    goals: tuple[Cited, ...] = Field(max_length=4)
    open_points: tuple[Cited, ...] = Field(max_length=5)
    ideas: tuple[Cited, ...] = Field(max_length=3)
    confidence: float = Field(ge=0, le=1)

    @property
    def says_something(self) -> bool:
        """At least one line that has a source."""
        return any((self.last_time, self.since_then, self.goals, self.open_points))


INSTRUCTIONS = """Prepare the practitioner for the session that is coming. They read it in a minute, standing.
- "last_time": what was done and said when they last met, and how it went. One to three sentences.
- "since_then": what has come since: mails, calls, cancellations, news. Nothing where nothing has come.
- "goals": how far each goal under way is, with its figures as they are written.
- "open_points": what was promised to the contact or by them, homework, questions without an answer, tasks that are due. The most pressing first.
- "ideas": at most three things that could be done in this session, each drawn from a source. No treatment, no diagnosis.
- Where several people come, begin each line with the first name of the one whom it is about.
- "confidence": near 1 where recent sources say it, below 0.4 where they are few or old."""


def prepare(session: Session, actor: Actor, subject: Subject) -> Case:
    """An event with all its contacts, each with their share of the room; or one contact alone."""
    if subject.kind is SubjectKind.CONTACT:
        return Case(sources=_telling(disclosure.get_dossier(session, actor, subject.id, DossierWish(most=40, most_characters=CHARACTERS)).everything))
    ref = Ref(SourceKind.EVENT, subject.id)
    event = disclosure.get_sources(session, actor, [ref]).get(ref)
    if event is None or not event.contact_ids:
        raise NothingToRead
    people = sorted(event.contact_ids)[:MOST_PEOPLE]
    share = DossierWish(most=40, most_characters=CHARACTERS // len(people))
    found = {source.ref: source for contact_id in people for source in disclosure.get_dossier(session, actor, contact_id, share).everything}
    found.pop(ref, None)
    return Case(sources=(event, *_telling(tuple(found.values()))), told="Source [1] is the session that is coming.")


def _telling(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    """These, unless they hold nothing but who somebody is."""
    if all(source.kind is SourceKind.CONTACT for source in sources):
        raise NothingToRead
    return sources


SKILL = Skill(name="brief", feature=Feature.BRIEFING, version=1, instructions=INSTRUCTIONS, result=Brief, prepare=prepare, max_output=1_200)
