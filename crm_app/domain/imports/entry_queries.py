"""How entries of the timeline and tasks of a file are written. One that is on several contacts stands with each of them in the file, and here once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Source
from crm_app.domain.errors import Invalid
from crm_app.domain.imports.merging import usable_tag
from crm_app.domain.imports.part_queries import take_back
from crm_app.domain.imports.parts import EntryPart, TaskPart, own_id
from crm_app.domain.inserting import insert_rows
from crm_app.domain.interactions.rules import search_text
from crm_app.domain.permissions import Permission
from crm_app.domain.tags.service import ensure_tags
from crm_app.domain.tasks import rules
from crm_app.domain.tasks.models import Status, Task
from crm_app.domain.text import fold

_OWN = ("id", "owner_id", "audience", "asked_audience")
_SAID = ("kind", "subject", "body", "occurred_at", "duration_minutes", "direction", "sentiment")
_ENTRY = (*_OWN, *_SAID, "source", "search_text", "ai_allowed")
_DUE = ("due_date", "due_time", "due_zone", "recurrence")
_TOLD = ("title", "description", "priority", "done_by", "remind_minutes", "estimate_minutes", "repeat_from")
_TASK = (*_OWN, *_TOLD, *_DUE, "status", "completed_at", "assignee_id", "project_id")
_HERE = {
    table: text(f"select id from {table} where id = any(:ids) and owner_id = :who and deleted_at is null")  # noqa: S608  names of ours
    for table in ("interaction", "task")
}
_LINK = {
    table: text(
        f"insert into {table}_contact ({table}_id, contact_id, {carried}) select e.id, r.contact, {carried} "  # noqa: S608  names of ours
        f"from jsonb_to_recordset(cast(:rows as jsonb)) as r(entry uuid, contact uuid) join {table} e on e.id = r.entry "
        "where e.owner_id = :who and e.deleted_at is null on conflict do nothing"
    )
    for table, carried in (("interaction", "owner_id, audience, kind, occurred_at"), ("task", "owner_id, audience"))
}
_ITS_TIME = 2**64  # tells a task's time from its steps, which are counted from 0
_PROJECTS = text("select id from project where id = any(:ids) and deleted_at is null and (owner_id = :who or audience = 'team')")


def write_entries(session: Session, actor: Actor, entries: Sequence[tuple[UUID, EntryPart]]) -> None:
    """Put entries on the timelines of contacts, as the actor's own. What was kept from AI stays so; that AI may read of a contact is never a file's to say."""
    if not entries or not actor.can(Permission.INTERACTION_WRITE):
        return
    here, fresh = _sorted_out(session, actor, "interaction", dict((part.id, part) for _, part in entries))
    rows = [
        _owned(actor, part) | {name: getattr(part, name) for name in _SAID}
        | {"source": Source.IMPORT.value, "search_text": search_text(part.subject, part.body), "ai_allowed": part.ai_allowed}
        for part in fresh
    ]  # fmt: skip
    take_back(session, actor, "interaction", rows)
    insert_rows(session, "interaction", _ENTRY, rows, but_known=True)
    _link(session, actor, "interaction", here, entries)


def write_tasks(session: Session, actor: Actor, tasks: Sequence[tuple[UUID | None, TaskPart]]) -> None:
    """Give contacts, or nobody (None), tasks, as the actor's own and assigned to them. A project that is not here is left out."""
    if not tasks or not actor.can(Permission.TASK_WRITE):
        return
    here, fresh = _sorted_out(session, actor, "task", dict((part.id, part) for _, part in tasks))
    wanted = {"ids": [part.project_id for part in fresh if part.project_id], "who": actor.user_id}
    projects = set(session.connection().execute(_PROJECTS, wanted).scalars())
    rows = [_task_row(actor, part) | {"project_id": part.project_id if part.project_id in projects else None} for part in fresh]
    take_back(session, actor, "task", rows)
    insert_rows(session, "task", _TASK, rows, but_known=True)
    mine = {own_id(part.id, actor.user_id): part for part in fresh}
    standing, _others = _sorted_out(session, actor, "task", mine)  # what was handed over since its first import is somebody else's
    _write_beside(session, actor, [part for key, part in mine.items() if key in standing])
    _link(session, actor, "task", here, [(contact_id, part) for contact_id, part in tasks if contact_id is not None])


def _sorted_out(session: Session, actor: Actor, table: str, parts: Mapping[UUID, Any]) -> tuple[set[UUID], list[Any]]:
    """Which of these stand here already under the id of the file as the actor's own, and those that have to be written."""
    here = set(session.connection().execute(_HERE[table], {"ids": list(parts), "who": actor.user_id}).scalars())
    return here, [part for key, part in parts.items() if key not in here]


def _owned(actor: Actor, part: EntryPart | TaskPart) -> dict[str, Any]:
    return {"id": own_id(part.id, actor.user_id), "owner_id": actor.user_id, "audience": part.audience, "asked_audience": part.audience}


def _task_row(actor: Actor, part: TaskPart) -> dict[str, Any]:
    """A day, time or rule that no task could have is left out."""
    task = Task(owner_id=actor.user_id, title=part.title, **{name: getattr(part, name) for name in _DUE})
    try:
        rules.check_due(task, actor)
    except Invalid:
        task.due_time = task.due_zone = None
    try:
        rules.check_repeat(task, anew=True)
    except Invalid:
        task.recurrence = ""
    task.completed_at = part.completed_at
    rules.set_status(task, Status(part.status))
    own = {name: getattr(part, name) for name in _TOLD} | {name: getattr(task, name) for name in (*_DUE, "status", "completed_at")}
    return _owned(actor, part) | own | {"assignee_id": actor.user_id}


def _write_beside(session: Session, actor: Actor, tasks: Iterable[TaskPart]) -> None:
    """The steps and tags of tasks, and the time that they took."""
    steps, links, spent = [], [], []
    named = {fold(name): name for task in tasks for name in task.tags if usable_tag(name)}
    tag_ids = ensure_tags(session, named.values()) if actor.can(Permission.TAG_WRITE) else {}
    for task in tasks:
        key = own_id(task.id, actor.user_id)
        base = {"task_id": key, "owner_id": actor.user_id, "audience": task.audience}
        for position, step in enumerate(task.steps):
            steps.append(base | {"id": own_id(key, UUID(int=position)), "title": step.title, "done": step.done, "position": position})
        if task.actual_minutes:
            spent.append(base | {"id": own_id(key, UUID(int=_ITS_TIME)), "person_id": actor.user_id, "minutes": task.actual_minutes})
        links += [base | {"tag_id": tag_ids[folded]} for folded in dict.fromkeys(map(fold, task.tags)) if folded in tag_ids]
    insert_rows(session, "task_step", ("id", "task_id", "owner_id", "audience", "title", "done", "position"), steps, but_known=True)
    insert_rows(session, "task_time", ("id", "task_id", "owner_id", "audience", "person_id", "minutes"), spent, but_known=True)
    insert_rows(session, "task_tag", ("task_id", "tag_id", "owner_id", "audience"), links, but_known=True)


def _link(session: Session, actor: Actor, table: str, here: Collection[UUID], pairs: Sequence[tuple[UUID, EntryPart | TaskPart]]) -> None:
    """Put what was written on its contacts. One that is the actor's no longer (it was handed over, or is in the trash) is left alone."""
    rows = [{"entry": part.id if part.id in here else own_id(part.id, actor.user_id), "contact": contact_id} for contact_id, part in pairs]
    if not rows:
        return
    session.connection().execute(_LINK[table], {"rows": json.dumps(rows, default=str), "who": actor.user_id})
