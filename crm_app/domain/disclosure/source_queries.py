"""Sources of each kind, the newest first: what the actor sees, nobody has kept from AI, and everybody concerned agrees to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, cast, exists, false, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import Event, EventContact, EventStatus
from crm_app.domain.calendar.models import LinkHow as EventHow
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.scope import among
from crm_app.domain.disclosure import identity_queries, telling
from crm_app.domain.disclosure.access import all_agree, readable, seen
from crm_app.domain.disclosure.schemas import LONGEST_SOURCE, Source, SourceFilter
from crm_app.domain.interactions.models import Interaction, InteractionContact
from crm_app.domain.mail.finding import asked_of_texts
from crm_app.domain.mail.models import Email, EmailBody, EmailSubject
from crm_app.domain.rows import now
from crm_app.domain.tasks.models import Task, TaskContact, TaskStep
from crm_app.domain.text import fold

AHEAD = timedelta(days=90)
"""So far ahead are events told of unless somebody asks for a time: one that comes every week would leave room for nothing else."""
Ids = Collection[UUID] | None


def list_entries(session: Session, actor: Actor, wanted: SourceFilter, ids: Ids = None) -> list[Source]:
    """Entries of the timeline. Of a mail the words are its own, where the actor may read those."""
    key, when = col(Interaction.id), col(Interaction.occurred_at)
    said = (col(Interaction.kind), col(Interaction.subject), func.left(Interaction.body, LONGEST_SOURCE + 1))
    found: Any = columns(key, *said, when, col(Interaction.direction), col(Interaction.duration_minutes)).where(
        seen(actor, Interaction), col(Interaction.deleted_at).is_(None), col(Interaction.ai_allowed), _linked(InteractionContact, key)
    )
    found = found.where(all_agree(actor, InteractionContact, col(InteractionContact.interaction_id) == key))
    if wanted.entry_kinds:
        found = found.where(col(Interaction.kind).in_([kind.value for kind in wanted.entry_kinds]))
    if wanted.contact_ids:
        found = found.where(_about(InteractionContact.interaction_id, InteractionContact.contact_id, key, wanted))
    if wanted.words:
        found = found.where(_entry_says(actor, asked_of_texts(wanted.words)))
    rows = session.execute(bounded(found, when, key, wanted, ids)).all()
    people, mails = _people(session, InteractionContact.interaction_id, InteractionContact.contact_id, [row[0] for row in rows]), _mails(session, actor, rows)
    return [telling.entry(row, people[row[0]], mails.get(row[0])) for row in rows]


def list_events(session: Session, actor: Actor, wanted: SourceFilter, ids: Ids = None) -> list[Source]:
    """Events of calendars that have no entry yet, but for those that are marked private. One that concerns no contact is told as time that is
    taken, and is not found by its words."""
    key, when = col(Event.id), col(Event.starts_at)
    stays = col(EventContact.how) != EventHow.REMOVED.value
    said = (col(Event.title), col(Event.location), func.left(Event.description, LONGEST_SOURCE + 1))
    found: Any = columns(key, *said, when, col(Event.ends_at), col(Event.all_day)).where(
        seen(actor, Event), ~col(Event.private), col(Event.title) != "", col(Event.status) != EventStatus.CANCELLED.value, col(Event.interaction_id).is_(None),
        all_agree(actor, EventContact, col(EventContact.event_id) == key, stays),
    )  # fmt: skip
    if wanted.contact_ids:
        found = found.where(_about(EventContact.event_id, EventContact.contact_id, key, wanted, stays))
    if wanted.words:
        concerns = exists().where(col(EventContact.event_id) == key, stays)
        found = found.where(concerns, says(wanted.words, Event.title, Event.location, Event.description))
    if not wanted.until and ids is None:
        found = found.where(when < now() + AHEAD)
    rows = session.execute(bounded(found, when, key, wanted, ids)).all()
    people = _people(session, EventContact.event_id, EventContact.contact_id, [row[0] for row in rows], stays)
    return [telling.event(row, people[row[0]]) for row in rows]


def list_tasks(session: Session, actor: Actor, wanted: SourceFilter, ids: Ids = None) -> list[Source]:
    """Tasks with their steps, done ones too. One that is linked to nobody and names somebody who does not agree is not told."""
    key = col(Task.id)
    when: Any = func.coalesce(Task.completed_at, Task.due_at, cast(Task.due_date, DateTime(timezone=True)), Task.created_at)
    said = (col(Task.title), func.left(Task.description, LONGEST_SOURCE + 1), col(Task.status), col(Task.priority))
    found: Any = columns(key, *said, col(Task.due_date), col(Task.completed_at), when.label("moment")).where(
        seen(actor, Task), col(Task.deleted_at).is_(None), all_agree(actor, TaskContact, col(TaskContact.task_id) == key)
    )
    if wanted.contact_ids:
        found = found.where(_about(TaskContact.task_id, TaskContact.contact_id, key, wanted))
    if wanted.words:
        found = found.where(says(wanted.words, Task.title, Task.description))
    rows = session.execute(bounded(found, when, key, wanted, ids)).all()
    keys = [row[0] for row in rows]
    people, steps = _people(session, TaskContact.task_id, TaskContact.contact_id, keys), defaultdict(list)
    asked = select(TaskStep.task_id, TaskStep.title, TaskStep.done).where(among(col(TaskStep.task_id), keys)).order_by(col(TaskStep.position), col(TaskStep.id))
    for task_id, title, done in session.exec(asked).all() if keys else ():
        steps[task_id].append((title, done))
    return naming_nobody_silent(session, actor, [telling.task(row, people[row[0]], steps[row[0]]) for row in rows])


def naming_nobody_silent(session: Session, actor: Actor, told: list[Source]) -> list[Source]:
    """Those alone that are linked to somebody, or name nobody whom AI may not read."""
    said = {one.ref: f"{one.title}\n{one.text}" for one in told if not one.contact_ids}
    names = identity_queries.names_of_silent(session, said.values())
    return [one for one in told if one.contact_ids or not names & identity_queries.word_forms(said[one.ref])]


def _linked(link: Any, key: Any) -> Any:
    return exists().where(col(link.interaction_id) == key)


def _about(row: Any, contact: Any, key: Any, wanted: SourceFilter, *but: Any) -> Any:
    return key.in_(select(row).where(among(col(contact), wanted.contact_ids), *but))


def agrees(actor: Actor, contact: Any) -> Any:
    """The one contact that a row is about may be read, if it is about one at all."""
    return col(contact).is_(None) | exists().where(col(Contact.id) == col(contact), readable(actor))


def _people(session: Session, row: Any, contact: Any, keys: Collection[UUID], *but: Any) -> dict[UUID, frozenset[UUID]]:
    """Whom these rows are about."""
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for key, contact_id in session.exec(select(row, contact).where(among(col(row), keys), *but)).all() if keys else ():
        found[key].add(contact_id)
    return defaultdict(frozenset, {key: frozenset(people) for key, people in found.items()})


def _mails(session: Session, actor: Actor, rows: Collection[Any]) -> dict[UUID, tuple[str, str]]:
    """``(subject, words)`` of the mails behind these entries, as far as the actor may read them."""
    keys = [row[0] for row in rows if row[1] == "email"]
    if not keys:
        return {}
    asked = (
        columns(col(Email.interaction_id), col(EmailSubject.subject), func.left(EmailBody.text, LONGEST_SOURCE + 1))
        .outerjoin(EmailSubject, (col(EmailSubject.email_id) == col(Email.id)) & seen(actor, EmailSubject))
        .outerjoin(EmailBody, (col(EmailBody.email_id) == col(Email.id)) & seen(actor, EmailBody))
        .where(among(col(Email.interaction_id), keys), seen(actor, Email))
    )
    return {key: (subject or "", text or "") for key, subject, text in session.execute(asked).all() if key}


def _entry_says(actor: Actor, query: str) -> Any:
    """The entry's own words, or those of the mail behind it."""
    if not query:
        return false()
    asked = func.to_tsquery("simple", query)
    subject = select(Email.interaction_id).join(EmailSubject, col(EmailSubject.email_id) == col(Email.id)).where(seen(actor, EmailSubject))
    body = select(Email.interaction_id).join(EmailBody, col(EmailBody.email_id) == col(Email.id)).where(seen(actor, EmailBody))
    return or_(
        col(Interaction.search_vector).op("@@")(asked),
        col(Interaction.id).in_(subject.where(col(EmailSubject.search_vector).op("@@")(asked), col(Email.interaction_id).is_not(None))),
        col(Interaction.id).in_(body.where(col(EmailBody.search_vector).op("@@")(asked), col(Email.interaction_id).is_not(None))),
    )


def says(words: str, *columns: Any) -> Any:
    """Every word stands in one of the columns, folded or as it was typed."""
    text = func.lower(func.concat_ws(" ", *columns))
    conditions = [or_(text.contains(fold(word), autoescape=True), text.contains(word.lower(), autoescape=True)) for word in words.split()[:12]]
    whole: Any = conditions[0] if conditions else false()
    for condition in conditions[1:]:
        whole = whole & condition
    return whole


def bounded(found: Any, when: Any, key: Any, wanted: SourceFilter, ids: Ids) -> Any:
    """Within the time asked for, the newest first, so many. Of ``ids`` alone where they are given."""
    if ids is not None:
        found = found.where(among(key, ids))
    if wanted.since:
        found = found.where(when >= wanted.since.astimezone(UTC))
    if wanted.until:
        found = found.where(when < wanted.until.astimezone(UTC))
    return found.order_by(when.desc(), key.desc()).limit(wanted.limit)

