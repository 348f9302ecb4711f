"""What may be worth a reminder, and whom the clock looks at next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, text, tuple_
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.cadence.rules import days_of_birthdays
from crm_app.domain.contacts.models import Contact
from crm_app.domain.days import day_begins
from crm_app.domain.tasks.models import Task
from crm_app.domain.tasks.queries import OPEN

_PEOPLE = text("select people_to_remind()")
_TIDY = text("select tidy_notifications(:moment)")


def list_open_tasks(session: Session, actor: Actor, first: date, last: date) -> Sequence[Task]:
    """The actor's own open tasks that are due on one of these days."""
    mine = (col(Task.assignee_id) == actor.user_id) | (col(Task.assignee_id).is_(None) & (col(Task.owner_id) == actor.user_id))
    due = col(Task.due_date).between(first, last)
    return session.exec(select(Task).where(mine, OPEN, due, col(Task.deleted_at).is_(None)).order_by(col(Task.due_date), col(Task.id))).all()


def list_birthdays(session: Session, actor: Actor, day: date) -> Sequence[UUID]:
    """The actor's own contacts who were born on such a day; those of 29 February on 1 March in a year without one."""
    born = tuple_(col(Contact.birth_month), col(Contact.birth_day)).in_(days_of_birthdays(day, 0))
    return session.exec(select(Contact.id).where(born, *_active(actor)).order_by(col(Contact.id))).all()


def list_birthday_names(session: Session, actor: Actor, day: date) -> Sequence[tuple[UUID, str]]:
    """The same with what they are called, by name."""
    born = tuple_(col(Contact.birth_month), col(Contact.birth_day)).in_(days_of_birthdays(day, 0))
    return session.exec(select(Contact.id, Contact.display_name).where(born, *_active(actor)).order_by(col(Contact.display_name), col(Contact.id))).all()


def count_becoming_due(session: Session, actor: Actor, day: date) -> int:
    """How many of the actor's own contacts become due on this day: by their rhythm, or because they had been put off until it."""
    begins, ends = (day_begins(which, actor.zone) for which in (day, day + timedelta(days=1)))
    snoozed = col(Contact.snoozed_until)
    by_rhythm = (col(Contact.due_at) >= begins) & (snoozed.is_(None) | (snoozed <= day))
    found = select(func.count()).select_from(Contact).where(col(Contact.due_at) < ends, by_rhythm | (snoozed == day), *_active(actor))
    return session.exec(found).one()


def _active(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return (col(Contact.deleted_at).is_(None), col(Contact.archived_at).is_(None), col(Contact.owner_id) == actor.user_id)


def list_people(session: Session) -> Sequence[UUID]:
    """Everybody whom the clock looks after: whoever may sign in."""
    return session.connection().execute(_PEOPLE).scalars().all()


def tidy(session: Session, moment: datetime) -> None:
    """Remove what was read three months ago, and what nobody has read for half a year."""
    session.connection().execute(_TIDY, {"moment": moment})
