"""Suggestions of one person, and what they speak of as that person sees it: a statement for each kind of row, however many suggestions there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, text
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact, ContactPoint, ContactTag
from crm_app.domain.goals.access import CONTACT_IN_TRASH
from crm_app.domain.goals.models import Goal
from crm_app.domain.mail.models import Email
from crm_app.domain.paging import decode_cursor, encode_cursor
from crm_app.domain.rows import Audience
from crm_app.domain.suggestions.models import State, Suggestion
from crm_app.domain.suggestions.payloads import Form
from crm_app.domain.suggestions.schemas import SuggestionFilter
from crm_app.domain.suggestions.standing import Seen, SeenContact, SeenGoal, SeenTask, ids_in
from crm_app.domain.tags.models import Tag
from crm_app.domain.tasks.models import Task

_UNTOLD = text("select id, owner from untold_suggestions()")
_TIDY = text("select tidy_suggestions(:moment)")


def list_page(session: Session, actor: Actor, wanted: SuggestionFilter, moment: datetime) -> tuple[Sequence[Suggestion], str | None]:
    """One page, the latest first."""
    found = select(Suggestion).where(Suggestion.owner_id == actor.user_id, Suggestion.state == wanted.state.value)
    if wanted.state is State.PENDING:
        found = found.where(_put_off(moment) if wanted.put_off else _waits(moment, snoozed=wanted.snoozed))
    if wanted.contact_id:
        found = found.where(Suggestion.contact_id == wanted.contact_id)
    if wanted.task_id:
        found = found.where(Suggestion.task_id == wanted.task_id)
    if wanted.after:
        found = found.where(col(Suggestion.id) < decode_cursor(wanted.after, UUID)[0])
    rows = session.exec(found.order_by(col(Suggestion.id).desc()).limit(wanted.limit + 1).execution_options(populate_existing=True)).all()
    return rows[: wanted.limit], encode_cursor(rows[wanted.limit - 1].id) if len(rows) > wanted.limit else None


def count_pending(session: Session, actor: Actor, moment: datetime, *, snoozed: bool = False) -> int:
    """How many wait for the actor."""
    found = select(func.count()).select_from(Suggestion).where(Suggestion.owner_id == actor.user_id, Suggestion.state == State.PENDING.value)
    return session.exec(found.where(_waits(moment, snoozed=snoozed))).one()


def count_waiting(session: Session, actor: Actor, moment: datetime) -> tuple[int, int]:
    """How many wait for the actor, and how many they have put off to a time to come."""
    now, later = (func.count().filter(these) for these in (_waits(moment, snoozed=False), _put_off(moment)))
    return session.exec(select(now, later).where(Suggestion.owner_id == actor.user_id, Suggestion.state == State.PENDING.value)).one()


def find_pending(session: Session, actor: Actor, fingerprint: str) -> Suggestion | None:
    """The one of these that waits, held for this transaction."""
    same = (Suggestion.owner_id == actor.user_id, Suggestion.fingerprint == fingerprint, Suggestion.state == State.PENDING.value)
    return session.exec(select(Suggestion).where(*same).with_for_update().execution_options(populate_existing=True)).first()


def find_rejected(session: Session, actor: Actor, fingerprint: str, since: datetime) -> Suggestion | None:
    """The latest of these that its person rejected since then."""
    same = (Suggestion.owner_id == actor.user_id, Suggestion.fingerprint == fingerprint, Suggestion.state == State.REJECTED.value)
    return session.exec(select(Suggestion).where(*same, col(Suggestion.decided_at) > since).order_by(col(Suggestion.decided_at).desc()).limit(1)).first()


def list_rejected(
    session: Session, actor: Actor, contact_ids: Collection[UUID], task_id: UUID | None, since: datetime, limit: int
) -> Sequence[Suggestion]:
    """What the actor has rejected since then about these contacts, or as the work of this task, the latest first."""
    if task_id is None:  # a comparison with nothing would name every suggestion that belongs to no task
        named: Any = col(Suggestion.contact_id).in_(contact_ids)
    else:
        named = col(Suggestion.contact_id).in_(contact_ids) | (col(Suggestion.task_id) == task_id)
    mine = (Suggestion.owner_id == actor.user_id, Suggestion.state == State.REJECTED.value, col(Suggestion.decided_at) > since, named)
    return session.exec(select(Suggestion).where(*mine).order_by(col(Suggestion.decided_at).desc()).limit(limit)).all()


def find_of_call(session: Session, actor: Actor, call_id: UUID) -> Suggestion | None:
    """The latest that came of a call."""
    found = select(Suggestion).where(Suggestion.owner_id == actor.user_id, Suggestion.call_id == call_id).order_by(col(Suggestion.id).desc()).limit(1)
    return session.exec(found.execution_options(populate_existing=True)).first()


def list_decided_together(session: Session, actor: Actor, change_set_id: UUID) -> Sequence[Suggestion]:
    """All that one approval did, held in a fixed order."""
    found = select(Suggestion).where(Suggestion.owner_id == actor.user_id, Suggestion.change_set_id == change_set_id).order_by(col(Suggestion.id))
    return session.exec(found.with_for_update().execution_options(populate_existing=True)).all()


def list_of_task(session: Session, actor: Actor, task_id: UUID, state: State) -> Sequence[Suggestion]:
    """What was suggested for a task."""
    found = select(Suggestion).where(Suggestion.owner_id == actor.user_id, Suggestion.task_id == task_id, Suggestion.state == state.value)
    return session.exec(found.order_by(col(Suggestion.id))).all()


def list_addresses(session: Session, contact_id: UUID) -> frozenset[str]:
    """By which addresses a contact is known, comparable."""
    found = select(ContactPoint.value_norm).where(ContactPoint.contact_id == contact_id, ContactPoint.kind == "email")
    return frozenset(session.exec(found).all())


def load_seen(session: Session, actor: Actor, forms: Iterable[Form], *, lock: bool = False) -> Seen:
    """What these forms name, of what the actor sees and nobody has thrown away. ``lock`` holds contacts and tasks that are to be changed."""
    named = [ids_in(form) for form in forms]
    contacts, tasks, goals, mails = ({one for ids in part for one in ids} for part in zip(*named, strict=True)) if named else (set(),) * 4
    return Seen(
        contacts=_contacts(session, actor, contacts, lock), tasks=_tasks(session, actor, tasks, lock),
        goals=_goals(session, actor, goals), mails=_mails(session, actor, mails),
    )  # fmt: skip


def list_untold(session: Session) -> list[tuple[UUID, UUID]]:
    """``(id, owner)`` of what was withdrawn and whose owner has not been told; asked by nobody, it tells ids alone."""
    return [(row.id, row.owner) for row in session.connection().execute(_UNTOLD)]


def tidy(session: Session, moment: datetime) -> None:
    """Have what is past its time expire; remove what was decided three months ago."""
    session.connection().execute(_TIDY, {"moment": moment})


def _waits(moment: datetime, *, snoozed: bool) -> Any:
    lives = or_(col(Suggestion.expires_at).is_(None), col(Suggestion.expires_at) > moment)
    return lives if snoozed else lives & or_(col(Suggestion.snoozed_until).is_(None), col(Suggestion.snoozed_until) <= moment)


def _put_off(moment: datetime) -> Any:
    return _waits(moment, snoozed=True) & (col(Suggestion.snoozed_until) > moment)


def _contacts(session: Session, actor: Actor, ids: Collection[UUID], lock: bool) -> dict[UUID, SeenContact]:
    if not ids:
        return {}
    mine = (col(Contact.owner_id) == actor.user_id) | (col(Contact.audience) == Audience.TEAM.value)
    shown: Any = (Contact.id, Contact.display_name, Contact.stage, Contact.cadence_days, Contact.version)
    found = columns(*shown).where(col(Contact.id).in_(ids), col(Contact.deleted_at).is_(None), mine).order_by(col(Contact.id))
    rows = session.execute(found.with_for_update() if lock else found).all()
    tags: dict[UUID, list[str]] = {}
    for contact_id, name in session.execute(
        select(ContactTag.contact_id, Tag.name).join(Tag, col(Tag.id) == col(ContactTag.tag_id)).where(col(ContactTag.contact_id).in_(ids)).order_by(col(Tag.folded))
    ):
        tags.setdefault(contact_id, []).append(name)
    return {row[0]: SeenContact(row[0], row[1], row[2], row[3], row[4], tuple(tags.get(row[0], ()))) for row in rows}


def _tasks(session: Session, actor: Actor, ids: Collection[UUID], lock: bool) -> dict[UUID, SeenTask]:
    if not ids:
        return {}
    mine = (col(Task.owner_id) == actor.user_id) | (col(Task.audience) == Audience.TEAM.value)
    shown: Any = (Task.id, Task.title, Task.description, Task.due_date, Task.priority, Task.version)
    found = columns(*shown).where(col(Task.id).in_(ids), col(Task.deleted_at).is_(None), mine).order_by(col(Task.id))
    return {row.id: SeenTask(*row) for row in session.execute(found.with_for_update() if lock else found)}


def _goals(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, SeenGoal]:
    if not ids:
        return {}
    mine = (col(Goal.owner_id) == actor.user_id) | (col(Goal.audience) == Audience.TEAM.value)
    shown: Any = (Goal.id, Goal.title, Goal.unit, Goal.current_value, Goal.start_value, Contact.id, Contact.display_name)
    found = columns(*shown).outerjoin(Contact, col(Contact.id) == col(Goal.contact_id))
    rows = session.execute(found.where(col(Goal.id).in_(ids), col(Goal.deleted_at).is_(None), mine, ~CONTACT_IN_TRASH)).all()
    return {row[0]: SeenGoal(row[0], row[1], row[2], row[4] if row[3] is None else row[3], (row[5], row[6]) if row[5] else None) for row in rows}


def _mails(session: Session, actor: Actor, ids: Collection[UUID]) -> frozenset[UUID]:
    if not ids:
        return frozenset()
    return frozenset(session.exec(select(Email.id).where(col(Email.id).in_(ids), Email.owner_id == actor.user_id)).all())
