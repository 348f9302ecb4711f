"""Rows of tasks, and pages of them. The board is in ``board_queries``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, exists, func, literal_column, outerjoin, text
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.days import today_of
from crm_app.domain.paging import decode_cursor, encode_cursor
from crm_app.domain.projects.models import Project
from crm_app.domain.rows import Audience
from crm_app.domain.tags.models import Tag
from crm_app.domain.tasks.models import Task, TaskContact, TaskStep, TaskTag, TaskTime
from crm_app.domain.tasks.rules import CLOSED, OWN_FIELDS, task_bucket, task_row
from crm_app.domain.tasks.schemas import TaskFilter, TaskNarrowing, TaskPage, TaskRow
from crm_app.domain.text import fold

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
_NAMES = (*OWN_FIELDS, "assignee_name", "project_title", "project_hue", "contacts", "mentions", "tags", "steps", "time")
_SHOWN: Any = (
    *(getattr(Task, name) for name in OWN_FIELDS),
    col(UserAccount.name).label("assignee_name"), col(Project.title).label("project_title"), col(Project.hue).label("project_hue"),
    literal_column(
        "(select jsonb_agg(jsonb_build_array(c.id, c.display_name) order by c.sort_name, c.id) from task_contact l join contact c on c.id = l.contact_id "
        "where l.task_id = task.id and c.deleted_at is null)"
    ).label("contacts"),
    literal_column(
        "case when position('@' in task.description) > 0 then (select jsonb_agg(jsonb_build_object('user_id', m.user_id, 'label', m.label, 'name', u.name) "
        "order by m.label, m.user_id) from mention m join user_account u on u.id = m.user_id where m.task_id = task.id) end"
    ).label("mentions"),
    literal_column("(select jsonb_agg(g.name order by g.folded) from task_tag l join tag g on g.id = l.tag_id where l.task_id = task.id)").label("tags"),
    literal_column(
        "(select jsonb_build_array(count(*) filter (where s.done), count(*)) from task_step s where s.task_id = task.id having count(*) > 0)"
    ).label("steps"),
    literal_column(
        "(select jsonb_build_array(coalesce(sum(w.minutes), 0), jsonb_agg(jsonb_build_object('person_id', w.person_id, 'since', w.started_at, "
        "'name', (select u.name from user_account u where u.id = w.person_id)) order by w.started_at) filter (where w.minutes is null)) "
        "from task_time w where w.task_id = task.id having count(*) > 0)"
    ).label("time"),
)


class Scope(NamedTuple):
    """Which tasks: those about one contact, those that are the asker's to do, and those that a narrowing leaves."""

    contact_id: UUID | None = None
    mine: bool = False
    project_id: UUID | None = None
    assignee_id: UUID | None = None
    tag: str | None = None
    priority: str | None = None
    search: str = ""
    done_by: str | None = None

    @classmethod
    def of(cls, contact_id: UUID | None, mine: bool, wanted: TaskNarrowing) -> Scope:
        """The scope of a call."""
        priority = wanted.priority.value if wanted.priority else None
        done_by = wanted.done_by.value if wanted.done_by else None
        return cls(contact_id, mine, wanted.project_id, wanted.assignee_id, fold(wanted.tag) if wanted.tag else None, priority, wanted.search.strip(), done_by)

    @property
    def shape(self) -> tuple[str, ...]:
        """What of it a statement asks for."""
        return tuple(name for name, value in zip(self._fields, self, strict=True) if value)

    def values(self, actor: Actor) -> dict[str, Any]:
        """What fills in a statement of this shape."""
        given = {name: getattr(self, name) for name in self.shape}
        if "mine" in given:
            given["mine"] = actor.user_id
        if "search" in given:
            given["search"] = f"%{escaped(self.search)}%"
        return given


def get_rows(session: Session, actor: Actor, tasks: Iterable[Task]) -> tuple[TaskRow, ...]:
    """What the actor sees of tasks that are already loaded, in their order."""
    ids, today = [task.id for task in tasks], today_of(actor)
    found = {row.id: row for row in session.connection().execute(with_names().where(col(Task.id).in_(ids))).all()} if ids else {}
    return tuple(task_row(actor, row_values(found[key]), task_bucket(actor, found[key], today)) for key in ids)


def list_page(session: Session, actor: Actor, wanted: TaskFilter) -> TaskPage:
    """A page of tasks, newest first."""
    scope = Scope.of(wanted.contact_id, wanted.mine, wanted)
    found = narrow(with_names(), scope.shape).order_by(col(Task.id).desc()).limit(wanted.limit + 1)
    if wanted.statuses:
        found = found.where(col(Task.status).in_([status.value for status in wanted.statuses]))
    if wanted.due_from:
        found = found.where(col(Task.due_date) >= wanted.due_from)
    if wanted.due_until:
        found = found.where(col(Task.due_date) <= wanted.due_until)
    if wanted.after:
        found = found.where(col(Task.id) < decode_cursor(wanted.after, UUID)[0])
    rows = session.connection().execute(found, scope.values(actor)).all()
    shown, today = rows[: wanted.limit], today_of(actor)
    tasks = tuple(task_row(actor, row_values(row), task_bucket(actor, row, today)) for row in shown)
    return TaskPage(tasks=tasks, next_cursor=encode_cursor(shown[-1].id) if len(rows) > wanted.limit else None)


def with_names(*more: Any, joined: tuple[Any, Any] | None = None) -> Any:
    """What a row shows of a task, with the name of who does it and ids and names of the live contacts that the asker sees; then ``more`` columns.

    ``joined`` is ``(page, condition)`` where the rows are those of a page, whether or not it names a task.
    """
    tasks = Task if joined is None else outerjoin(joined[0], Task, joined[1])
    found = select(*_SHOWN, *more).select_from(tasks).outerjoin(UserAccount, col(UserAccount.id) == col(Task.assignee_id))
    return found.outerjoin(Project, (col(Project.id) == col(Task.project_id)) & col(Project.deleted_at).is_(None))


def narrow(found: Any, shape: Iterable[str]) -> Any:
    """``found`` without what is in the trash (a task whose contacts are all there waits with them), and with a condition for each part of a
    scope's ``shape``, to be filled in with the scope's values.
    """
    found = found.where(col(Task.deleted_at).is_(None), col(Task.id).not_in(select(IN_TRASH.c.task_id)))
    for name in shape:
        found = found.where(_CONDITIONS[name](bindparam(name, type_=Uuid if name.endswith("_id") or name == "mine" else Text)))
    return found


_CONDITIONS: dict[str, Callable[[Any], Any]] = {
    "contact_id": lambda value: exists().where(col(TaskContact.task_id) == col(Task.id), col(TaskContact.contact_id) == value),
    "mine": lambda value: col(Task.doer_id) == value,
    "project_id": lambda value: col(Task.project_id) == value,
    "assignee_id": lambda value: col(Task.assignee_id) == value,
    "tag": lambda value: col(Task.id).in_(select(TaskTag.task_id).join(Tag, col(Tag.id) == col(TaskTag.tag_id)).where(col(Tag.folded) == value)),
    "priority": lambda value: col(Task.priority) == value,
    "search": lambda value: col(Task.title).ilike(value),
    "done_by": lambda value: col(Task.done_by) == value,
}


def row_values(row: Any) -> dict[str, Any]:
    """A row that came ``with_names``, for ``task_row``."""
    return dict(zip(_NAMES, row, strict=False))


def escaped(typed: str) -> str:
    """What was typed as a part of a pattern that means just that."""
    return typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def list_steps(session: Session, task_id: UUID, *, lock: bool = False) -> list[TaskStep]:
    """The steps of a task in their order."""
    found = select(TaskStep).where(TaskStep.task_id == task_id).order_by(col(TaskStep.position), col(TaskStep.id))
    return list(session.exec(found.with_for_update() if lock else found).all())


def get_running_time(session: Session, person_id: UUID) -> TaskTime | None:
    """What is counted for somebody right now. Waits for whatever else they start or stop in the same moment."""
    session.execute(text("select pg_advisory_xact_lock(hashtext('timer'), hashtext(:person))"), {"person": str(person_id)})
    running = select(TaskTime).where(TaskTime.person_id == person_id, col(TaskTime.minutes).is_(None))
    return session.exec(running.with_for_update().execution_options(populate_existing=True)).first()


def count_minutes(session: Session, task_id: UUID) -> int:
    """What was counted and corrected on a task so far."""
    return session.exec(select(func.sum(TaskTime.minutes)).where(TaskTime.task_id == task_id)).one() or 0


def list_turns(session: Session, actor: Actor, rank: int, anchor: UUID, *, but: UUID) -> list[float]:
    """The turns of what was put by hand next to one task in its day, as far as the actor sees it."""
    visible = (Task.owner_id == actor.user_id) | (Task.audience == Audience.TEAM.value)
    found = select(Task.place_turn).where(Task.place_beside == anchor, Task.place_rank == rank, Task.id != but, visible, col(Task.deleted_at).is_(None))
    return [turn for turn in session.exec(found).all() if turn is not None]


def list_tag_ids(session: Session, task_id: UUID) -> set[UUID]:
    """The tags of a task."""
    return set(session.exec(select(TaskTag.tag_id).where(TaskTag.task_id == task_id)).all())
