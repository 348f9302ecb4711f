"""What a page shows of a skill's answer, in one question: the answer, or why there is none."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlmodel import Session

from crm_app.ai.skills import SKILLS
from crm_app.ai.skills.asking import features_on, of_contact, of_event, of_thread
from crm_app.ai.skills.mail_summary import MOST_MAILS
from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import SettingsView
from crm_app.domain.analyses import finding_queries
from crm_app.domain.analyses import service as analyses
from crm_app.domain.analyses.models import AnalysisState, SubjectKind
from crm_app.domain.analyses.schemas import AnalysisView, SourceRef, Subject
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.days import today_of
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import Ref, SourceKind
from crm_app.domain.interactions import moods
from crm_app.domain.interactions.moods import Mood
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now
from crm_app.domain.times import day_of


class Standing(StrEnum):
    """How it stands with an answer.

    ``hidden``: this person uses no models. ``off``: the feature is. ``unread``: somebody it is about does not agree. ``none``: nobody has asked yet.
    """

    HIDDEN = "hidden"
    OFF = "off"
    UNREAD = "unread"
    NONE = "none"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Told(BaseModel):
    """A skill's answer as a page shows it. ``said`` is in the skill's form, the last one that was made; ``refusal`` a sentence on the last try.

    ``making``: another one is under way. ``cost_micros`` is in millionths of a US dollar, ``currency`` and ``rate`` what the team reads it in.
    """

    model_config = ConfigDict(frozen=True)

    subject: Subject
    standing: Standing
    manages: bool = False
    said: Any = None
    analysis: AnalysisView | None = None
    sources: tuple[SourceRef, ...] = ()
    making: bool = False
    refusal: str = ""
    currency: str = "USD"
    rate: int = 1_000_000


class Decided(NamedTuple):
    """What the team has decided about models: read once, however many answers a page shows."""

    settings: SettingsView
    features: frozenset[Feature]


class InsightView(BaseModel):
    """The insight of a contact, with how it went lately; ``next_event`` is what a brief would be for, ``brief`` that brief."""

    model_config = ConfigDict(frozen=True)

    insight: Told
    mood: Mood
    brief: Told


def get_insight(session: Session, actor: Actor, contact_id: UUID) -> InsightView:
    """How it stands with a contact, as far as anything has been made of it. NotFound when the actor does not see them."""
    actor.require(Permission.CONTACT_READ)
    get_visible_contact(session, actor, contact_id)
    event_id = finding_queries.find_next_event(session, actor, contact_id, now()) if actor.can(Permission.AI_USE) else None
    subject = of_event(event_id) if event_id and _is_readable(session, actor, of_event(event_id)) else of_contact(contact_id)
    decided = _decided(session, actor)
    insight = told(session, actor, "insight", of_contact(contact_id), decided)
    return InsightView(insight=insight, mood=moods.get_mood(session, actor, contact_id), brief=told(session, actor, "brief", subject, decided))


def get_brief(session: Session, actor: Actor, event_id: UUID) -> Told:
    """What has been prepared for an event."""
    actor.require(Permission.CALENDAR_READ)
    return told(session, actor, "brief", of_event(event_id))


def get_summary(session: Session, actor: Actor, thread_id: UUID) -> Told:
    """What a thread of mail comes to, as far as it was summed up."""
    actor.require(Permission.MAIL_READ)
    return told(session, actor, "mail_summary", of_thread(thread_id))


def get_day(session: Session, actor: Actor) -> Told:
    """The actor's own day as it was told today; one of another day is as good as none."""
    actor.require(Permission.DASHBOARD_READ)
    subject = Subject(kind=SubjectKind.DAY, id=actor.user_id)
    decided = _decided(session, actor)
    if decided and not decided.settings.enabled:
        return Told(subject=subject, standing=Standing.OFF)
    day = told(session, actor, "daily", subject, decided)
    if day.analysis is None or day.analysis.made_at is None or day_of(day.analysis.made_at, actor) == today_of(actor):
        return day
    asked = day.making or bool(day.refusal)
    standing = day.standing if day.standing is Standing.OFF else Standing.WAITING if asked else Standing.NONE
    return day.model_copy(update={"standing": standing, "said": None, "sources": ()})


def told(session: Session, actor: Actor, skill: str, subject: Subject, decided: Decided | None = None) -> Told:
    """How it stands with a skill's answer about a subject: the answer, or why there is none. Who asks for several passes what the team has decided."""
    decided = decided or _decided(session, actor)
    if decided is None:
        return Told(subject=subject, standing=Standing.HIDDEN)
    settings, manages = decided.settings, actor.can(Permission.AI_MANAGE)
    made = analyses.get_analysis(session, actor, subject, skill)
    said = _form(skill, made)
    common = {"subject": subject, "manages": manages, "currency": settings.currency, "rate": settings.rate, "analysis": made, "said": said}
    sources = made.sources if made and said else ()
    if SKILLS[skill].feature not in decided.features:
        return Told(standing=Standing.OFF, **common, sources=sources)
    if not SKILLS[skill].of_nobody and not _is_readable(session, actor, subject):
        return Told(subject=subject, standing=Standing.UNREAD, manages=manages)
    if made is None:
        return Told(standing=Standing.NONE, **common)
    waits = made.state is AnalysisState.PENDING
    standing = Standing.DONE if said else Standing.WAITING if waits else Standing.FAILED
    return Told(standing=standing, **common, sources=sources, making=waits and not made.failure, refusal=made.failure)


def _decided(session: Session, actor: Actor) -> Decided | None:
    """What the team has decided; None for a person who uses no models."""
    if not actor.can(Permission.AI_USE):
        return None
    settings = ai.get_settings(session, actor)
    return Decided(settings, features_on(session, actor, settings))


def _form(skill: str, made: AnalysisView | None) -> Any:
    """What was made, in the skill's form of today; one of an older form is as good as none."""
    try:
        return SKILLS[skill].result.model_validate(made.value) if made and made.value else None
    except ValidationError:
        return None


def _is_readable(session: Session, actor: Actor, subject: Subject) -> bool:
    if subject.kind.value == "contact":
        return subject.id in disclosure.readable_ids(session, actor, [subject.id])
    if subject.kind.value == "mail":
        refs = [Ref(SourceKind.ENTRY, key) for key in finding_queries.list_thread_entries(session, actor, subject.id, MOST_MAILS)]
        return bool(disclosure.get_sources(session, actor, refs))
    if subject.kind.value == "day":
        return subject.id == actor.user_id  # what it was made of is gone from it as soon as that may not be read
    ref = Ref(SourceKind.TASK if subject.kind.value == "task" else SourceKind.EVENT, subject.id)
    found = disclosure.get_sources(session, actor, [ref]).get(ref)
    return found is not None and (ref.kind is SourceKind.TASK or bool(found.contact_ids))
