"""Writing, closing and postponing tasks. Looking at many of them is in ``overview``."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.access import require_edit, require_hideable, require_own
from crm_app.domain.accounts.queries import list_users
from crm_app.domain.accounts.views import PersonView
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.derived import refresh_derived
from crm_app.domain.days import today_of
from crm_app.domain.editing import given_fields, require_version
from crm_app.domain.entry_access import require_linkable
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.interactions.rules import audience_changes
from crm_app.domain.mentions.writing import keep_mentions
from crm_app.domain.permissions import GRANTS, Permission, Role
from crm_app.domain.projects.access import get_visible_project
from crm_app.domain.rows import now
from crm_app.domain.tasks import parts, queries, rules, timing
from crm_app.domain.tasks.access import get_visible_tasks, require_assignable, require_teammate
from crm_app.domain.tasks.bulk import change_tasks
from crm_app.domain.tasks.models import Status, Task
from crm_app.domain.tasks.overview import (
    MOST_COUNTED,
    MOST_SHOWN,
    SHOWN,
    count_open_tasks,
    count_with_assistant,
    get_side_facts,
    get_status_board,
    get_task_board,
    get_task_calendar,
    get_task_figures,
    get_task_groups,
    list_tasks,
)
from crm_app.domain.tasks.placing import place_task
from crm_app.domain.tasks.schemas import TaskCreate, TaskRow, TaskUpdate
from crm_app.domain.tasks.steps import add_step, delete_step, list_steps, update_step
from crm_app.domain.tasks.timing import start_timer, stop_timer

__all__ = [
    "MOST_COUNTED", "MOST_SHOWN", "SHOWN",
    "add_step", "change_tasks", "complete_tasks", "count_open_tasks", "count_with_assistant", "create_task",
    "delete_step", "delete_tasks", "get_side_facts", "get_status_board",
    "get_task", "get_task_board", "get_task_calendar", "get_task_figures", "get_task_groups", "list_assignees", "list_steps", "list_tasks", "place_task",
    "postpone_tasks", "reopen_tasks", "restore_tasks", "start_timer", "stop_timer", "update_step", "update_task",
]  # fmt: skip
MAY_BE_EMPTY = frozenset({"due_date", "due_time", "due_zone", "remind_minutes", "assignee_id", "project_id", "estimate_minutes", "actual_minutes"})
PLAIN = frozenset({"title", "description", "due_date", "due_time", "due_zone", "remind_minutes", "project_id", "estimate_minutes", "recurrence"})


def create_task(session: Session, actor: Actor, data: TaskCreate) -> TaskRow:
    """Make a task. NotFound when the actor does not see one of its contacts or its project; Invalid when its assignee could not see it."""
    actor.require(Permission.TASK_WRITE)
    require_linkable(session, actor, data.contact_ids, actor.user_id)
    require_teammate(session, data.assignee_id or actor.user_id)  # before it is written: the database knows no words for it
    if data.project_id:
        get_visible_project(session, actor, data.project_id)
    task = Task(
        **data.model_dump(include=set(PLAIN)), repeat_from=data.repeat_from.value,
        owner_id=actor.user_id, assignee_id=data.assignee_id or actor.user_id, priority=data.priority.value,
        audience=data.audience.value, asked_audience=data.audience.value,
    )  # fmt: skip
    rules.set_status(task, data.status)
    rules.check_due(task, actor)
    rules.check_repeat(task, anew=True)
    session.add(task)
    session.flush()
    parts.link_contacts(session, task, data.contact_ids)
    parts.set_tags(session, actor, task, data.tags)
    parts.add_steps(session, task, data.steps)
    if data.actual_minutes:
        timing.correct_minutes(session, actor, task, data.actual_minutes)
    keep_mentions(session, actor, "task", task.id, task, task.description, fresh=True)
    row = parts.written(session, actor, [task], data.contact_ids)[0]
    require_assignable(session, task)
    parts.tell_assignee(session, actor, task)
    return row


def update_task(session: Session, actor: Actor, task_id: UUID, data: TaskUpdate) -> TaskRow:
    """Change what ``data`` gives. Conflict with the current task when it is no longer at ``data.version``."""
    actor.require(Permission.TASK_WRITE)
    task = get_visible_tasks(session, actor, [task_id], lock=True)[0]
    require_edit(actor, task, Permission.TASK_WRITE)
    current = queries.get_rows(session, actor, [task])[0]
    require_version(task, data.version, current)
    given = given_fields(data, MAY_BE_EMPTY)
    wanted, audience, status, tags, minutes = (given.pop(name, None) for name in ("contact_ids", "audience", "status", "tags", "actual_minutes"))
    if given.get("project_id"):
        get_visible_project(session, actor, given["project_id"])
    if audience is not None and audience_changes(audience, task.audience, task.asked_audience):
        require_own(actor, task, Permission.TASK_WRITE)
        require_hideable(actor, task, audience.value)
        task.asked_audience = audience.value
    if given.get("assignee_id"):
        require_teammate(session, given["assignee_id"])
    task.sqlmodel_update(given)
    rules.check_due(task, actor)
    rules.check_repeat(task, anew="recurrence" in given)
    if status is not None and status.value != task.status:
        parts.close(session, actor, task, status)
    session.flush()
    if tags is not None:
        parts.set_tags(session, actor, task, tags)
    if "actual_minutes" in data.model_fields_set:
        timing.correct_minutes(session, actor, task, minutes or 0)
    before = {contact_id for contact_id, _ in current.contacts}
    if wanted is not None:
        require_linkable(session, actor, set(wanted) - before, task.owner_id)
        parts.unlink_contacts(session, task, before - set(wanted))
        parts.link_contacts(session, task, [contact_id for contact_id in wanted if contact_id not in before])
    keep_mentions(session, actor, "task", task.id, task, task.description)
    row = parts.written(session, actor, [task], before | set(wanted or ()))[0]
    if wanted is not None or {"assignee_id", "audience"} & data.model_fields_set:
        require_assignable(session, task)
    if task.assignee_id != current.assignee_id:
        parts.tell_assignee(session, actor, task)
    return row


def complete_tasks(session: Session, actor: Actor, task_ids: Sequence[UUID]) -> tuple[TaskRow, ...]:
    """Mark tasks as completed now. One that is not visible is NotFound, and then none changes."""
    return _set_status(session, actor, task_ids, Status.COMPLETED)


def reopen_tasks(session: Session, actor: Actor, task_ids: Sequence[UUID]) -> tuple[TaskRow, ...]:
    """Make completed or cancelled tasks pending again."""
    return _set_status(session, actor, task_ids, Status.PENDING)


def postpone_tasks(session: Session, actor: Actor, task_ids: Sequence[UUID], days: int) -> tuple[TaskRow, ...]:
    """Move the due day ``days`` (1 to 366) on in the actor's calendar, from today when it is past or missing."""
    actor.require(Permission.TASK_WRITE)
    if not 1 <= days <= 366:
        raise Invalid(fields={"days": _("Choose 1 to 366 days.")})
    tasks = parts.editable(session, actor, task_ids)
    today = today_of(actor)
    for task in tasks:
        here = rules.due_day(task.due_date, task.due_time, task.due_zone, actor.zone)
        task.due_date = rules.written_day(task, rules.postponed(here, today, days), actor.zone)
    session.flush()
    return parts.written(session, actor, tasks, parts.contacts_of(session, tasks))


def delete_tasks(session: Session, actor: Actor, task_ids: Sequence[UUID]) -> None:
    """Put tasks in the trash. Only their owner may, or an admin where they are the team's."""
    actor.require(Permission.TASK_WRITE)
    tasks = get_visible_tasks(session, actor, task_ids, lock=True)
    for task in tasks:
        require_own(actor, task, Permission.TASK_WRITE)
        task.deleted_at = now()
    session.flush()
    refresh_derived(session, parts.contacts_of(session, tasks))


def restore_tasks(session: Session, actor: Actor, task_ids: Sequence[UUID]) -> tuple[TaskRow, ...]:
    """Take tasks back from the trash."""
    actor.require(Permission.TASK_WRITE)
    tasks = get_visible_tasks(session, actor, task_ids, trashed=True, lock=True)
    for task in tasks:
        require_own(actor, task, Permission.TASK_WRITE)
        task.deleted_at = None
    session.flush()
    return parts.written(session, actor, tasks, parts.contacts_of(session, tasks))


def get_task(session: Session, actor: Actor, task_id: UUID) -> TaskRow:
    """One task."""
    actor.require(Permission.TASK_READ)
    return queries.get_rows(session, actor, get_visible_tasks(session, actor, [task_id]))[0]


def list_assignees(session: Session, actor: Actor) -> tuple[PersonView, ...]:
    """Whom a task can be given to: everyone in the team who may work on tasks, by name."""
    actor.require(Permission.TASK_READ)
    return tuple(PersonView.model_validate(user) for user in list_users(session) if Permission.TASK_WRITE in GRANTS[Role(user.role)])


def _set_status(session: Session, actor: Actor, task_ids: Sequence[UUID], status: Status) -> tuple[TaskRow, ...]:
    actor.require(Permission.TASK_WRITE)
    tasks = parts.editable(session, actor, task_ids)
    for task in tasks:
        if rules.moves(task.status, status):
            parts.close(session, actor, task, status)
    session.flush()
    return parts.written(session, actor, tasks, parts.contacts_of(session, tasks))
