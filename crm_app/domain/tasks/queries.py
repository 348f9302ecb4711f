"""Lists of tasks: the board of one person's calendar, and pages for everything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.entry_access import get_contact_names
from crm_app.domain.paging import decode_cursor, encode_cursor
from crm_app.domain.tasks.models import Task, TaskContact
from crm_app.domain.tasks.rules import CLOSED, bucket_of, due_day, task_bucket, task_row, today_of, urgency
from crm_app.domain.tasks.schemas import Bucket, TaskBoard, TaskFilter, TaskPage, TaskRow

SHOWN_OPEN, SHOWN_DONE, COUNTED = 500, 50, 10_000
OPEN = col(Task.status).not_in(sorted(CLOSED))


def get_rows(session: Session, actor: Actor, tasks: Iterable[Task]) -> tuple[TaskRow, ...]:
    """Views of tasks that are already loaded."""
    loaded = list(tasks)
    ids = {task.assignee_id for task in loaded if task.assignee_id}
    people: dict[UUID, str] = dict(session.exec(select(UserAccount.id, UserAccount.name).where(col(UserAccount.id).in_(ids))).all()) if ids else {}
    return _rows(session, actor, [(task, people.get(task.assignee_id, "") if task.assignee_id else "") for task in loaded])


def get_board(session: Session, actor: Actor, contact_id: UUID | None, mine: bool) -> TaskBoard:
    """The board: three statements, one more when there are more open tasks than are shown."""
    today = today_of(actor)
    open_tasks = session.exec(_open(actor, contact_id, mine)).all()
    closed = _tasks(actor, contact_id, mine).where(~OPEN).order_by(col(Task.completed_at).desc()).limit(SHOWN_DONE)
    rows = _rows(session, actor, [*open_tasks[:SHOWN_OPEN], *session.exec(closed).all()])
    counts = Counter(row.bucket for row in rows)
    if len(open_tasks) > SHOWN_OPEN:
        counts = count_open(session, actor, contact_id, mine) | Counter({Bucket.DONE: counts[Bucket.DONE]})
    buckets = {bucket: tuple(row for row in rows if row.bucket is bucket) for bucket in Bucket}
    ordered = {bucket: found if bucket is Bucket.DONE else tuple(sorted(found, key=urgency)) for bucket, found in buckets.items()}
    return TaskBoard(today=today, buckets=ordered, counts={bucket: counts[bucket] for bucket in Bucket})


def count_open(session: Session, actor: Actor, contact_id: UUID | None = None, mine: bool = False) -> Counter[Bucket]:
    """How many open tasks there are in each bucket of the actor's calendar, of the 10,000 that are due first."""
    today = today_of(actor)
    found = _narrow(select(Task.due_date, Task.due_time, Task.due_zone), actor, contact_id, mine).where(OPEN)
    soonest = found.order_by(col(Task.due_date).nulls_last()).limit(COUNTED).subquery()
    counts: Counter[Bucket] = Counter()
    for day, hour, zone, number in session.exec(select(*soonest.c, func.count()).group_by(*soonest.c)).all():  # type: ignore[call-overload]
        counts[bucket_of(due_day(day, hour, zone, actor.zone), today, actor.week_start, False)] += number
    return counts


def get_due(session: Session, actor: Actor, limit: int) -> tuple[Counter[Bucket], tuple[TaskRow, ...]]:
    """Counts of all buckets, and the most urgent tasks that are overdue or due today."""
    open_tasks = session.exec(_open(actor, None, False)).all()
    today = today_of(actor)
    counts = Counter(task_bucket(actor, task, today) for task, _ in open_tasks)
    if len(open_tasks) > SHOWN_OPEN:
        counts = count_open(session, actor)
    due = [found for found in open_tasks if task_bucket(actor, found[0], today) in (Bucket.OVERDUE, Bucket.TODAY)]
    due.sort(key=lambda found: urgency(found[0]))
    return counts, _rows(session, actor, due[:limit])


def list_page(session: Session, actor: Actor, wanted: TaskFilter) -> TaskPage:
    """A page of tasks, newest first."""
    found = _tasks(actor, wanted.contact_id, wanted.mine).order_by(col(Task.id).desc()).limit(wanted.limit + 1)
    if wanted.statuses:
        found = found.where(col(Task.status).in_([status.value for status in wanted.statuses]))
    if wanted.due_from:
        found = found.where(col(Task.due_date) >= wanted.due_from)
    if wanted.due_until:
        found = found.where(col(Task.due_date) <= wanted.due_until)
    if wanted.after:
        found = found.where(col(Task.id) < decode_cursor(wanted.after, UUID)[0])
    rows = session.exec(found).all()
    shown = rows[: wanted.limit]
    return TaskPage(tasks=_rows(session, actor, shown), next_cursor=encode_cursor(shown[-1][0].id) if len(rows) > wanted.limit else None)


def _tasks(actor: Actor, contact_id: UUID | None, mine: bool) -> Any:
    people = col(UserAccount.id) == col(Task.assignee_id)
    return _narrow(select(Task, UserAccount.name).outerjoin(UserAccount, people), actor, contact_id, mine)


def _open(actor: Actor, contact_id: UUID | None, mine: bool) -> Any:
    return _tasks(actor, contact_id, mine).where(OPEN).order_by(col(Task.due_date).nulls_last(), col(Task.id)).limit(SHOWN_OPEN + 1)


def _narrow(found: Any, actor: Actor, contact_id: UUID | None, mine: bool) -> Any:
    link = exists().where(col(TaskContact.task_id) == col(Task.id))
    live = link.where(col(Contact.id) == col(TaskContact.contact_id), col(Contact.deleted_at).is_(None))
    found = found.where(col(Task.deleted_at).is_(None), ~link | live)  # a task whose contacts are all in the trash waits there with them
    if contact_id:
        found = found.where(exists().where(col(TaskContact.task_id) == col(Task.id), col(TaskContact.contact_id) == contact_id))
    if mine:
        found = found.where((col(Task.assignee_id) == actor.user_id) | (col(Task.assignee_id).is_(None) & (col(Task.owner_id) == actor.user_id)))
    return found


def _rows(session: Session, actor: Actor, found: Iterable[tuple[Task, str | None]]) -> tuple[TaskRow, ...]:
    loaded = list(found)
    names = get_contact_names(session, TaskContact, [task.id for task, _ in loaded])
    today = today_of(actor)
    return tuple(task_row(actor, task, person or "", names.get(task.id, ()), today) for task, person in loaded)
