"""What the services of tasks share: what hangs on a task, who is told, what is shown afterwards. Who may is asked by those who call this."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from crm_app.domain.access import require_edit
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.derived import refresh_derived
from crm_app.domain.days import today_of
from crm_app.domain.entry_access import get_contact_names
from crm_app.domain.ids import new_id
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.notify import notify
from crm_app.domain.permissions import Permission
from crm_app.domain.tags.service import ensure_tags
from crm_app.domain.tasks import queries, rules
from crm_app.domain.tasks.access import get_visible_tasks
from crm_app.domain.tasks.models import RepeatFrom, Status, Task, TaskContact, TaskStep, TaskTag
from crm_app.domain.tasks.recurrence import next_due
from crm_app.domain.tasks.schemas import TaskRow


def editable(session: Session, actor: Actor, task_ids: Sequence[UUID]) -> list[Task]:
    """These tasks, locked; NotFound or Forbidden when the actor may not change one of them."""
    tasks = get_visible_tasks(session, actor, task_ids, lock=True)
    for task in tasks:
        require_edit(actor, task, Permission.TASK_WRITE)
    return tasks


def link_contacts(session: Session, task: Task, contact_ids: Iterable[UUID]) -> None:
    """Owner and audience of a link are the trigger's: what stands here only satisfies NOT NULL."""
    rows = [{"task_id": task.id, "contact_id": contact_id, "owner_id": task.owner_id, "audience": task.audience} for contact_id in dict.fromkeys(contact_ids)]
    if rows:
        session.exec(insert(TaskContact).values(rows))


def unlink_contacts(session: Session, task: Task, contact_ids: set[UUID]) -> None:
    """Take these contacts off a task."""
    if contact_ids:
        session.exec(delete(TaskContact).where(col(TaskContact.task_id) == task.id, col(TaskContact.contact_id).in_(contact_ids)))


def set_tags(session: Session, actor: Actor, task: Task, names: Iterable[str]) -> None:
    """Make the tags of a task these. One that the team lacks is made by whoever may."""
    wanted = _tag_ids(session, actor, names)
    surplus = queries.list_tag_ids(session, task.id) - wanted
    if surplus:
        session.exec(delete(TaskTag).where(col(TaskTag.task_id) == task.id, col(TaskTag.tag_id).in_(surplus)))
    _link_tags(session, [task], wanted)


def add_tags(session: Session, actor: Actor, tasks: Sequence[Task], names: Iterable[str]) -> None:
    """Put these beside the tags that the tasks have."""
    _link_tags(session, tasks, _tag_ids(session, actor, names))


def _tag_ids(session: Session, actor: Actor, names: Iterable[str]) -> set[UUID]:
    wanted = set(ensure_tags(session, names).values()) if names else set()
    if wanted:
        actor.require(Permission.TAG_WRITE)
    return wanted


def _link_tags(session: Session, tasks: Sequence[Task], tag_ids: set[UUID]) -> None:
    rows = [{"task_id": task.id, "tag_id": tag_id, "owner_id": task.owner_id, "audience": task.audience} for task in tasks for tag_id in sorted(tag_ids)]
    if rows:
        session.execute(insert(TaskTag).values(rows).on_conflict_do_nothing())


def add_steps(session: Session, task: Task, titles: Sequence[str], begin: int = 0) -> list[UUID]:
    """Put steps at the end of a task's."""
    rows = [
        {"id": new_id(), "task_id": task.id, "owner_id": task.owner_id, "audience": task.audience, "title": title, "done": False, "position": position}
        for position, title in enumerate(titles, begin)
    ]
    if rows:
        session.exec(insert(TaskStep).values(rows))
    return [UUID(str(row["id"])) for row in rows]


def close(session: Session, actor: Actor, task: Task, status: Status) -> None:
    """Give a task another status. One that comes again and was completed makes the next, which takes the rule on; cancelling ends the series."""
    rules.set_status(task, status)
    session.flush()
    if status is not Status.COMPLETED or not task.recurrence:
        return
    today = today_of(actor)
    found = next_due(task.recurrence, task.due_date or today, today, task.repeat_from == RepeatFrom.DONE.value)
    if found is not None:
        _repeat(session, task, *found)


def _repeat(session: Session, task: Task, day: date, rule: str) -> None:
    again = new_id()
    session.execute(text("select repeat_task(:done, :again, :day, :rule)"), {"done": task.id, "again": again, "day": day, "rule": rule})
    session.refresh(task)


def tell_assignee(session: Session, actor: Actor, task: Task) -> None:
    """Whom it was given hears of it."""
    notify(session, actor, [task.assignee_id], Kind.TASK_ASSIGNED, about=("task", task.id))


def contacts_of(session: Session, tasks: Iterable[Task]) -> list[UUID]:
    """Whom these tasks are about."""
    found = get_contact_names(session, TaskContact, [task.id for task in tasks])
    return sorted({contact_id for names in found.values() for contact_id, _ in names})


def written(session: Session, actor: Actor, tasks: list[Task], contact_ids: Iterable[UUID]) -> tuple[TaskRow, ...]:
    """The tasks as they stand now; what follows from them on these contacts has followed."""
    loaded = {task.id: task for task in get_visible_tasks(session, actor, [task.id for task in tasks])}
    refresh_derived(session, sorted(set(contact_ids)))
    return queries.get_rows(session, actor, loaded.values())
