"""How what hangs on contacts of a file finds what is there already, and how goals and programmes are written: a few statements for 250 records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.imports.parts import GoalPart, ProgrammePart, own_id
from crm_app.domain.inserting import insert_rows
from crm_app.domain.permissions import Permission
from crm_app.domain.programmes.queries import recount

_HERE = text(
    "select id, contact_id from goal where id = any(:ids) and deleted_at is null and contact_id is not null and (owner_id = :who or audience = 'team') union all "
    "select id, contact_id from programme where id = any(:ids) and deleted_at is null and (owner_id = :who or audience = 'team') union all "
    "select id, contact_id from consent where id = any(:ids) and (owner_id = :who or audience = 'team') union all "
    "select e.id, l.contact_id from interaction e join interaction_contact l on l.interaction_id = e.id "
    "where e.id = any(:ids) and e.deleted_at is null and (e.owner_id = :who or e.audience = 'team') union all "
    "select e.id, l.contact_id from task e join task_contact l on l.task_id = e.id "
    "where e.id = any(:ids) and e.deleted_at is null and (e.owner_id = :who or e.audience = 'team')"
)
_ALONE = text(
    "select id from goal where id = any(:ids) and deleted_at is null and (owner_id = :who or audience = 'team') union all "
    "select id from task where id = any(:ids) and deleted_at is null and (owner_id = :who or audience = 'team')"
)
_TAKEN_BACK = {
    table: text(f"update {table} set deleted_at = null where id = any(:ids) and deleted_at is not null and (owner_id = :who or :admin)")  # noqa: S608
    for table in ("goal", "programme", "interaction", "task")
}
_GOAL = ("title", "note", "unit", "start_value", "target_value", "starts_on", "deadline", "rhythm", "archived_at")
_PROGRAMME = ("name", "sessions_total", "starts_on", "ends_on", "price_micros", "currency", "note")
_OF_CONTACT = ("id", "contact_id", "owner_id", "audience")
_CHECK_IN = (*_OF_CONTACT, "goal_id", "value", "day", "note", "author_id")
_CORRECTION = (*_OF_CONTACT, "programme_id", "delta", "reason", "author_id")


def find_parts(session: Session, actor: Actor, ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """``(id, contact)`` of the goals, programmes, consents, entries and tasks that the actor sees among these; what is in the trash is not there."""
    found = session.connection().execute(_HERE, {"ids": list(ids), "who": actor.user_id}) if ids else ()
    return [(row.id, row.contact_id) for row in found]


def find_alone(session: Session, actor: Actor, ids: Collection[UUID]) -> set[UUID]:
    """Which of these are goals or tasks that the actor sees, whoever they are about; what is in the trash is not there."""
    return set(session.connection().execute(_ALONE, {"ids": list(ids), "who": actor.user_id}).scalars()) if ids else set()


def write_goals(session: Session, actor: Actor, audience: str, goals: Sequence[tuple[UUID | None, GoalPart]]) -> None:
    """Give contacts, or the practice (None), goals with their check-ins. Owner and audience of a known contact's are its own, by trigger."""
    if not goals or not actor.can(Permission.GOAL_WRITE):
        return
    rows: list[dict[str, Any]] = []
    inside: list[dict[str, Any]] = []
    for contact_id, goal in goals:
        base = {"contact_id": contact_id, "owner_id": actor.user_id, "audience": audience}
        key = own_id(goal.id, contact_id or actor.user_id)
        rows.append(base | {"id": key} | {name: getattr(goal, name) for name in _GOAL})
        for one in goal.check_ins:
            about = {"goal_id": key, "value": one.value, "day": one.day, "note": one.note, "author_id": _author(actor, one.author_id)}
            inside.append(base | about | {"id": own_id(one.id, key)})
    take_back(session, actor, "goal", rows)
    insert_rows(session, "goal", (*_OF_CONTACT, *_GOAL), rows, but_known=True)
    insert_rows(session, "goal_check_in", _CHECK_IN, inside, but_known=True)


def write_programmes(session: Session, actor: Actor, audience: str, programmes: Sequence[tuple[UUID, ProgrammePart]]) -> None:
    """Give contacts programmes with their corrections, and count what is used of them."""
    if not programmes or not actor.can(Permission.PROGRAMME_WRITE):
        return
    rows: list[dict[str, Any]] = []
    inside: list[dict[str, Any]] = []
    for contact_id, programme in programmes:
        base = {"contact_id": contact_id, "owner_id": actor.user_id, "audience": audience}
        key = own_id(programme.id, contact_id)
        rows.append(base | {"id": key} | {name: getattr(programme, name) for name in _PROGRAMME})
        for one in programme.corrections:
            about = {"programme_id": key, "delta": one.delta, "reason": one.reason, "author_id": _author(actor, one.author_id)}
            inside.append(base | about | {"id": own_id(one.id, key)})
    take_back(session, actor, "programme", rows)
    insert_rows(session, "programme", (*_OF_CONTACT, *_PROGRAMME), rows, but_known=True)
    insert_rows(session, "programme_correction", _CORRECTION, inside, but_known=True)
    recount(session, {contact_id for contact_id, _ in programmes})


def _author(actor: Actor, author_id: UUID | None) -> UUID | None:
    """A file may say anything, also that a colleague wrote something: only the actor's own words are taken for theirs."""
    return author_id if author_id == actor.user_id else None


def take_back(session: Session, actor: Actor, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """What an earlier import of the file made and somebody put in the trash comes back from there."""
    session.connection().execute(_TAKEN_BACK[table], {"ids": [row["id"] for row in rows], "who": actor.user_id, "admin": actor.is_admin})
