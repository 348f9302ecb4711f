"""The only loaders of goals and check-ins by their ids."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.errors import NotFound
from crm_app.domain.goals.models import Goal, GoalCheckIn
from crm_app.domain.rows import Audience

CONTACT_IN_TRASH: Any = select(Contact.id).where(col(Contact.id) == col(Goal.contact_id), col(Contact.deleted_at).is_not(None)).correlate(Goal).exists()
"""A goal whose contact is in the trash waits there with it."""


def get_visible_goals(session: Session, actor: Actor, goal_ids: Collection[UUID], *, trashed: bool = False, lock: bool = False) -> list[Goal]:
    """These goals in a fixed order (so that two people who lock the same ones never wait for each other); NotFound if one is not visible."""
    wanted = set(goal_ids)
    found = (
        select(Goal)
        .where(
            col(Goal.id).in_(wanted),
            (Goal.owner_id == actor.user_id) | (Goal.audience == Audience.TEAM.value),
            col(Goal.deleted_at).is_not(None) if trashed else col(Goal.deleted_at).is_(None),
            ~CONTACT_IN_TRASH,
        )
        .order_by(col(Goal.id))
        .execution_options(populate_existing=True)  # triggers may have moved version, audience and the latest check-in
    )
    rows = list(session.exec(found.with_for_update() if lock else found).all()) if wanted else []
    if len(rows) != len(wanted):
        raise NotFound
    return rows


def get_visible_check_in(session: Session, actor: Actor, check_in_id: UUID) -> tuple[GoalCheckIn, Goal]:
    """A check-in and its goal, both locked; NotFound when the actor does not see the goal or it is in the trash."""
    goal_id = session.exec(select(GoalCheckIn.goal_id).where(GoalCheckIn.id == check_in_id)).first()
    if goal_id is None:
        raise NotFound
    goal = get_visible_goals(session, actor, [goal_id], lock=True)[0]
    row = session.exec(select(GoalCheckIn).where(GoalCheckIn.id == check_in_id).with_for_update().execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound
    return row, goal
