"""What has come that a skill has not read yet, of one's own: ids alone. Whether it may be read is asked when it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, text
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.analyses.models import Analysis, AnalysisState, SubjectKind
from crm_app.domain.calendar.models import Event, EventContact, EventStatus, LinkHow
from crm_app.domain.contacts.models import Contact
from crm_app.domain.interactions.models import Interaction, InteractionContact, Kind
from crm_app.domain.mail.models import Email
from crm_app.domain.rows import Audience

TELLING = (Kind.EMAIL.value, Kind.MEETING.value, Kind.CALL.value, Kind.MESSAGE.value, Kind.NOTE.value)
_PEOPLE = text("select people_for_analyses()")


def list_people(session: Session) -> list[UUID]:
    """For whom something may be looked for: everybody who may write, and nobody while models are switched off. Asked by nobody, it tells ids alone."""
    return list(session.connection().execute(_PEOPLE).scalars())


def list_unread_entries(session: Session, actor: Actor, skill: str, since: datetime, limit: int) -> list[UUID]:
    """The actor's own entries that have no mood and that the skill has not read, the newest first."""
    found = select(Interaction.id).where(
        Interaction.owner_id == actor.user_id, col(Interaction.occurred_at) >= since, col(Interaction.kind).in_(TELLING), col(Interaction.deleted_at).is_(None),
        col(Interaction.sentiment).is_(None), col(Interaction.ai_allowed), _of_those_who_agree(Interaction.id),
        ~_made(actor, skill, SubjectKind.INTERACTION, Interaction.id),
    )  # fmt: skip
    return list(session.exec(found.order_by(col(Interaction.occurred_at).desc()).limit(limit)).all())


def list_unread_events(session: Session, actor: Actor, skill: str, since: datetime, until: datetime, limit: int) -> list[UUID]:
    """The actor's own events with contacts, beginning in this time, that the skill has not read, the earliest first."""
    link = EventContact
    agreeing = exists().where(col(link.event_id) == col(Event.id), col(link.how) != LinkHow.REMOVED.value)
    agreeing = agreeing.where(col(Contact.id) == col(link.contact_id), col(Contact.ai_consent))
    found = select(Event.id).where(
        Event.owner_id == actor.user_id, col(Event.starts_at) >= since, col(Event.starts_at) < until, Event.status != EventStatus.CANCELLED.value,
        ~_made(actor, skill, SubjectKind.EVENT, Event.id), agreeing, ~col(Event.private), col(Event.interaction_id).is_(None),
    )  # fmt: skip
    return list(session.exec(found.order_by(col(Event.starts_at)).limit(limit)).all())


def list_grown_threads(session: Session, actor: Actor, skill: str, since: datetime, limit: int) -> list[UUID]:
    """Threads of the actor's own with two mails or more that something has come to since the skill read them, the newest first."""
    latest = func.max(Email.sent_at)
    found: Any = (
        select(Email.thread_id)
        .where(Email.owner_id == actor.user_id, col(Email.interaction_id).is_not(None), col(Email.has_body))
        .group_by(col(Email.thread_id))
        .having(func.count() >= 2, latest >= since)
    )
    known = _made(actor, skill, SubjectKind.MAIL, Email.thread_id)
    found = found.having(~known.where(or_(col(Analysis.state) != AnalysisState.DONE.value, col(Analysis.made_at) >= latest)))
    return list(session.exec(found.order_by(latest.desc()).limit(limit)).all())


def list_grown_contacts(session: Session, actor: Actor, skill: str, since: datetime, before: datetime, limit: int) -> list[UUID]:
    """Contacts of whom the skill has said something before ``before``, and something has happened since then; not longer ago than ``since``."""
    seen = or_(col(Interaction.owner_id) == actor.user_id, col(Interaction.audience) == Audience.TEAM.value)
    link = InteractionContact
    newer = exists().where(
        col(link.contact_id) == col(Analysis.subject_id), col(link.occurred_at) >= since, col(Interaction.id) == col(link.interaction_id),
        col(Interaction.created_at) > col(Analysis.made_at), seen, col(Interaction.deleted_at).is_(None),
    )  # fmt: skip
    found = select(Analysis.subject_id).where(
        Analysis.owner_id == actor.user_id, Analysis.skill == skill, Analysis.subject_kind == SubjectKind.CONTACT.value, Analysis.state == AnalysisState.DONE.value,
        col(Analysis.made_at) < before, newer,
    )  # fmt: skip
    return list(session.exec(found.order_by(col(Analysis.made_at)).limit(limit)).all())


def list_met_lately(session: Session, actor: Actor, skill: str, moment: datetime, limit: int) -> list[UUID]:
    """The actor's own contacts who were met in the last three days, have nothing in the calendar, and whom the skill has not read since."""
    link = InteractionContact
    lately = col(link.occurred_at).between(moment - timedelta(days=3), moment)
    met = exists().where(col(link.contact_id) == col(Contact.id), col(link.kind) == Kind.MEETING.value, lately)
    coming = exists().where(col(EventContact.contact_id) == col(Contact.id), col(EventContact.starts_at) > moment, col(EventContact.how) != LinkHow.REMOVED.value)
    known = _made(actor, skill, SubjectKind.CONTACT, Contact.id).where(
        or_(col(Analysis.state) != AnalysisState.DONE.value, col(Analysis.made_at) > moment - timedelta(days=3))
    )
    found = select(Contact.id).where(
        Contact.owner_id == actor.user_id, col(Contact.deleted_at).is_(None), col(Contact.ai_consent), col(Contact.ai_allowed), met, ~coming, ~known
    )  # fmt: skip
    return list(session.exec(found.limit(limit)).all())


def _made(actor: Actor, skill: str, kind: SubjectKind, key: Any) -> Any:
    return exists().where(
        col(Analysis.owner_id) == actor.user_id, col(Analysis.subject_kind) == kind.value, col(Analysis.subject_id) == col(key), col(Analysis.skill) == skill
    )


def _of_those_who_agree(key: Any) -> Any:
    """Somebody stands on it, and nobody who does not agree."""
    link = InteractionContact
    on_it = exists().where(col(link.interaction_id) == col(key))
    refusing = exists().where(col(link.interaction_id) == col(key), col(Contact.id) == col(link.contact_id), or_(~col(Contact.ai_consent), ~col(Contact.ai_allowed)))
    return on_it & ~refusing
