"""Who changed what on one record, act by act."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import groupby
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.changes import history_queries as queries
from crm_app.domain.changes.models import Change, ChangeSet
from crm_app.domain.changes.schemas import FieldChange, HistoryAct, HistoryLine, HistoryPage
from crm_app.domain.changes.steps import CARRIED, DERIVED, MOVED
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.errors import NotFound
from crm_app.domain.goals.access import get_visible_goals
from crm_app.domain.interactions.access import get_visible_interaction
from crm_app.domain.paging import encode_cursor
from crm_app.domain.permissions import Permission
from crm_app.domain.projects.access import get_visible_project
from crm_app.domain.tasks.access import get_visible_tasks

HAND_OVER = "handing_over.run_hand_over"
"""The one act that is taken back by doing it again, not by undo."""
UNTOLD = frozenset({"id", "created_at", "contact_id", "place_rank", "place_beside", "place_turn"})
"""Also where a task stands in the order of its day: it is put there a dozen times a morning."""
HANGING = frozenset(
    {
        "contact_point", "contact_tag", "blob", "interaction_contact", "task_contact", "event_contact", "email_contact", "task_step", "task_tag", "task_time",
        "mention",
    }  # fmt: skip
)
"""What hangs on a record takes owner and audience from it: the record's own line tells of them."""


def _contact(session: Session, actor: Actor, row_id: UUID) -> Collection[UUID]:
    get_visible_contact(session, actor, row_id, trashed=None)
    return ()


def _interaction(session: Session, actor: Actor, row_id: UUID) -> Collection[UUID]:
    _either(get_visible_interaction, session, actor, row_id)
    return ()


def _task(session: Session, actor: Actor, row_id: UUID) -> Collection[UUID]:
    _either(get_visible_tasks, session, actor, [row_id])
    return queries.list_contacts_of_task(session, row_id)


def _project(session: Session, actor: Actor, row_id: UUID) -> Collection[UUID]:
    _either(get_visible_project, session, actor, row_id)
    return ()


def _goal(session: Session, actor: Actor, row_id: UUID) -> Collection[UUID]:
    (goal,) = _either(get_visible_goals, session, actor, [row_id])
    return [goal.contact_id] if goal.contact_id else ()


def _either(look_up: Callable[..., Any], session: Session, actor: Actor, wanted: Any) -> Any:
    """What is there, or else lies in the trash."""
    try:
        return look_up(session, actor, wanted)
    except NotFound:
        return look_up(session, actor, wanted, trashed=True)


# Whose history can be asked for: the permission, and the look-up that raises NotFound where the asker does not see the record; it
# returns the contacts under which a part of the record's changes stands.
SUBJECTS: MappingProxyType[str, tuple[Permission, Callable[[Session, Actor, UUID], Collection[UUID]]]] = MappingProxyType({
    "contact": (Permission.CONTACT_READ, _contact), "interaction": (Permission.INTERACTION_READ, _interaction), "task": (Permission.TASK_READ, _task),
    "project": (Permission.TASK_READ, _project), "goal": (Permission.GOAL_READ, _goal),
})  # fmt: skip


def list_history(session: Session, actor: Actor, subject: str, row_id: UUID, after: str | None = None, limit: int = 20) -> HistoryPage:
    """What was done to a contact (with its phones, tags and links), an entry, a task, a project or a goal, the newest first; also while it
    lies in the trash.

    NotFound when the actor does not see the record. Each line is seen by whom its row was seen when it was written.
    """
    if subject not in SUBJECTS:
        raise NotFound
    permission, look_up = SUBJECTS[subject]
    actor.require(permission)
    here = queries.changes_of(actor, subject, row_id, look_up(session, actor, row_id))
    sets = queries.list_sets(session, here, after=after, limit=limit + 1)
    shown = [set_id for set_id, _last in sets[:limit]]
    rows = queries.list_rows(session, here, shown)
    own = queries.count_records(session, [change_set.id for _, _, change_set in rows if change_set is not None])
    acts = {set_id: _act(actor, list(found), own) for set_id, found in groupby(rows, key=lambda row: row[0].change_set_id)}
    names, gone = queries.find_names(session, _ids(acts.values()))
    return HistoryPage(
        acts=tuple(acts[set_id] for set_id in shown if set_id in acts), names=names, gone=gone,
        next_cursor=encode_cursor(sets[limit - 1][1]) if len(sets) > limit else None,
    )  # fmt: skip


def _act(actor: Actor, rows: list[tuple[Change, str | None, ChangeSet | None]], records: dict[UUID, int]) -> HistoryAct:
    first, name, own = rows[0]
    return HistoryAct(
        change_set_id=first.change_set_id, at=first.created_at, actor_id=first.actor_id, actor_name=name or "",
        lines=tuple(_told(_line(change) for change, _, _ in rows)), records=records.get(first.change_set_id, 0),
        may_undo=own is not None and own.undone_at is None and own.action != HAND_OVER and actor.can(Permission.CHANGE_UNDO),
    )  # fmt: skip


def _told(lines: Iterable[HistoryLine]) -> Iterable[HistoryLine]:
    """Without what is no news: a change of what the same act made, one whose fields tell nothing, or the same said of the next mail of a thread."""
    made: set[tuple[str, str]] = set()
    threads: set[tuple[str, str, str]] = set()
    for line in lines:
        if line.table == "email_contact":
            thread = (line.kind, str(line.row.get("contact_id")), str(line.row.get("thread_id")))
            if thread in threads:
                continue
            threads.add(thread)
        row = (line.table, str(line.row.get("id")))
        if line.kind == "made":
            made.add(row)
        if line.kind != "changed" or (line.fields and row not in made):
            yield line


def _line(change: Change) -> HistoryLine:
    kind = "made" if change.before is None else "removed" if change.after is None else "changed"
    fields = tuple(_differences(change.table_name, change.before, change.after))
    return HistoryLine(table=change.table_name, kind=kind, row=change.after or change.before or {}, fields=fields)


def _differences(table: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> Iterable[FieldChange]:
    """The fields that differ. Whose a row is was never a change before it could be handed over, so that a new row does not tell it."""
    was, became = before or {}, after or {}
    untold = UNTOLD if before and after else UNTOLD | {"owner_id"}
    if table in HANGING:
        untold = untold | {"owner_id"} | CARRIED[table]
    for name in sorted((was.keys() | became.keys()) - MOVED - DERIVED.get(table, frozenset()) - untold):
        if was.get(name) != became.get(name):
            yield FieldChange(name=name, before=was.get(name), after=became.get(name))


def _ids(acts: Iterable[HistoryAct]) -> set[UUID]:
    """Every id that a line speaks of."""
    found: set[UUID] = set()
    for line in (line for act in acts for line in act.lines):
        values = [value for name, value in line.row.items() if name.endswith("_id")]
        values += [value for change in line.fields if change.name.endswith("_id") for value in (change.before, change.after)]
        found.update(UUID(value) for value in values if isinstance(value, str) and len(value) == 36)
    return found
