"""Rows of goals, pages of them, what the dashboard shows, and their check-ins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, case, func, literal, literal_column
from sqlalchemy.types import Date, Float
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.days import today_of
from crm_app.domain.goals.access import CONTACT_IN_TRASH
from crm_app.domain.goals.models import Goal, GoalCheckIn
from crm_app.domain.goals.rules import AT_RISK_WITHIN, ON_TRACK_WITHIN, SLACK, STREAK_DAYS, goal_row
from crm_app.domain.goals.schemas import CheckInPage, CheckInRow, GoalFilter, GoalPage, GoalRecord, GoalRow, State
from crm_app.domain.paging import decode_cursor, encode_cursor
from crm_app.domain.rows import Audience

CHARTED = 400
"""How many check-ins of a goal are shown with it at once."""
_OWN = tuple(name for name in GoalRow.model_fields if name in Goal.model_fields)
_SHOWN: Any = (
    *(getattr(Goal, name) for name in _OWN),
    col(Contact.display_name).label("contact_name"),
    literal_column("(select count(*) from goal_check_in c where c.goal_id = goal.id)").label("check_ins"),
    literal_column(
        "case when goal.rhythm <> 'none' then array(select distinct c.day from goal_check_in c where c.goal_id = goal.id "  # noqa: S608  a number of ours
        f"order by c.day desc limit {STREAK_DAYS}) end"
    ).label("days"),
)
_ASKER: Any = bindparam("asker", type_=Uuid)
_CHECK_IN: Any = (*(getattr(GoalCheckIn, name) for name in CheckInRow.model_fields if name in GoalCheckIn.model_fields), col(UserAccount.name).label("author_name"))


def get_rows(session: Session, actor: Actor, goal_ids: Collection[UUID]) -> tuple[GoalRow, ...]:
    """What the actor sees of goals that were looked up already, also of those in the trash, by their ids."""
    return _read(session, actor, _with_names().where(col(Goal.id).in_(goal_ids)).order_by(col(Goal.id)))


def list_page(session: Session, actor: Actor, wanted: GoalFilter) -> GoalPage:
    """A page of goals, newest first."""
    found = _live(archived=wanted.archived).order_by(col(Goal.id).desc()).limit(wanted.limit + 1)
    if wanted.contact_id:
        found = found.where(col(Goal.contact_id) == wanted.contact_id)
    if wanted.practice is not None:
        found = found.where(col(Goal.contact_id).is_(None) if wanted.practice else col(Goal.contact_id).is_not(None))
    if wanted.mine:
        found = found.where(col(Goal.owner_id) == _ASKER)
    if wanted.states:
        found = found.where(state_sql(today_of(actor)).in_([state.value for state in wanted.states]))
    if wanted.after:
        found = found.where(col(Goal.id) < decode_cursor(wanted.after, UUID)[0])
    rows = _read(session, actor, found)
    shown = rows[: wanted.limit]
    return GoalPage(goals=shown, next_cursor=encode_cursor(shown[-1].id) if len(rows) > wanted.limit else None)


def list_practice_goals(session: Session, actor: Actor, most: int, mine: bool = False) -> tuple[GoalRow, ...]:
    """The practice's own goals that are not archived, the nearest deadline first: all that the dashboard shows of them, in one statement.

    With ``mine`` only those that the actor owns.
    """
    return _read(session, actor, _of_practice(mine), most=most)


@cache
def _of_practice(mine: bool) -> Any:
    found = _live().where(col(Goal.contact_id).is_(None)).order_by(col(Goal.deadline).asc().nulls_last(), col(Goal.id))
    return (found.where(col(Goal.owner_id) == _ASKER) if mine else found).limit(bindparam("most", type_=Integer))


def list_of_contact(session: Session, actor: Actor, contact_id: UUID) -> tuple[GoalRow, ...]:
    """A contact's goals, also those in the archive, the oldest first."""
    return _read(session, actor, _live(archived=None).where(col(Goal.contact_id) == contact_id).order_by(col(Goal.id)))


def list_records(session: Session, goals: Sequence[GoalRow]) -> tuple[GoalRecord, ...]:
    """These goals with their latest check-ins, up to ``CHARTED`` of each, in one more statement."""
    rank = func.row_number().over(partition_by=col(GoalCheckIn.goal_id), order_by=(col(GoalCheckIn.day).desc(), col(GoalCheckIn.id).desc()))
    ranked = select(col(GoalCheckIn.id), rank.label("rank")).where(col(GoalCheckIn.goal_id).in_([goal.id for goal in goals])).subquery()
    found = _check_ins().join(ranked, ranked.c.id == col(GoalCheckIn.id)).where(ranked.c.rank <= CHARTED)
    by_goal: dict[UUID, list[CheckInRow]] = {}
    for row in _rows_of_check_ins(session, found) if goals else ():
        by_goal.setdefault(row.goal_id, []).append(row)
    return tuple(GoalRecord(goal=goal, check_ins=tuple(by_goal.get(goal.id, ()))) for goal in goals)


def list_check_in_page(session: Session, goal_id: UUID, after: str | None, limit: int) -> CheckInPage:
    """A page of a goal's check-ins, the latest day first."""
    found = _check_ins().where(col(GoalCheckIn.goal_id) == goal_id).limit(limit + 1)
    if after:
        day, key = decode_cursor(after, date, UUID)
        found = found.where((col(GoalCheckIn.day) < day) | ((col(GoalCheckIn.day) == day) & (col(GoalCheckIn.id) < key)))
    rows = _rows_of_check_ins(session, found)
    shown = rows[:limit]
    return CheckInPage(check_ins=tuple(shown), next_cursor=encode_cursor(shown[-1].day, shown[-1].id) if len(rows) > limit else None)


def get_check_in_row(session: Session, check_in_id: UUID) -> CheckInRow:
    """One check-in that was looked up already."""
    return _rows_of_check_ins(session, _check_ins().where(col(GoalCheckIn.id) == check_in_id))[0]


def state_sql(today: date) -> Any:
    """``rules.state_of`` on a day as the database works it out, for lists that are filtered by it."""
    start, target = col(Goal.start_value), col(Goal.target_value)
    done: Any = func.greatest(0.0, func.least(1.0, (func.coalesce(Goal.current_value, start) - start) / (target - start)))
    now: Any = literal(today, Date)
    share: Any = (now - col(Goal.starts_on)).cast(Float) / (col(Goal.deadline) - col(Goal.starts_on)).cast(Float)
    gone: Any = case((now >= col(Goal.deadline), 1.0), (now <= col(Goal.starts_on), 0.0), else_=share)
    behind = gone - done - SLACK
    return case(
        (done >= 1, State.REACHED.value),
        (col(Goal.deadline).is_(None), State.UNDER_WAY.value),
        ((now > col(Goal.deadline)) | (behind > AT_RISK_WITHIN), State.OFF_TRACK.value),
        (behind > ON_TRACK_WITHIN, State.AT_RISK.value),
        else_=State.ON_TRACK.value,
    )


def _with_names() -> Any:
    return select(*_SHOWN).select_from(Goal).outerjoin(Contact, col(Contact.id) == col(Goal.contact_id))


def _live(*, archived: bool | None = False) -> Any:
    visible = (col(Goal.owner_id) == _ASKER) | (col(Goal.audience) == Audience.TEAM.value)
    found = _with_names().where(visible, col(Goal.deleted_at).is_(None), ~CONTACT_IN_TRASH)
    if archived is None:
        return found
    return found.where(col(Goal.archived_at).is_not(None) if archived else col(Goal.archived_at).is_(None))


def _read(session: Session, actor: Actor, found: Any, **values: Any) -> tuple[GoalRow, ...]:
    rows, today = session.connection().execute(found, {"asker": actor.user_id, **values}), today_of(actor)
    names = (*_OWN, "contact_name", "check_ins")
    return tuple(goal_row(actor, dict(zip(names, row, strict=False)), row.days or (), today) for row in rows)


def _check_ins() -> Any:
    found = select(*_CHECK_IN).select_from(GoalCheckIn).outerjoin(UserAccount, col(UserAccount.id) == col(GoalCheckIn.author_id))
    return found.order_by(col(GoalCheckIn.day).desc(), col(GoalCheckIn.id).desc())


def _rows_of_check_ins(session: Session, found: Any) -> list[CheckInRow]:
    rows: Iterable[Any] = session.connection().execute(found).mappings()
    return [CheckInRow(**{**row, "author_name": row["author_name"] or ""}) for row in rows]
