"""Rows of tasks, and pages of them. The board is in ``board_queries``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import exists, literal_column, outerjoin
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.entry_access import get_contact_names
from crm_app.domain.mentions.queries import get_mentions
from crm_app.domain.paging import decode_cursor, encode_cursor
from crm_app.domain.tasks.models import Task, TaskContact
from crm_app.domain.tasks.rules import CLOSED, OWN_FIELDS, task_bucket, task_row, today_of
from crm_app.domain.tasks.schemas import TaskFilter, TaskPage, TaskRow

OPEN = col(Task.status).not_in(sorted(CLOSED))
_other, _person = aliased(TaskContact), aliased(Contact)
IN_TRASH = (
    select(TaskContact.task_id)
    .join(Contact, col(Contact.id) == col(TaskContact.contact_id))
    .where(
        col(Contact.deleted_at).is_not(None),
        ~exists().where(col(_other.task_id) == col(TaskContact.task_id), col(_person.id) == col(_other.contact_id), col(_person.deleted_at).is_(None)),
    )
    .cte("in_trash")
)
"""Tasks of which every contact is in the trash. Begun there, since the trash is small and the list of tasks is not."""
_NAMES = (*OWN_FIELDS, "assignee_name", "contacts", "mentions")
_SHOWN: Any = (
    *(getattr(Task, name) for name in OWN_FIELDS),
    col(UserAccount.name).label("assignee_name"),
    literal_column(
        "(select jsonb_agg(jsonb_build_array(c.id, c.display_name) order by c.sort_name, c.id) from task_contact l join contact c on c.id = l.contact_id "
        "where l.task_id = task.id and c.deleted_at is null)"
    ).label("contacts"),
    literal_column(
        "case when position('@' in task.description) > 0 then (select jsonb_agg(jsonb_build_object('user_id', m.user_id, 'label', m.label, 'name', u.name) "
        "order by m.label, m.user_id) from mention m join user_account u on u.id = m.user_id where m.task_id = task.id) end"
    ).label("mentions"),
)


def get_rows(session: Session, actor: Actor, tasks: Iterable[Task]) -> tuple[TaskRow, ...]:
    """What the actor sees of tasks that are already loaded."""
    loaded = list(tasks)
    ids = {task.assignee_id for task in loaded if task.assignee_id}
    people: dict[UUID | None, str] = dict(session.exec(select(UserAccount.id, UserAccount.name).where(col(UserAccount.id).in_(ids))).all()) if ids else {}
    names = get_contact_names(session, TaskContact, [task.id for task in loaded])
    mentions = get_mentions(session, "task", [task.id for task in loaded if "@" in task.description])
    today = today_of(actor)
    return tuple(
        task_row(actor, {**_own(task), "assignee_name": people.get(task.assignee_id), "contacts": names.get(task.id), "mentions": mentions.get(task.id)}, bucket)
        for task in loaded
        for bucket in [task_bucket(actor, task, today)]
    )


def list_page(session: Session, actor: Actor, wanted: TaskFilter) -> TaskPage:
    """A page of tasks, newest first."""
    found = narrow(with_names(), wanted.contact_id, actor.user_id if wanted.mine else None).order_by(col(Task.id).desc()).limit(wanted.limit + 1)
    if wanted.statuses:
        found = found.where(col(Task.status).in_([status.value for status in wanted.statuses]))
    if wanted.due_from:
        found = found.where(col(Task.due_date) >= wanted.due_from)
    if wanted.due_until:
        found = found.where(col(Task.due_date) <= wanted.due_until)
    if wanted.after:
        found = found.where(col(Task.id) < decode_cursor(wanted.after, UUID)[0])
    rows = session.connection().execute(found).all()
    shown, today = rows[: wanted.limit], today_of(actor)
    tasks = tuple(task_row(actor, row_values(row), task_bucket(actor, row, today)) for row in shown)
    return TaskPage(tasks=tasks, next_cursor=encode_cursor(shown[-1].id) if len(rows) > wanted.limit else None)


def with_names(*more: Any, joined: tuple[Any, Any] | None = None) -> Any:
    """What a row shows of a task, with the name of who does it and ids and names of the live contacts that the asker sees; then ``more`` columns.

    ``joined`` is ``(page, condition)`` where the rows are those of a page, whether or not it names a task.
    """
    tasks = Task if joined is None else outerjoin(joined[0], Task, joined[1])
    return select(*_SHOWN, *more).select_from(tasks).outerjoin(UserAccount, col(UserAccount.id) == col(Task.assignee_id))


def narrow(found: Any, contact: Any | None, doer: Any | None) -> Any:
    """``found`` without what is in the trash: a task whose contacts are all there waits with them. And only what is about ``contact``,
    and is for ``doer`` to do.
    """
    found = found.where(col(Task.deleted_at).is_(None), col(Task.id).not_in(select(IN_TRASH.c.task_id)))
    if contact is not None:
        found = found.where(exists().where(col(TaskContact.task_id) == col(Task.id), col(TaskContact.contact_id) == contact))
    return found if doer is None else found.where(col(Task.doer_id) == doer)


def row_values(row: Any) -> dict[str, Any]:
    """A row that came ``with_names``, for ``task_row``."""
    return dict(zip(_NAMES, row, strict=False))


def _own(task: Task) -> dict[str, Any]:
    return {name: getattr(task, name) for name in OWN_FIELDS}
