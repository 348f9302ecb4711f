"""What a suggestion was drawn from, as its reader sees it now. Row security decides what is seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.goals.access import CONTACT_IN_TRASH
from crm_app.domain.goals.models import Goal
from crm_app.domain.i18n import _
from crm_app.domain.mail.models import Email, EmailSubject
from crm_app.domain.notifications.subject_queries import SUBJECTS, Loader, Subject


def _goals(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Subject]:
    found = select(Goal.id, Goal.title, Contact.id, Contact.display_name).outerjoin(Contact, col(Contact.id) == col(Goal.contact_id))
    rows = session.exec(found.where(col(Goal.id).in_(ids), col(Goal.deleted_at).is_(None), ~CONTACT_IN_TRASH)).all()
    return {
        key: Subject(title, f"/contacts/{contact_id}?tab=goals" if contact_id else "/goals", (contact_id, name) if contact_id else None)
        for key, title, contact_id, name in rows
    }  # fmt: skip


def _mails(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Subject]:
    found = select(Email.id, Email.thread_id, EmailSubject.subject).outerjoin(EmailSubject, col(EmailSubject.email_id) == col(Email.id))
    rows = session.exec(found.where(col(Email.id).in_(ids))).all()
    return {key: Subject(subject or _("A mail"), f"/mail?thread={thread_id}") for key, thread_id, subject in rows}


SOURCES: Final[Mapping[str, Loader]] = MappingProxyType(
    {**{kind: SUBJECTS[kind].load for kind in ("contact", "interaction", "task", "event")}, "goal": _goals, "mail": _mails}
)
