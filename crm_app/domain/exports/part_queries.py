"""What hangs on the contacts of an export: a statement each for the goals and the programmes of 500 contacts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.imports.parts import GoalPart, ProgrammePart
from crm_app.domain.permissions import Permission

Part = TypeVar("Part", GoalPart, ProgrammePart)
_MINE = "(p.owner_id = :who or p.audience = 'team')"
_GOALS = text(
    "select p.contact_id, to_jsonb(p) as own, coalesce((select jsonb_agg(to_jsonb(c) order by c.day, c.id) from goal_check_in c "  # noqa: S608
    f"where c.goal_id = p.id), '[]') as beside from goal p where p.contact_id = any(:ids) and p.deleted_at is null and {_MINE} order by p.id"
)
_PROGRAMMES = text(
    "select p.contact_id, to_jsonb(p) as own, coalesce((select jsonb_agg(to_jsonb(c) order by c.id) from programme_correction c "  # noqa: S608
    f"where c.programme_id = p.id), '[]') as beside from programme p where p.contact_id = any(:ids) and p.deleted_at is null and {_MINE} order by p.id"
)


def find_goals(session: Session, actor: Actor, contact_ids: Collection[UUID]) -> dict[UUID, tuple[GoalPart, ...]]:
    """The goals of each contact, those in the archive too, with all their check-ins."""
    return _find(session, actor, _GOALS, GoalPart, contact_ids) if actor.can(Permission.GOAL_READ) else {}


def find_programmes(session: Session, actor: Actor, contact_ids: Collection[UUID]) -> dict[UUID, tuple[ProgrammePart, ...]]:
    """The programmes of each contact with what was corrected by hand."""
    return _find(session, actor, _PROGRAMMES, ProgrammePart, contact_ids) if actor.can(Permission.PROGRAMME_READ) else {}


def _find(session: Session, actor: Actor, statement: TextClause, part: type[Part], ids: Collection[UUID]) -> dict[UUID, tuple[Part, ...]]:
    found: dict[UUID, list[Part]] = defaultdict(list)
    beside = "check_ins" if part is GoalPart else "corrections"
    inner = part.model_fields[beside].annotation.__args__[0]  # type: ignore[union-attr]  # tuple[one of them, ...]
    for row in session.connection().execute(statement, {"ids": list(ids), "who": actor.user_id}):
        told = {name: row.own[name] for name in part.model_fields if name in row.own}
        inside = [{name: one[name] for name in inner.model_fields} for one in row.beside]
        found[row.contact_id].append(part.model_validate(told | {beside: inside}))
    return {contact_id: tuple(parts) for contact_id, parts in found.items()}
