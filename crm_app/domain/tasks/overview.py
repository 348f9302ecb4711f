"""Looking at many tasks: as a list of buckets, as a board by status, as a calendar of the days they are due on, and as figures."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.days import today_of
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.projects.access import get_visible_project
from crm_app.domain.tasks import board_queries, calendar_queries, figure_queries, group_queries, queries, status_queries
from crm_app.domain.tasks.models import DoneBy
from crm_app.domain.tasks.overview_schemas import GroupBy, SideFacts, TaskCalendar, TaskFigures, TaskGroups
from crm_app.domain.tasks.schemas import Bucket, StatusBoard, TaskBoard, TaskFilter, TaskNarrowing, TaskPage

EVERYTHING = TaskNarrowing()
MOST_COUNTED = board_queries.MOST_COUNTED
SHOWN, MOST_SHOWN, MOST_DAYS = 30, 1_000, 42
FIRST_YEAR, LAST_YEAR = 1900, 2200


def list_tasks(session: Session, actor: Actor, wanted: TaskFilter) -> TaskPage:
    """A page of tasks by status, contact, assignee, project, tag, priority, words and day."""
    actor.require(Permission.TASK_READ)
    _require_seen(session, actor, wanted.contact_id, wanted.project_id)
    return queries.list_page(session, actor, wanted)


def get_task_board(
    session: Session, actor: Actor, contact_id: UUID | None = None, mine: bool = False, *,
    buckets: Collection[Bucket] = tuple(Bucket), most: int = SHOWN, narrowing: TaskNarrowing = EVERYTHING,
) -> TaskBoard:  # fmt: skip
    """Tasks in the buckets of the actor's calendar: up to ``most`` (1 to 1,000) of each of ``buckets``, and the counts of all."""
    actor.require(Permission.TASK_READ)
    if not 1 <= most <= MOST_SHOWN:
        raise Invalid(fields={"most": _("Choose 1 to %d.") % MOST_SHOWN})
    _require_seen(session, actor, contact_id, narrowing.project_id)
    return board_queries.get_board(session, actor, queries.Scope.of(contact_id, mine, narrowing), list(buckets), most)


def get_status_board(
    session: Session, actor: Actor, mine: bool = False, narrowing: TaskNarrowing = EVERYTHING, sizes: tuple[tuple[str, int], ...] = ()
) -> StatusBoard:
    """Tasks in columns by status; ``sizes`` (each at most 1,000) says how many rows a status shows if not 30."""
    actor.require(Permission.TASK_READ)
    _require_seen(session, actor, None, narrowing.project_id)
    wanted = {status: max(1, min(size, MOST_SHOWN)) for status, size in sizes}
    return status_queries.get_status_board(session, actor, queries.Scope.of(None, mine, narrowing), wanted, SHOWN)


def get_task_groups(
    session: Session, actor: Actor, by: GroupBy, mine: bool = False, narrowing: TaskNarrowing = EVERYTHING, *, most: int = SHOWN
) -> TaskGroups:
    """Open tasks by project, priority or person: up to ``most`` (1 to 1,000) of each group, and how many each has."""
    actor.require(Permission.TASK_READ)
    if not 1 <= most <= MOST_SHOWN:
        raise Invalid(fields={"most": _("Choose 1 to %d.") % MOST_SHOWN})
    _require_seen(session, actor, None, narrowing.project_id)
    return group_queries.get_groups(session, actor, queries.Scope.of(None, mine, narrowing), by, most)


def get_task_calendar(
    session: Session, actor: Actor, first: date, days: int = 1, mine: bool = False, narrowing: TaskNarrowing = EVERYTHING, *, most: int = 8
) -> TaskCalendar:
    """Tasks on the days they are due on, where the actor is: from ``first`` on so many ``days`` (1 to 42), of each day up to ``most`` (1 to 1,000)."""
    actor.require(Permission.TASK_READ)
    if not (1 <= days <= MOST_DAYS and 1 <= most <= MOST_SHOWN):
        raise Invalid(fields={"days": _("Choose 1 to %(days)d days, and 1 to %(tasks)d tasks of each.") % {"days": MOST_DAYS, "tasks": MOST_SHOWN}})
    if not FIRST_YEAR <= first.year <= LAST_YEAR:
        raise Invalid(fields={"first": _("Choose a day between %(first)d and %(last)d.") % {"first": FIRST_YEAR, "last": LAST_YEAR}})
    _require_seen(session, actor, None, narrowing.project_id)
    return calendar_queries.get_calendar(session, actor, queries.Scope.of(None, mine, narrowing), [first + timedelta(days=n) for n in range(days)], most)


def get_task_figures(session: Session, actor: Actor, mine: bool = False) -> TaskFigures:
    """How many tasks are open and late, and how many of those due in the last thirty days were completed: the actor's to do, or all that they see."""
    actor.require(Permission.TASK_READ)
    return figure_queries.get_figures(session, actor, queries.Scope(mine=mine))


def get_side_facts(session: Session, actor: Actor) -> SideFacts:
    """How many of the actor's tasks are overdue or due today, and their timer. One statement, since every page asks it."""
    actor.require(Permission.TASK_READ)
    return board_queries.get_side_facts(session, actor, today_of(actor) + timedelta(days=1))


def count_open_tasks(session: Session, actor: Actor) -> tuple[int, int]:
    """How many tasks are open: the actor's to do, and everyone's that they see; 1,000 stands for any more than that."""
    actor.require(Permission.TASK_READ)
    return board_queries.count_open(session, actor, queries.Scope(mine=True)), board_queries.count_open(session, actor, queries.Scope())


def count_with_assistant(session: Session, actor: Actor) -> int:
    """How many of the actor's open tasks the assistant works on, or has prepared for approval."""
    actor.require(Permission.TASK_READ)
    return board_queries.count_open(session, actor, queries.Scope(mine=True, done_by=DoneBy.AI_ASSISTANT.value))


def _require_seen(session: Session, actor: Actor, contact_id: UUID | None, project_id: UUID | None) -> None:
    if contact_id:
        get_visible_contact(session, actor, contact_id)
    if project_id:
        get_visible_project(session, actor, project_id)
