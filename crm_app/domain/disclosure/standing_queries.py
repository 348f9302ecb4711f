"""Sources that stand for a contact as a whole: its goals, its programmes, its files, and the contact itself."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, cast, false, func, literal
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.consents.kinds import Purpose
from crm_app.domain.consents.queries import list_agreed
from crm_app.domain.contacts.models import Contact, ContactSensitive, ContactTag
from crm_app.domain.contacts.scope import among
from crm_app.domain.disclosure import telling
from crm_app.domain.disclosure.access import get_readable_contact, get_team, readable, seen, sensitive_fields
from crm_app.domain.disclosure.schemas import Source, SourceFilter
from crm_app.domain.disclosure.source_queries import Ids, agrees, bounded, naming_nobody_silent, says
from crm_app.domain.documents.models import Document
from crm_app.domain.goals.models import Goal, GoalCheckIn
from crm_app.domain.mail.finding import asked_of_texts
from crm_app.domain.programmes.models import Programme
from crm_app.domain.tags.models import Tag

CHECK_INS = 12
"""So many of a goal are told, the latest first."""
BEFORE, LIKE = 200, 8
"""So many letters of a file are told before the words that were looked for, and by so many words a passage is found again."""


def list_goals(session: Session, actor: Actor, wanted: SourceFilter, ids: Ids = None) -> list[Source]:
    """Goals with their latest check-ins, also those in the archive, and the practice's own, unless that names somebody who does not agree."""
    key = col(Goal.id)
    when: Any = cast(func.coalesce(Goal.checked_on, Goal.starts_on), DateTime(timezone=True))
    found: Any = columns(
        key, col(Goal.title), col(Goal.note), col(Goal.unit), col(Goal.start_value), col(Goal.target_value), col(Goal.current_value), col(Goal.starts_on),
        col(Goal.deadline), col(Goal.contact_id), when.label("moment"),
    ).where(seen(actor, Goal), col(Goal.deleted_at).is_(None), agrees(actor, Goal.contact_id))  # fmt: skip
    if wanted.contact_ids:
        found = found.where(among(col(Goal.contact_id), wanted.contact_ids))
    if wanted.words:
        found = found.where(says(wanted.words, Goal.title, Goal.note))
    rows = session.execute(bounded(found, when, key, wanted, ids)).all()
    checked = _check_ins(session, [row[0] for row in rows])
    return naming_nobody_silent(session, actor, [telling.goal(row, checked[row[0]]) for row in rows])


def list_programmes(session: Session, actor: Actor, wanted: SourceFilter, ids: Ids = None) -> list[Source]:
    """Programmes with how much of them is used."""
    key, used = col(Programme.id), col(Programme.sessions_counted) + col(Programme.sessions_corrected)
    when: Any = cast(Programme.starts_on, DateTime(timezone=True))
    said = (col(Programme.name), col(Programme.note), col(Programme.sessions_total), used, col(Programme.starts_on), col(Programme.ends_on))
    found: Any = columns(key, *said, col(Programme.contact_id), when.label("moment")).where(
        seen(actor, Programme), col(Programme.deleted_at).is_(None), agrees(actor, Programme.contact_id)
    )
    if wanted.contact_ids:
        found = found.where(among(col(Programme.contact_id), wanted.contact_ids))
    if wanted.words:
        found = found.where(says(wanted.words, Programme.name, Programme.note))
    return [telling.programme(row) for row in session.execute(bounded(found, when, key, wanted, ids)).all()]


def list_documents(session: Session, actor: Actor, wanted: SourceFilter, ids: Ids = None, *, near: str = "", part: int = 1) -> list[Source]:
    """Files of contacts. Of the words of each a part: this one, or where the passage ``near`` or the first word that was looked for stands in it."""
    key, when = col(Document.id), col(Document.created_at)
    found: Any = columns(key, col(Document.name), col(Document.contact_id), when).where(
        seen(actor, Document), col(Document.deleted_at).is_(None), col(Document.ai_allowed), agrees(actor, Document.contact_id)
    )
    if wanted.contact_ids:
        found = found.where(among(col(Document.contact_id), wanted.contact_ids))
    if wanted.words:
        query = asked_of_texts(wanted.words)
        found = found.where(col(Document.search_vector).op("@@")(func.to_tsquery("simple", query)) if query else false())
    rows = session.execute(bounded(found, when, key, wanted, ids)).all()
    said = _parts(session, [row[0] for row in rows], near.split() or wanted.words.split()[:1], part)
    return [telling.document(row, *said[row[0]]) for row in rows]


def get_facts(session: Session, actor: Actor, contact_id: UUID) -> Source | None:
    """The contact itself, with what of its sensitive part the team lets AI read and the contact agrees to; None where AI may not read it."""
    contact = get_readable_contact(session, actor, contact_id)
    if contact is None:
        return None
    asked = select(Tag.name).join(ContactTag, col(ContactTag.tag_id) == col(Tag.id)).where(ContactTag.contact_id == contact_id).order_by(Tag.folded)
    fields = sensitive_fields(get_team(session))
    kept = None
    if fields and list_agreed(session, actor, [contact_id], Purpose.HEALTH_NOTES):
        kept = session.exec(select(ContactSensitive).where(ContactSensitive.contact_id == contact_id, seen(actor, ContactSensitive))).first()
    apart = {field.value: getattr(kept, field.value) for field in sorted(fields)} if kept else {}
    return telling.facts(contact, session.exec(asked).all(), apart)


def list_names(session: Session, actor: Actor, words: str, limit: int) -> list[UUID]:
    """Contacts that AI may read, by their names, those met last first."""
    found = select(Contact.id).where(readable(actor), says(words, Contact.search_text)).order_by(col(Contact.last_contact_at).desc().nulls_last(), col(Contact.id))
    return list(session.exec(found.limit(limit)).all())


def _check_ins(session: Session, goal_ids: list[UUID]) -> defaultdict[UUID, list[Any]]:
    """The latest check-ins of each."""
    rank = func.row_number().over(partition_by=col(GoalCheckIn.goal_id), order_by=(col(GoalCheckIn.day).desc(), col(GoalCheckIn.id).desc()))
    said = (col(GoalCheckIn.goal_id), col(GoalCheckIn.day), col(GoalCheckIn.value), col(GoalCheckIn.note))
    ranked = columns(*said, rank.label("rank")).where(among(col(GoalCheckIn.goal_id), goal_ids)).subquery()
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    if goal_ids:
        for row in session.execute(columns(ranked).where(ranked.c.rank <= CHECK_INS).order_by(ranked.c.day.desc(), ranked.c.rank)):
            found[row.goal_id].append(row)
    return found


def _parts(session: Session, document_ids: list[UUID], near: list[str], part: int) -> dict[UUID, tuple[str, int, int]]:
    """``(words, first letter, letters in all)`` of a part of each: asked for by themselves, since what is not told need not be looked through."""
    begins: Any = literal((part - 1) * telling.PART + 1)
    if words := [word for word in (each.strip("…") for each in near[:LIKE]) if word]:
        passage = r"\s+".join("".join(char if char.isalnum() else f"\\{char}" for char in word) for word in words)
        begins = func.greatest(func.regexp_instr(col(Document.text), passage, 1, 1, 0, "i") - BEFORE, 1)
    asked: Any = columns(col(Document.id), func.substr(col(Document.text), begins, telling.PART), begins, func.length(col(Document.text)))
    found = session.execute(asked.where(among(col(Document.id), document_ids))).all() if document_ids else ()
    return {key: (words, first, letters) for key, words, first, letters in found}
