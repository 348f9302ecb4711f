"""What a suggestion was drawn from, as its reader sees it now. Row security decides what is seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.disclosure.schemas import SourceKind
from crm_app.domain.documents.models import Document
from crm_app.domain.goals.access import CONTACT_IN_TRASH
from crm_app.domain.goals.models import Goal
from crm_app.domain.notifications.subject_queries import SUBJECTS, Loader, Subject


def _goals(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Subject]:
    found = select(Goal.id, Goal.title, Contact.id, Contact.display_name).outerjoin(Contact, col(Contact.id) == col(Goal.contact_id))
    rows = session.exec(found.where(col(Goal.id).in_(ids), col(Goal.deleted_at).is_(None), ~CONTACT_IN_TRASH)).all()
    return {
        key: Subject(title, f"/contacts/{contact_id}?tab=goals" if contact_id else "/goals", (contact_id, name) if contact_id else None)
        for key, title, contact_id, name in rows
    }  # fmt: skip


def _documents(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Subject]:
    found = select(Document.id, Document.name, Contact.id, Contact.display_name).join(Contact, col(Contact.id) == col(Document.contact_id))
    rows = session.exec(found.where(col(Document.id).in_(ids), col(Document.deleted_at).is_(None), col(Contact.deleted_at).is_(None))).all()
    return {key: Subject(title, f"/contacts/{contact_id}?kind=files", (contact_id, name)) for key, title, contact_id, name in rows}


SOURCES: Final[Mapping[SourceKind, Loader]] = MappingProxyType({
    SourceKind.CONTACT: SUBJECTS["contact"].load, SourceKind.ENTRY: SUBJECTS["interaction"].load, SourceKind.TASK: SUBJECTS["task"].load,
    SourceKind.EVENT: SUBJECTS["event"].load, SourceKind.PROGRAMME: SUBJECTS["programme"].load, SourceKind.GOAL: _goals,
    SourceKind.DOCUMENT: _documents,
})  # fmt: skip
