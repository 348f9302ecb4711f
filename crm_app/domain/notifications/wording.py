"""Notifications in words: what each is about is looked up when it is read, as its reader may see it then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.days import today_of
from crm_app.domain.notifications import queries
from crm_app.domain.notifications.kinds import KINDS, Facts, Kind
from crm_app.domain.notifications.models import Notification
from crm_app.domain.notifications.schemas import NotificationView
from crm_app.domain.notifications.subject_queries import Subject, get_subjects

_NOTHING = Subject("", "")


def get_views(session: Session, actor: Actor, rows: Sequence[Notification]) -> tuple[NotificationView, ...]:
    """Rows in words, as the actor may see what they are about now."""
    subjects = get_subjects(session, actor, rows)
    people = queries.get_names(session, [row.actor_id for row in rows])
    today = today_of(actor)
    return tuple(_view(actor, row, subjects.get(row.subject_id, _NOTHING) if row.subject_id else _NOTHING, people, today) for row in rows)


def _view(actor: Actor, row: Notification, subject: Subject, people: Mapping[UUID, str], today: date) -> NotificationView:
    rule = KINDS[Kind(row.kind)]
    due_date, due_at = subject.due_date, subject.due_at
    if row.subject_type != "task" and row.due_at:
        due_date = row.due_at.astimezone(actor.zone).date()
    person = people.get(row.actor_id, "") if row.actor_id else ""
    facts = Facts(actor, today, subject.title, person, row.detail, due_date, due_at)
    headline, caption = rule.say(facts)
    own_link = (rule.admin_link if actor.is_admin else "") or rule.link
    return NotificationView(
        id=row.id, kind=Kind(row.kind), headline=headline, caption=caption, icon=rule.icon, link=subject.link or own_link, contact=subject.contact,
        due_at=row.due_at, created_at=row.created_at, read_at=row.read_at,
    )  # fmt: skip
