"""Goals and their check-ins: setting, measuring, listing them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.access import require_edit, require_hideable, require_own
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.days import today_of
from crm_app.domain.editing import given_fields, require_version
from crm_app.domain.errors import Invalid
from crm_app.domain.goals import queries, rules
from crm_app.domain.goals.access import get_visible_check_in, get_visible_goals
from crm_app.domain.goals.models import Goal, GoalCheckIn
from crm_app.domain.goals.schemas import (
    CheckInCreate,
    CheckInPage,
    CheckInRow,
    CheckInUpdate,
    GoalCreate,
    GoalFilter,
    GoalPage,
    GoalRecord,
    GoalRow,
    GoalUpdate,
    Milestone,
)
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience, now

MAY_BE_EMPTY = frozenset({"deadline"})


def create_goal(session: Session, actor: Actor, data: GoalCreate) -> GoalRow:
    """Set a goal, for a contact that the actor sees (owner and audience are then the contact's) or for the practice."""
    actor.require(Permission.GOAL_WRITE)
    values = data.model_dump(exclude={"starts_on", "rhythm", "audience"})
    goal = Goal(**values, starts_on=data.starts_on or today_of(actor), rhythm=data.rhythm.value, owner_id=actor.user_id, audience=data.audience.value)
    if data.contact_id is not None:
        contact = get_visible_contact(session, actor, data.contact_id)
        goal.owner_id, goal.audience = contact.owner_id, contact.audience
    rules.check_goal(goal)
    session.add(goal)
    session.flush()
    return queries.get_rows(session, actor, [goal.id])[0]


def update_goal(session: Session, actor: Actor, goal_id: UUID, data: GoalUpdate) -> GoalRow:
    """Change what ``data`` gives. Conflict with the current goal when it is no longer at ``data.version``."""
    actor.require(Permission.GOAL_WRITE)
    goal = get_visible_goals(session, actor, [goal_id], lock=True)[0]
    require_edit(actor, goal, Permission.GOAL_WRITE)
    require_version(goal, data.version, queries.get_rows(session, actor, [goal_id])[0])
    given = given_fields(data, MAY_BE_EMPTY)
    audience: Audience | None = given.pop("audience", None)
    if audience is not None and audience.value != goal.audience:
        if goal.contact_id is not None:
            raise Invalid(fields={"audience": _("A contact's goal is seen by whoever sees the contact.")})
        require_own(actor, goal, Permission.GOAL_WRITE)
        require_hideable(actor, goal, audience.value)
        goal.audience = audience.value
    goal.sqlmodel_update({name: getattr(value, "value", value) for name, value in given.items()})
    rules.check_goal(goal)
    return _written(session, actor, [goal])[0]


def archive_goals(session: Session, actor: Actor, goal_ids: Sequence[UUID]) -> tuple[GoalRow, ...]:
    """Put goals away without losing what was measured. One that is not visible is NotFound, and then none changes."""
    return _set_archived(session, actor, goal_ids, True)


def unarchive_goals(session: Session, actor: Actor, goal_ids: Sequence[UUID]) -> tuple[GoalRow, ...]:
    """Take goals up again."""
    return _set_archived(session, actor, goal_ids, False)


def delete_goals(session: Session, actor: Actor, goal_ids: Sequence[UUID]) -> None:
    """Put goals in the trash. Only their owner may, or an admin where they are the team's."""
    actor.require(Permission.GOAL_WRITE)
    for goal in get_visible_goals(session, actor, goal_ids, lock=True):
        require_own(actor, goal, Permission.GOAL_WRITE)
        goal.deleted_at = now()
    session.flush()


def restore_goals(session: Session, actor: Actor, goal_ids: Sequence[UUID]) -> tuple[GoalRow, ...]:
    """Take goals back from the trash."""
    actor.require(Permission.GOAL_WRITE)
    goals = get_visible_goals(session, actor, goal_ids, trashed=True, lock=True)
    for goal in goals:
        require_own(actor, goal, Permission.GOAL_WRITE)
        goal.deleted_at = None
    return _written(session, actor, goals)


def get_goal(session: Session, actor: Actor, goal_id: UUID) -> GoalRow:
    """One goal as it stands today."""
    actor.require(Permission.GOAL_READ)
    return queries.get_rows(session, actor, [get_visible_goals(session, actor, [goal_id])[0].id])[0]


def get_goal_record(session: Session, actor: Actor, goal_id: UUID) -> GoalRecord:
    """One goal with its check-ins."""
    return queries.list_records(session, [get_goal(session, actor, goal_id)])[0]


def list_goals(session: Session, actor: Actor, wanted: GoalFilter) -> GoalPage:
    """A page of goals by contact, owner and how they stand."""
    actor.require(Permission.GOAL_READ)
    if wanted.contact_id:
        get_visible_contact(session, actor, wanted.contact_id)
    return queries.list_page(session, actor, wanted)


def list_goal_records(session: Session, actor: Actor, contact_id: UUID) -> tuple[GoalRecord, ...]:
    """A contact's goals with their check-ins, those in the archive last."""
    actor.require(Permission.GOAL_READ)
    get_visible_contact(session, actor, contact_id)
    goals = queries.list_of_contact(session, actor, contact_id)
    return queries.list_records(session, sorted(goals, key=lambda goal: goal.archived_at is not None))


def list_milestones(session: Session, actor: Actor, contact_id: UUID) -> tuple[Milestone, ...]:
    """What a contact's goals have reached, the latest first: lines for the timeline that are no contact and are kept nowhere."""
    records = list_goal_records(session, actor, contact_id)
    found = [reached for record in records for reached in rules.milestones(record, actor.zone)]
    return tuple(sorted(found, key=lambda reached: reached.at, reverse=True))


def check_in(session: Session, actor: Actor, goal_id: UUID, data: CheckInCreate) -> CheckInRow:
    """Write down how far a goal is. NotFound when the actor does not see it, Invalid for a day to come."""
    actor.require(Permission.GOAL_WRITE)
    goal = get_visible_goals(session, actor, [goal_id], lock=True)[0]
    require_edit(actor, goal, Permission.GOAL_WRITE)
    row = GoalCheckIn(
        goal_id=goal.id, contact_id=goal.contact_id, owner_id=goal.owner_id, audience=goal.audience,
        value=data.value, day=rules.check_day(actor, data.day), note=data.note, author_id=actor.user_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return queries.get_check_in_row(session, row.id)


def update_check_in(session: Session, actor: Actor, check_in_id: UUID, data: CheckInUpdate) -> CheckInRow:
    """Change what ``data`` gives. Conflict with the current check-in when it is no longer at ``data.version``."""
    actor.require(Permission.GOAL_WRITE)
    row, goal = get_visible_check_in(session, actor, check_in_id)
    require_edit(actor, goal, Permission.GOAL_WRITE)
    require_version(row, data.version, queries.get_check_in_row(session, row.id))
    given = given_fields(data)
    if "day" in given:
        rules.check_day(actor, given["day"])
    row.sqlmodel_update(given)
    session.flush()
    return queries.get_check_in_row(session, row.id)


def delete_check_in(session: Session, actor: Actor, check_in_id: UUID) -> None:
    """Take a check-in away. The goal stands where the one before it left it; undo brings it back."""
    actor.require(Permission.GOAL_WRITE)
    row, goal = get_visible_check_in(session, actor, check_in_id)
    require_edit(actor, goal, Permission.GOAL_WRITE)
    session.delete(row)
    session.flush()


def list_check_ins(session: Session, actor: Actor, goal_id: UUID, after: str | None = None, limit: int = 50) -> CheckInPage:
    """A page of a goal's check-ins, the latest day first."""
    actor.require(Permission.GOAL_READ)
    get_visible_goals(session, actor, [goal_id])
    return queries.list_check_in_page(session, goal_id, after, limit)


def _set_archived(session: Session, actor: Actor, goal_ids: Sequence[UUID], archived: bool) -> tuple[GoalRow, ...]:
    actor.require(Permission.GOAL_WRITE)
    goals = get_visible_goals(session, actor, goal_ids, lock=True)
    for goal in goals:
        require_edit(actor, goal, Permission.GOAL_WRITE)
        goal.archived_at = (goal.archived_at or now()) if archived else None
    return _written(session, actor, goals)


def _written(session: Session, actor: Actor, goals: Sequence[Goal]) -> tuple[GoalRow, ...]:
    session.flush()
    return queries.get_rows(session, actor, [goal.id for goal in goals])
