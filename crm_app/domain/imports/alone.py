"""What our own export tells of nobody: tasks without a contact, and the practice's own goals. It comes in once, as the importer's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.imports.cards import Alone
from crm_app.domain.imports.entry_queries import write_tasks
from crm_app.domain.imports.part_queries import find_alone, write_goals
from crm_app.domain.imports.parts import GoalPart, own_id
from crm_app.domain.imports.schemas import PlannedRow
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience


def decide(session: Session, actor: Actor, things: Sequence[Alone], seen: set[UUID]) -> list[tuple[PlannedRow, Alone]]:
    """What is to become of each. ``seen`` are those of earlier in the file, and gains these."""
    here = find_alone(session, actor, [key for one in things for key in (one.part.id, own_id(one.part.id, actor.user_id))])
    decided = []
    for one in things:
        known = one.part.id in seen or one.part.id in here or own_id(one.part.id, actor.user_id) in here
        allowed = actor.can(Permission.TASK_WRITE if one.task else Permission.GOAL_WRITE)
        reason = "Nothing new: it is here already." if known else "" if allowed else "You may not make such things."
        row = PlannedRow(line=one.line, name=one.part.title, action="create" if allowed and not known else "skip", reason=reason)
        decided.append((row, one))
        seen.add(one.part.id)
    return decided


def write(session: Session, actor: Actor, things: Collection[Alone], audience: str) -> None:
    """Make these. Of an import that is private everything is; else each is seen by whom it was seen where it comes from."""
    hidden = {"audience": Audience.PRIVATE.value} if audience == Audience.PRIVATE else {}
    write_tasks(session, actor, [(None, one.task.model_copy(update=hidden)) for one in things if one.task])
    goals: defaultdict[str, list[tuple[UUID | None, GoalPart]]] = defaultdict(list)
    for one in things:
        if one.goal:
            goals[hidden.get("audience", one.goal.audience)].append((None, one.goal))
    for seen_by, together in goals.items():
        write_goals(session, actor, seen_by, together)
