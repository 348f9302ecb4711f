"""Reading and writing mentions, for the services of what mentions somebody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.contacts.models import Contact
from crm_app.domain.ids import new_id
from crm_app.domain.interactions.models import InteractionContact
from crm_app.domain.mentions.models import Mention
from crm_app.domain.mentions.schemas import MentionView
from crm_app.domain.rows import Audience
from crm_app.domain.tasks.models import TaskContact


def list_people(session: Session) -> Sequence[tuple[UUID, str]]:
    """Who can be mentioned: everyone who can sign in."""
    return session.exec(select(UserAccount.id, UserAccount.name).where(col(UserAccount.disabled_at).is_(None)).order_by(UserAccount.name)).all()


def get_mentions(session: Session, place: str, ids: Collection[UUID]) -> dict[UUID, tuple[MentionView, ...]]:
    """Who is mentioned in each of these entries (``interaction``) or tasks (``task``), by name as it is today."""
    if not ids:
        return {}
    key = _key(place)
    rows = session.exec(
        select(key, Mention.user_id, Mention.label, UserAccount.name)
        .join(UserAccount, col(UserAccount.id) == col(Mention.user_id))
        .where(key.in_(ids))
        .order_by(key, Mention.label)
    ).all()
    found: dict[UUID, list[MentionView]] = {}
    for entry_id, user_id, label, name in rows:
        found.setdefault(entry_id, []).append(MentionView(user_id=user_id, label=label, name=name))
    return {entry_id: tuple(mentions) for entry_id, mentions in found.items()}


def has_private(session: Session, contact_ids: Collection[UUID]) -> bool:
    """Whether one of these contacts is its owner's alone, and so is whatever is written about it."""
    if not contact_ids:
        return False
    return session.exec(select(Contact.id).where(col(Contact.id).in_(contact_ids), Contact.audience == Audience.PRIVATE.value).limit(1)).first() is not None


def list_shared(session: Session, contact_ids: Collection[UUID]) -> dict[tuple[str, UUID], list[UUID]]:
    """Whom the entries and tasks about these contacts name that the team may see: ``(place, id)`` → people."""
    if not contact_ids:
        return {}
    entries = select(InteractionContact.interaction_id).where(col(InteractionContact.contact_id).in_(contact_ids))
    tasks = select(TaskContact.task_id).where(col(TaskContact.contact_id).in_(contact_ids))
    about = col(Mention.interaction_id).in_(entries) | col(Mention.task_id).in_(tasks)
    rows = session.exec(select(Mention.interaction_id, Mention.task_id, Mention.user_id).where(Mention.audience == Audience.TEAM.value, about)).all()
    found: dict[tuple[str, UUID], list[UUID]] = {}
    for interaction_id, task_id, person in rows:
        found.setdefault(("interaction", interaction_id) if interaction_id else ("task", task_id), []).append(person)  # type: ignore[arg-type]  # one of the two is there
    return found


def put(session: Session, place: str, entry_id: UUID, owner_id: UUID, audience: str, wanted: dict[UUID, str]) -> None:
    """Write mentions. Owner and audience are the trigger's: what stands here only satisfies NOT NULL."""
    rows = [
        {"id": new_id(), f"{place}_id": entry_id, "owner_id": owner_id, "audience": audience, "user_id": person, "label": label[:120]}
        for person, label in wanted.items()
    ]
    if rows:
        session.exec(insert(Mention).values(rows))


def remove(session: Session, place: str, entry_id: UUID, people: Collection[UUID]) -> None:
    """Take mentions away."""
    if people:
        session.exec(delete(Mention).where(_key(place) == entry_id, col(Mention.user_id).in_(people)))


def _key(place: str) -> Any:
    return col(Mention.interaction_id) if place == "interaction" else col(Mention.task_id)
