"""The order that somebody gives the tasks of a day by hand."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.tasks import parts, queries, rules
from crm_app.domain.tasks.access import get_visible_tasks
from crm_app.domain.tasks.overview_schemas import TaskPlace
from crm_app.domain.tasks.schemas import TaskRow


def place_task(session: Session, actor: Actor, task_id: UUID, data: TaskPlace) -> TaskRow:
    """Put a task right before or after another one of its day, in every list in which both are seen; no other row is written.

    It stays there until it is due on another day or at another time; put beside itself, it stays where it is. Invalid when the two are not
    due on the same day or one of them is closed. After some fifty in one and the same gap numbers run out: the next stands beside it.
    """
    actor.require(Permission.TASK_WRITE)
    task = parts.editable(session, actor, [task_id])[0]
    beside = get_visible_tasks(session, actor, [data.beside])[0]
    if task.id == beside.id:
        return queries.get_rows(session, actor, [task])[0]
    if task.due_date != beside.due_date:
        raise Invalid(fields={"beside": _("Tasks are put in order within a day. Change the day first.")})
    if rules.CLOSED & {task.status, beside.status}:
        raise Invalid(fields={"beside": _("Only open tasks are put in order.")})
    rank, anchor, turn = rules.place_of(beside)
    turns = {*queries.list_turns(session, actor, rank, anchor, but=task_id), 0.0}  # the anchor's own, though it may have left
    there = [one for one in turns if (one > turn if data.after else one < turn)]
    step = 1.0 if data.after else -1.0
    next_turn = min(there) if there and data.after else max(there) if there else turn + 2 * step
    task.place_rank, task.place_beside, task.place_turn = rank, anchor, (turn + next_turn) / 2
    session.flush()
    return parts.written(session, actor, [task], ())[0]
