"""A few of each kind, fast: what somebody typed is half a word, and the next letter follows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, func, literal_column, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col

from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.scope import among
from crm_app.domain.contacts.search_queries import documents_with, entries_with, find
from crm_app.domain.documents.models import Document
from crm_app.domain.files.models import Blob
from crm_app.domain.goals.access import CONTACT_IN_TRASH
from crm_app.domain.goals.models import Goal
from crm_app.domain.interactions.models import Interaction, InteractionContact
from crm_app.domain.programmes.models import Programme
from crm_app.domain.tasks.models import Task
from crm_app.domain.tasks.queries import OPEN, escaped
from crm_app.domain.text import fold

SAID, SHORTEST = 160, 3
_SHOWN = ("id", "display_name", "company", "stage", "last_contact_at", "primary_email", "primary_phone")


def list_people(session: Session, words: str, limit: int) -> Sequence[Any]:
    """Contacts that are meant by ``words``: those whose name begins so, then those with a name that has a word beginning so, then the latest spoken to."""
    found = find(session, words)
    begins = escaped(fold(words))
    near = case((col(Contact.sort_name).like(f"{begins}%"), 0), (col(Contact.sort_name).like(f"% {begins}%"), 1), else_=2)
    latest: Any = literal_column("greatest(contact.last_contact_at, '-infinity'::timestamptz)")  # as its index has it
    rows = (
        columns(*(getattr(Contact, name) for name in _SHOWN), col(Blob.sha256).label("photo_sha"))
        .outerjoin(Blob, col(Blob.id) == col(Contact.photo_id))
        .where(col(Contact.deleted_at).is_(None), col(Contact.archived_at).is_(None))
        .limit(limit)
    )
    if found.many is not None:  # too many to be sorted: the latest of them, along that index
        return session.connection().execute(rows.where(found.many).order_by(latest.desc(), col(Contact.id).desc())).all()
    return session.connection().execute(rows.where(among(col(Contact.id), found.ids)).order_by(near, latest.desc(), col(Contact.id))).all()


def list_entries(session: Session, words: str, limit: int) -> Sequence[Any]:
    """The latest entries that hold every word, each with the first of its contacts that the asker sees."""
    entries = entries_with(words, limit)
    if entries is None:
        return ()
    held = entries.subquery()
    said = func.left(func.coalesce(func.nullif(col(Interaction.subject), ""), col(Interaction.body)), SAID)
    person = (
        columns(col(Contact.id).label("contact_id"), col(Contact.display_name).label("contact_name"))
        .join(InteractionContact, col(InteractionContact.contact_id) == col(Contact.id))
        .where(col(InteractionContact.interaction_id) == col(Interaction.id), col(Contact.deleted_at).is_(None))
        .order_by(col(Contact.id))
        .limit(1)
        .lateral()
    )
    found: Any = (
        columns(col(Interaction.id), col(Interaction.kind), col(Interaction.occurred_at), said.label("said"), person.c.contact_id, person.c.contact_name)
        .join(held, held.c.id == col(Interaction.id))
        .join(person, person.c.contact_id.is_not(None))
        .order_by(col(Interaction.occurred_at).desc(), col(Interaction.id).desc())
    )
    return session.connection().execute(found).all()


def list_documents(session: Session, words: str, limit: int) -> Sequence[Any]:
    """The latest files that hold every word, in their name or inside, each with its contact."""
    files = documents_with(words, limit)
    if files is None:
        return ()
    held = files.subquery()
    found: Any = (
        columns(*(getattr(Document, name) for name in ("id", "name", "created_at", "contact_id")), col(Contact.display_name).label("contact_name"))
        .join(held, held.c.id == col(Document.id))
        .join(Contact, col(Contact.id) == col(Document.contact_id))
        .where(col(Contact.deleted_at).is_(None))
        .order_by(col(Document.id).desc())
    )
    return session.connection().execute(found).all()


def list_tasks(session: Session, words: str, limit: int) -> Sequence[Any]:
    """Open tasks whose title holds every word, the nearest first."""
    found: Any = columns(col(Task.id), col(Task.title), col(Task.due_date), col(Task.due_time), col(Task.due_zone)).where(col(Task.deleted_at).is_(None), OPEN)
    found = found.where(*_titled(col(Task.title), words))
    return session.connection().execute(found.order_by(col(Task.due_date).nulls_last(), col(Task.id)).limit(limit)).all()


def list_goals(session: Session, words: str, limit: int) -> Sequence[Any]:
    """Goals that are being worked toward and whose title holds every word: the practice's own first, then the newest."""
    shown = (getattr(Goal, name) for name in ("id", "title", "start_value", "target_value", "current_value"))
    found: Any = (
        columns(*shown, col(Contact.display_name).label("contact_name"))
        .outerjoin(Contact, col(Contact.id) == col(Goal.contact_id))
        .where(col(Goal.deleted_at).is_(None), col(Goal.archived_at).is_(None), ~CONTACT_IN_TRASH, *_titled(col(Goal.title), words))
    )
    return session.connection().execute(found.order_by(col(Goal.contact_id).is_not(None), col(Goal.id).desc()).limit(limit)).all()


def list_programmes(session: Session, words: str, limit: int) -> Sequence[Any]:
    """Packages of sessions whose name holds every word: those with sessions left first, then the newest."""
    used = (col(Programme.sessions_total) - col(Programme.sessions_left)).label("used")
    shown = (getattr(Programme, name) for name in ("id", "name", "contact_id", "sessions_total"))
    found: Any = (
        columns(*shown, col(Contact.display_name).label("contact_name"), used)
        .join(Contact, col(Contact.id) == col(Programme.contact_id))
        .where(col(Programme.deleted_at).is_(None), col(Contact.deleted_at).is_(None), *_titled(col(Programme.name), words))
    )
    return session.connection().execute(found.order_by(col(Programme.sessions_left) == 0, col(Programme.id).desc()).limit(limit)).all()


def _titled(title: Any, words: str) -> list[Any]:
    """The title holds every word; one of less than three Latin letters after a blank or at the begin, since only so its index has something to go by.

    Two letters are a word elsewhere, and stand between others without a blank.
    """
    known = [(len(word) < SHORTEST and word.isascii(), escaped(word)) for word in words.split()]
    return [or_(title.ilike(f"{word}%"), title.ilike(f"% {word}%")) if short else title.ilike(f"%{word}%") for short, word in known]
