"""When a contact's next session would be, by the rhythm of the last ones and by what was said about it."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import Session

from crm_app.ai.skills import proposing
from crm_app.ai.skills.frame import Case, Cited, NothingToRead, Result, Skill
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.analyses import finding_queries
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.days import today_of
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import DossierWish
from crm_app.domain.i18n import _
from crm_app.domain.interactions.models import Kind as EntryKind
from crm_app.domain.suggestions.models import Kind
from crm_app.domain.times import day_of, weekday_name

MET = (EntryKind.MEETING.value, EntryKind.CALL.value, EntryKind.CLASS_ATTENDANCE.value)
LOOKED_AT = 12
FARTHEST = timedelta(days=366)
SURE_ENOUGH = 0.5


class Basis(StrEnum):
    """What speaks for the day."""

    BOOKED = "booked"
    AGREED = "agreed"
    RHYTHM = "rhythm"
    PROGRAMME = "programme"
    UNKNOWN = "unknown"


class NextSession(Result):
    """``on`` is the day, None where nothing speaks for one. ``minutes`` and ``topic`` where the last ones or what was agreed say so."""

    on: date | None
    basis: Basis
    minutes: int | None = Field(ge=5, le=600)
    topic: str = Field(max_length=120)
    why: Cited
    confidence: float = Field(ge=0, le=1)

    @property
    def says_something(self) -> bool:
        """A day needs a source; that there is none needs no source."""
        return self.on is None or bool(self.why.sources)


INSTRUCTIONS = """Say when the next session with the contact of source [1] would be.
- What is booked (an event to come) goes first: "booked". Then what was agreed or asked for ("in two weeks", "after the holidays"), reckoned from the day of
  that entry: "agreed". Then what a programme leaves until its end: "programme". Then the rhythm of the sessions whose days are listed below: "rhythm",
  on the weekday that they usually have. Where nothing speaks for a day: "on" is null and "basis" is "unknown".
- Never a day before today. Where the rhythm has been broken for more than three times its length, there is no rhythm any more.
- Mind what was said against it: a pause, a journey, the wish to be called instead.
- "minutes": as the last sessions, where that is written. "topic": at most six words on what it would take up, or empty.
- "why": one sentence with its sources. "confidence": near 1 for what is booked, 0.8 for what is agreed, at most 0.7 for a rhythm."""


def prepare(session: Session, actor: Actor, subject: Subject) -> Case:
    """What is known of the contact, and the days of the last sessions."""
    dossier = disclosure.get_dossier(session, actor, subject.id, DossierWish(most=30, most_characters=12_000))
    if not dossier.sources:
        raise NothingToRead
    met = finding_queries.list_last_times(session, actor, subject.id, MET, LOOKED_AT)
    days = ", ".join(f"{weekday_name(day.weekday(), 'en')} {day.isoformat()}" for day in (day_of(when, actor) for when in met))
    return Case(sources=dossier.everything, told=f"Days of the last sessions, the latest first: {days}." if days else "There was no session yet.")


def keep(session: Session, actor: Actor, _subject: Subject, case: Case, result: Any, call_id: UUID) -> None:
    """Suggest a task to offer that day, unless it is booked already."""
    today = today_of(actor)
    if result.on is None or result.basis is Basis.BOOKED or result.confidence < SURE_ENOUGH or not today <= result.on <= today + FARTHEST:
        return
    facts = case.sources[0]
    due = max(today, result.on - timedelta(days=7))
    title = _("Offer %(name)s a session on %(day)s") % {"name": facts.title, "day": result.on.isoformat()}
    proposing.propose(session, actor, Kind.CREATE_TASK, {"title": title, "due_date": due.isoformat(), "contact_ids": [str(facts.id)]}, result.why, case, call_id)


SKILL = Skill(name="next_session", feature=Feature.PLANNING, version=1, instructions=INSTRUCTIONS, result=NextSession, prepare=prepare, keep=keep, max_output=400)
