"""What a notification can be about: which of it its reader still sees, and what it is called now.

Whoever brings a new subject adds one entry to ``SUBJECTS``; its table has an ``id``, an ``owner_id`` and an ``audience``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, func, or_
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks.models import AddressBook, AddressCard
from crm_app.domain.calendar.models import Event
from crm_app.domain.connections.models import Connection
from crm_app.domain.contacts.models import Contact
from crm_app.domain.entry_access import get_contact_names
from crm_app.domain.i18n import _
from crm_app.domain.interactions.models import Interaction, InteractionContact
from crm_app.domain.jobs.models import Job
from crm_app.domain.notifications.models import Notification
from crm_app.domain.notifications.rules import at
from crm_app.domain.programmes.models import Programme
from crm_app.domain.spending.models import AiMeter
from crm_app.domain.spending.rules import meter_words
from crm_app.domain.tasks.models import Task, TaskContact
from crm_app.domain.tasks.rules import due_day


@dataclass(frozen=True, slots=True)
class Subject:
    """What a notification is about, as its reader sees it now."""

    title: str
    link: str
    contact: tuple[UUID, str] | None = None
    due_date: date | None = None
    due_at: datetime | None = None


Loader = Callable[[Session, Actor, Collection[UUID]], Mapping[UUID, Subject]]


@dataclass(frozen=True, slots=True)
class SubjectRule:
    """A table that notifications speak of, and how its rows are called. ``stands``: what of a row is told of must be so still."""

    table: Any
    load: Loader
    stands: ColumnElement[bool] | None = None


def get_subjects(session: Session, actor: Actor, rows: Collection[Notification]) -> dict[UUID, Subject]:
    """What these notifications are about, by the subject's id: a statement or two for each kind of subject."""
    found: dict[UUID, Subject] = {}
    for name, rule in SUBJECTS.items():
        ids = {row.subject_id for row in rows if row.subject_type == name and row.subject_id}
        if ids:
            found |= rule.load(session, actor, ids)
    return found


def still_visible() -> ColumnElement[bool]:
    """True for a notification about nothing in particular, or about something that its reader sees and nobody has thrown away."""
    known = [col(Notification.subject_type) == ""]
    for name, rule in SUBJECTS.items():
        seen = exists().where(rule.table.id == Notification.subject_id)  # row security decides what is seen
        if hasattr(rule.table, "deleted_at"):
            seen = seen.where(rule.table.deleted_at.is_(None))
        if rule.stands is not None:
            seen = seen.where(rule.stands)
        known.append((col(Notification.subject_type) == name) & seen)
    return or_(*known)


def _tasks(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Subject]:
    names = get_contact_names(session, TaskContact, ids)
    return {
        task.id: Subject(
            task.title, f"/tasks?open={task.id}", next(iter(names.get(task.id, ())), None),
            due_day(task.due_date, task.due_time, task.due_zone, actor.zone), due_moment(task),
        )
        for task in session.exec(select(Task).where(col(Task.id).in_(ids))).all()
    }  # fmt: skip


def due_moment(task: Task) -> datetime | None:
    """The moment at which a task with a time is due."""
    if task.due_date is None or task.due_time is None or not task.due_zone or task.due_date.year in (1, 9999):  # no zone may push a date out of the calendar
        return None
    return at(task.due_date, task.due_time, ZoneInfo(task.due_zone))


def _contacts(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Subject]:
    rows = session.exec(select(Contact.id, Contact.display_name).where(col(Contact.id).in_(ids))).all()
    return {key: Subject(name, f"/contacts/{key}", (key, name)) for key, name in rows}


def _interactions(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Subject]:
    names = get_contact_names(session, InteractionContact, ids)
    found = {}
    for key, subject in session.exec(select(Interaction.id, Interaction.subject).where(col(Interaction.id).in_(ids))).all():
        contact = next(iter(names.get(key, ())), None)
        found[key] = Subject(subject or (contact[1] if contact else _("An entry")), f"/contacts/{contact[0]}" if contact else "", contact)
    return found


def _jobs(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Subject]:
    known = {
        "contacts.import": (_("Import"), "/contacts/import?job=%s"), "letters.file": (_("A copy of your mail"), ""),
        "tasks.delegate": (_("A draft by the assistant"), ""),
    }  # fmt: skip
    found = {}
    for job in session.exec(select(Job).where(col(Job.id).in_(ids))).all():
        said, link = known.get(job.kind, (_("Background work"), ""))
        found[job.id] = Subject(str(job.payload.get("name") or said), link % job.id if link else "")
    return found


def _programmes(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Subject]:
    found = select(Programme.id, Programme.name, Contact.id, Contact.display_name).join(Contact, col(Contact.id) == col(Programme.contact_id))
    rows = session.exec(found.where(col(Programme.id).in_(ids), col(Contact.deleted_at).is_(None))).all()
    return {key: Subject(name, f"/contacts/{contact_id}?programme={key}", (contact_id, person)) for key, name, contact_id, person in rows}


def _connections(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Subject]:
    rows = session.exec(select(Connection.id, Connection.name).where(col(Connection.id).in_(ids), Connection.owner_id == actor.user_id)).all()
    return {key: Subject(name, f"/settings/connections/{key}") for key, name in rows}


def _events(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Subject]:
    rows = session.exec(select(Event.id, Event.title).where(col(Event.id).in_(ids))).all()
    return {key: Subject(title or _("An event"), f"/calendar?event={key}") for key, title in rows}


def _cards(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Subject]:
    found = select(AddressCard.id, AddressBook.connection_id, Contact.id, Contact.display_name).join(AddressBook, col(AddressBook.id) == col(AddressCard.book_id))
    rows = session.exec(found.join(Contact, col(Contact.id) == col(AddressCard.contact_id)).where(col(AddressCard.id).in_(ids))).all()
    return {key: Subject(name, f"/settings/connections/{connection}", (contact_id, name)) for key, connection, contact_id, name in rows}


def _waits() -> ColumnElement[bool]:
    """What was changed on both sides waits as long as its card keeps the copy that the news is of, and its contact is there."""
    copy = func.jsonb_build_array(func.jsonb_build_object("id", func.split_part(Notification.key, ":", 3)))
    return col(AddressCard.copies).op("@>")(copy) & exists().where(col(Contact.id) == col(AddressCard.contact_id), col(Contact.deleted_at).is_(None))


def _meters(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Subject]:
    rows = session.exec(select(AiMeter).where(col(AiMeter.id).in_(ids))).all()
    return {row.id: Subject(meter_words(row), "") for row in rows}


SUBJECTS: Final[Mapping[str, SubjectRule]] = MappingProxyType(
    {
        "task": SubjectRule(Task, _tasks),
        "contact": SubjectRule(Contact, _contacts),
        "interaction": SubjectRule(Interaction, _interactions),
        "job": SubjectRule(Job, _jobs),
        "programme": SubjectRule(Programme, _programmes),
        "connection": SubjectRule(Connection, _connections),
        "event": SubjectRule(Event, _events),
        "ai_meter": SubjectRule(AiMeter, _meters),
        "address_card": SubjectRule(AddressCard, _cards, _waits()),
    }
)
