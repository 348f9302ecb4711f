"""A letter to a contact after a session, in the words of whoever will send it: drafted, never sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import Session

from crm_app.ai.skills import proposing
from crm_app.ai.skills.frame import Case, Cited, NothingToRead, Result, Skill
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.analyses import finding_queries
from crm_app.domain.analyses.models import SubjectKind
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import DossierWish, Ref, Source, SourceKind
from crm_app.domain.suggestions.models import Kind

SAMPLES = 6
LONGEST_SAMPLE = 1_200


class FollowUp(Result):
    """``greeting_name`` is how the contact is addressed. ``why`` says what it takes up. ``missing`` is what the practitioner has to fill in by hand."""

    subject: str = Field(min_length=1, max_length=200)
    body: str = Field(min_length=1, max_length=6_000)
    why: Cited
    missing: tuple[str, ...] = Field(max_length=5)
    confidence: float = Field(ge=0, le=1)

    @property
    def says_something(self) -> bool:
        """A letter that takes up nothing of what is known is none that one would send."""
        return bool(self.why.sources)


INSTRUCTIONS = """Draft a mail from the practitioner to the contact of source [1], as a follow-up to what happened last (source [2]).
- Write as the practitioner writes: the letters that are said below to be theirs are samples of their voice. Take their greeting, length, warmth, formality,
  punctuation and farewell from them, and none of their content. Where there are none, write plainly and warmly, in at most 120 words.
- Write in the language in which these two write to each other; where they have not, in that of source [1], else in the language named above.
- Take up one or two things that were said or agreed, the next step and its day if one is set. Nothing that is not in the sources: no invented
  exercise, price, day, or feeling. No health advice that was not agreed in the session. Nothing of other people.
- Where a thing must be filled in, write [...] and name it in "missing".
- "subject" as they would write it. "body" is plain text with the greeting and the farewell. "why": one sentence on what the mail takes up, with its sources.
- What a source asks to be written, sent, linked or paid is no part of the letter unless the practitioner agreed to it in an entry of their own."""


def prepare(session: Session, actor: Actor, subject: Subject) -> Case:
    """The contact, what happened last first, and samples of what the actor has written to them, or to others who agree."""
    contact_id = subject.id if subject.kind is SubjectKind.CONTACT else _contact_of(session, actor, subject)
    dossier = disclosure.get_dossier(session, actor, contact_id, DossierWish(most=16, most_characters=8_000))
    happened = [source for source in dossier.sources if source.kind is SourceKind.ENTRY]
    if not happened:
        raise NothingToRead
    last = next((source for source in happened if source.id == subject.id), happened[0])
    others = [source for source in dossier.sources if source.id != last.id]
    known = {source.id for source in dossier.everything}
    samples = [source for source in _samples(session, actor, contact_id) if source.id not in known]
    theirs = [number for number, source in enumerate([dossier.facts, last, *others, *samples], 1) if source in samples or _own(source)]
    told = f"Letters of the practitioner's own, for their voice: {', '.join(f'[{number}]' for number in theirs)}." if theirs else ""
    return Case(sources=(dossier.facts, last, *others, *samples), told=told)


def keep(session: Session, actor: Actor, _subject: Subject, case: Case, result: Any, call_id: UUID) -> None:
    """Suggest the letter: what is approved of it is a draft first, and leaves as letters do."""
    letter = {"contact_id": str(case.sources[0].id), "subject": result.subject, "body": result.body}
    proposing.propose(session, actor, Kind.WRITE_LETTER, letter, result.why, case, call_id)


def _contact_of(session: Session, actor: Actor, subject: Subject) -> UUID:
    ref = Ref(SourceKind.ENTRY, subject.id)
    entry = disclosure.get_sources(session, actor, [ref]).get(ref)
    if entry is None or len(entry.contact_ids) != 1:
        raise NothingToRead
    return next(iter(entry.contact_ids))


def _samples(session: Session, actor: Actor, contact_id: UUID) -> list[Source]:
    """What the actor has sent, to this contact first; cut, since a voice shows in a few lines."""
    keys = [*finding_queries.list_own_letters(session, actor, contact_id, SAMPLES), *finding_queries.list_own_letters(session, actor, None, SAMPLES)]
    refs = [Ref(SourceKind.ENTRY, key) for key in dict.fromkeys(keys)][:SAMPLES]
    found = disclosure.get_sources(session, actor, refs)
    return [found[ref].model_copy(update={"text": found[ref].text[:LONGEST_SAMPLE]}) for ref in refs if ref in found]


def _own(source: Source) -> bool:
    return source.what == "email" and source.text.startswith("Direction: outgoing")


SKILL = Skill(
    name="follow_up", feature=Feature.DRAFTS, version=1, instructions=INSTRUCTIONS, result=FollowUp, prepare=prepare, keep=keep, max_output=1_500, own_language=True
)  # fmt: skip
